/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a relay does and refuses to do for those who meet there.
 * Spec: libp2p circuit relay v2.
 */
#include "host/bridge.h"
#include "meeting.h"
#include "unit.h"

static void test_statuses_are_told(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct meeting w;

    (void)state;
    limits.max_circuits_per_peer = 1;
    limits.max_reservations = 1;
    meeting_start(&w, &limits);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), P2P_ENOTFOUND);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(meeting_dial(&w, OTHER, RELAY, TARGET), P2P_ELIMIT);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, OTHER), P2P_ENOTFOUND);
    assert_int_equal(meeting_dial(&w, RELAY, RELAY, TARGET), P2P_ESELF);
    meeting_stop(&w);
}

/* Above the high water those go that have none, though they came later. */
static void test_a_reservation_keeps_its_connection(void **state)
{
    const struct p2p_relay_config defaults = P2P_RELAY_CONFIG_INIT;
    struct p2p_host_config narrow = P2P_HOST_CONFIG_INIT;
    struct meeting w;

    (void)state;
    narrow.relay = &defaults;
    narrow.high_water = 2;
    narrow.low_water = 1;
    meeting_start(&w, NULL);
    simhost_end(&w.h[RELAY]);
    simhost_start(&w.h[RELAY], &w.sim, RELAY, &narrow);
    meeting_reserve(&w, RELAY);
    assert_int_equal(simhost_dial(&w.h[DIALER], &w.h[RELAY]), 0);
    assert_int_equal(simhost_dial(&w.h[OTHER], &w.h[RELAY]), 0);
    meeting_run(&w, P2P__SEC(30));
    assert_int_equal(simhost_conns(&w.h[RELAY]), 1);
    assert_int_equal(w.h[TARGET].downs, 0);
    assert_int_equal(meeting_reservations(&w, RELAY), 1);
    meeting_stop(&w);
}

static bool allow_one(void *user, const struct p2p_peer_id *peer)
{
    return p2p_peer_id_equal(peer, user);
}

static void test_T34_a_relay_serves_whom_it_wants_to(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_peer_id served = {0};
    struct meeting w;

    (void)state;
    limits.allow = allow_one;
    limits.user = &served;
    meeting_start(&w, &limits);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_reservations(&w, RELAY), 0);
    assert_int_equal(meeting_standing(&w, RELAY), P2P_EACCES);
    served = *p2p_host_id(w.h[TARGET].host);
    meeting_run(&w, P2P__SEC(10)); /* it asks again */
    assert_int_equal(meeting_reservations(&w, RELAY), 1);
    assert_int_equal(meeting_standing(&w, RELAY), 0);
    assert_int_equal(meeting_standing(&w, OTHER), P2P_ESTATE);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), P2P_EACCES);
    served = *p2p_host_id(w.h[DIALER].host);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    meeting_stop(&w);
}

static bool allow_nobody(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
    return false;
}

static bool to_one(void *user, const struct p2p_peer_id *from,
                   const struct p2p_peer_id *to)
{
    (void)from;
    return p2p_peer_id_equal(to, user);
}

/* Strangers to whom it grants no reservation share few circuits. */
static void test_T34_guests_leave_room(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_peer_id member = {0};
    struct p2p__relay_peer *target;
    struct meeting w;

    (void)state;
    limits.allow = allow_one;
    limits.allow_circuit = to_one;
    limits.user = &member;
    meeting_start(&w, &limits);
    member = *p2p_host_id(w.h[TARGET].host);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    target = P2P__CONTAINER(
        p2p__list_first(&w.h[RELAY].host->relay->ledger.reserved),
        struct p2p__relay_peer, link);
    assert_int_equal(target->guests, 1);
    target->guests = P2P__CAP_RELAY_GUEST_CIRCUITS;
    assert_int_equal(meeting_dial(&w, OTHER, RELAY, TARGET), P2P_ELIMIT);
    target->guests = 1;
    w.h[RELAY].host->relay->allow = NULL; /* then there are no guests */
    assert_int_equal(meeting_dial(&w, OTHER, RELAY, TARGET), 0);
    assert_int_equal(target->guests, 1);
    meeting_stop(&w);
}

/* What is said of circuits is not asked of reservations, nor the other way. */
static void test_T34_a_relay_connects_whom_it_wants_to(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_peer_id whom = {0};
    struct meeting w;

    (void)state;
    limits.allow_circuit = to_one;
    limits.user = &whom;
    meeting_start(&w, &limits);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_reservations(&w, RELAY), 1);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), P2P_EACCES);
    whom = *p2p_host_id(w.h[TARGET].host);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    meeting_stop(&w);
    limits.allow = allow_nobody;
    meeting_start(&w, &limits);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_reservations(&w, RELAY), 0);
    meeting_stop(&w);
}

static bool nobody(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
    return false;
}

static bool nobody_there(void *user, const struct p2p_peer_id *from,
                         const struct p2p_peer_id *to)
{
    (void)user;
    (void)from;
    (void)to;
    return false;
}

/* It says so while it is one, and circuits go on when it is none any more. */
static void test_a_host_becomes_a_relay(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_host *host;
    struct meeting w;

    (void)state;
    meeting_start(&w, NULL);
    host = w.h[DIALER].host;
    assert_int_equal(p2p_host_listen(host, "/ip4/0.0.0.0/tcp/4001"), 0);
    assert_int_equal(p2p_relay_serve(host, NULL), 0);
    meeting_reserve(&w, DIALER);
    assert_null(host->relay);
    assert_int_equal(meeting_standing(&w, DIALER), P2P_ENOPROTO);
    assert_int_equal(p2p_relay_serve(host, &limits), 0);
    meeting_run(&w, P2P__SEC(20)); /* it is asked again */
    assert_int_equal(meeting_reservations(&w, DIALER), 1);
    assert_int_equal(meeting_dial(&w, RELAY, DIALER, TARGET), 0);
    assert_int_equal(p2p_relay_serve(host, NULL), 0);
    assert_int_equal(meeting_dial(&w, OTHER, DIALER, TARGET), P2P_ENOPROTO);
    meeting_echo(&w, RELAY, TARGET, 1000);
    assert_int_equal(w.echoed, 1000);
    assert_int_equal(meeting_circuits(&w, DIALER), 1);
    assert_int_equal(p2p_relay_serve(host, &limits), 0);
    assert_int_equal(meeting_dial(&w, OTHER, DIALER, TARGET), 0);
    limits.allow = nobody; /* who is served is said anew */
    limits.allow_circuit = nobody_there;
    assert_int_equal(p2p_relay_serve(host, &limits), 0);
    assert_true(meeting_dial(&w, OTHER, DIALER, TARGET) < 0);
    meeting_stop(&w);
}

struct answer {
    uint8_t bytes[64];
    size_t len;
};

static void on_answer(void *user, struct p2p_stream *s, const uint8_t *bytes,
                      size_t len)
{
    struct answer *a = user;

    (void)s;
    len = p2p__min(len, sizeof a->bytes - a->len);
    memcpy(a->bytes + a->len, bytes, len);
    a->len += len;
}

/* What a host answers to bytes on a hop or stop stream: the status. */
static unsigned ask(struct meeting *w, int from, int to, const char *protocol,
                    struct p2p__slice bytes)
{
    static const struct p2p_stream_events events = {.data = on_answer};
    const char *const names[] = {protocol};
    struct answer a = {.len = 0};
    struct p2p_stream *s;
    struct p2p__relay_msg msg;

    assert_int_equal(
        p2p_stream_open_limited(w->h[from].host, p2p_host_id(w->h[to].host),
                                names, 1, &events, &a, &s),
        0);
    assert_int_equal(p2p_stream_send(s, bytes.p, bytes.len), 0);
    meeting_run(w, P2P__SEC(5));
    assert_true(a.len > 1 && a.bytes[0] == a.len - 1);
    assert_int_equal(
        p2p__relay_msg_read(strcmp(protocol, P2P__RELAY_HOP_PROTOCOL) == 0
                                ? P2P__RELAY_HOP
                                : P2P__RELAY_STOP,
                            p2p__slice_of(a.bytes + 1, a.len - 1), &msg),
        0);
    p2p_stream_listen(s, NULL, NULL);
    p2p_stream_reset(s);
    meeting_run(w, P2P__SEC(1));
    return (unsigned)msg.status;
}

/* A peer with a direct connection to nobody but its relay may not reserve or
 * connect over the circuit. */
static void test_T34_nothing_is_relayed_over_what_is_relayed(void **state)
{
    static const char reserve_bytes[] = {2, 8, 0};
    const struct p2p_relay_config defaults = P2P_RELAY_CONFIG_INIT;
    struct p2p_host_config relay = P2P_HOST_CONFIG_INIT;
    struct meeting w;

    (void)state;
    relay.relay = &defaults;
    meeting_start(&w, NULL);
    simhost_end(&w.h[TARGET]);
    simhost_make(&w.h[TARGET], &w.sim, TARGET, &relay);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(ask(&w, DIALER, TARGET, P2P__RELAY_HOP_PROTOCOL,
                         p2p__slice_of(reserve_bytes, sizeof reserve_bytes)),
                     P2P__RELAY_PERMISSION_DENIED);
    assert_int_equal(meeting_reservations(&w, TARGET), 0);
    meeting_stop(&w);
}

/* Circuits come from relays that we asked, and from nobody else. */
static void test_T34_a_stranger_brings_no_circuits(void **state)
{
    const struct p2p__relay_msg connect = {.type = P2P__RELAY_CONNECT};
    struct p2p__relay_msg msg = connect;
    uint8_t bytes[128];
    struct p2p__pbw wr;
    struct meeting w;

    (void)state;
    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    assert_int_equal(simhost_dial(&w.h[TARGET], &w.h[OTHER]), 0);
    meeting_run(&w, P2P__SEC(1));
    msg.peer = *p2p_host_id(w.h[DIALER].host);
    p2p__pbw_init(&wr, bytes, sizeof bytes);
    p2p__relay_msg_write(&wr, P2P__RELAY_STOP, &msg);
    assert_int_equal(ask(&w, OTHER, TARGET, P2P__RELAY_STOP_PROTOCOL,
                         p2p__slice_of(bytes, wr.len)),
                     P2P__RELAY_PERMISSION_DENIED);
    meeting_stop(&w);
}

/* Who is no relay does not say that it is one. */
static void test_a_host_is_no_relay_unless_told_so(void **state)
{
    struct meeting w;

    (void)state;
    meeting_start(&w, NULL);
    assert_null(w.h[TARGET].host->relay);
    assert_null(p2p__handlers_find(&w.h[TARGET].host->swarm->handlers,
                                   P2P__RELAY_HOP_PROTOCOL,
                                   strlen(P2P__RELAY_HOP_PROTOCOL)));
    assert_null(p2p__handlers_find(&w.h[TARGET].host->swarm->handlers,
                                   P2P__RELAY_STOP_PROTOCOL,
                                   strlen(P2P__RELAY_STOP_PROTOCOL)));
    meeting_stop(&w);
}

/* A peer that is gone is served no more, and a relay holds nothing of it. */
static void test_a_relay_gives_all_back(void **state)
{
    struct meeting w;

    (void)state;
    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    meeting_echo(&w, DIALER, TARGET, 60000);
    simhost_end(&w.h[TARGET]);
    simhost_end(&w.h[DIALER]);
    meeting_run(&w, P2P__SEC(10));
    assert_true(simhost_is_idle(&w.h[RELAY]));
    assert_int_equal(meeting_reservations(&w, RELAY), 0);
    assert_int_equal(meeting_circuits(&w, RELAY), 0);
    simhost_make(&w.h[TARGET], &w.sim, TARGET, NULL);
    simhost_make(&w.h[DIALER], &w.sim, DIALER, NULL);
    meeting_stop(&w);
}

/* Whoever goes while a circuit is being made: it is made, or fails. */
static void test_ends_of_all_kinds_at_any_moment(void **state)
{
    (void)state;
    for (unsigned ms = 0; ms < 400; ms += 3) {
        struct meeting w;

        meeting_start(&w, NULL);
        meeting_reserve(&w, RELAY);
        assert_int_equal(meeting_begin(&w, DIALER, RELAY, TARGET), 0);
        meeting_run(&w, P2P__MS(ms));
        if (ms % 4 == 0) {
            p2p_host_disconnect(w.h[RELAY].host, p2p_host_id(w.h[DIALER].host));
        } else if (ms % 4 == 1) {
            p2p_host_disconnect(w.h[TARGET].host, p2p_host_id(w.h[RELAY].host));
        } else if (ms % 4 == 2) {
            simhost_end(&w.h[RELAY]);
        }
        meeting_run(&w, P2P__SEC(15));
        assert_true(ms % 4 == 3 ? w.dialed == 0 : w.dialed <= 0);
        if (ms % 4 == 2) {
            simhost_make(&w.h[RELAY], &w.sim, RELAY, NULL);
        }
        meeting_stop(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses_are_told),
        cmocka_unit_test(test_a_reservation_keeps_its_connection),
        cmocka_unit_test(test_T34_a_relay_serves_whom_it_wants_to),
        cmocka_unit_test(test_T34_guests_leave_room),
        cmocka_unit_test(test_T34_a_relay_connects_whom_it_wants_to),
        cmocka_unit_test(test_a_host_becomes_a_relay),
        cmocka_unit_test(test_T34_nothing_is_relayed_over_what_is_relayed),
        cmocka_unit_test(test_T34_a_stranger_brings_no_circuits),
        cmocka_unit_test(test_a_host_is_no_relay_unless_told_so),
        cmocka_unit_test(test_a_relay_gives_all_back),
        cmocka_unit_test(test_ends_of_all_kinds_at_any_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
