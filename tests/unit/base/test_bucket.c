/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A burst, then one each interval. */
#include "base/bucket.h"

#include "unit.h"

static void test_burst_then_one_each(void **state)
{
    struct p2p__bucket b;

    (void)state;
    p2p__bucket_init(&b, 3, 100);
    assert_int_equal(p2p__bucket_ready(&b), 0);
    assert_true(p2p__bucket_take(&b, 1000));
    assert_true(p2p__bucket_take(&b, 1000));
    assert_true(p2p__bucket_take(&b, 1000));
    assert_false(p2p__bucket_take(&b, 1000));
    assert_int_equal(p2p__bucket_ready(&b), 1100);
    assert_false(p2p__bucket_take(&b, 1099));
    assert_true(p2p__bucket_take(&b, 1100));
    assert_false(p2p__bucket_take(&b, 1150));
}

static void test_it_fills_up_and_no_further(void **state)
{
    struct p2p__bucket b;
    int taken = 0;

    (void)state;
    p2p__bucket_init(&b, 2, 10);
    assert_true(p2p__bucket_take(&b, 0));
    for (int i = 0; i < 10; i++) {
        taken += p2p__bucket_take(&b, 1000000) ? 1 : 0;
    }
    assert_int_equal(taken, 2);
}

static void test_the_last_moments_do_not_wrap(void **state)
{
    struct p2p__bucket b;

    (void)state;
    p2p__bucket_init(&b, 2, 10);
    assert_true(p2p__bucket_take(&b, P2P_NEVER - 1));
    assert_false(p2p__bucket_take(&b, P2P_NEVER - 15));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_one_each),
        cmocka_unit_test(test_it_fills_up_and_no_further),
        cmocka_unit_test(test_the_last_moments_do_not_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
