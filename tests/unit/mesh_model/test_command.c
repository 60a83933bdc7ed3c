/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What people ask for, and the guards at the door (rules 8 and 13). */
#include "mesh/model/command.h"

#include "mesh/model/reply.h"
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
    for (unsigned i = 0; i < 4; i++) {
        if (i != 1)
            node_hear(&b.n, i, &b.g.r1, 1000, NULL);
    }
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

static struct um_command publish(unsigned doc)
{
    return (struct um_command){.request = doc, .doc = name_of(doc)};
}

static struct um_command about(enum um_verb verb, const struct um_name *rev)
{
    return (struct um_command){.request = 77, .verb = verb, .about = *rev};
}

static struct um_command policy(struct um_command c, enum um_rev_policy p)
{
    c.policy = p;
    return c;
}

/* The revision that the last command made. */
static const struct um_revision *made(struct both *b)
{
    return &um_history_find(&b->n.m.history, &b->n.reply)->rev;
}

static void test_an_edit_is_stored_then_answered_and_published(void **state)
{
    struct both *b = *state;
    const struct um_effect *stored, *reply, *hint;

    assert_int_equal(node_do(&b->n, publish(5)), UM_OK);
    stored = node_effect(&b->n, UM_FX_PERSIST);
    reply = node_effect(&b->n, UM_FX_REPLY);
    hint = node_effect(&b->n, UM_FX_PUBLISH);
    assert_non_null(stored);
    assert_non_null(hint);
    assert_same(&stored->u.persist.id, &b->n.reply);
    assert_same(&hint->u.publish.id, &b->n.reply);
    assert_true(reply->after >= stored->seq);
    assert_true(hint->after >= stored->seq);
    assert_int_equal(made(b)->number, 2);
    assert_same(&made(b)->parents[0], &b->g.r1);
    assert_int_equal(made(b)->wall_ms, b->n.wall);
    assert_int_equal(made(b)->deadline_ms, 0);
    node_settle(&b->n, 0);
    assert_same(node_applied(&b->n), &b->n.reply);
}

static void test_412_the_target_moved(void **state)
{
    struct both *b = *state;
    struct um_command c = publish(6);

    c.base = b->g.r1;
    assert_int_equal(node_do(&b->n, c), UM_OK);
    assert_int_equal(node_do(&b->n, c), UM_MOVED);
    assert_same(&b->n.reply, node_target(&b->n));
    assert_null(node_effect(&b->n, UM_FX_PERSIST));
}

static void test_who_is_no_writer_changes_nothing(void **state)
{
    struct both *b = *state;
    struct node n;

    node_init(&n, &b->g, 3);
    node_settle(&n, 10);
    assert_int_equal(node_do(&n, publish(6)), UM_NOT_WRITER);
    assert_int_equal(node_do(&n, about(UM_DO_ABORT, &b->g.r1)), UM_NOT_WRITER);
    assert_null(node_effect(&n, UM_FX_PERSIST));
    node_fini(&n);
}

/* T21: edits that pile up restart a rollout each time. */
static void test_trap21_a_rollout_is_superseded_on_demand_only(void **state)
{
    struct both *b = *state;
    struct um_command c = publish(7);
    struct um_name open;

    assert_int_equal(node_do(&b->n, policy(publish(6), UM_STAGED)), UM_OK);
    open = b->n.reply;
    assert_int_equal(made(b)->deadline_ms, UM_COMMAND_STAGED_MS);
    assert_int_equal(node_do(&b->n, c), UM_IN_ROLLOUT);
    assert_same(&b->n.reply, &open);
    c.flags = UM_SUPERSEDE;
    assert_int_equal(node_do(&b->n, c), UM_OK);
    assert_same(&made(b)->parents[0], &open);
}

static void test_eight_conflicts_of_yours_need_crowded(void **state)
{
    struct both *b = *state;
    size_t first = b->g.things_n;
    struct um_command c = publish(6);

    for (unsigned i = 0; i < 8; i++)
        (void)mesh_edit(&b->g, 1, &b->g.r1, 2, 20 + i);
    (void)mesh_edit(
        &b->g, 2, mesh_id(&b->g, mesh_edit(&b->g, 2, &b->g.r1, 2, 30)), 3, 31);
    node_give(&b->n, first, b->g.things_n);
    assert_int_equal(node_do(&b->n, c), UM_CROWDED);
    /* Ending one is no new one, and leaves room. */
    assert_int_equal(node_do(&b->n, about(UM_DO_DROP, mesh_id(&b->g, first))),
                     UM_OK);
    assert_int_equal(node_do(&b->n, c), UM_OK);
}

static void test_crowded_overrides(void **state)
{
    struct both *b = *state;
    size_t first = b->g.things_n;
    struct um_command c = publish(6);

    for (unsigned i = 0; i < 8; i++)
        (void)mesh_edit(&b->g, 1, &b->g.r1, 2, 20 + i);
    (void)mesh_edit(&b->g, 2, &b->g.r1, 2, 30); /* the latest: the target */
    node_give(&b->n, first, b->g.things_n);
    assert_int_equal(node_do(&b->n, c), UM_CROWDED);
    c.flags = UM_EVEN_CROWDED;
    assert_int_equal(node_do(&b->n, c), UM_OK);
}

static void test_who_sees_less_than_half_says_alone(void **state)
{
    struct both *b = *state;
    struct um_command c = publish(6);

    node_tick(&b->n, b->n.cfg.fresh_ms + 1);
    assert_int_equal(node_do(&b->n, c), UM_ALONE);
    node_hear(&b->n, 2, &b->g.r1, 1000, NULL); /* two of four */
    assert_int_equal(node_do(&b->n, c), UM_OK);
    node_tick(&b->n, b->n.cfg.fresh_ms + 1);
    c.flags = UM_EVEN_ALONE;
    assert_int_equal(node_do(&b->n, c), UM_OK);
}

static void test_one_of_two_is_not_alone(void **state)
{
    static struct mesh g;
    static struct node n;

    (void)state;
    mesh_init(&g, 1, 0);
    node_init(&n, &g, 1);
    node_settle(&n, 10);
    assert_int_equal(node_do(&n, publish(6)), UM_OK);
    node_fini(&n);
    mesh_fini(&g);
}

static void test_a_clock_far_off_says_skewed(void **state)
{
    struct both *b = *state;
    struct um_command c = publish(6);
    uint64_t far = b->n.cfg.near_ms + 5000;

    b->n.wall += far; /* somebody set it */
    assert_int_equal(node_do(&b->n, c), UM_SKEWED);
    for (unsigned i = 0; i < 4; i++) {
        if (i != 1)
            node_hear(&b->n, i, &b->g.r1, 1000, NULL);
    }
    assert_int_equal(node_do(&b->n, c), UM_OK); /* the others', too */
    b->n.wall -= far;
    assert_int_equal(node_do(&b->n, c), UM_SKEWED);
    c.flags = UM_EVEN_SKEWED;
    assert_int_equal(node_do(&b->n, c), UM_OK);
}

static void test_one_peer_with_an_odd_clock_is_outvoted(void **state)
{
    struct both *b = *state;

    b->n.wall += 10 * b->n.cfg.near_ms;
    node_hear(&b->n, 2, &b->g.r1, 1000, NULL);
    b->n.wall -= 10 * b->n.cfg.near_ms;
    assert_int_equal(node_do(&b->n, publish(6)), UM_OK);
}

static void test_what_empties_or_halves_needs_force(void **state)
{
    struct both *b = *state;
    struct um_command c = publish(6);

    c.shrinks = true;
    assert_int_equal(node_do(&b->n, c), UM_SHRINKS);
    c.flags = UM_FORCE;
    assert_int_equal(node_do(&b->n, c), UM_OK);
}

static void test_deadlines_have_a_most(void **state)
{
    struct both *b = *state;
    struct um_command c = policy(publish(6), UM_TRIAL);
    struct um_statement s = {.what = UM_SET,
                             .name = UM_STR("max-deadline-ms"),
                             .value = UM_STR("172800000"),
                             .seq = 1};
    size_t i = mesh_say(&b->g, 0, s);

    c.deadline_ms = 86400001;
    assert_int_equal(node_do(&b->n, c), UM_TOO_LONG);
    node_give(&b->n, i, i + 1);
    assert_int_equal(node_do(&b->n, c), UM_OK);
    assert_int_equal(made(b)->deadline_ms, 86400001);
}

/* A brake that somebody sets, for all or for a key. */
static void brake(struct both *b, unsigned by, const char *name,
                  const struct um_name *key)
{
    struct um_statement s = {.what = UM_SET,
                             .name = um_str(name),
                             .value = UM_STR("true"),
                             .seq = 1};
    size_t i;

    if (key != NULL)
        s.key = *key;
    i = mesh_say(&b->g, by, s);
    node_give(&b->n, i, i + 1);
}

/* A root can forbid immediate changes, to all or to one; others cannot. */
static void test_a_root_forbids_immediate_changes(void **state)
{
    struct both *b = *state;
    struct um_statement owner = {.what = UM_GRANT, .roles = UM_OWNER};
    size_t i;

    owner.key = b->g.names[3];
    i = mesh_say(&b->g, 0, owner);
    node_give(&b->n, i, i + 1);
    brake(b, 3, "no-immediate", NULL); /* an owner's word is not enough */
    brake(b, 0, "no-immediate", &b->g.names[2]); /* another writer's */
    assert_int_equal(node_do(&b->n, publish(5)), UM_OK);
    node_settle(&b->n, 10);
    brake(b, 0, "no-immediate", &b->g.names[1]);
    assert_int_equal(node_do(&b->n, publish(6)), UM_NOT_IMMEDIATE);
    assert_null(node_effect(&b->n, UM_FX_PERSIST));
    assert_int_equal(node_do(&b->n, about(UM_DO_ROLLBACK, &b->g.r1)),
                     UM_NOT_IMMEDIATE);
    assert_int_equal(node_do(&b->n, policy(publish(6), UM_TRIAL)), UM_OK);
}

static void test_four_eyes(void **state)
{
    struct both *b = *state;
    struct um_name trial;
    struct um_command c;
    size_t i;

    brake(b, 0, "four-eyes", NULL);
    assert_int_equal(node_do(&b->n, policy(publish(6), UM_TRIAL)), UM_OK);
    trial = b->n.reply;
    assert_int_equal(node_do(&b->n, about(UM_DO_CONFIRM, &trial)), UM_OWN_EYES);
    assert_null(node_effect(&b->n, UM_FX_PERSIST));
    i = mesh_fact(&b->g, 2, UM_CONFIRM, &trial, b->n.wall);
    node_give(&b->n, i, i + 1);
    node_settle(&b->n, 2 * UM_COMMAND_TRIAL_MS);
    assert_same(node_target(&b->n), &trial);
    /* That of another is confirmed here; one's own is aborted. */
    i = mesh_rev(&b->g, 2,
                 (struct um_revision){.parents = {trial},
                                      .parents_n = 1,
                                      .number = 3,
                                      .wall_ms = b->n.wall,
                                      .doc = name_of(7),
                                      .policy = UM_TRIAL,
                                      .deadline_ms = 60000});
    node_give(&b->n, i, i + 1);
    node_settle(&b->n, 10);
    assert_int_equal(node_do(&b->n, about(UM_DO_CONFIRM, mesh_id(&b->g, i))),
                     UM_OK);
    node_settle(&b->n, 10);
    c = policy(publish(8), UM_TRIAL);
    c.flags = UM_EVEN_ALONE;
    assert_int_equal(node_do(&b->n, c), UM_OK);
    trial = b->n.reply;
    assert_int_equal(node_do(&b->n, about(UM_DO_ABORT, &trial)), UM_OK);
}

static void test_a_rollback_is_a_new_revision(void **state)
{
    struct both *b = *state;

    assert_int_equal(node_do(&b->n, publish(6)), UM_OK);
    assert_int_equal(node_do(&b->n, about(UM_DO_ROLLBACK, &b->g.r1)), UM_OK);
    assert_int_equal(made(b)->number, 3);
    assert_int_equal(made(b)->doc.b[2], 1);
    b->g.mesh.b[0] ^= 1;
    assert_int_equal(node_do(&b->n, about(UM_DO_ROLLBACK, &b->g.mesh)),
                     UM_UNKNOWN);
    b->g.mesh.b[0] ^= 1;
}

static void test_a_conflict_is_ended_by_two_parents(void **state)
{
    static const enum um_verb verbs[] = {UM_DO_TAKE, UM_DO_DROP, UM_DO_EDIT};
    static const uint8_t docs[] = {30, 31, 40};

    for (unsigned i = 0; i < 3; i++) {
        struct both *b = *state;
        size_t first = b->g.things_n;
        struct um_command c;
        struct um_name lost;

        (void)mesh_edit(&b->g, 2, &b->g.r1, 2, 30);
        (void)mesh_edit(&b->g, 2, &b->g.r1, 2, 31); /* later: the target */
        node_give(&b->n, first, first + 2);
        lost = *mesh_id(&b->g, first);
        c = about(verbs[i], &lost);
        c.doc = name_of(40);
        assert_int_equal(node_do(&b->n, about(UM_DO_TAKE, &b->g.r1)),
                         UM_NO_CONFLICT);
        assert_int_equal(node_do(&b->n, c), UM_OK);
        assert_int_equal(made(b)->doc.b[2], docs[i]);
        assert_int_equal(made(b)->parents_n, 2);
        assert_same(&made(b)->parents[1], &lost);
        assert_false(made(b)->by_machine);
        node_tick(&b->n, 1);
        assert_int_equal(b->n.m.view.heads_n, 1);
        teardown(state);
        setup(state);
    }
}

static void test_a_trial_ends_unless_a_person_confirms(void **state)
{
    struct both *b = *state;
    struct um_command c = policy(publish(6), UM_TRIAL);
    struct um_name trial;

    c.first = UM_FIRST_ALL;
    assert_int_equal(node_do(&b->n, c), UM_OK);
    trial = b->n.reply;
    assert_int_equal(made(b)->deadline_ms, UM_COMMAND_TRIAL_MS);
    assert_int_equal(made(b)->first.n, 4);
    node_settle(&b->n, 10);
    assert_same(node_applied(&b->n), &trial);
    for (unsigned i = 0; i < 4; i++) {
        if (i != 1)
            node_hear(&b->n, i, &trial, 60000, NULL);
    }
    node_settle(&b->n, UM_COMMAND_TRIAL_MS - 10);
    assert_same(node_target(&b->n), &trial); /* and nobody confirmed it */
    node_settle(&b->n, 1);
    assert_same(node_target(&b->n), &b->g.r1);
    assert_same(node_applied(&b->n), &b->g.r1);
    assert_int_equal(node_do(&b->n, about(UM_DO_CONFIRM, &trial)), UM_IS_DEAD);
}

static void test_the_next_moment_is_the_deadline(void **state)
{
    struct both *b = *state;
    uint64_t then;

    b->n.cfg.heartbeat_ms = b->n.m.cfg.heartbeat_ms = 1000000000;
    node_tick(&b->n, 5000);
    assert_int_equal(node_do(&b->n, policy(publish(6), UM_TRIAL)), UM_OK);
    then = b->n.mono + UM_COMMAND_TRIAL_MS;
    node_settle(&b->n, 0);
    assert_int_equal(b->n.fx.next_ms, then + 1);
}

static void test_a_confirmed_trial_holds(void **state)
{
    struct both *b = *state;
    struct um_name trial;

    assert_int_equal(node_do(&b->n, policy(publish(6), UM_TRIAL)), UM_OK);
    trial = b->n.reply;
    assert_int_equal(node_do(&b->n, about(UM_DO_CONFIRM, &trial)), UM_OK);
    assert_true(node_effect(&b->n, UM_FX_REPLY)->after >=
                node_effect(&b->n, UM_FX_PERSIST)->seq);
    node_settle(&b->n, 10 * UM_COMMAND_TRIAL_MS);
    assert_same(node_applied(&b->n), &trial);
    assert_int_equal(node_do(&b->n, about(UM_DO_CONFIRM, &trial)),
                     UM_IS_ESTABLISHED);
    assert_int_equal(node_do(&b->n, about(UM_DO_ABORT, &trial)),
                     UM_IS_ESTABLISHED);
}

static void test_what_a_row_names_bad_is_confirmed_on_demand_only(void **state)
{
    struct both *b = *state;
    struct um_command c;

    assert_int_equal(node_do(&b->n, policy(publish(6), UM_TRIAL)), UM_OK);
    c = about(UM_DO_CONFIRM, &b->n.reply);
    node_hear(&b->n, 3, &b->g.r1, 1, &c.about);
    assert_int_equal(node_do(&b->n, c), UM_NAMED_BAD);
    c.flags = UM_DESPITE;
    assert_int_equal(node_do(&b->n, c), UM_OK);
}

static void test_what_is_not_the_target_is_not_confirmed(void **state)
{
    struct both *b = *state;
    struct um_command c = publish(7);
    struct um_name first;

    assert_int_equal(node_do(&b->n, policy(publish(6), UM_TRIAL)), UM_OK);
    first = b->n.reply;
    c.flags = UM_SUPERSEDE;
    assert_int_equal(node_do(&b->n, c), UM_OK);
    assert_int_equal(node_do(&b->n, about(UM_DO_CONFIRM, &first)),
                     UM_NOT_TARGET);
    assert_int_equal(node_do(&b->n, about(UM_DO_ABORT, &first)), UM_OK);
    assert_int_equal(node_do(&b->n, about(UM_DO_ABORT, &first)), UM_IS_DEAD);
}

/* The others would not take it. */
static void test_nothing_is_confirmed_after_the_authors_deadline(void **state)
{
    struct both *b = *state;
    struct um_revision r = {.parents = {b->g.r1},
                            .parents_n = 1,
                            .number = 2,
                            .doc = name_of(6),
                            .policy = UM_TRIAL,
                            .deadline_ms = 600000};
    size_t i;

    r.wall_ms = b->n.wall - 599999; /* it was long on its way */
    i = mesh_rev(&b->g, 2, r);
    node_give(&b->n, i, i + 1);
    b->n.wall += 1;
    assert_int_equal(node_do(&b->n, about(UM_DO_CONFIRM, mesh_id(&b->g, i))),
                     UM_OK);
    r.wall_ms = b->n.wall - 600001;
    r.parents[0] = *mesh_id(&b->g, i);
    r.number = 3;
    i = mesh_rev(&b->g, 2, r);
    node_give(&b->n, i, i + 1);
    assert_int_equal(node_do(&b->n, about(UM_DO_CONFIRM, mesh_id(&b->g, i))),
                     UM_IS_DEAD);
}

static void test_a_person_opens_to_whom_he_likes(void **state)
{
    struct both *b = *state;
    struct um_command c;

    assert_int_equal(node_do(&b->n, policy(publish(6), UM_STAGED)), UM_OK);
    c = about(UM_DO_OPEN, &b->n.reply);
    assert_int_equal(node_do(&b->n, c), UM_UNFIT); /* to nobody */
    c.nodes = (struct um_namelist){&b->g.names[3], 1};
    assert_int_equal(node_do(&b->n, c), UM_OK);
    assert_true(um_view_opened(&b->n.m.view, &b->n.m.history, &b->n.m.roster,
                               um_history_find(&b->n.m.history, &c.about),
                               &b->g.names[3]));
}

static void test_what_no_item_can_be_made_of(void **state)
{
    struct both *b = *state;
    char text[2000];
    struct um_command c = publish(6);

    memset(text, 'x', sizeof text);
    c.message = um_str_n(text, sizeof text);
    assert_int_equal(node_do(&b->n, c), UM_UNFIT);
    assert_null(node_effect(&b->n, UM_FX_PERSIST));
    assert_int_equal(node_do(&b->n, publish(6)), UM_OK);
}

/* The words of the command line are those of the flags. */
static void test_each_answer_has_its_words(void **state)
{
    static const struct {
        enum um_reply answer;
        const char *flag;
    } flags[] = {
        {UM_IN_ROLLOUT, "--supersede"}, {UM_NAMED_BAD, "--despite"},
        {UM_ALONE, "--alone"},          {UM_SHRINKS, "--force"},
        {UM_SKEWED, "--skewed"},        {UM_CROWDED, "--crowded"},
    };
    unsigned overridden = 0;

    (void)state;
    for (unsigned a = UM_OK; a <= UM_UNSTORED; a++) {
        const struct um_reply_words *w = um_reply_words((enum um_reply)a);

        assert_non_null(w->text);
        assert_true(w->status >= 200 && w->status < 600);
        overridden += w->flag != NULL;
    }
    assert_int_equal(overridden, 6);
    for (unsigned i = 0; i < 6; i++)
        assert_string_equal(um_reply_words(flags[i].answer)->flag,
                            flags[i].flag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_an_edit_is_stored_then_answered_and_published),
        T(test_412_the_target_moved),
        T(test_who_is_no_writer_changes_nothing),
        T(test_trap21_a_rollout_is_superseded_on_demand_only),
        T(test_eight_conflicts_of_yours_need_crowded),
        T(test_crowded_overrides),
        T(test_who_sees_less_than_half_says_alone),
        T(test_one_of_two_is_not_alone),
        T(test_a_clock_far_off_says_skewed),
        T(test_one_peer_with_an_odd_clock_is_outvoted),
        T(test_what_empties_or_halves_needs_force),
        T(test_deadlines_have_a_most),
        T(test_a_root_forbids_immediate_changes),
        T(test_four_eyes),
        T(test_a_rollback_is_a_new_revision),
        T(test_a_conflict_is_ended_by_two_parents),
        T(test_a_trial_ends_unless_a_person_confirms),
        T(test_the_next_moment_is_the_deadline),
        T(test_a_confirmed_trial_holds),
        T(test_what_a_row_names_bad_is_confirmed_on_demand_only),
        T(test_what_is_not_the_target_is_not_confirmed),
        T(test_nothing_is_confirmed_after_the_authors_deadline),
        T(test_a_person_opens_to_whom_he_likes),
        T(test_what_no_item_can_be_made_of),
        cmocka_unit_test(test_each_answer_has_its_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
