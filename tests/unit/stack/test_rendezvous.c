/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hosts that find each other at a rendezvous point, and a point that lies. */
#include <stdio.h>

#include "flow.h"
#include "ident/record.h"
#include "p2p/rendezvous.h"
#include "proto/rendezvous/msg.h"
#include "unit.h"

enum { POINT, ONE, TWO, HOSTS };

struct found {
    struct p2p_peer_id peer;
    char ns[32];
    struct p2p_multiaddr addr; /* the first */
    size_t n_addrs;
    uint32_t ttl_s;
};

struct world {
    struct sim sim;
    struct simhost h[HOSTS];
    int status; /* 1: not told yet */
    uint32_t ttl_s;
    size_t n_found;
    struct found found[4];
    struct p2p_rendezvous_cookie cookie;
    const struct p2p_peer_id *wanted; /* whom `allow` lets; NULL: all */
    struct p2p__slice lie;            /* what a false point answers */
};

static bool on_allow(void *user, const struct p2p_peer_id *peer)
{
    const struct world *w = user;

    return w->wanted == NULL || p2p_peer_id_equal(w->wanted, peer);
}

static void start(struct world *w, struct p2p_rendezvous_config limits)
{
    const struct sim_cfg cfg = {
        .seed = 3, .latency_min = P2P__MS(1), .latency_max = P2P__MS(20)};
    struct p2p_host_config point = P2P_HOST_CONFIG_INIT;

    *w = (struct world){.status = 1};
    limits.allow = on_allow;
    limits.user = w;
    point.rendezvous = &limits;
    sim_init(&w->sim, &cfg, HOSTS);
    simhost_start(&w->h[POINT], &w->sim, POINT, &point);
    simhost_start(&w->h[ONE], &w->sim, ONE, NULL);
    simhost_make(&w->h[TWO], &w->sim, TWO, NULL); /* listens nowhere */
}

static void stop(struct world *w)
{
    for (size_t i = 0; i < HOSTS; i++) {
        simhost_stop(&w->h[i]);
    }
    sim_fini(&w->sim);
}

static void run(struct world *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

/* Where a host is, noted by another one. */
static const struct p2p_peer_id *know(struct world *w, int who, int whom)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    assert_int_equal(
        p2p_host_add_addr(w->h[who].host, simhost_addr(&w->h[whom], buf), 0),
        0);
    return p2p_host_id(w->h[whom].host);
}

static void on_registered(void *user, int status, uint32_t ttl_s)
{
    struct world *w = user;

    assert_int_equal(w->status, 1);
    w->status = status;
    w->ttl_s = ttl_s;
}

static int enter(struct world *w, int who, const char *ns, uint32_t ttl_s)
{
    int rv;

    w->status = 1;
    rv = p2p_rendezvous_register(w->h[who].host, know(w, who, POINT), ns, ttl_s,
                                 on_registered, w);
    if (rv != 0) {
        return rv;
    }
    run(w, P2P__SEC(20));
    assert_int_not_equal(w->status, 1);
    return w->status;
}

static void leave(struct world *w, int who, const char *ns)
{
    w->status = 1;
    assert_int_equal(
        p2p_rendezvous_unregister(w->h[who].host, know(w, who, POINT), ns,
                                  on_registered, w),
        0);
    run(w, P2P__SEC(2));
    assert_int_equal(w->status, 0);
    assert_int_equal(w->ttl_s, 0);
}

static void on_found(void *user, const struct p2p_rendezvous_peer *peer)
{
    struct world *w = user;
    struct found *f = &w->found[w->n_found];

    assert_int_equal(w->status, 1);
    assert_true(w->n_found < P2P__COUNT(w->found));
    w->n_found++;
    *f = (struct found){
        .peer = peer->peer, .n_addrs = peer->n_addrs, .ttl_s = peer->ttl_s};
    (void)snprintf(f->ns, sizeof f->ns, "%s", peer->ns);
    if (peer->n_addrs > 0) {
        f->addr = peer->addrs[0];
    }
}

static void on_done(void *user, int status,
                    const struct p2p_rendezvous_cookie *cookie)
{
    struct world *w = user;

    assert_int_equal(w->status, 1);
    w->status = status;
    w->cookie = *cookie;
}

/* How a search at a host ends; what it found is in w. */
static int look_at(struct world *w, int at, struct p2p_rendezvous_search search)
{
    static const struct p2p_rendezvous_events events = {.found = on_found,
                                                        .done = on_done};
    int rv;

    w->status = 1;
    w->n_found = 0;
    rv = p2p_rendezvous_discover(w->h[TWO].host, know(w, TWO, at), &search,
                                 &events, w);
    if (rv != 0) {
        return rv;
    }
    run(w, P2P__SEC(20));
    assert_int_not_equal(w->status, 1);
    return w->status;
}

static int look(struct world *w, const char *ns,
                const struct p2p_rendezvous_cookie *cookie)
{
    return look_at(w, POINT,
                   (struct p2p_rendezvous_search){.ns = ns, .cookie = cookie});
}

static const struct p2p_rendezvous_config defaults = P2P_RENDEZVOUS_CONFIG_INIT;

static void test_who_registers_is_found(void **state)
{
    struct p2p_rendezvous_cookie before;
    struct world w;

    (void)state;
    start(&w, defaults);
    assert_int_equal(enter(&w, ONE, "mesh", 600), 0);
    assert_int_equal(w.ttl_s, 600);
    assert_int_equal(look(&w, "mesh", NULL), 0);
    assert_int_equal(w.n_found, 1);
    assert_true(
        p2p_peer_id_equal(&w.found[0].peer, p2p_host_id(w.h[ONE].host)));
    assert_string_equal(w.found[0].ns, "mesh");
    assert_true(w.found[0].n_addrs > 0 && w.found[0].ttl_s <= 600);
    assert_false(p2p_multiaddr_peer(&w.found[0].addr, NULL));
    before = w.cookie;
    assert_int_equal(look(&w, "mesh", &before), 0);
    assert_int_equal(w.n_found, 0); /* no news */
    assert_int_equal(look(&w, "other", NULL), 0);
    assert_int_equal(w.n_found, 0);
    assert_int_equal(look(&w, NULL, NULL), 0);
    assert_int_equal(w.n_found, 1); /* of all names */
    leave(&w, ONE, "mesh");
    assert_int_equal(look(&w, "mesh", NULL), 0);
    assert_int_equal(w.n_found, 0);
    stop(&w);
}

static void test_a_registration_ends(void **state)
{
    struct world w;

    (void)state;
    start(&w, defaults);
    assert_int_equal(enter(&w, ONE, "mesh", 60), 0);
    run(&w, P2P__SEC(61));
    assert_int_equal(look(&w, "mesh", NULL), 0);
    assert_int_equal(w.n_found, 0);
    stop(&w);
}

static void test_new_addresses_are_those_that_are_registered(void **state)
{
    struct world w;

    (void)state;
    start(&w, defaults);
    assert_int_equal(enter(&w, ONE, "mesh", 600), 0);
    assert_int_equal(look(&w, "mesh", NULL), 0);
    assert_int_equal(w.found[0].n_addrs, 1);
    assert_int_equal(p2p_host_listen(w.h[ONE].host, "/ip4/10.0.0.2/tcp/4777"),
                     0);
    assert_int_equal(enter(&w, ONE, "mesh", 600), 0); /* in the same turn */
    assert_int_equal(look(&w, "mesh", NULL), 0);
    assert_int_equal(w.n_found, 1);
    assert_int_equal(w.found[0].n_addrs, 2);
    stop(&w);
}

static void test_what_is_wrong_is_said(void **state)
{
    struct p2p_rendezvous_cookie made_up = {.len = 24};
    char name[257];
    struct world w;

    (void)state;
    start(&w, defaults);
    memset(name, 'n', sizeof name);
    name[256] = '\0';
    assert_int_equal(enter(&w, ONE, "", 60), P2P_EINVAL);
    assert_int_equal(enter(&w, ONE, name, 60), P2P_EINVAL);
    assert_int_equal(enter(&w, TWO, "mesh", 60), P2P_ENOADDR);
    assert_int_equal(enter(&w, ONE, "mesh", 999999), P2P_EINVAL); /* the time */
    assert_int_equal(look(&w, "mesh", &made_up), P2P_ENOTFOUND);
    assert_int_equal(
        look_at(&w, ONE, (struct p2p_rendezvous_search){.ns = "mesh"}),
        P2P_ENOPROTO);
    made_up.len = P2P_RENDEZVOUS_COOKIE_MAX + 1;
    assert_int_equal(look(&w, "mesh", &made_up), P2P_EINVAL);
    stop(&w);
}

static void test_T33_limits_are_those_of_the_configuration(void **state)
{
    struct p2p_rendezvous_config limits = P2P_RENDEZVOUS_CONFIG_INIT;
    struct world w;

    (void)state;
    limits.max_registrations_per_peer = 2;
    limits.max_ttl_s = 120;
    start(&w, limits);
    assert_int_equal(enter(&w, ONE, "a", 121), P2P_EINVAL);
    assert_int_equal(enter(&w, ONE, "a", 120), 0);
    assert_int_equal(enter(&w, ONE, "b", 120), 0);
    assert_int_equal(enter(&w, ONE, "c", 120), P2P_EACCES);
    assert_int_equal(enter(&w, ONE, "b", 120), 0); /* again */
    assert_int_equal(look(&w, NULL, NULL), 0);
    assert_int_equal(w.n_found, 2);
    stop(&w);
}

static void test_a_point_may_serve_some_alone(void **state)
{
    struct world w;

    (void)state;
    start(&w, defaults);
    w.wanted = p2p_host_id(w.h[ONE].host);
    assert_int_equal(enter(&w, ONE, "mesh", 60), 0);
    assert_true(look(&w, "mesh", NULL) < 0);
    assert_int_equal(w.n_found, 0);
    w.wanted = NULL;
    assert_int_equal(look(&w, "mesh", NULL), 0);
    assert_int_equal(w.n_found, 1);
    stop(&w);
}

static bool nobody(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
    return false;
}

/* It says so while it is one; what was told it knows all the same. */
static void test_a_host_becomes_a_point(void **state)
{
    struct p2p_rendezvous_config limits = defaults, odd = {.size = 1};
    struct world w;

    (void)state;
    start(&w, defaults);
    assert_int_equal(enter(&w, ONE, "mesh", 600), 0);
    assert_int_equal(p2p_rendezvous_serve(w.h[POINT].host, NULL), 0);
    assert_true(look(&w, "mesh", NULL) < 0);
    assert_int_equal(p2p_rendezvous_serve(w.h[POINT].host, &odd), P2P_EINVAL);
    limits.max_registrations = 1;
    assert_int_equal(p2p_rendezvous_serve(w.h[POINT].host, &limits), 0);
    assert_int_equal(look(&w, "mesh", NULL), 0);
    assert_int_equal(w.n_found, 1);
    limits.allow = nobody; /* who is served is said anew */
    assert_int_equal(p2p_rendezvous_serve(w.h[POINT].host, &limits), 0);
    assert_true(look(&w, "mesh", NULL) < 0);
    assert_int_equal(p2p_rendezvous_serve(w.h[TWO].host, NULL), 0);
    assert_int_equal(p2p_rendezvous_serve(w.h[TWO].host, &defaults), 0);
    assert_non_null(w.h[TWO].host->point);
    stop(&w);
}

static void on_lie(void *user, struct p2p_stream *s)
{
    const struct world *w = user;

    p2p_stream_listen(s, NULL, NULL);
    (void)p2p_stream_send(s, w->lie.p, w->lie.len);
    p2p_stream_finish(s);
}

/* A point that tells of somebody with a record, and gives a long cookie. */
static void lie(struct world *w, struct p2p__slice record, size_t cookie_len)
{
    static uint8_t buf[2048];
    static const uint8_t cookie[P2P_RENDEZVOUS_COOKIE_MAX + 1];
    const struct p2p__rendezvous_found one = {
        .ns = p2p__slice_of("mesh", 4), .record = record, .ttl_s = 60};
    const struct p2p__rendezvous_msg msg = {
        .type = P2P__RENDEZVOUS_DISCOVERED,
        .cookie = p2p__slice_of(cookie, cookie_len)};
    struct p2p__rendezvous_open open;
    struct p2p__pbw pbw;

    p2p__pbw_init(&pbw, buf, sizeof buf);
    p2p__rendezvous_msg_open(&pbw, msg.type, &open);
    p2p__rendezvous_msg_found(&pbw, &one);
    p2p__rendezvous_msg_close(&pbw, &open, &msg);
    w->lie = p2p__slice_of(buf, (size_t)p2p__pbw_end(&pbw));
    assert_int_equal(
        p2p_host_handle(w->h[ONE].host, P2P__RENDEZVOUS_PROTOCOL, on_lie, w),
        0);
}

static void test_T33_a_point_makes_nobody_up(void **state)
{
    const struct p2p_rendezvous_search search = {.ns = "mesh"};
    const struct p2p__record_content content = {.seq = 1};
    uint8_t record[512];
    struct world w;
    int len;

    (void)state;
    start(&w, defaults);
    len = p2p__record_seal(w.h[ONE].host->key, &content, record, sizeof record);
    assert_true(len > 0);
    lie(&w, p2p__slice_of(record, (size_t)len), 8);
    assert_int_equal(look_at(&w, ONE, search), 0);
    assert_int_equal(w.n_found, 1); /* it is signed */
    record[len - 1] ^= 1;
    lie(&w, p2p__slice_of(record, (size_t)len), 8);
    assert_int_equal(look_at(&w, ONE, search), 0);
    assert_int_equal(w.n_found, 0);
    lie(&w, p2p__slice_of(record, (size_t)len), P2P_RENDEZVOUS_COOKIE_MAX + 1);
    assert_int_equal(look_at(&w, ONE, search), P2P_ETOOBIG);
    stop(&w);
}

static void test_T33_an_answer_has_a_cap(void **state)
{
    struct world w;

    (void)state;
    assert_int_equal(P2P__CAP_RENDEZVOUS_ANSWER_BYTES, 1 << 20);
    start(&w, defaults);
    lie(&w, p2p__slice_of("", 0), 0);
    w.lie = p2p__slice_of("\x81\x80\x40", 3); /* that much and a byte */
    assert_int_equal(
        look_at(&w, ONE, (struct p2p_rendezvous_search){.ns = "mesh"}),
        P2P_ETOOBIG);
    stop(&w);
}

static void test_addresses_of_a_found_peer_have_a_cap(void **state)
{
    const struct p2p_rendezvous_search search = {.ns = "mesh"};
    struct p2p_multiaddr addrs[20];
    const struct p2p__record_content content = {
        .seq = 1, .addrs = addrs, .count = P2P__COUNT(addrs)};
    static uint8_t record[1024];
    struct world w;
    int len;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(addrs); i++) {
        assert_int_equal(
            p2p_multiaddr_from_text("/ip4/1.2.3.4/tcp/1", 18, &addrs[i]), 0);
    }
    start(&w, defaults);
    len = p2p__record_seal(w.h[ONE].host->key, &content, record, sizeof record);
    assert_true(len > 0);
    lie(&w, p2p__slice_of(record, (size_t)len), 8);
    assert_int_equal(look_at(&w, ONE, search), 0);
    assert_int_equal(w.n_found, 1);
    assert_int_equal(w.found[0].n_addrs, 16); /* P2P__CAP_FOUND_ADDRS */
    stop(&w);
}

/* A point that refuses so many records, and is asked so often. */
struct strict {
    unsigned refusals;
    int how; /* 0: says so; P2P_ERESET: resets; P2P_EPROTO: ends it */
    unsigned asked;
};

static void on_strict(void *user, struct p2p_stream *s)
{
    struct strict *strict = user;
    const struct p2p__rendezvous_msg msg = {
        .type = P2P__RENDEZVOUS_REGISTERED,
        .ttl_s = 77,
        .status = strict->asked < strict->refusals
                      ? P2P__RENDEZVOUS_INVALID_RECORD
                      : P2P__RENDEZVOUS_OK};
    uint8_t buf[64];
    struct p2p__pbw w;

    p2p_stream_listen(s, NULL, NULL);
    if (strict->asked++ < strict->refusals && strict->how != 0) {
        if (strict->how == P2P_ERESET) {
            p2p_stream_reset(s);
        } else {
            p2p_stream_finish(s);
        }
        return;
    }
    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__rendezvous_msg_write(&w, &msg);
    (void)p2p_stream_send(s, buf, (size_t)p2p__pbw_end(&w));
    p2p_stream_finish(s);
}

static void test_a_refused_record_is_sent_once_more(void **state)
{
    static const int ways[] = {0, P2P_ERESET, P2P_EPROTO};
    const struct p2p_peer_id *there;
    struct world w;

    (void)state;
    start(&w, defaults);
    for (unsigned i = 0; i < 3 * P2P__COUNT(ways); i++) {
        const int how = ways[i % 3];
        struct strict strict = {.refusals = i / 3, .how = how};

        assert_int_equal(
            p2p_host_handle(w.h[ONE].host, P2P__RENDEZVOUS_PROTOCOL, on_strict,
                            &strict),
            0);
        w.status = 1;
        there = know(&w, POINT, ONE);
        assert_int_equal(p2p_rendezvous_register(w.h[POINT].host, there, "mesh",
                                                 0, on_registered, &w),
                         0);
        run(&w, P2P__SEC(2));
        assert_int_equal(strict.asked, i < 3 ? 1 : 2);
        assert_int_equal(w.status, i < 6 ? 0 : how == 0 ? P2P_EINVAL : how);
    }
    stop(&w);
}

/* A request without an answer is not done before somebody took it. */
static void test_nobody_is_there_to_unregister_at(void **state)
{
    struct p2p_peer_id point;
    struct world w;

    (void)state;
    start(&w, defaults);
    point = *know(&w, ONE, POINT);
    simhost_end(&w.h[POINT]);
    assert_int_equal(p2p_rendezvous_unregister(w.h[ONE].host, &point, "mesh",
                                               on_registered, &w),
                     0);
    run(&w, P2P__SEC(60));
    assert_true(w.status < 0);
    w.status = 1;
    assert_int_equal(
        p2p_rendezvous_unregister(w.h[ONE].host, know(&w, ONE, TWO), "mesh",
                                  on_registered, &w),
        0);
    stop(&w);
    assert_true(w.status < 0);
}

static void test_who_ends_is_told(void **state)
{
    struct world w;

    (void)state;
    start(&w, defaults);
    assert_int_equal(
        p2p_rendezvous_register(w.h[ONE].host, know(&w, ONE, POINT), "mesh", 60,
                                on_registered, &w),
        0);
    stop(&w); /* in the dial */
    assert_true(w.status < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_registers_is_found),
        cmocka_unit_test(test_a_registration_ends),
        cmocka_unit_test(test_new_addresses_are_those_that_are_registered),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_T33_limits_are_those_of_the_configuration),
        cmocka_unit_test(test_a_point_may_serve_some_alone),
        cmocka_unit_test(test_a_host_becomes_a_point),
        cmocka_unit_test(test_T33_a_point_makes_nobody_up),
        cmocka_unit_test(test_T33_an_answer_has_a_cap),
        cmocka_unit_test(test_addresses_of_a_found_peer_have_a_cap),
        cmocka_unit_test(test_a_refused_record_is_sent_once_more),
        cmocka_unit_test(test_nobody_is_there_to_unregister_at),
        cmocka_unit_test(test_who_ends_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
