/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Each allocation of each thing that a document is used for fails once. An
 * arena takes memory by the block, so that most of what is made in one needs
 * none: each body begins with a block that is full up to `left` bytes, for
 * many values of that, and so every place in the code meets the end of one.
 */
#include "doc_rig.h"

#include "failing_mem.h"

#include "mesh/doc/check.h"
#include "mesh/doc/diff.h"
#include "mesh/doc/locate.h"
#include "mesh/doc/merge3.h"
#include "mesh/doc/meshdoc.h"
#include "mesh/doc/patch.h"
#include "mesh/doc/path.h"
#include "mesh/doc/uses.h"

#define MANY                                                          \
    "\"m1\":1,\"m2\":2,\"m3\":3,\"m4\":4,\"m5\":5,\"m6\":6,\"m7\":7," \
    "\"m8\":8,\"m9\":9"

enum { BLOCK_BYTES = 4096, STEP_BYTES = 16, MOST_LEFT = 3072 };

static int parse(struct um_arena *a, const char *text, struct um_val *out)
{
    return um_doc_parse(um_str(text), a, out, NULL);
}

/* Fills a block of the arena but for *left bytes. */
static int begin(struct um_arena *a, const void *left)
{
    size_t n = BLOCK_BYTES - *(const size_t *)left;

    for (; n >= BLOCK_BYTES / 4; n -= BLOCK_BYTES / 4) {
        if (um_arena_alloc(a, BLOCK_BYTES / 4) == NULL)
            return P2P_ENOMEM;
    }
    return um_arena_alloc(a, n) != NULL ? 0 : P2P_ENOMEM;
}

static int print_and_hash(void *arg)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    uint8_t hash[P2P_SHA256_BYTES];
    struct um_val v;
    int rc = begin(&a, arg);

    if (rc == 0)
        rc = parse(&a, "{" MANY ",\"a\":[{\"b\":\"\\u0041\"},[[]],1.0]}", &v);

    if (rc == 0)
        rc = um_doc_print_pretty(&b, &v);
    if (rc == 0)
        rc = um_doc_hash(&v, hash);
    um_buf_fini(&b);
    um_arena_fini(&a);
    return rc;
}

/* The answer to a mistake needs memory, too. */
static int mistake(void *arg)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_doc_error err;
    struct um_val v;
    int rc = begin(&a, arg);

    if (rc == 0)
        rc =
            um_doc_parse(UM_STR("{\"x\":[{" MANY ",\"m3\":0}]}"), &a, &v, &err);

    um_arena_fini(&a);
    return rc == P2P_EFORMAT ? 0 : rc;
}

static int patch(void *arg)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v, p, out;
    struct um_doc_error err;
    int rc = begin(&a, arg);

    if (rc == 0)
        rc = parse(&a, "{" MANY ",\"a\":[1],\"b\":{}}", &v);

    if (rc == 0)
        rc = parse(&a,
                   "[{\"op\":\"add\",\"path\":\"/~0x\",\"value\":[1]},"
                   "{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b/c\"},"
                   "{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/d\"},"
                   "{\"op\":\"test\",\"path\":\"/d\",\"value\":[1.0]}]",
                   &p);
    if (rc == 0)
        rc = um_patch_apply(&a, &v, &p, &out, &err);
    if (rc == 0)
        rc = um_patch_merge(&a, &v, &out, &out);
    um_arena_fini(&a);
    return rc;
}

static int path(void *arg)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_path_change change = {UM_PATH_POST, UM_STR("/a%2Fb"), NULL};
    const struct um_val *found;
    struct um_val v, out;
    int rc = begin(&a, arg);

    if (rc == 0)
        rc = parse(&a, "{\"a/b\":[1,2,3,4]}", &v);

    change.value = &v;
    if (rc == 0)
        rc = um_path_get(&a, &v, UM_STR("/a%2Fb/0"), &found);
    if (rc == 0)
        rc = um_path_apply(&a, &v, &change, &out);
    um_arena_fini(&a);
    return rc;
}

static int diff_and_merge(void *arg)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_val v[3];
    struct um_merge3 m;
    struct um_diff d;
    int rc = begin(&a, arg);

    if (rc == 0)
        rc = parse(&a, "{" MANY ",\"a\":{\"b\":[1]}}", &v[0]);
    if (rc == 0)
        rc = parse(&a, "{" MANY ",\"a\":{\"b\":[1,2]},\"n\":1}", &v[1]);
    if (rc == 0)
        rc = parse(&a, "{\"a\":{\"b\":[3]}," MANY "}", &v[2]);
    if (rc == 0 && !um_diff_make(&a, &v[1], &v[2], UM_DIFF_ELEMENTS, &d))
        rc = P2P_ENOMEM;
    if (rc == 0) {
        um_diff_print(&b, &d);
        rc = um_buf_failed(&b) ? P2P_ENOMEM : 0;
    }
    if (rc == 0)
        rc = um_merge3_run(&a, &v[0], &v[1], &v[2], &m);
    if (rc == 0)
        assert_int_equal(m.conflicts, 1);
    um_buf_fini(&b);
    um_arena_fini(&a);
    return rc;
}

static int effective(void *arg)
{
    static const struct um_bundle item = {UM_BUNDLE_SCRIPT, UM_STR_INIT("js"),
                                          UM_STR_INIT("js_01020304")};
    const struct um_meshdoc_node node = {
        .facts = {UM_STR("id"), UM_STR("n"), NULL, 0}, .bundles = {&item, 1}};
    struct um_arena a = UM_ARENA_INIT;
    struct um_meshdoc_error err;
    struct um_problems found;
    struct um_meshdoc doc;
    struct um_val v, out;
    int rc = begin(&a, arg);

    if (rc == 0)
        rc = parse(&a,
                   "{\"base\":{\"listeners\":{\"*:1\":{\"tls\":{"
                   "\"certificate\":[\"c\"]}}},\"settings\":{\"js_module\":"
                   "\"js\"},\"x\":\"`${js.f}`\",\"{{v}}\":\"{{v}} {{v}}\"},"
                   "\"overlays\":{\"all\":{\"rename\":{\"/x\":\"y\"},"
                   "\"merge\":{\"z\":\"{{o}}\"},\"patch\":[{\"op\":\"remove\","
                   "\"path\":\"/z\"}]}},\"variables\":{\"v\":1,\"o\":{}," MANY
                   "}}",
                   &v);

    if (rc == 0)
        rc = um_meshdoc_init(&doc, &a, &v, &err.what);
    if (rc == 0)
        rc = um_meshdoc_effective(&a, &doc, &node, &out, &err);
    um_problems_init(&found, &a);
    if (rc == 0)
        rc = um_uses_check(&a, &doc, &found);
    um_arena_fini(&a);
    return rc;
}

static int check_and_locate(void *arg)
{
    static const char text[] =
        "{\"applications\":{" MANY "},\"upstreams\":{" MANY
        "},"
        "\"routes\":{" MANY ",\"m~/\":[{\"action\":{\"pass\":\"a%20/b\"}}]}}";
    const struct um_check_known known = {.user = NULL};
    struct um_arena a = UM_ARENA_INIT;
    struct um_problems found;
    struct um_doc_error err = {.text = "t"};
    struct um_val v;
    int rc = begin(&a, arg);

    um_problems_init(&found, &a);
    if (rc == 0)
        rc = parse(&a, text, &v);
    if (rc == 0)
        rc = um_doc_check(&a, &v, &known, &found);
    if (rc == 0) {
        assert_non_null(um_problems_error(&found));
        um_doc_error_at(&err, "t", um_problems_error(&found)->pointer);
        rc = um_doc_locate(um_str(text), &a, &err);
    }
    if (rc == 0)
        assert_true(err.has_place);
    um_arena_fini(&a);
    return rc;
}

static void each(int (*body)(void *arg))
{
    size_t n = 0;

    for (size_t left = STEP_BYTES; left < MOST_LEFT; left += STEP_BYTES)
        n += failing_mem_each(body, &left);
    print_message("%zu allocations\n", n);
    assert_true(n > MOST_LEFT / STEP_BYTES);
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    each(print_and_hash);
    each(mistake);
    each(patch);
    each(path);
    each(diff_and_merge);
    each(effective);
    each(check_and_locate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
