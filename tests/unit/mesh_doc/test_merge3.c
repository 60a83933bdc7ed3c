/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_random.h"

#include "mesh/doc/diff.h"
#include "mesh/doc/merge3.h"
#include "mesh/doc/names.h"

static void merges(const char *base, const char *ours, const char *theirs,
                   const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_merge3 m;

    assert_int_equal(um_merge3_run(&r.arena, rig_val(&r, base),
                                   rig_val(&r, ours), rig_val(&r, theirs), &m),
                     0);
    assert_int_equal(m.conflicts, 0);
    assert_string_equal(rig_text(&r, &m.value), want);
    rig_fini(&r);
}

static void conflicts(const char *base, const char *ours, const char *theirs,
                      const char *at)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_merge3 m;

    assert_int_equal(um_merge3_run(&r.arena, rig_val(&r, base),
                                   rig_val(&r, ours), rig_val(&r, theirs), &m),
                     0);
    assert_int_equal(m.conflicts, 1);
    assert_string_equal(rig_str(&r, m.at[0]), at);
    rig_fini(&r);
}

static void test_disjoint_members_go_together(void **state)
{
    (void)state;
    merges("{\"a\":1,\"b\":{\"c\":2,\"d\":3}}",
           "{\"a\":9,\"b\":{\"c\":2,\"d\":3}}",
           "{\"a\":1,\"b\":{\"c\":8,\"d\":3}}",
           "{\"a\":9,\"b\":{\"c\":8,\"d\":3}}");
    merges("{\"a\":1,\"b\":2}", "{\"b\":2}", "{\"a\":1,\"b\":3}", "{\"b\":3}");
    merges("{\"a\":{\"x\":1}}", "{\"a\":{}}", "{\"a\":{\"x\":1,\"y\":2}}",
           "{\"a\":{\"y\":2}}");
    /* number text is content */
    merges("{\"a\":1,\"b\":1}", "{\"a\":1.0,\"b\":1}", "{\"a\":1,\"b\":2}",
           "{\"a\":1.0,\"b\":2}");
}

static void test_conflicts(void **state)
{
    (void)state;
    conflicts("{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "/a");
    conflicts("{\"a\":{\"x/y\":1}}", "{\"a\":{\"x/y\":2}}",
              "{\"a\":{\"x/y\":3}}", "/a/x~1y");
    conflicts("{\"a\":{\"b\":1}}", "{}", "{\"a\":{\"b\":2}}", "/a");
    conflicts("{\"a\":{\"b\":1}}", "{\"a\":7}", "{\"a\":{\"b\":2}}", "/a");
    conflicts("{}", "{\"a\":{\"b\":1}}", "{\"a\":{\"c\":1}}", "/a");
    /* arrays are changed as a whole */
    conflicts("{\"r\":[1,2,3]}", "{\"r\":[1,2,3,4]}", "{\"r\":[0,1,2,3]}",
              "/r");
    conflicts("1", "2", "3", "");
}

static void test_the_same_change_is_one(void **state)
{
    (void)state;
    merges("{\"a\":1}", "{\"a\":2}", "{\"a\":2}", "{\"a\":2}");
    merges("{\"a\":1}", "{}", "{}", "{}");
    merges("{}", "{\"n\":{\"x\":1,\"y\":2}}", "{\"n\":{\"y\":2,\"x\":1}}",
           "{\"n\":{\"x\":1,\"y\":2}}");
    merges("{\"r\":[1],\"a\":1}", "{\"r\":[2],\"a\":1}", "{\"r\":[2],\"a\":3}",
           "{\"r\":[2],\"a\":3}");
    conflicts("{\"a\":5}", "{\"a\":1}", "{\"a\":1.0}", "/a");
}

static void test_order(void **state)
{
    (void)state;
    /* theirs' new member behind the one that it follows there */
    merges("{\"a\":1,\"b\":2}", "{\"a\":9,\"b\":2}",
           "{\"a\":1,\"n\":0,\"b\":2}", "{\"a\":9,\"n\":0,\"b\":2}");
    merges("{\"a\":1,\"b\":2}", "{\"x\":0,\"a\":1,\"b\":2,\"y\":0}",
           "{\"m\":0,\"n\":0,\"a\":1,\"b\":2,\"o\":0}",
           "{\"m\":0,\"n\":0,\"x\":0,\"a\":1,\"b\":2,\"o\":0,\"y\":0}");
    /* also behind one that we took away */
    merges("{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"c\":3}",
           "{\"a\":1,\"b\":2,\"n\":0,\"c\":3}", "{\"a\":1,\"n\":0,\"c\":3}");
    /* an order that only one of both changed is kept */
    merges("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "{\"a\":9,\"b\":2}",
           "{\"b\":2,\"a\":9}");
    merges("{\"a\":1,\"b\":2}", "{\"a\":9,\"b\":2}", "{\"b\":2,\"a\":1}",
           "{\"b\":2,\"a\":9}");
    merges("{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"b\":2,\"a\":1}",
           "{\"b\":2,\"a\":1,\"c\":3}", "{\"c\":3,\"b\":2,\"a\":1}");
}

static void test_the_first_conflicts_are_listed(void **state)
{
    static const char *const digits[] = {"1", "2", "3"};
    struct rig r = {.arena = UM_ARENA_INIT};
    const size_t n = UM__CAP_DOC_CONFLICTS + 20;
    struct um_val v[3];
    struct um_merge3 m;

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        assert_true(um_val_object(&r.arena, n, &v[k]));
        for (size_t i = 0; i < n; i++) {
            char name[8];

            (void)snprintf(name, sizeof name, "k%zu", i);
            assert_true(
                um_arena_dup(&r.arena, um_str(name), &v[k].members.p[i].name));
            v[k].members.p[i].value.kind = UM_VAL_NUMBER;
            v[k].members.p[i].value.text = um_str(digits[k]);
        }
    }
    assert_int_equal(um_merge3_run(&r.arena, &v[0], &v[1], &v[2], &m), 0);
    assert_int_equal(m.conflicts, n);
    assert_string_equal(rig_str(&r, m.at[UM__CAP_DOC_CONFLICTS - 1]), "/k99");
    rig_fini(&r);
}

/* Ten times as many as are listed, by long names: those take no room. */
static void test_conflicts_beyond_the_cap_hold_nothing(void **state)
{
    static const char *const digits[] = {"1", "2", "3"};
    struct rig r = {.arena = UM_ARENA_INIT};
    const size_t n = UM__CAP_DOC_CONFLICTS * 10;
    struct um_val v[3];
    struct um_merge3 m;
    char name[1024];
    size_t before;

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        assert_true(um_val_object(&r.arena, n, &v[k]));
        for (size_t i = 0; i < n; i++) {
            (void)snprintf(name, sizeof name, "%01000zu", i);
            assert_true(
                um_arena_dup(&r.arena, um_str(name), &v[k].members.p[i].name));
            v[k].members.p[i].value.kind = UM_VAL_NUMBER;
            v[k].members.p[i].value.text = um_str(digits[k]);
        }
    }
    before = r.arena.held_bytes;
    assert_int_equal(um_merge3_run(&r.arena, &v[0], &v[1], &v[2], &m), 0);
    assert_int_equal(m.conflicts, n);
    assert_in_range(r.arena.held_bytes, before, before + 500000);
    rig_fini(&r);
}

static void same_after(struct rig *r, const struct um_val *base,
                       const struct um_val *ours, const struct um_val *theirs,
                       const struct um_val *want)
{
    struct um_merge3 m;

    assert_int_equal(um_merge3_run(&r->arena, base, ours, theirs, &m), 0);
    assert_int_equal(m.conflicts, 0);
    assert_true(um_val_same(&m.value, want));
}

static bool alike(struct rig *r, const struct um_val *x, const struct um_val *y)
{
    bool same;

    assert_true(um_names_alike(&r->arena, x, y, UM_ALIKE_TEXT, &same));
    return same;
}

/* True if d has that difference, order aside. */
static bool has(struct rig *r, const struct um_diff *d,
                const struct um_diff_item *item)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct um_diff_item *k = &d->items[i];

        if (k->kind == item->kind && um_str_eq(k->pointer, item->pointer) &&
            (k->now == NULL || alike(r, k->now, item->now)))
            return true;
    }
    return false;
}

/* An order, or a value that only has another one inside, is no content. */
static bool is_content(struct rig *r, const struct um_diff_item *item)
{
    if (item->kind == UM_DIFF_ORDER)
        return false;
    return item->kind != UM_DIFF_CHANGED || !alike(r, item->old, item->now);
}

static void check_subset(struct rig *r, const struct um_diff *of,
                         const struct um_diff *a, const struct um_diff *b)
{
    for (size_t i = 0; i < of->count; i++)
        assert_true(!is_content(r, &of->items[i]) || has(r, a, &of->items[i]) ||
                    (b != NULL && has(r, b, &of->items[i])));
}

/* What the result changes is what either side changed, and no more. */
static void check_union(struct rig *r, const struct um_val v[4])
{
    struct um_diff ours, theirs, both;
    const enum um_diff_arrays how = UM_DIFF_ATOMIC;

    assert_true(um_diff_make(&r->arena, &v[0], &v[1], how, &ours));
    assert_true(um_diff_make(&r->arena, &v[0], &v[2], how, &theirs));
    assert_true(um_diff_make(&r->arena, &v[0], &v[3], how, &both));
    check_subset(r, &ours, &both, NULL);
    check_subset(r, &theirs, &both, NULL);
    check_subset(r, &both, &ours, &theirs);
}

static bool check_three(struct rig *r, const struct um_val *b,
                        const struct um_val *x, const struct um_val *y)
{
    struct um_merge3 m, back;

    same_after(r, b, x, b, x);
    same_after(r, b, b, y, y);
    same_after(r, b, x, x, x);
    assert_int_equal(um_merge3_run(&r->arena, b, x, y, &m), 0);
    assert_int_equal(um_merge3_run(&r->arena, b, y, x, &back), 0);
    assert_int_equal(m.conflicts, back.conflicts);
    if (m.conflicts > 0)
        return false;
    assert_true(alike(r, &m.value, &back.value));
    check_union(r, (const struct um_val[]){*b, *x, *y, m.value});
    return true;
}

static void test_properties_on_random_documents(void **state)
{
    uint64_t seed = 2026;
    size_t merged = 0;
    const int runs = 20000;

    (void)state;
    for (int i = 0; i < runs; i++) {
        struct rig r = {.arena = UM_ARENA_INIT};
        struct um_val b = random_object(&r.arena, &seed, 0);
        struct um_val x = random_variant(&r.arena, &seed, &b, 3);
        struct um_val y = random_variant(&r.arena, &seed, &b, 3);

        merged += check_three(&r, &b, &x, &y);
        rig_fini(&r);
    }
    print_message("%zu of %d merged\n", merged, runs);
    assert_true(merged > runs / 4 && merged < runs * 19 / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disjoint_members_go_together),
        cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_the_same_change_is_one),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_the_first_conflicts_are_listed),
        cmocka_unit_test(test_conflicts_beyond_the_cap_hold_nothing),
        cmocka_unit_test(test_properties_on_random_documents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
