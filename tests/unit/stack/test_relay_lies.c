/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Relays, and those who meet there, when one of them does not keep to the
 * rules: what the others hold for it ends, and nobody else pays.
 */
#include <stdio.h>

#include "host/bridge.h"
#include "made_peer.h"
#include "names.h"
#include "p2p/gate.h"
#include "p2p/relay.h"
#include "simhost.h"
#include "unit.h"

enum { DIALER, RELAY, TARGET, HOSTS }; /* the first one has a resolver */

/* More than dials that are under way at once. */
#define MANY 40U

struct world {
    struct sim sim;
    struct names names;
    struct simhost h[HOSTS];
    unsigned told;
    int status; /* of the last dial */
    const uint8_t *refusal;
};

static void pass(struct world *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

/* A relay and two hosts without a listener, all connected with it. */
static void start(struct world *w)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    const struct sim_cfg cfg = {
        .seed = 9, .latency_min = P2P__MS(1), .latency_max = P2P__MS(5)};
    struct p2p_host_config relay = P2P_HOST_CONFIG_INIT;

    memset(w, 0, sizeof *w);
    limits.max_circuits_per_peer = MANY;
    relay.relay = &limits;
    sim_init(&w->sim, &cfg, HOSTS + MANY);
    names_init(&w->names, &w->sim);
    simhost_start(&w->h[RELAY], &w->sim, RELAY, &relay);
    simhost_make(&w->h[DIALER], &w->sim, DIALER, NULL);
    simhost_make(&w->h[TARGET], &w->sim, TARGET, NULL);
    assert_int_equal(simhost_dial(&w->h[DIALER], &w->h[RELAY]), 0);
    assert_int_equal(simhost_dial(&w->h[TARGET], &w->h[RELAY]), 0);
    pass(w, P2P__SEC(1));
}

static void stop(struct world *w)
{
    for (size_t i = 0; i < HOSTS; i++) {
        simhost_stop(&w->h[i]);
    }
    sim_fini(&w->sim);
}

/* RELAY's circuits; with an id: to that peer. */
static const char *via_relay(const struct world *w,
                             const struct p2p_peer_id *to, char *buf)
{
    char id[P2P_PEER_ID_TEXT_MAX], relay[P2P_MULTIADDR_TEXT_MAX];

    (void)snprintf(buf, P2P_MULTIADDR_TEXT_MAX, "%s/p2p-circuit%s%s",
                   simhost_addr(&w->h[RELAY], relay), to != NULL ? "/p2p/" : "",
                   to != NULL ? p2p_peer_id_text(to, id) : "");
    return buf;
}

static void listen_at_relay(struct world *w)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    assert_int_equal(
        p2p_host_listen(w->h[TARGET].host, via_relay(w, NULL, buf)), 0);
    pass(w, P2P__SEC(1));
    assert_int_equal(w->h[RELAY].host->relay->ledger.n_reserved, 1);
}

static void on_told(void *user, int status, const struct p2p_peer_id *peer)
{
    struct world *w = user;

    (void)peer;
    w->told++;
    w->status = status;
}

static void dial_target(struct world *w)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    assert_int_equal(
        p2p_host_dial(w->h[DIALER].host,
                      via_relay(w, p2p_host_id(w->h[TARGET].host), buf),
                      on_told, w),
        0);
}

static uint64_t streams(const struct world *w, int host, int which)
{
    return w->h[host].host->swarm->quota.used[which];
}

/* Status 203, CONNECTION_FAILED. */
static const uint8_t hop_refusal[] = {5, 8, 2, 40, 0xcb, 1};
static const uint8_t stop_refusal[] = {5, 8, 1, 32, 0xcb, 1};

/* Answers so to all that it hears, and ends nothing. */
static void refuse_data(void *user, struct p2p_stream *s, const uint8_t *bytes,
                        size_t len)
{
    const struct world *w = user;

    (void)bytes;
    (void)len;
    assert_int_equal(p2p_stream_send(s, w->refusal, sizeof hop_refusal), 0);
}

static const struct p2p_stream_events refuse_events = {.data = refuse_data};

static void on_refused(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &refuse_events, user);
}

/* A target that refuses, and leaves its side open, costs the relay nothing
 * that lasts. */
static void test_refused_circuits_leave_no_streams(void **state)
{
    struct world w;
    uint64_t before;

    (void)state;
    start(&w);
    w.refusal = stop_refusal;
    listen_at_relay(&w);
    assert_int_equal(p2p_host_handle(w.h[TARGET].host, P2P__RELAY_STOP_PROTOCOL,
                                     on_refused, &w),
                     0);
    pass(&w, P2P__SEC(10));
    before = streams(&w, RELAY, P2P__Q_STREAMS_OUT);
    for (unsigned i = 1; i <= 100; i++) {
        dial_target(&w);
        pass(&w, P2P__SEC(2)); /* no more often than it may */
        assert_int_equal(w.told, i);
        assert_int_equal(w.status, P2P_EUNREACH);
    }
    assert_int_equal(streams(&w, RELAY, P2P__Q_STREAMS_OUT), before);
    stop(&w);
}

/* How dials to nobody ended. */
struct refusals {
    unsigned unknown, limited;
};

static void on_nobody(void *user, int status, const struct p2p_peer_id *peer)
{
    struct refusals *r = user;

    (void)peer;
    r->unknown += status == P2P_ENOTFOUND ? 1 : 0;
    r->limited += status == P2P_ELIMIT ? 1 : 0;
}

/* Looks by the relay for so many peers that it does not know. */
static struct refusals look_for(struct world *w, uint32_t many)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];
    struct refusals r = {0};

    for (uint32_t i = 0; i < many; i++) {
        const struct p2p_peer_id nobody = made_peer(i);

        assert_int_equal(
            p2p_host_dial(w->h[DIALER].host, via_relay(w, &nobody, buf),
                          on_nobody, &r),
            0);
    }
    pass(w, P2P__SEC(1));
    return r;
}

static void test_T34_who_asks_too_often_is_refused(void **state)
{
    struct refusals r;
    struct world w;

    (void)state;
    start(&w);
    r = look_for(&w, MANY + 10);
    assert_int_equal(r.unknown, MANY);
    assert_int_equal(r.limited, 10);
    pass(&w, P2P__SEC(2));
    r = look_for(&w, 1);
    assert_int_equal(r.unknown, 1);
    stop(&w);
}

/* Nor does one who asks, hears its answer, and never ends the stream. */
static void test_who_asked_must_end_its_stream(void **state)
{
    static const char *const names[] = {P2P__RELAY_HOP_PROTOCOL};
    static const char reserve[] = {2, 8, 0};
    uint64_t before;
    struct world w;

    (void)state;
    start(&w);
    pass(&w, P2P__SEC(10));
    before = streams(&w, RELAY, P2P__Q_STREAMS_IN);
    for (int i = 0; i < 10; i++) {
        struct p2p_stream *s;

        assert_int_equal(
            p2p_stream_open(w.h[DIALER].host, p2p_host_id(w.h[RELAY].host),
                            names, 1, NULL, NULL, &s),
            0);
        assert_int_equal(p2p_stream_send(s, reserve, sizeof reserve), 0);
    }
    pass(&w, P2P__SEC(1));
    assert_int_equal(streams(&w, RELAY, P2P__Q_STREAMS_IN), before + 10);
    pass(&w, P2P__SEC(6));
    assert_int_equal(streams(&w, RELAY, P2P__Q_STREAMS_IN), before);
    stop(&w);
}

/* A relay that answers and never ends the stream costs none a refresh. */
static void test_a_relay_must_end_its_stream(void **state)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];
    uint64_t before;
    struct world w;

    (void)state;
    start(&w);
    w.refusal = hop_refusal;
    assert_int_equal(p2p_host_handle(w.h[RELAY].host, P2P__RELAY_HOP_PROTOCOL,
                                     on_refused, &w),
                     0);
    pass(&w, P2P__SEC(10));
    before = streams(&w, TARGET, P2P__Q_STREAMS_OUT);
    assert_int_equal(
        p2p_host_listen(w.h[TARGET].host, via_relay(&w, NULL, buf)), 0);
    pass(&w, P2P__MS(100));
    assert_int_equal(streams(&w, TARGET, P2P__Q_STREAMS_OUT), before + 1);
    pass(&w, P2P__SEC(6000));
    assert_true(streams(&w, TARGET, P2P__Q_STREAMS_OUT) <= before + 1);
    stop(&w);
}

/* What became of streams that want a whole connection with TARGET. */
struct wanted {
    struct world *w;
    unsigned opened;
    unsigned closed;
    bool again; /* asks for another one when one ends */
};

static void want_target(struct wanted *d);

static void wanted_opened(void *user, struct p2p_stream *s)
{
    struct wanted *d = user;

    (void)s;
    d->opened++;
}

static void wanted_closed(void *user, struct p2p_stream *s, int status)
{
    struct wanted *d = user;

    (void)s;
    d->closed++;
    if (d->again) {
        assert_int_equal(status, P2P_ELIMITED);
        assert_true(d->closed < 10);
        want_target(d);
    }
}

static void want_target(struct wanted *d)
{
    static const struct p2p_stream_events events = {.opened = wanted_opened,
                                                    .closed = wanted_closed};
    static const char *const names[] = {"/count/1", "/count/2"};
    struct p2p_stream *s;

    (void)p2p_stream_open(d->w->h[DIALER].host,
                          p2p_host_id(d->w->h[TARGET].host), names, 2, &events,
                          d, &s);
}

/* DIALER knows TARGET's address at the relay, and a name. */
static void know_target(struct world *w, bool name)
{
    const struct p2p_peer_id *target = p2p_host_id(w->h[TARGET].host);
    char buf[P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];

    listen_at_relay(w);
    assert_int_equal(
        p2p_host_add_addr(w->h[DIALER].host, via_relay(w, target, buf), 0), 0);
    if (name) {
        assert_int_equal(
            p2p_host_listen(w->h[TARGET].host, "/ip4/0.0.0.0/tcp/4001"), 0);
        assert_int_equal(
            p2p_host_handle(w->h[TARGET].host, "/count/1", on_refused, w), 0);
        (void)snprintf(buf, sizeof buf, "/dns4/target.example/tcp/4001/p2p/%s",
                       p2p_peer_id_text(target, id));
        assert_int_equal(p2p_host_add_addr(w->h[DIALER].host, buf, 0), 0);
    }
}

/* A circuit opens first; a stream that is not for it waits for more. */
static void test_a_stream_waits_for_what_it_may_use(void **state)
{
    struct world w;
    struct wanted d = {.w = &w};

    (void)state;
    start(&w);
    know_target(&w, true);
    want_target(&d);
    pass(&w, P2P__SEC(2));
    assert_int_equal(simhost_conns(&w.h[DIALER]), 2); /* the circuit is there */
    assert_int_equal(d.closed, 0);
    names_answer(&w.names, 0, TARGET + 1, 1);
    pass(&w, P2P__SEC(1));
    assert_int_equal(d.opened, 1);
    stop(&w);
}

/* Who asks again whenever it hears no does so outside of one turn. */
static void test_streams_that_ask_again_do_not_go_round(void **state)
{
    struct world w;
    struct wanted d = {.w = &w, .again = true};

    (void)state;
    start(&w);
    know_target(&w, false);
    want_target(&d);
    pass(&w, P2P__SEC(5));
    assert_int_equal(simhost_conns(&w.h[DIALER]), 2);
    assert_int_equal(d.closed, 1);
    stop(&w);
}

/* A dial to the relay does not stand behind those that wait for it. */
static void test_a_relay_is_dialed_before_its_circuits(void **state)
{
    static struct simhost many[MANY];
    char buf[P2P_MULTIADDR_TEXT_MAX];
    struct world w;

    (void)state;
    start(&w);
    assert_int_equal(
        p2p_host_disconnect(w.h[DIALER].host, p2p_host_id(w.h[RELAY].host)), 0);
    for (size_t i = 0; i < MANY; i++) {
        simhost_make(&many[i], &w.sim, HOSTS + i, NULL);
        assert_int_equal(
            p2p_host_listen(many[i].host, via_relay(&w, NULL, buf)), 0);
    }
    pass(&w, P2P__SEC(10));
    assert_int_equal(w.h[RELAY].host->relay->ledger.n_reserved, MANY);
    assert_int_equal(simhost_conns(&w.h[DIALER]), 0);
    for (size_t i = 0; i < MANY; i++) {
        const struct p2p_peer_id *id = p2p_host_id(many[i].host);

        assert_int_equal(
            p2p_host_add_addr(w.h[DIALER].host, via_relay(&w, id, buf), 0), 0);
        assert_int_equal(p2p_host_keep(w.h[DIALER].host, id, true), 0);
    }
    pass(&w, P2P__SEC(2));
    assert_int_equal(simhost_conns(&w.h[DIALER]), MANY + 1);
    for (size_t i = 0; i < MANY; i++) {
        simhost_stop(&many[i]);
    }
    stop(&w);
}

static bool refuse_accept(void *user, const struct p2p_gate_question *question)
{
    (void)user;
    return question->step != P2P_GATE_ACCEPT;
}

/* The end of a circuit may come together with the yes to it. */
static void test_an_early_end_is_passed_on(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    listen_at_relay(&w);
    p2p_host_set_gate(w.h[TARGET].host, refuse_accept, NULL);
    dial_target(&w);
    pass(&w, P2P__MS(200));
    assert_int_equal(w.told, 1);
    assert_true(w.status < 0);
    stop(&w);
}

/* Where a relay is, circuits' addresses say by hearsay. */
static void test_T34_circuits_do_not_say_where_others_are(void **state)
{
    static const uint8_t known[] = {4, 10, 0, 0, 3, 6, 0x0f, 0xa1};
    char buf[P2P_MULTIADDR_TEXT_MAX], victim[P2P_PEER_ID_TEXT_MAX],
        target[P2P_PEER_ID_TEXT_MAX];
    struct p2p__peer *peer;
    unsigned kept = 0, made_up = 0;
    struct world w;

    (void)state;
    start(&w);
    (void)p2p_peer_id_text(p2p_host_id(w.h[RELAY].host), victim);
    (void)p2p_peer_id_text(p2p_host_id(w.h[TARGET].host), target);
    peer = p2p__book_find(&w.h[DIALER].host->swarm->book,
                          p2p_host_id(w.h[RELAY].host));
    assert_non_null(peer);
    assert_int_equal(
        p2p__peer_add_addr(peer, known, sizeof known, P2P__ADDR_RECORD,
                           w.sim.now + P2P__SEC(60)),
        0);
    for (unsigned i = 0; i < 2 * P2P__CAP_PEER_ADDRS; i++) {
        (void)snprintf(buf, sizeof buf,
                       "/ip4/10.9.9.9/tcp/%u/p2p/%s/p2p-circuit/p2p/%s", i + 1,
                       victim, target);
        assert_int_equal(p2p_host_dial(w.h[DIALER].host, buf, on_told, &w), 0);
        pass(&w, P2P__MS(100));
    }
    P2P__LIST_EACH (it, &peer->addrs) {
        const struct p2p__peer_addr *a =
            P2P__CONTAINER(it, struct p2p__peer_addr, link);

        kept += a->len == sizeof known &&
                memcmp(a->bytes, known, sizeof known) == 0;
        made_up += a->source == P2P__ADDR_HEARSAY;
    }
    assert_int_equal(kept, 1);
    assert_true(made_up > 0); /* the last that a dial would try */
    stop(&w);
}

/* Where a relay is says nothing of a friend behind it. */
static void test_a_relay_is_not_familiar_by_who_uses_it(void **state)
{
    const struct p2p__swarm *swarm;
    const struct p2p__peer *relay, *target;
    struct world w;

    (void)state;
    start(&w);
    know_target(&w, false);
    assert_int_equal(
        p2p_host_keep(w.h[DIALER].host, p2p_host_id(w.h[TARGET].host), true),
        0);
    pass(&w, P2P__SEC(2));
    swarm = w.h[DIALER].host->swarm;
    target = p2p__book_find(&swarm->book, p2p_host_id(w.h[TARGET].host));
    assert_non_null(p2p__peer_primary(target));
    relay = p2p__book_find(&swarm->book, p2p_host_id(w.h[RELAY].host));
    assert_false(
        p2p__familiar_has(&swarm->familiar, &p2p__peer_primary(relay)->remote));
    stop(&w);
}

/* A peer that is said to be behind itself is not waited for. */
static void test_nobody_is_its_own_relay(void **state)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];
    struct world w;

    (void)state;
    start(&w);
    assert_int_equal(
        p2p_host_disconnect(w.h[DIALER].host, p2p_host_id(w.h[RELAY].host)), 0);
    pass(&w, P2P__SEC(1));
    assert_int_equal(
        p2p_host_dial(w.h[DIALER].host,
                      via_relay(&w, p2p_host_id(w.h[RELAY].host), buf), on_told,
                      &w),
        0);
    pass(&w, P2P__SEC(1));
    assert_int_equal(w.told, 1);
    assert_int_equal(w.status, P2P_EFORMAT);
    stop(&w);
}

/* Nor are two that are said to be behind each other. */
static void test_two_are_not_each_others_relay(void **state)
{
    char buf[P2P_MULTIADDR_TEXT_MAX], id[2][P2P_PEER_ID_TEXT_MAX];
    struct world w;
    struct wanted d = {.w = &w};
    struct simhost other = {0};

    (void)state;
    start(&w);
    simhost_make(&other, &w.sim, HOSTS, NULL);
    (void)p2p_peer_id_text(p2p_host_id(w.h[TARGET].host), id[0]);
    (void)p2p_peer_id_text(p2p_host_id(other.host), id[1]);
    for (int i = 0; i < 2; i++) {
        (void)snprintf(buf, sizeof buf, "/p2p/%s/p2p-circuit/p2p/%s", id[i],
                       id[1 - i]);
        assert_int_equal(p2p_host_add_addr(w.h[DIALER].host, buf, 0), 0);
    }
    assert_int_equal(
        p2p_host_keep(w.h[DIALER].host, p2p_host_id(other.host), true), 0);
    want_target(&d);
    pass(&w, P2P__SEC(1));
    assert_int_equal(d.closed, 1);
    simhost_stop(&other);
    stop(&w);
}

/* Whether the relay has a reservation of TARGET and a circuit to it. */
static void assert_granted(const struct world *w, uint32_t reserved,
                           uint32_t circuits)
{
    const struct p2p__relay_ledger *l = &w->h[RELAY].host->relay->ledger;

    assert_int_equal(l->n_reserved, reserved);
    assert_int_equal(l->n_circuits, circuits);
}

/* Somebody is served no more: at once, and not only when he asks again. */
static void test_a_relay_drops_a_peer(void **state)
{
    const struct p2p_peer_id *target, *dialer;
    struct p2p_host *relay;
    struct world w;

    (void)state;
    start(&w);
    relay = w.h[RELAY].host;
    target = p2p_host_id(w.h[TARGET].host);
    dialer = p2p_host_id(w.h[DIALER].host);
    assert_int_equal(p2p_relay_drop(w.h[DIALER].host, target), P2P_ENOTFOUND);
    assert_int_equal(p2p_relay_drop(relay, target), P2P_ENOTFOUND);
    listen_at_relay(&w);
    dial_target(&w);
    pass(&w, P2P__SEC(1));
    assert_granted(&w, 1, 1);
    assert_int_equal(p2p_relay_drop(relay, dialer), 0);
    pass(&w, P2P__SEC(1));
    assert_granted(&w, 1, 0);
    assert_int_equal(p2p_relay_drop(relay, dialer), P2P_ENOTFOUND);
    dial_target(&w);
    pass(&w, P2P__SEC(1));
    assert_granted(&w, 1, 1);
    assert_int_equal(p2p_relay_drop(relay, target), 0);
    pass(&w, P2P__SEC(1));
    assert_granted(&w, 0, 0);
    dial_target(&w);
    pass(&w, P2P__SEC(60));
    assert_int_equal(w.told, 3);
    assert_true(w.status < 0);
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_circuits_leave_no_streams),
        cmocka_unit_test(test_T34_who_asks_too_often_is_refused),
        cmocka_unit_test(test_who_asked_must_end_its_stream),
        cmocka_unit_test(test_a_relay_must_end_its_stream),
        cmocka_unit_test(test_a_stream_waits_for_what_it_may_use),
        cmocka_unit_test(test_streams_that_ask_again_do_not_go_round),
        cmocka_unit_test(test_a_relay_is_dialed_before_its_circuits),
        cmocka_unit_test(test_an_early_end_is_passed_on),
        cmocka_unit_test(test_T34_circuits_do_not_say_where_others_are),
        cmocka_unit_test(test_a_relay_is_not_familiar_by_who_uses_it),
        cmocka_unit_test(test_nobody_is_its_own_relay),
        cmocka_unit_test(test_two_are_not_each_others_relay),
        cmocka_unit_test(test_a_relay_drops_a_peer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
