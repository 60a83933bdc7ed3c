/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The client of Unit: one change in flight, and what a silence means. */
#include "mesh/unit/client.h"

#include <stdlib.h>
#include <string.h>

#include "fetch_rig.h"
#include "unit.h"

#define FRESH                                                                  \
    "{\r\n\t\"listeners\": {},\r\n\t\"routes\": [],\r\n\t\"applications\": {}" \
    "\r\n}\r\n"
#define OLD "{\"routes\": [{\"action\": {\"return\": 200}}]}"
#define NEW "{\"routes\": [{\"action\": {\"return\": 201}}]}"

struct scene {
    struct um_fetch rig;
    struct um_unit *unit;
    unsigned told;
    unsigned taken;
    enum um_unit_status status;
    char body[256];
    char text[256];
};

static void on_done(void *user, const struct um_unit_answer *a)
{
    struct scene *s = user;

    s->told++;
    s->status = a->status;
    assert_true(a->len < sizeof s->body && strlen(a->text) < sizeof s->text);
    memcpy(s->body, a->body, a->len);
    s->body[a->len] = '\0';
    memcpy(s->text, a->text, strlen(a->text) + 1);
}

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    struct um_unit_cfg cfg = {.target = "unix:/run/u.sock"};

    assert_non_null(s);
    fetch_rig_init(&s->rig);
    cfg.fetch = &s->rig;
    cfg.alarms = &s->rig.alarms;
    cfg.log = &s->rig.log;
    s->unit = um_unit_new(&cfg);
    assert_non_null(s->unit);
    return s;
}

static void scene_free(struct scene *s)
{
    um_unit_free(s->unit);
    fetch_rig_fini(&s->rig);
    free(s);
}

static void put(struct scene *s)
{
    um_unit_put_config(s->unit, NEW, strlen(NEW), on_done, s);
}

static void test_a_put_looks_puts_and_reads_back(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put(s);
    assert_string_equal(fetch_rig_job(&s->rig)->unix_path, "/run/u.sock");
    assert_string_equal(fetch_rig_job(&s->rig)->url, "http://localhost/config");
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    assert_string_equal(fetch_rig_job(&s->rig)->body, NEW);
    fetch_rig_expect(&s->rig, "PUT", 200, "{\"success\": \"\"}");
    assert_int_equal(s->told, 0);
    fetch_rig_expect(&s->rig, "GET", 200, NEW "\n");
    assert_int_equal(s->told, 1);
    assert_int_equal(s->status, UM_UNIT_OK);
    assert_string_equal(s->body, NEW "\n");
    scene_free(s);
}

static void on_taken(void *user)
{
    struct scene *s = user;

    s->taken++;
}

static void replace(struct scene *s)
{
    const struct um_unit_replacement r = {
        .before = OLD, .config = UM_STR(NEW), .taken = on_taken};

    um_unit_replace_config(s->unit, &r, on_done, s);
}

/* A refusal is no yes, nor is it to whoever was forgotten meanwhile. */
static void test_who_is_told_that_it_was_taken(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    replace(s);
    fetch_rig_expect(&s->rig, "PUT", 400, "{}");
    assert_int_equal(s->told, 1);
    assert_int_equal(s->taken, 0);
    replace(s);
    um_unit_forget(s->unit, s);
    fetch_rig_expect(&s->rig, "PUT", 200, "{}");
    fetch_rig_expect(&s->rig, "GET", 200, NEW);
    assert_int_equal(s->told, 1);
    assert_int_equal(s->taken, 0);
    scene_free(s);
}

/* Who saw what Unit shows need not look again; without an answer it is known
 * from that, too, that nothing changed. */
static void test_a_put_after_a_look(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    replace(s);
    fetch_rig_expect(&s->rig, "PUT", 200, "{}");
    assert_int_equal(s->taken, 1);
    assert_int_equal(s->told, 0);
    fetch_rig_expect(&s->rig, "GET", 200, NEW);
    assert_int_equal(s->told, 1);
    assert_int_equal(s->status, UM_UNIT_OK);
    replace(s);
    fetch_rig_fail(&s->rig, UM_FETCH_CLOSED);
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    assert_int_equal(s->told, 1);
    assert_true(fetch_rig_ring(&s->rig));
    fetch_rig_fail(&s->rig, UM_FETCH_CLOSED);
    fetch_rig_expect(&s->rig, "GET", 200, NEW);
    assert_int_equal(s->told, 2);
    assert_int_equal(s->status, UM_UNIT_OK);
    scene_free(s);
}

static void test_one_change_in_flight(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put(s);
    put(s);
    um_unit_get(s->unit, "/status", on_done, s);
    for (int i = 0; i < 2; i++) {
        fetch_rig_expect(&s->rig, "GET", 200, OLD);
        fetch_rig_expect(&s->rig, "PUT", 200, "{}");
        fetch_rig_expect(&s->rig, "GET", 200, NEW);
        assert_int_equal(s->told, i + 1);
    }
    assert_string_equal(fetch_rig_job(&s->rig)->url, "http://localhost/status");
    fetch_rig_answer(&s->rig, 200, "{}");
    assert_int_equal(s->told, 3);
    scene_free(s);
}

/* A PUT without an answer, up to the look after it. */
static void put_unanswered(struct scene *s)
{
    put(s);
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    fetch_rig_fail(&s->rig, UM_FETCH_CLOSED);
}

static void test_silence_with_the_change(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put_unanswered(s);
    fetch_rig_expect(&s->rig, "GET", 200, NEW);
    assert_int_equal(s->status, UM_UNIT_OK);
    assert_string_equal(s->body, NEW);
    assert_int_equal(s->rig.started, 3); /* one PUT */
    scene_free(s);
}

static void test_silence_without_the_change(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put_unanswered(s);
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    assert_int_equal(s->told, 0);
    assert_true(fetch_rig_ring(&s->rig));
    fetch_rig_expect(&s->rig, "PUT", 200, "{}");
    fetch_rig_expect(&s->rig, "GET", 200, NEW);
    assert_int_equal(s->status, UM_UNIT_OK);
    scene_free(s);
}

/* Unit crashed and began anew: that is a change, but not ours. */
static void test_silence_and_a_fresh_unit(void **state)
{
    static const char *const shown[] = {FRESH, "{}\r\n", "not found"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct scene *s = scene_new();

        put_unanswered(s);
        fetch_rig_expect(&s->rig, "GET", i == 2 ? 404 : 200, shown[i]);
        if (i == 1) { /* after DELETE /config by somebody else */
            assert_int_equal(s->status, UM_UNIT_OK);
        } else {
            assert_int_equal(s->told, 0);
            assert_true(fetch_rig_ring(&s->rig));
            fetch_rig_expect(&s->rig, "PUT", 200, "{}");
            fetch_rig_expect(&s->rig, "GET", 200, NEW);
            assert_int_equal(s->status, UM_UNIT_OK);
            assert_string_equal(s->body, NEW);
        }
        scene_free(s);
    }
}

static void test_silence_for_good(void **state)
{
    struct scene *s = scene_new();
    unsigned puts = 1;

    (void)state;
    put_unanswered(s);
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    while (s->told == 0) {
        assert_true(fetch_rig_ring(&s->rig));
        fetch_rig_fail(&s->rig, UM_FETCH_CLOSED);
        puts++;
        fetch_rig_expect(&s->rig, "GET", 200, OLD);
    }
    assert_int_equal(s->status, UM_UNIT_UNKNOWN);
    assert_int_equal(puts, 4);
    scene_free(s);
}

static void test_what_unit_says_on_one_line(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put(s);
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    fetch_rig_expect(&s->rig, "PUT", 400,
                     "{\r\n\t\"error\": \"Invalid  configuration.\"\r\n}\r\n");
    assert_int_equal(s->status, UM_UNIT_REFUSED);
    assert_string_equal(s->text, "{ \"error\": \"Invalid configuration.\" }");
    put(s);
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    fetch_rig_expect(&s->rig, "PUT", 500, "\t\r\n ");
    assert_int_equal(s->status, UM_UNIT_FAILED);
    assert_string_equal(s->text, "");
    scene_free(s);
}

static void test_an_absent_unit(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put(s);
    fetch_rig_fail(&s->rig, UM_FETCH_CONNECT);
    assert_int_equal(s->status, UM_UNIT_ABSENT);
    scene_free(s);
}

/* UM__CAP_UNIT_CONFIG_BYTES, both ways. */
static void test_a_configuration_above_the_cap(void **state)
{
    struct scene *s = scene_new();
    char *big = calloc(1, UM__CAP_UNIT_CONFIG_BYTES + 1);

    (void)state;
    assert_non_null(big);
    um_unit_put_config(s->unit, big, UM__CAP_UNIT_CONFIG_BYTES + 1, on_done, s);
    assert_int_equal(s->told, 1);
    assert_int_equal(s->status, UM_UNIT_REFUSED);
    assert_string_equal(s->text, "the configuration is too big");
    assert_int_equal(s->rig.started, 0);
    um_unit_put_config(s->unit, big, UM__CAP_UNIT_CONFIG_BYTES, on_done, s);
    /* Unit's own form of it has white space, and not without end. */
    assert_int_equal(fetch_rig_job(&s->rig)->req.max_answer,
                     UM__CAP_UNIT_ANSWER_BYTES);
    fetch_rig_fail(&s->rig, UM_FETCH_TOO_BIG);
    assert_int_equal(s->told, 2);
    assert_int_equal(s->status, UM_UNIT_REFUSED);
    free(big);
    scene_free(s);
}

/* UM__CAP_UNIT_ANSWER_BYTES: no more is read, of a Unit that shows more. */
static void test_an_answer_above_the_cap(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    um_unit_get(s->unit, "/config", on_done, s);
    assert_int_equal(fetch_rig_job(&s->rig)->req.max_answer, 19 << 20);
    fetch_rig_fail(&s->rig, UM_FETCH_TOO_BIG);
    assert_int_equal(s->told, 1);
    assert_int_equal(s->status, UM_UNIT_REFUSED);
    assert_string_equal(s->text, "the configuration is too big");
    scene_free(s);
}

/* UM__CAP_UNIT_QUEUE: one in flight and those that wait. */
static void test_requests_beyond_the_queue(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    for (unsigned i = 0; i < UM__CAP_UNIT_QUEUE; i++) {
        um_unit_get(s->unit, "/config", on_done, s);
    }
    assert_int_equal(s->told, 0);
    put(s);
    assert_int_equal(s->told, 1);
    assert_int_equal(s->status, UM_UNIT_BUSY);
    fetch_rig_answer(&s->rig, 200, OLD); /* room for one again */
    um_unit_get(s->unit, "/config", on_done, s);
    assert_int_equal(s->told, 2);
    assert_int_equal(s->status, UM_UNIT_OK);
    for (unsigned i = 0; i < UM__CAP_UNIT_QUEUE; i++) {
        fetch_rig_answer(&s->rig, 200, OLD);
    }
    assert_int_equal(s->told, UM__CAP_UNIT_QUEUE + 2);
    scene_free(s);
}

/* The GET of a configuration that is cut off whenever it is asked for whole;
 * then its pieces: the routes are there, what else there could be is not. */
static void read_in_pieces(struct scene *s, const char *routes)
{
    for (int i = 0; i < 4; i++) {
        assert_string_equal(fetch_rig_job(&s->rig)->method, "GET");
        fetch_rig_fail(&s->rig, UM_FETCH_CLOSED);
        if (i < 3) {
            assert_true(fetch_rig_ring(&s->rig));
        }
    }
    for (int i = 0; i < 6; i++) {
        bool is_routes = strstr(fetch_rig_job(&s->rig)->url, "/routes") != NULL;

        fetch_rig_expect(&s->rig, "GET", is_routes ? 200 : 404,
                         is_routes ? routes : "{}");
    }
}

/* To have read it in pieces is not to have put it. */
static void test_a_put_that_reads_in_pieces(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put(s);
    read_in_pieces(s, "[1]");
    assert_int_equal(s->told, 0);
    fetch_rig_expect(&s->rig, "PUT", 200, "{}");
    read_in_pieces(s, "[2]");
    assert_int_equal(s->told, 1);
    assert_int_equal(s->status, UM_UNIT_OK);
    assert_string_equal(s->body, "{\"routes\":[2]}");
    scene_free(s);
}

/* A silence, and the look after it comes in pieces: the same is the same,
 * however it was read. */
static void test_a_silence_that_is_read_in_pieces(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put(s);
    fetch_rig_expect(&s->rig, "GET", 200, "{\r\n\t\"routes\": [ 1 ]\r\n}\r\n");
    fetch_rig_fail(&s->rig, UM_FETCH_CLOSED);
    read_in_pieces(s, "[2]");
    assert_int_equal(s->status, UM_UNIT_OK);
    assert_string_equal(s->body, "{\"routes\":[2]}");
    put(s);
    fetch_rig_expect(&s->rig, "GET", 200, "{\r\n\t\"routes\": [ 1 ]\r\n}\r\n");
    for (int i = 0; i < 4; i++) {
        assert_int_equal(s->told, 1);
        assert_string_equal(fetch_rig_job(&s->rig)->method, "PUT");
        fetch_rig_fail(&s->rig, UM_FETCH_CLOSED);
        read_in_pieces(s, "[1]");
        assert_int_equal(fetch_rig_ring(&s->rig), i < 3);
    }
    assert_int_equal(s->told, 2);
    assert_int_equal(s->status, UM_UNIT_UNKNOWN);
    scene_free(s);
}

/* What does not answer at all has no pieces either. */
static void test_a_unit_that_hangs(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    um_unit_get(s->unit, "/config", on_done, s);
    for (int i = 0; i < 4; i++) {
        fetch_rig_fail(&s->rig, UM_FETCH_TIMEOUT);
        assert_int_equal(fetch_rig_ring(&s->rig), i < 3);
    }
    assert_int_equal(s->told, 1);
    assert_int_equal(s->status, UM_UNIT_UNKNOWN);
    scene_free(s);
}

static void change(struct scene *s, const char *method, const char *body)
{
    const struct um_unit_change c = {
        .method = method,
        .path = "/certificates/a",
        .body = body,
        .len = body != NULL ? strlen(body) : 0,
    };

    um_unit_change(s->unit, &c, on_done, s);
}

/* A certificate: one transfer, in its turn, and never twice. */
static void test_other_changes(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put(s);
    change(s, "PUT", "pem");
    change(s, "DELETE", NULL);
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    fetch_rig_expect(&s->rig, "PUT", 200, "{}");
    fetch_rig_expect(&s->rig, "GET", 200, NEW);
    assert_string_equal(fetch_rig_job(&s->rig)->url,
                        "http://localhost/certificates/a");
    assert_string_equal(fetch_rig_job(&s->rig)->body, "pem");
    assert_int_equal(fetch_rig_job(&s->rig)->req.timeout_ms, 300000);
    fetch_rig_expect(&s->rig, "PUT", 400, "{\"error\": \"no\"}");
    assert_int_equal(s->status, UM_UNIT_REFUSED);
    assert_null(fetch_rig_job(&s->rig)->body);
    fetch_rig_expect(&s->rig, "DELETE", 200, "{}");
    assert_int_equal(s->status, UM_UNIT_OK);
    change(s, "PUT", "pem");
    fetch_rig_fail(&s->rig, UM_FETCH_CLOSED);
    assert_int_equal(s->status, UM_UNIT_UNKNOWN);
    change(s, "PUT", "pem");
    fetch_rig_fail(&s->rig, UM_FETCH_CONNECT);
    assert_int_equal(s->status, UM_UNIT_ABSENT);
    assert_false(fetch_rig_ring(&s->rig));
    assert_int_equal(s->told, 5);
    scene_free(s);
}

/* Only what Unit says of a configuration is a refusal. */
static void test_codes(void **state)
{
    static const struct {
        long code;
        enum um_unit_status status;
    } rows[] = {
        {200, UM_UNIT_OK},      {302, UM_UNIT_FAILED},  {400, UM_UNIT_REFUSED},
        {404, UM_UNIT_REFUSED}, {405, UM_UNIT_REFUSED}, {408, UM_UNIT_FAILED},
        {500, UM_UNIT_FAILED},  {503, UM_UNIT_FAILED},
    };
    struct scene *s = scene_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        change(s, "DELETE", NULL);
        fetch_rig_answer(&s->rig, rows[i].code, "{}");
        assert_int_equal(s->status, rows[i].status);
    }
    scene_free(s);
}

static void test_who_unit_is(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    assert_string_equal(um_unit_version(s->unit), "");
    for (int i = 0; i < 3; i++) {
        static const char *const says[] = {"Unit/1.36.0", "nginx/1.27", ""};

        memcpy(s->rig.server, says[i], strlen(says[i]) + 1);
        um_unit_get(s->unit, "/config", on_done, s);
        fetch_rig_answer(&s->rig, 200, OLD);
        assert_string_equal(um_unit_version(s->unit), i == 0 ? "1.36.0" : "");
    }
    scene_free(s);
}

/* Whoever is gone is told no more; others are, and Unit is asked all the
 * same. */
static void test_who_is_gone_is_not_told(void **state)
{
    struct scene *s = scene_new();
    struct scene *other = scene_new();

    (void)state;
    put(s);
    um_unit_get(s->unit, "/status", on_done, other);
    um_unit_forget(s->unit, s);
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    fetch_rig_expect(&s->rig, "PUT", 200, "{}");
    fetch_rig_expect(&s->rig, "GET", 200, NEW);
    fetch_rig_expect(&s->rig, "GET", 200, "{}");
    assert_int_equal(s->told, 0);
    assert_int_equal(other->told, 1);
    scene_free(other);
    scene_free(s);
}

/* What was only to be read by who is gone is not; the others keep their turns,
 * and who comes next has one behind them. */
static void test_what_nobody_reads_is_not_asked(void **state)
{
    struct scene *s = scene_new();
    struct scene *other = scene_new();

    (void)state;
    um_unit_get(s->unit, "/1", on_done, other); /* in flight */
    for (unsigned i = 1; i < UM__CAP_UNIT_QUEUE; i++) {
        um_unit_get(s->unit, "/2", on_done, s);
    }
    um_unit_forget(s->unit, s);
    um_unit_get(s->unit, "/3", on_done, other);
    put(s);
    um_unit_forget(s->unit, s); /* the change is made all the same */
    um_unit_get(s->unit, "/4", on_done, other);
    fetch_rig_expect(&s->rig, "GET", 200, "{}");
    assert_non_null(strstr(fetch_rig_job(&s->rig)->url, "/3"));
    fetch_rig_expect(&s->rig, "GET", 200, "{}");
    fetch_rig_expect(&s->rig, "GET", 200, OLD);
    fetch_rig_expect(&s->rig, "PUT", 200, "{}");
    fetch_rig_expect(&s->rig, "GET", 200, NEW);
    assert_non_null(strstr(fetch_rig_job(&s->rig)->url, "/4"));
    fetch_rig_expect(&s->rig, "GET", 200, "{}");
    assert_null(fetch_rig_job(&s->rig));
    assert_int_equal(s->told, 0);
    assert_int_equal(other->told, 3);
    scene_free(other);
    scene_free(s);
}

static void test_the_end_while_it_waits(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    put(s);
    um_unit_get(s->unit, "/config", on_done, s);
    scene_free(s);
    s = scene_new();
    put_unanswered(s);
    fetch_rig_expect(&s->rig, "GET", 200, OLD); /* an alarm is set */
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_put_looks_puts_and_reads_back),
        cmocka_unit_test(test_a_put_after_a_look),
        cmocka_unit_test(test_who_is_told_that_it_was_taken),
        cmocka_unit_test(test_one_change_in_flight),
        cmocka_unit_test(test_silence_with_the_change),
        cmocka_unit_test(test_silence_without_the_change),
        cmocka_unit_test(test_silence_and_a_fresh_unit),
        cmocka_unit_test(test_silence_for_good),
        cmocka_unit_test(test_what_unit_says_on_one_line),
        cmocka_unit_test(test_an_absent_unit),
        cmocka_unit_test(test_a_configuration_above_the_cap),
        cmocka_unit_test(test_an_answer_above_the_cap),
        cmocka_unit_test(test_requests_beyond_the_queue),
        cmocka_unit_test(test_a_put_that_reads_in_pieces),
        cmocka_unit_test(test_a_silence_that_is_read_in_pieces),
        cmocka_unit_test(test_a_unit_that_hangs),
        cmocka_unit_test(test_other_changes),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_who_unit_is),
        cmocka_unit_test(test_who_is_gone_is_not_told),
        cmocka_unit_test(test_what_nobody_reads_is_not_asked),
        cmocka_unit_test(test_the_end_while_it_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
