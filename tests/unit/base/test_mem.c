/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/mem.h"
#include "base/types.h"
#include "unit.h"

static void test_zalloc_is_zero(void **state)
{
    uint8_t *p = p2p__zalloc(4096);

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < 4096; i++) {
        assert_int_equal(p[i], 0);
    }
    p2p__free(p);
    p2p__free(NULL);
}

static void test_realloc_keeps_the_content(void **state)
{
    char *p = p2p__strdup("mesh");

    (void)state;
    p = p2p__realloc(p, 100000);
    assert_non_null(p);
    assert_string_equal(p, "mesh");
    p2p__free(p);
}

static void test_copies_are_apart(void **state)
{
    char text[] = "abc";
    char *copy = p2p__memdup(text, sizeof text);
    void *empty = p2p__memdup(NULL, 0);

    (void)state;
    text[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_non_null(empty);
    p2p__free(copy);
    p2p__free(empty);
}

static void test_wipe_zeroes_all_and_no_more(void **state)
{
    uint8_t secret[40];

    (void)state;
    memset(secret, 0xaa, sizeof secret);
    p2p__wipe(secret + 4, 32);
    for (size_t i = 0; i < sizeof secret; i++) {
        assert_int_equal(secret[i], i >= 4 && i < 36 ? 0 : 0xaa);
    }
    p2p__wipe(secret, 0);
    assert_int_equal(secret[0], 0xaa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zalloc_is_zero),
        cmocka_unit_test(test_realloc_keeps_the_content),
        cmocka_unit_test(test_copies_are_apart),
        cmocka_unit_test(test_wipe_zeroes_all_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
