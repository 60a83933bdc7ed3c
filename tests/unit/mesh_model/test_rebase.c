/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Re-base (rule 5): what lost is merged by its author's node. */
#include "mesh/model/rebase.h"

#include "node.h"
#include "p2p/err.h"
#include "unit.h"

struct both {
    struct mesh g;
    struct node n;
    struct um_name won;
    struct um_name lost;
};

/* Nodes 1 and 2 edited r1; the target is 2's. */
static int setup(void **state)
{
    static struct both b;
    size_t first;

    *state = &b;
    mesh_init(&b.g, 2, 1);
    node_init(&b.n, &b.g, 1);
    node_settle(&b.n, 10);
    first = mesh_edit(&b.g, 1, &b.g.r1, 2, 30);
    (void)mesh_edit(&b.g, 2, &b.g.r1, 2, 31);
    node_give(&b.n, first, first + 2);
    b.lost = *mesh_id(&b.g, first);
    b.won = *mesh_id(&b.g, first + 1);
    return 0;
}

static int teardown(void **state)
{
    struct both *b = *state;

    node_fini(&b->n);
    mesh_fini(&b->g);
    return 0;
}

#define assert_same(a, b) assert_memory_equal((a), (b), UM_NAME_BYTES)

/* Ticks until a merge is asked for; how long that took. */
static uint64_t wait_for_merge(struct both *b, uint64_t most)
{
    uint64_t begin = b->n.mono;

    node_settle(&b->n, 0);
    while (node_effect(&b->n, UM_FX_MERGE) == NULL && b->n.mono - begin < most)
        node_tick(&b->n, 100);
    return b->n.mono - begin;
}

static void merged(struct both *b, enum um_result outcome, unsigned doc)
{
    struct um_event e = {.what = UM_EV_MERGED};

    e.u.merged.outcome = outcome;
    e.u.merged.target = b->won;
    e.u.merged.head = b->lost;
    e.u.merged.doc = name_of(doc);
    e.u.merged.doc_bytes = 2;
    assert_int_equal(node_step(&b->n, &e), 0);
}

static void test_a_conflict_is_merged_after_a_while(void **state)
{
    struct both *b = *state;
    const struct um_effect *e;
    const struct um_past *p;

    assert_in_range(wait_for_merge(b, 60000), 6000, 16100);
    e = node_effect(&b->n, UM_FX_MERGE);
    assert_same(&e->u.merge.target, &b->won);
    assert_same(&e->u.merge.head, &b->lost);
    assert_int_equal(e->u.merge.docs[0].b[2], 1);
    assert_int_equal(e->u.merge.docs[1].b[2], 31);
    assert_int_equal(e->u.merge.docs[2].b[2], 30);
    merged(b, UM_RESULT_DONE, 40);
    assert_true(node_told(&b->n, UM_SAW_REBASED));
    node_tick(&b->n, 0);
    p = um_view_target(&b->n.m.view, &b->n.m.history);
    assert_int_equal(b->n.m.view.heads_n, 1);
    assert_true(p->rev.by_machine); /* T16: machines do not vouch */
    assert_int_equal(p->rev.policy, UM_STAGED);
    assert_same(&p->rev.parents[0], &b->won);
    assert_same(&p->rev.parents[1], &b->lost);
    assert_int_equal(p->rev.number, 3);
}

static void test_what_heals_by_itself_is_left_alone(void **state)
{
    struct both *b = *state;
    struct um_revision r = {.parents = {b->won, b->lost},
                            .parents_n = 2,
                            .number = 3,
                            .doc = name_of(50)};
    size_t i = mesh_rev(&b->g, 2, r);

    node_settle(&b->n, 5000);
    node_give(&b->n, i, i + 1);
    wait_for_merge(b, 60000);
    assert_null(node_effect(&b->n, UM_FX_MERGE));
}

/* One attempt a pair: whatever became of it. */
static void test_an_attempt_that_ended_is_not_made_again(void **state)
{
    struct both *b = *state;
    struct um_revision r = {.parents = {b->won, b->lost},
                            .parents_n = 2,
                            .number = 3,
                            .doc = name_of(50),
                            .policy = UM_STAGED,
                            .deadline_ms = 1000,
                            .by_machine = true,
                            .first = {&b->g.names[2], 1}};
    size_t i = mesh_rev(&b->g, 1, r);

    node_give(&b->n, i, i + 1);
    node_settle(&b->n, 2000); /* it ended */
    assert_same(node_target(&b->n), &b->won);
    assert_int_equal(b->n.m.view.heads_n, 2);
    wait_for_merge(b, 60000);
    assert_null(node_effect(&b->n, UM_FX_MERGE));
}

static void test_what_conflicts_is_asked_for_once(void **state)
{
    struct both *b = *state;

    wait_for_merge(b, 60000);
    merged(b, UM_RESULT_REFUSED, 0);
    wait_for_merge(b, 60000);
    assert_null(node_effect(&b->n, UM_FX_MERGE));
    assert_int_equal(b->n.m.view.heads_n, 2);
}

static void test_nothing_new_is_no_revision(void **state)
{
    struct both *b = *state;

    wait_for_merge(b, 60000);
    merged(b, UM_RESULT_DONE, 31); /* the target's document */
    assert_int_equal(b->n.m.history.revs_n, 3);
}

static void test_without_documents_it_is_asked_for_again(void **state)
{
    struct both *b = *state;

    wait_for_merge(b, 60000);
    merged(b, UM_RESULT_NO_ANSWER, 0);
    wait_for_merge(b, 60000);
    assert_non_null(node_effect(&b->n, UM_FX_MERGE));
}

/* The target moved while it was merged, and came back. */
static void test_what_came_too_late_is_asked_for_again(void **state)
{
    struct both *b = *state;
    struct um_revision r = {.parents = {b->won},
                            .parents_n = 1,
                            .number = 3,
                            .doc = name_of(50),
                            .policy = UM_TRIAL,
                            .deadline_ms = 20000,
                            .first = {&b->g.names[2], 1}};
    size_t i;

    wait_for_merge(b, 60000);
    r.wall_ms = b->n.wall;
    i = mesh_rev(&b->g, 2, r);
    node_give(&b->n, i, i + 1);
    merged(b, UM_RESULT_DONE, 40);
    assert_int_equal(b->n.m.history.revs_n, 4);
    wait_for_merge(b, 19000);
    assert_null(node_effect(&b->n, UM_FX_MERGE)); /* the target is open */
    wait_for_merge(b, 2000);
    assert_non_null(node_effect(&b->n, UM_FX_MERGE));
    merged(b, UM_RESULT_DONE, 40);
    assert_int_equal(b->n.m.history.revs_n, 5);
}

static void lose(struct both *b, enum um_rev_policy policy)
{
    struct um_revision r = {.parents = {b->g.r1},
                            .parents_n = 1,
                            .number = 2,
                            .wall_ms = T0,
                            .doc = name_of(33),
                            .policy = policy,
                            .deadline_ms = 600000,
                            .budget = 3,
                            .first = {&b->g.names[1], 1}};
    size_t i = mesh_rev(&b->g, 1, r);

    b->lost = *mesh_id(&b->g, i);
    node_give(&b->n, i, i + 1);
}

/* T13: it would die by neglect. */
static void test_trap13_a_staged_one_that_is_open_is_merged(void **state)
{
    struct both *b = *state;

    wait_for_merge(b, 60000);
    merged(b, UM_RESULT_REFUSED, 0);
    lose(b, UM_STAGED);
    wait_for_merge(b, 60000);
    assert_non_null(node_effect(&b->n, UM_FX_MERGE));
    merged(b, UM_RESULT_DONE, 40);
    node_tick(&b->n, 0);
    assert_int_equal(um_view_target(&b->n.m.view, &b->n.m.history)->rev.budget,
                     3);
}

static void test_a_trial_is_left_to_its_author(void **state)
{
    struct both *b = *state;

    wait_for_merge(b, 60000);
    merged(b, UM_RESULT_REFUSED, 0);
    lose(b, UM_TRIAL);
    wait_for_merge(b, 60000);
    assert_null(node_effect(&b->n, UM_FX_MERGE));
}

static void test_conflicts_of_others_are_left_to_them(void **state)
{
    struct both *b = *state;
    struct node n;

    node_init(&n, &b->g, 2);
    node_give(&n, b->g.base_n, b->g.things_n);
    for (unsigned i = 0; i < 30; i++) {
        node_settle(&n, 1000);
        assert_null(node_effect(&n, UM_FX_MERGE));
    }
    assert_int_equal(n.m.view.heads_n, 2);
    node_fini(&n);
}

static int merge(const char *base, const char *ours, const char *theirs,
                 const char *want)
{
    struct um_str docs[3] = {um_str(base), um_str(ours), um_str(theirs)};
    struct um_buf out = UM_BUF_INIT;
    int err = um_rebase_merge(docs, &out);

    if (err == 0)
        assert_true(um_str_eq(um_buf_view(&out), um_str(want)));
    um_buf_fini(&out);
    return err;
}

static void test_documents_are_merged(void **state)
{
    (void)state;
    assert_int_equal(
        merge("{\"base\":{\"a\":1,\"b\":2}}", "{\"base\":{\"a\":3,\"b\":2}}",
              "{\"base\":{\"a\":1,\"b\":4}}", "{\"base\":{\"a\":3,\"b\":4}}"),
        0);
    assert_int_equal(merge("{\"base\":{\"a\":1}}", "{\"base\":{\"a\":2}}",
                           "{\"base\":{\"a\":3}}", ""),
                     P2P_ESTATE);
    assert_int_equal(merge("{\"base\":{\"a\":1}}", "{\"base\":{\"a\":2}}",
                           "{\"base\":{\"a\":2}}", ""),
                     P2P_EEXIST);
    assert_int_equal(
        merge("{\"base\":{\"a\":1}}", "{\"base\":{\"a\":2}}", "{\"base\":", ""),
        P2P_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_conflict_is_merged_after_a_while),
        T(test_what_heals_by_itself_is_left_alone),
        T(test_an_attempt_that_ended_is_not_made_again),
        T(test_what_conflicts_is_asked_for_once),
        T(test_nothing_new_is_no_revision),
        T(test_without_documents_it_is_asked_for_again),
        T(test_what_came_too_late_is_asked_for_again),
        T(test_trap13_a_staged_one_that_is_open_is_merged),
        T(test_a_trial_is_left_to_its_author),
        T(test_conflicts_of_others_are_left_to_them),
        cmocka_unit_test(test_documents_are_merged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
