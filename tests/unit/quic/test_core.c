/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two connections of QUIC back to back, over a network of dice (quic_pair.h):
 * streams whose every byte has the value that its place says.
 */
#include <stdlib.h>

#include "app.h"

static void test_handshake_proves_both_peers(void **state)
{
    struct app *a = app_new(1);
    const uint8_t *one, *other;

    (void)state;
    assert_int_equal(quic_pair_shake(&a->p), 0);
    assert_true(p2p_peer_id_equal(&a->p.end[0].peer, &a->p.end[1].self));
    assert_true(p2p_peer_id_equal(&a->p.end[1].peer, &a->p.end[0].self));
    one = p2p__quic_security.binding(a->p.end[0].sess);
    other = p2p__quic_security.binding(a->p.end[1].sess);
    assert_non_null(one);
    assert_memory_equal(one, other, 32);
    app_free(a);
}

static void test_a_stream_goes_both_ways(void **state)
{
    struct app *a = app_shaken(2);
    struct app_stream *s = app_open(a, 0);

    (void)state;
    app_queue(a, s, 0, 300000);
    app_queue(a, s, 1, 1000000);
    app_finish(a, s);
    app_settle(a);
    assert_int_equal(s->view[1].got, 300000);
    assert_int_equal(s->view[0].got, 1000000);
    assert_true(s->view[0].closed && s->view[1].closed);
    assert_true(s->view[0].blocked_ever);
    app_free(a);
}

static void test_one_end_may_finish_before_the_other(void **state)
{
    struct app *a = app_shaken(3);
    struct app_stream *s = app_open(a, 0);

    (void)state;
    app_queue(a, s, 0, 10);
    s->view[0].finish = true;
    app_pass(a, P2P__SEC(1));
    assert_true(s->view[1].saw_fin && !s->view[1].closed);
    app_queue(a, s, 1, 70000);
    s->view[1].finish = true;
    app_settle(a);
    assert_int_equal(s->view[0].got, 70000);
    app_free(a);
}

/* CVE-2025-29785 (quic-go): packets of a path that is probed are lost, and
 * acknowledged late, while the peer moves again and again. */
static void test_T13_paths_are_probed_while_packets_are_lost(void **state)
{
    struct app *a = app_shaken(21);
    struct app_stream *s = app_open(a, 0);

    (void)state;
    a->p.lost_percent = 25;
    a->p.jitter = P2P__MS(20);
    app_queue(a, s, 0, 300000);
    for (unsigned i = 0; i < 12; i++) {
        a->p.nat_port = (uint16_t)(5000 + i);
        app_pass(a, P2P__MS(150));
    }
    a->p.lost_percent = 0;
    app_queue(a, s, 1, 300000);
    app_finish(a, s);
    app_settle(a);
    app_free(a);
}

static bool lose_all(struct quic_pair *p, unsigned from, uint8_t *bytes,
                     size_t *len)
{
    (void)p;
    (void)from;
    (void)bytes;
    (void)len;
    return false;
}

/* A stream without a byte is there for the peer when it ends. Were it announced
 * before, and both packets lost, ngtcp2 before 1.12 would end the process when
 * the next acknowledgement comes: two frames that begin where nothing is. */
static void test_an_empty_stream_that_was_lost(void **state)
{
    struct app *a = app_shaken(4);
    struct app_stream *s, *other;
    const struct p2p__slice nothing = {0};

    (void)state;
    app_pass(a, P2P__SEC(1));
    s = app_open(a, 0);
    other = app_open(a, 0);
    a->p.tap = lose_all;
    assert_int_equal(
        p2p__quic_ops.send(a->p.end[0].sess, s->view[0].h, &nothing), 0);
    quic_pair_pump(&a->p);
    app_finish(a, s);
    app_pass(a, P2P__MS(2));
    a->p.tap = NULL;
    for (unsigned i = 0; i < 5; i++) {
        app_queue(a, other, 0, 1);
        app_pass(a, P2P__MS(2));
    }
    app_finish(a, other);
    app_settle(a);
    assert_int_equal(a->opened, 2);
    assert_true(s->view[1].saw_fin);
    app_free(a);
}

static void test_a_bad_network_loses_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 10; seed < 16; seed++) {
        struct app *a = app_new(seed);

        a->p.lost_percent = 8;
        a->p.doubled_percent = 10;
        a->p.jitter = P2P__MS(15);
        assert_int_equal(quic_pair_shake(&a->p), 0);
        for (unsigned i = 0; i < 20; i++) {
            struct app_stream *s = app_open(a, i % 2);

            app_queue(a, s, 0, 1000 + i * 5000);
            app_queue(a, s, 1, 60000 - i * 3000);
            app_finish(a, s);
        }
        app_settle(a);
        assert_int_equal(a->closed, 40);
        app_free(a);
    }
}

static void test_who_does_not_consume_stops_one_stream_alone(void **state)
{
    struct app *a = app_shaken(20);
    struct app_stream *shut = app_open(a, 0);
    struct app_stream *other;

    (void)state;
    shut->view[1].keep = true;
    app_queue(a, shut, 0, 2000000);
    app_pass(a, P2P__SEC(5));
    assert_int_equal(shut->view[1].got, P2P__QUIC_WINDOW_BYTES);
    other = app_open(a, 0);
    app_queue(a, other, 0, 2000000);
    app_finish(a, other);
    app_pass(a, P2P__SEC(20));
    assert_int_equal(other->view[1].got, 2000000);
    assert_int_equal(shut->view[1].got, P2P__QUIC_WINDOW_BYTES);
    shut->view[1].keep = false;
    app_finish(a, shut);
    app_settle(a);
    assert_int_equal(shut->view[1].got, 2000000);
    app_free(a);
}

/* What was not consumed of a stream that is gone counts as consumed. */
static void test_the_connections_window_survives_resets(void **state)
{
    struct app *a = app_shaken(21);

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        struct app_stream *s = app_open(a, 0);

        s->view[1].keep = true;
        app_queue(a, s, 0, 200000);
        app_pass(a, P2P__SEC(1));
        app_reset(a, s, i % 2, 7);
        app_pass(a, P2P__SEC(1));
        assert_true(s->view[0].closed && s->view[1].closed);
    }
    app_settle(a);
    app_free(a);
}

static void test_a_reset_has_a_code_and_ends_both_directions(void **state)
{
    struct app *a = app_shaken(22);
    struct app_stream *s = app_open(a, 0);

    (void)state;
    app_queue(a, s, 0, 500000);
    app_queue(a, s, 1, 100);
    app_pass(a, P2P__MS(50));
    app_reset(a, s, 1, 0x1001);
    app_pass(a, P2P__SEC(1));
    assert_true(s->view[0].saw_reset && !s->view[1].saw_reset);
    assert_int_equal(s->view[0].code, 0x1001);
    assert_true(s->view[0].closed && s->view[1].closed);
    app_settle(a);
    app_free(a);
}

static void test_a_refused_stream_is_reset(void **state)
{
    struct app *a = app_shaken(23);
    struct app_stream *s[3];

    (void)state;
    a->p.end[1].quota.limit[P2P__Q_STREAMS_IN] = 2;
    for (unsigned i = 0; i < 3; i++) {
        s[i] = app_open(a, 0);
        app_queue(a, s[i], 0, 1000);
    }
    app_pass(a, P2P__SEC(1));
    assert_int_equal(s[1]->view[1].got, 1000);
    assert_true(s[2]->view[0].saw_reset && s[2]->view[1].h == NULL);
    assert_int_equal(a->p.end[1].quota.refused, 1);
    app_finish(a, s[0]);
    app_finish(a, s[1]);
    app_settle(a);
    app_free(a);
}

static void test_streams_open_at_once_have_a_cap(void **state)
{
    struct app *a = app_shaken(24);
    struct app_stream *s[P2P__CAP_QUIC_STREAMS + 10];

    (void)state;
    for (unsigned i = 0; i < P2P__COUNT(s); i++) {
        s[i] = app_open(a, 0);
        app_queue(a, s[i], 0, 10);
    }
    app_pass(a, P2P__SEC(2));
    assert_int_equal(a->opened, P2P__CAP_QUIC_STREAMS);
    for (unsigned i = 0; i < P2P__COUNT(s); i++) {
        app_finish(a, s[i]);
    }
    app_settle(a);
    assert_int_equal(a->opened, P2P__COUNT(s));
    app_free(a);
}

static void test_what_waits_has_a_cap(void **state)
{
    static uint8_t bytes[P2P__CAP_QUIC_QUEUED_BYTES];
    const struct p2p__slice data = p2p__slice_of(bytes, sizeof bytes / 2);
    struct app *a = app_shaken(25);
    struct app_stream *s = app_open(a, 0);
    void *sess = a->p.end[0].sess;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(p2p__quic_ops.send(sess, s->view[0].h, &data), 0);
    }
    assert_int_equal(p2p__quic_ops.send(sess, s->view[0].h, &data), P2P_EAGAIN);
    assert_int_equal(p2p__quic_ops.queued(sess, s->view[0].h), sizeof bytes);
    app_free(a);
}

static bool lose_acks(struct quic_pair *p, unsigned from, uint8_t *bytes,
                      size_t *len)
{
    (void)p;
    (void)bytes;
    (void)len;
    return from == 0;
}

/* Nothing is acknowledged while windows are wide open: what is held has a cap
 * of its own. */
static void test_what_is_not_acknowledged_has_a_cap(void **state)
{
    struct app *a = app_shaken(26);
    struct app_stream *s = app_open(a, 0);
    size_t held;

    (void)state;
    app_queue(a, s, 0, 2000000000);
    a->p.latency = P2P__MS(20);
    for (unsigned i = 0; i < 5000; i++) {
        a->p.tap = i < 4500 ? NULL : lose_acks;
        app_pass(a, P2P__US(200));
    }
    held = (size_t)a->p.end[0].quota.used[P2P__Q_MEMORY];
    assert_in_range(held, P2P__CAP_QUIC_HELD_BYTES,
                    P2P__CAP_QUIC_HELD_BYTES + (2U << 20));
    app_free(a);
}

static void test_windows_grow_and_have_caps(void **state)
{
    struct app *a = app_shaken(27);
    struct app_stream *s = app_open(a, 0);
    uint64_t before;

    (void)state;
    app_queue(a, s, 0, 2000000000);
    app_pass(a, P2P__MS(700));
    assert_true(s->view[1].got > 20 * P2P__QUIC_WINDOW_BYTES);
    before = s->view[1].got;
    s->view[1].keep = true;
    app_pass(a, P2P__SEC(3));
    assert_in_range(s->view[1].got - before, 2 * P2P__QUIC_WINDOW_BYTES,
                    P2P__CAP_QUIC_WINDOW_BYTES);
    app_free(a);
}

static void test_an_idle_connection_lives(void **state)
{
    struct app *a = app_shaken(30);
    uint64_t sent = a->p.end[0].sent;

    (void)state;
    app_pass(a, P2P__SEC(600));
    assert_int_equal(a->p.end[0].err, 0);
    assert_int_equal(a->p.end[1].err, 0);
    assert_in_range(a->p.end[0].sent - sent, 20, 200);
    app_free(a);
}

static void test_silence_ends_it(void **state)
{
    struct app *a = app_shaken(31);

    (void)state;
    a->p.lost_percent = 100;
    app_pass(a, P2P__SEC(20));
    assert_int_equal(a->p.end[0].err, 0);
    app_pass(a, P2P__SEC(60));
    assert_int_equal(a->p.end[0].err, P2P_ETIMEDOUT);
    assert_int_equal(a->p.end[1].err, P2P_ETIMEDOUT);
    app_free(a);
}

static void test_nobody_answers_a_dial(void **state)
{
    struct app *a = app_new(32);

    (void)state;
    a->p.lost_percent = 100;
    assert_int_equal(quic_pair_shake(&a->p), P2P_ETIMEDOUT);
    app_free(a);
}

static void test_a_close_ends_the_other_end(void **state)
{
    struct app *a = app_shaken(33);
    struct app_stream *s = app_open(a, 0);

    (void)state;
    app_queue(a, s, 0, 1000);
    app_pass(a, P2P__SEC(1));
    p2p__quic_ops.goaway(a->p.end[0].sess, 0);
    assert_int_equal(
        p2p__quic_ops.open(a->p.end[0].sess, NULL, &(void *){NULL}, a->p.now),
        P2P_ECLOSED);
    app_queue(a, s, 0, 1000); /* what is open goes on */
    app_pass(a, P2P__SEC(1));
    assert_int_equal(s->view[1].got, 2000);
    quic_pair_close(&a->p, 0);
    app_pass(a, P2P__SEC(1));
    assert_int_equal(a->p.end[1].err, P2P_ECLOSED);
    app_free(a);
}

static void test_larger_datagrams_where_the_path_takes_them(void **state)
{
    struct app *a = app_shaken(34);
    struct app *b = app_new(34);

    (void)state;
    app_pass(a, P2P__SEC(5));
    assert_in_range(a->p.end[0].largest, 1400, 1500);
    b->p.mtu = 1300;
    assert_int_equal(quic_pair_shake(&b->p), 0);
    app_pass(b, P2P__SEC(5));
    assert_in_range(b->p.end[0].largest, 1200, 1300);
    app_free(a);
    app_free(b);
}

static void test_a_run_is_many_datagrams(void **state)
{
    struct app *a = app_shaken(35);
    struct app_stream *s = app_open(a, 0);
    uint64_t sent, runs;

    (void)state;
    app_pass(a, P2P__SEC(5));
    sent = a->p.end[0].sent;
    runs = a->p.end[0].runs;
    app_queue(a, s, 0, 20000000);
    app_finish(a, s);
    app_settle(a);
    assert_true(a->p.end[0].sent - sent > 10000);
    assert_true(a->p.end[0].sent - sent > 3 * (a->p.end[0].runs - runs));
    app_free(a);
}

static void test_keys_may_change(void **state)
{
    struct app *a = app_shaken(36);
    struct app_stream *s = app_open(a, 0);

    (void)state;
    app_queue(a, s, 0, 5000);
    app_pass(a, P2P__SEC(1));
    assert_int_equal(p2p__quic_update_key(a->p.end[0].sess, a->p.now), 0);
    app_queue(a, s, 0, 500000);
    app_queue(a, s, 1, 500000);
    app_finish(a, s);
    app_settle(a);
    assert_int_equal(s->view[0].got + s->view[1].got, 1005000);
    app_free(a);
}

static void test_a_peer_may_move(void **state)
{
    struct app *a = app_shaken(37);
    struct app_stream *s = app_open(a, 0);

    (void)state;
    app_queue(a, s, 0, 5000);
    app_pass(a, P2P__SEC(1));
    a->p.nat_port = 40000;
    app_queue(a, s, 0, 500000);
    app_queue(a, s, 1, 500000);
    app_finish(a, s);
    app_settle(a);
    assert_int_equal(s->view[0].got + s->view[1].got, 1005000);
    app_free(a);
}

static void test_congestion_marks_are_heeded(void **state)
{
    uint64_t sent[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct app *a = app_shaken(38);
        struct app_stream *s = app_open(a, 0);

        app_pass(a, P2P__SEC(5));
        a->p.ecn = i == 0 ? 0 : 3;
        app_queue(a, s, 0, 100000000);
        app_pass(a, P2P__MS(400));
        sent[i] = a->p.end[0].sent;
        app_free(a);
    }
    assert_true(sent[1] < sent[0] / 4);
}

static void test_a_ping_tells_the_round_trip(void **state)
{
    struct app *a = app_shaken(39);

    (void)state;
    assert_int_equal(p2p__quic_ops.ping(a->p.end[0].sess, a->p.now), 0);
    app_pass(a, P2P__MS(1));
    assert_in_range(a->pong, P2P__MS(19), P2P__MS(30));
    app_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshake_proves_both_peers),
        cmocka_unit_test(test_a_stream_goes_both_ways),
        cmocka_unit_test(test_one_end_may_finish_before_the_other),
        cmocka_unit_test(test_T13_paths_are_probed_while_packets_are_lost),
        cmocka_unit_test(test_an_empty_stream_that_was_lost),
        cmocka_unit_test(test_a_bad_network_loses_nothing),
        cmocka_unit_test(test_who_does_not_consume_stops_one_stream_alone),
        cmocka_unit_test(test_the_connections_window_survives_resets),
        cmocka_unit_test(test_a_reset_has_a_code_and_ends_both_directions),
        cmocka_unit_test(test_a_refused_stream_is_reset),
        cmocka_unit_test(test_streams_open_at_once_have_a_cap),
        cmocka_unit_test(test_what_waits_has_a_cap),
        cmocka_unit_test(test_what_is_not_acknowledged_has_a_cap),
        cmocka_unit_test(test_windows_grow_and_have_caps),
        cmocka_unit_test(test_an_idle_connection_lives),
        cmocka_unit_test(test_silence_ends_it),
        cmocka_unit_test(test_nobody_answers_a_dial),
        cmocka_unit_test(test_a_close_ends_the_other_end),
        cmocka_unit_test(test_larger_datagrams_where_the_path_takes_them),
        cmocka_unit_test(test_a_run_is_many_datagrams),
        cmocka_unit_test(test_keys_may_change),
        cmocka_unit_test(test_a_peer_may_move),
        cmocka_unit_test(test_congestion_marks_are_heeded),
        cmocka_unit_test(test_a_ping_tells_the_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
