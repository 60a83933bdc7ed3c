/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Flow control: sending within the window, and windows that grow. */
#include <stdlib.h>

#include "hex.h"
#include "yamux_rig.h"

#define DATA   P2P__YAMUX_DATA
#define UPDATE P2P__YAMUX_WINDOW_UPDATE
#define SYN    P2P__YAMUX_SYN
#define WINDOW P2P__YAMUX_WINDOW_BYTES

static uint32_t length_at(const struct rig *r, size_t at)
{
    return p2p__yamux_decode(r->out + at).length;
}

/* What the peer sends: data on stream 1 that is consumed at once. */
static void receive(struct rig *r, uint32_t len)
{
    uint8_t *zero = calloc(1, len);

    assert_non_null(zero);
    assert_int_equal(yamux_feed(r, DATA, 0, 1, len), 0);
    assert_int_equal(rig_rx(r, zero, len), 0);
    free(zero);
}

/* Answers the ping that is at the start of what was drawn, `rtt` later. */
static void answer_ping(struct rig *r, p2p_ns rtt)
{
    uint8_t answer[P2P__YAMUX_HEADER_BYTES];

    assert_true(r->out_len >= sizeof answer);
    assert_hex(r->out, 4, "00 02 0001");
    memcpy(answer, r->out, sizeof answer);
    answer[3] = P2P__YAMUX_ACK;
    r->now += rtt;
    assert_int_equal(rig_rx(r, answer, sizeof answer), 0);
}

/* A session with stream 1 of the peer's, and a round trip that is known. */
static struct rig *measured(const struct p2p__yamux_tune *tune, p2p_ns rtt)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, tune);

    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    assert_int_equal(r->ops->ping(r->sess, r->now), 0);
    rig_tx(r);
    answer_ping(r, rtt);
    return r;
}

static void test_sender_stops_at_the_window(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);
    char *text = calloc(1, WINDOW + 101);

    (void)state;
    memset(text, 'x', WINDOW + 100);
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, text), 0);
    r->ops->finish(r->sess, r->streams[100]);
    rig_tx(r);
    assert_int_equal(r->ops->queued(r->sess, r->streams[100]), 100);
    rig_expect_tx(r, "");
    assert_int_equal(yamux_feed(r, UPDATE, 0, 1, 1), 0);
    rig_expect_tx(r, "00 00 0000 00000001 00000001 78");
    /* The FIN needs no window, but it waits for the data before it. */
    assert_int_equal(yamux_feed(r, UPDATE, 0, 1, 99), 0);
    rig_tx(r);
    assert_hex(r->out, 12, "00 00 0000 00000001 00000063");
    assert_hex(r->out + 12 + 99, 12, "00 01 0004 00000001 00000000");
    assert_int_equal(r->out_len, 12 + 99 + 12);
    free(text);
    rig_free(r);
}

/* A window update that goes out while data waits does not carry the FIN. */
static void test_fin_waits_behind_an_update(void **state)
{
    struct rig *r = yamux_rig(true, CHUNK_ALL, &QUIET);
    char *text = calloc(1, WINDOW + 101);

    (void)state;
    memset(text, 'x', WINDOW + 100);
    rig_open(r, 100);
    assert_int_equal(rig_send(r, 100, text), 0);
    r->ops->finish(r->sess, r->streams[100]);
    rig_tx(r);
    receive(r, WINDOW / 2);
    rig_expect_tx(r, "00 01 0000 00000001 00020000");
    assert_int_equal(r->ops->queued(r->sess, r->streams[100]), 100);
    free(text);
    rig_free(r);
}

static void test_updates_at_half(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_RANDOM, &QUIET);

    (void)state;
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    rig_tx(r);
    receive(r, WINDOW / 2 - 1);
    rig_expect_tx(r, "");
    receive(r, 1);
    rig_expect_tx(r, "00 01 0000 00000001 00020000");
    rig_expect_tx(r, "");
    rig_free(r);
}

static void test_no_update_after_fin(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);
    uint8_t *zero = calloc(1, WINDOW);

    (void)state;
    r->keep = true;
    assert_int_equal(yamux_feed(r, DATA, SYN | P2P__YAMUX_FIN, 1, WINDOW), 0);
    assert_int_equal(rig_rx(r, zero, WINDOW), 0);
    r->ops->consume(r->sess, r->streams[1], WINDOW);
    rig_expect_tx(r, "00 01 0002 00000001 00000000");
    free(zero);
    rig_free(r);
}

static void test_fast_path_doubles_up_to_the_cap(void **state)
{
    struct rig *r = measured(NULL, P2P__MS(10));
    const uint64_t before = r->quota.used[P2P__Q_MEMORY];
    uint32_t window = WINDOW;

    (void)state;
    rig_tx(r);
    while (window < P2P__CAP_YAMUX_WINDOW_BYTES) {
        r->now += P2P__MS(29); /* and 10 for the ping: less than four */
        receive(r, window / 2);
        rig_tx(r);
        assert_int_equal(length_at(r, 0), window / 2 + window);
        window *= 2;
        assert_int_equal(r->quota.used[P2P__Q_MEMORY] - before,
                         window - WINDOW);
        if (window < P2P__CAP_YAMUX_WINDOW_BYTES) { /* measured again */
            rig_tx(r);
            answer_ping(r, P2P__MS(10));
        }
    }
    receive(r, window / 2);
    rig_tx(r);
    assert_int_equal(length_at(r, 0), window / 2);
    rig_free(r); /* asserts that the growth was given back */
}

/* The last step may be shorter than a doubling. */
static void test_growth_stops_at_the_tuned_window(void **state)
{
    static const struct p2p__yamux_tune tune = {.max_window_bytes =
                                                    WINDOW + 4096};
    struct rig *r = measured(&tune, P2P__MS(10));

    (void)state;
    rig_tx(r);
    receive(r, WINDOW / 2);
    rig_tx(r);
    assert_int_equal(length_at(r, 0), WINDOW / 2 + 4096);
    receive(r, (WINDOW + 4096) / 2);
    rig_tx(r);
    assert_int_equal(length_at(r, 0), (WINDOW + 4096) / 2);
    rig_free(r);
}

/* An update that was due is not, once the peer has finished. */
static void test_fin_cancels_the_update(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, &QUIET);

    (void)state;
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    rig_tx(r);
    receive(r, WINDOW / 2);
    assert_int_equal(yamux_feed(r, UPDATE, P2P__YAMUX_FIN, 1, 0), 0);
    rig_expect_tx(r, "");
    rig_free(r);
}

static void test_slow_path_does_not_grow(void **state)
{
    struct rig *r = measured(NULL, P2P__MS(10));

    (void)state;
    rig_tx(r);
    for (int i = 0; i < 10; i++) {
        r->now += P2P__MS(41);
        receive(r, WINDOW / 2);
        rig_tx(r);
        assert_int_equal(length_at(r, 0), WINDOW / 2);
    }
    rig_free(r);
}

/* Without a measured round trip it does not grow, but measures. */
static void test_first_update_asks_for_the_round_trip(void **state)
{
    struct rig *r = yamux_rig(false, CHUNK_ALL, NULL);

    (void)state;
    assert_int_equal(yamux_feed(r, UPDATE, SYN, 1, 0), 0);
    rig_tx(r);
    receive(r, WINDOW / 2);
    rig_tx(r);
    assert_hex(r->out, r->out_len, "00 01 0000 00000001 00020000");
    rig_tx(r);
    answer_ping(r, P2P__MS(7));
    assert_int_equal(p2p__yamux_rtt(r->sess), P2P__MS(7));
    rig_free(r);
}

static void test_quota_stops_growth(void **state)
{
    struct rig *r = measured(NULL, P2P__MS(10));

    (void)state;
    rig_tx(r);
    /* Room for one growth, but that would take more than half of it. */
    r->quota.limit[P2P__Q_MEMORY] = r->quota.used[P2P__Q_MEMORY] + WINDOW;
    receive(r, WINDOW / 2);
    rig_tx(r);
    assert_int_equal(length_at(r, 0), WINDOW / 2);
    /* Half of the room, but less than half of the limit would be left. */
    r->quota.limit[P2P__Q_MEMORY] += WINDOW;
    receive(r, WINDOW / 2);
    rig_tx(r);
    assert_int_equal(length_at(r, 0), WINDOW / 2);
    r->quota.limit[P2P__Q_MEMORY] += WINDOW; /* control */
    receive(r, WINDOW / 2);
    rig_tx(r);
    assert_int_equal(length_at(r, 0), WINDOW / 2 + WINDOW);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sender_stops_at_the_window),
        cmocka_unit_test(test_fin_waits_behind_an_update),
        cmocka_unit_test(test_updates_at_half),
        cmocka_unit_test(test_no_update_after_fin),
        cmocka_unit_test(test_fast_path_doubles_up_to_the_cap),
        cmocka_unit_test(test_growth_stops_at_the_tuned_window),
        cmocka_unit_test(test_fin_cancels_the_update),
        cmocka_unit_test(test_slow_path_does_not_grow),
        cmocka_unit_test(test_first_update_asks_for_the_round_trip),
        cmocka_unit_test(test_quota_stops_growth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
