/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a node gathers for its applier: as much as a warden needs, and little
 * more. Each case is judged by one. Random histories: tests/model.
 */
#include "../mesh_applier/court.h"
#include "failing_mem.h"
#include "mesh/node/evidence.h"
#include "p2p/err.h"
#include "unit.h"

struct scene {
    struct court c;
    struct um_model m;
    struct um_effects fx;
    struct um_shelf *shelf;
    struct um_evidence e;
};

static int setup(void **state)
{
    static struct scene s;

    memset(&s, 0, sizeof s);
    court_init(&s.c);
    *state = &s;
    return 0;
}

static void forget(struct scene *s)
{
    um_evidence_fini(&s->e);
    if (s->shelf != NULL) {
        um_model_fini(&s->m);
        um_effects_fini(&s->fx);
        um_shelf_free(s->shelf);
    }
}

static int teardown(void **state)
{
    struct scene *s = *state;

    forget(s);
    court_fini(&s->c);
    return 0;
}

static void step(struct scene *s, struct um_event e)
{
    e.wall_ms = MESH_MAKER_T0 + s->c.now;
    e.mono_ms = s->c.now;
    assert_int_equal(um_model_step(&s->m, &e, &s->fx), 0);
}

static void load(struct scene *s, enum um_kind kind, const struct um_name *id,
                 const struct um_buf *envelope)
{
    const struct um_record r = {.what = UM_RECORD_ITEM,
                                .id = *id,
                                .kind = kind,
                                .bytes = um_buf_view(envelope),
                                .seen_ms = MESH_MAKER_T0 + s->c.now};

    step(s, (struct um_event){.what = UM_EV_LOADED, .u.loaded = r});
    assert_int_equal(um_shelf_add(s->shelf, kind, id, r.bytes), 0);
}

/* A node that has all that was signed so far. */
static void know(struct scene *s)
{
    const size_t grants = WRITERS + 2;
    struct um_model_cfg cfg;
    struct court *c = &s->c;

    forget(s);
    um_model_defaults(&cfg);
    cfg.mesh = c->m.mesh;
    cfg.me = c->m.names[ME];
    cfg.signer = um_signer_of(c->m.keys[ME]);
    um_model_init(&s->m, &cfg);
    s->fx = (struct um_effects){0};
    s->shelf = um_shelf_new();
    assert_non_null(s->shelf);
    for (size_t i = 0; i < grants; i++)
        load(s, UM_STATEMENT, &c->m.ids[i], &c->m.statements[i]);
    for (unsigned i = 0; i < c->revs_n; i++)
        load(s, UM_REVISION, &c->revs[i].id, &c->rev_bytes[i]);
    for (unsigned i = 0; i < c->facts_n; i++)
        load(s, UM_FACT, &c->facts[i].id, &c->fact_bytes[i]);
    for (size_t i = grants; i < c->m.statements_n; i++)
        load(s, UM_STATEMENT, &c->m.ids[i], &c->m.statements[i]);
    step(s, (struct um_event){.what = UM_EV_STARTED});
    step(s, (struct um_event){.what = UM_EV_TICK});
}

static int gather(struct scene *s, const struct um_name *revision)
{
    struct um_buf names = UM_BUF_INIT;
    int rv;

    um_warden_names(s->c.w, &names);
    um_evidence_fini(&s->e);
    rv = um_evidence_gather(
        &s->m, s->shelf, revision,
        (struct um_namelist){(const struct um_name *)(void *)names.p,
                             names.len / UM_NAME_BYTES},
        &s->e);
    um_buf_fini(&names);
    return rv;
}

/* Gathers a case of so many items for a revision, and has it judged. */
static int judge(struct scene *s, unsigned rev, size_t revs, size_t facts)
{
    struct court *c = &s->c;

    assert_int_equal(gather(s, &c->revs[rev].id), 0);
    assert_int_equal(s->e.made.revisions_n, revs);
    assert_int_equal(s->e.made.facts_n, facts);
    return um_warden_judge(c->w, &c->revs[rev].id, &s->e.made,
                           MESH_MAKER_T0 + c->now, &c->order);
}

static void test_a_header_is_enough_in_most_cases(void **state)
{
    struct scene *s = *state;
    unsigned a = court_edit(&s->c, 2, 0), b = court_edit(&s->c, 2, a);

    court_run(&s->c, a);
    know(s);
    assert_int_equal(judge(s, b, 1, 0), 0);
    court_run(&s->c, b);
    assert_int_equal(judge(s, a, 1, 0), P2P_EACCES);
}

static void test_what_is_not_here(void **state)
{
    struct scene *s = *state;
    unsigned a = court_edit(&s->c, 2, 0), late;

    court_run(&s->c, a);
    know(s);
    late = court_edit(&s->c, 2, a);
    assert_int_equal(gather(s, &s->c.revs[late].id), P2P_ENOTFOUND);
    /* Of what is in the record it is passed over. */
    court_run(&s->c, late);
    assert_int_equal(judge(s, a, 1, 0), P2P_EACCES);
}

static void test_an_envelope_that_is_not_here(void **state)
{
    struct scene *s = *state;
    unsigned a = court_edit(&s->c, 2, 0);

    know(s);
    um_shelf_free(s->shelf);
    s->shelf = um_shelf_new();
    assert_int_equal(gather(s, &s->c.revs[a].id), P2P_ENOTFOUND);
}

static void test_who_opened_it(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned mine = court_staged(c, 2, 0, ME), his = court_staged(c, 2, 0, 3);

    (void)court_fact(c, UM_OPEN, his, 2, 4);
    (void)court_fact(c, UM_OPEN, his, 5, ME);
    (void)court_fact(c, UM_OPEN, his, 3, ME);
    court_revoke(c, 3, 0);
    know(s);
    assert_int_equal(judge(s, mine, 1, 0), 0);
    assert_int_equal(judge(s, his, 1, 1), 0);
    assert_true(um_name_eq(&c->facts[1].by, &c->m.names[5]));
}

static void test_who_confirmed_it(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned a = court_staged(c, 2, 0, 3), b = court_edit(c, 2, a),
             d = court_edit(c, 2, b);

    (void)court_fact(c, UM_CONFIRM, a, 3, 0);
    c->now = 2 * COURT_N;
    (void)court_fact(c, UM_CONFIRM, a, 5, 0); /* too late */
    court_revoke(c, 3, d);
    know(s);
    assert_int_equal(judge(s, a, 3, 1), 0);
}

static void test_the_shortest_way_from_a_kept_head(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 3, a), top = b, head;

    for (unsigned i = 0; i < 20; i++)
        top = court_edit(c, 3, top);
    head = court_rev(c, 3, court_merge(c, b, top));
    court_revoke(c, 2, head);
    know(s);
    assert_int_equal(judge(s, a, 3, 0), 0); /* a, b, head */
    court_revoke(c, 2, a);
    know(s);
    assert_int_equal(judge(s, a, 3, 0), 0);
    court_revoke(c, 2, top);
    know(s);
    assert_int_equal(judge(s, a, 23, 0), 0);
}

static void test_what_a_machine_took(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 3, 0), merged, again;
    struct um_revision r = court_merge(c, a, b);

    r.by_machine = true;
    merged = court_rev(c, 4, r);
    r = court_merge(c, merged, a);
    r.by_machine = true;
    again = court_rev(c, 4, r);
    court_revoke(c, 3, b);
    know(s);
    assert_int_equal(judge(s, merged, 3, 0), 0);
    assert_int_equal(judge(s, again, 4, 0), 0);
}

static void test_why_what_ran_is_over(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned a = court_edit(c, 2, 0), evil = court_edit(c, 3, a), top = a;

    for (unsigned i = 0; i < 20; i++)
        top = court_edit(c, 2, top);
    court_run(c, a);
    court_run(c, evil);
    court_revoke(c, 3, top);
    know(s);
    /* It, and the 19 that are above what is not kept; what has its number is
     * not needed. */
    assert_int_equal(judge(s, a, 20, 0), 0);
    court_revoke(c, 3, a);
    know(s);
    assert_int_equal(judge(s, a, 1, 0), 0); /* the head is the order itself */
}

/* A kept head of two parents, one of them far below: its number is shown. */
static void test_numbers_beside_are_shown(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned a = court_edit(c, 2, 0), old = court_edit(c, 2, a),
             good = court_edit(c, 2, a), evil = court_edit(c, 3, good),
             b = court_edit(c, 2, good), d = court_edit(c, 2, b), head;

    head = court_rev(c, 2, court_merge(c, d, old));
    court_run(c, good);
    court_run(c, evil);
    court_revoke(c, 3, head);
    court_void(c, head);
    court_void(c, d);
    court_void(c, b);
    know(s);
    assert_int_equal(judge(s, good, 4, 0), 0); /* good, head, d, old */
}

static void test_taint_is_shown(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned evil = court_edit(c, 2, 0), good = court_edit(c, 3, 0), merged;
    struct um_revision r = court_merge(c, good, evil);

    r.by_machine = true;
    merged = court_rev(c, 4, r);
    court_run(c, good);
    court_with(c, evil);
    court_with(c, good);
    court_run(c, merged);
    court_revoke(c, 2, 0);
    know(s);
    assert_int_equal(judge(s, good, 3, 0), 0); /* good, evil, r1 */
}

static void test_confirmations_are_told_and_fall(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned a = court_edit(c, 2, 0), trial = court_staged(c, 2, a, ME), other;

    court_run(c, a);
    court_run(c, trial);
    know(s);
    assert_int_equal(judge(s, a, 1, 0), 0);
    (void)court_fact(c, UM_CONFIRM, trial, 3, 0);
    know(s);
    assert_int_equal(gather(s, NULL), 0);
    assert_int_equal(s->e.made.revisions_n, 0);
    assert_int_equal(s->e.made.facts_n, 1);
    assert_int_equal(um_warden_hear(c->w, &s->e.made), 0);
    court_refuses(c, a, "goes back");
    /* It falls with who gave it. */
    other = court_edit(c, 5, 0);
    court_revoke(c, 3, other);
    c->now += 2 * COURT_N;
    know(s);
    assert_int_equal(judge(s, a, 2, 0), 0); /* a, other */
}

static void test_more_than_a_case_holds(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned a = court_edit(c, 2, 0), top = a;

    for (unsigned i = 1; i < UM__CAP_CASE_ITEMS; i++)
        top = court_edit(c, 3, top);
    court_revoke(c, 2, top);
    know(s);
    assert_int_equal(judge(s, a, UM__CAP_CASE_ITEMS, 0), 0);
    court_revoke(c, 2, court_edit(c, 3, top));
    know(s);
    assert_int_equal(gather(s, &c->revs[a].id), P2P_ELIMIT);
    assert_int_equal(s->e.made.revisions_n, UM__CAP_CASE_ITEMS);
    assert_true(
        um_str_eq(s->e.made.revisions[0], um_buf_view(&c->rev_bytes[a])));
}

static void test_when_memory_runs_out(void **state)
{
    struct scene *s = *state;
    struct court *c = &s->c;
    unsigned a = court_edit(c, 2, 0), his = court_staged(c, 2, a, 3), top;
    size_t nth = 1, before;
    int rv;

    (void)court_fact(c, UM_OPEN, his, 3, ME);
    top = court_edit(c, 2, his);
    court_revoke(c, 2, top);
    know(s);
    before = failing_mem_live();
    do {
        failing_mem_set(nth++, 0);
        rv = um_evidence_gather(&s->m, s->shelf, &c->revs[his].id,
                                (struct um_namelist){NULL, 0}, &s->e);
        failing_mem_set(0, 0);
        assert_true(rv == 0 || rv == P2P_ENOMEM);
        if (rv == 0)
            assert_int_equal(s->e.made.revisions_n, 2);
        um_evidence_fini(&s->e);
        assert_int_equal(failing_mem_live(), before);
    } while (rv != 0);
    assert_true(nth > 6);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_header_is_enough_in_most_cases),
        TEST(test_what_is_not_here),
        TEST(test_an_envelope_that_is_not_here),
        TEST(test_who_opened_it),
        TEST(test_who_confirmed_it),
        TEST(test_the_shortest_way_from_a_kept_head),
        TEST(test_what_a_machine_took),
        TEST(test_why_what_ran_is_over),
        TEST(test_numbers_beside_are_shown),
        TEST(test_taint_is_shown),
        TEST(test_confirmations_are_told_and_fall),
        TEST(test_more_than_a_case_holds),
        TEST(test_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
