/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The applier, spoken to by a test in the place of its node: what it carries
 * out, and what it does not.
 */
#include <string.h>

#include "agent_scene.h"
#include "mesh/trust/fact.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"

static void test_a_revision_runs(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_told(s, "want\n1 done\n");
    scene_asked(s, "PUT /config\n");
    assert_true(scene_unit_runs(s, "201"));
    /* Once more: it runs already, and its document is here. */
    scene_run(s, &o);
    scene_told(s, "2 done\n");
    scene_asked(s, "");
    scene_order_fini(&o);
}

/* A node that tells less than the applier knows is told the rest, once it has
 * told all that it has; one that tells as much is told nothing. */
static void test_what_the_node_lacks(void **state)
{
    struct scene *s = *state;
    unsigned all = (unsigned)s->mesh.statements_n;

    scene_start_with(s, all);
    scene_tell_roster(s);
    scene_listen(s);
    assert_int_equal(s->stated, 0);
    scene_start(s); /* it has nothing */
    assert_int_equal(s->stated, all);
    um_agent_free(s->agent); /* and knows it from its files */
    scene_begin(s);
    scene_start_with(s, all + 1);
    scene_tell_roster(s);
    scene_listen(s);
    assert_int_equal(s->stated, all); /* one is to come yet */
    scene_start_with(s, all - 1);
    s->mesh.statements_n = 1;
    scene_tell_roster(s);
    scene_listen(s);
    assert_int_equal(s->stated, all);
    s->mesh.statements_n = all - 2;
    scene_tell_roster(s);
    scene_listen(s);
    assert_int_equal(s->stated, 2 * all);
    scene_tell_roster(s); /* what comes later is no reason */
    scene_listen(s);
    assert_int_equal(s->stated, 2 * all);
    s->mesh.statements_n = all;
}

/* Before there is a mesh, nothing is done; and afterwards. */
static void test_of_no_mesh(void **state)
{
    const struct um_wire_msg stop = {.what = UM_WIRE_STOP};
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    scene_tell_roster(s);
    scene_run(s, &o);
    scene_told(s, "1 no answer\n");
    scene_start(s);
    scene_tell_roster(s);
    scene_say(s, &stop);
    scene_run(s, &o);
    scene_told(s, "2 no answer\n");
    scene_asked(s, "");
    scene_order_fini(&o);
}

/* Who signed it may not write, or the roster was not told. */
static void test_who_may_not_write(void **state)
{
    struct scene *s = *state;
    struct order o =
        scene_sign(s, STRANGER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order p = scene_sign(s, WRITER, 2, BASE(ROUTE("202")), ROUTE("202"));

    scene_start(s);
    scene_run(s, &p);
    scene_told(s, "1 no answer\n");
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_told(s, "2 no answer\n");
    assert_true(strlen(s->why) > 0);
    scene_asked(s, "");
    assert_int_equal(fetch_rig_said(&s->net, "the applier does not run"), 2);
    scene_order_fini(&o);
    scene_order_fini(&p);
}

/* What ran before is not run again, whoever signed it. */
static void test_no_way_back(void **state)
{
    struct scene *s = *state;
    struct order old =
        scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order new =
        scene_sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202"));

    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &old);
    scene_run(s, &new);
    scene_told(s, "want\n1 done\nwant\n2 done\n");
    scene_run(s, &old);
    scene_told(s, "3 no answer\n");
    assert_non_null(strstr(s->why, "back"));
    /* Nor by another process, which reads the record. */
    um_agent_free(s->agent);
    scene_begin(s);
    scene_start(s);
    scene_run(s, &old);
    scene_told(s, "4 no answer\n");
    scene_run(s, &new);
    scene_told(s, "want\n5 done\n");
    assert_true(scene_unit_runs(s, "202"));
    scene_asked(s, "PUT /config\nPUT /config\n");
    scene_order_fini(&old);
    scene_order_fini(&new);
}

/* What Unit refused is no reason to stay there. */
static void test_back_from_what_was_refused(void **state)
{
    struct scene *s = *state;
    struct order old =
        scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order bad =
        scene_sign(s, WRITER, 3, BASE(ROUTE("1000")), ROUTE("1000"));

    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &old);
    scene_run(s, &bad);
    scene_told(s, "want\n1 done\nwant\n2 refused\n");
    assert_non_null(strstr(s->why, "return"));
    scene_run(s, &old);
    scene_told(s, "3 done\n");
    scene_order_fini(&old);
    scene_order_fini(&bad);
}

/* It makes the configuration by itself: what the node says that it comes to has
 * to be that. */
static void test_what_it_comes_to(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("202"));

    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_told(s, "want\n1 no answer\n");
    scene_asked(s, "");
    scene_order_fini(&o);
}

/* The node's own policy is asked here, not there. */
static void test_the_policy(void **state)
{
    struct scene *s = *state;
    struct um_arena mem = UM_ARENA_INIT;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    assert_int_equal(
        um_policy_parse(&mem,
                        UM_STR("{\"pointers\": {\"not\": [\"/routes\"]}}"),
                        &s->policy, NULL),
        0);
    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_told(s, "want\n1 refused\n");
    assert_non_null(strstr(s->why, "/routes"));
    scene_asked(s, "");
    um_arena_fini(&mem);
    scene_order_fini(&o);
}

/* A document that is no revision is tried for who may write one. */
static void test_a_trial(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct um_wire_msg m = {.what = UM_WIRE_TRY,
                            .number = 40,
                            .hash = scene_paper(s, BASE(ROUTE("202")))};

    p2p_sha256(ROUTE("202"), strlen(ROUTE("202")), m.effective.b);
    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "want\n1 done\nwant\n40 done\n");
    assert_true(scene_unit_runs(s, "202"));
    scene_give(s, UM_WIRE_BACK, &o);
    scene_work(s);
    scene_told(s, "2 done\n");
    assert_true(scene_unit_runs(s, "201"));
    scene_order_fini(&o);
}

/* What is a revision after it was tried is noted when it is looked at, and
 * nobody goes back behind it. */
static void test_a_trial_that_is_published(void **state)
{
    struct scene *s = *state;
    struct order old =
        scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order new =
        scene_sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202"));
    const struct um_wire_msg m = {.what = UM_WIRE_TRY,
                                  .number = 40,
                                  .hash = new.doc,
                                  .effective = new.effective};

    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &old);
    scene_give(s, UM_WIRE_EXAMINE, &new); /* it does not run */
    scene_work(s);
    scene_told(s, "want\n1 done\nwant\n2 done\n");
    scene_run(s, &old);
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "3 done\n40 done\n");
    scene_give(s, UM_WIRE_EXAMINE, &new);
    scene_work(s);
    scene_told(s, "4 done\n");
    scene_asked(s, "PUT /config\nPUT /config\n");
    scene_run(s, &old);
    scene_told(s, "5 no answer\n");
    assert_non_null(strstr(s->why, "back"));
    scene_order_fini(&old);
    scene_order_fini(&new);
}

/* Once somebody has confirmed what is on trial here, nobody goes back behind
 * it; the applier hears of that without an order. */
static void test_what_was_confirmed(void **state)
{
    struct scene *s = *state;
    struct order old =
        scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order new = scene_sign_trial(s, 3, BASE(ROUTE("202")), ROUTE("202"));
    struct um_fact f = {.mesh = s->mesh.mesh,
                        .revision = new.id,
                        .wall_ms = MESH_MAKER_T0 + 4,
                        .what = UM_CONFIRM};
    struct um_buf confirm = UM_BUF_INIT, list = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_HEAR};

    assert_int_equal(um_fact_seal(&f, s->mesh.keys[WRITER], &confirm), 0);
    um_wire_put_fact(&list, um_buf_view(&confirm));
    m.facts = um_buf_view(&list);
    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &old);
    scene_run(s, &new);
    scene_run(s, &old);
    scene_told(s, "want\n1 done\nwant\n2 done\n3 done\n");
    scene_run(s, &new);
    scene_say(s, &m);
    scene_run(s, &old);
    scene_told(s, "4 done\n5 no answer\n");
    assert_non_null(strstr(s->why, "back"));
    list.p[list.len - 1] ^= 1;
    scene_say(s, &m);
    assert_int_equal(fetch_rig_said(&s->net, "does not hear of"), 1);
    um_buf_fini(&confirm);
    um_buf_fini(&list);
    scene_order_fini(&old);
    scene_order_fini(&new);
}

static void test_a_trial_of_who_may_not_write(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {.what = UM_WIRE_TRY,
                            .number = 1,
                            .hash = scene_paper(s, BASE(ROUTE("202")))};

    mesh_maker_say(
        &s->mesh, 0,
        (struct um_statement){
            .what = UM_REVOKE, .key = s->mesh.names[ME], .roles = UM_WRITER});
    p2p_sha256(ROUTE("202"), strlen(ROUTE("202")), m.effective.b);
    scene_start(s);
    scene_tell_roster(s);
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "1 no answer\n");
    scene_asked(s, "");
}

/* A document on the scratch Unit, which here is the only one there is. */
static struct um_wire_msg on_scratch(struct scene *s, uint64_t number,
                                     const char *doc, const char *config)
{
    struct um_wire_msg m = {
        .what = UM_WIRE_SCRATCH, .number = number, .hash = scene_paper(s, doc)};

    p2p_sha256(config, strlen(config), m.effective.b);
    return m;
}

/* An agent with a scratch Unit and no other one. */
static void begin_with_scratch(struct scene *s)
{
    um_agent_free(s->agent);
    s->cfg.scratch = (struct um_agent_scratch){
        .unit = s->unit, .applier = s->applier, .folder = "/tmp/x"};
    s->cfg.unit = NULL;
    s->cfg.applier = NULL;
    scene_begin(s);
    scene_start(s);
    scene_tell_roster(s);
}

#define PORT "{\"listeners\":{\"*:80\":{\"pass\":\"routes\"}},\"routes\":[]}"
#define OTHER_PORT \
    "{\"listeners\":{\"*:81\":{\"pass\":\"routes\"}},\"routes\":[]}"

static void test_a_scratch_unit(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = on_scratch(s, 1, BASE(PORT), PORT);
    struct um_wire_msg n = on_scratch(s, 2, BASE(ROUTE("202")), ROUTE("202"));
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    begin_with_scratch(s);
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "want\n1 done\n");
    assert_true(scene_unit_runs(s, "unix:/tmp/x/1-0.sock"));
    assert_false(scene_unit_runs(s, "*:80"));
    /* One behind the other, while the first is swept up. */
    scene_say(s, &n);
    scene_work(s);
    m.number = 3;
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "want\n2 done\n3 done\n");
    s->put_answer = "{\"error\":\"Invalid configuration.\",\"detail\":\"x\"}";
    n.number = 4;
    scene_say(s, &n);
    scene_work(s);
    scene_told(s, "4 refused\n");
    assert_non_null(strstr(s->why, "Invalid configuration"));
    s->put_answer = NULL;
    /* Nothing of it is in the record, and no revision is carried out on it. */
    scene_run(s, &o);
    scene_told(s, "1 no answer\n");
    scene_order_fini(&o);
}

/* The policy is asked of what would run, and who may not write tries nothing.
 */
static void test_a_scratch_unit_has_a_policy(void **state)
{
    struct scene *s = *state;
    struct um_arena mem = UM_ARENA_INIT;
    struct um_wire_msg m = on_scratch(s, 1, BASE(PORT), PORT);

    assert_int_equal(
        um_policy_parse(
            &mem, UM_STR("{\"pointers\": {\"not\": [\"/listeners/*:80\"]}}"),
            &s->policy, NULL),
        0);
    begin_with_scratch(s);
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "want\n1 refused\n");
    assert_non_null(strstr(s->why, "*:80"));
    scene_asked(s, "");
    mesh_maker_say(
        &s->mesh, 0,
        (struct um_statement){
            .what = UM_REVOKE, .key = s->mesh.names[ME], .roles = UM_WRITER});
    scene_tell_roster(s);
    m.number = 2;
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "2 no answer\n");
    scene_asked(s, "");
    um_arena_fini(&mem);
}

/* The policy is asked all the same, and nobody else. */
static void test_no_scratch_unit(void **state)
{
    struct scene *s = *state;
    struct um_arena mem = UM_ARENA_INIT;
    struct um_wire_msg m = on_scratch(s, 1, BASE(PORT), PORT);

    assert_int_equal(
        um_policy_parse(
            &mem, UM_STR("{\"pointers\": {\"not\": [\"/listeners/*:81\"]}}"),
            &s->policy, NULL),
        0);
    scene_start(s);
    scene_tell_roster(s);
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "want\n1 done\n");
    scene_asked(s, "");
    m = on_scratch(s, 2, BASE(OTHER_PORT), OTHER_PORT);
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "want\n2 refused\n");
    assert_non_null(strstr(s->why, "*:81"));
    scene_asked(s, "");
    um_arena_fini(&mem);
}

/* One order of a kind at a time. */
static void test_one_at_a_time(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order p = scene_sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202"));

    scene_start(s);
    scene_tell_roster(s);
    scene_give(s, UM_WIRE_RUN, &o);
    scene_give(s, UM_WIRE_RUN, &p);
    scene_work(s);
    scene_told(s, "want\n2 no answer\n1 done\n");
    scene_asked(s, "PUT /config\n");
    scene_order_fini(&o);
    scene_order_fini(&p);
}

/* What was confirmed while it runs is not left for what was before, also by an
 * applier that begins anew. */
static void test_it_hears_what_is_confirmed(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order t = scene_sign_trial(s, 3, BASE(ROUTE("202")), ROUTE("202"));
    struct um_fact f = {.mesh = s->mesh.mesh,
                        .revision = t.id,
                        .wall_ms = MESH_MAKER_T0 + 4,
                        .what = UM_CONFIRM};
    struct um_buf fact = UM_BUF_INIT, list = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_HEAR};

    assert_int_equal(um_fact_seal(&f, s->mesh.keys[WRITER], &fact), 0);
    um_wire_put_fact(&list, um_buf_view(&fact));
    m.facts = um_buf_view(&list);
    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_run(s, &t);
    scene_told(s, "want\n1 done\nwant\n2 done\n");
    scene_run(s, &o); /* a trial stands in nobody's way */
    scene_run(s, &t);
    scene_told(s, "3 done\n4 done\n");
    scene_say(s, &m);
    scene_run(s, &o);
    scene_told(s, "5 no answer\n");
    um_agent_free(s->agent);
    scene_begin(s);
    scene_start(s);
    scene_run(s, &o);
    scene_told(s, "6 no answer\n");
    scene_order_fini(&o);
    scene_order_fini(&t);
    um_buf_fini(&fact);
    um_buf_fini(&list);
}

/* A refusal that cannot be noted is nobody's word. */
static void test_a_refusal_that_cannot_be_noted(void **state)
{
    struct scene *s = *state;
    struct order o =
        scene_sign(s, WRITER, 2, BASE(ROUTE("1000")), ROUTE("1000"));

    scene_start(s);
    scene_tell_roster(s);
    scene_give(s, UM_WIRE_RUN, &o);
    scene_listen(s); /* its document comes; it is noted, and given */
    s->save_fails = P2P_EIO;
    scene_work(s);
    scene_told(s, "want\n1 no answer\n");
    s->save_fails = 0;
    scene_run(s, &o);
    scene_told(s, "2 refused\n");
    scene_order_fini(&o);
}

/* What Unit took runs, whether that can be noted or not; the record has it as
 * under way, so that nobody goes back behind it. */
static void test_what_ran_cannot_be_noted(void **state)
{
    struct scene *s = *state;
    struct order o[3] = {
        scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201")),
        scene_sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202")),
        scene_sign(s, WRITER, 4, BASE(ROUTE("203")), ROUTE("203"))};

    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o[0]);
    scene_give(s, UM_WIRE_RUN, &o[1]);
    scene_listen(s); /* its document comes; it is noted, and given */
    s->save_fails = P2P_EIO;
    scene_work(s);
    scene_told(s, "want\n1 done\nwant\n2 done\n");
    um_agent_free(s->agent);
    s->save_fails = 0;
    scene_begin(s);
    scene_start(s);
    s->put_answer = "{\"error\":\"no\"}";
    scene_run(s, &o[2]);
    s->put_answer = NULL;
    scene_run(s, &o[0]);
    scene_told(s, "want\n3 refused\n4 no answer\n");
    assert_non_null(strstr(s->why, "back"));
    for (unsigned i = 0; i < 3; i++)
        scene_order_fini(&o[i]);
}

/* Gives an order until it is told what came of it, and no longer. */
static void run_till_told(struct scene *s, const struct order *o)
{
    scene_give(s, UM_WIRE_RUN, o);
    for (unsigned i = 0; i < 8 && strstr(s->told, "done") == NULL; i++) {
        if (i > 0)
            assert_true(fetch_rig_ring(&s->net));
        scene_listen(s);
        scene_pump(s);
        scene_listen(s);
    }
}

/* Once before Unit is touched; that it runs is written in a moment, with what
 * is noted before that, or at the end. */
static void test_when_the_record_is_written(void **state)
{
    struct scene *s = *state;
    struct order a = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order b = scene_sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202"));
    struct order c = scene_sign(s, WRITER, 4, BASE(ROUTE("203")), ROUTE("203"));

    scene_start(s);
    scene_tell_roster(s);
    s->saves = 0;
    run_till_told(s, &a);
    scene_told(s, "want\n1 done\n");
    assert_int_equal(s->saves, 1);
    run_till_told(s, &b);
    scene_told(s, "want\n2 done\n");
    assert_int_equal(s->saves, 2);
    for (unsigned i = 0; i < 8 && s->saves == 2; i++)
        assert_true(fetch_rig_ring(&s->net));
    assert_int_equal(s->saves, 3);
    run_till_told(s, &c);
    scene_told(s, "want\n3 done\n");
    assert_int_equal(s->saves, 4);
    um_agent_free(s->agent);
    assert_int_equal(s->saves, 5);
    scene_begin(s);
    scene_start(s);
    scene_order_fini(&a);
    scene_order_fini(&b);
    scene_order_fini(&c);
}

/* Without its record it touches nothing. */
static void test_a_record_that_cannot_be_written(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    scene_start(s);
    scene_tell_roster(s);
    s->save_fails = P2P_EIO;
    scene_run(s, &o);
    scene_told(s, "want\n1 no answer\n");
    scene_asked(s, "");
    s->save_fails = 0;
    scene_run(s, &o);
    scene_told(s, "2 done\n");
    scene_order_fini(&o);
}

/* It is bound to a mesh, until that was left by somebody who may say so. */
static void test_another_mesh(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {.what = UM_WIRE_START, .mesh = s->mesh.r1_id};
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_told(s, "want\n1 done\n");
    scene_say(s, &m);
    scene_listen(s);
    scene_told(s, "absent\n");
    assert_non_null(strstr(s->why, "bound to another mesh"));
    assert_int_equal(um_agent_leave(s->agent), P2P_EACCES);
    scene_say(s, &m);
    scene_listen(s);
    scene_told(s, "absent\n");
    /* A person puts a file there. */
    um_buf_text(&s->files[scene_place_of(s, "unbind")], "yes");
    assert_int_equal(um_agent_leave(s->agent), 0);
    scene_say(s, &m);
    scene_listen(s);
    scene_told(s, "");
    scene_order_fini(&o);
}

/* Before anything ran it may go elsewhere: there is nothing to go back to. */
static void test_a_mesh_that_came_to_nothing(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {.what = UM_WIRE_START, .mesh = s->mesh.r1_id};

    scene_start(s);
    assert_int_equal(um_agent_leave(s->agent), 0);
    scene_say(s, &m);
    scene_listen(s);
    scene_told(s, "");
}

/* A record that was lost is said to be. */
static void test_a_lost_record(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {.what = UM_WIRE_START,
                            .mesh = s->mesh.mesh,
                            .effective = s->mesh.r1_id};

    scene_start(s);
    assert_int_equal(fetch_rig_said(&s->net, "no record"), 0);
    um_agent_free(s->agent);
    scene_begin(s);
    scene_say(s, &m);
    assert_int_equal(fetch_rig_said(&s->net, "no record"), 1);
}

static void test_a_damaged_record(void **state)
{
    struct scene *s = *state;

    scene_start(s);
    um_agent_free(s->agent);
    um_buf_text(&s->files[scene_place_of(s, "record")], "more");
    scene_begin(s);
    scene_start(s);
    scene_told(s, "absent\n");
    assert_non_null(strstr(s->why, "damaged"));
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_revision_runs),
        TEST(test_what_the_node_lacks),
        TEST(test_of_no_mesh),
        TEST(test_who_may_not_write),
        TEST(test_no_way_back),
        TEST(test_back_from_what_was_refused),
        TEST(test_what_it_comes_to),
        TEST(test_the_policy),
        TEST(test_a_trial),
        TEST(test_a_trial_that_is_published),
        TEST(test_what_was_confirmed),
        TEST(test_a_trial_of_who_may_not_write),
        TEST(test_a_scratch_unit),
        TEST(test_a_scratch_unit_has_a_policy),
        TEST(test_no_scratch_unit),
        TEST(test_one_at_a_time),
        TEST(test_it_hears_what_is_confirmed),
        TEST(test_a_refusal_that_cannot_be_noted),
        TEST(test_what_ran_cannot_be_noted),
        TEST(test_when_the_record_is_written),
        TEST(test_a_record_that_cannot_be_written),
        TEST(test_another_mesh),
        TEST(test_a_mesh_that_came_to_nothing),
        TEST(test_a_lost_record),
        TEST(test_a_damaged_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
