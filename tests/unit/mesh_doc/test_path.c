/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/path.h"

#define CONFIG                                                   \
    "{\"listeners\":{\"*:80\":{\"pass\":\"routes\"}},"           \
    "\"routes\":[{\"a\":0},{\"a\":1}],\"x/y\":{\"\xc3\xa9\":7}," \
    "\"n\":1}"

static void gets(const char *path, const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_val *v;
    int rc = um_path_get(&r.arena, rig_val(&r, CONFIG), um_str(path), &v);

    assert_int_equal(rc, want != NULL ? 0 : P2P_ENOTFOUND);
    if (want != NULL)
        assert_string_equal(rig_text(&r, v), want);
    else
        assert_null(v);
    rig_fini(&r);
}

static void test_get(void **state)
{
    (void)state;
    gets("", CONFIG);
    gets("/", CONFIG);
    gets("/n", "1");
    gets("/n/", "1");
    gets("/routes/1/a", "1");
    gets("/routes/01/a", "1");
    gets("/listeners/*:80/pass", "\"routes\"");
    gets("/listeners/*%3A80/pass", "\"routes\"");
    gets("/x%2Fy/%C3%A9", "7");
    gets("/x%2fy/\xc3\xa9", "7");
    gets("/x/y", NULL);
    gets("/N", NULL);
    gets("/routes/2", NULL);
    gets("/routes/-1", NULL);
    gets("/routes/x", NULL);
    gets("/routes/99999999999999999999999", NULL);
    gets("/n/x", NULL);
    gets("/n//", NULL);
    gets("n", NULL);
    gets("/%zz", NULL);
    gets("/%4", NULL);
}

/* Does a change; want is the result, or NULL: rc is the answer. */
static void changes(enum um_path_op op, const char *path, const char *value,
                    const char *want, int rc)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_val *root = rig_val(&r, CONFIG);
    const struct um_path_change change = {
        op, um_str(path), value != NULL ? rig_val(&r, value) : NULL};
    struct um_val out;

    assert_int_equal(um_path_apply(&r.arena, root, &change, &out), rc);
    if (want != NULL)
        assert_string_equal(rig_text(&r, &out), want);
    assert_string_equal(rig_text(&r, root), CONFIG); /* untouched */
    rig_fini(&r);
}

#define REST "\"routes\":[{\"a\":0},{\"a\":1}],\"x/y\":{\"\xc3\xa9\":7},\"n\":1"
#define HEAD "{\"listeners\":{\"*:80\":{\"pass\":\"routes\"}},"
#define TAIL ",\"x/y\":{\"\xc3\xa9\":7},\"n\":1}"

static void test_put(void **state)
{
    const enum um_path_op put = UM_PATH_PUT;

    (void)state;
    changes(put, "", "{\"k\":1}", "{\"k\":1}", 0);
    changes(put, "/", "[]", "[]", 0);
    changes(put, "/listeners", "2.0", "{\"listeners\":2.0," REST "}", 0);
    changes(put, "/new", "{}", HEAD REST ",\"new\":{}}", 0);
    changes(put, "/routes/0", "5", HEAD "\"routes\":[5,{\"a\":1}]" TAIL, 0);
    changes(put, "/routes/2", "5",
            HEAD "\"routes\":[{\"a\":0},{\"a\":1},5]" TAIL, 0);
    changes(put, "/routes/0/b%2Fc", "5",
            HEAD "\"routes\":[{\"a\":0,\"b/c\":5},{\"a\":1}]" TAIL, 0);
    changes(put, "/routes/3", "5", NULL, P2P_ENOTFOUND);
    changes(put, "/routes/x", "5", NULL, P2P_ENOTFOUND);
    changes(put, "/none/x", "5", NULL, P2P_ENOTFOUND);
    changes(put, "/routes/2/x", "5", NULL, P2P_ENOTFOUND);
    changes(put, "/n/x", "5", NULL, P2P_ENOTFOUND);
}

static void test_post(void **state)
{
    const enum um_path_op post = UM_PATH_POST;

    (void)state;
    changes(post, "/routes", "5",
            HEAD "\"routes\":[{\"a\":0},{\"a\":1},5]" TAIL, 0);
    changes(post, "/routes/", "[]",
            HEAD "\"routes\":[{\"a\":0},{\"a\":1},[]]" TAIL, 0);
    changes(post, "/routes/0", "5", NULL, P2P_ENOTSUP);
    changes(post, "/n", "5", NULL, P2P_ENOTSUP);
    changes(post, "", "5", NULL, P2P_ENOTSUP);
    changes(post, "/none", "5", NULL, P2P_ENOTFOUND);
    changes(post, "/routes/2", "5", NULL, P2P_ENOTFOUND);
}

static void test_delete(void **state)
{
    const enum um_path_op del = UM_PATH_DELETE;

    (void)state;
    changes(del, "/listeners", NULL, "{" REST "}", 0);
    changes(del, "/routes/0", NULL, HEAD "\"routes\":[{\"a\":1}]" TAIL, 0);
    changes(del, "/x%2Fy/%C3%A9", NULL,
            HEAD "\"routes\":[{\"a\":0},{\"a\":1}],\"x/y\":{},\"n\":1}", 0);
    changes(del, "", NULL, "{}", 0);
    changes(del, "/none", NULL, NULL, P2P_ENOTFOUND);
    changes(del, "/routes/2", NULL, NULL, P2P_ENOTFOUND);
}

static void test_units_words(void **state)
{
    (void)state;
    assert_int_equal(um_path_explain(P2P_ENOTFOUND).status, 404);
    assert_string_equal(um_path_explain(P2P_ENOTFOUND).title,
                        "Value doesn't exist.");
    assert_int_equal(um_path_explain(P2P_ENOTSUP).status, 405);
    assert_string_equal(um_path_explain(P2P_ENOTSUP).title,
                        "Method isn't allowed.");
    assert_int_equal(um_path_explain(P2P_ELIMIT).status, 413);
    assert_int_equal(um_path_explain(P2P_ENOMEM).status, 500);
}

/* The whole may not become deeper, wider or longer than a document is. */
static void test_caps(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_buf b = UM_BUF_INIT;
    struct um_path_change change = {UM_PATH_PUT, UM_STR("/a/b"), NULL};
    const struct um_val *root = rig_val(&r, "{\"a\":{\"b\":0,\"c\":0}}");
    struct um_val out, big;

    (void)state;
    um_buf_fill(&b, '[', UM__CAP_DOC_DEPTH - 2);
    um_buf_fill(&b, ']', UM__CAP_DOC_DEPTH - 2);
    um_buf_byte(&b, '\0');
    change.value = rig_val(&r, b.p);
    assert_int_equal(um_path_apply(&r.arena, root, &change, &out), 0);
    change.path = UM_STR("/a/d");
    assert_int_equal(um_path_apply(&r.arena, root, &change, &out), 0);
    root = rig_val(&r, "{\"a\":{\"d\":{\"e\":0}}}");
    change.path = UM_STR("/a/d/e");
    assert_int_equal(um_path_apply(&r.arena, root, &change, &out), P2P_ELIMIT);

    assert_true(um_val_array(&r.arena, UM__CAP_DOC_MEMBERS - 3, &big));
    change.value = &big;
    assert_int_equal(um_path_apply(&r.arena, root, &change, &out), 0);
    assert_true(um_val_array(&r.arena, UM__CAP_DOC_MEMBERS - 2, &big));
    assert_int_equal(um_path_apply(&r.arena, root, &change, &out), P2P_ELIMIT);

    um_buf_clear(&b);
    um_buf_fill(&b, 'x', UM__CAP_DOC_BYTES - 10);
    big = um_val_string(um_buf_view(&b));
    assert_int_equal(um_path_apply(&r.arena, root, &change, &out), P2P_ELIMIT);
    um_buf_fini(&b);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),         cmocka_unit_test(test_put),
        cmocka_unit_test(test_post),        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_units_words), cmocka_unit_test(test_caps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
