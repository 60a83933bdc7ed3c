/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/tstr.h"

#include "unit.h"

/* want NULL: the template is fine. */
static void check(const char *text, bool njs, const char *want)
{
    struct um_buf why = UM_BUF_INIT;
    bool ok = um_ststr_check(um_str(text), njs, &why);

    um_buf_byte(&why, '\0');
    assert_string_equal(why.p, want != NULL ? want : "");
    assert_int_equal(ok, want == NULL);
    um_buf_fini(&why);
}

static void test_what_is_a_template(void **state)
{
    (void)state;
    assert_true(um_ststr_is(UM_STR("a$b")));
    assert_true(um_ststr_is(UM_STR("`a`")));
    assert_false(um_ststr_is(UM_STR("plain")));
    assert_false(um_ststr_is(UM_STR("")));
}

static void test_variables(void **state)
{
    (void)state;
    check("/www$uri/${host}x$method", false, NULL);
    check("$header_accept$arg_x${cookie_a}$response_header_b", false, NULL);
    check("$dollar", false, NULL);
    check("$", false, "Invalid variable at position 0");
    check("ab$", false, "Invalid variable at position 2");
    check("$uri$1", false, "Invalid variable at position 4");
    check("${uri", false, "Invalid variable at position 0");
    check("${}", false, "Invalid variable at position 0");
    check("${uri/}", false, "Invalid variable at position 0");
    check("$nope", false, "Unknown variable \"nope\"");
    check("$uris", false, "Unknown variable \"uris\"");
    check("$arg_", false, "Unknown variable \"arg_\"");
    check("$header", false, "Unknown variable \"header\"");
}

static void test_javascript_wants_njs(void **state)
{
    (void)state;
    check("`/www${uri}`", true, NULL);
    check("`/www${uri}`", false,
          "Unit is built without support of njs: \"--njs\" ./configure option "
          "is missing.");
    check("`${(}`", true,
          "\"SyntaxError: Unexpected token \"}\"\n    at default:1\n\"");
    /* a back-tick further on is a letter */
    check("a`b", false, NULL);
}

static void test_parts(void **state)
{
    struct um_str rest = UM_STR("a${uri}b$host"), text, name;

    (void)state;
    assert_true(um_ststr_next(&rest, &text, &name));
    assert_true(um_str_eq(text, UM_STR("a")) && name.len == 0);
    assert_true(um_ststr_next(&rest, &text, &name));
    assert_true(um_str_eq(text, UM_STR("${uri}")));
    assert_true(um_str_eq(name, UM_STR("uri")));
    assert_true(um_ststr_next(&rest, &text, &name));
    assert_true(um_str_eq(text, UM_STR("b")) && name.len == 0);
    assert_true(um_ststr_next(&rest, &text, &name));
    assert_true(um_str_eq(name, UM_STR("host")));
    assert_int_equal(rest.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_template),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_javascript_wants_njs),
        cmocka_unit_test(test_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
