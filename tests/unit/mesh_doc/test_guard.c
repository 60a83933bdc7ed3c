/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/guard.h"

static enum um_shrink becomes(const char *before, const char *after)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_val *a = rig_val(&r, before);
    const struct um_val *b = rig_val(&r, after);
    enum um_shrink what = um_guard_shrink(a, b);

    rig_fini(&r);
    return what;
}

#define FOUR                                                    \
    "{\"listeners\":{\"*:80\":{}},\"applications\":{\"a\":{}}," \
    "\"upstreams\":{\"u\":{}},\"routes\":[{}]}"

static void test_parts(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};

    (void)state;
    assert_int_equal(um_guard_parts(rig_val(&r, FOUR)), 4);
    assert_int_equal(
        um_guard_parts(rig_val(&r,
                               "{\"routes\":{\"a\":[1,2],\"b\":[3],"
                               "\"c\":7,\"d\":{\"x\":1}}}")),
        3);
    assert_int_equal(um_guard_parts(rig_val(&r,
                                            "{\"settings\":{\"a\":1},"
                                            "\"access_log\":\"x\"}")),
                     0);
    assert_int_equal(um_guard_parts(rig_val(&r, "[1,2,3]")), 0);
    assert_int_equal(
        um_guard_parts(rig_val(&r, "{\"listeners\":\"x\",\"routes\":1}")), 0);
    rig_fini(&r);
}

static void test_emptied(void **state)
{
    (void)state;
    assert_int_equal(becomes(FOUR, "{}"), UM_SHRINK_EMPTIES);
    assert_int_equal(becomes(FOUR, "null"), UM_SHRINK_EMPTIES);
    /* What a Unit has when it comes up empty. */
    assert_int_equal(
        becomes(FOUR, "{\"listeners\":{},\"routes\":[],\"applications\":{}}"),
        UM_SHRINK_EMPTIES);
    /* Three of four are left, but nobody listens. */
    assert_int_equal(becomes(FOUR,
                             "{\"applications\":{\"a\":{}},\"upstreams\":"
                             "{\"u\":{}},\"routes\":[{}]}"),
                     UM_SHRINK_EMPTIES);
}

static void test_halved(void **state)
{
    (void)state;
    assert_int_equal(becomes(FOUR,
                             "{\"listeners\":{\"*:80\":{}},"
                             "\"routes\":[{}]}"),
                     UM_SHRINK_HALVES);
    assert_int_equal(becomes(FOUR,
                             "{\"listeners\":{\"*:80\":{}},"
                             "\"applications\":{\"b\":{}},"
                             "\"routes\":[{}]}"),
                     UM_SHRINK_NOT);
    assert_int_equal(becomes("{\"listeners\":{\"*:1\":{},\"*:2\":{}}}",
                             "{\"listeners\":{\"*:1\":{}}}"),
                     UM_SHRINK_HALVES);
    assert_int_equal(becomes("{\"listeners\":{\"*:1\":{},\"*:2\":{},"
                             "\"*:3\":{}}}",
                             "{\"listeners\":{\"*:1\":{},\"*:2\":{}}}"),
                     UM_SHRINK_NOT);
}

static void test_other_changes(void **state)
{
    (void)state;
    assert_int_equal(becomes("{}", "{}"), UM_SHRINK_NOT);
    assert_int_equal(becomes("{}", FOUR), UM_SHRINK_NOT);
    assert_int_equal(becomes(FOUR, FOUR), UM_SHRINK_NOT);
    assert_int_equal(becomes("{\"settings\":{}}", "{}"), UM_SHRINK_NOT);
}

static void test_words(void **state)
{
    (void)state;
    assert_null(um_guard_words(UM_SHRINK_NOT));
    assert_non_null(um_guard_words(UM_SHRINK_EMPTIES));
    assert_non_null(um_guard_words(UM_SHRINK_HALVES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),  cmocka_unit_test(test_emptied),
        cmocka_unit_test(test_halved), cmocka_unit_test(test_other_changes),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
