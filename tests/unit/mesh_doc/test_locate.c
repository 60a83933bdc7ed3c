/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/locate.h"

static const char file[] =
    "\xef\xbb\xbf// a comment, with \"quotes\" and {\n"
    "{\n"
    "  \"a\": [1, [2, 3], \"]\", {\"b\": null}],\n"
    "  /* \"c\": 1 */ \"c\\u0064\": {\n"
    "    \"x/y\": true , \"\xc3\xa9\" : -1.5e3, \"z\":"
    "\"\\\"}\" // end\n"
    "  },\n"
    "}\n";

/* The place of a pointer, LINE:COLUMN; "" if it has none. */
static void is_at(const char *pointer, const char *want)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v;
    struct um_doc_error err = {.text = "t"};
    char have[32] = "";

    assert_int_equal(um_doc_parse(um_str(file), &a, &v, NULL), 0);
    um_doc_error_at(&err, "t", um_str(pointer));
    assert_int_equal(um_doc_locate(um_str(file), &a, &err), 0);
    assert_true(err.has_pointer);
    assert_string_equal(err.text, "t");
    assert_true(um_str_eq(err.pointer, um_str(pointer)));
    if (err.has_place)
        (void)snprintf(have, sizeof have, "%zu:%zu", err.line, err.column);
    assert_string_equal(have, want);
    um_arena_fini(&a);
}

static void test_places(void **state)
{
    (void)state;
    is_at("", "2:1");
    is_at("/a", "3:3");
    is_at("/a/0", "3:9");
    is_at("/a/1", "3:12");
    is_at("/a/1/1", "3:16");
    is_at("/a/2", "3:20");
    is_at("/a/3/b", "3:26");
    is_at("/cd", "4:16");
    is_at("/cd/x~1y", "5:5");
    is_at("/cd/\xc3\xa9", "5:19");
    is_at("/cd/z", "5:33");
}

static void test_nowhere(void **state)
{
    (void)state;
    is_at("/c", "");
    is_at("/a/4", "");
    is_at("/a/-", "");
    is_at("/a/x", "");
    is_at("/a/0/0", "");
    is_at("/cd/z/0", "");
    is_at("/cd/q", "");
    is_at("no pointer", "");
}

static void test_no_pointer(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_doc_error err = {.text = "t"};

    (void)state;
    assert_int_equal(um_doc_locate(UM_STR("{}"), &a, &err), 0);
    assert_false(err.has_place);
    um_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_nowhere),
        cmocka_unit_test(test_no_pointer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
