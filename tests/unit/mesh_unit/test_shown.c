/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What Unit shows, and what is the same of it. */
#include "mesh/unit/shown.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void test_compact(void **state)
{
    static const char *const rows[][2] = {
        {"{\r\n\t\"a b\": [ 1, \"\\\" x\\\\\" ]\r\n}\r\n",
         "{\"a b\":[1,\"\\\" x\\\\\"]}"},
        {"\" open", "\" open"},
        {"\"end\\", "\"end\\"},
        {"", ""},
        {" 1 ", "1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct um_buf b = UM_BUF_INIT;

        um_shown_compact(um_str(rows[i][0]), &b);
        um_buf_byte(&b, '\0');
        assert_string_equal(b.p, rows[i][1]);
        um_buf_fini(&b);
    }
}

static void test_same(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"{}\r\n", "{}\r\n", true},
        /* Both are Unit's own: byte for byte. */
        {"{\"a\": 1,\r\n\"b\": 2}\r\n", "{\"b\": 2,\r\n\"a\": 1}\r\n", false},
        {"{\"a\": 1}\r\n", "{\"a\":1}\r\n", false},
        /* One was put together. */
        {"{\"a\": 1,\r\n\"b\": 2}\r\n", "{\"b\":2\r\n,\"a\":1}", true},
        {"{\"b\":2,\"a\":1}", "{\"a\": 1,\r\n\"b\": 2}\r\n", true},
        {"{\"a\": 1,\r\n\"b\": 2}\r\n", "{\"b\":2,\"a\":2}", false},
        {"{\"a\": 1,\r\n\"b\": 2}\r\n", "{\"b\":2}", false},
        {"{\"a\": 1}\r\n", "{\"a\":1,\"b\":2}", false},
        {"{\"a\": {\"x\": 1, \"y\": [2, 3]}}\r\n",
         "{\"a\":{\"y\":[2,3],\"x\":1}}", false}, /* below, order counts */
        {"{\"a,}\": \",\\\"{\", \"b\": [ {} ]}\r\n",
         "{\"b\":[{}],\"a,}\":\",\\\"{\"}", true},
        {"{\"a\": \"x y\"}\r\n", "{\"a\":\"xy\"}", false},
        {"{}\r\n", "{}", true},
        {"{}\r\n", "", false},
        {"", "x", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (um_shown_same(um_str(rows[i].a), um_str(rows[i].b)) != rows[i].same)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
    }
}

static void test_fits(void **state)
{
    static const struct {
        const char *shown, *config;
        bool fits;
    } rows[] = {
        {"{\r\n\t\"a\": 1\r\n}\r\n", "{\"a\":1}", true},
        {"{\"a\": \"\303\251/\"}\r\n", "{\"a\":\"\\u00e9\\/\"}", true},
        {"{\"a\": 1, \"b\": {}}\r\n", "{\"b\":{},\"a\":1}", true},
        {"{\"a\": 1}\r\n", "{\"a\":1.0}", false},
        {"{\"a\": 1}\r\n", "{\"a\":1,\"b\":2}", false},
        {"{\"a\": 1, \"b\": 2}\r\n", "{\"a\":1}", false},
        {"{\"a\": [1, 2]}\r\n", "{\"a\":[2,1]}", false},
        {"{}\r\n", "{\"a\":1}", false},
        /* It cannot be told. */
        {"{\"a\": 1}\r\n", "{\"a\":", true},
        {"{\"a\"", "{\"a\":1}", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (um_shown_fits(um_str(rows[i].shown), um_str(rows[i].config)) !=
            rows[i].fits)
            fail_msg("%s for %s", rows[i].shown, rows[i].config);
    }
}

static void test_blank(void **state)
{
    char *much = malloc(1 << 20);

    (void)state;
    assert_non_null(much);
    assert_true(um_shown_blank(
        UM_STR("{\r\n\t\"listeners\": {},\r\n\t\"routes\": [],\r\n\t"
               "\"applications\": {}\r\n}\r\n")));
    assert_true(
        um_shown_blank(UM_STR("{\"listeners\":{},\"applications\":{}}")));
    assert_false(um_shown_blank(UM_STR("{}")));
    assert_false(um_shown_blank(UM_STR("")));
    assert_false(um_shown_blank(UM_STR("{\"listeners\":{}}")));
    assert_false(um_shown_blank(
        UM_STR("{\"listeners\":{},\"routes\":[],\"applications\":{},}")));
    memset(much, ' ', 1 << 20);
    assert_false(um_shown_blank(um_str_n(much, 1 << 20)));
    free(much);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compact),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_blank),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
