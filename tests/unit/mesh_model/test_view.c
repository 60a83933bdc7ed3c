/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The view on histories small enough to be read. Random ones are held against
 * the rules as a program: tests/model.
 */
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

static int setup(void **state)
{
    static struct rig g;

    *state = &g;
    return rig_init(&g, 3);
}

static int teardown(void **state)
{
    rig_fini(*state);
    return 0;
}

static void test_nothing_is_seen_of_nothing(void **state)
{
    struct um_history h;
    struct um_roster r;
    struct um_view v = {0};
    struct um_name mesh = rig_rev(1);
    static const uint64_t salt[8];

    (void)state;
    um_history_init(&h, salt);
    um_roster_init(&r, &mesh);
    assert_int_equal(um_view_update(&v, &h, &r, 1), 0);
    assert_null(um_view_target(&v, &h));
    assert_null(um_view_desired(&v, &h, &r, &mesh));
    um_view_fini(&v);
}

static void test_the_higher_number_wins_and_the_other_is_a_conflict(void **s)
{
    struct rig *g = *s;

    assert_int_equal(rig_edit(g, 1, 1, 0), 0);
    assert_int_equal(rig_edit(g, 2, 1, 1), 0);
    assert_int_equal(rig_edit(g, 9, 2, 0), 0); /* later, and lower */
    assert_int_equal(rig_look(g, T0 + 10), 0);
    assert_int_equal(rig_head(g, 0), 2);
    assert_int_equal(rig_head(g, 1), 9);
    assert_int_equal(rig_head(g, 2), -1);
    assert_int_equal(rig_desired(g, 3), 2);
}

static void test_of_one_number_the_later_wins_then_the_id(void **state)
{
    struct rig *g = *state;
    struct um_revision r = rig_shape(g, 1, 1, 0, UINT32_MAX);

    r.wall_ms = T0 + 100;
    assert_int_equal(rig_add(g, &r), 0);
    assert_int_equal(rig_edit(g, 2, 2, 0), 0);
    r = rig_shape(g, 3, 3, 0, UINT32_MAX);
    r.wall_ms = T0 + 100;
    assert_int_equal(rig_add(g, &r), 0);
    assert_int_equal(rig_look(g, T0 + 200), 0);
    assert_int_equal(rig_head(g, 0), 3);
    assert_int_equal(rig_head(g, 1), 1);
    assert_int_equal(rig_head(g, 2), 2);
}

static void test_two_parents_end_a_conflict(void **state)
{
    struct rig *g = *state;
    struct um_revision r;

    rig_edit(g, 1, 1, 0);
    rig_edit(g, 2, 2, 0);
    r = rig_shape(g, 3, 2, 2, 1);
    assert_int_equal(rig_add(g, &r), 0);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_head(g, 0), 3);
    assert_int_equal(rig_head(g, 1), -1);
}

static void test_of_one_author_eight_conflicts_are_listed(void **state)
{
    struct rig *g = *state;

    rig_edit(g, 500, 2, 0); /* an honest one, below the flood */
    for (unsigned i = 1; i <= 20; i++)
        rig_edit(g, 500 + i, 1, 0);
    rig_edit(g, 530, 1, 500); /* on top of the honest one: number 3 */
    rig_edit(g, 531, 1, 500);
    rig_look(g, T0 + 1000);
    /* Two on top and six of the twenty: eight; 14 are only counted. */
    assert_int_equal(UM__CAP_VIEW_CONFLICTS, 8);
    assert_int_equal(g->view.heads_n, 8);
    assert_int_equal(g->view.unlisted_n, 14);
}

static void test_what_is_not_listed_covers_nothing(void **state)
{
    struct rig *g = *state;

    rig_edit(g, 300, 2, 0);
    rig_edit(g, 310, 1, 300); /* a ninth of author 1, on the honest one */
    for (unsigned i = 1; i <= 8; i++) {
        rig_edit(g, 320 + i, 1, 0);
        rig_edit(g, 340 + i, 1, 320 + i);
    }
    rig_look(g, T0 + 1000);
    assert_int_equal(g->view.heads_n, 9);
    assert_int_equal(rig_head(g, 8), 300);
    assert_int_equal(g->view.unlisted_n, 1);
}

static void test_an_open_revision_is_for_those_it_was_opened_to(void **state)
{
    struct rig *g = *state;
    struct um_revision r = rig_shape(g, 1, 1, 0, UINT32_MAX);
    struct um_name first = rig_key(2);

    r.policy = UM_STAGED;
    r.deadline_ms = N_MS;
    r.first = (struct um_namelist){&first, 1};
    assert_int_equal(rig_add(g, &r), 0);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 1), UM_STILL_OPEN);
    assert_int_equal(rig_head(g, 0), 1);
    assert_int_equal(rig_desired(g, 2), 1);
    assert_int_equal(rig_desired(g, 3), 0);
    assert_int_equal(rig_fact(g, UM_OPEN, 1, 3, T0 + 20), 0);
    rig_look(g, T0 + 20);
    assert_int_equal(rig_desired(g, 3), 1);
    assert_int_equal(rig_desired(g, 1), 0);
}

static void test_a_deadline_ends_what_nobody_confirmed(void **state)
{
    struct rig *g = *state;

    rig_staged(g, 1, 1, 0);
    rig_look(g, T0 + 1 + N_MS);
    assert_int_equal(rig_state(g, 1), UM_STILL_OPEN);
    assert_true(g->view.next_ms == T0 + 1 + N_MS);
    assert_int_equal(g->view.overdue_n, 0);
    rig_look(g, T0 + 2 + N_MS);
    assert_int_equal(rig_state(g, 1), UM_DEAD);
    assert_true(g->view.next_ms == UINT64_MAX);
    assert_int_equal(g->view.overdue_n, 1);
    assert_int_equal(rig_head(g, 0), 0);
    /* The clock is set back: it stays, and is told once. */
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 1), UM_DEAD);
    assert_int_equal(g->view.overdue_n, 0);
    /* A confirmation that was given in time comes late. */
    assert_int_equal(rig_fact(g, UM_CONFIRM, 1, 2, T0 + 1 + N_MS), 0);
    rig_look(g, T0 + 3 + N_MS);
    assert_int_equal(rig_state(g, 1), UM_ESTABLISHED);
}

static void test_an_author_from_the_future_gets_no_more_time(void **state)
{
    struct rig *g = *state;
    struct um_revision r = rig_shape(g, 1, 1, 0, UINT32_MAX);

    r.policy = UM_TRIAL;
    r.deadline_ms = N_MS;
    r.wall_ms = T0 + 1000 * (uint64_t)N_MS;
    assert_int_equal(
        um_history_add_revision(&g->history, &g->roster, &r, T0, &g->need), 0);
    rig_look(g, T0 + N_MS);
    assert_int_equal(rig_state(g, 1), UM_STILL_OPEN);
    rig_look(g, T0 + N_MS + 1);
    assert_int_equal(rig_state(g, 1), UM_DEAD);
}

static void test_a_confirmation_after_the_deadline_is_none(void **state)
{
    struct rig *g = *state;

    rig_staged(g, 1, 1, 0);
    rig_fact(g, UM_CONFIRM, 1, 1, T0 + 2 + N_MS);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 1), UM_STILL_OPEN);
    rig_fact(g, UM_CONFIRM, 1, 1, T0 + 1 + N_MS);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 1), UM_ESTABLISHED);
}

static void test_a_confirmation_beats_an_abort(void **state)
{
    struct rig *g = *state;

    rig_staged(g, 1, 1, 0);
    rig_fact(g, UM_ABORT, 1, 2, T0 + 5);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 1), UM_DEAD);
    rig_fact(g, UM_CONFIRM, 1, 1, T0 + 6);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 1), UM_ESTABLISHED);
}

static void test_an_immediate_revision_cannot_be_aborted(void **state)
{
    struct rig *g = *state;

    rig_edit(g, 1, 1, 0);
    rig_fact(g, UM_ABORT, 1, 1, T0 + 5);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 1), UM_ESTABLISHED);
}

static void test_revocation_keeps_what_is_below_its_heads(void **state)
{
    struct rig *g = *state;

    rig_edit(g, 1, 1, 0);
    rig_edit(g, 2, 2, 1);
    rig_edit(g, 3, 1, 2); /* after what is kept */
    rig_edit(g, 4, 2, 3); /* an honest child of it */
    assert_int_equal(rig_revoke(g, 1, 2), 0);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 1), UM_ESTABLISHED);
    assert_int_equal(rig_state(g, 3), UM_DEAD);
    assert_int_equal(rig_state(g, 4), UM_ESTABLISHED);
    assert_int_equal(rig_head(g, 0), 4);
    assert_int_equal(rig_head(g, 1), -1);
}

static void test_a_machine_vouches_for_nothing(void **state)
{
    struct rig *g = *state;
    struct um_revision r;

    rig_edit(g, 1, 1, 0);
    rig_edit(g, 2, 2, 0);
    r = rig_shape(g, 3, 2, 2, 1);
    r.by_machine = true;
    assert_int_equal(rig_add(g, &r), 0);
    r = rig_shape(g, 4, 2, 3, UINT32_MAX);
    r.by_machine = true;
    assert_int_equal(rig_add(g, &r), 0);
    rig_revoke(g, 1, 0);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 3), UM_DEAD);
    assert_int_equal(rig_state(g, 4), UM_DEAD);
    assert_int_equal(rig_head(g, 0), 2);
}

static void test_of_the_revoked_a_word_in_favour_of_the_kept_stays(void **s)
{
    struct rig *g = *s;

    rig_staged(g, 1, 2, 0);
    rig_fact(g, UM_CONFIRM, 1, 1, T0 + 5);
    rig_staged(g, 2, 2, 0);
    rig_fact(g, UM_CONFIRM, 2, 1, T0 + 5);
    rig_fact(g, UM_OPEN, 2, 1, T0 + 5);
    rig_staged(g, 3, 2, 1);
    rig_fact(g, UM_ABORT, 3, 1, T0 + 5);
    rig_staged(g, 4, 2, 1);
    rig_fact(g, UM_ABORT, 4, 1, T0 + 5);
    assert_int_equal(rig_revoke(g, 1, 4), 0); /* keeps 4 and 1 */
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 1), UM_ESTABLISHED);
    assert_int_equal(rig_state(g, 2), UM_STILL_OPEN);
    assert_int_equal(rig_state(g, 3), UM_STILL_OPEN);
    assert_int_equal(rig_state(g, 4), UM_STILL_OPEN); /* no ABORT stays */
    assert_int_equal(rig_desired(g, 1), 1);
}

static void test_an_owner_voids_by_name_but_never_r1(void **state)
{
    struct rig *g = *state;
    struct um_name ids[2] = {rig_rev(0), rig_rev(1)};
    struct um_statement s = {.what = UM_VOID, .ids = {ids, 2}};

    rig_edit(g, 1, 1, 0);
    rig_edit(g, 2, 2, 1);
    assert_int_equal(rig_say(g, 0, s), 0);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_state(g, 0), UM_ESTABLISHED);
    assert_int_equal(rig_state(g, 1), UM_DEAD);
    assert_true(um_view_void(&g->view, um_history_find(&g->history, &ids[1])));
    assert_int_equal(rig_head(g, 0), 2); /* stands on its own */
}

static void test_a_revocation_that_comes_later_counts_at_once(void **state)
{
    struct rig *g = *state;

    rig_edit(g, 1, 1, 0);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_head(g, 0), 1);
    rig_revoke(g, 1, 0);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_head(g, 0), 0);
}

/* What a view that has seen all of it grow says, and one that sees it now. */
static void same_as_anew(struct rig *g, uint64_t now_ms)
{
    struct um_view anew = {0};

    assert_int_equal(um_view_update(&anew, &g->history, &g->roster, now_ms), 0);
    assert_int_equal(g->view.heads_n, anew.heads_n);
    assert_memory_equal(g->view.heads, anew.heads,
                        anew.heads_n * sizeof *anew.heads);
    assert_int_equal(g->view.unlisted_n, anew.unlisted_n);
    assert_int_equal(g->view.states_n, anew.states_n);
    assert_memory_equal(g->view.states, anew.states, anew.states_n);
    assert_int_equal(g->view.next_ms, anew.next_ms);
    for (uint32_t i = 0; i < g->history.revs_n; i++) {
        assert_int_equal(um_marks_has(&g->view.voids, i),
                         um_marks_has(&anew.voids, i));
        assert_int_equal(um_marks_has(&g->view.covered, i),
                         um_marks_has(&anew.covered, i));
    }
    um_view_fini(&anew);
}

static unsigned below(uint64_t *random, unsigned n)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (unsigned)(*random >> 33) % n;
}

/* A merge, perhaps one that a machine made, of what is on top and a head, or of
 * anything. */
static void merge(struct rig *g, uint64_t *random, unsigned id, unsigned by)
{
    unsigned other = below(random, 2) == 0
                         ? below(random, id)
                         : (unsigned)rig_head(g, g->view.heads_n - 1);
    struct um_revision r =
        rig_shape(g, id, by, (unsigned)rig_head(g, 0), other);

    r.by_machine = below(random, 2) == 0;
    r.wall_ms -= below(random, 200);
    (void)rig_add(g, &r);
}

/* One more thing of somebody: mostly on top, and now and then not. */
static void grow_a_little(struct rig *g, uint64_t *random, unsigned id)
{
    unsigned by = 1 + below(random, 3), what = below(random, 100);
    unsigned any = below(random, id), top = (unsigned)rig_head(g, 0);
    struct um_name name = rig_rev(below(random, 2) == 0 ? any : id + 1);

    if (what < 60)
        (void)rig_edit(g, id, by, top);
    else if (what < 75)
        (void)rig_edit(g, id, by, any);
    else if (what < 85)
        merge(g, random, id, by);
    else if (what < 92)
        (void)rig_staged(g, id, by, below(random, 2) == 0 ? top : any);
    else if (what < 98)
        (void)rig_fact(g, below(random, 2) == 0 ? UM_ABORT : UM_CONFIRM, any,
                       by, T0 + id);
    else if (what == 98)
        (void)rig_revoke(g, by, any);
    else
        (void)rig_say(
            g, 0, (struct um_statement){.what = UM_VOID, .ids = {&name, 1}});
}

static void test_what_grows_is_seen_as_what_is_there_at_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        uint64_t random = seed, now = T0 + 1000;
        struct rig g;

        assert_int_equal(rig_init(&g, 3), 0);
        assert_int_equal(rig_look(&g, now), 0);
        for (unsigned id = 1; id <= 150; id++) {
            grow_a_little(&g, &random, id);
            now += below(&random, 50) == 0 ? N_MS : 1;
            if (below(&random, 3) > 0) {
                assert_int_equal(rig_look(&g, now), 0);
                same_as_anew(&g, now);
            }
        }
        rig_fini(&g);
    }
}

static void test_more_revocations_than_are_looked_at_keep_nothing(void **state)
{
    struct rig *g = *state;

    rig_edit(g, 1, 1, 0);
    for (unsigned i = 0; i < UM__CAP_KEPT_REVOCATIONS; i++)
        assert_int_equal(rig_revoke(g, 1, 1), 0);
    rig_look(g, T0 + 10);
    assert_int_equal(UM__CAP_KEPT_REVOCATIONS, 64);
    assert_int_equal(rig_head(g, 0), 1);
    rig_revoke(g, 1, 1);
    rig_look(g, T0 + 10);
    assert_int_equal(rig_head(g, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        cmocka_unit_test(test_nothing_is_seen_of_nothing),
        T(test_the_higher_number_wins_and_the_other_is_a_conflict),
        T(test_of_one_number_the_later_wins_then_the_id),
        T(test_two_parents_end_a_conflict),
        T(test_of_one_author_eight_conflicts_are_listed),
        T(test_what_is_not_listed_covers_nothing),
        T(test_an_open_revision_is_for_those_it_was_opened_to),
        T(test_a_deadline_ends_what_nobody_confirmed),
        T(test_an_author_from_the_future_gets_no_more_time),
        T(test_a_confirmation_after_the_deadline_is_none),
        T(test_a_confirmation_beats_an_abort),
        T(test_an_immediate_revision_cannot_be_aborted),
        T(test_revocation_keeps_what_is_below_its_heads),
        T(test_a_machine_vouches_for_nothing),
        T(test_of_the_revoked_a_word_in_favour_of_the_kept_stays),
        T(test_an_owner_voids_by_name_but_never_r1),
        T(test_a_revocation_that_comes_later_counts_at_once),
        cmocka_unit_test(test_what_grows_is_seen_as_what_is_there_at_once),
        T(test_more_revocations_than_are_looked_at_keep_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
