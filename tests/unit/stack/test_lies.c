/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A peer that lies by identify: where it sees us, and about others. What we
 * tell of ourselves does not change by it, and nobody is known by hearsay.
 */
#include <stdio.h>

#include "ident/key.h"
#include "ident/record.h"
#include "proto/identify/info.h"
#include "simhost.h"
#include "unit.h"

#define LIARS  4U
#define FORGED 40U

/* What a liar says to who asks. */
struct liar {
    struct simhost h;
    uint8_t message[4096];
    size_t len;
};

struct world {
    struct sim sim;
    struct simhost a;
    struct liar liars[LIARS];
    struct simhost c;
};

static void on_ask(void *user, struct p2p_stream *s)
{
    const struct liar *l = user;

    assert_int_equal(p2p_stream_send(s, l->message, l->len), 0);
    p2p_stream_finish(s);
}

static struct p2p_multiaddr addr_of(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

/* A message: one address, how it sees us, perhaps a record. */
static void lie(struct liar *l, const char *listen, const char *observed,
                const struct p2p__slice *record)
{
    struct p2p_multiaddr ma = addr_of(listen), seen = addr_of(observed);
    struct p2p__pbw w;
    size_t mark;

    p2p__pbw_init(&w, l->message, sizeof l->message);
    mark = p2p__pbw_open_frame(&w);
    p2p__pbw_bytes(&w, P2P__IDENTIFY_ADDR, ma.bytes, ma.len);
    p2p__pbw_text(&w, P2P__IDENTIFY_NAME, P2P__IDENTIFY_PROTOCOL);
    p2p__pbw_bytes(&w, P2P__IDENTIFY_OBSERVED, seen.bytes, seen.len);
    if (record != NULL) {
        p2p__pbw_bytes(&w, P2P__IDENTIFY_RECORD, record->p, record->len);
    }
    p2p__pbw_close(&w, mark);
    l->len = (size_t)p2p__pbw_end(&w);
    assert_true(l->len > 0 && l->len < sizeof l->message);
    assert_int_equal(
        p2p_host_handle(l->h.host, P2P__IDENTIFY_PROTOCOL, on_ask, l), 0);
}

static void world_start(struct world *w)
{
    const struct sim_cfg cfg = {
        .seed = 23, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};

    *w = (struct world){0};
    sim_init(&w->sim, &cfg, LIARS + 2);
    simhost_start(&w->a, &w->sim, LIARS, NULL);
    simhost_start(&w->c, &w->sim, LIARS + 1, NULL);
    for (size_t i = 0; i < LIARS; i++) {
        simhost_start(&w->liars[i].h, &w->sim, i, NULL);
    }
}

static void world_stop(struct world *w)
{
    for (size_t i = 0; i < LIARS; i++) {
        simhost_stop(&w->liars[i].h);
    }
    simhost_stop(&w->a);
    simhost_stop(&w->c);
    sim_fini(&w->sim);
}

/* Whether one of h's addresses of `of` contains these bytes. */
static bool believes(const struct simhost *h, const struct p2p_peer_id *of,
                     const char *text)
{
    const struct p2p_multiaddr ma = addr_of(text);
    const struct p2p__peer *peer = p2p__book_find(&h->host->swarm->book, of);

    assert_non_null(peer);
    P2P__LIST_EACH (it, &peer->addrs) {
        const struct p2p__peer_addr *x =
            P2P__CONTAINER(it, struct p2p__peer_addr, link);

        if (x->len == ma.len && memcmp(x->bytes, ma.bytes, ma.len) == 0) {
            return true;
        }
    }
    return false;
}

/* All of them say the same: one machine can be many peers. */
static void test_T18_observed_addresses_change_nothing_of_ours(void **state)
{
    struct p2p_multiaddr before[P2P__CAP_OWN_ADDRS], after[P2P__CAP_OWN_ADDRS];
    struct world w;
    size_t n;

    (void)state;
    world_start(&w);
    n = p2p_host_addrs(w.a.host, before, P2P__CAP_OWN_ADDRS);
    assert_int_equal(n, 1);
    for (size_t i = 0; i < LIARS; i++) {
        lie(&w.liars[i], "/ip4/7.7.7.7/tcp/7", "/ip4/6.6.6.6/tcp/666", NULL);
        assert_int_equal(simhost_dial(&w.liars[i].h, &w.a), 0);
    }
    sim_run(&w.sim, P2P__SEC(5));
    for (size_t i = 0; i < LIARS; i++) { /* it was heard */
        assert_true(believes(&w.a, p2p_host_id(w.liars[i].h.host),
                             "/ip4/7.7.7.7/tcp/7"));
    }
    assert_int_equal(p2p_host_addrs(w.a.host, after, P2P__CAP_OWN_ADDRS), n);
    assert_memory_equal(after[0].bytes, before[0].bytes, before[0].len);
    /* Nor does who asks us hear of it. */
    assert_int_equal(simhost_dial(&w.c, &w.a), 0);
    sim_run(&w.sim, P2P__SEC(10));
    assert_true(
        believes(&w.c, p2p_host_id(w.a.host), "/ip4/10.0.0.5/tcp/4001"));
    assert_false(believes(&w.c, p2p_host_id(w.a.host), "/ip4/6.6.6.6/tcp/666"));
    world_stop(&w);
}

/* A record of somebody who was made up for this. */
static struct p2p__slice forge(struct world *w, uint8_t *buf, size_t cap)
{
    const struct p2p_multiaddr ma = addr_of("/ip4/8.8.8.8/tcp/8");
    const struct p2p__record_content content = {
        .seq = 1, .addrs = &ma, .count = 1};
    struct p2p_key *key;
    int len;

    assert_int_equal(
        p2p__key_generate_env(P2P_KEY_ED25519, &w->sim.hosts[0].env, &key), 0);
    len = p2p__record_seal(key, &content, buf, cap);
    assert_true(len > 0);
    p2p_key_free(key);
    return p2p__slice_of(buf, (size_t)len);
}

static void test_T16_records_of_others_are_not_kept(void **state)
{
    struct world w;
    struct liar *l = &w.liars[0];
    struct p2p_host_stats stats;
    uint8_t buf[1024];

    (void)state;
    world_start(&w);
    for (size_t i = 0; i < FORGED; i++) {
        struct p2p__slice record = forge(&w, buf, sizeof buf);

        lie(l, "/ip4/7.7.7.7/tcp/7", "/ip4/6.6.6.6/tcp/666", &record);
        assert_int_equal(simhost_dial(&l->h, &w.a), 0);
        sim_run(&w.sim, w.sim.now + P2P__SEC(1));
        assert_int_equal(simhost_conns(&w.a), 1);
        assert_int_equal(p2p_host_disconnect(l->h.host, p2p_host_id(w.a.host)),
                         0);
        sim_run(&w.sim, w.sim.now + P2P__SEC(1));
    }
    p2p_host_stats(w.a.host, &stats, sizeof stats);
    assert_int_equal(stats.peers_known, 1);
    assert_int_equal(stats.memory_bytes, 0);
    /* And of the liar itself what it said without a signature. */
    assert_true(believes(&w.a, p2p_host_id(l->h.host), "/ip4/7.7.7.7/tcp/7"));
    assert_false(believes(&w.a, p2p_host_id(l->h.host), "/ip4/8.8.8.8/tcp/8"));
    world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T18_observed_addresses_change_nothing_of_ours),
        cmocka_unit_test(test_T16_records_of_others_are_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
