/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Drift (rule 9): what runs is not what this node applied. */
#include "mesh/model/apply.h"
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
    mesh_init(&b.g, 2, 1);
    node_init(&b.n, &b.g, 1);
    node_settle(&b.n, 10);
    b.n.keeps = 0;
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

/* Somebody changes what runs; the document that would adopt it has the same
 * name. */
static void by_hand(struct both *b, unsigned what, bool shrinks)
{
    struct um_event e = {.what = UM_EV_LIVE};

    b->n.live = name_of(what);
    e.u.live.effective = e.u.live.doc = b->n.live;
    e.u.live.doc_bytes = 2;
    e.u.live.shrinks = shrinks;
    assert_int_equal(node_step(&b->n, &e), 0);
}

static void blank(struct both *b)
{
    struct um_event e = {.what = UM_EV_LIVE, .u.live = {.blank = true}};

    e.u.live.effective = name_of(999);
    assert_int_equal(node_step(&b->n, &e), 0);
}

/* What Unit says of what it is being given. */
static void unit_says(struct both *b, enum um_result outcome)
{
    struct um_event e = {.what = UM_EV_APPLIED};

    assert_true(b->n.m.in_flight);
    e.u.applied.outcome = outcome;
    e.u.applied.revision = b->n.m.own.trying;
    e.u.applied.effective = b->n.m.own.trying_effective;
    assert_int_equal(node_step(&b->n, &e), 0);
}

static size_t edit(struct both *b, const struct um_name *parent, uint64_t num,
                   unsigned doc)
{
    size_t i = mesh_edit(&b->g, 2, parent, num, doc);

    node_give(&b->n, i, i + 1);
    return i;
}

static void test_report_says_so_and_leaves_it(void **state)
{
    struct both *b = *state;

    by_hand(b, 50, false);
    node_tick(&b->n, 10);
    assert_true(node_told(&b->n, UM_SAW_DRIFT));
    assert_int_equal(b->n.m.said.drift, UM_DIFFERS);
    assert_int_equal(b->n.m.said.healthy_ms, 1);
    node_tick(&b->n, 60000);
    assert_false(node_told(&b->n, UM_SAW_DRIFT)); /* it is told once */
    assert_int_equal(b->n.applies, 1);
    assert_int_equal(b->n.m.said.healthy_ms, 1); /* and does not soak */
    by_hand(b, 1, false);                        /* and back */
    node_tick(&b->n, 10);
    assert_int_equal(b->n.m.said.drift, UM_NO_DRIFT);
}

static void test_heal_keeps_a_copy_and_applies(void **state)
{
    struct both *b = *state;

    b->n.m.cfg.drift = UM_HEAL;
    by_hand(b, 50, false);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.keeps, 1);
    assert_int_equal(b->n.applies, 2);
    assert_int_equal(b->n.live.b[2], 1);
}

/* A person does it, whatever the policy: once, with a copy. */
static void test_a_person_heals(void **state)
{
    struct both *b = *state;
    struct um_command c = {.verb = UM_DO_HEAL};

    assert_int_equal(node_do(&b->n, c), UM_NOT_BY_HAND);
    by_hand(b, 50, false);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 1); /* it is reported */
    assert_int_equal(node_do(&b->n, c), UM_OK);
    assert_same(&b->n.reply, node_applied(&b->n));
    assert_same(&node_effect(&b->n, UM_FX_KEEP)->u.keep.live, &b->n.live);
    unit_says(b, UM_RESULT_DONE);
    node_tick(&b->n, 10);
    assert_int_equal(b->n.applies, 2);
    assert_same(&b->n.m.live.effective, &b->n.m.own.effective);
    assert_int_equal(b->n.m.said.drift, UM_NO_DRIFT);
    assert_int_equal(b->n.m.history.revs_n, 1);
    assert_int_equal(node_do(&b->n, c), UM_NOT_BY_HAND);
    by_hand(b, 51, false); /* the next change is reported again */
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 2);
}

/* A Unit that starts anew has nothing to adopt or to report. */
static void test_a_blank_unit_is_healed_under_each_policy(void **state)
{
    static const enum um_drift_policy all[] = {UM_REPORT, UM_HEAL, UM_ADOPT};

    for (unsigned i = 0; i < 3; i++) {
        struct both *b = *state;

        b->n.m.cfg.drift = all[i];
        blank(b);
        node_settle(&b->n, 10);
        assert_int_equal(b->n.applies, 2);
        assert_int_equal(b->n.keeps, 0);
        assert_int_equal(b->n.m.history.revs_n, 1);
        teardown(state);
        setup(state);
    }
}

/* Nor does it stay empty because nobody is there who has the document of what
 * is to run; one that comes soon is given to it at once. */
static void test_a_blank_unit_does_not_wait_for_a_document(void **state)
{
    struct both *b = *state;
    struct um_event made = {.what = UM_EV_MADE};
    size_t i;

    node_settle(&b->n, 10);
    i = edit(b, &b->g.r1, 2, 7);
    node_tick(&b->n, 10000);
    node_tick(&b->n, 10000);
    assert_int_equal(b->n.makes, 2);
    assert_int_equal(b->n.applies, 1); /* it runs what it ran */
    blank(b);
    node_tick(&b->n, 10);
    assert_string_equal(b->n.m.reason, "waits for the document");
    assert_int_equal(b->n.applies, 2);
    assert_int_equal(b->n.m.said.drift, UM_HEALING);
    assert_memory_equal(&b->n.m.own.trying, &b->g.r1, UM_NAME_BYTES);
    unit_says(b, UM_RESULT_DONE);
    made.u.made.revision = *mesh_id(&b->g, i);
    made.u.made.effective = name_of(7);
    assert_int_equal(node_step(&b->n, &made), 0);
    node_tick(&b->n, 10);
    assert_int_equal(b->n.applies, 3);
    assert_memory_equal(&b->n.m.own.trying, mesh_id(&b->g, i), UM_NAME_BYTES);
}

static void test_a_document_that_comes_soon_is_waited_for(void **state)
{
    struct both *b = *state;

    node_settle(&b->n, 10);
    blank(b);
    node_tick(&b->n, 10);
    unit_says(b, UM_RESULT_NO_ANSWER);
    (void)edit(b, &b->g.r1, 2, 7);
    node_tick(&b->n, 0);
    assert_int_equal(b->n.makes, 2);
    node_tick(&b->n, UM_DOCUMENT_PATIENCE_MS - 1);
    assert_int_equal(b->n.applies, 2);
    assert_true(b->n.fx.next_ms <= b->n.mono + 1);
    node_tick(&b->n, 1);
    assert_int_equal(b->n.applies, 3);
}

static void test_adopt_makes_a_revision_of_it(void **state)
{
    struct both *b = *state;
    const struct um_past *p;

    b->n.m.cfg.drift = UM_ADOPT;
    by_hand(b, 50, false);
    node_tick(&b->n, 10);
    assert_true(node_told(&b->n, UM_SAW_ADOPTED));
    p = um_history_find(&b->n.m.history, node_applied(&b->n));
    assert_same(&p->rev.parents[0], &b->g.r1);
    assert_int_equal(p->rev.policy, UM_IMMEDIATE);
    assert_false(p->rev.by_machine);
    assert_same(&p->rev.doc, &b->n.live);
    node_settle(&b->n, 10);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 1); /* it runs already */
    assert_int_equal(b->n.m.history.revs_n, 2);
}

static void test_a_person_adopts_what_no_policy_would(void **state)
{
    struct both *b = *state;
    struct um_command c = {.verb = UM_DO_ADOPT, .flags = UM_EVEN_ALONE};
    const struct um_past *p;

    assert_int_equal(node_do(&b->n, c), UM_NOT_BY_HAND);
    by_hand(b, 50, true);
    node_tick(&b->n, 10);
    assert_int_equal(node_do(&b->n, c), UM_SHRINKS);
    c.flags |= UM_FORCE;
    assert_int_equal(node_do(&b->n, c), UM_OK);
    assert_same(&b->n.reply, node_applied(&b->n));
    p = um_history_find(&b->n.m.history, &b->n.reply);
    assert_same(&p->rev.parents[0], &b->g.r1);
    assert_same(&p->rev.doc, &b->n.live);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 1);
    blank(b); /* what a Unit starts with is nobody's change */
    assert_int_equal(node_do(&b->n, c), UM_NOT_BY_HAND);
    node_live(&b->n, name_of(60)); /* and this is no document */
    assert_int_equal(node_do(&b->n, c), UM_UNFIT);
}

/* What is adopted would be an immediate change. */
static void test_where_a_root_forbids_it_nothing_is_adopted(void **state)
{
    struct both *b = *state;
    struct um_command c = {.verb = UM_DO_ADOPT, .flags = UM_EVEN_ALONE};
    struct um_statement s = {.what = UM_SET,
                             .name = UM_STR("no-immediate"),
                             .value = UM_STR("true"),
                             .seq = 1};
    size_t i = mesh_say(&b->g, 0, s);

    node_give(&b->n, i, i + 1);
    b->n.m.cfg.drift = UM_ADOPT;
    by_hand(b, 50, false);
    node_tick(&b->n, 10);
    assert_true(node_told(&b->n, UM_SAW_NOT_ADOPTED));
    assert_int_equal(node_do(&b->n, c), UM_NOT_IMMEDIATE);
    assert_int_equal(b->n.m.history.revs_n, 1);
}

/* Who changed it by hand has not seen the rollout. */ /* Who changed it by hand
                                                          has not seen the
                                                          rollout. */
static void test_trap12_what_is_adopted_is_a_child_of_what_ran(void **state)
{
    struct both *b = *state;
    struct um_revision r = {.parents = {b->g.r1},
                            .parents_n = 1,
                            .number = 2,
                            .doc = name_of(7),
                            .policy = UM_STAGED,
                            .deadline_ms = 600000,
                            .first = {&b->g.names[2], 1}};
    const struct um_past *p;
    size_t i;

    b->n.m.cfg.drift = UM_ADOPT;
    r.wall_ms = b->n.wall + 1000; /* it goes on elsewhere */
    i = mesh_rev(&b->g, 2, r);
    node_give(&b->n, i, i + 1);
    by_hand(b, 50, false);
    node_tick(&b->n, 10);
    p = um_history_find(&b->n.m.history, node_applied(&b->n));
    assert_same(&p->rev.parents[0], &b->g.r1);
    assert_int_equal(p->rev.parents_n, 1);
    assert_same(node_target(&b->n), mesh_id(&b->g, i));
    assert_int_equal(b->n.m.view.heads_n, 2);
}

static void test_what_shrinks_is_not_adopted(void **state)
{
    struct both *b = *state;

    b->n.m.cfg.drift = UM_ADOPT;
    by_hand(b, 50, true);
    node_tick(&b->n, 10);
    assert_true(node_told(&b->n, UM_SAW_NOT_ADOPTED));
    node_settle(&b->n, 10000);
    assert_false(node_told(&b->n, UM_SAW_NOT_ADOPTED));
    assert_int_equal(b->n.m.history.revs_n, 1);
    assert_int_equal(b->n.applies, 1);
}

static void test_what_is_no_document_is_not_adopted(void **state)
{
    struct both *b = *state;

    b->n.m.cfg.drift = UM_ADOPT;
    node_live(&b->n, name_of(50));
    node_settle(&b->n, 10);
    assert_int_equal(b->n.m.history.revs_n, 1);
}

static void test_with_seven_conflicts_nothing_is_adopted(void **state)
{
    struct both *b = *state;
    size_t first = b->g.things_n;

    b->n.m.cfg.drift = UM_ADOPT;
    b->n.m.cfg.rebase_min_ms = 1000000000;
    for (unsigned i = 0; i < 7; i++)
        (void)mesh_edit(&b->g, 1, &b->g.r1, 2, 20 + i);
    (void)mesh_edit(&b->g, 2, &b->g.r1, 2, 40); /* the latest: the target */
    node_give(&b->n, first, first + 6);
    node_give(&b->n, first + 7, first + 8);
    node_settle(&b->n, 10);
    by_hand(b, 50, false);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.m.history.revs_n, 9); /* six are few enough */
    node_settle(&b->n, 10);
    node_give(&b->n, first + 6, first + 7);
    by_hand(b, 51, false);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.m.history.revs_n, 10);
}

static void test_who_does_not_write_adopts_nothing(void **state)
{
    struct both *b = *state;
    struct node n;
    struct um_event e = {.what = UM_EV_LIVE};

    node_init(&n, &b->g, 3);
    n.m.cfg.drift = UM_ADOPT;
    node_settle(&n, 10);
    e.u.live.effective = e.u.live.doc = n.live = name_of(50);
    e.u.live.doc_bytes = 2;
    assert_int_equal(node_step(&n, &e), 0);
    node_settle(&n, 10);
    assert_int_equal(n.m.history.revs_n, 1);
    assert_int_equal(n.m.said.drift, UM_DIFFERS);
    assert_int_equal(n.applies, 1);
    node_fini(&n);
}

static void test_a_copy_is_kept_before_a_revision_overwrites(void **state)
{
    struct both *b = *state;
    const struct um_effect *keep;

    by_hand(b, 50, false);
    node_tick(&b->n, 10);
    (void)edit(b, &b->g.r1, 2, 7);
    node_tick(&b->n, 0);
    assert_int_equal(b->n.keeps, 0); /* the document is not here yet */
    assert_null(node_effect(&b->n, UM_FX_APPLY));
    {
        struct um_event e = {.what = UM_EV_MADE};

        e.u.made.revision = *node_target(&b->n);
        e.u.made.effective = name_of(7);
        assert_int_equal(node_step(&b->n, &e), 0);
    }
    node_tick(&b->n, 0);
    keep = node_effect(&b->n, UM_FX_KEEP);
    assert_non_null(keep);
    assert_non_null(node_effect(&b->n, UM_FX_APPLY));
    assert_true(keep < node_effect(&b->n, UM_FX_APPLY));
    assert_same(&keep->u.keep.live, &b->n.live);
}

/* What a change without an answer left behind is nobody's change by hand. */
static void test_what_got_no_answer_is_not_adopted(void **state)
{
    struct both *b = *state;
    size_t i;

    b->n.m.cfg.drift = UM_ADOPT;
    b->n.unit = UM_RESULT_NO_ANSWER;
    i = edit(b, &b->g.r1, 2, 7);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, 2);
    by_hand(b, 7, false); /* it was taken after all */
    node_restart(&b->n, b->n.disk_n);
    b->n.m.cfg.drift = UM_ADOPT;
    by_hand(b, 7, false);
    /* And meanwhile its author was thrown out. */
    {
        struct um_statement s = {
            .what = UM_REVOKE, .key = b->g.names[2], .keep = {&b->g.r1, 1}};
        size_t k = mesh_say(&b->g, 0, s);

        node_give(&b->n, k, k + 1);
    }
    b->n.unit = UM_RESULT_DONE;
    node_settle(&b->n, 10);
    assert_int_equal(b->n.m.history.revs_n, 2);
    assert_int_equal(b->n.keeps, 0);
    assert_int_equal(b->n.live.b[2], 1);
    assert_same(node_applied(&b->n), &b->g.r1);
    assert_int_equal(
        um_view_state(&b->n.m.view,
                      um_history_find(&b->n.m.history, mesh_id(&b->g, i))),
        UM_DEAD);
}

/* A change is tried at Unit before there is a revision of it. A node that ends
 * in between finds its own work, which nobody published, and takes it back;
 * that it was about to do it is on disk before Unit is asked. */
static void test_what_this_node_tried_is_no_change_by_hand(void **state)
{
    static const enum um_drift_policy all[] = {UM_REPORT, UM_HEAL, UM_ADOPT};

    for (unsigned i = 0; i < 3; i++) {
        struct both *b = *state;
        struct um_command c = {.verb = UM_DO_TRY, .doc = name_of(50)};

        b->n.m.cfg.drift = all[i];
        assert_int_equal(node_do(&b->n, c), UM_OK);
        assert_int_equal(node_effect(&b->n, UM_FX_REPLY)->after, b->n.m.seq);
        node_restart(&b->n, b->n.disk_n);
        b->n.m.cfg.drift = all[i];
        by_hand(b, 50, false);
        node_tick(&b->n, 10); /* it is being taken back, and ends again */
        assert_int_equal(node_effects(&b->n, UM_FX_APPLY), 1);
        node_tick(&b->n, 10);
        assert_false(node_told(&b->n, UM_SAW_DRIFT));
        node_restart(&b->n, b->n.disk_n);
        b->n.m.cfg.drift = all[i];
        by_hand(b, 50, false);
        node_settle(&b->n, 10);
        assert_int_equal(b->n.applies, 3);
        assert_int_equal(b->n.keeps, 0);
        assert_int_equal(b->n.m.history.revs_n, 1);
        assert_int_equal(b->n.live.b[2], 1);
        teardown(state);
        setup(state);
    }
}

/* Tries a document, and publishes it as one that Unit took. */
static void publish_tried(struct both *b, unsigned doc)
{
    struct um_command try = {.verb = UM_DO_TRY, .doc = name_of(doc)};
    struct um_command c = {.verb = UM_DO_PUBLISH,
                           .flags = UM_EVEN_ALONE,
                           .doc = name_of(doc),
                           .tried = true};

    assert_int_equal(node_do(&b->n, try), UM_OK);
    assert_int_equal(node_do(&b->n, c), UM_OK);
}

/* What was tried runs as soon as it is a revision: Unit is not asked again.
 * Both are on the disk before anybody hears of it. */
static void test_what_was_tried_runs_when_it_is_a_revision(void **state)
{
    struct both *b = *state;
    unsigned applies = b->n.applies;
    size_t disk = b->n.disk_n;
    struct um_name before = *node_applied(&b->n);

    publish_tried(b, 50);
    assert_same(node_applied(&b->n), &b->n.reply);
    assert_true(node_told(&b->n, UM_SAW_APPLIED));
    for (size_t i = 0; i < b->n.fx.n; i++) {
        const struct um_effect *e = &b->n.fx.list[i];

        if (e->what == UM_FX_NOTICE && e->u.notice.what == UM_SAW_APPLIED)
            assert_int_equal(e->after, b->n.m.seq);
    }
    assert_int_equal(node_effect(&b->n, UM_FX_REPLY)->after, b->n.m.seq);
    b->n.live = name_of(50);
    assert_int_equal(b->n.disk_n, disk + 3); /* TRY, the revision, own */
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, applies);
    assert_int_equal(b->n.m.drift, UM_NO_DRIFT);
    assert_same(&b->n.m.own.good[b->n.m.own.good_n - 1], &b->n.reply);
    /* The power went when only the first was on the disk. */
    node_restart(&b->n, disk + 1);
    assert_same(node_applied(&b->n), &before);
    node_settle(&b->n, 10);
    assert_int_equal(b->n.applies, applies + 1);
    assert_int_equal(b->n.keeps, 0);
    assert_int_equal(b->n.live.b[2], 1); /* what ran before is back */
}

/* Unit is asked if it may not be what was tried that runs. */
static void test_when_unit_is_asked_although_it_was_tried(void **state)
{
    for (unsigned i = 0; i < 5; i++) {
        struct both *b = *state;
        struct um_command try = {.verb = UM_DO_TRY, .doc = name_of(50)};
        struct um_command c = {.verb = UM_DO_PUBLISH,
                               .flags = UM_EVEN_ALONE,
                               .doc = name_of(50),
                               .tried = true};
        struct um_event absent = {.what = UM_EV_ABSENT};

        if (i > 0) /* else nothing was tried */
            assert_int_equal(node_do(&b->n, try), UM_OK);
        if (i == 1)
            by_hand(b, 60, false);
        if (i == 2)
            blank(b);
        if (i == 3)
            assert_int_equal(node_step(&b->n, &absent), 0);
        if (i == 4)
            c.policy = UM_STAGED, c.first = UM_FIRST_NAMED,
            c.nodes = (struct um_namelist){&b->g.names[2], 1};
        assert_int_equal(node_do(&b->n, c), UM_OK);
        assert_same(node_applied(&b->n), &b->g.r1);
        teardown(state);
        setup(state);
    }
}

/* What it comes to here may be another by then: labels, settings. */
static void test_what_was_tried_is_made_once_more(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_MADE};

    publish_tried(b, 50);
    b->n.live = name_of(50);
    node_tick(&b->n, 0);
    assert_int_equal(node_effects(&b->n, UM_FX_MAKE), 1);
    e.u.made.outcome = UM_RESULT_DONE;
    e.u.made.revision = b->n.reply;
    e.u.made.effective = name_of(51);
    assert_int_equal(node_step(&b->n, &e), 0);
    node_tick(&b->n, 0);
    assert_non_null(node_effect(&b->n, UM_FX_APPLY));
}

/* Why nothing is as it should be is said to all, until Unit is back. */
static void test_that_unit_is_absent_is_said(void **state)
{
    struct both *b = *state;
    struct um_event e = {.what = UM_EV_ABSENT};

    assert_int_equal(node_step(&b->n, &e), 0);
    node_tick(&b->n, 10);
    assert_string_equal(b->n.m.reason, "Unit is absent, or does not answer");
    node_tick(&b->n, 5000);
    assert_non_null(node_effect(&b->n, UM_FX_ROW));
    assert_string_equal(b->n.m.said.reason.p, b->n.m.reason);
    node_live(&b->n, b->n.live); /* the same as before */
    node_tick(&b->n, 10);
    assert_null(b->n.m.reason);
}

/* While Unit is being changed nothing is tried. */
static void test_nothing_is_tried_while_unit_is_changed(void **state)
{
    struct both *b = *state;
    struct um_command c = {.verb = UM_DO_TRY, .doc = name_of(60)};

    (void)edit(b, &b->g.r1, 2, 7);
    b->n.unit = UM_RESULT_NO_ANSWER;
    node_settle(&b->n, 10);
    b->n.m.in_flight = true;
    assert_int_equal(node_do(&b->n, c), UM_UNFIT);
    b->n.m.in_flight = false;
    assert_int_equal(node_do(&b->n, c), UM_OK);
}

static void test_what_unit_refuses_is_not_healed_for_ever(void **state)
{
    struct both *b = *state;

    b->n.m.cfg.drift = UM_HEAL;
    b->n.unit = UM_RESULT_REFUSED; /* it lost a module */
    blank(b);
    for (unsigned i = 0; i < 20; i++)
        node_settle(&b->n, 10000);
    assert_int_equal(b->n.applies, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_report_says_so_and_leaves_it),
        T(test_heal_keeps_a_copy_and_applies),
        T(test_a_person_heals),
        T(test_a_blank_unit_is_healed_under_each_policy),
        T(test_a_blank_unit_does_not_wait_for_a_document),
        T(test_a_document_that_comes_soon_is_waited_for),
        T(test_adopt_makes_a_revision_of_it),
        T(test_a_person_adopts_what_no_policy_would),
        T(test_where_a_root_forbids_it_nothing_is_adopted),
        T(test_trap12_what_is_adopted_is_a_child_of_what_ran),
        T(test_what_shrinks_is_not_adopted),
        T(test_what_is_no_document_is_not_adopted),
        T(test_with_seven_conflicts_nothing_is_adopted),
        T(test_who_does_not_write_adopts_nothing),
        T(test_a_copy_is_kept_before_a_revision_overwrites),
        T(test_what_got_no_answer_is_not_adopted),
        T(test_what_this_node_tried_is_no_change_by_hand),
        T(test_what_was_tried_runs_when_it_is_a_revision),
        T(test_when_unit_is_asked_although_it_was_tried),
        T(test_what_was_tried_is_made_once_more),
        T(test_that_unit_is_absent_is_said),
        T(test_nothing_is_tried_while_unit_is_changed),
        T(test_what_unit_refuses_is_not_healed_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
