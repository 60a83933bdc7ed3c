/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The driver of a rollout (rule 7). Node 1 made it, and is told what the rows
 * of the others say. */
#include "mesh/model/core.h"

#include "node.h"
#include "p2p/err.h"
#include "unit.h"

#define SOAK 30000U

struct both {
    struct mesh g;
    struct node n;
    struct um_name open; /* the rollout */
};

#define MEMBERS 6

static int setup(void **state)
{
    static struct both b;

    *state = &b;
    mesh_init(&b.g, 2, 3);
    node_init(&b.n, &b.g, 1);
    node_settle(&b.n, 10);
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

/* All others say that they run a revision. */
static void all_run(struct both *b, const struct um_name *rev, uint64_t healthy)
{
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (i != 1)
            node_hear(&b->n, i, rev, healthy, NULL);
    }
}

/* Those to whom it is opened say that they run it, the others r1. */
static void opened_run(struct both *b, uint64_t healthy)
{
    const struct um_past *p = um_history_find(&b->n.m.history, &b->open);

    for (unsigned i = 0; i < MEMBERS; i++) {
        bool open = um_view_opened(&b->n.m.view, &b->n.m.history,
                                   &b->n.m.roster, p, &b->g.names[i]);

        if (i != 1)
            node_hear(&b->n, i, open ? &b->open : &b->g.r1, healthy, NULL);
    }
}

static size_t count_opened(struct both *b)
{
    const struct um_past *p = um_history_find(&b->n.m.history, &b->open);
    size_t n = 0;

    for (unsigned i = 0; i < MEMBERS; i++)
        n += um_view_opened(&b->n.m.view, &b->n.m.history, &b->n.m.roster, p,
                            &b->g.names[i]);
    return n;
}

static enum um_rev_state state_of(struct both *b)
{
    return um_view_state(&b->n.m.view,
                         um_history_find(&b->n.m.history, &b->open));
}

/* Begins one: staged, with a budget; its first batch is `first`. */
static void begin(struct both *b, uint32_t budget, unsigned first)
{
    struct um_command c = {.doc = name_of(9),
                           .policy = UM_STAGED,
                           .soak_ms = SOAK,
                           .budget = budget,
                           .first = UM_FIRST_NAMED,
                           .nodes = {&b->g.names[first], 1}};

    all_run(b, &b->g.r1, 1000);
    assert_int_equal(node_do(&b->n, c), UM_OK);
    b->open = b->n.reply;
    node_settle(&b->n, 10);
}

static void test_batches_double_until_all_and_then_it_holds(void **state)
{
    static const size_t want[] = {1, 2, 4, 6, 6};
    struct both *b = *state;

    begin(b, 0, 2);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(count_opened(b), want[i]);
        assert_int_equal(state_of(b), i == 4 ? UM_ESTABLISHED : UM_STILL_OPEN);
        node_settle(&b->n, 10); /* this node applies it, if it is its turn */
        opened_run(b, 1000);
        node_settle(&b->n, 10);
        assert_int_equal(count_opened(b), want[i]); /* they soak */
        node_settle(&b->n, SOAK);
        opened_run(b, SOAK);
        node_settle(&b->n, 0);
    }
    assert_same(node_applied(&b->n), &b->open);
}

/* Where four eyes are wanted, who made it does not confirm it, however well it
 * does; another does. */
static void test_four_eyes_confirm_no_rollout_of_ones_own(void **state)
{
    struct both *b = *state;
    struct um_statement s = {.what = UM_SET,
                             .name = UM_STR("four-eyes"),
                             .value = UM_STR("true"),
                             .seq = 1};
    size_t i = mesh_say(&b->g, 0, s);

    node_give(&b->n, i, i + 1);
    begin(b, 0, 2);
    for (unsigned k = 0; k < 6; k++) {
        assert_true(um_name_none(&b->n.m.told_unconfirmed) || k >= 4);
        node_settle(&b->n, 10);
        opened_run(b, 1000);
        node_settle(&b->n, 10);
        node_settle(&b->n, SOAK);
        opened_run(b, SOAK);
        node_settle(&b->n, 0);
    }
    assert_int_equal(count_opened(b), MEMBERS);
    assert_int_equal(state_of(b), UM_STILL_OPEN);
    assert_same(&b->n.m.told_unconfirmed, &b->open);
    i = mesh_fact(&b->g, 2, UM_CONFIRM, &b->open, b->n.wall);
    node_give(&b->n, i, i + 1);
    node_settle(&b->n, 10);
    assert_int_equal(state_of(b), UM_ESTABLISHED);
}

static void test_more_failures_than_the_budget_abort(void **state)
{
    struct both *b = *state;

    begin(b, 0, 2);
    node_hear(&b->n, 2, &b->g.r1, 1, &b->open);
    node_settle(&b->n, 10);
    assert_int_equal(state_of(b), UM_DEAD);
    assert_same(node_target(&b->n), &b->g.r1);
}

static void test_a_failure_within_the_budget_does_not(void **state)
{
    struct both *b = *state;

    begin(b, 1, 2);
    all_run(b, &b->g.r1, 1000);
    node_hear(&b->n, 2, &b->g.r1, 1, &b->open);
    node_settle(&b->n, 10);
    assert_int_equal(state_of(b), UM_STILL_OPEN);
    assert_int_equal(count_opened(b), 2); /* the next batch */
}

/* T6: who fell silent may have died of it. */
static void test_trap6_who_is_opened_and_silent_holds(void **state)
{
    struct both *b = *state;

    begin(b, 0, 2);
    opened_run(b, SOAK);
    node_hear(&b->n, 2, &b->open, 1000, NULL);
    node_tick(&b->n, b->n.cfg.fresh_ms + 1);
    assert_true(node_told(&b->n, UM_SAW_HELD));
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (i != 1 && i != 2)
            node_hear(&b->n, i, &b->g.r1, SOAK, NULL);
    }
    node_tick(&b->n, 10);
    assert_false(node_told(&b->n, UM_SAW_HELD)); /* it is told once */
    assert_int_equal(count_opened(b), 1);
    assert_int_equal(state_of(b), UM_STILL_OPEN);
    node_hear(&b->n, 2, &b->open, SOAK, NULL); /* it comes back */
    node_settle(&b->n, 10);
    assert_int_equal(count_opened(b), 2);
}

/* Who was never opened is not waited for. */
static void test_who_is_gone_is_left_out(void **state)
{
    struct both *b = *state;

    begin(b, 0, 2);
    for (unsigned round = 0; round < 8; round++) {
        node_settle(&b->n, b->n.cfg.fresh_ms + 1);
        node_hear(&b->n, 0, count_opened(b) > 1 ? &b->open : &b->g.r1, SOAK,
                  NULL);
        node_hear(&b->n, 2, &b->open, SOAK, NULL);
        node_settle(&b->n, SOAK / 2);
        node_hear(&b->n, 0, count_opened(b) > 1 ? &b->open : &b->g.r1, SOAK,
                  NULL);
        node_hear(&b->n, 2, &b->open, SOAK, NULL);
        node_settle(&b->n, 0);
    }
    assert_int_equal(count_opened(b), 3); /* 0, 1 and 2; half of the roster */
    assert_int_equal(state_of(b), UM_ESTABLISHED);
}

/* It ran for its soak, and so much silence the budget allows. */
static void test_what_silent_members_said_last_counts(void **state)
{
    struct both *b = *state;
    struct um_name first[4] = {b->g.names[0], b->g.names[1], b->g.names[2],
                               b->g.names[3]};
    struct um_command c = {.doc = name_of(9),
                           .policy = UM_STAGED,
                           .soak_ms = SOAK,
                           .budget = 2,
                           .first = UM_FIRST_NAMED,
                           .nodes = {first, um_namelist_sort(first, 4)}};

    all_run(b, &b->g.r1, 1000);
    assert_int_equal(node_do(&b->n, c), UM_OK);
    b->open = b->n.reply;
    node_settle(&b->n, 10);
    node_hear(&b->n, 2, &b->open, SOAK, NULL);
    node_hear(&b->n, 3, &b->open, SOAK, NULL);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(state_of(b), UM_STILL_OPEN);
        node_hear(&b->n, 0, &b->open, SOAK, NULL);
        node_settle(&b->n, 10000);
    }
    /* This node and one more of six, and two that are silent now. */
    node_settle(&b->n, 10);
    assert_false(um_core_fresh(&b->n.m, &b->g.names[2]));
    assert_int_equal(state_of(b), UM_ESTABLISHED);
}

/* T8: what one alone found good is good for itself. */
static void test_trap8_less_than_half_of_the_roster_confirm_nothing(
    void **state)
{
    struct both *b = *state;

    begin(b, 0, 1); /* this node itself */
    node_settle(&b->n, 10);
    assert_same(node_applied(&b->n), &b->open);
    for (unsigned i = 0; i < 20; i++)
        node_settle(&b->n, 2 * SOAK);
    assert_int_equal(state_of(b), UM_STILL_OPEN);
    assert_int_equal(count_opened(b), 1);
}

/* T7: nobody takes a rollout over by himself. */
static void test_trap7_another_node_drives_when_a_person_says_so(void **state)
{
    struct both *b = *state;
    struct um_revision r = {.parents = {b->g.r1},
                            .parents_n = 1,
                            .number = 2,
                            .doc = name_of(9),
                            .policy = UM_STAGED,
                            .deadline_ms = 600000,
                            .first = {&b->g.names[2], 1}};
    struct um_command c = {.verb = UM_DO_RESUME};
    size_t i;

    r.wall_ms = b->n.wall;
    i = mesh_rev(&b->g, 2, r);
    b->open = *mesh_id(&b->g, i);
    node_give(&b->n, i, i + 1);
    node_settle(&b->n, 10);
    all_run(b, &b->g.r1, SOAK);
    node_hear(&b->n, 2, &b->g.r1, 0, &b->open); /* it failed */
    node_settle(&b->n, 10);
    assert_int_equal(state_of(b), UM_STILL_OPEN);
    c.about = b->open;
    assert_int_equal(node_do(&b->n, c), UM_OK);
    node_restart(&b->n, b->n.disk_n); /* it is remembered */
    node_hear(&b->n, 2, &b->g.r1, 0, &b->open);
    node_settle(&b->n, 10);
    assert_int_equal(state_of(b), UM_DEAD);
}

static void test_who_does_not_write_drives_nothing(void **state)
{
    struct both *b = *state;
    struct um_statement s = {.what = UM_REVOKE,
                             .key = b->g.names[1],
                             .roles = UM_WRITER,
                             .keep = {&b->open, 1}};
    size_t i;

    begin(b, 0, 2);
    i = mesh_say(&b->g, 0, s);
    node_give(&b->n, i, i + 1);
    opened_run(b, SOAK);
    node_settle(&b->n, SOAK);
    node_settle(&b->n, 10);
    assert_int_equal(count_opened(b), 1);
}

static void say(struct both *b, unsigned who, int64_t clock, bool ready)
{
    struct um_row row = {.seq = b->n.wall * 8 + ++b->n.heard,
                         .wall_ms = (uint64_t)((int64_t)b->n.wall + clock),
                         .applied = b->g.r1,
                         .ready = ready};
    size_t i = mesh_row(&b->g, who, row);

    node_give(&b->n, i, i + 1);
}

/* T20 and T19b: both hold a rollout that they are opened to. */
static void test_trap20_batches_leave_out_skewed_clocks_and_newcomers(void **s)
{
    struct both *b = *s;
    const struct um_past *p;

    begin(b, 0, 2);
    for (unsigned round = 0; round < 8; round++) {
        say(b, 0, 3600000, true);
        say(b, 3, -3600000, true);
        say(b, 4, 0, false);
        node_hear(&b->n, 2, &b->open, SOAK, NULL);
        node_hear(&b->n, 5, &b->open, SOAK, NULL);
        node_settle(&b->n, SOAK / 3);
    }
    p = um_history_find(&b->n.m.history, &b->open);
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_int_equal(um_view_opened(&b->n.m.view, &b->n.m.history,
                                        &b->n.m.roster, p, &b->g.names[i]),
                         i == 1 || i == 2 || i == 5);
}

static void test_a_first_batch_is_one_that_is_ready(void **state)
{
    struct both *b = *state;
    struct um_command c = {.doc = name_of(9), .policy = UM_STAGED};
    const struct um_past *p;

    say(b, 0, 0, false);
    say(b, 2, 3600000, true);
    say(b, 3, 0, true);
    c.flags = UM_EVEN_ALONE;
    for (unsigned i = 0; i < 10; i++) {
        c.doc = name_of(50 + i);
        assert_int_equal(node_do(&b->n, c), UM_OK);
        p = um_history_find(&b->n.m.history, &b->n.reply);
        assert_int_equal(p->rev.first.n, 1);
        assert_true(um_name_eq(&p->rev.first.p[0], &b->g.names[1]) ||
                    um_name_eq(&p->rev.first.p[0], &b->g.names[3]));
        c.flags |= UM_SUPERSEDE;
    }
}

static void test_a_trial_is_never_confirmed_by_a_machine(void **state)
{
    struct both *b = *state;
    struct um_command c = {
        .doc = name_of(9), .policy = UM_TRIAL, .first = UM_FIRST_ALL};

    all_run(b, &b->g.r1, 1000);
    assert_int_equal(node_do(&b->n, c), UM_OK);
    b->open = b->n.reply;
    node_settle(&b->n, 10);
    for (unsigned i = 0; i < 10; i++) {
        all_run(b, &b->open, 2 * SOAK);
        node_settle(&b->n, 10000);
    }
    assert_int_equal(state_of(b), UM_STILL_OPEN);
}

static void test_its_own_unit_counts_like_others(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_HEALTH};

    begin(b, 0, 1);
    node_settle(&b->n, 10);
    all_run(b, &b->g.r1, 1000);
    node_settle(&b->n, 10);
    assert_int_equal(count_opened(b), 1); /* it soaks */
    e.u.health.revision = b->open;
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 10);
    assert_int_equal(state_of(b), UM_DEAD);
    node_settle(&b->n, 10);
    assert_same(node_applied(&b->n), &b->g.r1);
}

/* Whose health is not known yet is waited for, and not failed, even without a
 * soak. */
static void test_a_unit_that_is_not_known_yet(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_HEALTH};

    begin(b, 0, 1);
    node_settle(&b->n, 10);
    all_run(b, &b->g.r1, 1000);
    node_settle(&b->n, 10);
    e.u.health.revision = b->open;
    e.u.health.untold = true;
    assert_int_equal(node_step(&b->n, &e), 0);
    all_run(b, &b->g.r1, 1000);
    node_settle(&b->n, 2 * SOAK);
    assert_int_equal(state_of(b), UM_STILL_OPEN);
    assert_int_equal(count_opened(b), 1);
    e.u.health.healthy = true;
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, SOAK);
    all_run(b, &b->g.r1, 1000); /* they are there, too */
    node_settle(&b->n, 10);
    assert_true(count_opened(b) > 1);
}

/* A machine that slept has not shown meanwhile that it does well. */
static void test_sleep_proves_nothing(void **state)
{
    struct both *b = *state;

    b->n.m.cfg.proven_ms = SOAK / 4;
    begin(b, 0, 1);
    node_settle(&b->n, 10);
    all_run(b, &b->g.r1, 1000);
    node_settle(&b->n, 100 * SOAK);
    all_run(b, &b->g.r1, 1000);
    node_settle(&b->n, 10);
    assert_int_equal(count_opened(b), 1);
    for (int i = 0; i < 4; i++)
        node_settle(&b->n, SOAK / 4);
    all_run(b, &b->g.r1, 1000);
    node_settle(&b->n, 10);
    assert_true(count_opened(b) > 1);
}

static void test_steps_are_stored_before_they_are_published(void **state)
{
    struct both *b = *state;
    const struct um_effect *stored, *hint;

    begin(b, 0, 2);
    node_hear(&b->n, 2, &b->g.r1, 1, &b->open);
    node_tick(&b->n, 10);
    stored = node_effect(&b->n, UM_FX_PERSIST);
    hint = node_effect(&b->n, UM_FX_PUBLISH);
    assert_non_null(stored);
    assert_non_null(hint);
    assert_same(&stored->u.persist.id, &hint->u.publish.id);
    assert_int_equal(hint->u.publish.kind, UM_FACT);
    assert_true(hint->after >= stored->seq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_batches_double_until_all_and_then_it_holds),
        T(test_four_eyes_confirm_no_rollout_of_ones_own),
        T(test_more_failures_than_the_budget_abort),
        T(test_a_failure_within_the_budget_does_not),
        T(test_trap6_who_is_opened_and_silent_holds),
        T(test_who_is_gone_is_left_out),
        T(test_what_silent_members_said_last_counts),
        T(test_trap8_less_than_half_of_the_roster_confirm_nothing),
        T(test_trap7_another_node_drives_when_a_person_says_so),
        T(test_who_does_not_write_drives_nothing),
        T(test_trap20_batches_leave_out_skewed_clocks_and_newcomers),
        T(test_a_first_batch_is_one_that_is_ready),
        T(test_a_trial_is_never_confirmed_by_a_machine),
        T(test_its_own_unit_counts_like_others),
        T(test_a_unit_that_is_not_known_yet),
        T(test_sleep_proves_nothing),
        T(test_steps_are_stored_before_they_are_published),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
