/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two hosts that dial each other at once settle on one connection, and lose
 * nothing on the way: the other connection ends when nothing is under way on
 * it, and pubsub moves over without a gap.
 */
#include "flow.h"
#include "unit.h"

/* Worlds to play; one with many bytes takes longer. */
#define SEEDS     24U
#define SEEDS_BIG 6U
#define MESSAGES  60U

struct pair {
    struct sim sim;
    struct simhost h[2];
    size_t at[2];
    struct flow flows[2];
    unsigned heard[2];
};

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    (void)m;
    ++*(unsigned *)user;
    return P2P_ACCEPT;
}

static void pair_start(struct pair *p, uint64_t seed)
{
    const struct sim_cfg cfg = {
        .seed = seed, .latency_min = P2P__MS(1), .latency_max = P2P__MS(40)};

    *p = (struct pair){0};
    sim_init(&p->sim, &cfg, 2);
    for (size_t i = 0; i < 2; i++) {
        simhost_start(&p->h[i], &p->sim, i, NULL);
        flow_serve(&p->h[i], &p->at[i]);
        assert_int_equal(p2p_pubsub_new(p->h[i].host, NULL, &p->h[i].pubsub),
                         0);
        assert_int_equal(p2p_pubsub_subscribe(p->h[i].pubsub, "news",
                                              on_message, &p->heard[i]),
                         0);
    }
    assert_int_equal(simhost_dial(&p->h[0], &p->h[1]), 0);
    assert_int_equal(simhost_dial(&p->h[1], &p->h[0]), 0);
}

static void pair_stop(struct pair *p)
{
    simhost_stop(&p->h[0]);
    simhost_stop(&p->h[1]);
    sim_fini(&p->sim);
}

static bool both_up(void *arg)
{
    const struct pair *p = arg;

    return p->h[0].ups == 1 && p->h[1].ups == 1;
}

/* Both begin to send on the first connection that they have. */
static void test_streams_on_the_spare_connection_end_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_BIG; seed++) {
        struct pair p;

        pair_start(&p, seed);
        assert_true(sim_run_until(&p.sim, P2P__SEC(5), both_up, &p));
        for (size_t i = 0; i < 2; i++) {
            flow_open(&p.flows[i], &p.h[i], &p.h[1 - i]);
            flow_send(&p.flows[i], 8 << 20);
        }
        sim_run(&p.sim, P2P__SEC(60));
        for (size_t i = 0; i < 2; i++) {
            assert_true(p.flows[i].closed);
            assert_int_equal(p.flows[i].status, 0);
            assert_int_equal(p.at[i], (8 << 20) + 1);
            assert_int_equal(simhost_conns(&p.h[i]), 1);
            assert_int_equal(p.h[i].downs, 0);
        }
        pair_stop(&p);
    }
}

static bool both_subscribed(void *arg)
{
    const struct pair *p = arg;

    return p2p_pubsub_peers(p->h[0].pubsub, "news", false, NULL, 0) == 1 &&
           p2p_pubsub_peers(p->h[1].pubsub, "news", false, NULL, 0) == 1;
}

/* Nor is any told again: IHAVE, by which a lost one would come, has no part. */
static void test_no_message_is_lost_while_pubsub_moves(void **state)
{
    static uint8_t data[20000];

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct pair p;

        pair_start(&p, seed);
        assert_true(sim_run_until(&p.sim, P2P__SEC(5), both_subscribed, &p));
        for (unsigned i = 0; i < MESSAGES; i++) {
            for (size_t j = 0; j < 2; j++) {
                assert_int_equal(p2p_pubsub_publish(p.h[j].pubsub, "news", data,
                                                    sizeof data),
                                 1);
            }
            /* First more than a stream takes, then as time goes by. */
            sim_run(&p.sim, p.sim.now + (i < MESSAGES / 2 ? 0 : P2P__MS(5)));
        }
        sim_run(&p.sim, P2P__SEC(30));
        assert_int_equal(p.heard[0], MESSAGES);
        assert_int_equal(p.heard[1], MESSAGES);
        for (size_t j = 0; j < 2; j++) {
            struct p2p_pubsub_stats stats;

            p2p_pubsub_stats(p.h[j].pubsub, &stats, sizeof stats);
            assert_int_equal(stats.asked_for, 0);
        }
        assert_int_equal(simhost_conns(&p.h[0]), 1);
        pair_stop(&p);
    }
}

/* The other end does not close what it dialed: we do, when it is idle. */
static void test_spare_that_the_dialer_leaves_is_closed(void **state)
{
    struct pair p;
    struct p2p__conn *c;

    (void)state;
    pair_start(&p, 1);
    for (size_t i = 0; i < 2; i++) {
        while (p.h[i].host->swarm->n_open < 2) {
            sim_run(&p.sim, p.sim.now + P2P__MS(1));
        }
        P2P__LIST_EACH (it, &p.h[i].host->swarm->conns) {
            c = P2P__CONTAINER(it, struct p2p__conn, link);
            c->spare_at = c->dialer ? P2P_NEVER : c->spare_at;
        }
    }
    sim_run(&p.sim, P2P__SEC(4));
    assert_int_equal(simhost_conns(&p.h[0]), 2);
    sim_run(&p.sim, P2P__SEC(12));
    assert_int_equal(simhost_conns(&p.h[0]), 1);
    assert_int_equal(simhost_conns(&p.h[1]), 1);
    assert_int_equal(p.h[0].downs + p.h[1].downs, 0);
    pair_stop(&p);
}

static void on_closed(void *user, struct p2p_stream *s, int status)
{
    (void)s;
    (void)status;
    ++*(unsigned *)user;
}

static const struct p2p_stream_events closed_events = {.closed = on_closed};

static struct p2p_stream *meshsub(struct pair *p, unsigned *closed)
{
    static const char *const names[] = {"/meshsub/1.1.0"};
    struct p2p_stream *s;

    assert_int_equal(p2p_stream_open(p->h[1].host, p2p_host_id(p->h[0].host),
                                     names, 1, &closed_events, closed, &s),
                     0);
    assert_int_equal(p2p_stream_send(s, "", 0), 0);
    sim_run(&p->sim, p->sim.now + P2P__SEC(1));
    return s;
}

/* rust keeps a pubsub stream on each connection, and says things on the first
 * one; of two on one connection the newer one counts. */
static void test_pubsub_is_heard_on_both_connections(void **state)
{
    static const char subscribe[] =
        "\x0a\x0a\x08\x08\x01\x12\x04"
        "news";
    const struct sim_cfg cfg = {
        .seed = 3, .latency_min = P2P__MS(1), .latency_max = P2P__MS(9)};
    struct pair p = {0};
    struct p2p_stream *first;
    unsigned closed[3] = {0};

    (void)state;
    sim_init(&p.sim, &cfg, 2);
    simhost_start(&p.h[0], &p.sim, 0, NULL);
    simhost_start(&p.h[1], &p.sim, 1, NULL);
    assert_int_equal(p2p_pubsub_new(p.h[0].host, NULL, &p.h[0].pubsub), 0);
    assert_int_equal(
        p2p_pubsub_subscribe(p.h[0].pubsub, "news", on_message, &p.heard[0]),
        0);
    assert_int_equal(simhost_dial(&p.h[1], &p.h[0]), 0);
    sim_run(&p.sim, P2P__SEC(2));
    first = meshsub(&p, &closed[0]);
    assert_int_equal(simhost_dial(&p.h[1], &p.h[0]), 0);
    sim_run(&p.sim, p.sim.now + P2P__SEC(2));
    assert_int_equal(p.h[0].host->swarm->n_open, 2);
    (void)meshsub(&p, &closed[1]);
    assert_int_equal(closed[0], 0);
    assert_int_equal(p2p_stream_send(first, subscribe, sizeof subscribe - 1),
                     0);
    sim_run(&p.sim, p.sim.now + P2P__SEC(1));
    assert_int_equal(p2p_pubsub_peers(p.h[0].pubsub, "news", false, NULL, 0),
                     1);
    (void)meshsub(&p, &closed[2]);
    assert_int_equal(closed[0], 0);
    assert_int_equal(closed[1], 1);
    assert_int_equal(closed[2], 0);
    pair_stop(&p);
}

/* One after the other, on a connection that is there: the first one asks, is
 * told that the other end does not speak it, and asks again when it does. */
static void test_pubsub_begins_on_a_connection_that_is_there(void **state)
{
    const struct sim_cfg cfg = {
        .seed = 5, .latency_min = P2P__MS(1), .latency_max = P2P__MS(9)};
    struct pair p = {0};

    (void)state;
    sim_init(&p.sim, &cfg, 2);
    for (size_t i = 0; i < 2; i++) {
        simhost_start(&p.h[i], &p.sim, i, NULL);
    }
    assert_int_equal(simhost_dial(&p.h[1], &p.h[0]), 0);
    sim_run(&p.sim, P2P__SEC(1));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(p2p_pubsub_new(p.h[i].host, NULL, &p.h[i].pubsub), 0);
        assert_int_equal(p2p_pubsub_subscribe(p.h[i].pubsub, "news", on_message,
                                              &p.heard[i]),
                         0);
        sim_run(&p.sim, p.sim.now + P2P__SEC(1));
    }
    assert_true(both_subscribed(&p));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(p2p_pubsub_publish(p.h[i].pubsub, "news", "x", 1), 1);
    }
    sim_run(&p.sim, p.sim.now + P2P__SEC(1));
    assert_int_equal(p.heard[0], 1);
    assert_int_equal(p.heard[1], 1);
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_on_the_spare_connection_end_in_order),
        cmocka_unit_test(test_no_message_is_lost_while_pubsub_moves),
        cmocka_unit_test(test_spare_that_the_dialer_leaves_is_closed),
        cmocka_unit_test(test_pubsub_is_heard_on_both_connections),
        cmocka_unit_test(test_pubsub_begins_on_a_connection_that_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
