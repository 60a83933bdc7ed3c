/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Changes of the configuration, the queue of them, and what is kept. */
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "unit_rig.h"

#define DONE "{\r\n\t\"success\": \"Reconfiguration done.\"\r\n}\r\n"
#define FAILED \
    "{\r\n\t\"error\": \"Failed to apply new configuration.\"\r\n}\r\n"
#define DEFAULT_FILE "{\"listeners\":{},\"routes\":[],\"applications\":{}}"

static struct rig *rig_of(void **state)
{
    return *state;
}

static int setup(void **state)
{
    struct rig *r = malloc(sizeof(*r));

    rig_init(r);
    rig_start(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_fini(rig_of(state));
    free(*state);
    return 0;
}

static void put(struct rig *r, const char *path, const char *body,
                const char *answer)
{
    assert_string_equal(rig_body(r, "PUT", path, body), answer);
}

static void kept(struct rig *r, const char *want)
{
    const char *have = rig_load(r, "conf.json");

    if (want == NULL)
        assert_null(have);
    else
        assert_string_equal(have, want);
}

static void test_every_change_is_kept(void **state)
{
    struct rig *r = rig_of(state);

    kept(r, NULL);
    put(r, "/config/routes", "[{\"action\": {\"return\": 204}}]", DONE);
    kept(r,
         "{\"listeners\":{},\"routes\":[{\"action\":{\"return\":204}}],"
         "\"applications\":{}}");
    assert_string_equal(rig_body(r, "POST", "/config/routes",
                                 "{\"action\": {\"return\": 1.0}}"),
                        DONE);
    assert_string_equal(
        rig_body(r, "GET", "/config/routes/1/action/return", NULL), "1.0\r\n");
    assert_string_equal(rig_body(r, "DELETE", "/config/routes/0", NULL), DONE);
    kept(r,
         "{\"listeners\":{},\"routes\":[{\"action\":{\"return\":1.0}}],"
         "\"applications\":{}}");
    assert_string_equal(rig_body(r, "DELETE", "/config", NULL), DONE);
    kept(r, "{}");
    assert_string_equal(rig_body(r, "GET", "/config", NULL), "{}\r\n");
}

static void test_a_refused_change_leaves_everything(void **state)
{
    struct rig *r = rig_of(state);

    put(r, "/config/routes", "[]", DONE);
    assert_int_equal(rig_status(r, "PUT", "/config/routes", "[1]"), 400);
    assert_string_equal(rig_body(r, "PUT", "/config", "{\n \"a\" 1}"),
                        "{\r\n"
                        "\t\"error\": \"Invalid JSON.\",\r\n"
                        "\t\"detail\": \"A colon (:) is expected here.  There "
                        "must be a colon after a JSON member name.\",\r\n"
                        "\t\"location\": {\r\n"
                        "\t\t\"offset\": 7,\r\n"
                        "\t\t\"line\": 2,\r\n"
                        "\t\t\"column\": 6\r\n"
                        "\t}\r\n"
                        "}\r\n");
    assert_string_equal(rig_body(r, "PUT", "/config", "{\"a\": 1}"),
                        "{\r\n"
                        "\t\"error\": \"Invalid configuration.\",\r\n"
                        "\t\"detail\": \"Unknown parameter \\\"a\\\".\"\r\n"
                        "}\r\n");
    kept(r, DEFAULT_FILE);
}

static void test_freeunit_says_where_and_what(void **state)
{
    struct rig *r = rig_of(state);

    um_standin_free(r->s);
    r->cfg.flavour = UM_STANDIN_FREEUNIT;
    rig_start(r);
    assert_string_equal(
        rig_body(r, "PUT", "/config/routes", "[{\"actoin\": {}}]"),
        "{\r\n"
        "\t\"error\": \"Invalid configuration.\",\r\n"
        "\t\"detail\": \"Unknown parameter \\\"actoin\\\".\",\r\n"
        "\t\"location\": {\r\n"
        "\t\t\"path\": \"/routes/0\"\r\n"
        "\t},\r\n"
        "\r\n"
        "\t\"suggestion\": \"action\"\r\n"
        "}\r\n");
}

static void test_a_byte_order_mark_is_fine(void **state)
{
    put(rig_of(state), "/config", "\xef\xbb\xbf{}", DONE);
}

static void test_listeners_open_and_close(void **state)
{
    struct rig *r = rig_of(state);

    put(r, "/config/listeners", "{\"*:80\": {\"pass\": \"routes\"}}", DONE);
    assert_true(rig_is_open(r, "*:80"));
    /* the same socket by another name is not opened again */
    put(r, "/config/listeners", "{\"0.0.0.0:80\": {\"pass\": \"routes\"}}",
        DONE);
    assert_int_equal(r->binds, 1);
    put(r, "/config/listeners",
        "{\"*:80\": {\"pass\": \"routes\"}, \"*:81\": {\"pass\": \"routes\"}}",
        DONE);
    assert_int_equal(r->binds, 2);
    put(r, "/config/listeners", "{\"*:81\": {\"pass\": \"routes\"}}", DONE);
    assert_false(rig_is_open(r, "*:80"));
    assert_true(rig_is_open(r, "*:81"));
}

static void test_a_port_that_is_taken(void **state)
{
    struct rig *r = rig_of(state);

    rig_take(r, "*:81");
    put(r, "/config/listeners", "{\"*:80\": {\"pass\": \"routes\"}}", DONE);
    put(r, "/config/listeners",
        "{\"*:82\": {\"pass\": \"routes\"}, \"*:81\": {\"pass\": \"routes\"}}",
        FAILED);
    /* all is as it was */
    assert_true(rig_is_open(r, "*:80"));
    assert_false(rig_is_open(r, "*:82"));
    assert_non_null(strstr(rig_load(r, "conf.json"), "*:80"));
}

static void test_what_passes_the_checker_and_not_the_router(void **state)
{
    struct rig *r = rig_of(state);

    put(r, "/config/routes", "[{}]", FAILED);
    put(r, "/config/routes", "{\"a\": [{\"match\": {}}]}", FAILED);
    put(r, "/config/listeners", "{\"*:80\": {}}", FAILED);
    put(r, "/config/access_log", "\"/missing/log\"", FAILED);
    put(r, "/config/access_log", "{\"path\": \"/missing/log\"}", FAILED);
    put(r, "/config/access_log", "\"/log\"", DONE);
    /* one that is open is not opened again */
    assert_int_equal(r->logs, 3);
    put(r, "/config/access_log", "{\"path\": \"/log\"}", DONE);
    assert_int_equal(r->logs, 3);
    put(r, "/config/access_log", "\"/other\"", DONE);
    assert_int_equal(r->logs, 4);
}

#define APP(name, more) \
    "\"" name "\": {\"type\": \"external\", \"executable\": \"x\"" more "}"

static void test_only_changed_applications_start(void **state)
{
    struct rig *r = rig_of(state);

    put(r, "/config/applications", "{" APP("a", "") ", " APP("b", "") "}",
        DONE);
    assert_int_equal(r->starts, 2);
    put(r, "/config/applications",
        "{" APP("a", "") ", " APP("b", ", \"user\": \"u\"") "}", DONE);
    assert_int_equal(r->starts, 3);
    put(r, "/config/routes", "[]", DONE);
    assert_int_equal(r->starts, 3);
    /* the same members in another order are a change */
    put(r, "/config/applications/a",
        "{\"executable\": \"x\", \"type\": \"external\"}", DONE);
    assert_int_equal(r->starts, 4);
    /* nothing starts before it is asked for if nothing is to be spare */
    put(r, "/config/applications/c",
        "{\"type\": \"external\", \"executable\": \"x\", \"processes\": {}}",
        DONE);
    assert_int_equal(r->starts, 4);
}

static void test_members_put_into_scalars(void **state)
{
    struct rig *r = rig_of(state);
    const char *const conf =
        "{\"listeners\": {\"*:80\": {\"pass\": "
        "\"routes\"}}, \"routes\": [], \"access_log\": "
        "\"/a/path/of/more/than/14\"}";

    put(r, "/config", conf, DONE);
    assert_int_equal(rig_status(r, "PUT", "/config/access_log/x", "1"), 500);
    assert_non_null(strstr(r->answer, "Memory allocation failed."));
    /* the process dies of this, and comes back with what was kept */
    assert_string_equal(
        rig_ask(r, "PUT", "/config/listeners/%2A:80/pass/x", "1"), "");
    assert_true(r->closed);
    assert_int_equal(rig_status(r, "GET", "/config/listeners/*:80", NULL), 200);
}

/* The answer of one request while another is carried out. */
struct pair {
    struct um_standin_conn *first;
    struct um_standin_conn *second;
};

static struct um_standin_conn *begin(struct rig *r, const char *request)
{
    struct um_standin_conn *c = rig_connect(r);

    rig_send(r, c, request, strlen(request), CHUNK_ALL);
    return c;
}

static void test_a_slow_apply(void **state)
{
    struct rig *r = rig_of(state);
    struct pair p;

    um_standin_faults(r->s)->apply_delay_ns = 2000000000;
    p.first = begin(r,
                    "PUT /config/listeners HTTP/1.1\r\n\r\n"
                    "{\"*:80\": {\"pass\": \"routes\"}}");
    assert_null(um_standin_next(r->s));
    assert_false(rig_is_open(r, "*:80"));
    /* reading answers at once, and the old one */
    assert_string_equal(rig_body(r, "GET", "/config/listeners", NULL),
                        "{}\r\n");
    /* what asks the router waits, in order */
    p.second = begin(r, "GET /status/requests HTTP/1.1\r\n\r\n");
    assert_null(um_standin_next(r->s));
    assert_int_equal(um_standin_deadline(r->s), r->now.mono_ns + 2000000000);
    rig_wait_ms(r, 1999);
    assert_null(um_standin_next(r->s));
    rig_wait_ms(r, 1);
    assert_true(rig_take_answer(r, p.first));
    assert_non_null(strstr(r->answer, "Reconfiguration done."));
    assert_true(rig_take_answer(r, p.second));
    assert_non_null(strstr(r->answer, "\"total\": 0"));
    assert_true(rig_is_open(r, "*:80"));
    assert_int_equal(um_standin_deadline(r->s), UM_STANDIN_NEVER);
}

static void test_changes_wait_for_each_other(void **state)
{
    struct rig *r = rig_of(state);
    struct um_standin_conn *c[3];

    um_standin_faults(r->s)->apply_delay_ns = 1000000;
    c[0] = begin(r, "PUT /config/routes HTTP/1.1\r\n\r\n[]");
    c[1] = begin(r,
                 "POST /config/routes HTTP/1.1\r\n\r\n"
                 "{\"action\": {\"return\": 1}}");
    c[2] = begin(r,
                 "POST /config/routes HTTP/1.1\r\n\r\n"
                 "{\"action\": {\"return\": 2}}");
    for (size_t i = 0; i < 3; i++) {
        assert_null(um_standin_next(r->s));
        rig_wait_ms(r, 1);
        assert_true(rig_take_answer(r, c[i]));
        assert_non_null(strstr(r->answer, "Reconfiguration done."));
    }
    assert_string_equal(
        rig_body(r, "GET", "/config/routes/1/action/return", NULL), "2\r\n");
}

/* Everything behind / waits too, certificates do not. */
static void test_what_waits(void **state)
{
    static const struct {
        const char *request;
        bool waits;
    } rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", true},
        {"GET /status HTTP/1.1\r\n\r\n", true},
        {"GET /control/applications/a/restart HTTP/1.1\r\n\r\n", true},
        {"DELETE /config/routes HTTP/1.1\r\n\r\n", true},
        {"GET /config/routes HTTP/1.1\r\n\r\n", false},
        {"PUT /status HTTP/1.1\r\n\r\n", false},
        {"GET /certificates HTTP/1.1\r\n\r\n", false},
        {"GET /nowhere HTTP/1.1\r\n\r\n", false},
        {"PATCH /config HTTP/1.1\r\n\r\n", false},
    };
    struct rig *r = rig_of(state);

    um_standin_faults(r->s)->apply_delay_ns = 1000000;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pair p;

        p.first = begin(r, "PUT /config HTTP/1.1\r\n\r\n{}");
        p.second = begin(r, rows[i].request);
        if (rig_take_answer(r, p.second) == rows[i].waits)
            fail_msg("%s", rows[i].request);
        rig_wait_ms(r, 1);
        assert_true(rig_take_answer(r, p.first));
        if (rows[i].waits && !rig_take_answer(r, p.second)) {
            rig_wait_ms(r, 1); /* it was a change itself */
            assert_true(rig_take_answer(r, p.second));
        }
    }
}

static void test_a_client_that_leaves(void **state)
{
    struct rig *r = rig_of(state);
    struct pair p;

    um_standin_faults(r->s)->apply_delay_ns = 1000000;
    p.first = begin(r, "PUT /config/routes HTTP/1.1\r\n\r\n[]");
    p.second = begin(r,
                     "POST /config/routes HTTP/1.1\r\n\r\n"
                     "{\"action\": {\"return\": 7}}");
    um_standin_hangup(p.first);
    um_standin_hangup(p.second);
    rig_wait_ms(r, 1);
    rig_wait_ms(r, 1);
    assert_null(um_standin_next(r->s));
    assert_string_equal(
        rig_body(r, "GET", "/config/routes/0/action/return", NULL), "7\r\n");
}

static void test_restart_applications(void **state)
{
    struct rig *r = rig_of(state);
    const char *const path = "/control/applications/a/restart";

    assert_int_equal(rig_status(r, "GET", path, NULL), 404);
    put(r, "/config/applications", "{" APP("a", "") "}", DONE);
    assert_string_equal(rig_body(r, "GET", path, NULL),
                        "{\r\n\t\"success\": \"Ok\"\r\n}\r\n");
    assert_int_equal(rig_status(r, "PUT", path, NULL), 405);
    assert_int_equal(
        rig_status(r, "GET", "/control/applications/b/restart", NULL), 404);
    assert_int_equal(rig_status(r, "GET", "/control/applications/a", NULL),
                     404);
}

static void test_status(void **state)
{
    struct rig *r = rig_of(state);
    struct um_standin_traffic *t = um_standin_traffic(r->s);

    *t = (struct um_standin_traffic){7, 2, 3, 12};
    put(r, "/config/applications", "{" APP("a", ", \"processes\": 3") "}",
        DONE);
    assert_string_equal(rig_body(r, "GET", "/status", NULL),
                        "{\r\n"
                        "\t\"modules\": {},\r\n"
                        "\t\"connections\": {\r\n"
                        "\t\t\"accepted\": 7,\r\n"
                        "\t\t\"active\": 2,\r\n"
                        "\t\t\"idle\": 2,\r\n"
                        "\t\t\"closed\": 3\r\n"
                        "\t},\r\n"
                        "\r\n"
                        "\t\"requests\": {\r\n"
                        "\t\t\"total\": 12\r\n"
                        "\t},\r\n"
                        "\r\n"
                        "\t\"applications\": {\r\n"
                        "\t\t\"a\": {\r\n"
                        "\t\t\t\"processes\": {\r\n"
                        "\t\t\t\t\"running\": 3,\r\n"
                        "\t\t\t\t\"starting\": 0,\r\n"
                        "\t\t\t\t\"idle\": 3\r\n"
                        "\t\t\t},\r\n"
                        "\r\n"
                        "\t\t\t\"requests\": {\r\n"
                        "\t\t\t\t\"active\": 0\r\n"
                        "\t\t\t}\r\n"
                        "\t\t}\r\n"
                        "\t}\r\n"
                        "}\r\n");
    assert_string_equal(
        rig_body(r, "GET", "/status/applications/a/processes/running", NULL),
        "3\r\n");
    assert_string_equal(rig_body(r, "GET", "/status/x", NULL),
                        "{\r\n\t\"error\": \"Invalid path.\"\r\n}\r\n");
}

static void test_everything_at_once(void **state)
{
    const char *body = rig_body(rig_of(state), "GET", "/", NULL);

    assert_non_null(strstr(body,
                           "{\r\n\t\"certificates\": {},\r\n"
                           "\t\"config\": {\r\n"));
    assert_non_null(strstr(body, "\t},\r\n\r\n\t\"status\": {\r\n"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_change_is_kept),
        TEST(test_a_refused_change_leaves_everything),
        TEST(test_freeunit_says_where_and_what),
        TEST(test_a_byte_order_mark_is_fine),
        TEST(test_listeners_open_and_close),
        TEST(test_a_port_that_is_taken),
        TEST(test_what_passes_the_checker_and_not_the_router),
        TEST(test_only_changed_applications_start),
        TEST(test_members_put_into_scalars),
        TEST(test_a_slow_apply),
        TEST(test_changes_wait_for_each_other),
        TEST(test_what_waits),
        TEST(test_a_client_that_leaves),
        TEST(test_restart_applications),
        TEST(test_status),
        TEST(test_everything_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
