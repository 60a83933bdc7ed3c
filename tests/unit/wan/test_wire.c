/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lines of tests/wan: when what comes out. */
#include "wire.h"
#include "unit.h"

static struct wire made(const struct wire_config *cfg)
{
    struct wire w;

    wire_init(&w, cfg);
    return w;
}

static void push(struct wire *w, uint16_t number, p2p_ns now)
{
    assert_true(wire_push(w, &number, sizeof number, now));
}

/* The number of the next one that is due, or -1. */
static int pull(struct wire *w, p2p_ns now)
{
    uint8_t packet[WIRE_BYTES];
    uint16_t number;
    size_t len = wire_pull(w, packet, now);

    if (len == 0) {
        return -1;
    }
    assert_int_equal(len, sizeof number);
    memcpy(&number, packet, sizeof number);
    return number;
}

static void test_a_packet_comes_after_the_delay(void **state)
{
    struct wire w = made(&(struct wire_config){.delay = P2P__MS(20)});

    (void)state;
    assert_true(wire_next(&w) == P2P_NEVER);
    push(&w, 1, P2P__MS(100));
    push(&w, 2, P2P__MS(105));
    assert_true(wire_next(&w) == P2P__MS(120));
    assert_int_equal(pull(&w, P2P__MS(120) - 1), -1);
    assert_int_equal(pull(&w, P2P__MS(120)), 1);
    assert_int_equal(pull(&w, P2P__MS(120)), -1);
    assert_int_equal(pull(&w, P2P__MS(125)), 2);
    assert_true(wire_next(&w) == P2P_NEVER);
}

static void test_without_delay_order_is_kept(void **state)
{
    struct wire w = made(&(struct wire_config){0});

    (void)state;
    for (uint16_t i = 0; i < 100; i++) {
        push(&w, i, 7);
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(pull(&w, 7), i);
    }
}

static void test_jitter_spreads_and_keeps_order(void **state)
{
    struct wire w = made(&(struct wire_config){
        .delay = P2P__MS(10), .jitter = P2P__MS(5), .seed = 3});
    p2p_ns least = P2P_NEVER, most = 0;

    (void)state;
    for (uint16_t i = 0; i < 200; i++) {
        const p2p_ns now = P2P__SEC(i);
        p2p_ns took;

        push(&w, i, now);
        took = wire_next(&w) - now;
        least = took < least ? took : least;
        most = took > most ? took : most;
        assert_int_equal(pull(&w, now + took), i);
    }
    assert_in_range(least, P2P__MS(10), P2P__MS(11));
    assert_in_range(most, P2P__MS(14), P2P__MS(15));
    for (uint16_t i = 0; i < 200; i++) {
        push(&w, i, P2P__SEC(300) + i);
    }
    for (int i = 0; i < 200; i++) {
        assert_int_equal(pull(&w, P2P__SEC(400)), i);
    }
}

static void test_some_overtake(void **state)
{
    struct wire w = made(&(struct wire_config){
        .delay = P2P__MS(10), .reorder_ppm = 250000, .seed = 5});
    int early = 0, late = 0;

    (void)state;
    for (uint16_t i = 0; i < 1000; i++) {
        push(&w, i, P2P__MS(1));
    }
    while (pull(&w, P2P__MS(1)) >= 0) {
        early++;
    }
    while (pull(&w, P2P__MS(11)) >= 0) {
        late++;
    }
    assert_in_range(early, 200, 300);
    assert_int_equal(early + late, 1000);
}

static int lost_of_1000(uint32_t ppm)
{
    struct wire w = made(&(struct wire_config){.loss_ppm = ppm, .seed = 9});
    int lost = 0;

    for (int i = 0; i < 1000; i++) {
        lost += !wire_push(&w, "x", 1, 0);
    }
    wire_fini(&w);
    return lost;
}

static void test_as_many_are_lost_as_asked_for(void **state)
{
    (void)state;
    assert_int_equal(lost_of_1000(0), 0);
    assert_in_range(lost_of_1000(200000), 160, 240);
    assert_int_equal(lost_of_1000(1000000), 1000);
}

static void test_a_full_line_loses_the_newest(void **state)
{
    struct wire w = made(&(struct wire_config){.delay = 1});
    uint8_t large[WIRE_BYTES + 1] = {0};

    (void)state;
    assert_false(wire_push(&w, large, sizeof large, 0));
    assert_false(wire_push(&w, large, 0, 0));
    for (unsigned i = 0; i < WIRE_PACKETS; i++) {
        push(&w, (uint16_t)i, 0);
    }
    assert_false(wire_push(&w, "x", 1, 0));
    assert_int_equal(pull(&w, 1), 0);
    push(&w, 1, 0);
    wire_fini(&w);
    assert_true(wire_next(&w) == P2P_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_packet_comes_after_the_delay),
        cmocka_unit_test(test_without_delay_order_is_kept),
        cmocka_unit_test(test_jitter_spreads_and_keeps_order),
        cmocka_unit_test(test_some_overtake),
        cmocka_unit_test(test_as_many_are_lost_as_asked_for),
        cmocka_unit_test(test_a_full_line_loses_the_newest),
    };

    return cmocka_run_group_tests_name("wan/wire", tests, NULL, NULL);
}
