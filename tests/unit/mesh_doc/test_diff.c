/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_random.h"

#include "mesh/doc/diff.h"
#include "mesh/doc/names.h"
#include "mesh/doc/pointer.h"

static void differs(const char *old, const char *now, enum um_diff_arrays how,
                    const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_diff d;

    assert_true(
        um_diff_make(&r.arena, rig_val(&r, old), rig_val(&r, now), how, &d));
    um_diff_print(&r.text, &d);
    um_buf_byte(&r.text, '\0');
    assert_string_equal(r.text.p, want);
    rig_fini(&r);
}

static void test_lines(void **state)
{
    (void)state;
    differs("{\"a\":1,\"b\":{\"c\":[1]}}", "{\"a\":1,\"b\":{\"c\":[1]}}",
            UM_DIFF_ELEMENTS, "");
    differs("{\"a\":1,\"b\":{\"c\":2,\"x/y\":3}}",
            "{\"a\":1.0,\"b\":{\"c\":2},\"n\":{}}", UM_DIFF_ELEMENTS,
            "~ /a: 1 -> 1.0\n- /b/x~1y: 3\n+ /n: {}\n");
    differs("1", "[1]", UM_DIFF_ELEMENTS, "~ /: 1 -> [1]\n");
}

static void test_order_is_a_difference(void **state)
{
    (void)state;
    differs("{\"k\":{\"a\":1,\"b\":2}}", "{\"k\":{\"b\":2,\"a\":1}}",
            UM_DIFF_ELEMENTS, "% /k: order \"a\", \"b\" -> \"b\", \"a\"\n");
    /* what comes in or goes leaves the order of the rest alone */
    differs("{\"a\":1,\"b\":2,\"c\":3}", "{\"x\":0,\"a\":1,\"c\":3}",
            UM_DIFF_ELEMENTS, "- /b: 2\n+ /x: 0\n");
    differs("{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"a\":0}", UM_DIFF_ELEMENTS,
            "% /: order \"a\", \"b\", \"c\" -> \"c\", \"a\"\n- /b: 2\n"
            "~ /a: 1 -> 0\n");
}

static void test_arrays(void **state)
{
    (void)state;
    differs("{\"r\":[1,2,3]}", "{\"r\":[1,9,2,3]}", UM_DIFF_ATOMIC,
            "~ /r: [1,2,3] -> [1,9,2,3]\n");
    differs("{\"r\":[1,2,3]}", "{\"r\":[1,9,2,3]}", UM_DIFF_ELEMENTS,
            "+ /r/1: 9\n");
    differs("[1,2,3]", "[1,3]", UM_DIFF_ELEMENTS, "- /1: 2\n");
    differs("[{\"a\":1},5]", "[{\"a\":2},5]", UM_DIFF_ELEMENTS,
            "~ /0/a: 1 -> 2\n");
    differs("[1,1]", "[1,1,1]", UM_DIFF_ELEMENTS, "+ /2: 1\n");
    differs("[]", "[1,2]", UM_DIFF_ELEMENTS, "+ /0: 1\n+ /1: 2\n");
}

static void test_lines_are_fit_for_a_terminal(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_buf b = UM_BUF_INIT;
    struct um_diff d;

    (void)state;
    differs("{}", "{\"\\u001b[2J\":\"\\u001b\"}", UM_DIFF_ELEMENTS,
            "+ /\\u001B[2J: \"\\u001B\"\n");
    um_buf_text(&b, "\"");
    um_buf_fill(&b, 'x', UM__CAP_DOC_DIFF_SHOWN - 2);
    um_buf_text(&b, "\xc3\xa9\xc3\xa9\"");
    um_buf_byte(&b, '\0');
    assert_true(um_diff_make(&r.arena, rig_val(&r, "{}"), rig_val(&r, b.p),
                             UM_DIFF_ATOMIC, &d));
    um_diff_print(&r.text, &d);
    um_buf_byte(&r.text, '\0');
    assert_int_equal(strlen(r.text.p),
                     strlen("~ /: {} -> \n") + UM__CAP_DOC_DIFF_SHOWN - 1 + 3);
    assert_non_null(strstr(r.text.p, "x...\n"));
    um_buf_fini(&b);
    rig_fini(&r);
}

static const struct um_val *value_at(struct rig *r, const struct um_val *root,
                                     struct um_str pointer)
{
    const struct um_val *v;

    (void)um_pointer_get(&r->arena, root, pointer, &v);
    return v;
}

/* Each difference is one, at its pointer; and only equals have none. */
static void check(const struct um_val *x, const struct um_val *y)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_diff d;

    assert_true(um_diff_make(&r.arena, x, y, UM_DIFF_ATOMIC, &d));
    assert_int_equal(d.count == 0, um_val_same(x, y));
    for (size_t i = 0; i < d.count; i++) {
        const struct um_diff_item *item = &d.items[i];

        assert_ptr_equal(value_at(&r, x, item->pointer), item->old);
        assert_ptr_equal(value_at(&r, y, item->pointer), item->now);
        assert_false(item->old != NULL && item->now != NULL &&
                     um_val_same(item->old, item->now));
    }
    rig_fini(&r);
}

static void test_random_documents(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct um_arena a = UM_ARENA_INIT;
        struct um_val x = random_object(&a, &seed, 0);
        struct um_val y = random_variant(&a, &seed, &x, 4);
        struct um_val z = random_val(&a, &seed, 0);

        check(&x, &y);
        check(&x, &z);
        um_arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_order_is_a_difference),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_lines_are_fit_for_a_terminal),
        cmocka_unit_test(test_random_documents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
