/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/pattern.h"

#include "mesh/standin/mime.h"
#include "mesh/standin/parse.h"
#include "mesh/standin/regex.h"
#include "unit.h"

static const struct um_spattern_how plain = {false, false, false};
static const struct um_spattern_how nocase = {true, false, false};
static const struct um_spattern_how encoded = {false, true, false};
static const struct um_spattern_how form = {false, true, true};

static bool hit(const char *pattern, const char *subject,
                const struct um_spattern_how *how)
{
    return um_spattern_match(um_str(pattern), um_str(subject), how);
}

static void read_json(struct um_arena *a, const char *text, struct um_sval *v)
{
    static const struct um_sjson_limits limits = {0, 0, 0};
    struct um_sjson_error err;

    assert_int_equal(um_sjson_parse(um_str(text), &limits, a, v, &err), 0);
}

static void test_text_and_asterisks(void **state)
{
    (void)state;
    assert_true(hit("/a", "/a", &plain));
    assert_false(hit("/a", "/ab", &plain));
    assert_false(hit("/ab", "/a", &plain));
    assert_true(hit("", "", &plain));
    assert_false(hit("", "x", &plain));
    assert_true(hit("*", "", &plain));
    assert_true(hit("*", "anything", &plain));
    assert_true(hit("/a*", "/a", &plain));
    assert_true(hit("/a*", "/abc", &plain));
    assert_true(hit("*.php", "/x.php", &plain));
    assert_false(hit("*.php", "/x.phpx", &plain));
    assert_true(hit("/a*b*c", "/aXbYc", &plain));
    assert_true(hit("/a*b*c", "/abbcbc", &plain));
    assert_false(hit("/a*b*c", "/acb", &plain));
    assert_true(hit("a**b", "ab", &plain));
    assert_true(hit("!/a", "/b", &plain));
    assert_false(hit("!/a", "/a", &plain));
}

static void test_case(void **state)
{
    (void)state;
    assert_false(hit("/A", "/a", &plain));
    assert_true(hit("eXample.*", "EXAMPLE.com", &nocase));
}

static void test_encoded_patterns(void **state)
{
    (void)state;
    assert_true(hit("/a%20b", "/a b", &encoded));
    assert_true(hit("/%2A", "/*", &encoded));
    assert_false(hit("/%2A", "/x", &encoded));
    assert_true(hit("/%zz", "/%zz", &encoded));
    assert_true(hit("a+b", "a+b", &encoded));
    assert_true(hit("a+b", "a b", &form));
    assert_false(hit("/a%20b", "/a b", &plain));
}

static void test_expressions(void **state)
{
    (void)state;
    assert_true(hit("~^/a\\d+$", "/a42", &plain));
    assert_false(hit("~^/a\\d+$", "/ax", &plain));
    assert_true(hit("!~x", "abc", &plain));
    assert_true(hit("~", "abc", &plain));
    assert_false(hit("~(", "abc", &plain));
}

static void list(const char *patterns, const char *subject, bool want)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_sval v;

    read_json(&a, patterns, &v);
    if (um_spattern_list(&v, um_str(subject), &plain) != want)
        fail_msg("%s: %s", patterns, subject);
    um_arena_fini(&a);
}

static void test_lists(void **state)
{
    (void)state;
    list("\"a\"", "a", true);
    list("[\"a\", \"b\"]", "b", true);
    list("[\"a\", \"b\"]", "c", false);
    list("[\"!a\", \"!b\"]", "c", true);
    list("[\"!a\", \"!b\"]", "b", false);
    list("[\"*\", \"!b\"]", "b", true);
    list("[\"!b\", \"*\"]", "b", false);
    list("[\"!b\", \"x\"]", "x", true);
    list("[\"!b\", \"x\"]", "y", false);
    list("[]", "x", true);
}

static void test_cap_pattern_bytes(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    um_buf_fill(&b, 'a', UM__CAP_STANDIN_PATTERN_BYTES);
    assert_true(um_spattern_match(um_buf_view(&b), um_buf_view(&b), &plain));
    um_buf_byte(&b, 'a');
    assert_false(um_spattern_match(um_buf_view(&b), um_buf_view(&b), &plain));
    um_buf_fini(&b);
}

static void test_errors_of_expressions(void **state)
{
    struct um_buf why = UM_BUF_INIT;

    (void)state;
    assert_true(um_sregex_check(UM_STR("a|b"), &why));
    assert_int_equal(why.len, 0);
    assert_false(um_sregex_check(UM_STR("a("), &why));
    /* where the end is the place, it is not named */
    assert_true(
        um_str_eq(um_buf_view(&why), UM_STR("missing closing parenthesis")));
    um_buf_clear(&why);
    assert_false(um_sregex_check(UM_STR("a)b"), &why));
    assert_true(um_str_eq(um_buf_view(&why),
                          UM_STR("unmatched closing parenthesis at offset 1")));
    assert_true(um_sregex_match(UM_STR("^$"), um_str_n(NULL, 0)));
    um_buf_fini(&why);
}

static void mime(const char *conf, const char *path, const char *want)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_sval v;

    read_json(&a, conf, &v);
    assert_true(um_str_eq(um_smime_type(&v, um_str(path)), um_str(want)));
    um_arena_fini(&a);
}

static void test_mime_types(void **state)
{
    static const char conf[] =
        "{\"settings\": {\"http\": {\"static\": {\"mime_types\": {"
        "\"text/x-a\": [\".a\", \"README\"], \"text/x-h\": \".html\"}}}}}";

    (void)state;
    mime("{}", "/x.html", "text/html");
    mime("{}", "/x.y/z.PNG", "image/png");
    mime("{}", "/x.tar.gz", "");
    mime("{}", "/x.png/plain", "");
    mime("{}", "/html", "");
    mime(conf, "/x.a", "text/x-a");
    mime(conf, "/d/README", "text/x-a");
    mime(conf, "README", "text/x-a");
    mime(conf, "", "");
    mime(conf, "/x.html", "text/x-h");
    mime(conf, "/x.htm", "text/html");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_asterisks),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_encoded_patterns),
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_cap_pattern_bytes),
        cmocka_unit_test(test_errors_of_expressions),
        cmocka_unit_test(test_mime_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
