/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/pattern.h"
#include "mesh/doc/pointer.h"

/* The state at the end of a path of names, numbers for elements. */
static um_pattern_state walk(const struct um_pattern *p, const char *path)
{
    um_pattern_state state = um_pattern_start(p);
    struct um_arena a = UM_ARENA_INIT;
    struct um_str rest = um_str(path), name;

    while (rest.len > 0) {
        struct um_place at;
        size_t i;

        assert_true(um_pointer_take(&a, &rest, &name));
        i = um_pointer_index(name, 1000);
        at =
            i <= 1000 ? um_place_element(NULL, i) : um_place_member(NULL, name);
        state = um_pattern_step(p, state, &at);
    }
    um_arena_fini(&a);
    return state;
}

static void matches(const char *pattern, const char *path, bool want)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_pattern p;

    assert_int_equal(um_pattern_parse(&a, um_str(pattern), &p), 0);
    if (um_pattern_matches(&p, walk(&p, path)) != want)
        fail_msg("%s and %s", pattern, path);
    um_arena_fini(&a);
}

static void test_segments(void **state)
{
    (void)state;
    matches("", "", true);
    matches("", "/a", false);
    matches("/a/b", "/a/b", true);
    matches("/a/b", "/a", false);
    matches("/a/b", "/a/b/c", false);
    matches("/a/b", "/a/c", false);
    matches("/a~1b/c~0", "/a~1b/c~0", true);
    matches("/x/*:80/pass", "/x/*:80/pass", true);
    matches("/x/*:80/pass", "/x/1.2.3.4:80/pass", false);
}

static void test_any(void **state)
{
    (void)state;
    matches("/*", "/a", true);
    matches("/*", "", false);
    matches("/*", "/a/b", false);
    matches("/a/*/c", "/a/b/c", true);
    matches("/a/*/c", "/a/7/c", true);
    matches("/a/*/c", "/a/b/d", false);
    matches("/a/7/c", "/a/7/c", true);
    matches("/a/07/c", "/a/7/c", false);
    matches("/a/7/c", "/a/8/c", false);
}

static void test_deep(void **state)
{
    (void)state;
    matches("/**", "", true);
    matches("/**", "/a/b/c", true);
    matches("/**/z", "/z", true);
    matches("/**/z", "/a/b/z", true);
    matches("/**/z", "/a/z/b", false);
    matches("/**/z", "/z/a/z", true);
    matches("/a/**/z", "/a/z", true);
    matches("/a/**/z", "/b/z", false);
    matches("/a/**/*/z", "/a/z", false);
    matches("/a/**/*/z", "/a/b/z", true);
    matches("/**/x/**/y/**", "/1/x/y/y/2", true);
    matches("/**/x/**/y/**", "/1/y/x/2", false);
    matches("/a/**", "/a", true);
}

/* A pattern that cannot match further below says so. */
static void test_dead_ends(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_pattern p;

    (void)state;
    assert_int_equal(um_pattern_parse(&a, UM_STR("/a/b/c"), &p), 0);
    assert_int_not_equal(walk(&p, "/a/b"), 0);
    assert_int_equal(walk(&p, "/b"), 0);
    assert_int_equal(walk(&p, "/a/b/c/d"), 0);
    um_arena_fini(&a);
}

static void test_what_is_none(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_pattern p;

    (void)state;
    assert_int_equal(um_pattern_parse(&a, UM_STR("a"), &p), P2P_EFORMAT);
    assert_int_equal(um_pattern_parse(&a, UM_STR("/a~2"), &p), P2P_EFORMAT);
    for (unsigned i = 0; i < UM__CAP_DOC_PATTERN_SEGMENTS; i++)
        um_buf_text(&b, "/**");
    assert_int_equal(um_pattern_parse(&a, um_buf_view(&b), &p), 0);
    assert_true(um_pattern_matches(&p, walk(&p, "")));
    assert_true(um_pattern_matches(&p, walk(&p, "/a/b/c")));
    um_buf_text(&b, "/x");
    assert_int_equal(um_pattern_parse(&a, um_buf_view(&b), &p), P2P_ELIMIT);
    um_buf_fini(&b);
    um_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments),     cmocka_unit_test(test_any),
        cmocka_unit_test(test_deep),         cmocka_unit_test(test_dead_ends),
        cmocka_unit_test(test_what_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
