/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "mesh/base/buf.h"
#include "unit.h"

static void test_it_grows_and_keeps_its_bytes(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 10000; i++)
        um_buf_u64(&b, i % 10);
    assert_int_equal(b.len, 10000);
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(b.p[i], '0' + (char)(i % 10));
    assert_false(um_buf_failed(&b));
    um_buf_fini(&b);
    assert_null(b.p);
}

static void test_numbers_and_text(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    um_buf_u64(&b, 0);
    um_buf_byte(&b, ' ');
    um_buf_u64(&b, UINT64_MAX);
    um_buf_fill(&b, 'x', 3);
    um_buf_fmt(&b, "<%d>", -7);
    um_buf_str(&b, UM_STR("end"));
    assert_true(
        um_str_eq(um_buf_view(&b), UM_STR("0 18446744073709551615xxx<-7>end")));
    um_buf_fini(&b);
}

static void test_long_formatted_text_is_cut(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    um_buf_fmt(&b, "%5000d", 1);
    assert_int_equal(b.len, 4095);
    um_buf_fini(&b);
}

static void test_consume_takes_from_the_front(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    um_buf_text(&b, "abcdef");
    um_buf_consume(&b, 2);
    um_buf_consume(&b, 0);
    assert_true(um_str_eq(um_buf_view(&b), UM_STR("cdef")));
    um_buf_consume(&b, 4);
    assert_int_equal(b.len, 0);
    um_buf_fini(&b);
}

static void test_a_failure_is_remembered_until_clear(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    um_buf_text(&b, "kept");
    assert_null(um_buf_reserve(&b, SIZE_MAX / 2));
    um_buf_text(&b, "lost");
    assert_true(um_buf_failed(&b));
    assert_int_equal(b.len, 4);
    um_buf_clear(&b);
    um_buf_text(&b, "new");
    assert_false(um_buf_failed(&b));
    assert_int_equal(b.len, 3);
    um_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_grows_and_keeps_its_bytes),
        cmocka_unit_test(test_numbers_and_text),
        cmocka_unit_test(test_long_formatted_text_is_cut),
        cmocka_unit_test(test_consume_takes_from_the_front),
        cmocka_unit_test(test_a_failure_is_remembered_until_clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
