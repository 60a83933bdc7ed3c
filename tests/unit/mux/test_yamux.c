/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * yamux frame by frame: the bytes of the spec both ways, and the life of a
 * stream.
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

/* Version, type, flags, id, length: as the table of the spec has them. */
static void test_header_bytes(void **state)
{
    static const struct {
        struct p2p__yamux_header h;
        const char *hex;
    } cases[] = {
        {{0, DATA, SYN, 1, 5}, "00 00 0001 00000001 00000005"},
        {{0, UPDATE, ACK, 2, 262144}, "00 01 0002 00000002 00040000"},
        {{0, UPDATE, FIN, 0xfffffffd, 0}, "00 01 0004 fffffffd 00000000"},
        {{0, UPDATE, RST, 0x01020304, 7}, "00 01 0008 01020304 00000007"},
        {{0, PING, SYN, 0, 0xdeadbeef}, "00 02 0001 00000000 deadbeef"},
        {{0, GOAWAY, 0, 0, 1}, "00 03 0000 00000000 00000001"},
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(cases); i++) {
        const struct p2p__yamux_header *h = &cases[i].h;
        uint8_t bytes[P2P__YAMUX_HEADER_BYTES];
        struct p2p__yamux_header back;

        p2p__yamux_encode(bytes, h);
        assert_hex(bytes, sizeof bytes, cases[i].hex);
        back = p2p__yamux_decode(bytes);
        assert_int_equal(back.version, h->version);
        assert_int_equal(back.type, h->type);
        assert_int_equal(back.flags, h->flags);
        assert_int_equal(back.id, h->id);
        assert_int_equal(back.length, h->length);
    }
}

static void test_structs_are_small(void **state)
{
    (void)state;
    print_message("yamux: session %zu, stream %zu bytes\n",
                  sizeof(struct p2p__yamux), sizeof(struct p2p__ystream));
    assert_true(sizeof(struct p2p__yamux) <= 256);
    assert_true(sizeof(struct p2p__ystream) <= 200);
}

/* open says nothing; the first send says SYN; FIN comes in
 * a frame of its own, for go and js drop what shares one with it. */
static void dialer(enum chunk_plan plan)
{
    struct rig *r = yamux_rig(true, plan, &QUIET);

    rig_open(r, 100);
    rig_expect_tx(r, "");
    assert_int_equal(p2p__yamux_stream_id(r->streams[100]), 0);
    assert_int_equal(rig_send(r, 100, "hello"), 0);
    assert_int_equal(r->ops->queued(r->sess, r->streams[100]), 5);
    rig_expect_tx(r, "00 00 0001 00000001 00000005 68656c6c6f");
    assert_int_equal(p2p__yamux_stream_id(r->streams[100]), 1);
    assert_int_equal(rig_rx_hex(r,
                                "00 01 0002 00000001 00000000"
                                "00 00 0000 00000001 00000003 796573"),
                     0);
    rig_expect(r, "data 100 yes\n");
    assert_int_equal(rig_send(r, 100, "bye"), 0);
    r->ops->finish(r->sess, r->streams[100]);
    rig_expect_tx(r,
                  "00 00 0000 00000001 00000003 627965"
                  "00 01 0004 00000001 00000000");
    assert_int_equal(rig_send(r, 100, "x"), P2P_ECLOSED);
    assert_int_equal(rig_rx_hex(r, "00 01 0004 00000001 00000000"), 0);
    rig_expect(r, "fin 100\nclosed 100\n");
    assert_int_equal(r->quota.used[P2P__Q_STREAMS_OUT], 0);
    rig_expect_tx(r, "");
    rig_free(r);
}

static void test_dialer_opens_odd_ids(void **state)
{
    (void)state;
    RIG_EACH_PLAN(dialer);
}

/* SYN with data and FIN in one frame; the answer's first frame says ACK. */
static void listener(enum chunk_plan plan)
{
    struct rig *r = yamux_rig(false, plan, &QUIET);

    assert_int_equal(rig_rx_hex(r, "00 00 0005 00000001 00000005 68656c6c6f"),
                     0);
    rig_expect(r, "opened 1\ndata 1 hello\nfin 1\n");
    assert_int_equal(r->quota.used[P2P__Q_STREAMS_IN], 1);
    assert_int_equal(rig_send(r, 1, "yes"), 0);
    rig_expect_tx(r, "00 00 0002 00000001 00000003 796573");
    r->ops->finish(r->sess, r->streams[1]);
    rig_expect_tx(r, "00 01 0004 00000001 00000000");
    rig_expect(r, "closed 1\n");
    assert_int_equal(r->quota.used[P2P__Q_STREAMS_IN], 0);
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, ""), 0);
    rig_expect_tx(r, "00 01 0001 00000002 00000000");
    rig_free(r);
}

static void test_listener_acks_and_opens_even_ids(void **state)
{
    (void)state;
    RIG_EACH_PLAN(listener);
}

static void test_ack_goes_alone_when_there_is_no_data(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 3, 0), 0);
    rig_expect(r, "opened 1\n");
    rig_expect_tx(r, "00 01 0002 00000003 00000000");
    rig_expect_tx(r, "");
    rig_free(r);
}

/* Ids go out in the order of the first sends, whatever was opened first. */
static void test_ids_go_out_in_order(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);

    (void)state;
    rig_open(r, 100);
    rig_open(r, 101);
    rig_open(r, 102);
    assert_int_equal(rig_send(r, 102, "c"), 0);
    assert_int_equal(rig_send(r, 100, "a"), 0);
    r->ops->reset(r->sess, r->streams[101], 0);
    rig_expect_tx(r,
                  "00 00 0001 00000001 00000001 63"
                  "00 00 0001 00000003 00000001 61");
    rig_expect(r, "closed 101\n"); /* never announced: nothing to say */
    rig_free(r);
}

static void reset(enum chunk_plan plan)
{
    struct rig *r = yamux_rig(true, plan, &QUIET);

    rig_open(r, 100);
    rig_open(r, 101);
    assert_int_equal(rig_send(r, 100, "a"), 0);
    assert_int_equal(rig_send(r, 101, "b"), 0);
    rig_tx(r);
    /* Theirs: the code of a window update, as go sends it. */
    assert_int_equal(rig_rx_hex(r, "00 01 0008 00000001 00000005"), 0);
    rig_expect(r, "reset 100 code 5\nclosed 100\n");
    /* Ours: what is queued is dropped, what comes is not told any more. */
    assert_int_equal(rig_send(r, 101, "unsent"), 0);
    r->ops->reset(r->sess, r->streams[101], 7);
    assert_int_equal(rig_send(r, 101, "x"), P2P_ERESET);
    assert_int_equal(rig_rx_hex(r, "00 00 0004 00000003 00000002 7a7a"), 0);
    rig_expect(r, "");
    rig_expect_tx(r, "00 01 0008 00000003 00000007");
    rig_expect(r, "closed 101\n");
    /* What the peer sent before it knew goes nowhere. */
    assert_int_equal(rig_rx_hex(r,
                                "00 00 0000 00000003 00000002 7a7a"
                                "00 01 0000 00000003 00000002"
                                "00 01 0008 00000003 00000000"),
                     0);
    rig_expect(r, "");
    rig_free(r);
}

static void test_reset_both_ways(void **state)
{
    (void)state;
    RIG_EACH_PLAN(reset);
}

/* Resets that cross: theirs comes before ours could go out. */
static void test_resets_cross(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    r->ops->reset(r->sess, r->streams[1], 0);
    rig_expect(r, "opened 1\n");
    assert_int_equal(yamux_feed(r, UPDATE, RST, 1, 0), 0);
    rig_expect(r, "closed 1\n");
    rig_expect_tx(r, "");
    rig_free(r);
}

/* What waits about a stream is not told once we reset it. */
static void test_reset_while_events_wait(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    rig_rx_once(r, "00 00 0000 00000001 00000001 61"); /* DATA */
    r->ops->reset(r->sess, r->streams[1], 0);
    assert_false(rig_event(r));
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 3, 0), 0);
    rig_rx_once(r, "00 01 0004 00000003 00000000"); /* FIN */
    r->ops->reset(r->sess, r->streams[2], 0);
    assert_false(rig_event(r));
    rig_expect(r, "opened 1\nopened 2\n");
    rig_expect_tx(r,
                  "00 01 0008 00000001 00000000"
                  "00 01 0008 00000003 00000000");
    rig_expect(r, "closed 1\nclosed 2\n");
    /* Theirs is half told: ours has nothing to add. */
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 5, 0), 0);
    rig_tx(r);
    rig_rx_once(r, "00 01 0008 00000005 00000000");
    assert_true(rig_event(r));
    r->ops->reset(r->sess, r->streams[3], 0);
    rig_events(r);
    rig_expect(r, "opened 3\nreset 3\nclosed 3\n");
    rig_expect_tx(r, "");
    rig_free(r);
}

/* Nor does a second reset add anything, or one after the end. */
static void test_reset_twice(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    r->ops->finish(r->sess, r->streams[1]);
    rig_tx(r);
    rig_rx_once(r, "00 01 0004 00000001 00000000");
    assert_true(rig_event(r)); /* FIN; CLOSED waits */
    r->ops->reset(r->sess, r->streams[1], 0);
    rig_events(r);
    rig_expect(r, "opened 1\nfin 1\nclosed 1\n");
    rig_expect_tx(r, "");
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 3, 0), 0);
    r->ops->reset(r->sess, r->streams[2], 1);
    r->ops->reset(r->sess, r->streams[2], 2);
    rig_expect_tx(r, "00 01 0008 00000003 00000001");
    rig_expect(r, "opened 2\nclosed 2\n");
    rig_free(r);
}

/* FIN alone, as rust (DATA) and go (WINDOW UPDATE) send it. */
static void test_fin_alone(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_RANDOM, &QUIET);

    (void)state;
    assert_int_equal(rig_rx_hex(r,
                                "00 00 0001 00000001 00000001 61"
                                "00 00 0004 00000001 00000000"
                                "00 01 0005 00000003 00000000"),
                     0);
    rig_expect(r, "opened 1\ndata 1 a\nfin 1\nopened 2\nfin 2\n");
    rig_free(r);
}

/* A reset in the middle of a body: the rest is dropped. */
static void test_reset_in_the_middle_of_a_body(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ONE, &QUIET);

    (void)state;
    assert_int_equal(rig_rx_hex(r, "00 00 0005 00000001 00000004 6162"), 0);
    r->ops->reset(r->sess, r->streams[1], 0);
    assert_int_equal(rig_rx_hex(r, "6364 00 02 0001 00000000 00000009"), 0);
    rig_expect(r, "opened 1\ndata 1 ab\n");
    rig_expect_tx(r,
                  "00 02 0002 00000000 00000009"
                  "00 01 0008 00000001 00000000");
    rig_expect(r, "closed 1\n");
    rig_free(r);
}

static void ping(enum chunk_plan plan)
{
    struct rig *r = yamux_rig(true, plan, &QUIET);
    uint8_t answer[P2P__YAMUX_HEADER_BYTES];

    assert_int_equal(rig_rx_hex(r, "00 02 0001 00000000 12345678"), 0);
    rig_expect_tx(r, "00 02 0002 00000000 12345678");
    assert_int_equal(r->ops->ping(r->sess, r->now), 0);
    r->now += P2P__MS(3); /* time in our own queue does not count */
    rig_tx(r);
    assert_int_equal(r->out_len, 12);
    memcpy(answer, r->out, sizeof answer);
    assert_hex(answer, 8, "00 02 0001 00000000");
    answer[3] = ACK;
    r->now += P2P__MS(5);
    assert_int_equal(rig_rx(r, answer, sizeof answer), 0);
    rig_expect(r, "pong 5000000\n");
    assert_int_equal(p2p__yamux_rtt(r->sess), P2P__MS(5));
    assert_int_equal(rig_rx(r, answer, sizeof answer), 0); /* once only */
    rig_expect(r, "");
    assert_int_equal(r->ops->ping(r->sess, r->now), 0);
    rig_tx(r);
    memcpy(answer, r->out, sizeof answer);
    answer[3] = ACK;
    answer[11] ^= 1; /* not what was asked */
    assert_int_equal(rig_rx(r, answer, sizeof answer), 0);
    rig_expect(r, "");
    answer[11] ^= 1;
    r->now += P2P__MS(15);
    assert_int_equal(rig_rx(r, answer, sizeof answer), 0);
    rig_expect(r, "pong 10000000\n"); /* smoothed */
    rig_free(r);
}

static void test_ping_both_ways(void **state)
{
    (void)state;
    RIG_EACH_PLAN(ping);
}

static void goaway(enum chunk_plan plan)
{
    struct rig *r = yamux_rig(true, plan, &QUIET);
    void *stream;

    rig_open(r, 100);
    assert_int_equal(rig_rx_hex(r, "00 03 0000 00000000 00000000"), 0);
    rig_expect(r, "goaway 0\n");
    assert_int_equal(r->ops->open(r->sess, NULL, &stream, r->now), P2P_ECLOSED);
    assert_null(stream);
    /* What is open goes on. */
    assert_int_equal(rig_send(r, 100, "a"), 0);
    rig_expect_tx(r, "00 00 0001 00000001 00000001 61");
    r->ops->goaway(r->sess, 0);
    rig_expect_tx(r, "00 03 0000 00000000 00000000");
    assert_int_equal(rig_rx_hex(r,
                                "00 01 0001 00000002 00000000"
                                "00 00 0000 00000001 00000001 62"),
                     0);
    rig_expect(r, "data 100 b\n");
    rig_expect_tx(r, "00 01 0008 00000002 00000000");
    rig_free(r);
}

static void test_goaway_both_ways(void **state)
{
    (void)state;
    RIG_EACH_PLAN(goaway);
}

/* Bodies fill the room to the last byte; bulk streams take turns in pieces,
 * a lone one takes all. */
static void test_frames_share_the_room(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);
    char *text = calloc(1, 100001);

    (void)state;
    memset(text, 'x', 100000);
    r->out_cap = 48 * 1024;
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, text), 0);
    rig_tx(r);
    assert_int_equal(r->out_len, 48 * 1024);
    assert_hex(r->out, 12, "00 00 0001 00000001 0000bff4");
    rig_open(r, 101);
    assert_int_equal(rig_send(r, 101, text), 0);
    rig_tx(r);
    assert_int_equal(r->out_len, 48 * 1024);
    assert_hex(r->out, 12, "00 00 0000 00000001 00004000");
    assert_hex(r->out + 16396, 12, "00 00 0001 00000003 00004000");
    assert_hex(r->out + 32792, 12, "00 00 0000 00000001 00003fdc");
    r->out_cap = (size_t)2 * 16396 + 12 + 511; /* no body as short as that */
    rig_tx(r);
    assert_int_equal(r->out_len, 2 * 16396);
    r->out_cap = 1 << 20;
    r->ops->reset(r->sess, r->streams[100], 0);
    rig_tx(r);
    assert_hex(r->out + 12, 12, "00 00 0000 00000003 0000fff4");
    assert_int_equal(P2P__CAP_YAMUX_FRAME_BYTES, 0xfff4);
    free(text);
    rig_free(r);
}

static void test_high_water(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);
    const size_t mark = P2P__CAP_YAMUX_QUEUED_BYTES;
    char *big = calloc(1, mark + 101);

    (void)state;
    memset(big, 'y', mark + 100);
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, big), 0); /* empty: any size */
    assert_int_equal(rig_send(r, 100, "z"), P2P_EAGAIN);
    r->out_cap = mark / 2;
    rig_tx(r);
    rig_expect(r, ""); /* more than half is left: headers went too */
    r->out_cap = 200;
    rig_tx(r);
    rig_expect(r, "writable 100\n");
    big[mark / 2] = '\0';
    assert_int_equal(rig_send(r, 100, big), 0); /* up to the mark */
    assert_in_range(r->ops->queued(r->sess, r->streams[100]), mark - 100, mark);
    rig_tx(r);
    rig_expect(r, "");
    assert_int_equal(yamux_feed(r, UPDATE, 0, 1, UINT32_MAX / 2), 0);
    r->out_cap = 2 * mark;
    rig_tx(r);
    assert_int_equal(rig_send(r, 100, big), 0);
    assert_int_equal(rig_send(r, 100, big), 0);
    assert_int_equal(rig_send(r, 100, "z"), P2P_EAGAIN);
    r->ops->finish(r->sess, r->streams[100]); /* nobody waits any more */
    rig_tx(r);
    rig_expect(r, "");
    free(big);
    rig_free(r);
}

static void test_quota_refuses_open(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);
    void *stream;

    (void)state;
    r->quota.limit[P2P__Q_STREAMS_OUT] = 1;
    rig_open(r, 100);
    assert_int_equal(r->ops->open(r->sess, NULL, &stream, r->now), P2P_ELIMIT);
    r->quota.limit[P2P__Q_STREAMS_OUT] = 2;
    r->quota.limit[P2P__Q_MEMORY] = r->quota.used[P2P__Q_MEMORY];
    assert_int_equal(r->ops->open(r->sess, NULL, &stream, r->now), P2P_ELIMIT);
    assert_int_equal(rig_send(r, 100, "x"), P2P_ELIMIT);
    assert_int_equal(r->quota.used[P2P__Q_STREAMS_OUT], 1);
    rig_free(r);
}

/* Ids run out: the stream is reset on our side, nothing goes out. */
static void test_ids_run_out(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);
    struct p2p__yamux *s = r->sess;

    (void)state;
    s->next_id = UINT32_MAX - 2;
    rig_open(r, 100);
    rig_open(r, 101);
    assert_int_equal(rig_send(r, 100, "a"), 0);
    assert_int_equal(rig_send(r, 101, "b"), 0);
    rig_expect_tx(r, "00 00 0001 fffffffd 00000001 61");
    rig_expect(r, "reset 101\nclosed 101\n");
    rig_free(r);
}

/* More than 256 of ours are not announced before the peer acknowledges. */
static void test_own_backlog_waits(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);

    (void)state;
    for (size_t i = 1; i <= 600; i++) {
        rig_open(r, i);
        assert_int_equal(rig_send(r, i, "x"), 0);
    }
    rig_tx(r);
    assert_int_equal(r->out_len, P2P__CAP_YAMUX_BACKLOG * 13);
    rig_expect_tx(r, "");
    assert_int_equal(yamux_feed(r, UPDATE, ACK, 1, 0), 0);
    rig_expect_tx(r, "00 00 0001 00000201 00000001 78");
    /* One whose turn has come is gone: the next one takes it. */
    assert_int_equal(yamux_feed(r, UPDATE, RST, 3, 0), 0);
    r->ops->reset(r->sess, r->streams[258], 0);
    rig_expect_tx(r, "00 00 0001 00000203 00000001 78");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_bytes),
        cmocka_unit_test(test_structs_are_small),
        cmocka_unit_test(test_dialer_opens_odd_ids),
        cmocka_unit_test(test_listener_acks_and_opens_even_ids),
        cmocka_unit_test(test_ack_goes_alone_when_there_is_no_data),
        cmocka_unit_test(test_ids_go_out_in_order),
        cmocka_unit_test(test_reset_both_ways),
        cmocka_unit_test(test_reset_in_the_middle_of_a_body),
        cmocka_unit_test(test_resets_cross),
        cmocka_unit_test(test_reset_while_events_wait),
        cmocka_unit_test(test_reset_twice),
        cmocka_unit_test(test_fin_alone),
        cmocka_unit_test(test_ping_both_ways),
        cmocka_unit_test(test_goaway_both_ways),
        cmocka_unit_test(test_frames_share_the_room),
        cmocka_unit_test(test_high_water),
        cmocka_unit_test(test_quota_refuses_open),
        cmocka_unit_test(test_ids_run_out),
        cmocka_unit_test(test_own_backlog_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
