/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/edit.h"
#include "mesh/doc/patch.h"

/* Applies a patch; want: the result, exactly, or rc and the pointer. */
static void patches(const char *doc, const char *patch, const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_doc_error err = {.text = ""};
    struct um_val out;
    const struct um_val *v = rig_val(&r, doc);
    int rc = um_patch_apply(&r.arena, v, rig_val(&r, patch), &out, &err);

    if (rc != 0)
        fail_msg("%s: %s", patch, err.text);
    assert_string_equal(rig_text(&r, &out), want);
    assert_string_equal(rig_text(&r, v), doc);
    rig_fini(&r);
}

static void fails(const char *doc, const char *patch, int rc, const char *at)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_doc_error err;
    struct um_val out;
    const struct um_val *v = rig_val(&r, doc);

    assert_int_equal(
        um_patch_apply(&r.arena, v, rig_val(&r, patch), &out, &err), rc);
    assert_true(err.has_pointer);
    assert_string_equal(rig_str(&r, err.pointer), at);
    assert_string_equal(rig_text(&r, v), doc); /* nothing was done */
    assert_int_equal(
        um_patch_apply(&r.arena, v, rig_val(&r, patch), &out, NULL), rc);
    rig_fini(&r);
}

#define OP(verb, rest) "[{\"op\":\"" verb "\"," rest "}]"

/* RFC 6902, appendix A; new members come last here. */
static void test_examples_of_the_rfc(void **state)
{
    (void)state;
    patches("{\"foo\":\"bar\"}",
            OP("add",
               "\"path\":\"/baz\",\"value\":"
               "\"qux\""),
            "{\"foo\":\"bar\",\"baz\":\"qux\"}");
    patches("{\"foo\":[\"bar\",\"baz\"]}",
            OP("add", "\"path\":\"/foo/1\",\"value\":\"qux\""),
            "{\"foo\":[\"bar\",\"qux\",\"baz\"]}");
    patches("{\"baz\":\"qux\",\"foo\":\"bar\"}",
            OP("remove", "\"path\":\"/baz\""), "{\"foo\":\"bar\"}");
    patches("{\"foo\":[\"bar\",\"qux\",\"baz\"]}",
            OP("remove", "\"path\":\"/foo/1\""), "{\"foo\":[\"bar\",\"baz\"]}");
    patches("{\"baz\":\"qux\",\"foo\":\"bar\"}",
            OP("replace", "\"path\":\"/baz\",\"value\":\"boo\""),
            "{\"baz\":\"boo\",\"foo\":\"bar\"}");
    patches(
        "{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},\"qux\":"
        "{\"corge\":\"grault\"}}",
        OP("move", "\"from\":\"/foo/waldo\",\"path\":\"/qux/thud\""),
        "{\"foo\":{\"bar\":\"baz\"},\"qux\":{\"corge\":\"grault\","
        "\"thud\":\"fred\"}}");
    patches("{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}",
            OP("move", "\"from\":\"/foo/1\",\"path\":\"/foo/3\""),
            "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}");
    patches("{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
            "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},"
            "{\"op\":\"test\",\"path\":\"/foo/1\",\"value\":2}]",
            "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}");
    fails("{\"baz\":\"qux\"}",
          OP("test", "\"path\":\"/baz\",\"value\":\"bar\""), P2P_ESTATE, "/0");
    patches("{\"foo\":\"bar\"}",
            OP("add", "\"path\":\"/child\",\"value\":{\"grandchild\":{}}"),
            "{\"foo\":\"bar\",\"child\":{\"grandchild\":{}}}");
    patches("{\"foo\":\"bar\"}",
            OP("add", "\"path\":\"/baz\",\"value\":\"qux\",\"xyz\":123"),
            "{\"foo\":\"bar\",\"baz\":\"qux\"}");
    fails("{\"foo\":\"bar\"}",
          OP("add", "\"path\":\"/baz/bat\",\"value\":\"qux\""), P2P_ENOTFOUND,
          "/0");
    patches("{\"/\":9,\"~1\":10}", OP("test", "\"path\":\"/~01\",\"value\":10"),
            "{\"/\":9,\"~1\":10}");
    fails("{\"/\":9,\"~1\":10}",
          OP("test",
             "\"path\":\"/~01\",\"value\":"
             "\"10\""),
          P2P_ESTATE, "/0");
    patches("{\"foo\":[\"bar\"]}",
            OP("add", "\"path\":\"/foo/-\",\"value\":[\"abc\",\"def\"]"),
            "{\"foo\":[\"bar\",[\"abc\",\"def\"]]}");
}

static void test_order_and_number_text_are_kept(void **state)
{
    (void)state;
    patches("{\"c\":1.0,\"a\":{\"z\":1,\"b\":2},\"b\":1e2}",
            OP("add", "\"path\":\"/c\",\"value\":1.50"),
            "{\"c\":1.50,\"a\":{\"z\":1,\"b\":2},\"b\":1e2}");
    patches("{\"c\":1.0,\"a\":2,\"b\":3}",
            OP("copy", "\"from\":\"/c\",\"path\":\"/b\""),
            "{\"c\":1.0,\"a\":2,\"b\":1.0}");
    patches("{\"c\":1.0,\"a\":2,\"b\":3}",
            OP("move", "\"from\":\"/c\",\"path\":\"/b\""),
            "{\"a\":2,\"b\":1.0}");
}

static void test_whole_documents(void **state)
{
    (void)state;
    patches("{\"a\":1}", OP("add", "\"path\":\"\",\"value\":[1]"), "[1]");
    patches("{\"a\":1}", OP("replace", "\"path\":\"\",\"value\":3"), "3");
    patches("{\"a\":1}", OP("test", "\"path\":\"\",\"value\":{\"a\":1.0}"),
            "{\"a\":1}");
    patches("{\"a\":{\"b\":2}}", OP("copy", "\"from\":\"\",\"path\":\"/c\""),
            "{\"a\":{\"b\":2},\"c\":{\"a\":{\"b\":2}}}");
    patches("{\"a\":{\"b\":2}}", OP("move", "\"from\":\"/a\",\"path\":\"/a\""),
            "{\"a\":{\"b\":2}}");
    patches("{\"a\":{\"b\":2}}",
            OP("move",
               "\"from\":\"/a/b\",\"path\":"
               "\"/a\""),
            "{\"a\":2}");
    patches("{}", "[]", "{}");
    fails("{\"a\":1}", OP("remove", "\"path\":\"\""), P2P_EFORMAT, "/0");
    fails("{\"a\":1}", OP("move", "\"from\":\"\",\"path\":\"/b\""), P2P_EFORMAT,
          "/0");
    fails("{\"a\":{\"b\":{}}}",
          OP("move", "\"from\":\"/a\",\"path\":\"/a/b/c\""), P2P_EFORMAT, "/0");
}

static void test_tests_compare_values(void **state)
{
    (void)state;
    patches("{\"a\":{\"x\":1,\"y\":[1e2]}}",
            OP("test", "\"path\":\"/a\",\"value\":{\"y\":[100],\"x\":1.0}"),
            "{\"a\":{\"x\":1,\"y\":[1e2]}}");
    fails("{\"a\":[1,2]}", OP("test", "\"path\":\"/a\",\"value\":[2,1]"),
          P2P_ESTATE, "/0");
    fails("{\"a\":null}", OP("test", "\"path\":\"/a\",\"value\":false"),
          P2P_ESTATE, "/0");
    fails("{\"a\":{\"x\":1}}",
          OP("test",
             "\"path\":\"/a\",\"value\":"
             "{\"y\":1}"),
          P2P_ESTATE, "/0");
    fails("{}", OP("test", "\"path\":\"/a\",\"value\":null"), P2P_ENOTFOUND,
          "/0");
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    fails("{\"a\":1,\"b\":[1,2]}",
          "[{\"op\":\"remove\",\"path\":\"/b/0\"},"
          "{\"op\":\"replace\",\"path\":\"/a\",\"value\":2},"
          "{\"op\":\"remove\",\"path\":\"/none\"}]",
          P2P_ENOTFOUND, "/2");
}

static void test_patches_that_are_none(void **state)
{
    (void)state;
    fails("{}", "{}", P2P_EFORMAT, "");
    fails("{}", "[1]", P2P_EFORMAT, "/0");
    fails("{}", "[{}]", P2P_EFORMAT, "/0");
    fails("{}", OP("add", "\"path\":\"/a\""), P2P_EFORMAT, "/0");
    fails("{}", OP("add", "\"value\":1"), P2P_EFORMAT, "/0");
    fails("{}", OP("add", "\"path\":1,\"value\":1"), P2P_EFORMAT, "/0");
    fails("{}", OP("add", "\"path\":\"a\",\"value\":1"), P2P_EFORMAT, "/0");
    fails("{}", OP("copy", "\"path\":\"/a\""), P2P_EFORMAT, "/0");
    fails("{}", OP("merge", "\"path\":\"/a\",\"value\":1"), P2P_EFORMAT, "/0");
    fails("{\"a\":[1]}", OP("add", "\"path\":\"/a/3\",\"value\":1"),
          P2P_ENOTFOUND, "/0");
    fails("{\"a\":[1]}", OP("replace", "\"path\":\"/a/1\",\"value\":1"),
          P2P_ENOTFOUND, "/0");
    fails("{\"a\":[1]}", OP("remove", "\"path\":\"/a/-\""), P2P_ENOTFOUND,
          "/0");
    fails("{\"a\":1}", OP("remove", "\"path\":\"/a/b\""), P2P_ENOTFOUND, "/0");
}

/* Each copy would double the document: twenty make a million of it. */
static void test_copies_do_not_explode(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    um_buf_byte(&b, '[');
    for (int i = 0; i < 60; i++)
        um_buf_fmt(&b, "%s{\"op\":\"copy\",\"from\":\"\",\"path\":\"/c%d\"}",
                   i > 0 ? "," : "", i);
    um_buf_text(&b, "]");
    um_buf_byte(&b, '\0');
    fails("{\"a\":[1,2,3]}", b.p, P2P_ELIMIT, "/14");
    um_buf_fini(&b);
}

/* Runs a patch of `count` times `text`. */
static int run_many(const char *doc, const char *text, size_t count)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_val *v = rig_val(&r, doc);
    struct um_val patch, out;
    int rc;

    assert_true(um_val_array(&r.arena, count, &patch));
    for (size_t i = 0; i < count; i++)
        patch.items.p[i] = *rig_val(&r, text);
    rc = um_patch_apply(&r.arena, v, &patch, &out, NULL);
    rig_fini(&r);
    return rc;
}

static void test_operations_are_capped(void **state)
{
    static const char op[] = "{\"op\":\"add\",\"path\":\"/a\",\"value\":1}";

    (void)state;
    assert_int_equal(run_many("{}", op, UM__CAP_DOC_PATCH_OPS), 0);
    assert_int_equal(run_many("{}", op, UM__CAP_DOC_PATCH_OPS + 1), P2P_ELIMIT);
}

/* Work is capped too: what is copied, and what is moved about. */
static void test_work_is_capped(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    size_t n = UM__CAP_DOC_EDIT_COPIES / UM__CAP_DOC_PATCH_OPS;

    (void)state;
    um_buf_text(&b, "{\"a\":[0");
    for (size_t i = 0; i < n; i++)
        um_buf_text(&b, ",0");
    um_buf_text(&b, "],\"b\":1}");
    um_buf_byte(&b, '\0');
    assert_int_equal(
        run_many(b.p, "{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}",
                 UM__CAP_DOC_PATCH_OPS - 500),
        0);
    assert_int_equal(
        run_many(b.p, "{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}",
                 UM__CAP_DOC_PATCH_OPS),
        P2P_ELIMIT);
    n = UM__CAP_DOC_EDIT_STEPS / UM__CAP_DOC_PATCH_OPS;
    um_buf_clear(&b);
    um_buf_text(&b, "[0");
    for (size_t i = 0; i < n; i++)
        um_buf_text(&b, ",0");
    um_buf_text(&b, "]");
    um_buf_byte(&b, '\0');
    assert_int_equal(
        run_many(b.p, "{\"op\":\"move\",\"from\":\"/0\",\"path\":\"/0\"}", 9),
        0);
    assert_int_equal(
        run_many(b.p, "{\"op\":\"move\",\"from\":\"/0\",\"path\":\"/1\"}",
                 UM__CAP_DOC_PATCH_OPS),
        P2P_ELIMIT);
    um_buf_fini(&b);
}

/* RFC 7396, appendix A. */
static void test_merge_examples_of_the_rfc(void **state)
{
    static const char *const rows[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
         "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
        /* ours: order, number text */
        {"{\"z\":1,\"a\":{\"y\":1.0,\"b\":2}}",
         "{\"n\":1e1,\"a\":{\"b\":3},\"m\":0}",
         "{\"z\":1,\"a\":{\"y\":1.0,\"b\":3},\"n\":1e1,\"m\":0}"},
    };
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_val out;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(um_patch_merge(&r.arena, rig_val(&r, rows[i][0]),
                                        rig_val(&r, rows[i][1]), &out),
                         0);
        assert_string_equal(rig_text(&r, &out), rows[i][2]);
    }
    rig_fini(&r);
}

static void test_merges_are_capped(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_val a, b, whole, out;

    (void)state;
    assert_true(um_val_array(&r.arena, UM__CAP_DOC_MEMBERS / 2, &a));
    assert_true(um_val_object(&r.arena, 1, &b));
    b.members.p[0] = (struct um_member){UM_STR("a"), a};
    assert_true(um_val_object(&r.arena, 1, &whole));
    whole.members.p[0] = (struct um_member){UM_STR("b"), a};
    assert_int_equal(um_patch_merge(&r.arena, &whole, &b, &out), P2P_ELIMIT);
    whole.members.p[0].name = UM_STR("a");
    assert_int_equal(um_patch_merge(&r.arena, &whole, &b, &out), 0);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_of_the_rfc),
        cmocka_unit_test(test_order_and_number_text_are_kept),
        cmocka_unit_test(test_whole_documents),
        cmocka_unit_test(test_tests_compare_values),
        cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_patches_that_are_none),
        cmocka_unit_test(test_copies_do_not_explode),
        cmocka_unit_test(test_operations_are_capped),
        cmocka_unit_test(test_work_is_capped),
        cmocka_unit_test(test_merge_examples_of_the_rfc),
        cmocka_unit_test(test_merges_are_capped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
