/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Folders, and the templates of paths. */
#include "mesh/trust/folder.h"
#include "mesh/trust/template.h"
#include "unit.h"

static void becomes(const char *path, const char *want)
{
    char room[64];
    struct um_str out;

    assert_int_equal(um_folder_clean(um_str(path), room, &out), UM_FOLDER_FINE);
    if (!um_str_eq(out, um_str(want)))
        fail_msg("%s is %.*s", path, UM_STR_ARG(out));
}

static void test_clean(void **state)
{
    (void)state;
    becomes("/", "/");
    becomes("//", "/");
    becomes("/a", "/a");
    becomes("/a/", "/a");
    becomes("//a///b/./c/.", "/a/b/c");
    becomes("/...", "/...");
    becomes("/a/..b/c..", "/a/..b/c..");
}

static void test_what_cannot_be_compared(void **state)
{
    static char path[UM__CAP_POLICY_PATH_BYTES + 2];
    static char room[sizeof(path)];
    struct um_str out;

    (void)state;
    assert_int_equal(um_folder_clean(UM_STR(""), room, &out),
                     UM_FOLDER_RELATIVE);
    assert_int_equal(um_folder_clean(UM_STR("a/b"), room, &out),
                     UM_FOLDER_RELATIVE);
    assert_int_equal(um_folder_clean(UM_STR("/.."), room, &out),
                     UM_FOLDER_CLIMBS);
    assert_int_equal(um_folder_clean(UM_STR("/a/../a"), room, &out),
                     UM_FOLDER_CLIMBS);
    assert_int_equal(um_folder_clean(UM_STR("/a\0/b"), room, &out),
                     UM_FOLDER_ZERO);
    memset(path, '/', sizeof(path));
    assert_int_equal(
        um_folder_clean(um_str_n(path, UM__CAP_POLICY_PATH_BYTES), room, &out),
        UM_FOLDER_FINE);
    assert_int_equal(
        um_folder_clean(um_str_n(path, UM__CAP_POLICY_PATH_BYTES + 1), room,
                        &out),
        UM_FOLDER_LONG);
}

static void test_holds(void **state)
{
    (void)state;
    assert_true(um_folder_holds(UM_STR("/a"), UM_STR("/a")));
    assert_true(um_folder_holds(UM_STR("/a"), UM_STR("/a/b")));
    assert_true(um_folder_holds(UM_STR("/"), UM_STR("/a/b")));
    assert_true(um_folder_holds(UM_STR("/"), UM_STR("/")));
    assert_false(um_folder_holds(UM_STR("/a"), UM_STR("/ab")));
    assert_false(um_folder_holds(UM_STR("/a/b"), UM_STR("/a")));
    assert_false(um_folder_holds(UM_STR("/a"), UM_STR("/")));
}

/* Whether all that a template can become is below /w/x. */
static bool is_inside(const char *text)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_template_shapes s;
    char room[64];
    bool in;

    assert_true(um_template_path(&a, um_str(text), &s));
    in = s.count > 0;
    for (size_t i = 0; i < s.count; i++) {
        struct um_str path;

        in = in && um_folder_clean(s.path[i], room, &path) == UM_FOLDER_FINE &&
             um_folder_holds(UM_STR("/w/x"), path);
    }
    um_arena_fini(&a);
    return in;
}

static void test_templates(void **state)
{
    static const char *const inside[] = {
        "/w/x",
        "/w/x$uri",
        "/w/x/$uri",
        "/w/x/${uri}.html",
        "/w/x/$host$uri",
        "/w/x/a.$host",
        "/w/x/${host}/b$uri",
        "/w/x/$host",
    };
    static const char *const outside[] = {
        "/w$uri",
        "$uri",
        "/w/$host$uri",
        "/w/x$host",
        "/w/x$host$uri",
        "/w/x/$arg_a",
        "/w/x/$request_uri",
        "/w/x/$dollar",
        "/w/x/$",
        "/w/x/${uri",
        "/w/x/$uri$",
        "`/w/x/${uri}`",
        "/w/x/$uri/../../y",
        "/w/x/.$host.",
        "/w/x/.$host./y",
        "/w/x/..$host",
        "/w/x/$uri..",
        "/w/x/$header_a",
        "/w/x/$uri.$$uri",
        "/w/x/$host/..",
        "/w/x/$uri/..",
    };

    (void)state;
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        if (!is_inside(inside[i]))
            fail_msg("outside: %s", inside[i]);
    }
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        if (is_inside(outside[i]))
            fail_msg("inside: %s", outside[i]);
    }
}

static void test_scripts(void **state)
{
    (void)state;
    assert_true(um_template_is_script(UM_STR("`x`")));
    assert_true(um_template_is_script(UM_STR("!`x`")));
    assert_false(um_template_is_script(UM_STR("x`y`")));
    assert_false(um_template_is_script(UM_STR("!")));
    assert_false(um_template_is_script(UM_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_what_cannot_be_compared),
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_scripts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
