/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* /config: what Unit answers, on a document; and what Unit has not. */
#include "control_rig.h"

#define BASE                                           \
    "{\"listeners\":{\"*:80\":{\"pass\":\"routes\"}}," \
    "\"routes\":[{\"action\":{\"return\":200}}]}"
#define DONE          "{\"success\":\"Reconfiguration done.\"}"
#define CHECK_OF_NODE "{\"error\":\"Invalid configuration.\",\"detail\":"

static void test_get(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    rig_ask(&r, "GET", "/config", "");
    rig_expect(&r, 200, BASE);
    assert_string_equal(rig_str(&r, r.out.etag), "\"r7.00ff\"");
    assert_string_equal(r.out.type, "application/json");
    rig_ask(&r, "GET", "/config/routes/0/action/return/", "");
    rig_expect(&r, 200, "200");
    rig_ask(&r, "GET", "/config/routes/1", "");
    rig_expect(&r, 404, "{\"error\":\"Value doesn't exist.\"}");
    assert_int_equal(r.out.etag.len, 0);
    /* as Unit prints it */
    rig_ask(&r, "GET", "/config/listeners", "");
    assert_string_equal(rig_str(&r, r.out.body),
                        "{\r\n\t\"*:80\": {\r\n\t\t\"pass\": \"routes\"\r\n\t}"
                        "\r\n}\r\n");
    rig_fini(&r);
}

static void test_put_keeps_order_and_text(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    rig_change(
        &r, "PUT", "/config/upstreams",
        " {\"u\": {\"servers\": {\"10.0.0.1:1\": {\"weight\": 1.50}}},}");
    assert_string_equal(rig_str(&r, r.out.summary),
                        "+ /base/upstreams: {\"u\":{\"servers\":{"
                        "\"10.0.0.1:1\":{\"weight\":1.50}}}}");
    rig_change(&r, "PUT", "/config/listeners/*:80",
               "{\"forwarded\":{\"source\":[],\"client_ip\":\"X\"},"
               "\"pass\":\"routes\"}");
    rig_change(&r, "POST", "/config/routes", "{\"action\":{\"return\":404}}");
    rig_change(&r, "DELETE", "/config/routes/0", "");
    assert_string_equal(
        rig_now(&r),
        "{\"base\":{\"listeners\":{\"*:80\":{\"forwarded\":{\"source\":[],"
        "\"client_ip\":\"X\"},\"pass\":\"routes\"}},\"routes\":[{\"action\":{"
        "\"return\":404}}],\"upstreams\":{\"u\":{\"servers\":{\"10.0.0.1:1\":{"
        "\"weight\":1.50}}}}}}");
    rig_change(&r, "DELETE", "/config", "");
    assert_string_equal(rig_now(&r), "{\"base\":{}}");
    rig_fini(&r);
}

/* The name of the new document is that of its bytes. */
static void test_hash(void **state)
{
    uint8_t hash[P2P_SHA256_BYTES];
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    rig_ask(&r, "PUT", "/config", "{}");
    assert_string_equal(rig_str(&r, r.out.document), "{\"base\":{}}");
    p2p_sha256("{\"base\":{}}", 11, hash);
    assert_memory_equal(r.out.hash, hash, sizeof hash);
    rig_fini(&r);
}

static void test_refused(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    rig_ask(&r, "PUT", "/config/listeners/*:80/pass", "\"applications/x\"");
    rig_expect(&r, 400,
               CHECK_OF_NODE
               "\"Request \\\"pass\\\" points to invalid location "
               "\\\"applications/x\\\".\",\"location\":{\"path\":"
               "\"/listeners/*:80/pass\"}}");
    rig_ask(&r, "PUT", "/config/nope/x", "{\n \"a\":}");
    rig_expect(&r, 400,
               "{\"error\":\"Invalid JSON.\",\"detail\":\"A valid JSON value "
               "is expected here.  It must be either a literal (null, true, or "
               "false), a number, a string (in double quotes \\\"\\\"), an "
               "array (with brackets []), or an object (with braces {}).\","
               "\"location\":{\"offset\":7,\"line\":2,\"column\":6}}");
    rig_ask(&r, "PUT", "/config/nope/x", "{}");
    rig_expect(&r, 404, "{\"error\":\"Value doesn't exist.\"}");
    rig_ask(&r, "POST", "/config/listeners", "{}");
    rig_expect(&r, 405, "{\"error\":\"Method isn't allowed.\"}");
    rig_ask(&r, "PUT", "/config", "[]");
    rig_expect(&r, 400,
               CHECK_OF_NODE
               "\"The configuration must be an object, but not "
               "an array.\",\"location\":{\"path\":\"\"}}");
    rig_ask(&r, "PUT", "/config/listeners/*:80", "{}");
    rig_expect(&r, 500, "{\"error\":\"Failed to apply new configuration.\"}");
    assert_string_equal(rig_now(&r), "{\"base\":" BASE "}");
    rig_fini(&r);
}

/* Unit 1.35 dies of it; here it is refused, and nothing dies. */
static void test_what_unit_would_not_survive(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    r.node.flavour = UM_STANDIN_UNIT;
    rig_ask(&r, "PUT", "/config/settings",
            "{\"http\":{\"compression\":{\"compressors\":{\"a\":1}}}}");
    rig_expect(&r, 400, CHECK_OF_NODE "\"Unit would not survive it.\"}");
    rig_ask(&r, "PUT", "/config/listeners/*:80/pass/x", "1");
    rig_expect(&r, 404, "{\"error\":\"Value doesn't exist.\"}");
    rig_fini(&r);
}

static void test_methods(void **state)
{
    static const char *const others[] = {"HEAD", "OPTIONS", "PATCH", "get",
                                         "TRACE"};
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        rig_ask(&r, others[i], "/config", "{}");
        rig_expect(&r, 405, "{\"error\":\"Method isn't allowed.\"}");
        assert_string_equal(r.out.allow, "GET, HEAD, PUT, POST, DELETE, PATCH");
        assert_non_null(strstr(r.out.accept_patch, "json-patch+json"));
    }
    rig_ask(&r, "POST", "/config", "{");
    assert_int_equal(r.out.kind, UM_CONTROL_ADOPT);
    assert_false(r.out.dry_run);
    rig_fini(&r);
}

static void test_json_patch(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    r.req.content_type = UM_STR("Application/JSON-Patch+json; charset=utf-8");
    rig_change(&r, "PATCH", "/config",
               "[{\"op\":\"test\",\"path\":\"/routes/0/action/return\","
               "\"value\":200.0},"
               "{\"op\":\"add\",\"path\":\"/routes/0\",\"value\":"
               "{\"action\":{\"return\":418}}},"
               "{\"op\":\"move\",\"from\":\"/listeners/*:80\",\"path\":"
               "\"/listeners/*:81\"}]");
    assert_string_equal(
        rig_now(&r),
        "{\"base\":{\"listeners\":{\"*:81\":{\"pass\":\"routes\"}},"
        "\"routes\":[{\"action\":{\"return\":418}},{\"action\":{\"return\":200}"
        "}]}}");
    assert_string_equal(rig_str(&r, r.out.summary),
                        "- /base/listeners/*:80: {\"pass\":\"routes\"} (and 2 "
                        "more)");
    /* below a path, pointers begin there */
    rig_change(&r, "PATCH", "/config/routes/1/action",
               "[{\"op\":\"replace\",\"path\":\"/return\",\"value\":201}]");
    rig_ask(&r, "PATCH", "/config/routes",
            "[{\"op\":\"remove\",\"path\":\"/0\"},"
            "{\"op\":\"test\",\"path\":\"/0/action/return\",\"value\":1}]");
    rig_expect(&r, 409,
               "{\"error\":\"The patch does not fit.\",\"detail\":\"The value "
               "is another one.\",\"location\":{\"path\":\"/1\",\"of\":"
               "\"patch\"}}");
    rig_ask(&r, "PATCH", "/config", "[{\"op\":\"remove\",\"path\":\"/x\"}]");
    assert_int_equal(r.out.status, 409);
    rig_ask(&r, "PATCH", "/config", "[{\"op\":\"jump\",\"path\":\"/x\"}]");
    rig_expect(&r, 400,
               "{\"error\":\"Invalid patch.\",\"detail\":\"There is no such "
               "operation.\",\"location\":{\"path\":\"/0\",\"of\":\"patch\"}}");
    rig_ask(&r, "PATCH", "/config/nope", "[]");
    assert_int_equal(r.out.status, 404);
    /* what comes of it is no configuration */
    rig_ask(&r, "PATCH", "/config",
            "[{\"op\":\"replace\",\"path\":\"\",\"value\":7}]");
    assert_int_equal(r.out.status, 400);
    rig_fini(&r);
}

static void test_merge_patch(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    r.req.content_type = UM_STR("application/merge-patch+json");
    rig_change(&r, "PATCH", "/config",
               "{\"listeners\":{\"*:80\":null,\"*:81\":{\"pass\":\"routes\"}},"
               "\"settings\":{\"listen_threads\":2}}");
    assert_string_equal(
        rig_now(&r),
        "{\"base\":{\"listeners\":{\"*:81\":{\"pass\":\"routes\"}},"
        "\"routes\":[{\"action\":{\"return\":200}}],"
        "\"settings\":{\"listen_threads\":2}}}");
    rig_change(&r, "PATCH", "/config/settings", "{\"listen_threads\":3}");
    rig_ask(&r, "PATCH", "/config", "{\"routes\":null}");
    assert_int_equal(r.out.status, 400);
    rig_ask(&r, "PATCH", "/config/nope", "{}");
    assert_int_equal(r.out.status, 404);
    rig_fini(&r);
}

/* 200 as from Unit, but there is nothing to keep. */
static void test_unchanged(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    rig_ask(&r, "PUT", "/config/routes",
            " [ {\"action\": {\"return\": 200}} ]");
    rig_expect(&r, 200, DONE);
    assert_true(r.out.unchanged);
    assert_null(r.out.document.p);
    /* another order, or another text of a number, is a change */
    rig_ask(&r, "PUT", "/config/routes", "[{\"action\":{\"return\":200.0}}]");
    assert_false(r.out.unchanged);
    rig_change(&r, "PUT", "/config",
               "{\"routes\":[{\"action\":{\"return\":200}}],"
               "\"listeners\":{\"*:80\":{\"pass\":\"routes\"}}}");
    assert_string_equal(rig_str(&r, r.out.summary),
                        "% /base: order \"listeners\", \"routes\" -> "
                        "\"routes\", \"listeners\"");
    rig_fini(&r);
}

static void test_dry_run(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    r.req.dry_run = true;
    rig_ask(&r, "PUT", "/config/routes/0/action/return", "204");
    rig_expect(&r, 200,
               "{\"success\":\"Nothing was changed: this was a dry run.\","
               "\"changes\":[\"~ /base/routes/0/action/return: 200 -> 204\"]}");
    assert_int_equal(r.out.kind, UM_CONTROL_ANSWER);
    assert_true(r.out.dry_run);
    assert_true(r.out.document.len > 0);
    rig_ask(&r, "PUT", "/config/routes/0/action/return", "2000");
    assert_int_equal(r.out.status, 400);
    rig_ask(&r, "PUT", "/config/routes/0/action/return", "200");
    rig_expect(&r, 200,
               "{\"success\":\"Nothing was changed: this was a dry run.\","
               "\"changes\":[]}");
    rig_ask(&r, "POST", "/config", "");
    assert_int_equal(r.out.kind, UM_CONTROL_ADOPT);
    assert_true(r.out.dry_run);
    rig_fini(&r);
}

/* Whoever does not know what is there does not say that it is not. */
static void test_modules(void **state)
{
    static const char app[] =
        "{\"a\":{\"type\":\"python 9\",\"module\":\"m\"}}";
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    assert_int_equal(rig_ask(&r, "PUT", "/config/applications", app), 200);
    r.node.modules_json = "{\"python\":{\"version\":\"3.11\"}}";
    assert_int_equal(rig_ask(&r, "PUT", "/config/applications", app), 400);
    r.node.modules_json = "{\"python\":{\"version\":\"9.1\"}}";
    assert_int_equal(rig_ask(&r, "PUT", "/config/applications", app), 200);
    /* nobody runs it here, so nobody checks it here */
    r.node.modules_json = "{}";
    assert_int_equal(rig_ask(&r, "PUT", "/config/applications", app), 400);
    r.state.node = NULL;
    assert_int_equal(rig_ask(&r, "PUT", "/config/applications", app), 200);
    assert_int_equal(rig_ask(&r, "PUT", "/config", "7"), 400);
    assert_int_equal(rig_ask(&r, "GET", "/config", ""), 200);
    r.req.effective = true;
    assert_int_equal(rig_ask(&r, "GET", "/config", ""), 404);
    rig_fini(&r);
}

static void test_too_large(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":" BASE "}");
    um_buf_fill(&b, ' ', UM__CAP_DOC_BYTES);
    um_buf_text(&b, "{}");
    um_buf_byte(&b, '\0');
    rig_ask(&r, "PUT", "/config", b.p);
    rig_expect(&r, 413, "{\"error\":\"The document is too large.\"}");
    /* 99 levels are a base; in its document they are 100 */
    um_buf_clear(&b);
    um_buf_fill(&b, '[', 99);
    um_buf_fill(&b, ']', 99);
    um_buf_byte(&b, '\0');
    rig_ask(&r, "PUT", "/config/x", b.p);
    rig_expect(&r, 413, "{\"error\":\"The document is too large.\"}");
    um_buf_fini(&b);
    rig_fini(&r);
}

static void test_elsewhere(void **state)
{
    static const char *const paths[] = {"/",
                                        "/status",
                                        "/status/requests",
                                        "/control/x",
                                        "/configx",
                                        "/mesh/status",
                                        "/mesh",
                                        "/mesh/overlaysx",
                                        "/Config",
                                        "/config/../status"};
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    r.req.message = UM_STR("\x01");
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        rig_ask(&r, "GET", paths[i], "");
        assert_int_equal(r.out.kind, UM_CONTROL_ELSEWHERE);
    }
    r.req.message = um_str_n(NULL, 0);
    assert_int_equal(rig_ask(&r, "GET", "/status/../%63onfig//?x=1", ""), 200);
    assert_int_equal(rig_ask(&r, "GET", "/config#x", ""), 200);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_put_keeps_order_and_text),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_what_unit_would_not_survive),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_json_patch),
        cmocka_unit_test(test_merge_patch),
        cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
