/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node runs (rule 6): one change at a time, stored before it is said,
 * what was refused once, and to what it falls back. */
#include "node.h"
#include "p2p/err.h"
#include "unit.h"

struct both {
    struct mesh g;
    struct node n;
};

static int setup(void **state)
{
    static struct both b;

    *state = &b;
    mesh_init(&b.g, 3, 2);
    node_init(&b.n, &b.g, 1);
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

/* The target; r1 before anything was looked at. */
static const struct um_past *target(struct both *b)
{
    const struct um_past *t = um_view_target(&b->n.m.view, &b->n.m.history);

    return t != NULL ? t : um_history_find(&b->n.m.history, &b->g.r1);
}

/* An immediate revision of key 2 on top of what is the target. */
static const struct um_name *edit(struct both *b, unsigned doc)
{
    const struct um_past *t = target(b);
    size_t i = mesh_edit(&b->g, 2, &t->rev.id, t->rev.number + 1, doc);

    node_give(&b->n, i, i + 1);
    return mesh_id(&b->g, i);
}

/* A revision that is open to node 1 for N. */
static const struct um_name *opened(struct both *b, unsigned doc, uint64_t n_ms)
{
    const struct um_past *t = target(b);
    struct um_revision r = {.parents = {t->rev.id},
                            .parents_n = 1,
                            .number = t->rev.number + 1,
                            .wall_ms = b->n.wall,
                            .doc = name_of(doc),
                            .policy = UM_STAGED,
                            .deadline_ms = n_ms,
                            .first = {&b->g.names[1], 1}};
    size_t i = mesh_rev(&b->g, 2, r);

    node_give(&b->n, i, i + 1);
    return mesh_id(&b->g, i);
}

static void test_a_document_is_asked_for_once(void **state)
{
    struct both *b = *state;
    struct um_name doc = name_of(1);
    const struct um_effect *e;

    node_tick(&b->n, 10);
    e = node_effect(&b->n, UM_FX_MAKE);
    assert_non_null(e);
    assert_same(&e->u.make.revision, &b->g.r1);
    assert_same(&e->u.make.doc, &doc);
    assert_null(node_effect(&b->n, UM_FX_APPLY));
    node_settle(&b->n, 10000); /* it is asked for once, and does not come */
    assert_int_equal(b->n.makes, 1);
    assert_int_equal(b->n.applies, 0);
}

static void test_what_is_desired_runs_and_is_said(void **state)
{
    struct both *b = *state;

    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 1);
    assert_int_equal(b->n.keeps, 1); /* what ran before the mesh */
    assert_same(node_applied(&b->n), &b->g.r1);
    assert_true(b->n.m.own.good_n == 1);
    edit(b, 7);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 2);
    assert_int_equal(b->n.keeps, 1);
    assert_same(node_applied(&b->n), mesh_id(&b->g, b->g.base_n));
    assert_same(&b->n.m.said.applied, node_applied(&b->n));
}

static void test_nothing_is_touched_before_unit_was_looked_at(void **state)
{
    struct both *b = *state;
    struct node n;

    node_init(&n, &b->g, 2);
    n.m.live.known = false;
    node_settle(&n, 10);
    assert_int_equal(n.applies, 0);
    node_live(&n, name_of(0));
    node_settle(&n, 10);
    assert_int_equal(n.applies, 1);
    node_fini(&n);
}

static void test_an_attempt_is_stored_before_it_is_made(void **state)
{
    struct both *b = *state;
    const struct um_effect *apply = NULL, *own = NULL;
    struct um_event made = {.what = UM_EV_MADE};

    node_tick(&b->n, 10);
    made.u.made.revision = b->g.r1;
    made.u.made.effective = name_of(1);
    assert_int_equal(node_step(&b->n, &made), 0);
    node_tick(&b->n, 0);
    for (size_t i = 0; i < b->n.fx.n; i++) {
        const struct um_effect *e = &b->n.fx.list[i];

        if (e->what == UM_FX_PERSIST && apply == NULL)
            own = e;
        if (e->what == UM_FX_APPLY)
            apply = e;
    }
    assert_non_null(apply);
    assert_non_null(own);
    assert_int_equal(own->u.persist.what, UM_RECORD_OWN);
    assert_true(apply->after >= own->seq);
}

static void test_one_mutation_is_in_flight(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_MADE};

    node_settle(&b->n, 10);
    e.u.made.revision = *edit(b, 7);
    e.u.made.effective = name_of(7);
    node_tick(&b->n, 0);
    assert_int_equal(node_step(&b->n, &e), 0);
    node_tick(&b->n, 0);
    assert_int_equal(b->n.applies, 2);
    e.u.made.revision = *edit(b, 8); /* while Unit is being asked */
    e.u.made.effective = name_of(8);
    node_tick(&b->n, 0);
    assert_int_equal(node_step(&b->n, &e), 0);
    node_tick(&b->n, 60000);
    assert_int_equal(b->n.applies, 2);
    assert_int_equal(b->n.m.said.healthy_ms, 0); /* nobody can say now */
}

static void test_applied_moves_on_an_answer_only(void **state)
{
    struct both *b = *state;

    node_settle(&b->n, 10);
    b->n.unit = UM_RESULT_NO_ANSWER;
    edit(b, 7);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 2);
    assert_same(node_applied(&b->n), &b->g.r1);
    b->n.unit = UM_RESULT_DONE;
    node_settle(&b->n, 999);
    assert_int_equal(b->n.applies, 2); /* not yet */
    node_settle(&b->n, 1);
    assert_int_equal(b->n.applies, 3);
    assert_same(node_applied(&b->n), node_target(&b->n));
}

static void test_without_an_answer_it_waits_longer_and_longer(void **state)
{
    struct both *b = *state;
    unsigned before;

    b->n.unit = UM_RESULT_NO_ANSWER;
    for (unsigned i = 0; i < 600; i++)
        node_settle(&b->n, 1000);
    /* 1 + 2 + 4 + ... + 60 + 60: 6 until the first minute, then one each. */
    assert_in_range(b->n.applies, 13, 17);
    before = b->n.applies;
    node_settle(&b->n, 60000);
    assert_int_equal(b->n.applies, before + 1);
}

static void test_what_unit_refused_is_not_tried_again(void **state)
{
    struct both *b = *state;
    const struct um_name *r2;

    node_settle(&b->n, 10);
    b->n.unit = UM_RESULT_REFUSED;
    r2 = edit(b, 7);
    for (unsigned i = 0; i < 50; i++)
        node_settle(&b->n, 10000);
    assert_int_equal(b->n.applies, 2);
    assert_same(node_applied(&b->n), &b->g.r1);
    assert_int_equal(b->n.m.said_bad_n, 1);
    assert_same(&b->n.m.said_bad[0], r2);
    /* Nor after a restart. */
    node_restart(&b->n, b->n.disk_n);
    node_settle(&b->n, 10000);
    assert_int_equal(b->n.applies, 2);
}

/* Unit's words go to people, whatever they are. */
static void test_the_reason_is_said(void **state)
{
    static const char *const words[] = {"Unknown parameter \"x\"",
                                        "\x1b[31mred\x1b[0m\n", "\xff\xfe", ""};

    for (unsigned i = 0; i < 4; i++) {
        struct both *b = *state;
        struct um_event e = {.what = UM_EV_APPLIED};
        struct um_row row;

        node_settle(&b->n, 10);
        e.u.applied.revision = *edit(b, 7);
        e.u.applied.effective = name_of(7);
        e.u.applied.outcome = UM_RESULT_REFUSED;
        e.u.applied.text = um_str(words[i]);
        while (!b->n.m.in_flight) {
            struct um_event made = {.what = UM_EV_MADE};

            node_tick(&b->n, 0);
            made.u.made.revision = e.u.applied.revision;
            made.u.made.effective = name_of(7);
            assert_int_equal(node_step(&b->n, &made), 0);
            node_tick(&b->n, 0);
        }
        assert_int_equal(node_step(&b->n, &e), 0);
        node_tick(&b->n, 10);
        assert_non_null(node_effect(&b->n, UM_FX_ROW));
        assert_int_equal(
            um_row_open(node_effect(&b->n, UM_FX_ROW)->u.row.envelope, &row),
            0);
        assert_true(row.reason.len > 0);
        if (i == 0)
            assert_true(um_str_eq(row.reason, um_str(words[0])));
        teardown(state);
        setup(state);
    }
}

/* The applier may be against it, which a person has to know: nothing comes of
 * waiting. */
static void test_why_there_is_no_answer_is_said(void **state)
{
    struct both *b = *state;
    struct um_event made = {.what = UM_EV_MADE}, e = {.what = UM_EV_APPLIED};

    node_settle(&b->n, 10);
    e.u.applied.revision = made.u.made.revision = *edit(b, 7);
    e.u.applied.effective = made.u.made.effective = name_of(7);
    e.u.applied.outcome = UM_RESULT_NO_ANSWER;
    e.u.applied.text = UM_STR("it goes back behind r9.1234");
    while (!b->n.m.in_flight) {
        node_tick(&b->n, 0);
        assert_int_equal(node_step(&b->n, &made), 0);
        node_tick(&b->n, 0);
    }
    assert_string_equal(b->n.m.reason, "asks Unit");
    assert_int_equal(node_step(&b->n, &e), 0);
    node_tick(&b->n, 10);
    assert_string_equal(b->n.m.reason, "it goes back behind r9.1234");
    node_settle(&b->n, 60000);
    assert_null(b->n.m.reason);
}

static void test_another_form_of_it_is_another_attempt(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_MADE};

    node_settle(&b->n, 10);
    b->n.unit = UM_RESULT_REFUSED;
    e.u.made.revision = *edit(b, 7);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 2);
    b->n.unit = UM_RESULT_DONE;
    e.u.made.effective = name_of(70); /* a label has changed, say */
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 3);
    assert_same(node_applied(&b->n), &e.u.made.revision);
    assert_same(&b->n.m.own.effective, &e.u.made.effective);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.m.said_bad_n, 0); /* it is not bad any more */
}

static void test_a_unit_that_changed_is_asked_at_once(void **state)
{
    struct both *b = *state;

    node_settle(&b->n, 10);
    b->n.unit = UM_RESULT_NO_ANSWER;
    edit(b, 7);
    for (unsigned i = 0; i < 20; i++)
        node_settle(&b->n, 60000);
    b->n.unit = UM_RESULT_DONE;
    node_settle(&b->n, 1000);
    assert_same(node_applied(&b->n), &b->g.r1);
    node_live(&b->n, name_of(80)); /* it was restarted, say */
    node_settle(&b->n, 10);
    assert_same(node_applied(&b->n), node_target(&b->n));
}

static void test_another_unit_may_take_what_the_last_refused(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_LIVE};

    node_settle(&b->n, 10);
    b->n.unit = UM_RESULT_REFUSED;
    edit(b, 7);
    node_settle(&b->n, 10);
    b->n.unit = UM_RESULT_DONE;
    node_settle(&b->n, 10000);
    assert_int_equal(b->n.applies, 2);
    e.u.live.effective = b->n.live;
    e.u.live.other_unit = true;
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 3);
    assert_same(node_applied(&b->n), node_target(&b->n));
}

static void test_what_cannot_be_made_is_refused_once(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_MADE};

    node_settle(&b->n, 10);
    e.u.made.outcome = UM_RESULT_REFUSED;
    e.u.made.revision = *edit(b, 7);
    node_tick(&b->n, 10);
    assert_int_equal(node_step(&b->n, &e), 0);
    assert_true(node_told(&b->n, UM_SAW_REFUSED));
    assert_int_equal(node_step(&b->n, &e), 0);
    assert_false(node_told(&b->n, UM_SAW_REFUSED));
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 1);
    assert_same(node_applied(&b->n), &b->g.r1);
    assert_int_equal(b->n.m.said_bad_n, 1);
}

static void test_the_answer_of_before_a_restart_is_passed_over(void **state)
{
    struct both *b = *state;
    struct um_event made = {.what = UM_EV_MADE};
    struct um_event done = {.what = UM_EV_APPLIED};

    node_tick(&b->n, 10);
    made.u.made.revision = done.u.applied.revision = b->g.r1;
    made.u.made.effective = done.u.applied.effective = name_of(1);
    assert_int_equal(node_step(&b->n, &made), 0);
    node_tick(&b->n, 0);
    node_restart(&b->n, b->n.disk_n);
    assert_int_equal(node_step(&b->n, &done), 0);
    assert_true(um_name_none(node_applied(&b->n)));
    node_settle(&b->n, 10);
    assert_same(node_applied(&b->n), &b->g.r1);
}

/* The answer was lost with the node; who gave it to Unit has noted it. */
static void test_what_ran_while_it_ended_is_heard_of(void **state)
{
    struct both *b = *state;
    struct um_event made = {.what = UM_EV_MADE};
    struct um_event ran = {.what = UM_EV_RAN, .u.ran = name_of(99)};

    node_tick(&b->n, 10);
    made.u.made.revision = b->g.r1;
    made.u.made.effective = name_of(1);
    assert_int_equal(node_step(&b->n, &made), 0);
    node_tick(&b->n, 0);
    ran.u.ran = b->g.r1;
    assert_int_equal(node_step(&b->n, &ran), 0); /* Unit is being asked */
    assert_true(um_name_none(node_applied(&b->n)));
    node_restart(&b->n, b->n.disk_n);
    ran.u.ran = name_of(99);
    assert_int_equal(node_step(&b->n, &ran), 0); /* it is another */
    assert_true(um_name_none(node_applied(&b->n)));
    ran.u.ran = b->g.r1;
    assert_int_equal(node_step(&b->n, &ran), 0);
    assert_same(node_applied(&b->n), &b->g.r1);
    node_restart(&b->n, b->n.disk_n); /* and stored */
    assert_same(node_applied(&b->n), &b->g.r1);
}

/* T18: it must not run for ever. */
static void test_trap18_what_ended_goes_although_the_new_is_refused(
    void **state)
{
    struct both *b = *state;
    const struct um_name *open;

    node_settle(&b->n, 10);
    open = opened(b, 7, 60000);
    node_settle(&b->n, 10);
    assert_same(node_applied(&b->n), open);
    b->n.unit = UM_RESULT_REFUSED;
    edit(b, 8); /* r3, which is refused here */
    node_settle(&b->n, 10);
    assert_same(node_applied(&b->n), open); /* it is open still */
    b->n.unit = UM_RESULT_DONE;
    node_settle(&b->n, 61000);
    assert_same(node_applied(&b->n), &b->g.r1);
}

/* T19: the history is not walked down, one PUT each. */
static void test_trap19_only_what_ran_here_is_fallen_back_to(void **state)
{
    struct both *b = *state;
    const struct um_name *r4;

    node_settle(&b->n, 10);
    edit(b, 5);
    edit(b, 6); /* r2 and r3 never ran here: r4 came with them */
    r4 = opened(b, 7, 60000);
    node_settle(&b->n, 10);
    assert_same(node_applied(&b->n), r4);
    b->n.unit = UM_RESULT_REFUSED;
    edit(b, 8);
    node_settle(&b->n, 10);
    node_settle(&b->n, 61000);
    assert_int_equal(b->n.applies, 4); /* r1, r4, r5, and r1 again */
    assert_true(b->n.m.reason != NULL);
    for (unsigned i = 0; i < 20; i++)
        node_settle(&b->n, 10000);
    assert_int_equal(b->n.applies, 4);
    assert_same(node_applied(&b->n), r4); /* keeps it, and says so */
}

static void test_the_last_four_that_ran_are_kept(void **state)
{
    struct both *b = *state;
    struct um_name ran[7];

    for (unsigned i = 0; i < 7; i++) {
        node_settle(&b->n, 10);
        ran[i] = *node_applied(&b->n);
        edit(b, 20 + i);
    }
    assert_int_equal(b->n.m.own.good_n, UM_OWN_GOOD);
    for (unsigned i = 0; i < UM_OWN_GOOD; i++)
        assert_same(&b->n.m.own.good[i], &ran[3 + i]);
    node_restart(&b->n, b->n.disk_n);
    for (unsigned i = 0; i < UM_OWN_GOOD; i++)
        assert_same(&b->n.m.own.good[i], &ran[3 + i]);
}

/* T19b: a newcomer has nothing to fall back on. */
static void test_trap19b_a_newcomer_runs_an_established_one_first(void **state)
{
    struct both *b = *state;
    const struct um_name *open = opened(b, 7, 60000);

    node_tick(&b->n, 10);
    assert_same(&node_effect(&b->n, UM_FX_MAKE)->u.make.revision, &b->g.r1);
    assert_false(b->n.m.said.ready);
    node_tick(&b->n, 10);
    b->n.makes = 0;
    node_restart(&b->n, b->n.disk_n);
    node_settle(&b->n, 10);
    assert_same(node_applied(&b->n), open);
    assert_int_equal(b->n.applies, 2);
    assert_same(&b->n.m.own.good[0], &b->g.r1);
    assert_true(b->n.m.said.ready);
}

static void test_trap19b_a_newcomer_whose_unit_refuses_runs_nothing_open(
    void **s)
{
    struct both *b = *s;

    opened(b, 7, 60000);
    b->n.unit = UM_RESULT_REFUSED;
    node_settle(&b->n, 10);
    b->n.unit = UM_RESULT_DONE;
    node_settle(&b->n, 10000);
    assert_int_equal(b->n.applies, 1);
    assert_true(um_name_none(node_applied(&b->n)));
    assert_false(b->n.m.said.ready);
}

static void test_a_changed_form_of_what_runs_is_applied(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_MADE};

    node_settle(&b->n, 10);
    e.u.made.revision = b->g.r1;
    e.u.made.effective = name_of(71);
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 2);
    assert_same(&b->n.m.own.effective, &e.u.made.effective);
}

static void test_statements_have_configurations_made_anew(void **state)
{
    struct both *b = *state;
    struct um_statement s = {.what = UM_SET,
                             .key = b->g.names[1],
                             .name = UM_STR("zone"),
                             .value = UM_STR("b"),
                             .seq = 1};
    size_t i;

    node_settle(&b->n, 10);
    b->n.makes = 0;
    node_settle(&b->n, 10);
    assert_int_equal(b->n.makes, 0);
    i = mesh_say(&b->g, 0, s);
    node_give(&b->n, i, i + 1);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.makes, 1);
    assert_int_equal(b->n.applies, 1); /* it is the same for this node */
}

static void test_health_counts_from_the_start(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_HEALTH};

    node_settle(&b->n, 10);
    node_settle(&b->n, 7000);
    assert_int_equal(b->n.m.healthy_ms, 7000);
    e.u.health.revision = b->g.r1;
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 1000);
    assert_int_equal(b->n.m.said.healthy_ms, 0);
    assert_same(&b->n.m.said_bad[0], &b->g.r1);
    node_restart(&b->n, b->n.disk_n);
    node_settle(&b->n, 1000);
    assert_int_equal(b->n.m.said.healthy_ms, 0);
    e.u.health.healthy = true;
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 3000);
    assert_int_equal(b->n.m.healthy_ms, 3000);
    assert_int_equal(b->n.m.said_bad_n, 0);
}

/* What nobody can say yet does not soak, and is not bad; what was bad before
 * stays so. */
static void test_health_that_is_not_known(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_HEALTH};

    node_settle(&b->n, 10);
    e.u.health.revision = b->g.r1;
    e.u.health.untold = true;
    e.u.health.why = UM_STR("nobody asked");
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 1000);
    assert_int_equal(b->n.m.healthy_ms, 0);
    assert_int_equal(b->n.m.said.healthy_ms, 0);
    assert_int_equal(b->n.m.said_bad_n, 0);
    assert_string_equal(b->n.m.reason, "nobody asked");
    e.u.health.untold = false;
    e.u.health.why = UM_STR("503");
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 1000);
    assert_int_equal(b->n.m.said_bad_n, 1);
    assert_string_equal(b->n.m.reason, "503");
    e.u.health.untold = true;
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 1000);
    assert_int_equal(b->n.m.said_bad_n, 1);
    e.u.health.untold = false;
    e.u.health.healthy = true;
    e.u.health.why = UM_STR("");
    assert_int_equal(node_step(&b->n, &e), 0);
    node_settle(&b->n, 2000);
    assert_int_equal(b->n.m.healthy_ms, 2000);
    assert_int_equal(b->n.m.said_bad_n, 0);
    assert_null(b->n.m.reason);
}

/* News of this node wait for more, for so long and no longer; what is as it was
 * by then is no news. */
static void test_news_wait_for_more(void **state)
{
    struct both *b = *state;
    unsigned rows;

    node_settle(&b->n, 10);
    (void)edit(b, 2);
    b->n.m.cfg.row_lag_ms = 30;
    rows = b->n.rows;
    node_settle(&b->n, 1);
    assert_same(node_applied(&b->n), node_target(&b->n));
    assert_int_equal(b->n.rows, rows);
    assert_int_equal(b->n.fx.next_ms, b->n.m.row_news_ms);
    node_tick(&b->n, 20);
    (void)edit(b, 3);
    node_settle(&b->n, 1);
    assert_int_equal(b->n.rows, rows);
    node_tick(&b->n, 10);
    assert_int_equal(b->n.rows, rows + 1);
    node_settle(&b->n, 100);
    assert_int_equal(b->n.rows, rows + 1);
}

static void test_rows_have_numbers_that_never_come_again(void **state)
{
    struct both *b = *state;
    uint64_t last = 0;

    for (unsigned i = 0; i < 40; i++) {
        const struct um_effect *e;

        if (i % 5 == 4) {
            b->n.wall -= 30000; /* the clock is set back, too */
            node_restart(&b->n, b->n.disk_n);
        }
        node_tick(&b->n, 5000);
        e = node_effect(&b->n, UM_FX_ROW);
        assert_non_null(e);
        assert_true(e->u.row.seq > last);
        assert_true(e->u.row.seq <= b->n.m.own.row_seq);
        last = e->u.row.seq;
    }
    /* A minute of them is reserved at once. */
    assert_true(b->n.disk_n < b->g.base_n + 30);
}

static void test_documents_that_may_be_needed_stay(void **state)
{
    struct both *b = *state;
    struct um_past *r[8];

    for (unsigned i = 0; i < 8; i++) {
        node_settle(&b->n, 10);
        r[i] = um_history_find(&b->n.m.history, node_applied(&b->n));
        edit(b, 20 + i);
    }
    node_settle(&b->n, 10);
    /* r9 runs; r9, r8, r7, r6 are the last four. */
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(um_model_prunable(&b->n.m, r[i]), i < 5);
    opened(b, 30, 60000);
    node_tick(&b->n, 10);
    assert_false(um_model_prunable(
        &b->n.m, um_history_find(&b->n.m.history, node_target(&b->n))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_document_is_asked_for_once),
        T(test_what_is_desired_runs_and_is_said),
        T(test_nothing_is_touched_before_unit_was_looked_at),
        T(test_an_attempt_is_stored_before_it_is_made),
        T(test_one_mutation_is_in_flight),
        T(test_applied_moves_on_an_answer_only),
        T(test_without_an_answer_it_waits_longer_and_longer),
        T(test_what_unit_refused_is_not_tried_again),
        T(test_the_reason_is_said),
        T(test_why_there_is_no_answer_is_said),
        T(test_another_form_of_it_is_another_attempt),
        T(test_a_unit_that_changed_is_asked_at_once),
        T(test_another_unit_may_take_what_the_last_refused),
        T(test_what_cannot_be_made_is_refused_once),
        T(test_the_answer_of_before_a_restart_is_passed_over),
        T(test_what_ran_while_it_ended_is_heard_of),
        T(test_trap18_what_ended_goes_although_the_new_is_refused),
        T(test_trap19_only_what_ran_here_is_fallen_back_to),
        T(test_the_last_four_that_ran_are_kept),
        T(test_trap19b_a_newcomer_runs_an_established_one_first),
        T(test_trap19b_a_newcomer_whose_unit_refuses_runs_nothing_open),
        T(test_a_changed_form_of_what_runs_is_applied),
        T(test_statements_have_configurations_made_anew),
        T(test_health_counts_from_the_start),
        T(test_health_that_is_not_known),
        T(test_news_wait_for_more),
        T(test_rows_have_numbers_that_never_come_again),
        T(test_documents_that_may_be_needed_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
