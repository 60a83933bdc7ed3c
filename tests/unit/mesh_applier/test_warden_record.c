/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What may be given to this Unit by what it was given before: there is no going
 * back, and the record of it has an end. */
#include <stdio.h>

#include "court.h"
#include "p2p/err.h"
#include "unit.h"

/* ---- no going back */

static void test_an_older_one_does_not_come_back(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a);
    char name[UM_WARDEN_WHY_BYTES];

    court_run(c, a);
    court_run(c, b);
    court_refuses(c, a, "goes back behind r3.");
    (void)snprintf(name, sizeof name, "it goes back behind r3.%02x%02x",
                   c->revs[b].id.b[0], c->revs[b].id.b[1]);
    assert_string_equal(c->order.why, name);
    court_refuses(c, 0, "goes back behind r3.");
    court_run(c, court_edit(c, 3, b));
    court_refuses(c, b, "goes back behind r4.");
}

static void test_of_one_number_the_later_is_above(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 3, 0);

    court_run(c, b);
    court_refuses(c, a, "goes back");
    court_again(c);
    court_run(c, a);
    court_run(c, b);
}

static void test_what_was_begun_guards_before_it_runs(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a);

    court_run(c, a);
    assert_int_equal(court_judge(c, b), 0);
    um_warden_begins(c->w, &c->revs[b].id);
    court_refuses(c, a, "goes back");
    um_warden_ended(c->w, &c->revs[b].id, UM_WARDEN_UNKNOWN);
    court_refuses(c, a, "goes back");
    um_warden_ended(c->w, &c->revs[b].id, UM_WARDEN_REFUSED);
    court_run(c, a);
}

/* Unit did not answer, and said no to a later one: what ran before runs. */
static void test_what_nobody_said_of_guards_while_it_is_the_newest(void **state)
{
    struct court *c = *state;
    unsigned good = court_edit(c, 2, 0), a = court_edit(c, 2, good),
             b = court_edit(c, 2, a), d = court_edit(c, 2, b);

    court_run(c, good);
    court_run(c, a);
    assert_int_equal(court_judge(c, b), 0);
    um_warden_begins(c->w, &c->revs[b].id);
    um_warden_ended(c->w, &c->revs[b].id, UM_WARDEN_UNKNOWN);
    court_refuses(c, a, "goes back behind r4.");
    assert_int_equal(court_judge(c, d), 0);
    um_warden_begins(c->w, &c->revs[d].id);
    court_refuses(c, a, "goes back behind r5.");
    um_warden_ended(c->w, &c->revs[d].id, UM_WARDEN_REFUSED);
    assert_int_equal(court_judge_bare(c, a), 0);
    court_void(c, a);
    court_refuses(c, good - 1, "goes back behind r2.");
    assert_int_equal(court_judge(c, good), 0);
    court_run(c, b);
    court_refuses(c, good, "goes back behind r4.");
}

static void test_what_was_refused_is_tried_again(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a),
             d = court_edit(c, 2, b);

    court_run(c, a);
    court_run(c, b);
    assert_int_equal(court_judge(c, d), 0);
    um_warden_begins(c->w, &c->revs[d].id);
    um_warden_ended(c->w, &c->revs[d].id, UM_WARDEN_REFUSED);
    court_refuses(c, a, "goes back behind r3.");
    court_run(c, d);
    court_refuses(c, b, "goes back behind r4.");
}

static void test_behind_what_is_void_one_may_go(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 3, a),
             d = court_edit(c, 4, b), kept = court_edit(c, 5, 0);

    court_run(c, a);
    court_run(c, b);
    court_run(c, d);
    court_void(c, d);
    court_refuses(c, a, "goes back behind r3.");
    assert_int_equal(court_judge(c, b), 0);
    court_revoke(c, 3, kept);
    court_refuses(c, a, "goes back behind r3."); /* it is not shown to be */
    court_with(c, kept);
    assert_int_equal(court_judge(c, a), 0);
}

/* Who left in good standing: without the headers between, nobody can say that
 * his revision is not kept. */
static void test_what_is_kept_guards_on(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 3, a),
             d = court_edit(c, 2, b), e = court_edit(c, 2, d);

    court_run(c, b);
    court_revoke(c, 3, e);
    court_refuses(c, a, "goes back");
    court_with(c, e);
    court_refuses(c, a, "goes back");
    court_with(c, e);
    court_with(c, d);
    court_refuses(c, a, "goes back");
}

/* The same for one that is not: the headers above it show that. */
static void test_what_is_beside_the_kept_is_shown_to_be(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), evil = court_edit(c, 3, a),
             b = court_edit(c, 2, a), d = court_edit(c, 2, b),
             e = court_edit(c, 2, d);

    court_run(c, evil);
    court_revoke(c, 3, e);
    court_with(c, e);
    court_refuses(c, a, "goes back"); /* it might be below d */
    court_with(c, e);
    court_with(c, d);
    assert_int_equal(court_judge(c, a), 0);
}

static void test_taint_is_over_too(void **state)
{
    struct court *c = *state;
    unsigned evil = court_edit(c, 2, 0), good = court_edit(c, 3, 0);
    struct um_revision r = court_merge(c, good, evil);
    unsigned merged;

    r.by_machine = true;
    merged = court_rev(c, 4, r);
    court_run(c, good);
    court_with(c, evil);
    court_with(c, good);
    court_run(c, merged);
    court_revoke(c, 2, 0);
    court_refuses(c, good, "goes back");
    court_with(c, evil);
    court_refuses(c, good, "goes back");
    court_with(c, evil);
    court_with(c, 0);
    assert_int_equal(court_judge(c, good), 0);
}

static void test_open_ones_stand_in_nobodys_way(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), trial = court_staged(c, 2, a, ME);

    court_run(c, a);
    court_run(c, trial);
    assert_int_equal(court_judge(c, a), 0);
}

static void test_the_confirmed_guards_once_it_was_heard(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), trial = court_staged(c, 2, a, ME),
             other = court_staged(c, 2, a, ME);
    unsigned wrong = court_fact(c, UM_CONFIRM, other, 3, 0),
             plain = court_fact(c, UM_CONFIRM, trial, PLAIN, 0),
             abort = court_fact(c, UM_ABORT, trial, 2, 0), fact;

    court_run(c, a);
    court_run(c, trial);
    court_with_fact(c, wrong);
    court_with_fact(c, plain);
    court_with_fact(c, abort);
    assert_int_equal(court_hear(c), 0);
    assert_int_equal(court_judge(c, a), 0);
    fact = court_fact(c, UM_CONFIRM, trial, 3, 0);
    court_with_fact(c, fact);
    assert_int_equal(court_hear(c), 0);
    c->now += 10 * COURT_N;
    court_refuses(c, a, "goes back");
    /* It may come with any order, too, even with one that is refused. */
    court_again(c);
    c->now = 1000;
    court_run(c, a);
    court_run(c, trial);
    court_with_fact(c, fact);
    court_refuses(c, a, "goes back");
    court_refuses(c, a, "goes back");
}

/* It was open when it ran, and its node went on: that does not fall back to it,
 * and may have to fall further. */
static void test_what_was_confirmed_too_late_guards_when_it_runs_again(void **s)
{
    struct court *c = *s;
    unsigned a = court_edit(c, 2, 0), trial = court_staged(c, 2, a, ME),
             b = court_edit(c, 4, trial);
    unsigned fact = court_fact(c, UM_CONFIRM, trial, 3, 0);

    court_run(c, a);
    court_run(c, trial);
    court_run(c, b);
    court_with_fact(c, fact);
    assert_int_equal(court_hear(c), 0);
    court_void(c, b);
    assert_int_equal(court_judge(c, a), 0);
    court_run(c, trial);
    court_refuses(c, a, "goes back behind r3.");
}

static void test_a_confirmation_that_falls_guards_no_more(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), trial = court_staged(c, 2, a, ME),
             kept = court_edit(c, 5, 0);
    unsigned fact = court_fact(c, UM_CONFIRM, trial, 3, 0);

    court_run(c, a);
    court_with_fact(c, fact);
    court_run(c, trial);
    court_refuses(c, a, "goes back");
    court_revoke(c, 3, kept);
    court_refuses(c, a, "goes back"); /* it is not shown that it falls */
    court_with(c, kept);
    assert_int_equal(court_judge(c, a), 0);
}

static void test_confirmations_have_an_end(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), trial = court_staged(c, 2, a, ME);
    struct um_buf record = UM_BUF_INIT;
    size_t full = 0;
    unsigned honest;

    assert_int_equal(UM__CAP_TRAIL_CONFIRMS, 4);
    court_run(c, a);
    court_run(c, trial);
    for (unsigned i = 0; i < 2 * UM__CAP_TRAIL_CONFIRMS; i++) {
        c->now++;
        court_with_fact(c, court_fact(c, UM_CONFIRM, trial, 3, 0));
        court_with_fact(c, c->facts_n - 1);
        assert_int_equal(court_hear(c), 0);
        um_buf_clear(&record);
        um_warden_save(c->w, UM_WARDEN_RECORD, &record);
        if (i + 1 == UM__CAP_TRAIL_CONFIRMS)
            full = record.len;
        assert_true(i + 1 < UM__CAP_TRAIL_CONFIRMS || record.len == full);
    }
    /* Those that fell make room for one that counts. */
    court_revoke(c, 3, a);
    honest = court_fact(c, UM_CONFIRM, trial, 4, 0);
    court_with(c, a);
    court_with_fact(c, honest);
    assert_int_equal(court_hear(c), 0);
    court_with(c, a);
    court_refuses(c, a, "goes back");
    um_buf_fini(&record);
}

/* ---- again what runs */

static void test_what_runs_may_be_given_again(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), trial = court_staged(c, 2, a, ME);

    court_run(c, a);
    court_run(c, trial);
    c->now += 10 * COURT_N;
    court_void(c, trial);
    assert_int_equal(court_judge_bare(c, trial), 0);
    assert_true(um_name_eq(&c->order.doc, &c->revs[trial].doc));
    court_run(c, trial);
    court_run(c, a);
    court_refuses(c, trial, " is void");
}

static void test_until_another_was_begun(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a);

    court_run(c, a);
    court_void(c, a);
    assert_int_equal(court_judge(c, b), 0);
    um_warden_begins(c->w, &c->revs[b].id);
    court_refuses(c, a, " is void");
    um_warden_ended(c->w, &c->revs[b].id, UM_WARDEN_REFUSED);
    assert_int_equal(court_judge_bare(c, a), 0); /* Unit kept it */
    um_warden_begins(c->w, &c->revs[a].id);
    um_warden_ended(c->w, &c->revs[a].id, UM_WARDEN_REFUSED);
    assert_int_equal(court_judge_bare(c, a), 0);
}

static void test_it_says_what_runs(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a),
             d = court_edit(c, 2, b);

    assert_null(um_warden_runs(c->w));
    court_run(c, a);
    assert_true(um_name_eq(um_warden_runs(c->w), &c->revs[a].id));
    assert_int_equal(court_judge(c, b), 0);
    um_warden_begins(c->w, &c->revs[b].id);
    assert_null(um_warden_runs(c->w));
    /* Nor while nobody knows, whatever became of a later one. */
    assert_int_equal(court_judge(c, d), 0);
    um_warden_begins(c->w, &c->revs[d].id);
    um_warden_ended(c->w, &c->revs[d].id, UM_WARDEN_REFUSED);
    assert_null(um_warden_runs(c->w));
    um_warden_ended(c->w, &c->revs[b].id, UM_WARDEN_REFUSED);
    assert_true(um_name_eq(um_warden_runs(c->w), &c->revs[a].id));
}

/* What was made void and is so no more, when the owner who said so lost his
 * role, stands above what runs: that may still be given again. */
static void test_what_runs_needs_no_rank(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 3, a);

    court_say(c, 0,
              (struct um_statement){
                  .what = UM_GRANT, .key = c->m.names[5], .roles = UM_OWNER});
    court_run(c, b);
    court_say(
        c, 5,
        (struct um_statement){.what = UM_VOID, .ids = {&c->revs[b].id, 1}});
    court_run(c, a);
    court_say(c, 0,
              (struct um_statement){
                  .what = UM_REVOKE, .key = c->m.names[5], .roles = UM_OWNER});
    court_run(c, a);
    court_run(c, b);
    court_refuses(c, a, "goes back");
}

/* ---- ends */

static void test_a_case_has_an_end(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0);

    assert_int_equal(UM__CAP_CASE_ITEMS, 1024);
    for (unsigned i = 1; i < UM__CAP_CASE_ITEMS; i++)
        court_with(c, a);
    assert_int_equal(court_judge(c, a), 0);
    for (unsigned i = 1; i < UM__CAP_CASE_ITEMS; i++)
        court_with(c, a);
    court_with_fact(c, court_fact(c, UM_OPEN, a, 2, ME));
    assert_int_equal(court_judge(c, a), P2P_ETOOBIG);
}

static void test_the_record_has_an_end(void **state)
{
    struct court *c = *state;
    unsigned at = 0, evil;
    struct um_buf names = UM_BUF_INIT;

    assert_int_equal(UM__CAP_TRAIL_RUNS, 16);
    for (unsigned i = 0; i < 3 * UM__CAP_TRAIL_RUNS; i++) {
        at = court_edit(c, 2, at);
        court_run(c, at);
    }
    um_warden_names(c->w, &names);
    assert_int_equal(names.len, UM__CAP_TRAIL_RUNS * UM_NAME_BYTES);
    assert_memory_equal(names.p + names.len - UM_NAME_BYTES, &c->revs[at].id,
                        UM_NAME_BYTES);
    /* A flood that is refused, or void, leaves what guards. */
    court_void(c, court_edit(c, 3, at));
    for (unsigned i = 0; i < 2 * UM__CAP_TRAIL_RUNS; i++) {
        evil = court_edit(c, 4, at);
        assert_int_equal(court_judge(c, evil), 0);
        um_warden_begins(c->w, &c->revs[evil].id);
        um_warden_ended(c->w, &c->revs[evil].id, UM_WARDEN_REFUSED);
    }
    court_refuses(c, at - 1, "goes back");
    um_buf_fini(&names);
}

static void test_what_is_void_leaves_the_record_first(void **state)
{
    struct court *c = *state;
    unsigned good = court_edit(c, 2, 0), next = court_edit(c, 2, good), first;

    court_run(c, good);
    court_run(c, next);
    for (unsigned i = 0; i < UM__CAP_TRAIL_RUNS - 2; i++)
        court_run(c, court_edit(c, 3, c->revs_n - 1));
    court_revoke(c, 3, next);
    court_run(c, next); /* they were seen to be void */
    first = court_edit(c, 4, next);
    court_run(c, first);
    for (unsigned i = 0; i < 9; i++) {
        court_run(c, court_edit(c, 4, c->revs_n - 1));
        court_void(c, c->revs_n - 1);
    }
    court_with(c, next);
    court_refuses(c, good, "goes back behind r4.");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, court_setup, court_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_an_older_one_does_not_come_back),
        TEST(test_of_one_number_the_later_is_above),
        TEST(test_what_was_begun_guards_before_it_runs),
        TEST(test_what_nobody_said_of_guards_while_it_is_the_newest),
        TEST(test_what_was_refused_is_tried_again),
        TEST(test_behind_what_is_void_one_may_go),
        TEST(test_what_is_kept_guards_on),
        TEST(test_what_is_beside_the_kept_is_shown_to_be),
        TEST(test_taint_is_over_too),
        TEST(test_open_ones_stand_in_nobodys_way),
        TEST(test_the_confirmed_guards_once_it_was_heard),
        TEST(test_what_was_confirmed_too_late_guards_when_it_runs_again),
        TEST(test_a_confirmation_that_falls_guards_no_more),
        TEST(test_confirmations_have_an_end),
        TEST(test_what_runs_may_be_given_again),
        TEST(test_until_another_was_begun),
        TEST(test_it_says_what_runs),
        TEST(test_what_runs_needs_no_rank),
        TEST(test_a_case_has_an_end),
        TEST(test_the_record_has_an_end),
        TEST(test_what_is_void_leaves_the_record_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
