/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/path.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/standin/parse.h"
#include "mesh/standin/print.h"
#include "p2p/err.h"
#include "unit.h"

static void read_json(struct um_arena *a, const char *text, struct um_sval *v)
{
    static const struct um_sjson_limits limits = {0, 0, 0};
    struct um_sjson_error err;

    assert_int_equal(um_sjson_parse(um_str(text), &limits, a, v, &err), 0);
}

static void shows(const struct um_sval *v, const char *want)
{
    struct um_buf b = UM_BUF_INIT;

    um_sjson_compact(&b, v);
    um_buf_byte(&b, '\0');
    assert_string_equal(b.p, want);
    um_buf_fini(&b);
}

/* What stands at path in doc; NULL for nothing. */
static void at(const char *doc, const char *path, const char *want)
{
    struct um_arena a = UM_ARENA_INIT;
    const struct um_sval *found;
    struct um_sval v;

    read_json(&a, doc, &v);
    found = um_spath_get(&v, um_str(path));
    if (want == NULL)
        assert_null(found);
    else
        shows(found, want);
    um_arena_fini(&a);
}

static const char doc[] =
    "{\"a\":{\"b/c\":[10,{\"d\":true}],\"\":1},"
    "\"s\":\"short\",\"long\":\"fifteen letters\"}";

static void test_get(void **state)
{
    (void)state;
    at(doc, "/s", "\"short\"");
    at(doc, "/a/b%2Fc/0", "10");
    at(doc, "/a/b%2fc/1/d", "true");
    at(doc, "/a/b%2Fc", "[10,{\"d\":true}]");
    at(doc, "/x", NULL);
    at(doc, "/a/b", NULL);
    at(doc, "/a/b%2Fc/2", NULL);
    at(doc, "/a/b%2Fc/-1", NULL);
    at(doc, "/a/b%2Fc/x", NULL);
    at(doc, "/a/b%2Fc/99999999999999999999", NULL);
    at(doc, "/s/x", NULL);
    at(doc, "/%zz", NULL);
    at(doc, "/%4", NULL);
}

static void test_a_slash_at_the_end_is_nothing(void **state)
{
    (void)state;
    at("{\"a\":1}", "/", "{\"a\":1}");
    at("{\"a\":1}", "/a/", "1");
    at("{\"a\":1}", "/a//", NULL);
    at("{\"a\":1}", "//a", NULL);
    at("5", "/", "5");
}

/* What becomes of doc; want NULL: the answer is rc. */
static void change(enum um_spath_op op, const char *path, const char *value,
                   int rc, const char *want)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_arena b = UM_ARENA_INIT;
    struct um_sval root, v, out;
    struct um_spath_change ch = {op, um_str(path), NULL};
    int got;

    read_json(&a, doc, &root);
    if (value != NULL) {
        read_json(&b, value, &v);
        ch.value = &v;
    }
    got = um_spath_apply(&b, &root, &ch, &out);
    if (got != rc)
        fail_msg("%s: %d, not %d", path, got, rc);
    shows(&root, doc); /* the old one is whole */
    um_arena_fini(&a); /* and the new one owes it nothing */
    if (rc == 0)
        shows(&out, want);
    um_arena_fini(&b);
}

#define REST ",\"s\":\"short\",\"long\":\"fifteen letters\""

static void test_put(void **state)
{
    (void)state;
    change(UM_SPATH_PUT, "/s", "1", 0,
           "{\"a\":{\"b/c\":[10,{\"d\":true}],\"\":1},\"s\":1,"
           "\"long\":\"fifteen letters\"}");
    change(UM_SPATH_PUT, "/n", "1", 0,
           "{\"a\":{\"b/c\":[10,{\"d\":true}],\"\":1}" REST ",\"n\":1}");
    change(UM_SPATH_PUT, "/a/n%2fn", "[]", 0,
           "{\"a\":{\"b/c\":[10,{\"d\":true}],\"\":1,\"n/n\":[]}" REST "}");
    change(UM_SPATH_PUT, "/a/b%2Fc/0", "{}", 0,
           "{\"a\":{\"b/c\":[{},{\"d\":true}],\"\":1}" REST "}");
    change(UM_SPATH_PUT, "/a/b%2Fc/1/d", "0", 0,
           "{\"a\":{\"b/c\":[10,{\"d\":0}],\"\":1}" REST "}");
    /* one behind the end is the end, more is not found */
    change(UM_SPATH_PUT, "/a/b%2Fc/2", "0", 0,
           "{\"a\":{\"b/c\":[10,{\"d\":true},0],\"\":1}" REST "}");
    change(UM_SPATH_PUT, "/a/b%2Fc/3", "0", P2P_ENOTFOUND, NULL);
    change(UM_SPATH_PUT, "/x/y", "0", P2P_ENOTFOUND, NULL);
    change(UM_SPATH_PUT, "/a/b%2Fc/x", "0", P2P_ENOTFOUND, NULL);
}

/* An empty segment is a name here. */
static void test_an_empty_name(void **state)
{
    (void)state;
    change(UM_SPATH_PUT, "/a//x", "0", P2P_ELIMIT, NULL);
    change(UM_SPATH_DELETE, "//x", NULL, P2P_ENOTFOUND, NULL);
}

static void test_post_appends(void **state)
{
    (void)state;
    change(UM_SPATH_POST, "/a/b%2Fc", "[2]", 0,
           "{\"a\":{\"b/c\":[10,{\"d\":true},[2]],\"\":1}" REST "}");
    change(UM_SPATH_POST, "/a", "1", P2P_ENOTSUP, NULL);
    change(UM_SPATH_POST, "/s", "1", P2P_ENOTSUP, NULL);
    change(UM_SPATH_POST, "/x", "1", P2P_ENOTFOUND, NULL);
    change(UM_SPATH_POST, "/s/x", "1", P2P_ENOTFOUND, NULL);
}

static void test_delete(void **state)
{
    (void)state;
    change(UM_SPATH_DELETE, "/s", NULL, 0,
           "{\"a\":{\"b/c\":[10,{\"d\":true}],\"\":1},"
           "\"long\":\"fifteen letters\"}");
    change(UM_SPATH_DELETE, "/a/b%2Fc/0", NULL, 0,
           "{\"a\":{\"b/c\":[{\"d\":true}],\"\":1}" REST "}");
    change(UM_SPATH_DELETE, "/a/b%2Fc/1/d", NULL, 0,
           "{\"a\":{\"b/c\":[10,{}],\"\":1}" REST "}");
    change(UM_SPATH_DELETE, "/a/b%2Fc/2", NULL, P2P_ENOTFOUND, NULL);
    change(UM_SPATH_DELETE, "/x", NULL, P2P_ENOTFOUND, NULL);
    change(UM_SPATH_DELETE, "/s/x", NULL, P2P_ENOTFOUND, NULL);
}

/* unitd dies of a member in a short scalar; a long string has it say 500. */
static void test_a_member_put_into_a_scalar(void **state)
{
    (void)state;
    change(UM_SPATH_PUT, "/s/x", "0", P2P_ELIMIT, NULL);
    change(UM_SPATH_PUT, "/a/b%2Fc/0/x", "0", P2P_ELIMIT, NULL);
    change(UM_SPATH_PUT, "/long/x", "0", P2P_ENOMEM, NULL);
    change(UM_SPATH_PUT, "/s/x/y", "0", P2P_ENOTFOUND, NULL);
}

static void test_a_malformed_escape_is_out_of_memory(void **state)
{
    (void)state;
    change(UM_SPATH_PUT, "/%zz", "0", P2P_ENOMEM, NULL);
    change(UM_SPATH_DELETE, "/a/%4", NULL, P2P_ENOMEM, NULL);
}

static void test_long_segments(void **state)
{
    char path[UM_SPATH_TOKEN_MAX + 3] = "/";
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_sval v;

    (void)state;
    memset(path + 1, 'n', UM_SPATH_TOKEN_MAX);
    um_buf_fmt(&b, "{\"%s\": 1}", path + 1);
    um_buf_byte(&b, '\0');
    read_json(&a, b.p, &v);
    assert_non_null(um_spath_get(&v, um_str(path)));
    path[UM_SPATH_TOKEN_MAX + 1] = 'n';
    assert_null(um_spath_get(&v, um_str(path)));
    change(UM_SPATH_DELETE, path, NULL, P2P_ENOMEM, NULL);
    um_buf_fini(&b);
    um_arena_fini(&a);
}

/* A change that many levels down is made; one more is refused. */
static void test_cap_steps(void **state)
{
    const size_t cap = UM__CAP_STANDIN_PATH_STEPS;
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_buf path = UM_BUF_INIT;
    struct um_sval v, out;
    struct um_spath_change ch = {.op = UM_SPATH_DELETE};

    (void)state;
    um_buf_fill(&b, '[', cap + 2);
    um_buf_fill(&b, ']', cap + 2);
    um_buf_byte(&b, '\0');
    read_json(&a, b.p, &v);
    for (size_t i = 0; i < cap; i++)
        um_buf_text(&path, "/0");
    ch.path = um_buf_view(&path);
    assert_int_equal(um_spath_apply(&a, &v, &ch, &out), 0);
    ch.op = UM_SPATH_POST;
    ch.value = &v;
    assert_int_equal(um_spath_apply(&a, &v, &ch, &out), P2P_ENOMEM);
    ch.op = UM_SPATH_PUT;
    assert_int_equal(um_spath_apply(&a, &v, &ch, &out), 0);
    um_buf_text(&path, "/0");
    ch.path = um_buf_view(&path);
    assert_int_equal(um_spath_apply(&a, &v, &ch, &out), P2P_ENOMEM);
    um_buf_fini(&path);
    um_buf_fini(&b);
    um_arena_fini(&a);
}

static void test_escapes(void **state)
{
    char to[16];
    size_t len;

    (void)state;
    assert_true(um_surl_decode(UM_STR("a%2Fb%25%e9"), to, &len));
    assert_int_equal(len, 5);
    assert_memory_equal(to, "a/b%\xe9", 5);
    assert_true(um_surl_decode(UM_STR("%00"), to, &len));
    assert_int_equal(len, 1);
    assert_false(um_surl_decode(UM_STR("%"), to, &len));
    assert_false(um_surl_decode(UM_STR("%2"), to, &len));
    assert_false(um_surl_decode(UM_STR("%2g"), to, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_a_slash_at_the_end_is_nothing),
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_an_empty_name),
        cmocka_unit_test(test_post_appends),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_a_member_put_into_a_scalar),
        cmocka_unit_test(test_a_malformed_escape_is_out_of_memory),
        cmocka_unit_test(test_long_segments),
        cmocka_unit_test(test_cap_steps),
        cmocka_unit_test(test_escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
