/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Words and places of errors: tests/data/unit-transcripts, 03. */
#include "mesh/standin/parse.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/standin/print.h"
#include "p2p/err.h"
#include "unit.h"

static const struct um_sjson_limits no_limits = {0, 0, 0};

struct parsed {
    struct um_arena arena;
    struct um_sval v;
    struct um_sjson_error err;
    struct um_buf text;
    int rc;
};

static void parse_n(struct parsed *p, const char *text, size_t n,
                    const struct um_sjson_limits *limits)
{
    /* a copy of exactly that size: a read behind the end is a crash */
    char *copy = malloc(n > 0 ? n : 1);

    memset(p, 0, sizeof(*p));
    memcpy(copy, text, n);
    p->rc =
        um_sjson_parse(um_str_n(copy, n), limits, &p->arena, &p->v, &p->err);
    free(copy);
    if (p->rc == 0)
        um_sjson_compact(&p->text, &p->v);
    um_buf_byte(&p->text, '\0');
}

static void parse(struct parsed *p, const char *text)
{
    parse_n(p, text, strlen(text), &no_limits);
}

static void fini(struct parsed *p)
{
    um_arena_fini(&p->arena);
    um_buf_fini(&p->text);
}

/* text is read as want, written without white space. */
static void reads(const char *text, const char *want)
{
    struct parsed p;

    parse(&p, text);
    assert_int_equal(p.rc, 0);
    assert_string_equal(p.text.p, want);
    fini(&p);
}

/* text is refused at that offset, with words that begin like that. */
static void refuses(const char *text, size_t at, const char *words)
{
    struct parsed p;

    parse(&p, text);
    if (p.rc != P2P_EFORMAT)
        fail_msg("%s: %d", text, p.rc);
    if (p.err.at != at)
        fail_msg("%s: at %zu, not %zu", text, p.err.at, at);
    if (strncmp(p.err.detail, words, strlen(words)) != 0)
        fail_msg("%s: %s", text, p.err.detail);
    fini(&p);
}

static void test_values(void **state)
{
    (void)state;
    reads("null", "null");
    reads(" true ", "true");
    reads("false", "false");
    reads("\"x\"", "\"x\"");
    reads("[]", "[]");
    reads("{}", "{}");
    reads("[1, [2, {}], {\"a\": [ ]}]", "[1,[2,{}],{\"a\":[]}]");
    reads("{\"\": {\"\": null}}", "{\"\":{\"\":null}}");
}

static void test_leniency(void **state)
{
    (void)state;
    reads("[1,]", "[1]");
    reads("{\"a\":1,}", "{\"a\":1}");
    reads("/* a */ [1 /**/ , // b\n 2] // c\n", "[1,2]");
    reads("{/*x*/\"a\"/*x*/:/*x*/1/*x*/,/*x*/}", "{\"a\":1}");
    reads("[1/*x*/]", "[1]");
    reads("[1//x\n]", "[1]");
    reads("/***/1/* * / **/", "1");
    /* numbers, strings and brackets need nothing between what ends them */
    reads("[\"a\",\"b\"]", "[\"a\",\"b\"]");
}

static void test_open_comments_are_no_comments(void **state)
{
    (void)state;
    refuses("/", 0, "A valid JSON value is expected here.");
    refuses("/*", 0, "A valid JSON value");
    refuses("/* *", 0, "A valid JSON value");
    refuses("// no end", 0, "A valid JSON value");
    refuses("1 /x", 2, "Unexpected character after the end of a valid JSON");
    refuses("1 /x\n", 2, "Unexpected character after the end of a valid JSON");
    refuses("[1 /* ]", 3, "Either a closing bracket (]) or a comma (,)");
    refuses("1 // x", 2, "Unexpected character after the end");
}

static void test_what_is_missing(void **state)
{
    (void)state;
    refuses("", 0, "An empty JSON payload isn't allowed.");
    refuses(" \r\n\t ", 0, "An empty JSON payload isn't allowed.");
    refuses("// x\n", 0, "An empty JSON payload isn't allowed.");
    refuses("{", 1,
            "Unexpected end of JSON payload.  There's an object without a "
            "closing brace (}).");
    refuses("{\"a\"", 4,
            "Unexpected end of JSON payload.  There's an object member "
            "without a value.");
    refuses("{\"a\": ", 6,
            "Unexpected end of JSON payload.  There's an object "
            "member without a value.");
    refuses("{\"a\":1", 6,
            "Unexpected end of JSON payload.  There's an object "
            "without a closing brace");
    refuses("{\"a\":1, ", 8,
            "Unexpected end of JSON payload.  There's an "
            "object without a closing brace");
    refuses("[", 1,
            "Unexpected end of JSON payload.  There's an array without "
            "a closing bracket (]).");
    refuses("[[1] ", 5, "Unexpected end of JSON payload.  There's an array");
    refuses("\"abc", 4,
            "Unexpected end of JSON payload.  There's a string "
            "without a final double quote (\").");
    refuses("[\"a\\", 4, "Unexpected end of JSON payload.  There's a string");
    refuses("\"\\u12", 5, "Unexpected end of JSON payload.  There's a string");
}

static void test_what_is_too_much(void **state)
{
    (void)state;
    refuses("1 2", 2,
            "Unexpected character after the end of a valid JSON "
            "value.");
    refuses("{}}", 2, "Unexpected character after the end");
    refuses("truefalse", 4, "Unexpected character after the end");
    refuses("[,]", 1,
            "A valid JSON value is expected here.  It must be either "
            "a literal (null, true, or false), a number, a string "
            "(in double quotes \"\"), an array (with brackets []), "
            "or an object (with braces {}).");
    refuses("[1,,]", 3, "A valid JSON value");
    refuses("{,}", 1,
            "A double quote (\") is expected here.  There must be a "
            "valid JSON object member starts with a name, which is "
            "a string enclosed in double quotes.");
    refuses("{a:1}", 1, "A double quote");
    refuses("{\"a\" 1}", 5,
            "A colon (:) is expected here.  There must be a "
            "colon after a JSON member name.");
    refuses("{\"a\":1 \"b\":2}", 7,
            "Either a closing brace (}) or a comma (,) is expected here.  Each "
            "JSON object must be enclosed in braces and its members must be "
            "separated by commas.");
    refuses("[1 2]", 3,
            "Either a closing bracket (]) or a comma (,) is expected here.  "
            "Each array must be enclosed in brackets and its members must be "
            "separated by commas.");
    refuses("[}", 1, "A valid JSON value");
    refuses("[1}", 2, "Either a closing bracket");
    refuses("{\"a\":1]", 6, "Either a closing brace");
    refuses("nul", 0, "A valid JSON value");
    refuses("[True]", 1, "A valid JSON value");
    refuses("\xef\xbb\xbf{}", 0, "A valid JSON value");
}

static void test_names_are_unique_as_decoded(void **state)
{
    (void)state;
    refuses("{\"a\":1,\"a\":2}", 7,
            "Duplicate object member.  All JSON object members must have "
            "unique names.");
    refuses("{\"a\":1,\"\\u0061\":2}", 7, "Duplicate object member.");
    refuses("{\"a\":1,\"a\"", 7, "Duplicate object member.");
    reads("{\"a\":{\"a\":1},\"A\":2}", "{\"a\":{\"a\":1},\"A\":2}");
}

/* The eleventh member and all behind it are known to a table. */
static void test_names_are_unique_in_big_objects(void **state)
{
    (void)state;
    for (unsigned n = 8; n < 40; n++) {
        struct um_buf b = UM_BUF_INIT;
        size_t at;

        um_buf_byte(&b, '{');
        for (unsigned i = 0; i < n; i++)
            um_buf_fmt(&b, "\"m%u\":1,", i);
        at = b.len;
        um_buf_fmt(&b, "\"m%u\":1}", n / 2);
        um_buf_byte(&b, '\0');
        refuses(b.p, at, "Duplicate object member.");
        um_buf_fini(&b);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    reads("0", "0");
    reads("-0", "-0");
    reads("0.5", "0.5");
    reads("1.0", "1.0");
    reads("-1.50e+3", "-1.50e+3");
    reads("1E2", "1E2");
    reads("12345678901234", "12345678901234");
    reads("[1,2.5,3]", "[1,2.5,3]");
    refuses("123456789012345", 0,
            "The number is too long.  Such a long JSON "
            "number value is not supported.");
    refuses("-12345678901234", 0, "The number is too long.");
    refuses("[01]", 1,
            "The number is invalid.  Leading zeros are not allowed "
            "in JSON numbers.");
    reads("[-01]", "[-01]"); /* Unit looks at the minus only */
    refuses("[00.5]", 1, "The number is invalid.  Leading zeros");
    refuses("[1.]", 1,
            "The number is invalid.  A fraction part in JSON "
            "numbers must contain at least one digit.");
    refuses("[-1.]", 2, "The number is invalid.  A fraction part");
    refuses("[1.e5]", 1, "The number is invalid.  A fraction part");
    refuses("[1e]", 1,
            "The number is invalid.  An exponent part in JSON "
            "numbers must contain at least one digit.");
    refuses("[-1e+]", 1, "The number is invalid.  An exponent part");
    refuses("[1e400]", 1,
            "The number is out of representable range.  Such "
            "JSON number value is not supported.");
    refuses("[1e19]", 1, "The number is out of representable range.");
    reads("1e18", "1e18");
}

static void test_what_may_follow_a_number(void **state)
{
    (void)state;
    refuses("[1x]", 1, "A valid JSON value");
    refuses("[1.2.3]", 1, "A valid JSON value");
    refuses("[-]", 1, "A valid JSON value");
    refuses("-", 0, "A valid JSON value");
    refuses("+1", 0, "A valid JSON value");
    refuses(".5", 0, "A valid JSON value");
    refuses("[0x10]", 1, "A valid JSON value");
    refuses("[1\"a\"]", 2, "Either a closing bracket");
    refuses("[1{}]", 2, "Either a closing bracket");
}

static void type_is(const char *text, enum um_sval_type type)
{
    struct parsed p;

    parse(&p, text);
    assert_int_equal(p.rc, 0);
    assert_int_equal(p.v.type, type);
    fini(&p);
}

static void test_integers_are_integers_by_value(void **state)
{
    (void)state;
    type_is("7", UM_SVAL_INTEGER);
    type_is("7.0", UM_SVAL_INTEGER);
    type_is("15e-1", UM_SVAL_NUMBER);
    type_is("70e-1", UM_SVAL_INTEGER);
    type_is("7.5", UM_SVAL_NUMBER);
}

static void string_is(const char *text, const char *bytes, size_t n)
{
    struct parsed p;

    parse(&p, text);
    assert_int_equal(p.rc, 0);
    assert_int_equal(p.v.type, UM_SVAL_STRING);
    assert_int_equal(p.v.text.len, n);
    assert_memory_equal(p.v.text.p, bytes, n);
    fini(&p);
}

static void test_strings(void **state)
{
    (void)state;
    string_is("\"\\\"\\\\\\/\\n\\r\\t\\b\\f\"", "\"\\/\n\r\t\b\f", 8);
    string_is("\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac", 6);
    string_is("\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4);
    string_is("\"\\ud800\\udc00\\udbff\\udfff\"",
              "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8);
    string_is("\"\\u0000x\"", "\0x", 2);
    string_is("\"\\u007f\\u0080\\u07ff\\u0800\"",
              "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80", 8);
    /* what is not UTF-8 passes through */
    string_is("\"\xff\xc3\"", "\xff\xc3", 2);
}

static void test_mistakes_in_strings(void **state)
{
    (void)state;
    refuses("\"a\nb\"", 2,
            "Unexpected character.  All control characters in a "
            "JSON string must be escaped.");
    refuses("\"\x1f\"", 1, "Unexpected character.");
    refuses("\"ab\\x\"", 3,
            "Unexpected backslash.  A literal backslash in a "
            "JSON string must be escaped with a second "
            "backslash (\\\\).");
    refuses("\"\\U0041\"", 1, "Unexpected backslash.");
    refuses("\"\\u00g0\"", 5,
            "Invalid escape sequence.  An escape sequence in "
            "a JSON string must start with a backslash, "
            "followed by the lowercase letter u, followed by "
            "four hexadecimal digits (\\uXXXX).");
    refuses("\"\\u\"", 3, "Invalid escape sequence.");
    refuses("\"\\ud800\"", 1,
            "Invalid JSON encoding sequence.  This 6-byte "
            "sequence does not represent a valid UTF "
            "character.");
    refuses("\"x\\udc00\"", 2, "Invalid JSON encoding sequence.  This 6-byte");
    refuses("\"\\udc00\\udc00\"", 1,
            "Invalid JSON encoding sequence.  This 6-byte");
    refuses("\"\\ud800\\u0041\"", 1,
            "Invalid JSON encoding sequence.  This 12-byte sequence composes "
            "an illegal UTF-16 surrogate pair.");
    refuses("\"\\ud800\\n\"", 1,
            "Invalid JSON encoding sequence.  This 6-byte");
    /* an escape that is wrong is found before a pair that is */
    refuses("\"\\ud800 \\x\"", 8, "Unexpected backslash.");
}

static void make_nested(struct um_buf *b, size_t depth)
{
    um_buf_clear(b);
    um_buf_fill(b, '[', depth);
    um_buf_fill(b, ']', depth);
}

static void test_freeunit_counts_depth(void **state)
{
    static const struct um_sjson_limits limits = {100, 0, 0};
    struct um_buf b = UM_BUF_INIT;
    struct parsed p;

    (void)state;
    make_nested(&b, 100);
    parse_n(&p, b.p, b.len, &limits);
    assert_int_equal(p.rc, 0);
    fini(&p);
    make_nested(&b, 101);
    parse_n(&p, b.p, b.len, &limits);
    assert_int_equal(p.rc, P2P_EFORMAT);
    assert_string_equal(p.err.detail,
                        "JSON nesting exceeds the maximum supported depth.");
    assert_int_equal(p.err.at, 100);
    fini(&p);
    um_buf_fini(&b);
}

static void test_freeunit_counts_members(void **state)
{
    static const struct um_sjson_limits limits = {0, 3, 0};
    struct parsed p;

    (void)state;
    parse_n(&p, "[1,2,3,]", 8, &limits);
    assert_int_equal(p.rc, 0);
    fini(&p);
    parse_n(&p, "[1,2,3, 4]", 10, &limits);
    assert_int_equal(p.rc, P2P_EFORMAT);
    assert_string_equal(p.err.detail, "JSON array has too many elements.");
    assert_int_equal(p.err.at, 8);
    fini(&p);
    parse_n(&p, "{\"a\":1,\"b\":1,\"c\":1,\"d\":1}", 25, &limits);
    assert_int_equal(p.rc, P2P_EFORMAT);
    assert_string_equal(p.err.detail, "JSON object has too many members.");
    assert_int_equal(p.err.at, 19);
    fini(&p);
}

static void test_depth_that_kills_unit(void **state)
{
    static const struct um_sjson_limits limits = {0, 0, 20000};
    struct um_buf b = UM_BUF_INIT;
    struct parsed p;

    (void)state;
    make_nested(&b, 20000);
    parse_n(&p, b.p, b.len, &limits);
    assert_int_equal(p.rc, 0);
    fini(&p);
    make_nested(&b, 20001);
    parse_n(&p, b.p, b.len, &limits);
    assert_int_equal(p.rc, P2P_ELIMIT);
    fini(&p);
    um_buf_fini(&b);
}

/* Ten members and fewer keep their order; eleven have that of the table. */
static void test_order_of_big_objects(void **state)
{
    (void)state;
    reads(
        "{\"z\":0,\"y\":1,\"x\":2,\"w\":3,\"v\":4,\"u\":5,\"t\":6,\"s\":7,"
        "\"r\":8,\"q\":9}",
        "{\"z\":0,\"y\":1,\"x\":2,\"w\":3,\"v\":4,\"u\":5,\"t\":6,\"s\":7,"
        "\"r\":8,\"q\":9}");
    /* djb hash, four bits a level: sixteen letters, one a bucket */
    reads(
        "{\"a\":0,\"b\":1,\"c\":2,\"d\":3,\"e\":4,\"f\":5,\"g\":6,\"h\":7,"
        "\"i\":8,\"j\":9,\"k\":10}",
        "{\"e\":4,\"d\":3,\"g\":6,\"f\":5,\"a\":0,\"c\":2,\"b\":1,\"i\":8,"
        "\"h\":7,\"k\":10,\"j\":9}");
}

static void position(const char *text, size_t at, size_t line, size_t column)
{
    size_t l, c;

    assert_true(um_sjson_position(um_str(text), at, &l, &c));
    assert_int_equal(l, line);
    assert_int_equal(c, column);
}

static void test_positions_count_characters(void **state)
{
    size_t l, c;

    (void)state;
    position("", 0, 1, 1);
    position("abc", 2, 1, 3);
    position("a\nb", 1, 1, 2);
    position("a\nb", 2, 2, 1);
    position("a\r\n\nb", 4, 3, 1);
    position("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x", 9, 1, 4);
    /* a line that is not UTF-8 has no columns; those before do not matter */
    assert_false(um_sjson_position(UM_STR("\xff x"), 2, &l, &c));
    assert_false(um_sjson_position(UM_STR("\xc3\xa9"), 1, &l, &c));
    assert_false(um_sjson_position(UM_STR("\xed\xbf"), 2, &l, &c));
    assert_false(um_sjson_position(UM_STR("\xc0\x80x"), 2, &l, &c));
    assert_false(um_sjson_position(UM_STR("\xf4\x90\x80\x80x"), 4, &l, &c));
    position("\xff\nx", 3, 2, 2);
}

/* No prefix of a document is one, and none is read beyond its end. */
static void test_every_prefix_is_refused(void **state)
{
    static const char text[] =
        "{\"a\\u0041\": [1.5e3, true, null, \"\\ud83d\\ude00\"], /* c */ "
        "\"b\": {\"c\": {},}, // d\n \"e\": \"\xc3\xa9\"}";
    struct parsed p;

    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        parse_n(&p, text, n, &no_limits);
        assert_int_equal(p.rc, P2P_EFORMAT);
        assert_true(p.err.at <= n);
        fini(&p);
    }
    parse_n(&p, text, sizeof(text) - 1, &no_limits);
    assert_int_equal(p.rc, 0);
    fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_leniency),
        cmocka_unit_test(test_open_comments_are_no_comments),
        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_what_is_too_much),
        cmocka_unit_test(test_names_are_unique_as_decoded),
        cmocka_unit_test(test_names_are_unique_in_big_objects),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_what_may_follow_a_number),
        cmocka_unit_test(test_integers_are_integers_by_value),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_mistakes_in_strings),
        cmocka_unit_test(test_freeunit_counts_depth),
        cmocka_unit_test(test_freeunit_counts_members),
        cmocka_unit_test(test_depth_that_kills_unit),
        cmocka_unit_test(test_order_of_big_objects),
        cmocka_unit_test(test_positions_count_characters),
        cmocka_unit_test(test_every_prefix_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
