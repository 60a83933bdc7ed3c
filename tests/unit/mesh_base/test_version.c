/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/base/version.h"
#include "unit.h"

static int compare(const char *a, const char *b)
{
    int rv = um_version_compare(um_str(a), um_str(b));

    assert_int_equal(um_version_compare(um_str(b), um_str(a)), -rv);
    return rv;
}

static void test_by_numbers_not_by_letters(void **state)
{
    (void)state;
    assert_int_equal(compare("0.1.0", "0.1.0"), 0);
    assert_int_equal(compare("0.1.0", "0.1.1"), -1);
    assert_int_equal(compare("0.9.0", "0.10.0"), -1);
    assert_int_equal(compare("1.0.0", "0.99.99"), 1);
    assert_int_equal(compare("0.2", "0.2.0"), 0);
    assert_int_equal(compare("0.2.1-rc1", "0.2.1"), 0);
    assert_int_equal(compare("0.2.1", "0.2.0.9"), 1);
}

static void test_what_is_no_version_is_the_oldest(void **state)
{
    (void)state;
    assert_int_equal(compare("", "0.0.1"), -1);
    assert_int_equal(compare("newest", "0.0.1"), -1);
    assert_int_equal(compare("99999999999999999999.1", "999999.1"), 1);
    assert_int_equal(compare("99999999999999999999", "1000000"), 0);
    assert_int_equal(um_version_compare(um_str_n(NULL, 0), UM_STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_numbers_not_by_letters),
        cmocka_unit_test(test_what_is_no_version_is_the_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
