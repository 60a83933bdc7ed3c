/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Circuits: what goes over one, how much and how long, and what is better.
 * Spec: libp2p circuit relay v2.
 */
#include <stdio.h>

#include "meeting.h"
#include "p2p/pubsub.h"
#include "unit.h"

static void test_two_meet_at_a_relay(void **state)
{
    char buf[P2P_MULTIADDR_TEXT_MAX], text[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_conn_info info;
    struct meeting w;

    (void)state;
    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_reservations(&w, RELAY), 1);
    (void)meeting_circuit(&w.h[RELAY], &w.h[TARGET], buf);
    assert_true(meeting_has_addr(&w.h[TARGET], buf));
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    assert_true(p2p_peer_id_equal(&w.whom, p2p_host_id(w.h[TARGET].host)));
    assert_int_equal(meeting_circuits(&w, RELAY), 1);
    for (int i = TARGET; i <= DIALER; i++) {
        assert_true(meeting_find_circuit(&w.h[i], &info));
        assert_true(info.limited);
        assert_int_equal(info.outbound, i == DIALER);
        assert_string_equal(info.security, "/noise");
    }
    assert_string_equal(p2p_multiaddr_text(&info.addr, text),
                        meeting_circuit(&w.h[RELAY], NULL, buf));
    meeting_echo(&w, DIALER, TARGET, 50000);
    assert_int_equal(w.echoed, 50000);
    meeting_echo(&w, TARGET, DIALER, 1000);
    assert_int_equal(w.echoed, 1000);
    p2p_host_disconnect(w.h[DIALER].host, p2p_host_id(w.h[TARGET].host));
    meeting_run(&w, P2P__SEC(10));
    assert_int_equal(meeting_circuits(&w, RELAY), 0);
    assert_false(meeting_find_circuit(&w.h[TARGET], &info));
    assert_int_equal(meeting_reservations(&w, RELAY), 1);
    meeting_stop(&w);
}

/* Streams of the application want to be told that bytes are few. */
static void test_a_limited_connection_wants_allowance(void **state)
{
    static const char *const names[] = {ECHO};
    struct p2p_stream *s;
    struct meeting w;

    (void)state;
    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(
        p2p_stream_open(w.h[DIALER].host, p2p_host_id(w.h[TARGET].host), names,
                        1, NULL, NULL, &s),
        P2P_ELIMITED);
    assert_null(s);
    /* There is a way beside the relay: that one is dialed. */
    assert_int_equal(p2p_host_listen(w.h[TARGET].host, "/ip4/0.0.0.0/tcp/4001"),
                     0);
    meeting_run(&w, P2P__SEC(2)); /* identify tells of it */
    w.closed = 1;
    assert_int_equal(
        p2p_stream_open(w.h[DIALER].host, p2p_host_id(w.h[TARGET].host), names,
                        1, &meeting_client, &w, &s),
        0);
    w.echoed = 0;
    meeting_run(&w, P2P__SEC(2));
    assert_int_equal(p2p_stream_send(s, "\0\1\2", 3), 0);
    meeting_run(&w, P2P__SEC(2));
    assert_int_equal(w.echoed, 3);
    assert_int_equal(w.closed, 1);
    meeting_stop(&w);
}

/* A direct connection carries what is new; the circuit ends unused. */
static void test_a_direct_connection_is_better(void **state)
{
    struct p2p_conn_info info;
    struct meeting w;

    (void)state;
    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(p2p_host_listen(w.h[TARGET].host, "/ip4/0.0.0.0/tcp/4001"),
                     0);
    assert_int_equal(simhost_dial(&w.h[DIALER], &w.h[TARGET]), 0);
    meeting_run(&w, P2P__SEC(8));
    assert_false(meeting_find_circuit(&w.h[DIALER], &info));
    assert_int_equal(w.h[DIALER].downs, 0);
    /* And it stays, whoever dials by the relay afterwards. */
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    meeting_run(&w, P2P__SEC(8));
    assert_false(meeting_find_circuit(&w.h[DIALER], &info));
    assert_int_equal(w.h[DIALER].downs, 0);
    meeting_stop(&w);
}

static void test_T34_a_relay_ends_what_has_carried_enough(void **state)
{
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_conn_info info;
    struct meeting w;

    (void)state;
    limits.circuit_bytes = 20000;
    meeting_start(&w, &limits);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    meeting_echo(&w, DIALER, TARGET, 10000);
    assert_int_equal(w.echoed, 10000);
    meeting_echo(&w, DIALER, TARGET, 20000);
    assert_true(w.echoed < 20000);
    assert_true(w.closed < 0);
    assert_false(meeting_find_circuit(&w.h[DIALER], &info));
    assert_false(meeting_find_circuit(&w.h[TARGET], &info));
    assert_int_equal(meeting_circuits(&w, RELAY), 0);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET),
                     0); /* again, if need be */
    meeting_stop(&w);
}

static void test_T34_a_relay_ends_what_has_lasted_enough(void **state)
{
    struct p2p_conn_info info;
    struct meeting w;

    (void)state;
    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0); /* 15 s */
    meeting_run(&w, P2P__SEC(100));
    assert_true(meeting_find_circuit(&w.h[DIALER], &info));
    meeting_run(&w, P2P__SEC(10));
    assert_false(meeting_find_circuit(&w.h[DIALER], &info));
    assert_false(meeting_find_circuit(&w.h[TARGET], &info));
    assert_int_equal(meeting_circuits(&w, RELAY), 0);
    meeting_stop(&w);
}

/* What one end still sends, and the other one takes, slowly or not at all. */
struct pour {
    struct p2p_stream *stream;
    size_t left;
    size_t taken;
    bool slow;
};

static void pour_on(void *user, struct p2p_stream *s)
{
    static const uint8_t chunk[40000];
    struct pour *p = user;

    while (p->left > 0) {
        size_t n = p2p__min(p->left, sizeof chunk);

        if (p2p_stream_send(s, chunk, n) != 0) {
            return;
        }
        p->left -= n;
    }
}

static void pour_in(void *user, struct p2p_stream *s, const uint8_t *bytes,
                    size_t len)
{
    struct pour *p = user;

    (void)bytes;
    p->taken += len;
    if (!p->slow) {
        p2p_stream_consume(s, len);
    }
}

static const struct p2p_stream_events pour_events = {.opened = pour_on,
                                                     .writable = pour_on,
                                                     .data = pour_in};

static void on_pour(void *user, struct p2p_stream *s)
{
    struct pour *p = user;

    p->stream = s;
    p2p_stream_manual(s);
    p2p_stream_listen(s, &pour_events, user);
    pour_on(user, s);
}

/* Each end sends much more than a window; a reader that is slow stops its
 * sender, and makes the relay hold no more than windows. */
static void test_many_bytes_both_ways(void **state)
{
    static const char *const names[] = {"/pour/1"};
    struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct pour ends[2] = {{.left = 6 << 20, .slow = true},
                           {.left = 6 << 20, .slow = true}};
    struct p2p_host_stats stats;
    struct meeting w;

    (void)state;
    limits.circuit_bytes = 64 << 20;
    limits.circuit_s = 1000;
    meeting_start(&w, &limits);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    assert_int_equal(
        p2p_host_handle(w.h[TARGET].host, names[0], on_pour, &ends[1]), 0);
    assert_int_equal(p2p_stream_open_limited(
                         w.h[DIALER].host, p2p_host_id(w.h[TARGET].host), names,
                         1, &pour_events, &ends[0], &ends[0].stream),
                     0);
    p2p_stream_manual(ends[0].stream);
    pour_on(&ends[0], ends[0].stream);
    meeting_run(&w, P2P__SEC(20));
    p2p_host_stats(w.h[RELAY].host, &stats, sizeof stats);
    assert_true(stats.memory_bytes < 2 << 20);
    for (int i = 0; i < 2; i++) {
        assert_true(ends[i].taken > 0 && ends[i].taken < 1 << 20);
        assert_true(ends[i].left > 0);
        ends[i].slow = false;
        p2p_stream_consume(ends[i].stream, ends[i].taken);
    }
    meeting_run(&w, P2P__MS(100));
    sim_set_group(&w.sim, TARGET, 9); /* and nobody takes what the relay has */
    meeting_run(&w, P2P__SEC(5));
    p2p_host_stats(w.h[RELAY].host, &stats, sizeof stats);
    assert_true(stats.memory_bytes > 100000 && stats.memory_bytes < 3 << 20);
    assert_true(ends[0].left > 0);
    sim_set_group(&w.sim, TARGET, 0);
    meeting_run(&w, P2P__SEC(60));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ends[i].left, 0);
        assert_int_equal(ends[i].taken, 6 << 20);
    }
    p2p_host_disconnect(w.h[DIALER].host, p2p_host_id(w.h[TARGET].host));
    meeting_run(&w, P2P__SEC(10));
    assert_int_equal(meeting_circuits(&w, RELAY), 0);
    meeting_stop(&w);
}

static enum p2p_verdict on_news(void *user, const struct p2p_message *msg)
{
    struct meeting *w = user;

    w->echoed += msg->len;
    return P2P_ACCEPT;
}

/* Publishes over a circuit; how many bytes came. */
static size_t publish(const struct p2p_pubsub_config *cfg)
{
    struct p2p_pubsub *ps[HOSTS];
    struct meeting w;

    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    for (int i = TARGET; i <= DIALER; i++) {
        assert_int_equal(p2p_pubsub_new(w.h[i].host, cfg, &ps[i]), 0);
        assert_int_equal(p2p_pubsub_subscribe(ps[i], "news", on_news, &w), 0);
    }
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    (void)p2p_pubsub_publish(ps[DIALER], "news", "hello", 5);
    meeting_run(&w, P2P__SEC(3));
    meeting_stop(&w);
    return w.echoed;
}

static void test_pubsub_goes_by_a_relay_if_it_may(void **state)
{
    struct p2p_pubsub_config cfg = P2P_PUBSUB_CONFIG_INIT;

    (void)state;
    assert_int_equal(publish(&cfg), 0);
    cfg.limited = true;
    assert_int_equal(publish(&cfg), 5);
}

static void test_circuits_over_circuits_are_no_addresses(void **state)
{
    char buf[2 * P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];
    struct meeting w;
    size_t len;

    (void)state;
    meeting_start(&w, NULL);
    (void)meeting_circuit(&w.h[RELAY], &w.h[OTHER], buf);
    len = strlen(buf);
    (void)snprintf(buf + len, sizeof buf - len, "/p2p-circuit");
    assert_int_equal(p2p_host_listen(w.h[TARGET].host, buf), P2P_EFORMAT);
    len = strlen(buf);
    (void)snprintf(buf + len, sizeof buf - len, "/p2p/%s",
                   p2p_peer_id_text(p2p_host_id(w.h[TARGET].host), id));
    assert_int_equal(p2p_host_dial(w.h[DIALER].host, buf, NULL, NULL),
                     P2P_EFORMAT);
    assert_int_equal(
        p2p_host_dial(w.h[DIALER].host, "/p2p-circuit", NULL, NULL),
        P2P_EFORMAT);
    assert_int_equal(p2p_host_listen(w.h[RELAY].host,
                                     meeting_circuit(&w.h[RELAY], NULL, buf)),
                     P2P_ESELF);
    assert_int_equal(
        p2p_host_listen(w.h[TARGET].host,
                        meeting_circuit(&w.h[RELAY], &w.h[TARGET], buf)),
        P2P_EFORMAT);
    meeting_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_meet_at_a_relay),
        cmocka_unit_test(test_a_limited_connection_wants_allowance),
        cmocka_unit_test(test_a_direct_connection_is_better),
        cmocka_unit_test(test_T34_a_relay_ends_what_has_carried_enough),
        cmocka_unit_test(test_T34_a_relay_ends_what_has_lasted_enough),
        cmocka_unit_test(test_many_bytes_both_ways),
        cmocka_unit_test(test_pubsub_goes_by_a_relay_if_it_may),
        cmocka_unit_test(test_circuits_over_circuits_are_no_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
