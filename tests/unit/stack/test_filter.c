/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pubsub for some peers alone, between whole hosts: a stranger is connected,
 * is served what else there is, and hears nothing until it may.
 */
#include <stddef.h>

#include "simhost.h"
#include "unit.h"

#define HOSTS 3U

struct world {
    struct sim sim;
    struct simhost h[HOSTS];
    struct p2p_peer_id members[HOSTS];
    size_t n_members;
    unsigned heard[HOSTS];
    unsigned asked;
    unsigned pongs;
    bool last_word; /* the first message that comes is the last */
};

struct ear {
    struct world *w;
    size_t i;
};

static bool may(void *user, const struct p2p_peer_id *peer, const char *topic)
{
    struct world *w = user;

    w->asked++;
    assert_string_equal(topic, "news");
    for (size_t i = 0; i < w->n_members; i++) {
        if (p2p_peer_id_equal(&w->members[i], peer)) {
            return true;
        }
    }
    return false;
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    struct world *w = ((struct ear *)user)->w;
    size_t i = ((struct ear *)user)->i;

    assert_string_equal(m->topic, "news");
    w->heard[i]++;
    if (w->last_word) {
        w->n_members = 0;
        p2p_pubsub_recheck(w->h[i].pubsub);
    }
    return P2P_ACCEPT;
}

/* Host 0 has the filter of the config, and the others dial it. */
static void start(struct world *w, struct ear *ears,
                  const struct p2p_pubsub_config *pc)
{
    const struct sim_cfg cfg = {
        .seed = 5, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};

    sim_init(&w->sim, &cfg, HOSTS);
    for (size_t i = 0; i < HOSTS; i++) {
        struct simhost *h = &w->h[i];

        ears[i] = (struct ear){w, i};
        simhost_start(h, &w->sim, i, NULL);
        assert_int_equal(
            p2p_pubsub_new(h->host, i == 0 ? pc : NULL, &h->pubsub), 0);
        assert_int_equal(
            p2p_pubsub_subscribe(h->pubsub, "news", on_message, &ears[i]), 0);
    }
    for (size_t i = 1; i < HOSTS; i++) {
        assert_int_equal(simhost_dial(&w->h[i], &w->h[0]), 0);
    }
}

static void stop(struct world *w)
{
    for (size_t i = 0; i < HOSTS; i++) {
        simhost_stop(&w->h[i]);
    }
    sim_fini(&w->sim);
}

static void run(struct world *w, unsigned ms)
{
    sim_run(&w->sim, w->sim.now + P2P__MS(ms));
}

static void admit(struct world *w, size_t i)
{
    w->members[w->n_members++] = *p2p_host_id(w->h[i].host);
}

static int publish(struct world *w, size_t i)
{
    return p2p_pubsub_publish(w->h[i].pubsub, "news", "x", 1);
}

static size_t peers(const struct world *w, size_t i, bool mesh)
{
    return p2p_pubsub_peers(w->h[i].pubsub, "news", mesh, NULL, 0);
}

static void on_pong(void *user, int status, uint64_t rtt_us)
{
    struct world *w = user;

    (void)rtt_us;
    assert_int_equal(status, 0);
    w->pongs++;
}

static struct p2p_pubsub_config gated(struct world *w)
{
    struct p2p_pubsub_config pc = P2P_PUBSUB_CONFIG_INIT;

    pc.peer_may = may;
    pc.may_user = w;
    return pc;
}

static void test_a_stranger_hears_nothing(void **state)
{
    struct world w = {0};
    struct p2p_pubsub_config pc = gated(&w);
    struct ear ears[HOSTS];

    (void)state;
    start(&w, ears, &pc);
    admit(&w, 1);
    run(&w, 5000);
    assert_int_equal(simhost_conns(&w.h[0]), 2);
    assert_int_equal(peers(&w, 0, false), 1);
    assert_int_equal(peers(&w, 1, true), 1);
    assert_int_equal(peers(&w, 2, false), 0);
    assert_int_equal(publish(&w, 0), 1);
    assert_int_equal(publish(&w, 1), 1);
    assert_int_equal(publish(&w, 2), 0);
    run(&w, 5000);
    assert_int_equal(w.heard[0], 1);
    assert_int_equal(w.heard[1], 1);
    assert_int_equal(w.heard[2], 0);
    /* It is served what else there is. */
    assert_int_equal(
        p2p_host_ping(w.h[2].host, p2p_host_id(w.h[0].host), 1, on_pong, &w),
        0);
    run(&w, 1000);
    assert_int_equal(w.pongs, 1);
    stop(&w);
}

static void test_another_answer_is_followed_at_once(void **state)
{
    struct world w = {0};
    struct p2p_pubsub_config pc = gated(&w);
    struct ear ears[HOSTS];

    (void)state;
    start(&w, ears, &pc);
    admit(&w, 1);
    run(&w, 5000);
    assert_int_equal(publish(&w, 1), 1);
    run(&w, 100);
    admit(&w, 2);
    p2p_pubsub_recheck(w.h[0].pubsub);
    run(&w, 100); /* subscription, GRAFT, IHAVE; IWANT; the message */
    assert_int_equal(peers(&w, 0, true), 2);
    assert_int_equal(peers(&w, 2, true), 1);
    assert_int_equal(w.heard[2], 1); /* what was said before it came in */
    w.n_members = 1;
    p2p_pubsub_recheck(w.h[0].pubsub);
    run(&w, 100);
    assert_int_equal(peers(&w, 0, false), 1);
    assert_int_equal(peers(&w, 2, false), 0);
    assert_int_equal(publish(&w, 1), 1);
    run(&w, 5000);
    assert_int_equal(w.heard[2], 1);
    stop(&w);
}

/* A program of an older header knows nothing of filters. */
static void test_a_config_without_a_filter(void **state)
{
    struct world w = {0};
    struct p2p_pubsub_config pc = P2P_PUBSUB_CONFIG_INIT;
    struct ear ears[HOSTS];

    (void)state;
    pc.size = offsetof(struct p2p_pubsub_config, peer_may);
    memset((char *)&pc + pc.size, 0xff, sizeof pc - pc.size);
    start(&w, ears, &pc);
    run(&w, 5000);
    p2p_pubsub_recheck(w.h[0].pubsub);
    assert_int_equal(publish(&w, 2), 1);
    run(&w, 1000);
    assert_int_equal(w.heard[0], 1);
    assert_int_equal(w.heard[1], 1);
    stop(&w);
}

static const char *const meshsub[] = {"/meshsub/1.1.0"};

/* Host 1 says something in pubsub that no pubsub of ours would say. */
static void say(struct world *w, const char *rpc, size_t len)
{
    struct p2p_stream *s;

    assert_int_equal(p2p_stream_open(w->h[1].host, p2p_host_id(w->h[0].host),
                                     meshsub, 1, NULL, NULL, &s),
                     0);
    assert_int_equal(p2p_stream_send(s, rpc, len), 0);
    run(w, 1000);
}

/* "news\0x" is no topic of the application's, and not "news": may() would say
 * so, but for the end that it sees. */
static void test_a_name_with_a_zero_inside_is_not_asked_for(void **state)
{
    static const char rpc[] = "\x0c\x0a\x0a\x08\x01\x12\x06news\0x";
    struct world w = {0};
    struct p2p_pubsub_config pc = gated(&w);
    struct ear ears[HOSTS];
    unsigned asked;

    (void)state;
    start(&w, ears, &pc);
    admit(&w, 1);
    run(&w, 3000);
    asked = w.asked;
    say(&w, rpc, sizeof rpc - 1);
    assert_int_equal(w.asked, asked);
    stop(&w);
}

/* Two messages come in one frame, and the first one ends its sender's part. */
static void test_after_the_last_word_nothing_is_heard(void **state)
{
    static const char rpc[] =
        "\x16"
        "\x12\x09\x12\x01y\x22\x04news"
        "\x12\x09\x12\x01z\x22\x04news";
    struct world w = {0};
    struct p2p_pubsub_config pc = gated(&w);
    struct ear ears[HOSTS];

    (void)state;
    pc.no_sign = true;
    start(&w, ears, &pc);
    admit(&w, 1);
    run(&w, 3000);
    w.last_word = true;
    say(&w, rpc, sizeof rpc - 1);
    assert_int_equal(w.heard[0], 1);
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stranger_hears_nothing),
        cmocka_unit_test(test_another_answer_is_followed_at_once),
        cmocka_unit_test(test_a_config_without_a_filter),
        cmocka_unit_test(test_a_name_with_a_zero_inside_is_not_asked_for),
        cmocka_unit_test(test_after_the_last_word_nothing_is_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
