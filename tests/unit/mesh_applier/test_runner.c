/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A runner gives Unit configurations: what becomes of them, whatever Unit
 * does. */
#include "runner_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/unit/shown.h"
#include "unit.h"

#define A "{\"routes\":[{\"action\":{\"return\":200}}]}"
#define B "{\"routes\":[{\"action\":{\"return\":201}}]}"
#define PORT                                           \
    "{\"listeners\":{\"*:80\":{\"pass\":\"routes\"}}," \
    "\"routes\":[{\"action\":{\"return\":200}}]}"

static void test_it_applies_verifies_and_says_what_unit_shows(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    assert_string_equal(scene_config(s), A);
    assert_true(um_str_eq(um_runner_config(s->runner), um_str(s->shown)));
    assert_non_null(strstr(s->shown, "\r\n\t\"routes\""));
    /* Looks find nothing new. */
    scene_ring(s, 3);
    scene_told(s, "");
    scene_apply(s, 2, B);
    scene_until_told(s);
    scene_told(s, "shown 2\napplied 2 done\n");
    scene_changed(s, "PUT /config\n");
    assert_string_equal(scene_config(s), B);
    scene_free(s);
}

/* Nothing is told from inside of a call. */
static void test_it_answers_later(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_start(s, NULL);
    scene_apply(s, 1, "{");
    scene_told(s, "");
    scene_until_told(s);
    scene_told(s, "applied 1 refused\n");
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    scene_free(s);
}

/* What runs already is not put again; a node that ended before it could store
 * what Unit showed finds it there. */
static void test_what_runs_is_not_put(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_by_hand(s, "PUT", "/config", A);
    scene_start(s, NULL);
    scene_until_told(s);
    scene_told(s, "live 1.35.0\nwell\n");
    scene_apply(s, 1, A);
    scene_until_told(s);
    scene_told(s, "shown 1\napplied 1 done\n");
    scene_changed(s, "");
    scene_free(s);
}

static void test_it_is_refused_in_unit_s_words(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    scene_apply(s, 2, "{\"bogus\":1}");
    scene_until_told(s);
    scene_told(s, "applied 2 refused\n");
    assert_string_equal(s->reason,
                        "Invalid configuration. Unknown parameter \"bogus\".");
    scene_changed(s, "PUT /config\n");
    assert_string_equal(scene_config(s), A);
    scene_free(s);
}

static void test_freeunit_says_where(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    s->trick = (struct trick){
        .method = "PUT",
        .path = "/config",
        .times = 1,
        .code = 400,
        .body =
            "{\"error\": \"Invalid configuration.\", \"detail\": \"No.\","
            "\"location\": {\"path\": \"/routes/0\"}}"};
    scene_start(s, NULL);
    scene_apply(s, 1, A);
    scene_until_told(s);
    assert_string_equal(s->reason, "Invalid configuration. No. at /routes/0");
    scene_free(s);
}

static void test_the_policy_is_asked_first(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    assert_int_equal(
        um_policy_parse(&s->mem,
                        UM_STR("{\"pointers\":{\"not\":[\"/routes\","
                               "\"/upstreams\"]}}"),
                        &s->policy, NULL),
        0);
    scene_start(s, NULL);
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    scene_apply(s, 1, "{\"routes\":[],\"upstreams\":{}}");
    scene_until_told(s);
    scene_told(s, "applied 1 refused\n");
    assert_int_equal(strncmp(s->reason, "policy: ", 8), 0);
    assert_non_null(strstr(s->reason, " at /routes (and 1 more)"));
    scene_changed(s, "");
    scene_free(s);
}

/* A file that holds what Unit would log. */
static void make_log(char *path, size_t size)
{
    const char *folder = getenv("TMPDIR");
    int fd;

    (void)snprintf(path, size, "%s/unitlog-XXXXXX",
                   folder != NULL ? folder : "/tmp");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "old\n", 4), 4);
    (void)close(fd);
}

static char log_path[256];

static void log_alert(struct scene *s)
{
    FILE *f = fopen(log_path, "a");

    (void)s;
    assert_non_null(f);
    (void)fputs("[alert] bind(*:80) failed\x1b[0m\n", f);
    (void)fclose(f);
}

/* 500: tried so often, in case the port gets free; then refused, with what
 * Unit logged meanwhile. */
static void test_a_bare_500_ends_as_a_refusal_with_the_log(void **state)
{
    struct scene *s = scene_new();
    struct um_runner_cfg cfg = {.unit_log = log_path};
    uint64_t began;

    (void)state;
    make_log(log_path, sizeof log_path);
    rig_take(&s->rig, "*:80");
    scene_start(s, &cfg);
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    s->trick = (struct trick){
        .method = "PUT", .path = "/config", .times = 1, .act = log_alert};
    began = s->net.now_ms;
    scene_apply(s, 1, PORT);
    scene_until_told(s);
    scene_told(s, "applied 1 refused\n");
    assert_string_equal(s->reason,
                        "Failed to apply new configuration.; "
                        "[alert] bind(*:80) failed?[0m");
    scene_changed(s, "PUT /config\nPUT /config\nPUT /config\nPUT /config\n");
    assert_true(s->net.now_ms - began >= 3500);
    (void)unlink(log_path);
    scene_free(s);
}

/* Nor does a secret come out by Unit's log, or by a policy that names a place.
 */
static void test_a_secret_is_not_told(void **state)
{
    static const struct um_mask_item secrets[] = {
        {UM_STR_INIT("app"), UM_STR_INIT("s3same-0pen")},
        {UM_STR_INIT("port"), UM_STR_INIT("80")}};
    struct um_runner_config c = {.revision = scene_name(0x11),
                                 .effective = scene_name(1),
                                 .config = UM_STR(PORT),
                                 .why = "r1.0000",
                                 .mask = {secrets, 2}};
    struct scene *s = scene_new();
    struct um_runner_cfg cfg = {.unit_log = log_path};

    (void)state;
    make_log(log_path, sizeof log_path);
    rig_take(&s->rig, "*:80");
    scene_start(s, &cfg);
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    s->trick = (struct trick){
        .method = "PUT", .path = "/config", .times = 1, .act = log_alert};
    um_runner_apply(s->runner, &c);
    scene_until_told(s);
    scene_told(s, "applied 1 refused\n");
    assert_string_equal(s->reason,
                        "Failed to apply new configuration.; "
                        "[alert] bind(*:{{port}}) failed?[0m");
    (void)unlink(log_path);
    assert_int_equal(
        um_policy_parse(&s->mem,
                        UM_STR("{\"applications\":{\"types\":{\"not\":["
                               "\"external\"]}}}"),
                        &s->policy, NULL),
        0);
    c.config =
        UM_STR("{\"applications\":{\"s3same-0pen\":{\"type\":\"external\"}}}");
    um_runner_apply(s->runner, &c);
    scene_until_told(s);
    scene_told(s, "applied 1 refused\n");
    assert_null(strstr(s->reason, "s3same"));
    assert_non_null(strstr(s->reason, "{{app}}"));
    scene_free(s);
}

static void free_port(struct scene *s)
{
    memset(s->rig.taken, 0, sizeof s->rig.taken);
}

static void test_a_port_that_gets_free(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    rig_take(&s->rig, "*:80");
    scene_start(s, NULL);
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    scene_apply(s, 1, PORT);
    scene_ring(s, 1); /* the first PUT is answered 500 */
    scene_changed(s, "PUT /config\n");
    free_port(s);
    scene_until_told(s);
    scene_told(s, "shown 1\napplied 1 done\n");
    scene_free(s);
}

/* EOF, and the change was made: one PUT. */
static void test_eof_after_the_change(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    um_standin_faults(s->rig.s)->crash = UM_STANDIN_CRASH_APPLIED;
    um_standin_faults(s->rig.s)->crash_count = 1;
    scene_apply(s, 2, B);
    scene_until_told(s);
    scene_told(s, "shown 2\napplied 2 done\n");
    scene_changed(s, "PUT /config\n");
    scene_free(s);
}

/* EOF, and it was not: it is tried again. */
static void test_eof_without_the_change(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    um_standin_faults(s->rig.s)->crash = UM_STANDIN_CRASH_LOST;
    um_standin_faults(s->rig.s)->crash_count = 2;
    scene_apply(s, 2, B);
    scene_until_told(s);
    scene_told(s, "shown 2\napplied 2 done\n");
    scene_changed(s, "PUT /config\nPUT /config\nPUT /config\n");
    /* Again and again: nobody can say. */
    um_standin_faults(s->rig.s)->crash = UM_STANDIN_CRASH_LOST;
    um_standin_faults(s->rig.s)->crash_count = 100;
    scene_apply(s, 3, A);
    scene_until_told(s);
    scene_told(s, "applied 3 no answer\n");
    scene_changed(s, "PUT /config\nPUT /config\nPUT /config\nPUT /config\n");
    assert_string_equal(scene_config(s), B);
    scene_free(s);
}

static void restart(struct scene *s)
{
    um_standin_restart(s->rig.s, UM_STANDIN_RESTART_DEFAULT, &s->rig.now);
}

/* Unit took it, ended, and began anew: that is not what it shall run, and the
 * next look says so. */
static void test_a_restart_behind_the_answer(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    scene_apply(s, 2, B);
    scene_until_told(s);
    scene_told(s, "shown 2\napplied 2 done\n");
    scene_apply(s, 1, A);
    s->trick = (struct trick){.method = "PUT",
                              .path = "/config",
                              .times = 1,
                              .act = restart,
                              .code = 200,
                              .body = "{}"};
    scene_until_told(s);
    scene_told(s, "applied 1 no answer\n");
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\n");
    scene_free(s);
}

/* Unit ends in the middle of the PUT and begins anew: it is put again. */
static void test_a_restart_in_the_middle(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    s->requests[0] = '\0';
    s->trick = (struct trick){.method = "PUT",
                              .path = "/config",
                              .times = 1,
                              .act = restart,
                              .lost = UM_FETCH_CLOSED};
    scene_apply(s, 2, B);
    scene_until_told(s);
    scene_told(s, "shown 2\napplied 2 done\n");
    scene_changed(s, "PUT /config\nPUT /config\n");
    assert_string_equal(scene_config(s), B);
    scene_free(s);
}

/* Somebody else's change in between is not taken for ours. */
static void change_by_hand(struct scene *s)
{
    scene_by_hand(s, "PUT", "/config", A);
}

static void test_a_hand_between_put_and_look(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_start(s, NULL);
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    s->trick = (struct trick){.method = "PUT",
                              .path = "/config",
                              .times = 1,
                              .act = change_by_hand,
                              .code = 200,
                              .body = "{}"};
    scene_apply(s, 1, B);
    scene_until_told(s);
    scene_told(s, "applied 1 no answer\n");
    assert_non_null(strstr(s->reason, "shows another one"));
    scene_until_told(s);
    scene_told(s, "live 1.35.0\n");
    scene_free(s);
}

static void test_without_unit_there_is_no_answer(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    s->gone = true;
    scene_apply(s, 2, B);
    scene_until_told(s);
    scene_told(s, "applied 2 no answer\n");
    scene_until_told(s);
    scene_told(s, "absent\n");
    s->gone = false;
    scene_until_told(s);
    scene_told(s, "live ours 1.35.0\n");
    scene_changed(s, "");
    scene_free(s);
}

/* 408 and what else Unit never says: no word about the configuration. */
static void test_an_answer_that_is_no_refusal(void **state)
{
    static const long codes[] = {408, 413, 302, 503};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct scene *s = scene_new();

        s->trick = (struct trick){.method = "PUT",
                                  .path = "/config",
                                  .times = 100,
                                  .code = codes[i],
                                  .body = "{}"};
        scene_start(s, NULL);
        scene_apply(s, 1, A);
        scene_until_told(s);
        scene_told(s, "applied 1 no answer\n");
        scene_free(s);
    }
}

/* Answers that are cut off every time: the configuration is read in pieces
 * before it is put, after it was, and when Unit is looked at, and none of that
 * is taken for a change. */
static void test_answers_that_are_cut_off(void **state)
{
    static const char big[] =
        "{\"listeners\":{\"*:80\":{\"pass\":\"routes\"}},"
        "\"routes\":[{\"action\":{\"return\":200}}],"
        "\"settings\":{\"http\":{\"static\":{\"mime_types\":{\"text/x\":"
        "[\".abcdefghij\",\".bcdefghijk\",\".cdefghijkl\"]}}}}}";
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, PORT);
    scene_apply(s, 2, big);
    scene_until_told(s);
    scene_told(s, "shown 2\napplied 2 done\n");
    scene_changed(s, "PUT /config\n");
    um_standin_faults(s->rig.s)->truncate_tcp_bytes = 230;
    scene_ring(s, 40);
    scene_told(s, "");
    scene_apply(s, 3, PORT);
    scene_until_told(s);
    scene_told(s, "shown 3\napplied 3 done\n");
    scene_changed(s, "PUT /config\n");
    assert_string_equal(scene_config(s), PORT);
    scene_apply(s, 4, big);
    scene_until_told(s);
    scene_told(s, "shown 4\napplied 4 done\n");
    scene_changed(s, "PUT /config\n");
    um_standin_faults(s->rig.s)->truncate_tcp_bytes = 0;
    scene_ring(s, 3);
    scene_told(s, "");
    assert_string_equal(scene_config(s), big);
    scene_free(s);
}

/* Freed while Unit is asked: the applier goes on, and nobody is told. */
static void test_the_end_in_the_middle(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    scene_run(s, 1, A);
    scene_apply(s, 2, B);
    assert_true(fetch_rig_ring(&s->net)); /* a GET is under way */
    scene_stop(s);
    scene_pump(s); /* the applier goes on, and tells nobody */
    scene_told(s, "");
    assert_string_equal(scene_config(s), B);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_applies_verifies_and_says_what_unit_shows),
        cmocka_unit_test(test_it_answers_later),
        cmocka_unit_test(test_what_runs_is_not_put),
        cmocka_unit_test(test_it_is_refused_in_unit_s_words),
        cmocka_unit_test(test_freeunit_says_where),
        cmocka_unit_test(test_the_policy_is_asked_first),
        cmocka_unit_test(test_a_bare_500_ends_as_a_refusal_with_the_log),
        cmocka_unit_test(test_a_secret_is_not_told),
        cmocka_unit_test(test_a_port_that_gets_free),
        cmocka_unit_test(test_eof_after_the_change),
        cmocka_unit_test(test_eof_without_the_change),
        cmocka_unit_test(test_a_restart_behind_the_answer),
        cmocka_unit_test(test_a_restart_in_the_middle),
        cmocka_unit_test(test_a_hand_between_put_and_look),
        cmocka_unit_test(test_without_unit_there_is_no_answer),
        cmocka_unit_test(test_an_answer_that_is_no_refusal),
        cmocka_unit_test(test_answers_that_are_cut_off),
        cmocka_unit_test(test_the_end_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
