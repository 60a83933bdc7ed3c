/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Revisions as people write them. */
#include "mesh/trust/revname.h"

#include "p2p/err.h"
#include "rig.h"

#include <stdio.h>

static struct um_name id_of(const char *hex)
{
    struct um_revname n;
    char text[UM_REVNAME_TEXT_MAX];

    (void)snprintf(text, sizeof text, "r1.%s", hex);
    assert_int_equal(um_revname_parse(um_str(text), &n), 0);
    return n.id;
}

static bool fits(const char *typed, uint64_t number, const char *hex)
{
    struct um_revname n;
    struct um_name id = id_of(hex);

    assert_int_equal(um_revname_parse(um_str(typed), &n), 0);
    return um_revname_fits(&n, number, &id);
}

static void test_what_is_shown_can_be_typed(void **state)
{
    struct um_name id = id_of("9f3c4d");
    char text[UM_REVNAME_TEXT_MAX];
    struct um_revname n;

    (void)state;
    assert_string_equal(um_revname_text(42, &id, UM_REVNAME_DIGITS, text),
                        "r42.9f3c");
    assert_true(fits(text, 42, "9f3c4d"));
    um_revname_text(UM_PB_NUM_MAX, &id, 64, text);
    assert_int_equal(strlen(text), 1 + 16 + 1 + 64);
    assert_int_equal(um_revname_parse(um_str(text), &n), 0);
    assert_true(n.number == UM_PB_NUM_MAX);
    assert_true(um_name_eq(&n.id, &id));
}

static void test_what_fits_and_what_does_not(void **state)
{
    (void)state;
    assert_true(fits("r42", 42, "9f3c"));
    assert_false(fits("r42", 43, "9f3c"));
    assert_true(fits("r42.9", 42, "9f3c"));
    assert_true(fits("R42.9F3C", 42, "9f3c"));
    assert_false(fits("r42.9f3d", 42, "9f3c"));
    assert_false(fits("r42.9e", 42, "9f3c"));
    assert_false(fits("r42.9f3c1", 42, "9f3c"));
    assert_true(fits("9f3c0000", 42, "9f3c"));
    assert_true(fits("9F3C00000", 7, "9f3c"));
    assert_false(fits("9f3c0001", 42, "9f3c"));
}

static void test_what_is_no_revision(void **state)
{
    static const char *const bad[] = {"",
                                      "r",
                                      "r0",
                                      "r042",
                                      "r-1",
                                      "r42.",
                                      "r42x",
                                      "r42.9g",
                                      "42",
                                      "9f3c",
                                      "9f3c000",
                                      "9f3c000g",
                                      "r 42",
                                      "r42.9f ",
                                      ".9f3c",
                                      "rr42",
                                      "r9007199254740992",
                                      "r10000000000000000000000000000"};
    char text[80];
    struct um_revname n;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(um_revname_parse(um_str(bad[i]), &n), P2P_EFORMAT);
    memset(text, 'a', sizeof text);
    assert_int_equal(um_revname_parse(um_str_n(text, 64), &n), 0);
    assert_int_equal(um_revname_parse(um_str_n(text, 65), &n), P2P_EFORMAT);
    assert_int_equal(um_revname_parse(um_str("r9007199254740991"), &n), 0);
}

static void test_as_many_digits_as_tell_them_apart(void **state)
{
    struct um_name a = id_of("9f3c4d");
    struct um_name b = id_of("9f3c4e");

    (void)state;
    assert_int_equal(um_revname_digits(&a, &b), 6);
    b = id_of("8");
    assert_int_equal(um_revname_digits(&a, &b), UM_REVNAME_DIGITS);
    b = id_of("9f3d");
    assert_int_equal(um_revname_digits(&a, &b), UM_REVNAME_DIGITS);
    b = id_of("9f3c5");
    assert_int_equal(um_revname_digits(&a, &b), 5);
    assert_int_equal(um_revname_digits(&a, &a), 64);
    b = a;
    b.b[31] ^= 1;
    assert_int_equal(um_revname_digits(&a, &b), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_shown_can_be_typed),
        cmocka_unit_test(test_what_fits_and_what_does_not),
        cmocka_unit_test(test_what_is_no_revision),
        cmocka_unit_test(test_as_many_digits_as_tell_them_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
