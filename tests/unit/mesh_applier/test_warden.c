/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What may be given to this Unit, and what may not, whoever asks for it. */
#include <stdio.h>

#include "court.h"
#include "p2p/err.h"
#include "unit.h"

/* ---- who signed it */

static void test_what_a_writer_signed_may_run(void **state)
{
    struct court *c = *state;

    court_run(c, 0);
    court_run(c, court_edit(c, 2, 0));
    assert_true(um_warden_may_try(c->w));
}

static void test_without_its_header_nothing_runs(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a);

    assert_int_equal(court_judge_bare(c, a), P2P_EACCES);
    assert_non_null(strstr(c->order.why, "no header"));
    court_with(c, b);
    assert_int_equal(court_judge_bare(c, a), P2P_EACCES);
}

static void test_what_was_forged_does_not_run(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0);

    c->rev_bytes[a].p[c->rev_bytes[a].len - 1] ^= 1;
    assert_int_equal(court_judge(c, a), P2P_EAUTH);
    c->rev_bytes[a].p[c->rev_bytes[a].len - 1] ^= 1;
    c->rev_bytes[a].p[0] ^= 1;
    assert_int_equal(court_judge(c, a), P2P_EFORMAT);
    c->rev_bytes[a].p[0] ^= 1;
    assert_int_equal(court_judge(c, a), 0);
}

static void test_what_is_no_revision_is_no_header(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0);
    unsigned f = court_fact(c, UM_CONFIRM, 0, 2, 0);

    c->with_revs[c->with.revisions_n++] = um_buf_view(&c->fact_bytes[f]);
    assert_int_equal(court_judge(c, a), P2P_EFORMAT);
    c->with_facts[c->with.facts_n++] = um_buf_view(&c->rev_bytes[a]);
    assert_int_equal(court_judge(c, a), P2P_EFORMAT);
}

static void test_who_was_never_a_writer_is_refused(void **state)
{
    struct court *c = *state;

    court_refuses(c, court_edit(c, PLAIN, 0), "never a writer");
    court_refuses(c, court_edit(c, STRANGER, 0), "never a writer");
}

static void test_another_mesh_is_refused(void **state)
{
    struct court *c = *state;
    struct um_revision r = court_shape(c, 0);

    r.mesh.b[0] ^= 1;
    court_refuses(c, court_rev(c, 2, r), "another mesh");
}

static void test_another_beginning_is_refused(void **state)
{
    struct court *c = *state;
    struct um_revision r = {.number = 1,
                            .wall_ms = MESH_MAKER_T0 + 5,
                            .doc = {{1}},
                            .doc_bytes = 2};

    court_refuses(c, court_rev(c, 0, r), "where this mesh began");
}

static void test_a_wrong_number_is_refused(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 3, a);
    struct um_revision r = court_shape(c, a);
    unsigned high;

    r.number++;
    high = court_rev(c, 2, r);
    court_with(c, a);
    court_refuses(c, high, "a number that is not its own");
    r = court_merge(c, 0, b);
    r.number = 3;
    high = court_rev(c, 2, r);
    court_with(c, b); /* one parent of two is enough */
    court_refuses(c, high, "a number that is not its own");
}

static void test_before_the_roster_nothing_runs(void **state)
{
    struct court *c = *state;

    um_warden_free(c->w);
    c->w = um_warden_new(&c->m.mesh, &c->m.names[ME]);
    court_refuses(c, 0, "the roster did not come");
    assert_false(um_warden_may_try(c->w));
}

/* ---- what is void */

static void test_what_an_owner_made_void_is_refused(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0);

    assert_int_equal(court_judge(c, a), 0);
    court_void(c, a);
    court_refuses(c, a, " is void");
}

static void test_who_does_not_stand_makes_nothing_void(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0);
    struct um_buf b = UM_BUF_INIT;

    mesh_maker_sign(
        &c->m, 3,
        (struct um_statement){.what = UM_VOID, .ids = {&c->revs[a].id, 1}}, &b);
    assert_int_equal(um_warden_statement(c->w, um_buf_view(&b)), P2P_EAGAIN);
    assert_int_equal(court_judge(c, a), 0);
    um_buf_fini(&b);
}

static void test_of_the_revoked_what_is_kept_runs(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 3, a),
             d = court_edit(c, 3, b), late = court_edit(c, 2, d);

    court_revoke(c, 2, d);
    court_refuses(c, a, "nothing shows that r2");
    court_with(c, d); /* the path has a hole */
    court_refuses(c, a, "nothing shows");
    court_with(c, b);
    court_refuses(c, a, "nothing shows");
    court_with(c, d);
    court_with(c, b);
    assert_int_equal(court_judge(c, a), 0);
    /* What he made since is above what is kept. */
    court_with(c, d);
    court_refuses(c, late, " is void");
}

static void test_a_kept_head_is_kept_by_itself(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a);

    court_revoke(c, 2, a);
    assert_int_equal(court_judge(c, a), 0);
    court_with(c, a);
    court_refuses(c, b, " is void");
    court_refuses(c, b, "nothing shows");
}

static void test_each_revocation_has_to_keep_it(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0), b = court_edit(c, 2, a);

    court_revoke(c, 2, b);
    assert_int_equal(court_judge(c, b), 0);
    court_revoke(c, 2, a);
    court_with(c, a);
    court_refuses(c, b, " is void");
    /* Whichever was made first. */
    a = court_edit(c, 3, 0);
    b = court_edit(c, 3, a);
    court_revoke(c, 3, a);
    court_revoke(c, 3, b);
    court_with(c, a);
    court_refuses(c, b, " is void");
}

static void test_who_is_revoked_keeping_nothing_is_void(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0);

    court_say(c, 0,
              (struct um_statement){
                  .what = UM_REVOKE, .key = c->m.names[2], .roles = UM_WRITER});
    court_refuses(c, a, " is void");
    assert_int_equal(court_judge(c, 0), 0); /* r1 never is */
}

static void test_an_honest_child_of_a_void_one_stays(void **state)
{
    struct court *c = *state;
    unsigned evil = court_edit(c, 2, 0), child = court_edit(c, 3, evil);

    court_revoke(c, 2, 0);
    court_with(c, evil);
    assert_int_equal(court_judge(c, child), 0);
}

static void test_a_machine_vouches_for_nothing(void **state)
{
    struct court *c = *state;
    unsigned evil = court_edit(c, 2, 0), good = court_edit(c, 3, 0);
    struct um_revision r = court_merge(c, good, evil);
    unsigned merged, again;

    r.by_machine = true;
    merged = court_rev(c, 4, r);
    r = court_merge(c, merged, good);
    r.by_machine = true;
    again = court_rev(c, 4, r);
    court_refuses(c, merged, "nothing shows");
    court_with(c, evil);
    court_refuses(c, merged, "nothing shows");
    court_with(c, evil);
    court_with(c, good);
    assert_int_equal(court_judge(c, merged), 0);
    court_with(c, good);
    court_with(c, merged);
    court_refuses(c, again, "nothing shows");
    court_with(c, evil);
    court_with(c, good);
    court_with(c, merged);
    assert_int_equal(court_judge(c, again), 0);
    court_revoke(c, 2, 0);
    court_with(c, 0);
    court_with(c, evil);
    court_with(c, good);
    court_refuses(c, merged, " is void");
    court_with(c, 0);
    court_with(c, evil);
    court_with(c, merged);
    court_refuses(c, again, " is void");
}

static void test_more_revocations_than_are_looked_at_keep_nothing(void **state)
{
    struct court *c = *state;
    unsigned a = court_edit(c, 2, 0);
    char text[8];

    assert_int_equal(UM__CAP_PROOF_REVOCATIONS, 64);
    for (unsigned i = 0; i < 65; i++) {
        assert_int_equal(court_judge(c, a), 0);
        (void)snprintf(text, sizeof text, "%u", i);
        court_say(c, 0,
                  (struct um_statement){.what = UM_REVOKE,
                                        .key = c->m.names[2],
                                        .keep = {&c->revs[a].id, 1},
                                        .message = um_str(text)});
    }
    court_refuses(c, a, " is void");
}

/* ---- what is in force */

static void test_open_for_the_first(void **state)
{
    struct court *c = *state;
    unsigned mine = court_staged(c, 2, 0, ME), his = court_staged(c, 2, 0, 3);
    unsigned to_other = court_fact(c, UM_OPEN, his, 2, 4),
             by_plain = court_fact(c, UM_OPEN, his, PLAIN, ME),
             to_me = court_fact(c, UM_OPEN, his, 2, ME),
             of_mine = court_fact(c, UM_OPEN, mine, 2, ME);

    assert_int_equal(court_judge(c, mine), 0);
    court_refuses(c, his, "not opened to this node");
    court_with_fact(c, to_other);
    court_with_fact(c, by_plain);
    court_with_fact(c, of_mine);
    court_refuses(c, his, "not opened to this node");
    court_with_fact(c, to_me);
    assert_int_equal(court_judge(c, his), 0);
}

static void test_aborted_unless_confirmed(void **state)
{
    struct court *c = *state;
    unsigned a = court_staged(c, 2, 0, ME);
    unsigned abort = court_fact(c, UM_ABORT, a, 3, 0),
             by_plain = court_fact(c, UM_ABORT, a, PLAIN, 0),
             confirm = court_fact(c, UM_CONFIRM, a, 3, 0);

    court_with_fact(c, by_plain);
    assert_int_equal(court_judge(c, a), 0);
    court_with_fact(c, abort);
    court_refuses(c, a, "was aborted");
    court_with_fact(c, abort);
    court_with_fact(c, confirm);
    assert_int_equal(court_judge(c, a), 0);
}

static void test_over_at_its_deadline_unless_confirmed(void **state)
{
    struct court *c = *state;
    unsigned a = court_staged(c, 2, 0, 3), b = court_staged(c, 2, 0, ME);
    unsigned confirm, plain, late;

    c->now = COURT_N;
    confirm = court_fact(c, UM_CONFIRM, a, 3, 0);
    plain = court_fact(c, UM_CONFIRM, a, PLAIN, 0);
    c->now = COURT_N + 2; /* b was made at 2 */
    assert_int_equal(court_judge(c, b), 0);
    c->now++;
    court_refuses(c, b, "not confirmed in time");
    late = court_fact(c, UM_CONFIRM, a, 3, 0);
    court_with_fact(c, late);
    court_with_fact(c, plain);
    court_refuses(c, a, "not confirmed in time");
    court_with_fact(c, confirm);
    assert_int_equal(court_judge(c, a), 0);
}

static void test_a_clock_ahead_gives_no_more_time(void **state)
{
    struct court *c = *state;
    struct um_revision r = court_shape(c, 0);
    unsigned a;

    r.policy = UM_TRIAL;
    r.deadline_ms = COURT_N;
    r.first = (struct um_namelist){&c->m.names[ME], 1};
    r.wall_ms = MESH_MAKER_T0 + 100ULL * COURT_N;
    a = court_rev(c, 2, r);
    court_run(c, a);
    court_run(c, court_edit(c, 3, a));
    c->now += COURT_N;
    assert_int_equal(court_judge(c, a), P2P_EACCES);
    assert_non_null(strstr(c->order.why, "goes back behind"));
    c->now++;
    court_refuses(c, a, "not confirmed in time");
    c->now = 1000; /* it was over once: it stays so */
    court_refuses(c, a, "not confirmed in time");
}

static void test_words_of_the_revoked(void **state)
{
    struct court *c = *state;
    unsigned a = court_staged(c, 2, 0, 3), top = court_edit(c, 2, a);
    unsigned confirm = court_fact(c, UM_CONFIRM, a, 4, 0),
             open = court_fact(c, UM_OPEN, a, 5, ME),
             abort = court_fact(c, UM_ABORT, a, 4, 0);

    court_revoke(c, 4, a);
    court_revoke(c, 5, top);
    court_with_fact(c, abort); /* falls, whatever is kept */
    court_with_fact(c, open);
    court_with(c, top);
    assert_int_equal(court_judge(c, a), 0);
    court_with_fact(c, open); /* the path is missing */
    court_refuses(c, a, "not opened");
    court_with_fact(c, confirm);
    assert_int_equal(court_judge(c, a), 0);
    court_revoke(c, 4, 0);
    court_with(c, 0);
    court_with_fact(c, confirm);
    court_refuses(c, a, "not opened");
}

static void test_facts_of_another_mesh_say_nothing(void **state)
{
    struct court *c = *state;
    unsigned a = court_staged(c, 2, 0, 3), f;
    struct um_name mesh = c->m.mesh;

    c->m.mesh.b[0] ^= 1;
    f = court_fact(c, UM_CONFIRM, a, 3, 0);
    c->m.mesh = mesh;
    court_with_fact(c, f);
    court_refuses(c, a, "not opened");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, court_setup, court_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_a_writer_signed_may_run),
        TEST(test_without_its_header_nothing_runs),
        TEST(test_what_was_forged_does_not_run),
        TEST(test_what_is_no_revision_is_no_header),
        TEST(test_who_was_never_a_writer_is_refused),
        TEST(test_another_mesh_is_refused),
        TEST(test_another_beginning_is_refused),
        TEST(test_a_wrong_number_is_refused),
        TEST(test_before_the_roster_nothing_runs),
        TEST(test_what_an_owner_made_void_is_refused),
        TEST(test_who_does_not_stand_makes_nothing_void),
        TEST(test_of_the_revoked_what_is_kept_runs),
        TEST(test_a_kept_head_is_kept_by_itself),
        TEST(test_each_revocation_has_to_keep_it),
        TEST(test_who_is_revoked_keeping_nothing_is_void),
        TEST(test_an_honest_child_of_a_void_one_stays),
        TEST(test_a_machine_vouches_for_nothing),
        TEST(test_open_for_the_first),
        TEST(test_aborted_unless_confirmed),
        TEST(test_over_at_its_deadline_unless_confirmed),
        TEST(test_a_clock_ahead_gives_no_more_time),
        TEST(test_words_of_the_revoked),
        TEST(test_facts_of_another_mesh_say_nothing),
        TEST(test_more_revocations_than_are_looked_at_keep_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
