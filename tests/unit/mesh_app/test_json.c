/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The JSON of answers: what is written is read by the parser of documents. */
#include "mesh/app/json.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/doc/parse.h"
#include "unit.h"

/* Ends a document, and reads it. */
static struct um_val finish(struct um_json *j, struct um_arena *a)
{
    size_t len;
    const char *text = um_json_finish(j, &len);
    struct um_val v;

    assert_true(len > 0 && text[len - 1] == '\n');
    if (um_doc_parse(um_str_n(text, len), a, &v, NULL) != 0) {
        fail_msg("%.*s", (int)len, text);
    }
    return v;
}

static void test_it_is_written(void **state)
{
    struct um_json j;
    const char *text;
    size_t len;

    (void)state;
    um_json_init(&j);
    um_json_text(&j, "a", "b");
    um_json_uint(&j, "n", UINT64_MAX);
    um_json_bool(&j, "t", true);
    um_json_real(&j, "r", 1.5);
    um_json_raw(&j, "raw", um_str("{\"x\":[]}"));
    um_json_open(&j, "list", '[');
    um_json_open(&j, NULL, '{');
    um_json_close(&j, '}');
    um_json_bool(&j, NULL, false);
    um_json_open(&j, NULL, '[');
    um_json_close(&j, ']');
    um_json_close(&j, ']');
    um_json_str(&j, "s", um_str_n(NULL, 0));
    text = um_json_finish(&j, &len);
    assert_true(
        um_str_eq(um_str_n(text, len),
                  UM_STR("{\"a\":\"b\",\"n\":18446744073709551615,\"t\":true,"
                         "\"r\":1.500,\"raw\":{\"x\":[]},\"list\":[{},false,"
                         "[]],\"s\":\"\"}\n")));
    um_json_fini(&j);
    um_json_init(&j);
    text = um_json_finish(&j, &len);
    assert_true(um_str_eq(um_str_n(text, len), UM_STR("{}\n")));
    um_json_fini(&j);
}

/* Whatever bytes a text has, it is JSON, and text comes back as it was. */
static void test_any_bytes(void **state)
{
    static const char *const kept[] = {
        "",     "\"",       "\\",           "\x01\x1f\x7f\n\t", "\xc3\xa4",
        "\\u0", "\"\\\"\\", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    static const char *const mended[] = {
        "\xff", "\xc3", "\xc0\x80", "a\xe2\x82", "\xed\xa0\x80", "\x80z"};
    struct um_arena a = UM_ARENA_INIT;
    struct um_json j;
    struct um_val v;

    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        um_json_init(&j);
        um_json_text(&j, kept[i], kept[i]);
        v = finish(&j, &a);
        assert_int_equal(v.count, 1);
        assert_true(um_str_eq(v.members.p[0].name, um_str(kept[i])));
        assert_true(um_str_eq(v.members.p[0].value.text, um_str(kept[i])));
        um_json_fini(&j);
    }
    for (size_t i = 0; i < sizeof mended / sizeof *mended; i++) {
        um_json_init(&j);
        um_json_text(&j, "x", mended[i]);
        v = finish(&j, &a);
        assert_true(um_str_starts(
            um_str_skip(v.members.p[0].value.text,
                        um_str_find(v.members.p[0].value.text, '\xef')),
            UM_STR("\xef\xbf\xbd")));
        um_json_fini(&j);
    }
    um_arena_fini(&a);
}

/* A text without an end is shown up to its length, or to what is shown at
 * most; that it is cut inside of a letter makes no other bytes. */
static void test_texts_without_an_end(void **state)
{
    char *text = malloc(UM_JSON_STR_BYTES + 2);
    struct um_arena a = UM_ARENA_INIT;
    struct um_json j;
    struct um_val v;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', UM_JSON_STR_BYTES + 2);
    text[UM_JSON_STR_BYTES - 1] = '\xc3'; /* half of a letter */
    text[UM_JSON_STR_BYTES] = '\xa4';
    um_json_init(&j);
    um_json_str(&j, "x", um_str_n(text, UM_JSON_STR_BYTES + 2));
    um_json_str(&j, "y", um_str_n(text, 3));
    v = finish(&j, &a);
    assert_int_equal(v.members.p[0].value.text.len, UM_JSON_STR_BYTES - 1 + 3);
    assert_int_equal(v.members.p[1].value.text.len, 3);
    um_json_fini(&j);
    um_arena_fini(&a);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_written),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_texts_without_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
