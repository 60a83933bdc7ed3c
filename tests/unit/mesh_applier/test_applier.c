/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The applier over the client of Unit: the newest wins, failures are tried
 * again, refusals are not. */
#include "mesh/applier/applier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_rig.h"
#include "unit.h"

enum { TOLD_MAX = 32 };

struct scene {
    struct um_fetch rig;
    struct um_unit *unit;
    struct um_applier *applier;
    enum um_outcome outcome[TOLD_MAX];
    size_t told;
    char text[256]; /* what was told last */
};

static void on_done(void *user, enum um_outcome outcome, const char *text)
{
    struct scene *s = user;

    assert_non_null(text);
    assert_true(s->told < TOLD_MAX);
    s->outcome[s->told++] = outcome;
    (void)snprintf(s->text, sizeof s->text, "%s", text);
}

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    struct um_unit_cfg cfg = {.target = "http://127.0.0.1:8888"};

    assert_non_null(s);
    fetch_rig_init(&s->rig);
    cfg.fetch = &s->rig;
    cfg.alarms = &s->rig.alarms;
    cfg.log = &s->rig.log;
    s->unit = um_unit_new(&cfg);
    s->applier = um_applier_new(s->unit, &s->rig.alarms, &s->rig.log);
    assert_non_null(s->applier);
    return s;
}

static void scene_free(struct scene *s)
{
    um_unit_free(s->unit);
    um_applier_free(s->applier);
    fetch_rig_fini(&s->rig);
    free(s);
}

static void submit(struct scene *s, const char *config)
{
    const struct um_intent intent = {
        .config = config, .len = strlen(config), .why = "a test"};

    um_applier_submit(s->applier, &intent, on_done, s);
}

/* Unit, which shows `before`, takes what is in hand and shows `after`. */
static void take(struct scene *s, const char *before, const char *after)
{
    fetch_rig_expect(&s->rig, "GET", 200, before); /* the applier looks, once */
    fetch_rig_expect(&s->rig, "PUT", 200, "{}");
    fetch_rig_expect(&s->rig, "GET", 200, after);
}

static void test_it_applies_and_remembers(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    submit(s, "{\"a\":1}");
    take(s, "{}", "{ \"a\": 1 }");
    assert_int_equal(s->outcome[0], UM_APPLIED);
    /* The same again, while Unit shows what it showed after it. */
    submit(s, "{\"a\":1}");
    fetch_rig_expect(&s->rig, "GET", 200, "{ \"a\": 1 }");
    assert_int_equal(s->outcome[1], UM_UNCHANGED);
    /* Somebody changed it meanwhile, or Unit began anew. */
    submit(s, "{\"a\":1}");
    take(s, "{}", "{ \"a\": 1 }");
    assert_int_equal(s->outcome[2], UM_APPLIED);
    /* What Unit shows, word for word, is no change either. */
    submit(s, "{ \"b\": 1 }");
    fetch_rig_expect(&s->rig, "GET", 200, "{ \"b\": 1 }");
    assert_int_equal(s->outcome[3], UM_UNCHANGED);
    scene_free(s);
}

static void test_the_newest_wins(void **state)
{
    struct scene *s = scene_new();
    struct um_applier_stats stats;

    (void)state;
    submit(s, "{\"n\":0}");
    for (char c = '1'; c <= '9'; c++) {
        char config[] = "{\"n\":?}";

        config[5] = c;
        submit(s, config);
    }
    assert_int_equal(s->told, 8); /* all between the first and the last */
    take(s, "{}", "{\"n\":0}");
    um_applier_stats(s->applier, &stats);
    assert_true(stats.busy);
    take(s, "{\"n\":0}", "{\"n\":9}");
    assert_int_equal(s->told, 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(s->outcome[i], i < 8 ? UM_SUPERSEDED : UM_APPLIED);
    }
    um_applier_stats(s->applier, &stats);
    assert_false(stats.busy);
    assert_int_equal(stats.applied, 2);
    scene_free(s);
}

/* Unit quotes what it refuses: a secret in that is neither told nor logged. */
static void test_a_secret_is_not_told(void **state)
{
    static const struct um_mask_item secret = {UM_STR_INIT("word"),
                                               UM_STR_INIT("s3same-0pen")};
    struct um_intent intent = {.config = "{\"bogus\":1}",
                               .len = 11,
                               .why = "a test",
                               .tries = 1,
                               .mask = {&secret, 1}};
    struct scene *s = scene_new();

    (void)state;
    for (long code = 400; code <= 500; code += 100) {
        um_applier_submit(s->applier, &intent, on_done, s);
        fetch_rig_expect(&s->rig, "GET", 200, "{}");
        fetch_rig_expect(&s->rig, "PUT", code,
                         "{\"error\": \"No \\\"s3same-0pen\\\".\"}");
        assert_null(strstr(s->text, "s3same"));
        assert_non_null(strstr(s->text, "{{word}}"));
    }
    assert_int_equal(s->outcome[0], UM_REFUSED);
    assert_int_equal(s->outcome[1], UM_GAVE_UP);
    assert_int_equal(fetch_rig_said(&s->rig, "s3same"), 0);
    assert_int_equal(fetch_rig_said(&s->rig, "{{word}}"), 2);
    scene_free(s);
}

static void test_a_refusal_is_final(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    submit(s, "{\"bogus\":1}");
    fetch_rig_expect(&s->rig, "GET", 200, "{}");
    fetch_rig_expect(&s->rig, "PUT", 400, "{\"error\": \"Invalid\"}");
    assert_int_equal(s->outcome[0], UM_REFUSED);
    assert_int_equal(fetch_rig_said(&s->rig, "refused a test"), 1);
    assert_false(fetch_rig_ring(&s->rig));
    scene_free(s);
}

static void test_what_cannot_be_one_never_reaches_unit(void **state)
{
    static const char *const texts[] = {"", "[]", "<html>", "{\"a\":}"};
    struct scene *s = scene_new();
    struct um_applier_stats stats;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        submit(s, texts[i]);
        assert_int_equal(s->outcome[i], UM_REFUSED);
    }
    assert_int_equal(s->rig.started, 0);
    um_applier_stats(s->applier, &stats);
    assert_int_equal(stats.refused, 4);
    assert_false(stats.busy);
    assert_int_equal(fetch_rig_said(&s->rig, "refused a test: "), 4);
    scene_free(s);
}

/* Unit takes routes without number; so do we, up to the bytes of a config. */
static void test_many_members_are_unit_s_to_judge(void **state)
{
    enum { MANY = 150000, ROOM = 16 + 3 * MANY };
    struct scene *s = scene_new();
    char *config = malloc(ROOM);
    size_t n = (size_t)snprintf(config, ROOM, "{\"a\":[");

    (void)state;
    assert_non_null(config);
    for (size_t i = 0; i < MANY; i++) {
        memcpy(config + n, "{},", 3);
        n += 3;
    }
    memcpy(config + n - 1, "]}", 3);
    submit(s, config);
    take(s, "{}", config);
    assert_int_equal(s->outcome[0], UM_APPLIED);
    /* Deep ones it would die of. */
    memset(config, '[', 101);
    memset(config + 101, ']', 101);
    config[202] = '\0';
    submit(s, config);
    assert_int_equal(s->outcome[1], UM_REFUSED);
    assert_int_equal(fetch_rig_said(&s->rig, "nesting exceeds"), 1);
    free(config);
    scene_free(s);
}

/* UM__CAP_APPLIER_TRIES, with pauses that grow. */
static void test_failures_are_tried_so_often(void **state)
{
    struct scene *s = scene_new();
    uint64_t before = 0, pause = 0;

    (void)state;
    submit(s, "{\"a\":1}");
    for (unsigned i = 1; i <= UM__CAP_APPLIER_TRIES; i++) {
        assert_int_equal(s->told, 0);
        fetch_rig_expect(&s->rig, "GET", 200, "{}");
        fetch_rig_expect(&s->rig, "PUT", 500, "{\"error\": \"Failed\"}");
        assert_int_equal(fetch_rig_said(&s->rig, "trying again"),
                         i < UM__CAP_APPLIER_TRIES ? i : i - 1);
        if (i < UM__CAP_APPLIER_TRIES) {
            before = s->rig.now_ms;
            assert_true(fetch_rig_ring(&s->rig));
            assert_true(s->rig.now_ms - before > pause);
            pause = s->rig.now_ms - before;
        }
    }
    assert_int_equal(s->told, 1);
    assert_int_equal(s->outcome[0], UM_GAVE_UP);
    assert_int_equal(fetch_rig_said(&s->rig, "gave up on a test"), 1);
    assert_false(fetch_rig_ring(&s->rig));
    /* The next one has all its tries again. */
    submit(s, "{\"a\":1}");
    fetch_rig_fail(&s->rig, UM_FETCH_CONNECT);
    assert_int_equal(s->told, 1);
    assert_true(fetch_rig_ring(&s->rig));
    take(s, "{}", "{\"a\":1}");
    assert_int_equal(s->outcome[1], UM_APPLIED);
    scene_free(s);
}

static void submit_with(struct scene *s, const char *config, unsigned tries)
{
    const struct um_intent intent = {.config = config,
                                     .len = strlen(config),
                                     .why = "a test",
                                     .tries = tries};

    um_applier_submit(s->applier, &intent, on_done, s);
}

/* Whoever has a pause of its own says how often a Unit that fails is tried. */
static void test_as_often_as_it_is_asked(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    submit_with(s, "{\"a\":1}", 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(s->told, 0);
        fetch_rig_expect(&s->rig, "GET", 200, "{}");
        fetch_rig_expect(&s->rig, "PUT", 500, "{}");
        assert_int_equal(fetch_rig_ring(&s->rig), i == 0);
    }
    assert_int_equal(s->outcome[0], UM_GAVE_UP);
    assert_int_equal(um_applier_code(s->applier), 500);
    /* One that is not there is not waited for. */
    submit_with(s, "{\"a\":1}", 2);
    fetch_rig_fail(&s->rig, UM_FETCH_CONNECT);
    assert_int_equal(s->outcome[1], UM_GAVE_UP);
    assert_int_equal(um_applier_code(s->applier), 0);
    assert_false(fetch_rig_ring(&s->rig));
    scene_free(s);
}

/* 200, and Unit shows something else: it began anew, or somebody else was
 * there. That is not remembered as the form of what was given. */
static void test_what_it_shows_is_what_it_took(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    assert_null(um_applier_shown(s->applier).p);
    submit(s, "{\"a\":1}");
    take(s, "{}", "{\"a\":2}");
    assert_int_equal(s->told, 0);
    assert_null(um_applier_shown(s->applier).p);
    assert_true(fetch_rig_ring(&s->rig));
    take(s, "{\"a\":2}", "{ \"a\": 1 }");
    assert_int_equal(s->outcome[0], UM_APPLIED);
    assert_true(
        um_str_eq(um_applier_shown(s->applier), UM_STR("{ \"a\": 1 }")));
    submit_with(s, "{\"a\":3}", 5);
    take(s, "{ \"a\": 1 }", "{ \"a\": 1 }");
    assert_int_equal(s->outcome[1], UM_GAVE_UP);
    scene_free(s);
}

/* What runs already, in Unit's form of it, is found to be there. */
static void test_what_is_there_is_not_put(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    submit(s, "{\"a\":{\"b\":1}}");
    fetch_rig_expect(&s->rig, "GET", 200, "{\"a\": {\r\n\"b\": 1 }}\r\n");
    assert_int_equal(s->outcome[0], UM_UNCHANGED);
    assert_true(
        um_str_starts(um_applier_shown(s->applier), UM_STR("{\"a\": {\r\n")));
    scene_free(s);
}

static void test_who_is_gone_is_not_told(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    submit(s, "{\"a\":1}");
    submit(s, "{\"a\":2}");
    um_applier_forget(s->applier, s);
    take(s, "{}", "{\"a\":1}");
    take(s, "{\"a\":1}", "{\"a\":2}");
    assert_int_equal(s->told, 0);
    scene_free(s);
}

static void test_the_end_tells_all(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    submit(s, "{\"a\":1}");
    submit(s, "{\"a\":2}");
    um_unit_free(s->unit);
    um_applier_free(s->applier);
    assert_int_equal(s->told, 2);
    assert_int_equal(s->outcome[0], UM_GAVE_UP);
    assert_int_equal(s->outcome[1], UM_GAVE_UP);
    fetch_rig_fini(&s->rig);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_applies_and_remembers),
        cmocka_unit_test(test_the_newest_wins),
        cmocka_unit_test(test_a_secret_is_not_told),
        cmocka_unit_test(test_a_refusal_is_final),
        cmocka_unit_test(test_what_cannot_be_one_never_reaches_unit),
        cmocka_unit_test(test_many_members_are_unit_s_to_judge),
        cmocka_unit_test(test_failures_are_tried_so_often),
        cmocka_unit_test(test_as_often_as_it_is_asked),
        cmocka_unit_test(test_what_it_shows_is_what_it_took),
        cmocka_unit_test(test_what_is_there_is_not_put),
        cmocka_unit_test(test_who_is_gone_is_not_told),
        cmocka_unit_test(test_the_end_tells_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
