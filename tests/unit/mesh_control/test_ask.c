/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What else a request says: problems, messages, keys, paths. */
#include "control_rig.h"

static void test_problems(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{\"routes\":[]}}");
    r.req.accept = UM_STR(
        "application/json;q=0.5, "
        "Application/problem+json ; q=0.9");
    rig_ask(&r, "PUT", "/config/routes", "[\n{\"a\":}]");
    assert_string_equal(r.out.type, "application/problem+json");
    assert_non_null(strstr(rig_body(&r),
                           "\"error\":\"Invalid JSON.\",\"pointer\":\"/0\","
                           "\"of\":\"body\",\"offset\":7,\"line\":2,"
                           "\"column\":6}"));
    assert_non_null(strstr(rig_body(&r),
                           "\"type\":\"about:blank\",\"title\":"
                           "\"Bad Request\",\"status\":400,"));
    rig_ask(&r, "GET", "/config/x", "");
    rig_expect(&r, 404,
               "{\"type\":\"about:blank\",\"title\":\"Not Found\","
               "\"status\":404,\"detail\":\"Value doesn't exist.\","
               "\"error\":\"Value doesn't exist.\"}");
    /* what is no mistake is no problem */
    rig_ask(&r, "GET", "/config", "");
    assert_string_equal(r.out.type, "application/json");
    rig_fini(&r);
}

/* Unit 1.35 does not say where; who asks for problems is told all the same. */
static void test_problems_have_pointers(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{\"routes\":[]}}");
    r.node.flavour = UM_STANDIN_UNIT;
    rig_ask(&r, "PUT", "/config/routes", "[{\"actoin\":{}}]");
    rig_expect(&r, 400,
               "{\"error\":\"Invalid configuration.\",\"detail\":\"Unknown "
               "parameter \\\"actoin\\\".\"}");
    r.req.accept = UM_STR("application/problem+json");
    rig_ask(&r, "PUT", "/config/routes", "[{\"actoin\":{}}]");
    rig_expect(&r, 400,
               "{\"type\":\"about:blank\",\"title\":\"Bad Request\","
               "\"status\":400,\"detail\":\"Unknown parameter "
               "\\\"actoin\\\".\",\"error\":\"Invalid configuration.\","
               "\"pointer\":\"/routes/0\",\"suggestion\":\"action\"}");
    rig_fini(&r);
}

static void test_who_wants_problems(void **state)
{
    static const struct {
        const char *accept;
        bool yes;
    } rows[] = {
        {"*/*", false},
        {"application/json", false},
        {"application/problem+json", true},
        {"application/problem+json;q=0", false},
        {"application/problem+json; q=0.000", false},
        {"application/problem+json;v=1;q=0.1", true},
        {"text/html,application/problem+json", true},
        {"application/problem+jsonx", false},
        {"", false},
    };
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        r.req.accept = um_str(rows[i].accept);
        assert_int_equal(rig_ask(&r, "GET", "/config/x", ""), 404);
        assert_string_equal(r.out.type, rows[i].yes ? "application/problem+json"
                                                    : "application/json");
    }
    rig_fini(&r);
}

static void test_cap_message(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    um_buf_fill(&b, 'x', UM__CAP_CONTROL_MESSAGE_BYTES);
    r.req.message = um_buf_view(&b);
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 200);
    um_buf_byte(&b, 'x');
    r.req.message = um_buf_view(&b);
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 400);
    rig_expect(&r, 400,
               "{\"error\":\"Invalid message.\",\"detail\":\"X-Message is at "
               "most 1,024 bytes of UTF-8 without control characters.\"}");
    r.req.message = UM_STR("Grüße \xf0\x9f\x98\x80");
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 200);
    r.req.message = UM_STR("\xff");
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 400);
    r.req.message = UM_STR("a\tb");
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 400);
    r.req.message = um_str_n("a\0b", 3);
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 400);
    um_buf_fini(&b);
    rig_fini(&r);
}

static void test_cap_key(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    um_buf_fill(&b, 'k', UM__CAP_CONTROL_KEY_BYTES);
    r.req.idempotency_key = um_buf_view(&b);
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 200);
    um_buf_byte(&b, 'k');
    r.req.idempotency_key = um_buf_view(&b);
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 400);
    r.req.idempotency_key = UM_STR("");
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 400);
    r.req.idempotency_key = UM_STR("a b");
    assert_int_equal(rig_ask(&r, "DELETE", "/config", ""), 400);
    um_buf_fini(&b);
    rig_fini(&r);
}

/* Two requests under one key are told apart by what they ask. */
static void test_name_of_a_request(void **state)
{
    uint8_t first[P2P_SHA256_BYTES];
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    rig_ask(&r, "PUT", "/config/routes", "[]");
    memcpy(first, r.out.request, sizeof first);
    rig_ask(&r, "PUT", "/config/routes", "[]");
    assert_memory_equal(first, r.out.request, sizeof first);
    rig_ask(&r, "PUT", "/config/routes", "[ ]");
    assert_memory_not_equal(first, r.out.request, sizeof first);
    rig_ask(&r, "PUT", "/config/route", "s[]");
    assert_memory_not_equal(first, r.out.request, sizeof first);
    r.req.dry_run = true;
    rig_ask(&r, "PUT", "/config/routes", "[]");
    assert_memory_not_equal(first, r.out.request, sizeof first);
    rig_fini(&r);
}

static void test_cap_path(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    um_buf_text(&b, "/config/");
    um_buf_fill(&b, 'x', UM__CAP_CONTROL_PATH_BYTES - b.len);
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_ask(&r, "GET", b.p, ""), 404);
    b.p[b.len - 1] = 'x';
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_ask(&r, "GET", b.p, ""), 414);
    um_buf_fini(&b);
    rig_fini(&r);
}

static void test_paths(void **state)
{
    static const char *const bad[] = {"",     "config",      "/%",
                                      "/%zz", "/config/%00", "/../x",
                                      "/a b", "/a\r\nX: y"};
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{\"a b/c\":{\"%\":1}}}");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(rig_ask(&r, "GET", bad[i], ""), 400);
        assert_int_equal(r.out.kind, UM_CONTROL_ANSWER);
    }
    assert_int_equal(rig_ask(&r, "GET", "/config/a%20b%2Fc/%25", ""), 200);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_problems_have_pointers),
        cmocka_unit_test(test_who_wants_problems),
        cmocka_unit_test(test_cap_message),
        cmocka_unit_test(test_cap_key),
        cmocka_unit_test(test_name_of_a_request),
        cmocka_unit_test(test_cap_path),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
