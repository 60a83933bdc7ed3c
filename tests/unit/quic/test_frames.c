/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A peer that makes up its packets: what has ended or filled other
 * implementations, and ngtcp2's older versions. Packets are plain
 * (quic_plain.c). Each comes with what an honest peer does in its place.
 */
#include <stdlib.h>

#include "mux/quic/priv.h"
#include "quic_pair.h"
#include "unit.h"

#define TAG_BYTES 16U
#define FLOOD     10000U

/* A peer with a pencil. */
struct scene {
    struct quic_pair p;
    uint32_t number; /* of the last packet that was made up */
    bool lost[2];    /* what an end sends */
    uint8_t wanted[9];
    unsigned seen; /* how often that was in what end 1 sent */
    uint64_t most; /* memory of end 1, at most */
    uint8_t held[2048];
    size_t held_len; /* a datagram of end 1's that is held back */
    bool hold;
};

static unsigned count_in(const uint8_t *bytes, size_t len,
                         const uint8_t *wanted, size_t n)
{
    unsigned count = 0;

    for (size_t i = 0; i + n <= len; i++) {
        count += memcmp(bytes + i, wanted, n) == 0;
    }
    return count;
}

static bool tap(struct quic_pair *p, unsigned from, uint8_t *bytes, size_t *len)
{
    struct scene *s = p->user;

    if (from == 1) {
        s->seen += count_in(bytes, *len, s->wanted, sizeof s->wanted);
    }
    if (from == 1 && s->hold) {
        s->hold = false;
        s->held_len = *len;
        memcpy(s->held, bytes, *len);
        return false;
    }
    return !s->lost[from];
}

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_int_equal(quic_pair_init(&s->p, 1), 0);
    s->p.user = s;
    s->p.tap = tap;
    s->number = 1000;
    memset(s->wanted, 0xee, sizeof s->wanted);
    return s;
}

static struct scene *scene_shaken(void)
{
    struct scene *s = scene_new();

    assert_int_equal(quic_pair_shake(&s->p), 0);
    quic_pair_pass(&s->p, P2P__SEC(1));
    return s;
}

static void scene_free(struct scene *s)
{
    quic_pair_fini(&s->p);
    free(s);
}

static uint64_t memory(const struct scene *s)
{
    return s->p.end[1].quota.used[P2P__Q_MEMORY];
}

/* A short packet around frames for an end, in `to`; its length. */
static size_t make_short(struct scene *s, unsigned side, const uint8_t *frames,
                         size_t len, uint8_t *to)
{
    const struct p2p__quic *q = s->p.end[side].sess;
    const uint8_t *id =
        P2P__CONTAINER(q->routes.prev, struct p2p__quic_route, link)->id.bytes;
    const size_t head = 1 + P2P__QUIC_ID_BYTES + 4;

    s->number++;
    to[0] = 0x43;
    memcpy(to + 1, id, P2P__QUIC_ID_BYTES);
    to[head - 4] = 0;
    to[head - 3] = (uint8_t)(s->number >> 16);
    to[head - 2] = (uint8_t)(s->number >> 8);
    to[head - 1] = (uint8_t)s->number;
    memcpy(to + head, frames, len);
    memset(to + head + len, 0, TAG_BYTES);
    return head + len + TAG_BYTES;
}

/* Gives frames to an end that is there yet. */
static void inject(struct scene *s, unsigned side, const uint8_t *frames,
                   size_t len)
{
    uint8_t packet[1400];

    if (s->p.end[side].sess != NULL) {
        (void)quic_pair_feed(&s->p, side, packet,
                             make_short(s, side, frames, len, packet));
        s->most = p2p__max(s->most, memory(s));
    }
}

/* CVE-2023-49295 (quic-go): a challenge of a path is an answer that is kept
 * until it can be sent. */
static void test_T13_path_challenges_are_few(void **state)
{
    struct scene *s = scene_shaken();
    const uint64_t before = memory(s);
    uint8_t challenge[9] = {0x1a, 1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    s->lost[1] = true;
    for (unsigned i = 0; i < FLOOD; i++) {
        challenge[1] = (uint8_t)(i >> 8);
        challenge[2] = (uint8_t)i;
        inject(s, 1, challenge, sizeof challenge);
    }
    assert_int_equal(s->p.end[1].err, 0);
    assert_true(s->most < before + 65536);
    scene_free(s);
}

static void test_T13_control_a_path_challenge_is_answered(void **state)
{
    struct scene *s = scene_shaken();
    const uint8_t challenge[9] = {0x1a, 1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    memcpy(s->wanted, challenge, sizeof challenge);
    s->wanted[0] = 0x1b;
    inject(s, 1, challenge, sizeof challenge);
    assert_int_equal(s->seen, 1);
    assert_int_equal(s->p.end[1].err, 0);
    scene_free(s);
}

/* A new id that makes those before `retired` void. */
static size_t make_id(uint8_t *to, uint16_t seq, uint16_t retired)
{
    memset(to, 0, 40);
    to[0] = 0x18;
    to[1] = (uint8_t)(0x40 | seq >> 8);
    to[2] = (uint8_t)seq;
    to[3] = (uint8_t)(0x40 | retired >> 8);
    to[4] = (uint8_t)retired;
    to[5] = 8;
    to[6] = 0xaa;
    to[12] = (uint8_t)(seq >> 8);
    to[13] = (uint8_t)seq;
    return 6 + 8 + 16;
}

/* CVE-2024-22189 (quic-go): each new id makes another one void, and the answers
 * that say so are kept while the peer acknowledges none. ngtcp2 0.12 ends the
 * process when one that is void comes twice. */
static void test_T13_ids_are_not_taken_back(void **state)
{
    static const uint8_t before[] = {
        0x00, 0x01, 0x06, 0x50, 0x00, 1,    'x',  /* CRYPTO */
        0x10, 0x00, 0x11, 0x00, 0x00, 0x12, 0x00, /* MAX_… */
        0x0a, 0x00, 2,    'x',  'y',  0x1a, 1,    2, 3, 4, 5, 6, 7, 8};
    struct scene *s = scene_shaken();
    uint8_t frames[200];
    size_t len = sizeof before;

    (void)state;
    memcpy(frames, before, len);
    len += make_id(frames + len, 10, 10);
    len += make_id(frames + len, 5, 0);
    len += make_id(frames + len, 5, 0);
    inject(s, 1, frames, len);
    assert_int_equal(s->p.end[1].err, P2P_EPROTO);
    scene_free(s);
}

/* Those that it was given a peer may let go, and gets others. */
static void test_T13_control_ids_are_let_go(void **state)
{
    struct scene *s = scene_shaken();

    (void)state;
    for (uint8_t i = 1; i < 6; i++) {
        const uint8_t retire[] = {0x19, i};

        inject(s, 1, retire, sizeof retire);
        assert_int_equal(s->p.end[1].err, 0);
    }
    scene_free(s);
}

/* Frames of any kind may stand before one that takes ids back. */
static void test_what_takes_ids_back_is_seen(void **state)
{
    static const struct {
        uint8_t len;
        uint8_t bytes[80];
    } frames[] = {
        {7, {0x02, 5, 0, 1, 0, 1, 1}},
        {10, {0x03, 5, 0, 1, 0, 1, 1, 1, 1, 1}},
        /* of more ranges than there are bytes behind it */
        {6 + 64, {0x02, 0x40, 100, 0, 32, 0}},
        {6 + 67, {0x03, 0x40, 100, 0, 32, 0}},
        {4, {0x04, 0, 1, 2}},
        {3, {0x05, 0, 1}},
        {4, {0x07, 2, 'x', 'y'}},
        {5, {0x0e, 0, 1, 1, 'x'}},
        {5, {0x0f, 0, 0x40, 1, 0}},
        {3, {0x15, 0, 1}},
        {2, {0x16, 1}},
        {2, {0x19, 1}},
        {9, {0x1b, 1, 2, 3, 4, 5, 6, 7, 8}},
        {5, {0x1c, 1, 0, 1, 'x'}},
        {3, {0x1d, 1, 0}},
        {1, {0x1e}},
        {3, {0x31, 1, 'x'}},
    };
    uint8_t packet[200];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(frames); i++) {
        const size_t n = frames[i].len;

        memcpy(packet, frames[i].bytes, n);
        assert_true(p2p__quic_takes_back(
            p2p__slice_of(packet, n + make_id(packet + n, 3, 1))));
        assert_false(p2p__quic_takes_back(
            p2p__slice_of(packet, n + make_id(packet + n, 3, 0))));
        for (size_t cut = 0; cut < n; cut++) {
            assert_false(p2p__quic_takes_back(p2p__slice_of(packet, cut)));
        }
    }
}

/* Frames arrive just before the listener's answer, which makes them readable:
 * ngtcp2 keeps them until then. */
static struct scene *answered_with(const uint8_t *frames, size_t len)
{
    struct scene *s = scene_new();

    assert_int_equal(quic_pair_dial(&s->p), 0);
    s->hold = true;
    quic_pair_pass(&s->p, P2P__MS(15));
    assert_true(s->held_len > 0);
    inject(s, 0, frames, len);
    (void)quic_pair_feed(&s->p, 0, s->held, s->held_len);
    return s;
}

/* The id of the handshake is void before the dialer has ended it: ngtcp2 before
 * 1.22 ends the process. */
static void test_T13_ids_are_not_retired_in_the_handshake(void **state)
{
    uint8_t frame[40];
    const size_t len = make_id(frame, 1, 1);
    struct scene *s = answered_with(frame, len);

    (void)state;
    assert_int_equal(s->p.end[0].err, P2P_EPROTO);
    scene_free(s);
}

static void test_T13_control_frames_come_in_the_handshake(void **state)
{
    static const uint8_t ping = 0x01;
    struct scene *s = answered_with(&ping, 1);

    (void)state;
    assert_int_equal(s->p.end[0].err, 0);
    assert_true(s->p.end[0].established);
    scene_free(s);
}

/* CVE-2023-42805 (quinn): a type that nobody knows. */
static void test_T13_frames_of_unknown_types(void **state)
{
    static const uint8_t types[][4] = {
        {0x21}, {0x40, 0x99}, {0x80, 0, 1, 2}, {0xff, 0xff, 0xff, 0xff}};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(types); i++) {
        struct scene *s = scene_shaken();

        inject(s, 1, types[i], sizeof types[i]);
        assert_int_equal(s->p.end[1].err, P2P_EPROTO);
        scene_free(s);
    }
}

static void test_T13_control_frames_of_every_type(void **state)
{
    static const uint8_t frames[] = {0x01, 0x00, 0x0a, 0x00, 0x01, 'x',
                                     0x10, 0x40, 0x00, 0x14, 0x10};
    struct scene *s = scene_shaken();

    (void)state;
    inject(s, 1, frames, sizeof frames);
    assert_int_equal(s->p.end[1].err, 0);
    assert_int_equal(s->p.end[1].quota.used[P2P__Q_STREAMS_IN], 1);
    scene_free(s);
}

/* CVE-2025-59530 (quic-go), and ngtcp2: the handshake is confirmed before the
 * dialer has ended it. */
static void test_T13_a_confirmation_before_its_time(void **state)
{
    static const uint8_t done = 0x1e;
    struct scene *s = answered_with(&done, 1);

    (void)state;
    assert_int_equal(s->p.end[0].err, P2P_EPROTO);
    scene_free(s);
    /* It comes before what it confirms. */
    s = scene_new();
    assert_int_equal(quic_pair_dial(&s->p), 0);
    quic_pair_pump(&s->p);
    inject(s, 0, &done, 1);
    quic_pair_pass(&s->p, P2P__SEC(1));
    assert_int_equal(s->p.end[0].err, P2P_EPROTO);
    scene_free(s);
}

/* Gives the dialer frames in a first packet of the listener whose first
 * datagram is held back. */
static void inject_first(struct scene *s, const uint8_t *frames, uint8_t len)
{
    const size_t ids = 1U + s->held[5] + 1U + P2P__QUIC_ID_BYTES;
    uint8_t packet[200] = {0xc3, 0, 0, 0, 1};
    uint8_t *to = packet + 5 + ids;

    s->number++;
    memcpy(packet + 5, s->held + 5, ids);
    to[1] = 0x40;
    to[2] = (uint8_t)(4 + len + TAG_BYTES);
    to[5] = (uint8_t)(s->number >> 8);
    to[6] = (uint8_t)s->number;
    memcpy(to + 7, frames, len);
    (void)quic_pair_feed(&s->p, 0, packet, 5 + ids + 7 + len + TAG_BYTES);
}

/* The end of the handshake has to wait: the window is full of answers, each in
 * a datagram of full size, that nobody acknowledges. ngtcp2 1 counts them no
 * more once the first keys are gone: there it does not wait. */
static void test_T13_a_confirmation_while_the_window_is_full(void **state)
{
    static const uint8_t ack[] = {0x02, 0, 0, 0, 0}, ping[3] = {0x01};
    static const uint8_t done = 0x1e;
    struct scene *s = scene_new();
    struct p2p__quic *q;
    bool full;

    (void)state;
    assert_int_equal(quic_pair_dial(&s->p), 0);
    q = s->p.end[0].sess;
    s->hold = true;
    quic_pair_pass(&s->p, P2P__MS(15));
    assert_true(s->held_len > 0);
    s->lost[0] = true;
    inject_first(s, ack, sizeof ack);
    for (unsigned i = 0; i < 100 && ngtcp2_conn_get_cwnd_left(q->conn) > 0;
         i++) {
        inject_first(s, ping, sizeof ping);
    }
    (void)quic_pair_feed(&s->p, 0, s->held, s->held_len);
    assert_true(s->p.end[0].established);
    full = ngtcp2_conn_get_cwnd_left(q->conn) == 0;
    assert_true(full || NGTCP2_VERSION_NUM >= 0x010000);
    assert_int_equal((q->bits & P2P__QC_SETTLED) == 0, full);
    inject(s, 0, &done, 1);
    assert_int_equal(s->p.end[0].err, full ? P2P_EPROTO : 0);
    scene_free(s);
}

/* It is the dialer's to hear, once more too. */
static void test_T13_control_a_confirmation_in_its_time(void **state)
{
    static const uint8_t done = 0x1e;
    struct scene *s = scene_shaken();

    (void)state;
    inject(s, 0, &done, 1);
    assert_int_equal(s->p.end[0].err, 0);
    inject(s, 1, &done, 1);
    assert_int_equal(s->p.end[1].err, P2P_EPROTO);
    scene_free(s);
}

/* CVE-2023-46239 (quic-go): acknowledgements of what was never sent. */
static void test_T13_what_was_not_sent_is_acknowledged(void **state)
{
    static const uint8_t ack[] = {0x02, 0x47, 0xff, 0, 0, 0};
    struct scene *s = scene_shaken();

    (void)state;
    inject(s, 1, ack, sizeof ack);
    assert_int_equal(s->p.end[1].err, P2P_EPROTO);
    scene_free(s);
}

/* A byte of a stream at an offset. */
static void inject_byte(struct scene *s, uint32_t at)
{
    const uint8_t frame[] = {0x0e,
                             0x00,
                             (uint8_t)(0x80 | at >> 24),
                             (uint8_t)(at >> 16),
                             (uint8_t)(at >> 8),
                             (uint8_t)at,
                             1,
                             'x'};

    inject(s, 1, frame, sizeof frame);
}

/* CVE-2026-25800 (quinn): bytes that are not one behind the other cost more
 * than they are. All of it is charged: the quota says when it is enough. */
static void test_T13_bytes_out_of_order_are_charged(void **state)
{
    struct scene *s = scene_shaken();
    const uint64_t limit = memory(s) + (1U << 17);

    (void)state;
    s->p.end[1].quota.limit[P2P__Q_MEMORY] = limit;
    for (uint32_t i = 1; i < P2P__QUIC_WINDOW_BYTES && s->p.end[1].err == 0;
         i += 2) {
        inject_byte(s, i);
    }
    assert_int_equal(s->p.end[1].err, P2P_ELIMIT);
    assert_true(s->most <= limit);
    scene_free(s);
}

static void test_T13_control_bytes_in_order_are_let_go(void **state)
{
    struct scene *s = scene_shaken();
    const uint64_t limit = memory(s) + (1U << 17);

    (void)state;
    s->p.end[1].quota.limit[P2P__Q_MEMORY] = limit;
    for (uint32_t i = 0; i < FLOOD; i++) {
        inject_byte(s, i);
    }
    assert_int_equal(s->p.end[1].err, 0);
    scene_free(s);
}

/* The same with what is TLS's. */
static void test_T13_tls_out_of_order_is_bounded(void **state)
{
    struct scene *s = scene_shaken();
    const uint64_t before = memory(s);

    (void)state;
    for (uint32_t i = 1; i < (1U << 20) && s->p.end[1].err == 0; i += 61) {
        const uint8_t frame[] = {0x06,
                                 (uint8_t)(0x80 | i >> 24),
                                 (uint8_t)(i >> 16),
                                 (uint8_t)(i >> 8),
                                 (uint8_t)i,
                                 1,
                                 'x'};

        inject(s, 1, frame, sizeof frame);
    }
    assert_true(s->p.end[1].err < 0);
    assert_true(s->most < before + (1U << 20));
    scene_free(s);
}

/* A client's first datagram with these parameters; what comes of it. */
static int begin_with(const uint8_t *params, size_t len)
{
    static const uint8_t head[] = {0xc3, 0, 0, 0, 1,    8,    1, 2, 3, 4,
                                   5,    6, 7, 8, 8,    9,    9, 9, 9, 9,
                                   9,    9, 9, 0, 0x44, 0x96, 0, 0, 0, 0};
    uint8_t packet[1200] = {0};
    uint8_t *to = packet + sizeof head;
    struct scene *s = scene_new();
    int rv;

    memcpy(packet, head, sizeof head);
    to[0] = 0x06; /* CRYPTO, from 0 on: a hello */
    to[2] = (uint8_t)(0x40 | (len + 3) >> 8);
    to[3] = (uint8_t)(len + 3);
    to[4] = 1;
    to[6] = (uint8_t)len;
    memcpy(to + 7, params, len);
    (void)quic_pair_feed(&s->p, 1, packet, sizeof packet);
    rv = s->p.end[1].err;
    scene_free(s);
    return rv;
}

#define OURS                                                        \
    0x0f, 8, 9, 9, 9, 9, 9, 9, 9, 9 /* initial_source_connection_id \
                                     */

/* CVE-2026-31812 (quinn): parameters of a handshake that are none. */
static void test_T13_parameters_that_are_none(void **state)
{
    static const struct {
        uint8_t len;
        uint8_t bytes[80];
    } bad[] = {
        {0, {0}},                                /* who are you? */
        {10, {0x0f, 8, 9, 9, 9, 9, 9, 9, 9, 8}}, /* somebody else */
        {11, {OURS, 0x04}},                      /* cut: no length */
        {12, {OURS, 0x04, 8}},                   /* no value */
        {12, {OURS, 0x04, 0xff}},                /* half a length */
        {13, {OURS, 0x04, 1, 0xc0}},             /* half a value */
        {14, {OURS, 0x04, 2, 1, 1}},             /* more than a value */
        {13, {OURS, 0x0a, 1, 21}},               /* exponent above 20 */
        {14, {OURS, 0x03, 2, 0x44, 0xaf}},       /* payload below 1200 */
        {14, {OURS, 0x0b, 2, 0x7f, 0xff, 0}},    /* fine: see below */
        {20, {OURS, 0x08, 8, 0xd0, 0, 0, 0, 0, 0, 0, 1}}, /* 2^60 streams + 1 */
        {28, {OURS, 0x02, 16}},                           /* a client's token */
        {12, {OURS, 0x00, 0}},    /* a client's original id */
        {65, {OURS, 0x0d, 53}},   /* its preferred address */
        {13, {OURS, 0x0e, 1, 1}}, /* one id only */
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        const int rv = begin_with(bad[i].bytes, bad[i].len);

        if (i == 9) {
            assert_int_equal(rv, 0);
        } else if (rv != P2P_EPROTO) {
            fail_msg("parameters %zu: %d", i, rv);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T13_path_challenges_are_few),
        cmocka_unit_test(test_T13_control_a_path_challenge_is_answered),
        cmocka_unit_test(test_T13_ids_are_not_taken_back),
        cmocka_unit_test(test_T13_control_ids_are_let_go),
        cmocka_unit_test(test_what_takes_ids_back_is_seen),
        cmocka_unit_test(test_T13_ids_are_not_retired_in_the_handshake),
        cmocka_unit_test(test_T13_control_frames_come_in_the_handshake),
        cmocka_unit_test(test_T13_frames_of_unknown_types),
        cmocka_unit_test(test_T13_control_frames_of_every_type),
        cmocka_unit_test(test_T13_a_confirmation_before_its_time),
        cmocka_unit_test(test_T13_a_confirmation_while_the_window_is_full),
        cmocka_unit_test(test_T13_control_a_confirmation_in_its_time),
        cmocka_unit_test(test_T13_what_was_not_sent_is_acknowledged),
        cmocka_unit_test(test_T13_bytes_out_of_order_are_charged),
        cmocka_unit_test(test_T13_control_bytes_in_order_are_let_go),
        cmocka_unit_test(test_T13_tls_out_of_order_is_bounded),
        cmocka_unit_test(test_T13_parameters_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
