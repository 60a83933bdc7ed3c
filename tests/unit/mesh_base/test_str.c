/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/base/str.h"
#include "unit.h"

static void test_views_compare_bytes_zero_included(void **state)
{
    (void)state;
    assert_true(um_str_eq(um_str_n("a\0b", 3), um_str_n("a\0b", 3)));
    assert_false(um_str_eq(um_str_n("a\0b", 3), um_str_n("a\0c", 3)));
    assert_true(um_str_eq(um_str_n(NULL, 0), UM_STR("")));
    assert_true(um_str_eq_nocase(UM_STR("HoSt"), UM_STR("hOsT")));
    assert_false(um_str_eq_nocase(UM_STR("host"), UM_STR("hosts")));
    assert_false(um_str_eq_nocase(UM_STR("a["), UM_STR("a{")));
}

static void test_parts(void **state)
{
    const struct um_str s = UM_STR("path/to/it");

    (void)state;
    assert_true(um_str_starts(s, UM_STR("path/")));
    assert_true(um_str_starts(s, UM_STR("")));
    assert_false(um_str_starts(UM_STR("pa"), UM_STR("path")));
    assert_true(um_str_ends(s, UM_STR("/it")));
    assert_false(um_str_ends(UM_STR("t"), UM_STR("it")));
    assert_true(um_str_eq(um_str_skip(s, 5), UM_STR("to/it")));
    assert_int_equal(um_str_skip(s, 100).len, 0);
    assert_true(um_str_eq(um_str_head(s, 4), UM_STR("path")));
    assert_true(um_str_eq(um_str_head(s, 100), s));
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(um_str_find(UM_STR("a,b,c"), ','), 1);
    assert_int_equal(um_str_find(UM_STR("abc"), ','), 3);
    assert_int_equal(um_str_find(um_str_n(NULL, 0), ','), 0);
    assert_true(um_str_has(um_str_n("a\0", 2), '\0'));
    assert_false(um_str_has(UM_STR("a"), '\0'));
}

static void test_integers(void **state)
{
    (void)state;
    assert_int_equal(um_str_decimal(UM_STR("0")), 0);
    assert_int_equal(um_str_decimal(UM_STR("0012")), 12);
    assert_int_equal(um_str_decimal(UM_STR("9223372036854775807")), INT64_MAX);
    assert_int_equal(um_str_decimal(UM_STR("9223372036854775808")), -2);
    assert_int_equal(um_str_decimal(UM_STR("")), -1);
    assert_int_equal(um_str_decimal(UM_STR("-1")), -1);
    assert_int_equal(um_str_decimal(UM_STR("1 ")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views_compare_bytes_zero_included),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_integers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
