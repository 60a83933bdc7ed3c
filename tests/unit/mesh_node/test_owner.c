/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an owner says, and what would be if he said it: on a mesh of two writers
 * with a history of a few revisions. */
#include "mesh/node/owner.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/node/whatif.h"
#include "mesh_maker.h"
#include "p2p/err.h"
#include "unit.h"

enum { OWNER, A, B, STRANGER = 9 };

struct scene {
    struct mesh_maker mesh;
    struct um_model m;
    struct um_arena arena;
};

/* A revision of one's own, by a key, on another. */
static void revise(struct scene *s, unsigned by, uint8_t id, uint8_t parent)
{
    struct um_revision r = {.mesh = s->mesh.mesh,
                            .by = s->mesh.names[by],
                            .parents_n = 1,
                            .wall_ms = MESH_MAKER_T0 + id,
                            .policy = UM_IMMEDIATE};
    struct um_need need;
    const struct um_past *p;

    memset(r.id.b, id, sizeof r.id.b);
    memset(r.parents[0].b, parent, sizeof r.parents[0].b);
    if (parent == 0) {
        r.parents[0] = s->mesh.r1_id;
    }
    p = um_history_find(&s->m.history, &r.parents[0]);
    assert_non_null(p);
    r.number = p->rev.number + 1;
    assert_int_equal(um_history_add_revision(&s->m.history, &s->m.roster, &r,
                                             r.wall_ms, &need),
                     0);
}

static void look(struct scene *s)
{
    assert_int_equal(
        um_view_update(&s->m.view, &s->m.history, &s->m.roster, s->m.wall_ms),
        0);
}

static const struct um_past *past(struct scene *s, uint8_t id)
{
    struct um_name name;

    memset(name.b, id, sizeof name.b);
    return um_history_find(&s->m.history, &name);
}

static struct scene *scene_new(void)
{
    static const uint64_t salt[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct scene *s = calloc(1, sizeof *s);
    struct um_revision first;
    struct um_need need;

    assert_non_null(s);
    mesh_maker_init(&s->mesh, 2);
    mesh_maker_roster(&s->mesh, &s->m.roster);
    um_history_init(&s->m.history, salt);
    s->m.cfg.mesh = s->mesh.mesh;
    s->m.cfg.me = s->mesh.names[A];
    s->m.wall_ms = MESH_MAKER_T0 + 1000;
    assert_int_equal(um_revision_open(um_buf_view(&s->mesh.r1), &first), 0);
    assert_int_equal(um_history_add_revision(&s->m.history, &s->m.roster,
                                             &first, first.wall_ms, &need),
                     0);
    look(s);
    return s;
}

static void scene_free(struct scene *s)
{
    um_arena_fini(&s->arena);
    um_view_fini(&s->m.view);
    um_history_fini(&s->m.history);
    um_roster_fini(&s->m.roster);
    mesh_maker_fini(&s->mesh);
    free(s);
}

/* Signs it, and the roster takes it. */
static void say(struct scene *s, unsigned by, struct um_statement *st)
{
    const struct um_known known = um_history_known(&s->m.history);
    struct um_buf envelope = UM_BUF_INIT;
    struct um_statement read;
    struct um_need need;

    assert_int_equal(um_statement_seal(st, s->mesh.keys[by], &envelope), 0);
    assert_int_equal(um_statement_open(um_buf_view(&envelope), &read), 0);
    assert_int_equal(um_roster_add(&s->m.roster, &read, &known, &need), 0);
    um_buf_fini(&envelope);
}

static void test_a_role_is_given(void **state)
{
    struct scene *s = scene_new();
    struct um_statement st;
    struct um_whatif w;

    (void)state;
    um_owner_grant(&s->m, &s->mesh.names[STRANGER], UM_NODE, &st);
    st.by = s->mesh.names[OWNER];
    assert_int_equal(um_whatif_init(&w, &s->m, &st), 0);
    assert_int_equal(um_roster_roles(&w.roster, &s->mesh.names[STRANGER]),
                     UM_NODE);
    um_whatif_fini(&w);
    assert_int_equal(um_roster_roles(&s->m.roster, &s->mesh.names[STRANGER]),
                     0);
    say(s, OWNER, &st);
    assert_int_equal(um_roster_roles(&s->m.roster, &s->mesh.names[STRANGER]),
                     UM_NODE);
    scene_free(s);
}

static void test_who_may(void **state)
{
    struct scene *s = scene_new();
    struct um_statement st;
    struct um_whatif w;

    (void)state;
    assert_true(um_owner_may(&s->m, &s->mesh.names[OWNER]));
    assert_false(um_owner_may(&s->m, &s->mesh.names[A]));
    assert_false(um_owner_may(&s->m, &s->mesh.names[STRANGER]));
    /* What the roster would not take cannot be worked out. */
    um_owner_grant(&s->m, &s->mesh.names[STRANGER], UM_NODE, &st);
    st.by = s->mesh.names[STRANGER];
    assert_int_equal(um_whatif_init(&w, &s->m, &st), P2P_EPROTO);
    um_whatif_fini(&w);
    scene_free(s);
}

static void test_numbers_of_settings(void **state)
{
    struct scene *s = scene_new();
    const struct um_name *key = &s->mesh.names[B];
    const struct um_statement *v;
    struct um_statement st;

    (void)state;
    um_owner_set(&s->m, key, UM_STR("rack"), UM_STR("a"), &st);
    assert_int_equal(st.seq, 1);
    st.seq = 41; /* somebody counted elsewhere */
    say(s, OWNER, &st);
    um_owner_set(&s->m, key, UM_STR("rack"), UM_STR(""), &st);
    assert_int_equal(st.seq, 42);
    say(s, OWNER, &st);
    assert_null(um_roster_value(&s->m.roster, key, UM_STR("rack")));
    um_owner_set(&s->m, key, UM_STR("rack"), UM_STR("b"), &st);
    assert_int_equal(st.seq, 43);
    say(s, OWNER, &st);
    v = um_roster_value(&s->m.roster, key, UM_STR("rack"));
    assert_non_null(v);
    assert_true(um_str_eq(v->value, UM_STR("b")));
    /* Names, members and the mesh count for themselves. */
    um_owner_set(&s->m, key, UM_STR("site"), UM_STR("x"), &st);
    assert_int_equal(st.seq, 1);
    um_owner_set(&s->m, NULL, UM_STR("rack"), UM_STR("x"), &st);
    assert_int_equal(st.seq, 1);
    assert_true(um_name_none(&st.key));
    scene_free(s);
}

/* What a member wrote stays, listed conflicts included; what comes up later
 * does not. */
static void test_what_a_member_wrote_stays(void **state)
{
    struct scene *s = scene_new();
    struct um_statement st;

    (void)state;
    revise(s, B, 2, 0);
    revise(s, A, 3, 2);
    revise(s, B, 4, 0); /* a conflict */
    look(s);
    assert_int_equal(s->m.view.heads_n, 2);
    assert_int_equal(
        um_owner_revoke(&s->m, &s->arena, &s->mesh.names[B], 0, &st), 0);
    assert_int_equal(st.keep.n, 2);
    say(s, OWNER, &st);
    revise(s, B, 5, 3); /* withheld until now */
    look(s);
    assert_int_equal(um_roster_roles(&s->m.roster, &s->mesh.names[B]), 0);
    for (uint8_t id = 2; id <= 4; id++) {
        assert_false(um_view_void(&s->m.view, past(s, id)));
    }
    assert_true(um_view_void(&s->m.view, past(s, 5)));
    assert_ptr_equal(um_view_target(&s->m.view, &s->m.history), past(s, 3));
    scene_free(s);
}

static void test_what_would_fall(void **state)
{
    struct scene *s = scene_new();
    struct um_statement st;
    struct um_whatif w;

    (void)state;
    revise(s, A, 2, 0);
    revise(s, B, 3, 2);
    revise(s, A, 4, 3); /* built upon it */
    look(s);
    assert_int_equal(
        um_owner_revoke(&s->m, &s->arena, &s->mesh.names[B], UM_WRITER, &st),
        0);
    st.by = s->mesh.names[OWNER];
    st.keep = (struct um_namelist){&past(s, 2)->rev.id, 1};
    assert_int_equal(um_whatif_init(&w, &s->m, &st), 0);
    assert_true(um_view_void(&w.view, past(s, 3)));
    assert_false(um_view_void(&w.view, past(s, 4)));
    assert_ptr_equal(um_view_target(&w.view, &s->m.history), past(s, 4));
    assert_int_equal(um_roster_roles(&w.roster, &s->mesh.names[B]), UM_NODE);
    um_whatif_fini(&w);
    /* Nothing of it is so. */
    look(s);
    assert_false(um_view_void(&s->m.view, past(s, 3)));
    scene_free(s);
}

/* An owner who goes: what he said stands. */
static void test_words_of_an_owner_stand(void **state)
{
    struct scene *s = scene_new();
    struct um_statement st;

    (void)state;
    um_owner_grant(&s->m, &s->mesh.names[B], UM_OWNER, &st);
    say(s, OWNER, &st);
    um_owner_grant(&s->m, &s->mesh.names[STRANGER], UM_NODE, &st);
    say(s, B, &st);
    assert_int_equal(
        um_owner_revoke(&s->m, &s->arena, &s->mesh.names[B], 0, &st), 0);
    assert_int_equal(st.stand.n, 1);
    say(s, OWNER, &st);
    assert_false(um_owner_may(&s->m, &s->mesh.names[B]));
    assert_int_equal(um_roster_roles(&s->m.roster, &s->mesh.names[STRANGER]),
                     UM_NODE);
    scene_free(s);
}

static bool is_last(struct scene *s, unsigned me, unsigned owner)
{
    return um_owner_is_last(&s->m, &s->mesh.names[me], &s->mesh.names[owner]);
}

static void test_the_last_owner(void **state)
{
    struct scene *s = scene_new();
    struct um_statement st;

    (void)state;
    assert_true(is_last(s, A, OWNER)); /* B stays */
    assert_false(is_last(s, B, B));    /* the owner is elsewhere */
    assert_false(is_last(s, A, STRANGER));
    um_owner_grant(&s->m, &s->mesh.names[B], UM_OWNER, &st);
    say(s, OWNER, &st);
    assert_false(is_last(s, A, OWNER));
    assert_false(is_last(s, B, B));
    assert_true(is_last(s, B, OWNER)); /* both keys are of one node */
    assert_int_equal(
        um_owner_revoke(&s->m, &s->arena, &s->mesh.names[B], 0, &st), 0);
    say(s, OWNER, &st);
    assert_false(is_last(s, A, OWNER)); /* nobody stays */
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_role_is_given),
        cmocka_unit_test(test_who_may),
        cmocka_unit_test(test_numbers_of_settings),
        cmocka_unit_test(test_what_a_member_wrote_stays),
        cmocka_unit_test(test_what_would_fall),
        cmocka_unit_test(test_words_of_an_owner_stand),
        cmocka_unit_test(test_the_last_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
