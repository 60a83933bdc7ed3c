/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a history takes, in which order, and the walks over ancestors. */
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

static int setup(void **state)
{
    static struct rig g;

    *state = &g;
    return rig_init(&g, 2);
}

static int teardown(void **state)
{
    rig_fini(*state);
    return 0;
}

static void test_a_child_waits_for_its_parent(void **state)
{
    struct rig *g = *state;
    struct um_revision parent = rig_shape(g, 1, 1, 0, UINT32_MAX);
    struct um_revision child = rig_shape(g, 2, 1, 1, UINT32_MAX);

    child.number = 3;
    assert_int_equal(rig_add(g, &child), P2P_EAGAIN);
    assert_int_equal(g->need.what, UM_NEED_REVISION);
    assert_true(um_name_eq(&g->need.name, &parent.id));
    assert_int_equal(rig_add(g, &parent), 0);
    assert_int_equal(rig_add(g, &child), 0);
    assert_int_equal(rig_add(g, &child), P2P_EDUP);
    assert_int_equal(g->history.revs_n, 3);
}

static void test_a_wrong_number_is_never_taken(void **state)
{
    struct rig *g = *state;
    struct um_revision r = rig_shape(g, 1, 1, 0, UINT32_MAX);

    r.number = 3;
    assert_int_equal(rig_add(g, &r), P2P_EPROTO);
    assert_null(um_history_find(&g->history, &r.id));
}

static void test_who_was_never_a_writer_waits_for_a_grant(void **state)
{
    struct rig *g = *state;
    struct um_name stranger = rig_key(7);

    assert_int_equal(rig_edit(g, 1, 7, 0), P2P_EAGAIN);
    assert_int_equal(g->need.what, UM_NEED_GRANT);
    assert_true(um_name_eq(&g->need.name, &stranger));
    assert_int_equal(rig_fact(g, UM_ABORT, 0, 7, T0), P2P_EAGAIN);
}

static void test_a_fact_waits_for_its_revision_and_comes_once(void **state)
{
    struct rig *g = *state;
    struct um_name none = rig_rev(1);

    assert_int_equal(rig_fact(g, UM_ABORT, 1, 1, T0), P2P_EAGAIN);
    assert_int_equal(g->need.what, UM_NEED_REVISION);
    assert_true(um_name_eq(&g->need.name, &none));
    rig_staged(g, 1, 1, 0);
    assert_int_equal(rig_fact(g, UM_ABORT, 1, 1, T0), 0);
    g->facts--; /* the same id again */
    assert_int_equal(rig_fact(g, UM_ABORT, 1, 1, T0), P2P_EDUP);
    assert_int_equal(g->history.facts_n, 1);
}

static void test_texts_and_lists_are_its_own(void **state)
{
    struct rig *g = *state;
    struct um_revision r = rig_shape(g, 1, 1, 0, UINT32_MAX);
    struct um_name first = rig_key(2);
    char message[] = "why";
    const struct um_past *p;

    r.policy = UM_STAGED;
    r.deadline_ms = N_MS;
    r.first = (struct um_namelist){&first, 1};
    r.message = um_str(message);
    assert_int_equal(rig_add(g, &r), 0);
    memset(message, 'x', 3);
    memset(&first, 0, sizeof first);
    p = um_history_find(&g->history, &r.id);
    first = rig_key(2);
    assert_true(um_str_eq(p->rev.message, UM_STR("why")));
    assert_true(um_namelist_has(p->rev.first, &first));
}

static void test_thousands_are_found_and_ranked(void **state)
{
    struct rig *g = *state;
    uint32_t last = UINT32_MAX;

    for (unsigned i = 1; i < 3000; i++)
        assert_int_equal(rig_edit(g, i, 1 + i % 2, i > 3 ? i - 3 : 0), 0);
    for (unsigned i = 0; i < 3000; i++) {
        struct um_name id = rig_rev(i);
        const struct um_past *p = um_history_find(&g->history, &id);

        assert_non_null(p);
        assert_int_equal(p->place, i);
    }
    for (size_t i = 0; i < 3000; i++) {
        const struct um_past *p = um_history_ranked(&g->history, i);

        assert_true(p->rev.number <= last);
        last = (uint32_t)p->rev.number;
    }
    assert_int_equal(rig_look(g, T0), 0);
    assert_int_equal(g->view.heads_n, 3);
}

static void test_the_base_is_the_highest_common_ancestor(void **state)
{
    struct rig *g = *state;
    struct um_revision r;
    uint32_t base;

    rig_edit(g, 1, 1, 0);
    rig_edit(g, 2, 1, 1);
    rig_edit(g, 3, 2, 1);
    r = rig_shape(g, 4, 1, 2, 3);
    assert_int_equal(rig_add(g, &r), 0);
    rig_edit(g, 5, 2, 3);
    assert_int_equal(um_marks_base(&g->history, 2, 3, &base), 0);
    assert_int_equal(base, 1);
    assert_int_equal(um_marks_base(&g->history, 4, 5, &base), 0);
    assert_int_equal(base, 3);
    assert_int_equal(um_marks_base(&g->history, 4, 2, &base), 0);
    assert_int_equal(base, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_child_waits_for_its_parent),
        T(test_a_wrong_number_is_never_taken),
        T(test_who_was_never_a_writer_waits_for_a_grant),
        T(test_a_fact_waits_for_its_revision_and_comes_once),
        T(test_texts_and_lists_are_its_own),
        T(test_thousands_are_found_and_ranked),
        T(test_the_base_is_the_highest_common_ancestor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
