/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Restarts, crashes and the other failures on request. */
#include <stdlib.h>
#include <string.h>

#include "mesh/standin/faults.h"
#include "p2p/err.h"
#include "unit.h"
#include "unit_rig.h"

#define DONE "{\r\n\t\"success\": \"Reconfiguration done.\"\r\n}\r\n"
#define DEFAULT                                          \
    "{\r\n\t\"listeners\": {},\r\n\t\"routes\": [],\r\n" \
    "\t\"applications\": {}\r\n}\r\n"
#define LISTEN "{\"*:80\": {\"pass\": \"routes\"}}"

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

static void fault(struct rig *r, const char *text)
{
    assert_int_equal(um_sfaults_set(um_standin_faults(r->s), text), 0);
}

static void conf_is(struct rig *r, const char *want)
{
    assert_string_equal(rig_body(r, "GET", "/config", NULL), want);
}

/* A new process on the same files. */
static void again(struct rig *r)
{
    um_standin_free(r->s);
    rig_start(r);
}

static void listen_on_80(struct rig *r)
{
    assert_string_equal(rig_body(r, "PUT", "/config/listeners", LISTEN), DONE);
}

static void test_a_new_process_reads_what_was_kept(void **state)
{
    struct rig *r = rig_of(state);

    listen_on_80(r);
    again(r);
    assert_true(rig_is_open(r, "*:80"));
    assert_int_equal(rig_status(r, "GET", "/config/listeners/*:80", NULL), 200);
}

/* Whatever is wrong with the file, it stays as it is. */
static void default_for(struct rig *r, const char *file)
{
    rig_save(r, "conf.json", file);
    again(r);
    conf_is(r, DEFAULT);
    assert_string_equal(rig_load(r, "conf.json"), file);
}

static void test_files_that_are_no_configuration(void **state)
{
    struct rig *r = rig_of(state);

    default_for(r, "");
    default_for(r, "{");
    default_for(r, "[]");
    default_for(r, "{\"unknown\":1}");
    default_for(r, "{\"routes\":[{}]}");
    default_for(r, "{\"listeners\":{\"*:80\":{\"pass\":\"routes/x\"}}}");
}

static void test_a_port_that_is_taken_at_the_start(void **state)
{
    struct rig *r = rig_of(state);

    listen_on_80(r);
    um_standin_free(r->s);
    rig_take(r, "*:80");
    rig_start(r);
    conf_is(r, DEFAULT);
    assert_non_null(strstr(rig_load(r, "conf.json"), "*:80"));
    /* the next change is kept, be it as small as it may */
    assert_string_equal(rig_body(r, "PUT", "/config/routes", "[]"), DONE);
    assert_null(strstr(rig_load(r, "conf.json"), "*:80"));
}

static void test_restarts(void **state)
{
    struct rig *r = rig_of(state);
    struct um_standin_conn *c = rig_connect(r);

    listen_on_80(r);
    um_standin_traffic(r->s)->requests = 9;
    um_standin_restart(r->s, UM_STANDIN_RESTART_PLAIN, &r->now);
    assert_true(rig_take_answer(r, c)); /* is cut */
    assert_int_equal(r->answer_len, 0);
    assert_true(rig_is_open(r, "*:80"));
    assert_string_equal(rig_body(r, "GET", "/status/requests/total", NULL),
                        "0\r\n");
    um_standin_restart(r->s, UM_STANDIN_RESTART_DEFAULT, &r->now);
    conf_is(r, DEFAULT);
    assert_false(rig_is_open(r, "*:80"));
    assert_non_null(strstr(rig_load(r, "conf.json"), "*:80"));
    um_standin_restart(r->s, UM_STANDIN_RESTART_PLAIN, &r->now);
    assert_true(rig_is_open(r, "*:80"));
    um_standin_restart(r->s, UM_STANDIN_RESTART_EMPTY_FILE, &r->now);
    conf_is(r, DEFAULT);
    assert_string_equal(rig_load(r, "conf.json"), "");
}

static void test_restart_during_an_apply(void **state)
{
    static const char put[] = "PUT /config/listeners HTTP/1.1\r\n\r\n" LISTEN;
    struct rig *r = rig_of(state);
    struct um_standin_conn *a = rig_connect(r);
    struct um_standin_conn *b = rig_connect(r);

    fault(r, "apply-delay=1000");
    rig_send(r, a, put, sizeof(put) - 1, CHUNK_ALL);
    rig_send(r, b, put, sizeof(put) - 1, CHUNK_ALL);
    um_standin_restart(r->s, UM_STANDIN_RESTART_PLAIN, &r->now);
    assert_true(rig_take_answer(r, a));
    assert_true(rig_take_answer(r, b));
    assert_int_equal(r->answer_len, 0);
    assert_int_equal(um_standin_deadline(r->s), UM_STANDIN_NEVER);
    conf_is(r, DEFAULT);
}

static void dies(struct rig *r, const char *body)
{
    assert_string_equal(rig_ask(r, "PUT", "/config/routes", body), "");
    assert_true(r->closed);
}

static void test_crashes(void **state)
{
    struct rig *r = rig_of(state);

    fault(r, "crash-applied");
    dies(r, "[{\"action\": {\"return\": 1}}]");
    assert_int_equal(rig_status(r, "GET", "/config/routes/0", NULL), 200);
    fault(r, "crash-lost=2");
    dies(r, "[]");
    dies(r, "[]");
    assert_int_equal(rig_status(r, "GET", "/config/routes/0", NULL), 200);
    assert_int_equal(rig_status(r, "PUT", "/config/routes", "[]"), 200);
}

static void test_a_crash_cuts_everybody(void **state)
{
    static const char put[] = "PUT /config HTTP/1.1\r\n\r\n{}";
    struct rig *r = rig_of(state);
    struct um_standin_conn *c[3];

    fault(r, "apply-delay=1000");
    fault(r, "crash-on-concurrency");
    for (size_t i = 0; i < 3; i++) {
        assert_null(um_standin_next(r->s));
        c[i] = rig_connect(r);
        rig_send(r, c[i], put, sizeof(put) - 1, CHUNK_ALL);
    }
    for (size_t i = 0; i < 3; i++) {
        struct um_standin_conn *one = um_standin_next(r->s);

        assert_non_null(one);
        assert_int_equal(um_standin_tx(one).len, 0);
        um_standin_hangup(one);
    }
    conf_is(r, DEFAULT);
}

static void test_depth_kills_the_process(void **state)
{
    struct rig *r = rig_of(state);
    struct um_buf b = UM_BUF_INIT;

    um_buf_fill(&b, '[', 20001);
    um_buf_byte(&b, '\0');
    listen_on_80(r);
    assert_string_equal(rig_ask(r, "PUT", "/config", b.p), "");
    assert_true(r->closed);
    assert_true(rig_is_open(r, "*:80"));
    um_buf_fini(&b);
}

static void test_refused_listeners_and_applications(void **state)
{
    static const char app[] =
        "{\"a\": {\"type\": \"external\", \"executable\": \"x\"}}";
    struct rig *r = rig_of(state);

    fault(r, "refuse-listener=*:80");
    assert_int_equal(rig_status(r, "PUT", "/config/listeners", LISTEN), 500);
    assert_int_equal(r->binds, 0);
    fault(r, "refuse-app=x");
    assert_int_equal(rig_status(r, "PUT", "/config/applications", app), 500);
    assert_int_equal(r->starts, 0);
    fault(r, "none");
    listen_on_80(r);
    fault(r, "refuse-app=a");
    assert_int_equal(rig_status(r, "PUT", "/config/applications", app), 500);
    fault(r, "none");
    assert_int_equal(rig_status(r, "PUT", "/config/applications", app), 200);
}

static void test_a_listener_that_stays_taken(void **state)
{
    struct rig *r = rig_of(state);

    fault(r, "readd-busy=500");
    listen_on_80(r);
    assert_int_equal(rig_status(r, "PUT", "/config/listeners", "{}"), 200);
    assert_int_equal(rig_status(r, "PUT", "/config/listeners", LISTEN), 500);
    assert_int_equal(um_standin_deadline(r->s), r->now.mono_ns + 500000000);
    rig_wait_ms(r, 499);
    assert_int_equal(rig_status(r, "PUT", "/config/listeners", LISTEN), 500);
    rig_wait_ms(r, 1);
    listen_on_80(r);
}

static size_t body_sent(struct rig *r, bool is_unix)
{
    const struct um_standin_peer peer = {.is_unix = is_unix};
    struct um_standin_conn *c = um_standin_accept(r->s, &peer, &r->now);

    rig_send(r, c, "GET /config HTTP/1.1\r\n\r\n", 24, CHUNK_ALL);
    assert_true(rig_take_answer(r, c));
    assert_non_null(strstr(r->answer, "Content-Length: 62\r\n"));
    return strlen(strstr(r->answer, "\r\n\r\n") + 4);
}

/* Long answers are cut; their length is not. */
static void test_truncated_answers(void **state)
{
    struct rig *r = rig_of(state);

    assert_int_equal(body_sent(r, true), 62);
    fault(r, "truncate-unix=20");
    assert_int_equal(body_sent(r, true), 20);
    assert_int_equal(body_sent(r, false), 62);
    fault(r, "truncate-tcp=61");
    assert_int_equal(body_sent(r, false), 61);
    fault(r, "truncate-unix=62");
    assert_int_equal(body_sent(r, true), 62);
    /* what is no GET is not */
    fault(r, "truncate-tcp=5");
    assert_string_equal(rig_body(r, "PUT", "/config/routes", "[]"), DONE);
}

static void test_a_mute_process(void **state)
{
    struct rig *r = rig_of(state);

    fault(r, "mute");
    assert_string_equal(rig_ask(r, "GET", "/config", NULL), "");
    assert_false(r->closed);
    fault(r, "mute=0");
    assert_int_equal(rig_status(r, "GET", "/config", NULL), 200);
}

static void test_peers_that_are_refused(void **state)
{
    const struct um_standin_peer root = {.is_unix = true, .uid = 0};
    struct rig *r = rig_of(state);

    fault(r, "refuse-uid");
    assert_null(um_standin_accept(r->s, &root, &r->now));
    assert_int_equal(rig_status(r, "GET", "/config", NULL), 200);
}

static void test_little_memory(void **state)
{
    struct rig *r = rig_of(state);

    fault(r, "memory=1500");
    rig_raw(r, "PUT /config HTTP/1.1\r\nContent-Length: 1501\r\n\r\n");
    assert_false(r->closed);
    assert_int_equal(r->answer_len, 0);
}

static void test_names_of_faults(void **state)
{
    static const char *const bad[] = {
        "",
        "nonsense",
        "apply-delay",
        "apply-delay=x",
        "memory=-1",
        "refuse-listener",
        "crash-lost=x",
        "readd-busy=18446744073709551615",
    };
    struct um_standin_faults f;
    char text[256];

    (void)state;
    memset(&f, 0, sizeof(f));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(um_sfaults_set(&f, bad[i]), P2P_EINVAL);
    assert_int_equal(um_sfaults_set(&f, "apply-delay=7"), 0);
    assert_int_equal(f.apply_delay_ns, 7000000);
    assert_int_equal(um_sfaults_set(&f, "crash-lost"), 0);
    assert_int_equal(f.crash_count, 1);
    assert_int_equal(um_sfaults_set(&f, "truncate-unix"), 0);
    assert_int_equal(f.truncate_unix_bytes, 219111);
    assert_int_equal(um_sfaults_set(&f, "truncate-tcp"), 0);
    assert_int_equal(f.truncate_tcp_bytes, 3919717);
    assert_int_equal(um_sfaults_set(&f, "crash-on-concurrency"), 0);
    assert_int_equal(f.crash_concurrency, 3);
    for (unsigned i = 0; i < UM_STANDIN_FAULT_NAMES; i++)
        assert_int_equal(um_sfaults_set(&f, "refuse-app=a=b"), 0);
    assert_string_equal(f.refuse_apps.name[0], "a=b");
    assert_int_equal(um_sfaults_set(&f, "refuse-app=c"), P2P_EINVAL);
    assert_int_equal(um_sfaults_set(&f, "none"), 0);
    assert_int_equal(f.refuse_apps.count, 0);
    strcpy(text, "refuse-listener=");
    memset(text + 16, 'n', UM_STANDIN_FAULT_NAME_MAX);
    text[16 + UM_STANDIN_FAULT_NAME_MAX] = '\0';
    assert_int_equal(um_sfaults_set(&f, text), P2P_EINVAL);
    text[15 + UM_STANDIN_FAULT_NAME_MAX] = '\0';
    assert_int_equal(um_sfaults_set(&f, text), 0);
}

/* Each name of the help is one that is taken. */
static void test_the_help_names_what_there_is(void **state)
{
    const char *line = um_sfaults_help();
    struct um_standin_faults f;
    unsigned n = 0;

    (void)state;
    memset(&f, 0, sizeof(f));
    for (; *line != '\0'; line = strchr(line, '\n') + 1, n++) {
        char text[64];
        size_t len = strcspn(line, " [=");

        memcpy(text, line, len);
        strcpy(text + len, line[len] == '=' ? "=1" : "");
        if (um_sfaults_set(&f, text) != 0)
            fail_msg("%s", text);
    }
    assert_int_equal(n, 13);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_process_reads_what_was_kept),
        TEST(test_files_that_are_no_configuration),
        TEST(test_a_port_that_is_taken_at_the_start),
        TEST(test_restarts),
        TEST(test_restart_during_an_apply),
        TEST(test_crashes),
        TEST(test_a_crash_cuts_everybody),
        TEST(test_depth_kills_the_process),
        TEST(test_refused_listeners_and_applications),
        TEST(test_a_listener_that_stays_taken),
        TEST(test_truncated_answers),
        TEST(test_a_mute_process),
        TEST(test_peers_that_are_refused),
        TEST(test_little_memory),
        cmocka_unit_test(test_names_of_faults),
        cmocka_unit_test(test_the_help_names_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
