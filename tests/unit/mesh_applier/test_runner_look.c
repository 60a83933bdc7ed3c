/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A runner looks at Unit: what it tells of it, and when. */
#include "runner_scene.h"

#include <stdio.h>
#include <string.h>

#include "p2p/hash.h"
#include "unit.h"

#define A     "{\"routes\":[{\"action\":{\"return\":200}}]}"
#define B     "{\"routes\":[{\"action\":{\"return\":201}}]}"
#define FRESH "{\"listeners\":{},\"routes\":[],\"applications\":{}}"
#define NEXT  "{\"routes\":[{\"action\":{\"return\":202}}]}"
#define APP                                                \
    "{\"listeners\":{},\"applications\":{\"a\":{\"type\":" \
    "\"python 3.11\",\"module\":\"m\",\"processes\":%s}}}"
#define STATUS                                                 \
    "{\"applications\":{\"a\":{\"processes\":{\"running\":%d," \
    "\"starting\":%d,\"idle\":0},\"requests\":{\"active\":0}}}}"

static void test_first_sight(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_start(s, NULL);
    assert_null(um_runner_config(s->runner).p);
    assert_null(um_runner_modules(s->runner));
    scene_told(s, "");
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    assert_string_equal(um_runner_modules(s->runner),
                        "{\r\n\t\"python\": {\r\n\t\t\"version\": \"3.11\",\r\n"
                        "\t\t\"lib\": \"p.so\"\r\n\t}\r\n}\r\n");
    /* Only what is new is told. */
    scene_ring(s, 5);
    scene_told(s, "");
    scene_free(s);
}

/* What Unit says of itself is told at each look, whether or not it is new; not
 * by a Unit that has no such page, or does not answer. */
static void test_what_it_says_of_itself(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_start(s, NULL);
    scene_until_told(s);
    assert_int_equal(s->statuses, 1);
    assert_non_null(strstr(s->status, "\"requests\""));
    scene_ring(s, 4);
    assert_int_equal(s->statuses, 5);
    s->trick = (struct trick){
        .method = "GET", .path = "/status", .times = 2, .code = 404};
    s->trick.body = "{\"error\":\"Value doesn't exist.\"}";
    scene_ring(s, 2);
    assert_int_equal(s->statuses, 5);
    scene_ring(s, 1);
    assert_int_equal(s->statuses, 6);
    s->trick = (struct trick){.method = "GET",
                              .path = "/config",
                              .times = 1,
                              .lost = UM_FETCH_CONNECT};
    scene_ring(s, 1);
    assert_int_equal(s->statuses, 6);
    scene_free(s);
}

static void test_it_looks_every_so_often(void **state)
{
    struct scene *s = scene_new();
    uint64_t began;

    (void)state;
    scene_start(s, NULL);
    scene_ring(s, 1);
    began = s->net.now_ms;
    scene_ring(s, 3);
    assert_int_equal(s->net.now_ms - began, 3 * UM_RUNNER_LOOK_MS);
    scene_free(s);
}

/* What is blank, and what only looks like it. */
static void test_blank(void **state)
{
    static const struct {
        const char *shown;
        const char *told;
    } rows[] = {
        {FRESH "\r\n", "live blank 1.35.0\nwell\n"},
        {"{\"listeners\": {}, \"applications\": {}}\r\n",
         "live blank 1.35.0\nwell\n"},
        {"{}\r\n", "live 1.35.0\nwell\n"},
        {"{\"listeners\":{},\"routes\":[ 1 ],\"applications\":{}}\r\n",
         "live 1.35.0\nwell\n"},
        {"{\"listeners\":{},\"routes\":{},\"applications\":{}}\r\n",
         "live 1.35.0\nwell\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_new();

        s->trick = (struct trick){.method = "GET",
                                  .path = "/config",
                                  .times = 1,
                                  .code = 200,
                                  .body = rows[i].shown};
        scene_start(s, NULL);
        scene_until_told(s);
        scene_told(s, rows[i].told);
        scene_free(s);
    }
}

/* The name of what nobody gave is the hash of its compact form. */
static void test_the_name_of_what_runs(void **state)
{
    struct scene *s = scene_new();
    struct um_name want;

    (void)state;
    scene_by_hand(s, "PUT", "/config", A);
    scene_start(s, NULL);
    scene_until_told(s);
    p2p_sha256(A, strlen(A), want.b);
    assert_true(um_name_eq(&s->effective, &want));
    scene_free(s);
}

/* A change by hand that the node took for its own is what it shows; what comes
 * later by hand is a change of that. */
static void test_what_was_adopted(void **state)
{
    struct scene *s = scene_new();
    struct um_name hand;

    (void)state;
    scene_run(s, 1, A);
    scene_by_hand(s, "PUT", "/config", B);
    scene_until_told(s);
    scene_told(s, "live 1.35.0\n");
    hand = s->effective;
    /* Another one is not what was seen. */
    (void)memset(hand.b, 9, 1);
    um_runner_adopted(s->runner, &hand);
    scene_told(s, "");
    um_runner_adopted(s->runner, &s->effective);
    assert_int_equal(strncmp(s->events, "shown ", 6), 0);
    s->events[0] = '\0';
    assert_true(um_str_eq(um_str(s->shown), um_runner_config(s->runner)));
    um_runner_adopted(s->runner, &s->effective);
    scene_told(s, "");
    um_runner_look(s->runner);
    scene_until_told(s);
    scene_told(s, "live ours 1.35.0\n");
    scene_free(s);
}

/* A node that begins again finds its Unit as it was: by what was shown, or, if
 * it ended before that was stored, by the hash. */
static void test_what_ran_when_the_node_ended(void **state)
{
    struct scene *s = scene_new();
    struct um_runner_cfg cfg = {.effective = scene_name(7)};
    char shown[SCENE_TEXT];

    (void)state;
    scene_run(s, 7, A);
    scene_stop(s);
    memcpy(shown, s->shown, sizeof shown);
    cfg.shown = um_str(shown);
    scene_start(s, &cfg);
    scene_until_told(s);
    scene_told(s, "live ours 1.35.0\nwell\n");
    assert_true(um_name_eq(&s->effective, &cfg.effective));
    scene_stop(s);
    p2p_sha256(A, strlen(A), cfg.effective.b);
    cfg.shown = UM_STR("");
    scene_start(s, &cfg);
    scene_until_told(s);
    assert_non_null(strstr(s->events, "live ours 1.35.0\n"));
    assert_int_equal(strncmp(s->events, "shown ", 6), 0);
    s->events[0] = '\0';
    /* Another one is not. */
    scene_stop(s);
    scene_by_hand(s, "PUT", "/config", B);
    cfg.shown = um_str(shown);
    scene_start(s, &cfg);
    scene_until_told(s);
    scene_told(s, "live 1.35.0\nwell\n");
    assert_false(um_name_eq(&s->effective, &cfg.effective));
    scene_changed(s, "");
    scene_free(s);
}

static void test_changed_by_hand_and_back(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    scene_by_hand(s, "PUT", "/config/routes/0/action/return", "418");
    scene_ring(s, 1);
    scene_told(s, "live 1.35.0\n");
    scene_ring(s, 2);
    scene_told(s, "");
    scene_by_hand(s, "PUT", "/config/routes/0/action/return", "200");
    scene_ring(s, 1);
    scene_told(s, "live ours 1.35.0\n");
    scene_changed(s, "");
    scene_free(s);
}

/* What was changed by hand since the last look is not overwritten before it was
 * told. */
static void test_changed_by_hand_just_now(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    s->requests[0] = '\0';
    scene_by_hand(s, "PUT", "/config", B);
    scene_apply(s, 2, NEXT);
    scene_until_told(s);
    scene_told(s, "applied 2 no answer\n");
    assert_non_null(strstr(s->reason, "a moment ago"));
    scene_changed(s, "");
    scene_until_told(s);
    scene_told(s, "live 1.35.0\n");
    scene_apply(s, 2, NEXT);
    scene_until_told(s);
    scene_told(s, "shown 2\napplied 2 done\n");
    scene_changed(s, "PUT /config\n");
    scene_free(s);
}

static void test_it_looks_when_it_is_asked(void **state)
{
    struct scene *s = scene_new();
    uint64_t began;

    (void)state;
    scene_run(s, 1, A);
    scene_pump(s);
    began = s->net.now_ms;
    um_runner_look(s->runner);
    scene_told(s, "");
    scene_ring(s, 1);
    scene_told(s, "live ours 1.35.0\n");
    assert_int_equal(s->net.now_ms, began);
    scene_ring(s, 1);
    scene_told(s, "");
    /* Asked during a look: that one may be too old. */
    assert_true(fetch_rig_ring(&s->net));
    um_runner_look(s->runner);
    scene_pump(s);
    scene_told(s, "");
    scene_ring(s, 1);
    scene_told(s, "live ours 1.35.0\n");
    scene_free(s);
}

static void test_absent_and_there_again(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    s->gone = true;
    scene_start(s, NULL);
    scene_until_told(s);
    scene_told(s, "absent\n");
    scene_ring(s, 9); /* never there: nothing is ill */
    scene_told(s, "");
    s->gone = false;
    scene_ring(s, 1);
    scene_told(s, "live blank 1.35.0\nwell\n");
    scene_apply(s, 1, A);
    scene_until_told(s);
    scene_told(s, "shown 1\napplied 1 done\n");
    s->gone = true;
    scene_ring(s, 1);
    scene_told(s, "absent\n");
    scene_ring(s, UM_RUNNER_ILL_LOOKS - 2);
    scene_told(s, "");
    scene_ring(s, 1);
    scene_told(s, "ill\n");
    scene_ring(s, 3);
    scene_told(s, "");
    s->gone = false;
    scene_ring(s, 1);
    scene_told(s, "live ours 1.35.0\nwell\n");
    /* A restart that takes no longer than a look harms nobody. */
    s->gone = true;
    scene_ring(s, 1);
    s->gone = false;
    um_standin_restart(s->rig.s, UM_STANDIN_RESTART_DEFAULT, &s->rig.now);
    scene_ring(s, 1);
    scene_told(s, "absent\nlive blank 1.35.0\n");
    scene_free(s);
}

/* It takes requests and never answers. */
static void test_a_silent_unit(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    um_standin_faults(s->rig.s)->mute = true;
    scene_until_told(s);
    scene_told(s, "absent\n");
    um_standin_faults(s->rig.s)->mute = false;
    scene_until_told(s);
    scene_told(s, "live ours 1.35.0\n");
    scene_free(s);
}

static void test_another_unit(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    (void)snprintf(s->net.server, sizeof s->net.server, "Unit/1.36.0");
    scene_ring(s, 1);
    scene_told(s, "live ours other 1.36.0\n");
    scene_ring(s, 1);
    scene_told(s, "");
    s->trick = (struct trick){.method = "GET",
                              .path = "/status",
                              .times = 2,
                              .code = 200,
                              .body = "{\"modules\":{},\"applications\":{}}"};
    scene_ring(s, 1);
    scene_told(s, "live ours other 1.36.0\n");
    assert_string_equal(um_runner_modules(s->runner), "{}\r\n");
    scene_ring(s, 1);
    scene_told(s, "");
    scene_ring(s, 1);
    scene_told(s, "live ours other 1.36.0\n");
    /* A status that does not come says nothing. */
    s->trick = (struct trick){.method = "GET",
                              .path = "/status",
                              .times = 4,
                              .lost = UM_FETCH_TIMEOUT};
    scene_ring(s, 8);
    assert_int_equal(s->trick.times, 0);
    scene_told(s, "");
    assert_non_null(um_runner_modules(s->runner));
    scene_free(s);
}

/* Units that have no /status, or list no modules there, or do not say who they
 * are. */
static void test_old_units(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    s->net.server[0] = '\0';
    s->trick = (struct trick){.method = "GET",
                              .path = "/status",
                              .times = 3,
                              .code = 404,
                              .body = ""};
    scene_start(s, NULL);
    scene_ring(s, 3);
    scene_told(s, "live blank \nwell\n");
    assert_null(um_runner_modules(s->runner));
    s->trick.times = 3;
    s->trick.code = 200;
    s->trick.body = "{\"connections\":{}}";
    scene_ring(s, 3);
    scene_told(s, "");
    assert_null(um_runner_modules(s->runner));
    scene_free(s);
}

/* So many looks at a Unit with that application and that status; what is told
 * then. */
static void look_at(const char *processes, int running, int starting,
                    const char *told)
{
    struct scene *s = scene_new();
    char config[512], status[512];

    (void)snprintf(config, sizeof config, APP, processes);
    (void)snprintf(status, sizeof status, STATUS, running, starting);
    scene_run(s, 1, config);
    s->trick = (struct trick){.method = "GET",
                              .path = "/status",
                              .times = 100,
                              .code = 200,
                              .body = status};
    scene_ring(s, UM_RUNNER_ILL_LOOKS - 1);
    s->events[0] = '\0'; /* the modules that are not in this status */
    scene_ring(s, 1);
    scene_told(s, told);
    scene_ring(s, 3);
    scene_told(s, "");
    s->trick.times = 0;
    scene_ring(s, 1);
    assert_int_equal(strstr(s->events, "well\n") != NULL, told[0] != '\0');
    scene_free(s);
}

static void test_health(void **state)
{
    (void)state;
    look_at("1", 1, 0, "");
    look_at("1", 0, 0, "ill\n");
    look_at("4", 0, 0, "ill\n");
    look_at("1", 0, 1, "");
    look_at("{\"max\":2,\"spare\":1}", 0, 0, "ill\n");
    look_at("{\"max\":2,\"spare\":1}", 1, 0, "");
    look_at("{\"max\":2,\"spare\":0}", 0, 0, "");
    look_at("{\"max\":2}", 0, 0, "");
}

/* An application that comes and goes is not ill for that. */
static void test_one_that_starts_once_more(void **state)
{
    struct scene *s = scene_new();
    char config[512], status[512];

    (void)state;
    (void)snprintf(config, sizeof config, APP, "1");
    (void)snprintf(status, sizeof status, STATUS, 0, 0);
    scene_run(s, 1, config);
    s->trick = (struct trick){
        .method = "GET", .path = "/status", .code = 200, .body = status};
    for (unsigned i = 0; i < 4; i++) {
        s->trick.times = UM_RUNNER_ILL_LOOKS - 1;
        scene_ring(s, UM_RUNNER_ILL_LOOKS);
        assert_null(strstr(s->events, "ill"));
    }
    scene_free(s);
}

/* What was just applied is healthy until it is told: so bad health is told
 * again, of the next one. */
static void test_health_of_the_next_one(void **state)
{
    struct scene *s = scene_new();
    char config[512], status[512];

    (void)state;
    (void)snprintf(config, sizeof config, APP, "1");
    (void)snprintf(status, sizeof status, STATUS, 0, 0);
    scene_run(s, 1, config);
    s->trick = (struct trick){.method = "GET",
                              .path = "/status",
                              .times = 100,
                              .code = 200,
                              .body = status};
    scene_ring(s, UM_RUNNER_ILL_LOOKS);
    assert_non_null(strstr(s->events, "ill\n"));
    s->events[0] = '\0';
    (void)snprintf(config, sizeof config, APP, "2");
    scene_apply(s, 2, config);
    scene_until_told(s);
    scene_told(s, "shown 2\napplied 2 done\n");
    scene_until_told(s);
    scene_told(s, "ill\n");
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_sight),
        cmocka_unit_test(test_what_it_says_of_itself),
        cmocka_unit_test(test_it_looks_every_so_often),
        cmocka_unit_test(test_blank),
        cmocka_unit_test(test_the_name_of_what_runs),
        cmocka_unit_test(test_what_was_adopted),
        cmocka_unit_test(test_what_ran_when_the_node_ended),
        cmocka_unit_test(test_changed_by_hand_and_back),
        cmocka_unit_test(test_changed_by_hand_just_now),
        cmocka_unit_test(test_it_looks_when_it_is_asked),
        cmocka_unit_test(test_absent_and_there_again),
        cmocka_unit_test(test_a_silent_unit),
        cmocka_unit_test(test_another_unit),
        cmocka_unit_test(test_old_units),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_one_that_starts_once_more),
        cmocka_unit_test(test_health_of_the_next_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
