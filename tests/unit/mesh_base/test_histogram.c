/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Spans are counted where they belong: a bound is below itself. */
#include "mesh/base/histogram.h"

#include "unit.h"

static void test_a_span_is_below_its_bound(void **state)
{
    struct um_histogram h = {.sum_ms = 0};

    (void)state;
    for (size_t i = 0; i < UM_HISTOGRAM_BOUNDS; i++) {
        um_histogram_add(&h, um_histogram_bounds_ms[i]);
        assert_int_equal(um_histogram_upto(&h, i), i + 1);
        assert_int_equal(um_histogram_upto(&h, UM_HISTOGRAM_BOUNDS), i + 1);
        if (i > 0) {
            assert_true(um_histogram_bounds_ms[i] >
                        um_histogram_bounds_ms[i - 1]);
            assert_int_equal(um_histogram_upto(&h, i - 1), i);
        }
    }
}

static void test_what_is_longer_is_only_counted(void **state)
{
    struct um_histogram h = {.sum_ms = 0};

    (void)state;
    um_histogram_add(&h, 0);
    um_histogram_add(&h, 6);
    um_histogram_add(&h, 90000);
    assert_int_equal(um_histogram_upto(&h, 0), 1);
    assert_int_equal(um_histogram_upto(&h, 1), 2);
    assert_int_equal(um_histogram_upto(&h, UM_HISTOGRAM_BOUNDS - 1), 2);
    assert_int_equal(um_histogram_upto(&h, UM_HISTOGRAM_BOUNDS), 3);
    assert_int_equal(um_histogram_upto(&h, UM_HISTOGRAM_BOUNDS + 9), 3);
    assert_int_equal(h.sum_ms, 90006);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_span_is_below_its_bound),
        cmocka_unit_test(test_what_is_longer_is_only_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
