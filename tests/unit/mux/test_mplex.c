/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * mplex message by message: the bytes of the spec and of js-libp2p's own tests
 * both ways, and T7: what an endless sender and a slow reader can cost.
 */
#include <stdlib.h>

#include "hex.h"
#include "mux/mplex/priv.h"
#include "rig.h"

#define OWED      P2P__CAP_MPLEX_UNCONSUMED_BYTES
#define OVERSHOOT P2P__CAP_MPLEX_OVERSHOOT_BYTES
#define MESSAGE   P2P__CAP_MPLEX_MESSAGE_BYTES

static struct rig *mplex_rig(bool dialer, enum chunk_plan plan)
{
    struct rig *r = rig_new(&p2p__mplex_ops, plan);
    struct p2p__mplex_cfg cfg = {.sess = rig_cfg(r, dialer)};

    assert_int_equal(p2p__mplex_new(&cfg, &r->sess, r->now), 0);
    return r;
}

/* The peer as initiator of stream `id` (below 16) says: flag, length. */
static int feed(struct rig *r, uint64_t id, unsigned flag, size_t len)
{
    uint8_t h[2 * P2P__VARINT_PB_MAX];
    size_t n = p2p__varint_put(h, id << 3 | flag);

    n += p2p__varint_put(h + n, len);
    return rig_rx(r, h, n);
}

/* A message of the peer's of `len` zero bytes on the stream that it opened. */
static int feed_message(struct rig *r, uint64_t id, size_t len)
{
    uint8_t *zero = calloc(1, len + 1);

    assert_non_null(zero);
    if (feed(r, id, 2, len) == 0) {
        (void)rig_rx(r, zero, len);
    }
    free(zero);
    return r->rv;
}

static void test_structs_are_small(void **state)
{
    (void)state;
    print_message("mplex: session %zu, stream %zu bytes\n",
                  sizeof(struct p2p__mplex), sizeof(struct p2p__mpstream));
    assert_true(sizeof(struct p2p__mplex) <= 400);
    assert_true(sizeof(struct p2p__mpstream) <= 200);
}

/* js-libp2p, stream-multiplexer-mplex/test/coder.spec.ts. */
static void js_vectors(enum chunk_plan plan)
{
    struct rig *r = mplex_rig(false, plan);
    struct p2p__mplex *s = r->sess;

    assert_int_equal(rig_rx_hex(r, "8801 02 3137 9801 02 3139 a801 02 3231"),
                     0);
    rig_expect(r, "opened 1\nopened 2\nopened 3\n");
    assert_int_equal(p2p__mplex_stream_id(r->streams[1]), 17);
    assert_int_equal(p2p__mplex_stream_id(r->streams[3]), 21);
    s->next_id = 17;
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, ""), 0);
    rig_expect_tx(r, "8801 02 3137");
    assert_int_equal(rig_rx_hex(r, "8a01 00 8a01 01 61 8901 01 62"), 0);
    rig_expect(r, "data 1 a\ndata 100 b\n"); /* an empty message is none */
    rig_free(r);
}

static void test_vectors_of_js(void **state)
{
    (void)state;
    RIG_EACH_PLAN(js_vectors);
}

/* Flags 0, 2, 4 and 6 of the initiator; 1, 3 and 5 of the receiver. */
static void initiator(enum chunk_plan plan)
{
    struct rig *r = mplex_rig(true, plan);

    rig_open(r, 100);
    rig_expect_tx(r, "");
    assert_int_equal(rig_send(r, 100, "hello"), 0);
    assert_int_equal(r->ops->queued(r->sess, r->streams[100]), 5);
    rig_expect_tx(r, "00 01 30 02 05 68656c6c6f");
    assert_int_equal(rig_rx_hex(r, "01 03 796573"), 0);
    rig_expect(r, "data 100 yes\n");
    assert_int_equal(rig_send(r, 100, "bye"), 0);
    r->ops->finish(r->sess, r->streams[100]);
    rig_expect_tx(r, "02 03 627965 04 00");
    assert_int_equal(rig_send(r, 100, "x"), P2P_ECLOSED);
    assert_int_equal(rig_rx_hex(r, "03 00"), 0);
    rig_expect(r, "fin 100\nclosed 100\n");
    rig_open(r, 101);
    assert_int_equal(rig_send(r, 101, "a"), 0);
    rig_expect_tx(r, "08 01 31 0a 01 61");
    r->ops->reset(r->sess, r->streams[101], 9);
    assert_int_equal(rig_send(r, 101, "a"), P2P_ERESET);
    rig_expect_tx(r, "0e 00");
    rig_expect(r, "closed 101\n");
    rig_free(r);
}

static void test_initiator(void **state)
{
    (void)state;
    RIG_EACH_PLAN(initiator);
}

static void receiver(enum chunk_plan plan)
{
    struct rig *r = mplex_rig(false, plan);

    assert_int_equal(rig_rx_hex(r, "00 00 02 05 68656c6c6f 04 00"), 0);
    rig_expect(r, "opened 1\ndata 1 hello\nfin 1\n");
    assert_int_equal(rig_send(r, 1, "yes"), 0);
    rig_expect_tx(r, "01 03 796573");
    r->ops->finish(r->sess, r->streams[1]);
    rig_expect_tx(r, "03 00");
    rig_expect(r, "closed 1\n");
    assert_int_equal(rig_rx_hex(r, "00 00 06 00"), 0); /* ids come again */
    rig_expect(r, "opened 2\nreset 2\nclosed 2\n");
    assert_int_equal(rig_rx_hex(r, "00 00"), 0);
    r->ops->reset(r->sess, r->streams[3], 0);
    assert_int_equal(rig_rx_hex(r, "02 02 7a7a 04 00"), 0);
    rig_expect(r, "opened 3\n");
    rig_expect_tx(r, "05 00");
    assert_int_equal(rig_rx_hex(r, "02 02 7a7a 04 00 06 00"), 0);
    rig_expect(r, "closed 3\n");
    assert_int_equal(r->quota.used[P2P__Q_STREAMS_IN], 0);
    rig_free(r);
}

static void test_receiver(void **state)
{
    (void)state;
    RIG_EACH_PLAN(receiver);
}

/* Resets that cross: theirs comes before ours could go out. */
static void test_resets_cross(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);

    (void)state;
    assert_int_equal(rig_rx_hex(r, "00 00"), 0);
    r->ops->reset(r->sess, r->streams[1], 0);
    rig_expect(r, "opened 1\n");
    assert_int_equal(rig_rx_hex(r, "06 00"), 0);
    rig_expect(r, "closed 1\n");
    rig_expect_tx(r, "");
    rig_free(r);
}

static void test_reset_while_events_wait(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);

    (void)state;
    assert_int_equal(rig_rx_hex(r, "00 00 08 00"), 0);
    rig_rx_once(r, "02 01 61"); /* data */
    r->ops->reset(r->sess, r->streams[1], 0);
    r->ops->reset(r->sess, r->streams[1], 0);
    assert_false(rig_event(r));
    rig_rx_once(r, "0c 00"); /* close */
    r->ops->reset(r->sess, r->streams[2], 0);
    assert_false(rig_event(r));
    rig_expect(r, "opened 1\nopened 2\n");
    rig_expect_tx(r, "05 00 0d 00");
    rig_expect(r, "closed 1\nclosed 2\n");
    assert_int_equal(rig_rx_hex(r, "10 00"), 0);
    r->ops->finish(r->sess, r->streams[3]);
    rig_tx(r);
    rig_rx_once(r, "14 00");
    assert_true(rig_event(r)); /* FIN; CLOSED waits */
    r->ops->reset(r->sess, r->streams[3], 0);
    rig_events(r);
    rig_expect(r, "opened 3\nfin 3\nclosed 3\n");
    rig_expect_tx(r, "");
    rig_free(r);
}

/* Refusals and resets go one by one where there is room for one only. */
static void test_little_room(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);

    (void)state;
    r->quota.limit[P2P__Q_STREAMS_IN] = 2;
    assert_int_equal(rig_rx_hex(r, "00 00 08 00 10 00 18 00"), 0);
    r->ops->reset(r->sess, r->streams[1], 0);
    r->ops->reset(r->sess, r->streams[2], 0);
    r->out_cap = 17;
    rig_tx(r);
    assert_int_equal(r->out_len, 0);
    assert_true(r->job.queued);
    r->out_cap = 18;
    rig_expect_tx(r, "15 00");
    rig_expect_tx(r, "1d 00");
    rig_expect_tx(r, "05 00");
    rig_expect_tx(r, "0d 00");
    assert_false(r->job.queued);
    rig_free(r);
}

/* Both sides count from 0: the same id is two streams. */
static void test_same_id_both_ways(void **state)
{
    struct rig *r = mplex_rig(true, CHUNK_RANDOM);

    (void)state;
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, "a"), 0);
    rig_tx(r);
    assert_int_equal(rig_rx_hex(r, "00 00 02 01 62 01 01 63 04 00"), 0);
    rig_expect(r, "opened 1\ndata 1 b\ndata 100 c\nfin 1\n");
    rig_free(r);
}

static void test_frames_share_the_room(void **state)
{
    struct rig *r = mplex_rig(true, CHUNK_ALL);
    char *text = calloc(1, 200001);

    (void)state;
    memset(text, 'x', 200000);
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, text), 0);
    rig_tx(r);
    assert_hex(r->out, 7, "00 01 30 02 f0ff03");
    assert_int_equal(P2P__CAP_MPLEX_FRAME_BYTES, 0xfff0);
    assert_int_equal(r->out_len, 3 + 3 * (4 + 65520) + 3 + 200000 - 196560);
    rig_open(r, 101);
    assert_int_equal(rig_send(r, 100, text), 0);
    assert_int_equal(rig_send(r, 101, text), 0);
    r->out_cap = 48 * 1024;
    rig_tx(r);
    assert_in_range(r->out_len, 48 * 1024 - 18, 48 * 1024);
    assert_hex(r->out, 4, "02 808001");
    assert_hex(r->out + 16388, 7, "08 01 31 02 808001");
    free(text);
    rig_free(r);
}

static void test_high_water(void **state)
{
    struct rig *r = mplex_rig(true, CHUNK_ALL);
    const size_t mark = P2P__CAP_MPLEX_QUEUED_BYTES;
    char *big = calloc(1, mark + 101);

    (void)state;
    memset(big, 'y', mark + 100);
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, big), 0);
    assert_int_equal(rig_send(r, 100, "z"), P2P_EAGAIN);
    r->out_cap = mark / 2;
    rig_tx(r);
    rig_expect(r, "");
    r->out_cap = 200;
    rig_tx(r);
    rig_expect(r, "writable 100\n");
    free(big);
    rig_free(r);
}

static void test_no_ping_no_goaway(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);
    void *stream;

    (void)state;
    assert_int_equal(r->ops->ping(r->sess, r->now), P2P_ENOTSUP);
    r->ops->goaway(r->sess, 0);
    assert_int_equal(r->ops->open(r->sess, NULL, &stream, r->now), P2P_ECLOSED);
    assert_int_equal(rig_rx_hex(r, "00 00"), 0);
    rig_expect(r, "");
    rig_expect_tx(r, "05 00");
    rig_free(r);
}

static void broken(enum chunk_plan plan)
{
    static const char *const cases[] = {
        "07 00",                   /* flag 7 */
        "00 00 00 00",             /* a live stream opened */
        "00 8108",                 /* a name of 1,025 bytes */
        "00 00 02 818040",         /* a message of 1 MiB + 1 */
        "12 ffffffffffffffff7f",   /* on an unknown stream too */
        "02 ffffffffffffffffff01", /* ten bytes */
        "8000 00",                 /* not the shortest form */
        "ffffffffffffffffffff",    /* no end */
    };

    for (size_t i = 0; i < P2P__COUNT(cases); i++) {
        struct rig *r = mplex_rig(false, plan);

        rig_open(r, 100);
        assert_int_equal(rig_send(r, 100, "unsaid"), 0);
        assert_int_equal(rig_rx_hex(r, cases[i]), P2P_EPROTO);
        rig_tx(r);
        assert_int_equal(r->out_len, 0); /* mplex has no last word */
        rig_free(r);
    }
}

static void test_broken_messages_close(void **state)
{
    (void)state;
    RIG_EACH_PLAN(broken);
}

/* Control: the same just inside of the rule, and what may cross a reset. */
static void odd(enum chunk_plan plan)
{
    static const char *const cases[] = {
        "30 00",                           /* a new stream without a name */
        "3a 00",      "3c 00",    "3e 00", /* of an unknown stream */
        "31 00",      "33 00",    "35 00", /* of one that we never opened */
        "34 02 6162", "36 00",             /* a close with a body; a reset */
        "04 00",      "02 01 61",          /* close twice, data after it */
        "03 02 6162",                      /* a body that should not be */
    };
    struct rig *r = mplex_rig(false, plan);

    assert_int_equal(rig_rx_hex(r, "00 00 04 00"), 0);
    rig_expect(r, "opened 1\nfin 1\n");
    for (size_t i = 0; i < P2P__COUNT(cases); i++) {
        assert_int_equal(rig_rx_hex(r, cases[i]), 0);
    }
    rig_expect(r, "opened 2\nfin 2\nreset 2\nclosed 2\n");
    rig_free(r);
}

static void test_control_odd_messages_are_ignored(void **state)
{
    (void)state;
    RIG_EACH_PLAN(odd);
}

static void longest(enum chunk_plan plan)
{
    struct rig *r = mplex_rig(false, plan);
    uint8_t name[P2P__CAP_MPLEX_NAME_BYTES] = {0};

    assert_int_equal(feed(r, 1, 0, sizeof name), 0);
    assert_int_equal(rig_rx(r, name, sizeof name), 0);
    assert_int_equal(feed_message(r, 1, MESSAGE), 0);
    assert_int_equal(r->data_total, MESSAGE);
    rig_free(r);
}

static void test_control_longest_name_and_message(void **state)
{
    (void)state;
    RIG_EACH_PLAN(longest);
}

/* T7: the application does not consume. Reading stops at 4 MiB; what was read
 * already may come; more than that is the end. */
static void test_T7_unconsumed_bytes_are_bounded(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);

    (void)state;
    r->keep = true;
    assert_int_equal(feed(r, 0, 0, 0), 0);
    for (size_t n = 0; n < OWED; n += MESSAGE) {
        assert_true(r->ops->want_read(r->sess));
        assert_true(r->ops->deadline(r->sess) == P2P_NEVER);
        assert_int_equal(feed_message(r, 0, MESSAGE), 0);
    }
    assert_true(r->ops->want_read(r->sess));
    assert_int_equal(feed_message(r, 0, 1), 0);
    assert_false(r->ops->want_read(r->sess));
    assert_int_equal(feed_message(r, 0, OVERSHOOT - 1), 0);
    assert_int_equal(feed_message(r, 0, 1), P2P_ELIMIT);
    rig_free(r);
}

/* Many streams are one debt. */
static void test_T7_many_streams_are_bounded_together(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);
    uint64_t id = 0;

    (void)state;
    r->keep = true;
    while (feed(r, id, 0, 0) == 0 && feed_message(r, id, 100000) == 0) {
        id++;
    }
    assert_int_equal(r->rv, P2P_ELIMIT);
    assert_in_range(r->data_total, OWED, OWED + OVERSHOOT);
    rig_free(r);
}

static void test_T7_reading_goes_on_at_half(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);

    (void)state;
    r->keep = true;
    assert_int_equal(feed(r, 0, 0, 0), 0);
    assert_int_equal(feed(r, 1, 0, 0), 0);
    for (size_t n = 0; n < OWED; n += MESSAGE) {
        assert_int_equal(feed_message(r, (n / MESSAGE) & 1, MESSAGE), 0);
    }
    assert_int_equal(feed_message(r, 0, 1), 0);
    assert_false(r->ops->want_read(r->sess));
    rig_tx(r);
    r->ops->consume(r->sess, r->streams[1], OWED / 2);
    assert_false(r->ops->want_read(r->sess));
    assert_false(r->job.queued);
    r->ops->consume(r->sess, r->streams[1], 1);
    assert_true(r->ops->want_read(r->sess));
    assert_true(r->job.queued);
    assert_int_equal(feed_message(r, 0, MESSAGE), 0);
    assert_int_equal(feed_message(r, 0, MESSAGE), 0);
    assert_true(r->ops->want_read(r->sess));
    /* A stream that goes away takes its debt along. */
    assert_int_equal(feed_message(r, 0, 1), 0);
    assert_false(r->ops->want_read(r->sess));
    r->ops->reset(r->sess, r->streams[1], 0);
    assert_true(r->ops->want_read(r->sess));
    rig_expect_tx(r, "05 00");
    rig_free(r);
}

static void test_T7_stall_ends_in_time(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);
    const p2p_ns start = r->now;

    (void)state;
    r->keep = true;
    assert_int_equal(feed(r, 0, 0, 0), 0);
    for (size_t n = 0; n <= OWED; n += MESSAGE) {
        assert_int_equal(feed_message(r, 0, MESSAGE), 0);
        r->now += P2P__MS(1);
    }
    r->now = r->ops->deadline(r->sess);
    assert_true(r->now <= start + P2P__MPLEX_STALL_NS + P2P__SEC(1));
    assert_int_equal(r->ops->expire(r->sess, r->now - 1), 0);
    assert_int_equal(r->ops->expire(r->sess, r->now), P2P_ELIMIT);
    rig_free(r);
}

/* T7: opens over the limit are reset; the sixth at once is the end. */
static void t7_opens(enum chunk_plan plan)
{
    struct rig *r = mplex_rig(false, plan);
    const uint64_t most = P2P__CAP_MPLEX_REFUSED;

    r->quota.limit[P2P__Q_STREAMS_IN] = 1;
    assert_int_equal(rig_rx_hex(r, "00 00"), 0);
    for (uint64_t id = 1; id <= most; id++) {
        assert_int_equal(feed(r, id, 0, 0), 0);
    }
    rig_expect(r, "opened 1\n");
    rig_expect_tx(r, "0d 00 15 00 1d 00 25 00 2d 00");
    assert_int_equal(feed(r, most + 1, 0, 0), P2P_ELIMIT);
    assert_int_equal(r->quota.used[P2P__Q_STREAMS_IN], 1);
    rig_free(r);
}

static void test_T7_open_flood_closes(void **state)
{
    (void)state;
    RIG_EACH_PLAN(t7_opens);
}

static void test_T7_control_refused_now_and_then(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);

    (void)state;
    r->quota.limit[P2P__Q_STREAMS_IN] = 0;
    for (uint64_t id = 0; id < 1000; id++) {
        assert_int_equal(feed(r, id, 0, 0), 0);
        rig_tx(r);
        assert_true(r->out_len > 0);
        r->now += P2P__SEC(1);
    }
    rig_expect(r, "");
    rig_free(r);
}

/* Opens and resets until it is over; returns how many. */
static uint64_t churn(struct rig *r, uint64_t most, p2p_ns each)
{
    for (uint64_t i = 0; i < most; i++) {
        if (feed(r, i, 0, 0) != 0 || feed(r, i, 6, 0) != 0) {
            return i;
        }
        r->now += each;
        r->text_len = 0;
        r->opened = 0;
    }
    return most;
}

static void test_T7_rapid_reset_closes(void **state)
{
    struct rig *r = mplex_rig(false, CHUNK_ALL);

    (void)state;
    assert_in_range(churn(r, 10000, P2P__US(10)), P2P__CAP_MPLEX_CHURN_BURST,
                    P2P__CAP_MPLEX_CHURN_BURST + 10);
    assert_int_equal(r->rv, P2P_ELIMIT);
    assert_in_range(r->quota.used[P2P__Q_STREAMS_IN], 0, 1);
    rig_free(r);
    r = mplex_rig(false, CHUNK_ALL); /* control */
    assert_int_equal(
        churn(r, 10000, P2P__SEC(1) / P2P__CAP_MPLEX_CHURN_PER_SEC), 10000);
    rig_free(r);
}

static void test_ids_run_out(void **state)
{
    struct rig *r = mplex_rig(true, CHUNK_ALL);
    struct p2p__mplex *s = r->sess;

    (void)state;
    s->next_id = P2P__MPLEX_ID_END - 1;
    rig_open(r, 100);
    rig_open(r, 101);
    assert_int_equal(rig_send(r, 100, "a"), 0);
    assert_int_equal(rig_send(r, 101, "b"), 0);
    rig_expect_tx(r,
                  "f8ffffff07 09 323638343335343535"
                  "faffffff07 01 61");
    rig_expect(r, "reset 101\nclosed 101\n");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structs_are_small),
        cmocka_unit_test(test_vectors_of_js),
        cmocka_unit_test(test_initiator),
        cmocka_unit_test(test_receiver),
        cmocka_unit_test(test_resets_cross),
        cmocka_unit_test(test_reset_while_events_wait),
        cmocka_unit_test(test_little_room),
        cmocka_unit_test(test_same_id_both_ways),
        cmocka_unit_test(test_frames_share_the_room),
        cmocka_unit_test(test_high_water),
        cmocka_unit_test(test_no_ping_no_goaway),
        cmocka_unit_test(test_broken_messages_close),
        cmocka_unit_test(test_control_odd_messages_are_ignored),
        cmocka_unit_test(test_control_longest_name_and_message),
        cmocka_unit_test(test_T7_unconsumed_bytes_are_bounded),
        cmocka_unit_test(test_T7_many_streams_are_bounded_together),
        cmocka_unit_test(test_T7_reading_goes_on_at_half),
        cmocka_unit_test(test_T7_stall_ends_in_time),
        cmocka_unit_test(test_T7_open_flood_closes),
        cmocka_unit_test(test_T7_control_refused_now_and_then),
        cmocka_unit_test(test_T7_rapid_reset_closes),
        cmocka_unit_test(test_ids_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
