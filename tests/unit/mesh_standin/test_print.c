/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/print.h"

#include <string.h>

#include "mesh/standin/parse.h"
#include "unit.h"

/* text is printed as want. */
static void prints(const char *text, const char *want, bool pretty)
{
    static const struct um_sjson_limits limits = {0, 0, 0};
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_sjson_error err;
    struct um_sval v;

    assert_int_equal(um_sjson_parse(um_str(text), &limits, &a, &v, &err), 0);
    if (pretty)
        um_sjson_pretty(&b, &v);
    else
        um_sjson_compact(&b, &v);
    um_buf_byte(&b, '\0');
    assert_string_equal(b.p, want);
    um_buf_fini(&b);
    um_arena_fini(&a);
}

static void test_scalars(void **state)
{
    (void)state;
    prints("null", "null", true);
    prints("true", "true", true);
    prints("false", "false", true);
    prints("1.50", "1.50", true);
    prints("\"x\"", "\"x\"", true);
}

static void test_strings_are_escaped_as_little_as_may_be(void **state)
{
    (void)state;
    prints("\"\\n\\r\\t\\b\\f\\\"\\\\\\/\"", "\"\\n\\r\\t\\b\\f\\\"\\\\/\"",
           false);
    prints("\"\\u0000\\u0001\\u001f\\u007f\"", "\"\\u0000\\u0001\\u001F\x7f\"",
           false);
    prints("\"\\u00e9 \xff\"", "\"\xc3\xa9 \xff\"", false);
    prints("{\"a\\nb\": 1}", "{\"a\\nb\":1}", false);
}

static void test_empty_containers_stay_in_line(void **state)
{
    (void)state;
    prints("{\"a\": {}, \"b\": [], \"c\": 1}",
           "{\r\n"
           "\t\"a\": {},\r\n"
           "\t\"b\": [],\r\n"
           "\t\"c\": 1\r\n"
           "}",
           true);
}

static void test_a_blank_line_follows_a_container(void **state)
{
    (void)state;
    prints("{\"a\": {\"x\": 1}, \"b\": [1, 2], \"c\": 1, \"d\": 2}",
           "{\r\n"
           "\t\"a\": {\r\n"
           "\t\t\"x\": 1\r\n"
           "\t},\r\n"
           "\r\n"
           "\t\"b\": [\r\n"
           "\t\t1,\r\n"
           "\t\t2\r\n"
           "\t],\r\n"
           "\r\n"
           "\t\"c\": 1,\r\n"
           "\t\"d\": 2\r\n"
           "}",
           true);
}

static void test_elements_have_no_blank_lines_and_take_them_away(void **state)
{
    (void)state;
    prints("[{\"a\": 1}, {\"b\": 2}]",
           "[\r\n"
           "\t{\r\n"
           "\t\t\"a\": 1\r\n"
           "\t},\r\n"
           "\t{\r\n"
           "\t\t\"b\": 2\r\n"
           "\t}\r\n"
           "]",
           true);
    /* the flag outlives what comes between: a scalar, an empty container */
    prints("{\"a\": {\"b\": [1], \"c\": {}}, \"d\": 1}",
           "{\r\n"
           "\t\"a\": {\r\n"
           "\t\t\"b\": [\r\n"
           "\t\t\t1\r\n"
           "\t\t],\r\n"
           "\r\n"
           "\t\t\"c\": {}\r\n"
           "\t},\r\n"
           "\r\n"
           "\t\"d\": 1\r\n"
           "}",
           true);
}

static void test_compact(void **state)
{
    (void)state;
    prints("{ \"a\" : [ 1 , { } , null ] , \"b\" : { \"c\" : true } }",
           "{\"a\":[1,{},null],\"b\":{\"c\":true}}", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_strings_are_escaped_as_little_as_may_be),
        cmocka_unit_test(test_empty_containers_stay_in_line),
        cmocka_unit_test(test_a_blank_line_follows_a_container),
        cmocka_unit_test(test_elements_have_no_blank_lines_and_take_them_away),
        cmocka_unit_test(test_compact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
