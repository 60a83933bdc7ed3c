/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the public configs promise: their size keeps programs of older headers
 * working, and message ids are as the application says.
 */
#include <stddef.h>

#include "p2p/hash.h"
#include "simhost.h"
#include "unit.h"

struct heard {
    unsigned count;
    char last[16];
};

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    struct heard *h = user;

    h->count++;
    assert_true(m->len < sizeof h->last);
    memcpy(h->last, m->data, m->len);
    h->last[m->len] = '\0';
    return P2P_ACCEPT;
}

/* The id is the hash of the data: what was said once is not said again. */
static size_t id_of_data(void *user, const struct p2p_message *m, uint8_t *id)
{
    unsigned *calls = user;

    (*calls)++;
    assert_string_equal(m->topic, "tea");
    assert_true(m->from.len > 0);
    p2p_sha256(m->data, m->len, id);
    return P2P_SHA256_BYTES;
}

static size_t no_id(void *user, const struct p2p_message *m, uint8_t *id)
{
    (void)user;
    (void)m;
    (void)id;
    return 0;
}

static void pair(struct sim *sim, struct simhost *a, struct simhost *b)
{
    const struct sim_cfg cfg = {
        .seed = 3, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};

    sim_init(sim, &cfg, 2);
    simhost_start(a, sim, 0, NULL);
    simhost_start(b, sim, 1, NULL);
}

static struct p2p_pubsub *join(const struct simhost *h, p2p_msgid_fn fn,
                               unsigned *calls, struct heard *heard)
{
    struct p2p_pubsub_config cfg = P2P_PUBSUB_CONFIG_INIT;
    struct p2p_pubsub *ps;

    cfg.msgid = P2P_MSGID_APP;
    cfg.msgid_fn = fn;
    cfg.msgid_user = calls;
    assert_int_equal(p2p_pubsub_new(h->host, &cfg, &ps), 0);
    assert_int_equal(p2p_pubsub_subscribe(ps, "tea", on_message, heard), 0);
    return ps;
}

static void end(struct sim *sim, struct simhost *a, struct simhost *b)
{
    simhost_stop(a);
    simhost_stop(b);
    sim_fini(sim);
}

static void test_ids_of_the_application(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct heard heard[2] = {{0}};
    unsigned calls[2] = {0};
    struct p2p_pubsub *ps;

    (void)state;
    pair(&sim, &a, &b);
    ps = join(&a, id_of_data, &calls[0], &heard[0]);
    (void)join(&b, id_of_data, &calls[1], &heard[1]);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(5));
    assert_int_equal(p2p_pubsub_publish(ps, "tea", "once", 4), 1);
    sim_run(&sim, P2P__SEC(10));
    assert_int_equal(p2p_pubsub_publish(ps, "tea", "once", 4), P2P_EDUP);
    assert_int_equal(p2p_pubsub_publish(ps, "tea", "twice", 5), 1);
    sim_run(&sim, P2P__SEC(15));
    assert_int_equal(heard[1].count, 2);
    assert_string_equal(heard[1].last, "twice");
    assert_int_equal(heard[0].count, 0);
    assert_true(calls[0] >= 3);
    assert_true(calls[1] >= 2);
    end(&sim, &a, &b);
}

static void test_a_message_without_an_id_is_invalid(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct heard heard[2] = {{0}};
    unsigned calls = 0;
    struct p2p_pubsub *ps, *deaf;
    struct p2p_pubsub_stats stats;

    (void)state;
    pair(&sim, &a, &b);
    ps = join(&a, id_of_data, &calls, &heard[0]);
    deaf = join(&b, no_id, NULL, &heard[1]);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(5));
    assert_int_equal(p2p_pubsub_publish(ps, "tea", "lost", 4), 1);
    assert_true(p2p_pubsub_publish(deaf, "tea", "own", 3) < 0);
    sim_run(&sim, P2P__SEC(10));
    assert_int_equal(heard[1].count, 0);
    p2p_pubsub_stats(deaf, &stats, sizeof stats);
    assert_int_equal(stats.invalid, 1);
    end(&sim, &a, &b);
}

static void test_configs_that_contradict_themselves(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct p2p_pubsub_config cfg = P2P_PUBSUB_CONFIG_INIT;
    struct p2p_pubsub *ps;

    (void)state;
    pair(&sim, &a, &b);
    cfg.msgid = P2P_MSGID_APP;
    assert_int_equal(p2p_pubsub_new(a.host, &cfg, &ps), P2P_EINVAL);
    cfg.msgid = P2P_MSGID_FROM_SEQNO;
    cfg.msgid_fn = id_of_data;
    assert_int_equal(p2p_pubsub_new(a.host, &cfg, &ps), P2P_EINVAL);
    end(&sim, &a, &b);
}

/* A program of an older header ends its config earlier; what is behind is none
 * of our business. */
static void test_sizes(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct p2p_pubsub_config cfg = P2P_PUBSUB_CONFIG_INIT;
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct p2p_pubsub *ps;
    struct p2p_host *host;

    (void)state;
    pair(&sim, &a, &b);
    memset((char *)&cfg + offsetof(struct p2p_pubsub_config, msgid_fn), 0xff,
           sizeof cfg - offsetof(struct p2p_pubsub_config, msgid_fn));
    cfg.size = offsetof(struct p2p_pubsub_config, msgid_fn);
    assert_int_equal(p2p_pubsub_new(a.host, &cfg, &ps), 0);
    cfg.size = sizeof cfg + 1;
    assert_int_equal(p2p_pubsub_new(b.host, &cfg, &ps), P2P_EINVAL);
    cfg.size = 0;
    assert_int_equal(p2p_pubsub_new(b.host, &cfg, &ps), P2P_EINVAL);
    hc.key = a.key;
    hc.max_conns = 1;
    hc.max_memory = 1; /* not there: the size ends before it */
    hc.size = offsetof(struct p2p_host_config, max_memory);
    assert_int_equal(p2p__host_new(&sim.hosts[0].world, &hc, &host), 0);
    p2p_host_free(host);
    hc.size = sizeof hc + 8;
    assert_int_equal(p2p__host_new(&sim.hosts[0].world, &hc, &host),
                     P2P_EINVAL);
    end(&sim, &a, &b);
}

/* What is filled in has the size that the caller has room for: a program of an
 * older header keeps what is behind, one of a newer gets zeros. */
static void test_sizes_of_what_is_filled_in(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct {
        struct p2p_host_stats own;
        uint64_t more;
    } s;
    struct {
        struct p2p_pubsub_stats own;
        uint64_t more;
    } p;
    struct {
        struct p2p_conn_info own;
        uint64_t more;
    } c[2];
    const size_t half = offsetof(struct p2p_host_stats, memory_bytes);
    struct p2p_pubsub *ps;

    (void)state;
    pair(&sim, &a, &b);
    assert_int_equal(p2p_pubsub_new(a.host, NULL, &ps), 0);
    assert_int_equal(simhost_dial(&a, &b), 0);
    assert_int_equal(simhost_dial(&a, &b), 0);
    while (simhost_conns(&a) < 2) {
        sim_run(&sim, sim.now + P2P__MS(1));
    }
    memset(&s, 0xff, sizeof s);
    p2p_host_stats(a.host, &s.own, half);
    assert_int_equal(s.own.conns_out, 2);
    assert_int_equal(s.own.memory_bytes, UINT64_MAX);
    p2p_host_stats(a.host, &s.own, sizeof s);
    assert_int_not_equal(s.own.memory_bytes, UINT64_MAX);
    assert_int_equal(s.more, 0);
    memset(&p, 0xff, sizeof p);
    p2p_pubsub_stats(ps, &p.own, sizeof p.own.published);
    assert_int_equal(p.own.published, 0);
    assert_int_equal(p.own.received, UINT64_MAX);
    p2p_pubsub_stats(ps, &p.own, sizeof p);
    assert_int_equal(p.more, 0);
    memset(c, 0xff, sizeof c);
    assert_int_equal(p2p_host_conns(a.host, &c[0].own, 2, sizeof c[0]), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(p2p_peer_id_equal(&c[i].own.peer, p2p_host_id(b.host)));
        assert_string_equal(c[i].own.transport, "tcp");
        assert_int_equal(c[i].more, 0);
    }
    end(&sim, &a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_of_the_application),
        cmocka_unit_test(test_a_message_without_an_id_is_invalid),
        cmocka_unit_test(test_configs_that_contradict_themselves),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_sizes_of_what_is_filled_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
