/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/selector.h"

static const struct um_label labels[] = {
    {UM_STR_INIT("region"), UM_STR_INIT("eu")},
    {UM_STR_INIT("group"), UM_STR_INIT("web,edge")},
    {UM_STR_INIT("empty"), UM_STR_INIT("")},
    {UM_STR_INIT("eq"), UM_STR_INIT("a=b")},
};
static const struct um_node_facts node = {UM_STR_INIT("12D3KooW"),
                                          UM_STR_INIT("web1"), labels,
                                          sizeof labels / sizeof *labels};

static bool matches(const char *text)
{
    struct um_selector s;

    if (!um_selector_parse(um_str(text), &s))
        fail_msg("%s is no selector", text);
    return um_selector_matches(&s, &node);
}

static void test_what_matches(void **state)
{
    (void)state;
    assert_true(matches("all"));
    assert_true(matches("group:web"));
    assert_true(matches("group:edge"));
    assert_false(matches("group:we"));
    assert_false(matches("group:edges"));
    assert_true(matches("label:region=eu"));
    assert_false(matches("label:region=e"));
    assert_false(matches("label:region="));
    assert_false(matches("label:none="));
    assert_true(matches("label:empty="));
    assert_true(matches("label:eq=a=b"));
    assert_true(matches("label:group=web,edge"));
    assert_true(matches("node:web1"));
    assert_true(matches("node:12D3KooW"));
    assert_false(matches("node:12D3"));
    assert_false(matches("node:WEB1"));
}

static void test_what_is_none(void **state)
{
    static const char *const none[] = {
        "",       "ALL",     "all:x",    "all ", "group:",    "node:",
        "label:", "label:x", "label:=x", "web1", "group:a,b", "tag:x"};
    struct um_selector s;

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (um_selector_parse(um_str(none[i]), &s))
            fail_msg("%s is a selector", none[i]);
    }
}

static void test_order(void **state)
{
    static const char *const order[] = {
        "all",       "group:a", "group:b", "label:a=1",
        "label:a=2", "node:0",  "node:a",  "node:aa",
    };
    struct um_selector a, b;

    (void)state;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        for (size_t j = 0; j < sizeof order / sizeof *order; j++) {
            int cmp;

            assert_true(um_selector_parse(um_str(order[i]), &a));
            assert_true(um_selector_parse(um_str(order[j]), &b));
            cmp = um_selector_compare(&a, &b);
            assert_true(i == j ? cmp == 0 : (cmp < 0) == (i < j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_matches),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
