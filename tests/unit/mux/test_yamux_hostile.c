/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What broke other implementations of yamux, T1 to T6. Each test has its
 * control: the same bytes just inside of the rule, which must pass.
 */
#include <stdlib.h>

#include "hex.h"
#include "yamux_rig.h"

#define DATA   P2P__YAMUX_DATA
#define UPDATE P2P__YAMUX_WINDOW_UPDATE
#define PING   P2P__YAMUX_PING
#define GOAWAY P2P__YAMUX_GO_AWAY
#define SYN    P2P__YAMUX_SYN
#define ACK    P2P__YAMUX_ACK
#define FIN    P2P__YAMUX_FIN
#define RST    P2P__YAMUX_RST
#define WINDOW P2P__YAMUX_WINDOW_BYTES

#define PROTOCOL_ERROR "00 03 0000 00000000 00000001"

/* The session is poisoned; its last word is a go-away. */
static void expect_cut_off(struct rig *r, int rv)
{
    struct p2p__outbuf out = {.p = r->out, .cap = r->out_cap};

    assert_int_equal(r->rv, rv);
    assert_true(r->job.queued);
    assert_int_equal(r->ops->tx(r->sess, &out, r->now), 0);
    assert_hex(out.p, out.len, PROTOCOL_ERROR);
}

/* Delivers `len` zero bytes. */
static int feed_body(struct rig *r, size_t len)
{
    uint8_t *zero = calloc(1, len + 1);
    int rv;

    assert_non_null(zero);
    rv = rig_rx(r, zero, len);
    free(zero);
    return rv;
}

static void t1(enum chunk_plan plan)
{
    struct rig *r = yamux_rig(false, plan, &QUIET);
    const uint64_t before = r->quota.used[P2P__Q_MEMORY];

    assert_int_equal(yamux_feed(r, DATA, SYN, 1, WINDOW + 1), P2P_EPROTO);
    assert_int_equal(r->quota.used[P2P__Q_MEMORY], before);
    assert_int_equal(r->quota.used[P2P__Q_STREAMS_IN], 0);
    rig_expect(r, "");
    expect_cut_off(r, P2P_EPROTO);
    rig_free(r);
}

static void test_T1_first_body_beyond_the_window_closes(void **state)
{
    (void)state;
    RIG_EACH_PLAN(t1);
}

static void test_T1_control_first_body_of_a_whole_window(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_RANDOM, &QUIET);

    (void)state;
    assert_int_equal(yamux_feed(r, DATA, SYN, 1, WINDOW), 0);
    assert_int_equal(feed_body(r, WINDOW), 0);
    assert_int_equal(r->data_total, WINDOW);
    rig_free(r);
}

static void t2(enum chunk_plan plan)
{
    static const uint32_t deltas[] = {0xffff0000, 0xffffffff,
                                      UINT32_MAX - WINDOW + 1};

    for (size_t i = 0; i < P2P__COUNT(deltas); i++) {
        struct rig *r = yamux_rig(false, plan, &QUIET);

        assert_int_equal(yamux_feed(r, DATA, SYN, 1, 0), 0);
        assert_int_equal(yamux_feed(r, UPDATE, 0, 1, deltas[i]), P2P_EPROTO);
        expect_cut_off(r, P2P_EPROTO);
        rig_free(r);
        r = yamux_rig(false, plan, &QUIET);
        assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, deltas[i]), P2P_EPROTO);
        expect_cut_off(r, P2P_EPROTO);
        rig_free(r);
    }
}

static void test_T2_window_overflow_closes(void **state)
{
    (void)state;
    RIG_EACH_PLAN(t2);
}

static void test_T2_control_largest_window(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    assert_int_equal(yamux_feed(r, DATA, SYN, 1, 0), 0);
    assert_int_equal(yamux_feed(r, UPDATE, 0, 1, UINT32_MAX - WINDOW), 0);
    assert_int_equal(yamux_feed(r, UPDATE, 0, 1, 0), 0);
    assert_int_equal(yamux_feed(r, UPDATE, 0, 1, 1), P2P_EPROTO);
    rig_free(r);
}

/* Before each frame the listener has stream 1 open, stream 3 finished by the
 * peer, and stream 2 of its own. */
static struct rig *with_streams(enum chunk_plan plan)
{
    struct rig *r = yamux_rig(false, plan, &QUIET);

    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    assert_int_equal(yamux_feed(r, UPDATE, SYN | FIN, 3, 0), 0);
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, "x"), 0);
    rig_tx(r);
    rig_expect(r, "opened 1\nopened 2\nfin 2\n");
    return r;
}

static void t3_broken(enum chunk_plan plan)
{
    static const struct p2p__yamux_header frames[] = {
        {1, DATA, 0, 1, 0},             /* version */
        {255, PING, SYN, 0, 0},         /* version */
        {0, 4, 0, 0, 0},                /* type */
        {0, 255, 0, 1, 0},              /* type */
        {0, DATA, 0x10, 1, 0},          /* flag */
        {0, UPDATE, 0x8000, 1, 0},      /* flag */
        {0, DATA, 0, 0, 0},             /* the session's id */
        {0, UPDATE, SYN, 0, 0},         /* the session's id */
        {0, DATA, SYN, 1, 0},           /* SYN on a live id */
        {0, UPDATE, SYN, 3, 0},         /* SYN on a half-closed id */
        {0, DATA, SYN, 4, 0},           /* our parity */
        {0, UPDATE, SYN, 2, 0},         /* our own stream */
        {0, DATA, 0, 1, WINDOW + 1},    /* beyond the window */
        {0, DATA, 0, 1, 0xffffffff},    /* beyond anything */
        {0, DATA, 0, 77, 0xffffffff},   /* even on an unknown stream */
        {0, DATA, RST, 77, 0xffffffff}, /* or with a reset */
        {0, DATA, 0, 3, 1},             /* data after FIN */
        {0, PING, SYN, 1, 0},           /* a ping of a stream */
        {0, PING, 0, 0, 0},             /* neither there nor back */
        {0, PING, SYN | ACK, 0, 0},     /* both */
        {0, GOAWAY, 0, 1, 0},           /* a go-away of a stream */
    };

    for (size_t i = 0; i < P2P__COUNT(frames); i++) {
        struct rig *r = with_streams(plan);
        uint8_t bytes[P2P__YAMUX_HEADER_BYTES];

        p2p__yamux_encode(bytes, &frames[i]);
        assert_int_equal(rig_rx(r, bytes, sizeof bytes), P2P_EPROTO);
        expect_cut_off(r, P2P_EPROTO);
        rig_free(r);
    }
}

static void test_T3_broken_frames_close(void **state)
{
    (void)state;
    RIG_EACH_PLAN(t3_broken);
}

/* Odd, but what an honest peer may send while resets cross. */
static void t3_odd(enum chunk_plan plan)
{
    static const struct {
        struct p2p__yamux_header h;
        const char *text;
    } cases[] = {
        {{0, DATA, 0, 1, 0}, ""},             /* no body */
        {{0, DATA, 0, 77, 0}, ""},            /* unknown */
        {{0, UPDATE, 0, 77, 0xffffffff}, ""}, /* unknown */
        {{0, UPDATE, RST, 77, 0}, ""},        /* RST for unknown */
        {{0, DATA, RST, 77, 0}, ""},
        {{0, UPDATE, FIN, 3, 0}, ""},  /* FIN twice */
        {{0, DATA, FIN, 3, 0}, ""},    /* FIN twice */
        {{0, UPDATE, ACK, 1, 0}, ""},  /* ACK of its own */
        {{0, UPDATE, ACK, 2, 0}, ""},  /* ACK, */
        {{0, PING, ACK, 0, 1234}, ""}, /* an answer to nothing */
        {{0, UPDATE, FIN | RST, 1, 9}, "reset 1 code 9\nclosed 1\n"},
        {{0, UPDATE, SYN | RST, 5, 0}, ""},
        {{0, GOAWAY, 0, 0, 0xffffffff}, "goaway 4294967295\n"},
    };

    for (size_t i = 0; i < P2P__COUNT(cases); i++) {
        struct rig *r = with_streams(plan);
        uint8_t bytes[P2P__YAMUX_HEADER_BYTES];

        p2p__yamux_encode(bytes, &cases[i].h);
        for (int twice = 0; twice < 2; twice++) {
            assert_int_equal(rig_rx(r, bytes, sizeof bytes), 0);
            rig_expect(r,
                       twice && cases[i].h.type != GOAWAY ? "" : cases[i].text);
        }
        assert_int_equal(yamux_feed(r, DATA, SYN, 99, 0), 0);
        rig_free(r);
    }
}

static void test_T3_control_odd_frames_are_ignored(void **state)
{
    (void)state;
    RIG_EACH_PLAN(t3_odd);
}

/* What was consumed is granted again; what was not is not. */
static void t3_window(enum chunk_plan plan)
{
    struct rig *r = yamux_rig(false, plan, &QUIET);

    r->keep = true;
    assert_int_equal(yamux_feed(r, DATA, SYN, 1, WINDOW), 0);
    assert_int_equal(feed_body(r, WINDOW), 0);
    rig_expect_tx(r, "00 01 0002 00000001 00000000");
    r->ops->consume(r->sess, r->streams[1], WINDOW / 2);
    assert_int_equal(yamux_feed(r, UPDATE, 0, 1, 0), 0);
    rig_expect_tx(r, "00 01 0000 00000001 00020000");
    assert_int_equal(yamux_feed(r, DATA, 0, 1, WINDOW / 2), 0);
    assert_int_equal(feed_body(r, WINDOW / 2), 0);
    r->ops->consume(r->sess, r->streams[1], WINDOW / 2);
    /* Consumed, but the update has not been sent. */
    assert_int_equal(yamux_feed(r, DATA, 0, 1, 1), P2P_EPROTO);
    expect_cut_off(r, P2P_EPROTO);
    rig_free(r);
}

static void test_T3_data_beyond_the_window_closes(void **state)
{
    (void)state;
    RIG_EACH_PLAN(t3_window);
}

/* An id that is free again is a new stream, not the old one. */
static void test_T3_id_reuse_is_a_new_stream(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    assert_int_equal(yamux_feed(r, UPDATE, RST, 1, 0), 0);
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    rig_expect(r, "opened 1\nreset 1\nclosed 1\nopened 2\n");
    rig_expect_tx(r, "00 01 0002 00000001 00000000");
    rig_free(r);
}

static void test_T3_ping_flood_is_answered_at_a_rate(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);
    size_t answers = 0;

    (void)state;
    for (uint32_t i = 0; i < 10000; i++) { /* in one second */
        assert_int_equal(yamux_feed(r, PING, SYN, 0, i), 0);
        rig_tx(r);
        answers += r->out_len / 12;
        r->now += P2P__US(100);
    }
    assert_in_range(
        answers, P2P__CAP_YAMUX_PINGS_BURST,
        P2P__CAP_YAMUX_PINGS_BURST + P2P__CAP_YAMUX_PINGS_PER_SEC + 1);
    for (uint32_t i = 0; i < 60; i++) { /* control: a patient peer */
        r->now += P2P__SEC(1);
        assert_int_equal(yamux_feed(r, PING, SYN, 0, i), 0);
        rig_tx(r);
        assert_int_equal(r->out_len, 12);
    }
    rig_free(r);
}

static void test_T3_goaway_in_the_middle_of_bodies(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ONE, &QUIET);

    (void)state;
    assert_int_equal(rig_rx_hex(r,
                                "00 00 0001 00000001 00000002 6162"
                                "00 03 0000 00000000 00000002"
                                "00 00 0004 00000001 00000002 6364"),
                     0);
    rig_expect(r, "opened 1\ndata 1 ab\ngoaway 2\ndata 1 cd\nfin 1\n");
    rig_free(r);
}

/* Opens without end by a peer that does not read: 256 are taken, 256 refused,
 * then it is over; all of it in bounded memory. */
static void t4_flood(enum chunk_plan plan)
{
    struct rig *r = yamux_rig(false, plan, &QUIET);
    const uint32_t bound = P2P__CAP_YAMUX_BACKLOG + P2P__CAP_YAMUX_REFUSED;
    uint32_t n = 0;

    while (yamux_feed(r, UPDATE, SYN, 2 * n + 1, 0) == 0) {
        n++;
        assert_true(n <= bound);
        assert_true(r->quota.used[P2P__Q_STREAMS_IN] <= P2P__CAP_YAMUX_BACKLOG);
    }
    assert_int_equal(n, bound);
    assert_int_equal(r->opened, P2P__CAP_YAMUX_BACKLOG);
    assert_true(r->quota.used[P2P__Q_MEMORY] <=
                P2P__YAMUX_COST + P2P__CAP_YAMUX_BACKLOG * P2P__YSTREAM_COST);
    expect_cut_off(r, P2P_ELIMIT);
    rig_free(r);
}

static void test_T4_open_flood_closes(void **state)
{
    (void)state;
    RIG_EACH_PLAN(t4_flood);
}

static void test_T4_control_as_many_opens_with_reading(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(yamux_feed(r, UPDATE, SYN, 2 * i + 1, 0), 0);
        if (i % 200 == 0) {
            rig_tx(r);
        }
    }
    assert_int_equal(r->opened, 1000);
    rig_free(r);
}

/* Over the quota: refused without a trace, and the rest goes on. */
static void test_T4_streams_over_the_quota_are_reset(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_RANDOM, &QUIET);

    (void)state;
    r->quota.limit[P2P__Q_STREAMS_IN] = 1;
    assert_int_equal(rig_rx_hex(r,
                                "00 00 0001 00000001 00000001 61"
                                "00 00 0001 00000003 00000001 62"
                                "00 00 0000 00000003 00000001 63"
                                "00 00 0000 00000001 00000001 64"),
                     0);
    rig_expect(r, "opened 1\ndata 1 ad\n");
    rig_expect_tx(r,
                  "00 01 0008 00000003 00000000"
                  "00 01 0002 00000001 00000000");
    rig_expect_tx(r, "");
    r->quota.limit[P2P__Q_STREAMS_IN] = 2;
    r->quota.limit[P2P__Q_MEMORY] = r->quota.used[P2P__Q_MEMORY];
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 5, 0), 0);
    rig_expect_tx(r, "00 01 0008 00000005 00000000");
    rig_expect(r, "");
    rig_free(r);
}

/* Opens and resets 100,000 streams a second; returns how many pairs passed. */
static uint32_t churn(struct rig *r, uint32_t pairs, p2p_ns each)
{
    for (uint32_t i = 0; i < pairs; i++) {
        if (yamux_feed(r, UPDATE, SYN, 2 * i + 1, 0) != 0 ||
            yamux_feed(r, UPDATE, RST, 2 * i + 1, 0) != 0) {
            return i;
        }
        rig_tx(r);
        r->text_len = 0;
        r->now += each;
        r->opened = 0;
    }
    return pairs;
}

static void test_T4_rapid_reset_closes(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);
    uint32_t n = churn(r, 100000, P2P__US(10));

    (void)state;
    assert_in_range(n, 10 * P2P__CAP_YAMUX_CHURN_BURST,
                    11 * P2P__CAP_YAMUX_CHURN_BURST);
    assert_int_equal(r->quota.used[P2P__Q_STREAMS_IN], 0);
    expect_cut_off(r, P2P_ELIMIT);
    rig_free(r);
}

static void test_T4_rapid_reset_refuses_first(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    assert_int_equal(churn(r, P2P__CAP_YAMUX_CHURN_BURST, 0),
                     P2P__CAP_YAMUX_CHURN_BURST);
    rig_expect(r, r->text); /* forget */
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 99999, 0), 0);
    rig_expect(r, "");
    rig_expect_tx(r, "00 01 0008 0001869f 00000000");
    r->now += P2P__SEC(1); /* what was paid off may be used again */
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 100001, 0), 0);
    rig_expect(r, "opened 1\n");
    rig_free(r);
}

static void test_T4_control_slow_churn(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    assert_int_equal(
        churn(r, 20000, P2P__SEC(1) / P2P__CAP_YAMUX_CHURN_PER_SEC), 20000);
    rig_free(r);
}

/* A peer that asks and never reads: we hold one answer. */
static void test_T4_unread_pings_hold_nothing(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);
    const uint64_t before = r->quota.used[P2P__Q_MEMORY];

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        assert_int_equal(yamux_feed(r, PING, SYN, 0, i), 0);
        r->now += P2P__SEC(1);
    }
    assert_int_equal(r->quota.used[P2P__Q_MEMORY], before);
    rig_expect_tx(r, "00 02 0002 00000000 00004e1f");
    rig_free(r);
}

/* Whatever room there is, the bytes are those of one big write. */
static void test_T5_room_of_every_size(void **state)
{
    uint8_t whole[200], parts[512];
    size_t whole_len = 0;

    (void)state;
    for (size_t room = 200; room >= 13; room--) {
        struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);
        size_t len = 0;

        r->out_cap = room;
        rig_open(r, 100);
        assert_int_equal(yamux_feed(r, PING, SYN, 0, 5), 0);
        assert_int_equal(yamux_feed(r, UPDATE, SYN, 2, 0), 0);
        assert_int_equal(rig_send(r, 100, "abcdefghijklmnopqrstuvwxyz"), 0);
        r->ops->finish(r->sess, r->streams[100]);
        for (rig_tx(r); r->out_len > 0; rig_tx(r)) {
            assert_true(len + r->out_len <= sizeof parts);
            memcpy(parts + len, r->out, r->out_len);
            len += r->out_len;
        }
        if (room == 200) {
            memcpy(whole, parts, len);
            whole_len = len;
        }
        /* Control frames are the same; the body comes in more frames. */
        assert_memory_equal(parts, whole, 24);
        assert_true(len >= whole_len && (len - whole_len) % 12 == 0);
        assert_int_equal(parts[len - 13], 'z'); /* a FIN frame follows */
        rig_free(r);
    }
    assert_hex(whole, 36,
               "00 02 0002 00000000 00000005"
               "00 01 0002 00000002 00000000"
               "00 00 0001 00000001 0000001a");
}

/* Less room than a header: nothing goes out, nothing is lost. */
static void test_T5_room_for_nothing(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);

    (void)state;
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, "x"), 0);
    assert_int_equal(yamux_feed(r, PING, SYN, 0, 5), 0);
    assert_int_equal(r->ops->ping(r->sess, r->now), 0);
    r->ops->goaway(r->sess, 0);
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 2, 0), 0);
    for (r->out_cap = 0; r->out_cap < 12; r->out_cap++) {
        rig_tx(r);
        assert_int_equal(r->out_len, 0);
        assert_true(r->job.queued);
    }
    for (int i = 0; i < 4; i++) { /* go-away, pong, ping, RST */
        rig_tx(r);
        assert_int_equal(r->out_len, 12);
    }
    r->out_cap = 1000;
    rig_expect_tx(r, "00 00 0001 00000001 00000001 78");
    rig_expect_tx(r, "");
    rig_free(r);
}

static void test_T6_silent_peer_is_dead_in_time(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const bool drawn = i & 1, dialer = i & 2;
        const p2p_ns bound = dialer ? P2P__MS(28500) : P2P__SEC(30);
        struct rig *r = yamux_rig(dialer, CHUNK_ALL, NULL);
        const p2p_ns start = r->now;
        int rv = 0;

        while (rv == 0) {
            r->now = r->ops->deadline(r->sess);
            assert_true(r->now != P2P_NEVER && r->now <= start + bound);
            rv = r->ops->expire(r->sess, r->now);
            if (rv == 0 && drawn) { /* else the pipe takes nothing */
                rig_tx(r);
                assert_hex(r->out, 8, "00 02 0001 00000000");
            }
        }
        assert_int_equal(rv, P2P_ETIMEDOUT);
        assert_int_equal(r->now, start + bound);
        rig_tx(r);
        assert_int_equal(r->out_len, 0); /* no word to the dead */
        rig_free(r);
    }
}

/* Control: an answer, or any other byte, and it lives. */
static void test_T6_control_peer_that_answers_lives(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, NULL);

    (void)state;
    for (int i = 0; i < 100; i++) {
        uint8_t answer[P2P__YAMUX_HEADER_BYTES];

        assert_int_equal(r->ops->expire(r->sess, r->now), 0); /* too early */
        r->now = r->ops->deadline(r->sess);
        assert_int_equal(r->ops->expire(r->sess, r->now), 0);
        rig_tx(r);
        assert_int_equal(r->out_len, sizeof answer);
        memcpy(answer, r->out, sizeof answer);
        answer[3] = ACK;
        r->now += P2P__SEC(9);
        if (i == 0) {
            assert_int_equal(r->ops->ping(r->sess, r->now), 0);
        }
        assert_int_equal(rig_rx(r, answer, sizeof answer), 0);
        rig_expect(r, i == 0 ? "pong 9000000000\n" : ""); /* who asked? */
        assert_int_equal(r->ops->deadline(r->sess), r->now + P2P__MS(13500));
    }
    assert_int_equal(p2p__yamux_rtt(r->sess), P2P__SEC(9));
    rig_free(r);
}

/* Of two ends that have nothing to say one asks: who dialed. */
static void test_one_of_two_silent_ends_asks(void **state)
{
    struct rig *a = yamux_rig(true, CHUNK_ALL, NULL);
    struct rig *b = yamux_rig(false, CHUNK_ALL, NULL);
    uint8_t ping[P2P__YAMUX_HEADER_BYTES];

    (void)state;
    for (int i = 0; i < 100; i++) {
        a->now = a->ops->deadline(a->sess);
        assert_int_equal(a->ops->expire(a->sess, a->now), 0);
        rig_tx(a);
        assert_int_equal(a->out_len, sizeof ping);
        memcpy(ping, a->out, sizeof ping);
        b->now = a->now + P2P__MS(300); /* the other one has time left */
        assert_true(b->ops->deadline(b->sess) > b->now);
        assert_int_equal(rig_rx(b, ping, sizeof ping), 0);
        rig_tx(b);
        assert_int_equal(b->out_len, sizeof ping); /* the answer alone */
        memcpy(ping, b->out, sizeof ping);
        assert_int_equal(ping[3], ACK);
        a->now = b->now + P2P__MS(300);
        assert_int_equal(rig_rx(a, ping, sizeof ping), 0);
    }
    rig_free(a);
    rig_free(b);
}

/* Our ping stands behind what the peer has yet to read: while it reads it
 * lives, and when it stops it is dead in time. */
static void test_T6_peer_that_still_reads_has_time_to_answer(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, NULL);
    p2p_ns asked;

    (void)state;
    asked = r->ops->deadline(r->sess);
    r->ops->alive(r->sess, asked - 1); /* nobody asked yet: no news */
    assert_int_equal(r->ops->deadline(r->sess), asked);
    r->now = asked;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(r->ops->expire(r->sess, r->now), 0);
        rig_tx(r);
        assert_int_equal(r->out_len, i == 0 ? P2P__YAMUX_HEADER_BYTES : 0);
        r->now = r->ops->deadline(r->sess);
        r->ops->alive(r->sess, r->now);
    }
    r->now = r->ops->deadline(r->sess);
    assert_int_equal(r->now, asked + 11 * p2p__yamux_tune_default.dead_ns);
    assert_int_equal(r->ops->expire(r->sess, r->now), P2P_ETIMEDOUT);
    rig_free(r);
}

/* A process that was stopped for an hour asks before it judges. */
static void test_T6_late_expire_asks_first(void **state)
{
    struct rig *r;

    (void)state;
    for (int drawn = 0; drawn < 2; drawn++) {
        r = yamux_rig(true, CHUNK_ALL, NULL);
        assert_int_equal(r->ops->ping(r->sess, r->now), 0);
        if (drawn) {
            rig_tx(r);
        }
        r->now += P2P__SEC(3600);
        assert_int_equal(r->ops->expire(r->sess, r->now), 0);
        rig_tx(r);
        assert_int_equal(r->out_len, 12);
        assert_int_equal(r->ops->deadline(r->sess), r->now + P2P__SEC(15));
        rig_free(r);
    }
}

static void test_no_keepalive_has_no_deadline(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);

    (void)state;
    assert_true(r->ops->deadline(r->sess) == P2P_NEVER);
    assert_int_equal(r->ops->expire(r->sess, r->now), 0);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T1_first_body_beyond_the_window_closes),
        cmocka_unit_test(test_T1_control_first_body_of_a_whole_window),
        cmocka_unit_test(test_T2_window_overflow_closes),
        cmocka_unit_test(test_T2_control_largest_window),
        cmocka_unit_test(test_T3_broken_frames_close),
        cmocka_unit_test(test_T3_control_odd_frames_are_ignored),
        cmocka_unit_test(test_T3_data_beyond_the_window_closes),
        cmocka_unit_test(test_T3_id_reuse_is_a_new_stream),
        cmocka_unit_test(test_T3_ping_flood_is_answered_at_a_rate),
        cmocka_unit_test(test_T3_goaway_in_the_middle_of_bodies),
        cmocka_unit_test(test_T4_open_flood_closes),
        cmocka_unit_test(test_T4_control_as_many_opens_with_reading),
        cmocka_unit_test(test_T4_streams_over_the_quota_are_reset),
        cmocka_unit_test(test_T4_rapid_reset_closes),
        cmocka_unit_test(test_T4_rapid_reset_refuses_first),
        cmocka_unit_test(test_T4_control_slow_churn),
        cmocka_unit_test(test_T4_unread_pings_hold_nothing),
        cmocka_unit_test(test_T5_room_of_every_size),
        cmocka_unit_test(test_T5_room_for_nothing),
        cmocka_unit_test(test_T6_silent_peer_is_dead_in_time),
        cmocka_unit_test(test_T6_control_peer_that_answers_lives),
        cmocka_unit_test(test_T6_peer_that_still_reads_has_time_to_answer),
        cmocka_unit_test(test_T6_late_expire_asks_first),
        cmocka_unit_test(test_one_of_two_silent_ends_asks),
        cmocka_unit_test(test_no_keepalive_has_no_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
