/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/debt.h"
#include "unit.h"

static void test_debt_is_paid_off(void **state)
{
    const p2p_ns each = P2P__MS(10);
    struct p2p__debt d = {0};
    p2p_ns now = P2P__SEC(5);

    (void)state;
    assert_int_equal(p2p__debt_of(&d, each, now), 0);
    for (int i = 0; i < 100; i++) {
        p2p__debt_add(&d, each, now);
    }
    assert_int_equal(p2p__debt_of(&d, each, now), 100);
    assert_int_equal(p2p__debt_of(&d, each, now + 1), 100);
    assert_int_equal(p2p__debt_of(&d, each, now + each), 99);
    now += P2P__SEC(100);
    assert_int_equal(p2p__debt_of(&d, each, now), 0);
    p2p__debt_add(&d, each, now); /* nothing was saved up meanwhile */
    assert_int_equal(p2p__debt_of(&d, each, now), 1);
}

static void test_debt_without_end(void **state)
{
    struct p2p__debt d = {0};

    (void)state;
    p2p__debt_add(&d, P2P_NEVER, 1);
    p2p__debt_add(&d, P2P_NEVER, 1);
    assert_int_equal(p2p__debt_of(&d, P2P_NEVER, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_debt_is_paid_off),
        cmocka_unit_test(test_debt_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
