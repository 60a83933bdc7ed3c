/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The applier under a node that means harm: floods, tricks with orders and
 * papers, words that are none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_scene.h"
#include "mesh/trust/seal.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"

/* A document is what its hash says, or it is none. */
static void test_another_document(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct um_wire_msg m = {.what = UM_WIRE_PAPER,
                            .hash = o.doc,
                            .bytes = UM_STR(BASE(ROUTE("666")))};

    scene_start(s);
    scene_tell_roster(s);
    s->mute = true;
    scene_give(s, UM_WIRE_RUN, &o);
    scene_listen(s);
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "want\n1 no answer\n");
    /* One that the node has not. */
    scene_give(s, UM_WIRE_RUN, &o);
    scene_listen(s);
    m.bytes = um_str_n(NULL, 0);
    scene_say(s, &m);
    scene_work(s);
    scene_told(s, "want\n2 no answer\n");
    /* One that nobody asked for is not kept. */
    m.bytes = UM_STR(BASE(ROUTE("201")));
    scene_say(s, &m);
    scene_give(s, UM_WIRE_RUN, &o);
    scene_work(s);
    scene_told(s, "want\n");
    scene_asked(s, "");
    scene_order_fini(&o);
}

/* To begin again and again costs little, and nothing is forgotten by that. */
static void test_start_again_and_again(void **state)
{
    const struct um_wire_msg stop = {.what = UM_WIRE_STOP};
    struct scene *s = *state;
    const struct um_wire_msg other = {.what = UM_WIRE_START,
                                      .mesh = s->mesh.r1_id};
    struct order old =
        scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order new =
        scene_sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202"));
    unsigned loads;

    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &old);
    scene_run(s, &new);
    loads = s->loads;
    for (unsigned i = 0; i < 100; i++) {
        scene_start(s);
        if (i % 2 == 0)
            scene_say(s, &stop);
    }
    scene_start(s);
    assert_int_equal(s->loads, loads);
    scene_say(s, &other); /* which is none of ours */
    scene_start(s);
    scene_told(s, "want\n1 done\nwant\n2 done\nabsent\n");
    scene_run(s, &old);
    scene_told(s, "3 no answer\n");
    assert_non_null(strstr(s->why, "back"));
    scene_run(s, &new);
    scene_told(s, "want\n4 done\n");
    scene_order_fini(&old);
    scene_order_fini(&new);
}

/* An order waits for its papers while another is looked at: what was said of
 * the one is not taken for the other. */
static void test_an_order_in_between(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order p = scene_sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202"));

    scene_start(s);
    scene_tell_roster(s);
    s->mute = true;
    scene_give(s, UM_WIRE_RUN, &o);
    scene_give(s, UM_WIRE_EXAMINE, &p);
    scene_listen(s);
    scene_bring(s, &o.doc);
    scene_bring(s, &p.doc);
    scene_work(s);
    scene_told(s, "want\nwant\n2 done\n1 done\n");
    scene_asked(s, "PUT /config\n");
    assert_true(scene_unit_runs(s, "201"));
    /* Nor if the other is none. */
    scene_give(s, UM_WIRE_RUN, &p);
    p.envelope.p[p.envelope.len - 1] ^= 1;
    scene_give(s, UM_WIRE_BACK, &p);
    scene_work(s);
    scene_told(s, "4 no answer\n3 done\n");
    scene_order_fini(&o);
    scene_order_fini(&p);
}

/* A node that takes its time with the papers gains nothing by that. */
static void test_an_order_that_was_held_back(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign_trial(s, 2, BASE(ROUTE("201")), ROUTE("201"));

    scene_start(s);
    scene_tell_roster(s);
    s->mute = true;
    scene_give(s, UM_WIRE_RUN, &o);
    scene_listen(s);
    scene_told(s, "want\n");
    s->net.now_ms += DEADLINE_MS + 3;
    scene_bring(s, &o.doc);
    scene_work(s);
    scene_told(s, "1 no answer\n");
    assert_non_null(strstr(s->why, "in time"));
    scene_asked(s, "");
    scene_order_fini(&o);
}

/* A node that says STOP while Unit is at it does not get rid of what it gave
 * to Unit: it may have run. */
static void test_a_stop_in_between(void **state)
{
    const struct um_wire_msg stop = {.what = UM_WIRE_STOP};
    struct scene *s = *state;
    struct order o[3] = {
        scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201")),
        scene_sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202")),
        scene_sign(s, WRITER, 4, BASE(ROUTE("203")), ROUTE("203"))};

    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o[0]);
    scene_give(s, UM_WIRE_RUN, &o[1]);
    for (unsigned i = 0; i < 50; i++) {
        const struct um_fetch_job *j = fetch_rig_job(&s->net);

        scene_listen(s);
        if (j != NULL && strcmp(j->method, "PUT") == 0)
            break;
        if (!scene_pump_one(s))
            assert_true(fetch_rig_ring(&s->net));
    }
    scene_say(s, &stop);
    scene_work(s);
    assert_true(scene_unit_runs(s, "202"));
    scene_start(s);
    s->put_answer = "{\"error\":\"no\"}";
    scene_run(s, &o[2]);
    s->put_answer = NULL;
    scene_told(s, "want\n1 done\nwant\nwant\n3 refused\n");
    scene_run(s, &o[0]);
    scene_told(s, "4 no answer\n");
    assert_non_null(strstr(s->why, "back"));
    scene_run(s, &o[1]);
    scene_told(s, "want\n5 done\n");
    for (unsigned i = 0; i < 3; i++)
        scene_order_fini(&o[i]);
}

/* What came back after a trial is what runs here, whatever came of it. */
static void test_what_came_back_runs(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign_trial(s, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct um_wire_msg m = {.what = UM_WIRE_TRY,
                            .number = 40,
                            .hash = scene_paper(s, BASE(ROUTE("202")))};

    p2p_sha256(ROUTE("202"), strlen(ROUTE("202")), m.effective.b);
    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_say(s, &m);
    scene_work(s);
    scene_give(s, UM_WIRE_BACK, &o);
    scene_work(s);
    scene_told(s, "want\n1 done\nwant\n40 done\n2 done\n");
    s->net.now_ms += DEADLINE_MS + 3;
    scene_run(s, &o);
    scene_told(s, "3 done\n");
    scene_order_fini(&o);
}

/* What does not come back after a trial is no reason to stay there. */
static void test_what_does_not_come_back(void **state)
{
    struct scene *s = *state;
    struct order old =
        scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order new =
        scene_sign(s, WRITER, 3, BASE(ROUTE("203")), ROUTE("203"));
    struct um_wire_msg m = {.what = UM_WIRE_TRY,
                            .number = 40,
                            .hash = scene_paper(s, BASE(ROUTE("202")))};

    p2p_sha256(ROUTE("202"), strlen(ROUTE("202")), m.effective.b);
    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &old);
    scene_run(s, &new);
    scene_say(s, &m);
    scene_work(s);
    s->put_answer = "{\"error\":\"no\"}";
    scene_give(s, UM_WIRE_BACK, &new);
    scene_work(s);
    scene_told(s, "want\n1 done\nwant\n2 done\nwant\n40 done\n3 refused\n");
    s->put_answer = NULL;
    scene_run(s, &old);
    scene_told(s, "4 done\n");
    scene_order_fini(&old);
    scene_order_fini(&new);
}

/* That nothing can be made of it is not to be had by keeping from the applier
 * what opens a sealed part of it. */
static void test_a_slot_that_is_kept_back(void **state)
{
    static const uint8_t entropy[32] = {1};
    struct scene *s = *state;
    const struct um_sealed_plan plan = {.mesh = s->mesh.mesh,
                                        .name = UM_STR("variables/code"),
                                        .content = UM_STR("203"),
                                        .members = {&s->mesh.names[WRITER], 1},
                                        .entropy = entropy};
    struct um_buf object = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_SLOT};
    uint8_t slot[UM_SEALED_SLOT_BYTES];
    struct um_sealed read;
    char hex[UM_NAME_TEXT_MAX], doc[300];
    struct order o;

    assert_int_equal(um_sealed_make(&plan, &object), 0);
    assert_int_equal(um_sealed_read(um_buf_view(&object), &read), 0);
    assert_int_equal(
        um_sealed_slot_make(
            &read, &(struct um_sealed_opener){.key = s->mesh.keys[WRITER]},
            entropy, &s->mesh.names[ME], slot),
        0);
    p2p_sha256(object.p, object.len, m.hash.b);
    m.bytes = um_str_n((const char *)slot, sizeof slot);
    um_buf_str(&s->papers[s->papers_n++], um_buf_view(&object));
    (void)snprintf(doc, sizeof doc,
                   "{\"variables\":{\"code\":{\"sealed\":\"%s\"}},\"base\":"
                   "{\"routes\":[{\"action\":{\"return\":\"{{code}}\"}}]}}",
                   um_name_text(&m.hash, hex));
    o = scene_sign(s, WRITER, 2, doc, ROUTE("203"));
    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_told(s, "want\nwant\n1 no answer\n");
    scene_say(s, &m);
    scene_run(s, &o);
    scene_told(s, "2 done\n");
    assert_true(scene_unit_runs(s, "203"));
    /* Another process has no slot yet. */
    um_agent_free(s->agent);
    scene_begin(s);
    scene_start(s);
    scene_give(s, UM_WIRE_EXAMINE, &o);
    scene_work(s);
    scene_told(s, "want\nwant\n3 no answer\n");
    slot[0] ^= 1;
    scene_say(s, &m);
    scene_give(s, UM_WIRE_EXAMINE, &o);
    scene_work(s);
    scene_told(s, "4 no answer\n");
    um_buf_fini(&object);
    scene_order_fini(&o);
}

/* Unit's words are passed on, as far as they are words. */
static void test_words_with_a_zero(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    s->put_answer = "{\"error\":\"It\\u0000fails.\"}";
    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    scene_told(s, "want\n1 refused\n");
    assert_string_equal(s->why, "It");
    scene_order_fini(&o);
}

/* What people look at; nothing else. */
static void test_gets(void **state)
{
    static const struct {
        const char *path;
        const char *said;
    } cases[] = {
        {"/config", "got 1 0 200\n"},
        {"/config/routes/0", "got 1 2 404\n"},
        {"/status", "got 1 0 200\n"},
        {"/", "got 1 0 200\n"},
        {"/control/applications/a/restart", "got 1 2 404\n"},
        {"/control", "got 1 2 0\n"},
        {"/configs", "got 1 2 0\n"},
        {"/status /config", "got 1 2 0\n"},
        {"/config\r\nX: y", "got 1 2 0\n"},
        {"/config#x", "got 1 2 0\n"},
        {"/config/../control/x", "got 1 2 0\n"},
        {"/config/%2E.", "got 1 2 0\n"},
        {"/status/.?a", "got 1 2 0\n"},
        {"/config/.x/...", "got 1 2 404\n"},
        {"http://other/config", "got 1 2 0\n"},
        {"config", "got 1 2 0\n"},
    };
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct um_wire_msg m = {
            .what = UM_WIRE_GET, .number = 1, .text = um_str(cases[i].path)};

        scene_say(s, &m);
        scene_pump(s);
        scene_listen(s);
        if (strcmp(s->told, cases[i].said) != 0)
            fail_msg("%s: %s", cases[i].path, s->told);
        s->told[0] = '\0';
    }
    scene_asked(s, "");
}

static void test_too_many_gets(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {
        .what = UM_WIRE_GET, .number = 1, .text = UM_STR("/config")};

    for (unsigned i = 0; i < UM__CAP_AGENT_GETS; i++)
        scene_say(s, &m);
    scene_listen(s);
    scene_told(s, "");
    m.number = 2;
    scene_say(s, &m);
    scene_listen(s);
    scene_told(s, "got 2 5 0\n");
}

/* However much is to be read, a change waits behind one of it. */
static void test_gets_in_front_of_a_change(void **state)
{
    struct scene *s = *state;
    struct order o = scene_sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct um_wire_msg m = {.what = UM_WIRE_GET, .text = UM_STR("/status")};
    unsigned asked = 0;

    scene_start(s);
    scene_tell_roster(s);
    scene_work(s); /* the runner has looked */
    for (unsigned i = 0; i < UM__CAP_AGENT_GETS; i++) {
        m.number = 100 + i;
        scene_say(s, &m);
    }
    scene_give(s, UM_WIRE_RUN, &o);
    scene_listen(s);
    while (strstr(s->asked, "PUT") == NULL) {
        assert_true(++asked < 16);
        scene_listen(s);
        (void)fetch_rig_ring(&s->net);
        assert_true(scene_pump_one(s));
    }
    scene_work(s);
    assert_non_null(strstr(s->told, "got 100 0 200\n"));
    assert_non_null(strstr(s->told, "got 131 0 200\n"));
    assert_non_null(strstr(s->told, "1 done\n"));
    assert_true(scene_unit_runs(s, "201"));
    scene_order_fini(&o);
}

/* A document that names more than is kept is not run, nor asked for endlessly;
 * one with a little less is. */
static void test_too_much_to_keep(void **state)
{
    enum { SCRIPTS = 5, EACH = 13 << 20 };
    struct scene *s = *state;
    char *text = malloc(EACH + 1), doc[1024] = "{\"js_modules\":{";
    struct order o;

    assert_non_null(text);
    assert_true(SCRIPTS * EACH > UM__CAP_AGENT_STASH_BYTES);
    memset(text, ' ', EACH);
    text[EACH] = '\0';
    for (unsigned i = 0; i < SCRIPTS; i++) {
        char hex[UM_NAME_TEXT_MAX], member[200];
        struct um_name hash;

        text[0] = (char)('a' + i);
        hash = scene_paper(s, text);
        (void)snprintf(member, sizeof member, "\"s%u\":\"%s\",", i,
                       um_name_text(&hash, hex));
        (void)snprintf(doc + strlen(doc), sizeof doc - strlen(doc), "%s",
                       member);
    }
    (void)snprintf(doc + strlen(doc) - 1, sizeof doc - strlen(doc),
                   "},\"base\":" ROUTE("201") "}");
    o = scene_sign(s, WRITER, 2, doc, ROUTE("201"));
    scene_start(s);
    scene_tell_roster(s);
    scene_run(s, &o);
    assert_non_null(strstr(s->told, "1 no answer"));
    assert_non_null(strstr(s->why, "is not here"));
    scene_asked(s, "");
    free(text);
    scene_order_fini(&o);
}

/* Statements that rest on what never comes are left out one day. */
static void test_too_many_statements(void **state)
{
    struct scene *s = *state;
    struct um_buf list = UM_BUF_INIT, one = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS};

    scene_start(s);
    mesh_maker_sign(
        &s->mesh, STRANGER,
        (struct um_statement){
            .what = UM_GRANT, .key = s->mesh.names[ME], .roles = UM_WRITER},
        &one);
    for (unsigned i = 0; i < UM__CAP_AGENT_UNMET; i++)
        um_wire_put_statement(&list, um_buf_view(&one));
    m.statements = um_buf_view(&list);
    scene_say(s, &m);
    assert_int_equal(fetch_rig_said(&s->net, "does not take a statement"), 0);
    um_buf_clear(&list);
    um_wire_put_statement(&list, um_buf_view(&one));
    m.statements = um_buf_view(&list);
    scene_say(s, &m);
    assert_int_equal(fetch_rig_said(&s->net, "does not take a statement"), 1);
    um_buf_fini(&list);
    um_buf_fini(&one);
}

/* Who does not speak the language is not spoken with. */
static void test_no_message(void **state)
{
    struct scene *s = *state;
    const struct um_wire_msg ours = {.what = UM_WIRE_WANT,
                                     .hash = s->mesh.mesh};

    assert_int_equal(scene_try_to_say(s, &ours), P2P_EFORMAT);
    um_agent_free(s->agent);
    scene_begin(s);
    assert_int_equal(um_agent_recv(s->agent, UM_STR("GET / HTTP/1.1\r\n\r\n")),
                     P2P_ETOOBIG);
    um_agent_free(s->agent);
    scene_begin(s);
    assert_int_equal(um_agent_recv(s->agent, um_str_n("\0\0\0\1x", 5)),
                     P2P_EFORMAT);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_another_document),
        TEST(test_start_again_and_again),
        TEST(test_an_order_in_between),
        TEST(test_an_order_that_was_held_back),
        TEST(test_a_stop_in_between),
        TEST(test_what_came_back_runs),
        TEST(test_what_does_not_come_back),
        TEST(test_a_slot_that_is_kept_back),
        TEST(test_words_with_a_zero),
        TEST(test_gets),
        TEST(test_too_many_gets),
        TEST(test_gets_in_front_of_a_change),
        TEST(test_too_much_to_keep),
        TEST(test_too_many_statements),
        TEST(test_no_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
