/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/pointer.h"

/* RFC 6901, section 5. */
static void test_examples_of_the_rfc(void **state)
{
    static const char *const pairs[][2] = {
        {"/foo", "[\"bar\",\"baz\"]"},
        {"/foo/0", "\"bar\""},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/e^f", "3"},
        {"/g|h", "4"},
        {"/i\\j", "5"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/m~0n", "8"},
    };
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_val *root = rig_val(
        &r,
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
        "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");
    const struct um_val *v;

    (void)state;
    assert_int_equal(um_pointer_get(&r.arena, root, um_str(""), &v), 0);
    assert_ptr_equal(v, root);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(
            um_pointer_get(&r.arena, root, um_str(pairs[i][0]), &v), 0);
        assert_string_equal(rig_text(&r, v), pairs[i][1]);
    }
    rig_fini(&r);
}

static void test_what_leads_nowhere(void **state)
{
    static const char *const none[] = {"/b",
                                       "/a/2",
                                       "/a/-",
                                       "/a/01",
                                       "/a/x",
                                       "/a/+1",
                                       "/a/",
                                       "/a/0/0",
                                       "/~01x",
                                       "/a/4294967296",
                                       "/a/18446744073709551616"};
    static const char *const wrong[] = {"a", "/~", "/~2", "/a~", "#/a"};
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_val *root = rig_val(&r, "{\"a\":[0,1]}");
    const struct um_val *v;

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(um_pointer_get(&r.arena, root, um_str(none[i]), &v),
                         P2P_ENOTFOUND);
        assert_null(v);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(um_pointer_get(&r.arena, root, um_str(wrong[i]), &v),
                         P2P_EINVAL);
    rig_fini(&r);
}

static void test_written_and_taken_apart(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_str rest, name;

    (void)state;
    um_pointer_add(&r.text, UM_STR("unix:/run/~x"));
    um_pointer_add_index(&r.text, 12);
    um_pointer_add(&r.text, UM_STR(""));
    rest = um_buf_view(&r.text);
    assert_true(um_str_eq(rest, UM_STR("/unix:~1run~1~0x/12/")));
    assert_true(um_pointer_take(&r.arena, &rest, &name));
    assert_true(um_str_eq(name, UM_STR("unix:/run/~x")));
    assert_true(um_pointer_take(&r.arena, &rest, &name));
    assert_true(um_str_eq(name, UM_STR("12")));
    assert_true(um_pointer_take(&r.arena, &rest, &name));
    assert_int_equal(name.len, 0);
    assert_int_equal(rest.len, 0);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_of_the_rfc),
        cmocka_unit_test(test_what_leads_nowhere),
        cmocka_unit_test(test_written_and_taken_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
