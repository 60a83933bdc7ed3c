/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

/* Parses text and compares what is printed. */
static void reads(struct um_str text, const char *compact)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_doc_error err = {.text = ""};
    struct um_val v;

    if (um_doc_parse(text, &r.arena, &v, &err) != 0)
        fail_msg("%.*s: %s", UM_STR_ARG(text), err.text);
    assert_string_equal(rig_text(&r, &v), compact);
    rig_fini(&r);
}

/* Expects a mistake that begins with `words` at an offset. */
static void refuses(struct um_str text, const char *words, size_t at)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_doc_error err;
    struct um_val v;

    assert_int_equal(um_doc_parse(text, &r.arena, &v, &err), P2P_EFORMAT);
    if (strncmp(err.text, words, strlen(words)) != 0 || err.at != at)
        fail_msg("%.*s: %s at %zu", UM_STR_ARG(text), err.text, err.at);
    assert_true(err.has_place);
    assert_int_equal(um_doc_parse(text, &r.arena, &v, NULL), P2P_EFORMAT);
    rig_fini(&r);
}

static void test_what_people_write(void **state)
{
    (void)state;
    reads(UM_STR(" { \"a\" : [ 1 , true, false ,null ] } \n"),
          "{\"a\":[1,true,false,null]}");
    reads(UM_STR("// first\n{/* in */\"a\"/**/:1,// more\n\"b\":[2,],}/***/"),
          "{\"a\":1,\"b\":[2]}");
    reads(UM_STR("\xef\xbb\xbf[1,]"), "[1]");
    reads(UM_STR("\"x\""), "\"x\"");
    reads(UM_STR("-0"), "-0");
    reads(UM_STR("{\"\":{}}"), "{\"\":{}}");
}

static void test_text_is_kept(void **state)
{
    (void)state;
    reads(UM_STR("[1.0,1.50,1e3,1E+3,-0,100e-2,0.0e0]"),
          "[1.0,1.50,1e3,1E+3,-0,100e-2,0.0e0]");
    reads(UM_STR("{\"z\":1,\"a\":2,\"m\":3,\"10\":4,\"9\":5}"),
          "{\"z\":1,\"a\":2,\"m\":3,\"10\":4,\"9\":5}");
    reads(UM_STR("\"\\u0041\\/\\u00e9\\ud83d\\ude00\\n\\u001f\\\"\\\\\""),
          "\"A/\xc3\xa9\xf0\x9f\x98\x80\\n\\u001F\\\"\\\\\"");
    reads(UM_STR("\"\x7f\xe2\x80\xa8\\u0000\""), "\"\x7f\xe2\x80\xa8\\u0000\"");
    reads(UM_STR("\"\xff\xc3(\x80\""), "\"\xff\xc3(\x80\"");
}

static void test_mistakes_have_units_words_and_place(void **state)
{
    (void)state;
    refuses(UM_STR(""), "An empty JSON payload", 0);
    refuses(UM_STR("  // x"), "A valid JSON value is expected", 2);
    refuses(UM_STR("{} // x"), "Unexpected character after the end", 3);
    refuses(UM_STR("{} /* x"), "Unexpected character after the end", 3);
    refuses(UM_STR("{\"a\" 1}"), "A colon (:) is expected", 5);
    refuses(UM_STR("{\"a\":"),
            "Unexpected end of JSON payload.  There's an "
            "object member",
            5);
    refuses(UM_STR("{\"a\":1"),
            "Unexpected end of JSON payload.  There's an "
            "object without",
            6);
    refuses(UM_STR("[1"), "Unexpected end of JSON payload.  There's an array",
            2);
    refuses(UM_STR("{a:1}"), "A double quote (\")", 1);
    refuses(UM_STR("{\"a\":1 \"b\":2}"), "Either a closing brace", 7);
    refuses(UM_STR("[1 2]"), "Either a closing bracket", 3);
    refuses(UM_STR("[,]"), "A valid JSON value", 1);
    refuses(UM_STR("[1,,]"), "A valid JSON value", 3);
    refuses(UM_STR("nul"), "A valid JSON value", 0);
    refuses(UM_STR("trueX"), "Unexpected character after the end", 4);
    refuses(UM_STR("[NaN]"), "A valid JSON value", 1);
    refuses(UM_STR("'x'"), "A valid JSON value", 0);
    refuses(UM_STR("{}\0"), "Unexpected character after the end", 2);
    refuses(UM_STR("# x\n1"), "A valid JSON value", 0);
}

static void test_strings_that_are_none(void **state)
{
    (void)state;
    refuses(UM_STR("\"abc"),
            "Unexpected end of JSON payload.  There's a "
            "string",
            4);
    refuses(UM_STR("\"a\\"), "Unexpected end of JSON payload", 3);
    refuses(UM_STR("\"a\\u00"), "Unexpected end of JSON payload", 6);
    refuses(UM_STR("\"a\nb\""), "Unexpected character.", 2);
    refuses(UM_STR("\"a\\x\""), "Unexpected backslash.", 2);
    refuses(UM_STR("\"\\u00g0\""), "Invalid escape sequence.", 5);
    refuses(UM_STR("\"a\\ud800\""),
            "Invalid JSON encoding sequence.  This "
            "6-byte",
            2);
    refuses(UM_STR("\"a\\udc00\""),
            "Invalid JSON encoding sequence.  This "
            "6-byte",
            2);
    refuses(UM_STR("\"a\\ud800\\u0041\""),
            "Invalid JSON encoding sequence.  This 12-byte", 2);
    refuses(UM_STR("\"a\\udc00\\udc00\""),
            "Invalid JSON encoding sequence.  This 6-byte", 2);
    /* The other mistake of a literal comes first, wherever it stands. */
    refuses(UM_STR("\"\\ud800\\x\""), "Unexpected backslash.", 7);
}

static void test_numbers_that_are_none(void **state)
{
    (void)state;
    reads(UM_STR("[12345678901234]"), "[12345678901234]");
    assert_int_equal(UM_STR("12345678901234").len, 14);
    refuses(UM_STR("[123456789012345]"), "The number is too long.", 1);
    refuses(UM_STR("01"), "The number is invalid.  Leading zeros", 0);
    refuses(UM_STR("-01"), "The number is invalid.  Leading zeros", 1);
    refuses(UM_STR("1."), "The number is invalid.  A fraction", 0);
    refuses(UM_STR("1e"), "The number is invalid.  An exponent", 0);
    refuses(UM_STR("1e+"), "The number is invalid.  An exponent", 0);
    refuses(UM_STR("-"), "A valid JSON value", 0);
    refuses(UM_STR("+1"), "A valid JSON value", 0);
    refuses(UM_STR(".5"), "A valid JSON value", 0);
    refuses(UM_STR("1x"), "A valid JSON value", 0);
    refuses(UM_STR("1e400"), "The number is out of representable range.", 0);
    refuses(UM_STR("1e-400"), "The number is out of representable range.", 0);
    refuses(UM_STR("1e19"), "The number is out of representable range.", 0);
    refuses(UM_STR("9.3e18"), "The number is out of representable range.", 0);
    reads(UM_STR("9.2e18"), "9.2e18");
    reads(UM_STR("-9.2233720e18"), "-9.2233720e18");
    reads(UM_STR("2.225074e-308"), "2.225074e-308");
    refuses(UM_STR("2.225073e-308"), "The number is out of representable", 0);
    reads(UM_STR("0e999"), "0e999");
}

static void test_names_are_unique(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_doc_error err;
    struct um_val v;

    (void)state;
    refuses(UM_STR("{\"a\":1,\"a\":2}"), "Duplicate object member.", 7);
    refuses(UM_STR("{\"a\":1,\"\\u0061\":2}"), "Duplicate object member.", 7);
    /* before a mistake that comes later, and after one that comes earlier */
    refuses(UM_STR("{\"a\":1,\"a\":?}"), "Duplicate object member.", 7);
    refuses(UM_STR("{\"a\":?,\"a\":1}"), "A valid JSON value", 5);
    refuses(UM_STR("{\"a\":1,\"a\":{\"b\":1,\"b\":2}}"),
            "Duplicate object member.", 7);
    refuses(UM_STR("{\"a\":1,\"a"), "Unexpected end of JSON payload", 9);
    reads(UM_STR("[{\"a\":1},{\"a\":1}]"), "[{\"a\":1},{\"a\":1}]");
    assert_int_equal(um_doc_parse(UM_STR("{\"x\":[{},{\"a/b\":1,\n \"a\\/b\":"
                                         "2}]}"),
                                  &r.arena, &v, &err),
                     P2P_EFORMAT);
    assert_string_equal(rig_str(&r, err.pointer), "/x/1/a~1b");
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 2);
    rig_fini(&r);
}

/* A name of a big object that comes again, first of two that do. */
static void test_names_are_unique_in_big_objects(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    size_t at;

    (void)state;
    um_buf_byte(&b, '{');
    for (int i = 0; i < 5000; i++)
        um_buf_fmt(&b, "\"n%d\":0,", (i * 7919) % 5000);
    at = b.len;
    um_buf_text(&b, "\"n4321\":1,\"n0\":1,");
    for (int i = 0; i < 100; i++)
        um_buf_fmt(&b, "\"m%d\":0,", i);
    um_buf_byte(&b, '}');
    refuses(um_buf_view(&b), "Duplicate object member.", at);
    um_buf_fini(&b);
}

static void test_places(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_doc_error err;
    struct um_val v;

    (void)state;
    assert_int_equal(
        um_doc_parse(UM_STR("{\"a\":\n\"\xc3\xa9\xf0\x9f\x98\x80\" x}"),
                     &r.arena, &v, &err),
        P2P_EFORMAT);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 6); /* characters, not bytes */
    assert_string_equal(rig_str(&r, err.pointer), "");
    assert_int_equal(
        um_doc_parse(UM_STR("[1,[2,{\"k\":[0,0,?]}]]"), &r.arena, &v, &err),
        P2P_EFORMAT);
    assert_string_equal(rig_str(&r, err.pointer), "/1/1/k");
    /* A line that is not UTF-8 has no columns, and Unit names no line. */
    assert_int_equal(um_doc_parse(UM_STR("[\"\xff\" x]"), &r.arena, &v, &err),
                     P2P_EFORMAT);
    assert_int_equal(err.line, 0);
    rig_fini(&r);
}

static void nested(struct um_buf *b, size_t depth)
{
    um_buf_clear(b);
    um_buf_fill(b, '[', depth);
    um_buf_fill(b, ']', depth);
}

static void test_depth_is_capped(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    nested(&b, UM__CAP_DOC_DEPTH);
    um_buf_byte(&b, '\0');
    reads(um_str(b.p), b.p);
    nested(&b, UM__CAP_DOC_DEPTH + 1);
    refuses(um_buf_view(&b), "JSON nesting exceeds the maximum",
            UM__CAP_DOC_DEPTH);
    nested(&b, 4000000);
    refuses(um_buf_view(&b), "JSON nesting exceeds", UM__CAP_DOC_DEPTH);
    um_buf_fini(&b);
}

static void test_members_are_capped(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_buf b = UM_BUF_INIT;
    struct um_val v;

    (void)state;
    /* half of them in one array, half in another; and the two themselves */
    um_buf_text(&b, "[[");
    for (size_t i = 0; i < UM__CAP_DOC_MEMBERS - 2; i++)
        um_buf_text(&b, i == UM__CAP_DOC_MEMBERS / 2 ? "],[1," : "1,");
    um_buf_text(&b, "]]");
    assert_int_equal(um_doc_parse(um_buf_view(&b), &r.arena, &v, NULL), 0);
    b.len -= 2;
    um_buf_text(&b, "1]]");
    refuses(um_buf_view(&b), "The document has too many members and elements.",
            b.len - 3);
    b.len -= 3;
    um_buf_text(&b, "],{\"a\":1}]");
    refuses(um_buf_view(&b), "The document has too many members and elements.",
            b.len - 8);
    um_buf_fini(&b);
    rig_fini(&r);
}

static void test_bytes_are_capped(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_buf b = UM_BUF_INIT;
    struct um_doc_error err;
    struct um_val v;

    (void)state;
    um_buf_byte(&b, '"');
    um_buf_fill(&b, 'x', UM__CAP_DOC_BYTES - 2);
    um_buf_byte(&b, '"');
    assert_int_equal(um_doc_parse(um_buf_view(&b), &r.arena, &v, &err), 0);
    um_buf_byte(&b, ' ');
    assert_int_equal(um_doc_parse(um_buf_view(&b), &r.arena, &v, &err),
                     P2P_ETOOBIG);
    assert_int_equal(err.at, UM__CAP_DOC_BYTES);
    um_buf_fini(&b);
    rig_fini(&r);
}

/* Looking at a text takes what reading takes, and more members. */
static void test_a_look_takes_more_members(void **state)
{
    static const struct {
        const char *text;
        int rc;
        enum um_val_kind kind;
    } cases[] = {
        {"{}", 0, UM_VAL_OBJECT},
        {"\xef\xbb\xbf [1, 2,] // x\n", 0, UM_VAL_ARRAY},
        {"{\"a\": [{\"b\": [1, {}]}, null], \"c\": -1.5}", 0, UM_VAL_OBJECT},
        {"\"x\"", 0, UM_VAL_STRING},
        {"{\"a\": 1, \"a\": 2}", 0, UM_VAL_OBJECT}, /* Unit will say so */
        {"{\"a\": [1, 2 3]}", P2P_EFORMAT, 0},
        {"{\"a\": 1, b: 2}", P2P_EFORMAT, 0},
        {"{\"a\": 1", P2P_EFORMAT, 0},
        {"{} {}", P2P_EFORMAT, 0},
        {"", P2P_EFORMAT, 0},
    };
    struct um_buf b = UM_BUF_INIT;
    struct um_doc_error err;
    enum um_val_kind kind = UM_VAL_NULL;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(um_doc_look(um_str(cases[i].text), &kind, &err),
                         cases[i].rc);
        if (cases[i].rc == 0)
            assert_int_equal(kind, cases[i].kind);
        else
            assert_true(!err.has_pointer && err.text != NULL);
    }
    um_buf_text(&b, "{\"a\": [");
    for (size_t i = 0; i < UM__CAP_DOC_LOOK_MEMBERS - 1; i++)
        um_buf_text(&b, i % 3 == 0 ? "1," : "[],");
    um_buf_text(&b, "]}");
    assert_int_equal(um_doc_look(um_buf_view(&b), &kind, NULL), 0);
    assert_int_equal(kind, UM_VAL_OBJECT);
    b.len -= 2;
    um_buf_text(&b, "1]}");
    assert_int_equal(um_doc_look(um_buf_view(&b), &kind, &err), P2P_EFORMAT);
    assert_string_equal(err.text,
                        "The document has too many members and elements.");
    nested(&b, UM__CAP_DOC_DEPTH + 1);
    assert_int_equal(um_doc_look(um_buf_view(&b), &kind, &err), P2P_EFORMAT);
    assert_int_equal(err.at, UM__CAP_DOC_DEPTH);
    um_buf_clear(&b);
    um_buf_fill(&b, ' ', UM__CAP_DOC_BYTES + 1);
    assert_int_equal(um_doc_look(um_buf_view(&b), &kind, &err), P2P_ETOOBIG);
    um_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_people_write),
        cmocka_unit_test(test_text_is_kept),
        cmocka_unit_test(test_mistakes_have_units_words_and_place),
        cmocka_unit_test(test_strings_that_are_none),
        cmocka_unit_test(test_numbers_that_are_none),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_names_are_unique_in_big_objects),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_depth_is_capped),
        cmocka_unit_test(test_members_are_capped),
        cmocka_unit_test(test_bytes_are_capped),
        cmocka_unit_test(test_a_look_takes_more_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
