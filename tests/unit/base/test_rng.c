/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The simulator's traces hang on these numbers: they may never change. */
#include "base/rng.h"
#include "unit.h"

static void test_numbers_are_those_of_xoshiro256starstar(void **state)
{
    struct p2p__rng r = {.s = {1, 2, 3, 4}};
    static const uint64_t expect[] = {
        11520ULL,
        0ULL,
        1509978240ULL,
        1215971899390074240ULL,
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(expect); i++) {
        assert_int_equal(p2p__rng_next(&r), expect[i]);
    }
}

static void test_seed_goes_through_splitmix64(void **state)
{
    struct p2p__rng r;

    (void)state;
    p2p__rng_seed(&r, 1234567);
    assert_int_equal(r.s[0], 6457827717110365317ULL);
    assert_int_equal(r.s[1], 3203168211198807973ULL);
    assert_int_equal(r.s[2], 9817491932198370423ULL);
    assert_int_equal(r.s[3], 4593380528125082431ULL);
}

static void test_below_stays_below_and_reaches_all(void **state)
{
    struct p2p__rng r;
    unsigned seen[7] = {0};

    (void)state;
    p2p__rng_seed(&r, 9);
    for (int i = 0; i < 70000; i++) {
        uint64_t x = p2p__rng_below(&r, 7);

        assert_true(x < 7);
        seen[x]++;
    }
    for (size_t i = 0; i < 7; i++) {
        assert_in_range(seen[i], 9500, 10500);
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(p2p__rng_below(&r, 1), 0);
        assert_true(p2p__rng_below(&r, UINT64_MAX) < UINT64_MAX);
    }
}

/* 3 * 2^62 as a bound: a plain modulo gives the first third twice as often. */
static void test_below_has_no_bias(void **state)
{
    const uint64_t bound = 3ULL << 62;
    struct p2p__rng r;
    unsigned low = 0;

    (void)state;
    p2p__rng_seed(&r, 10);
    for (int i = 0; i < 30000; i++) {
        low += p2p__rng_below(&r, bound) < bound / 3;
    }
    assert_in_range(low, 9500, 10500);
}

static void test_fill_is_the_same_bytes_at_any_length(void **state)
{
    uint8_t whole[64], part[65];

    (void)state;
    for (size_t len = 0; len <= 64; len++) {
        struct p2p__rng a, b;

        p2p__rng_seed(&a, 5);
        p2p__rng_seed(&b, 5);
        memset(part, 0xee, sizeof part);
        p2p__rng_fill(&a, whole, sizeof whole);
        p2p__rng_fill(&b, part, len);
        assert_memory_equal(whole, part, len);
        assert_int_equal(part[len], 0xee);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_those_of_xoshiro256starstar),
        cmocka_unit_test(test_seed_goes_through_splitmix64),
        cmocka_unit_test(test_below_stays_below_and_reaches_all),
        cmocka_unit_test(test_below_has_no_bias),
        cmocka_unit_test(test_fill_is_the_same_bytes_at_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
