/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Overlays and variables, and what is checked where there are some. */
#include "control_rig.h"

#include "mesh/control/summary.h"

#define BASE                                                 \
    "{\"listeners\":{\"*:{{port}}\":{\"pass\":\"routes\"}}," \
    "\"routes\":[{\"action\":{\"return\":\"{{status}}\"}}]}"
#define DOCUMENT \
    "{\"base\":" BASE ",\"variables\":{\"port\":80,\"status\":200}}"
#define SEALED "{\"sealed\":\"" HASH_A "\"}"

static void test_variables(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, DOCUMENT);
    rig_ask(&r, "GET", "/mesh/variables", "");
    rig_expect(&r, 200, "{\"port\":80,\"status\":200}");
    rig_ask(&r, "GET", "/mesh/variables/port", "");
    rig_expect(&r, 200, "80");
    rig_ask(&r, "GET", "/mesh/variables/nope", "");
    rig_expect(&r, 404, "{\"error\":\"Value doesn't exist.\"}");
    rig_change(&r, "PUT", "/mesh/variables/status", "204");
    assert_string_equal(rig_str(&r, r.out.summary),
                        "~ /variables/status: 200 -> 204");
    rig_change(&r, "PUT", "/mesh/variables/list", "[1, 2.50]");
    assert_non_null(strstr(rig_now(&r), ",\"list\":[1,2.50]}"));
    rig_change(&r, "DELETE", "/mesh/variables/list", "");
    rig_ask(&r, "DELETE", "/mesh/variables/list", "");
    rig_expect(&r, 404, "{\"error\":\"Value doesn't exist.\"}");
    rig_ask(&r, "PUT", "/mesh/variables/a.b", "1");
    rig_expect(&r, 400,
               "{\"error\":\"Invalid document.\",\"detail\":\"A variable's "
               "name is letters, digits, \\\"_\\\" and \\\"-\\\".\","
               "\"location\":{\"path\":\"/variables/a.b\",\"of\":"
               "\"document\"}}");
    for (size_t i = 0; i < 3; i++) { /* of all there is a GET alone */
        static const char *const methods[] = {"PUT", "DELETE", "POST"};

        rig_ask(&r, methods[i], "/mesh/variables", "{}");
        assert_int_equal(r.out.status, 405);
        assert_string_equal(r.out.allow, "GET, HEAD");
    }
    rig_ask(&r, "PUT", "/mesh/variables/a/b", "1");
    assert_int_equal(r.out.status, 400);
    rig_ask(&r, "POST", "/mesh/variables/a", "1");
    assert_int_equal(r.out.status, 405);
    assert_string_equal(r.out.allow, "GET, HEAD, PUT, DELETE");
    rig_ask(&r, "PUT", "/mesh/variables/a", "{");
    assert_int_equal(r.out.status, 400);
    rig_fini(&r);
}

/* A part that is empty is none: the document is what it was before. */
static void test_parts_come_and_go(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    rig_ask(&r, "GET", "/mesh/overlays", "");
    rig_expect(&r, 200, "{}");
    rig_change(&r, "PUT", "/mesh/variables/a", "1");
    rig_change(&r, "PUT", "/mesh/overlays/label:rack=a%2F1",
               "{\"merge\": {\"settings\": {}}}");
    assert_string_equal(rig_now(&r),
                        "{\"base\":{},\"variables\":{\"a\":1},\"overlays\":{"
                        "\"label:rack=a/1\":{\"merge\":{\"settings\":{}}}}}");
    rig_ask(&r, "GET", "/mesh/overlays/label:rack=a%2F1/merge", "");
    rig_expect(&r, 200, "{\"settings\":{}}");
    rig_change(&r, "DELETE", "/mesh/overlays/label:rack=a%2F1", "");
    rig_change(&r, "DELETE", "/mesh/variables/a", "");
    assert_string_equal(rig_now(&r), "{\"base\":{}}");
    rig_fini(&r);
}

static void test_overlays(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{\"routes\":[]}}");
    rig_ask(&r, "PUT", "/mesh/overlays/nodes", "{}");
    assert_int_equal(r.out.status, 400);
    assert_non_null(strstr(rig_body(&r), "A selector is"));
    rig_ask(&r, "PUT", "/mesh/overlays/all", "{\"patch\":7}");
    assert_int_equal(r.out.status, 400);
    assert_non_null(strstr(rig_body(&r),
                           "\"path\":\"/overlays/all/patch\","
                           "\"of\":\"document\"}"));
    /* fine as an overlay, and does not fit this node's configuration */
    rig_ask(&r, "PUT", "/mesh/overlays/node:web1",
            "{\"rename\":{\"/listeners/*:80\":\"*:81\"}}");
    rig_expect(&r, 400,
               "{\"error\":\"Invalid configuration.\",\"detail\":\"There is "
               "no member to rename.\",\"location\":{\"path\":"
               "\"/overlays/node:web1/rename/~1listeners~1*:80\",\"of\":"
               "\"document\"}}");
    /* it is another node's */
    rig_change(&r, "PUT", "/mesh/overlays/node:web2",
               "{\"rename\":{\"/listeners/*:80\":\"*:81\"}}");
    /* what comes of it is no configuration */
    rig_ask(&r, "PUT", "/mesh/overlays/all", "{\"merge\":{\"routes\":7}}");
    rig_expect(&r, 400,
               "{\"error\":\"Invalid configuration.\",\"detail\":\"The "
               "\\\"routes\\\" value must be either an array or an object, but "
               "not an integer number.\",\"location\":{\"path\":\"/routes\","
               "\"of\":\"effective\"}}");
    rig_fini(&r);
}

/* The base alone is no configuration; what this node makes of it is checked. */
static void test_the_effective_is_checked(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, DOCUMENT);
    rig_change(&r, "PUT", "/config/routes/0/action/return", "\"{{port}}\"");
    assert_non_null(strstr(rig_now(&r), "\"return\":\"{{port}}\""));
    r.node.facts.label_count = 0;
    rig_ask(&r, "PUT", "/config/routes/0/action/return", "\"{{label.rack}}\"");
    assert_int_equal(r.out.status, 400);
    rig_fini(&r);
}

static void test_errors_of_the_effective(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, DOCUMENT);
    rig_ask(&r, "PUT", "/mesh/variables/status", "2000");
    assert_int_equal(r.out.status, 400);
    assert_non_null(strstr(rig_body(&r),
                           "\"path\":\"/routes/0/action/return\","
                           "\"of\":\"effective\"}"));
    rig_ask(&r, "DELETE", "/mesh/variables/port", "");
    assert_int_equal(r.out.status, 400);
    assert_non_null(strstr(rig_body(&r), "There is no such variable."));
    rig_ask(&r, "PUT", "/config/access_log", "\"{{nope}}\"");
    rig_expect(&r, 400,
               "{\"error\":\"Invalid configuration.\",\"detail\":\"There is no "
               "such variable.\",\"location\":{\"path\":\"/access_log\","
               "\"of\":\"effective\"}}");
    /* paths are those of the base */
    assert_int_equal(rig_ask(&r, "GET", "/config/listeners/*:80", ""), 404);
    assert_int_equal(
        rig_ask(&r, "GET", "/config/listeners/*:%7B%7Bport%7D%7D", ""), 200);
    rig_fini(&r);
}

static void test_effective_is_shown(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, DOCUMENT);
    r.req.effective = true;
    rig_ask(&r, "GET", "/config/listeners", "");
    rig_expect(&r, 200, "{\"*:80\":{\"pass\":\"routes\"}}");
    rig_ask(&r, "GET", "/config/listeners/*:81", "");
    assert_int_equal(r.out.status, 404);
    rig_document(&r, UM_STR("{\"base\":{\"a\":\"{{nope}}\"}}"));
    rig_ask(&r, "GET", "/config", "");
    assert_int_equal(r.out.status, 400);
    rig_fini(&r);
}

static int open_secret(void *user, struct um_str name,
                       const struct um_val *sealed, struct um_arena *a,
                       struct um_val *out)
{
    (void)name;
    (void)sealed;
    (void)a;
    if (user == NULL)
        return P2P_EACCES;
    *out = *(const struct um_val *)user;
    return 0;
}

#define SECRET_DOCUMENT                                          \
    "{\"base\":{\"applications\":{\"a\":{\"type\":\"external\"," \
    "\"executable\":\"x\",\"processes\":\"{{s}}\","              \
    "\"environment\":{\"K\":\"v\"}}}},\"variables\":{\"s\":" SEALED "}}"

/* A secret that is wrong is not quoted, where Unit quotes what is wrong. */
static void test_secrets_are_not_quoted(void **state)
{
    static const char pass[] =
        "{\"base\":{\"listeners\":{\"*:80\":{\"pass\":\"routes\"}},"
        "\"routes\":[]},\"variables\":{\"s\":" SEALED "}}";
    struct um_val secret = um_val_string(UM_STR("hunter2"));
    const struct um_secrets secrets = {&secret, open_secret};
    struct rig r;

    (void)state;
    rig_init(&r, pass);
    r.node.secrets = &secrets;
    rig_ask(&r, "PUT", "/config/listeners/*:80/pass", "\"{{s}}\"");
    assert_int_equal(r.out.status, 400);
    assert_null(strstr(rig_body(&r), "hunter2"));
    assert_non_null(strstr(rig_body(&r), "{{s}}"));
    rig_fini(&r);
}

/* It is checked as it is, and shown by its name only. */
static void test_secrets_are_checked(void **state)
{
    struct um_val secret = {.kind = UM_VAL_NUMBER, .text = UM_STR_INIT("2")};
    const struct um_secrets secrets = {&secret, open_secret};
    const struct um_secrets closed = {NULL, open_secret};
    struct rig r;

    (void)state;
    rig_init(&r, SECRET_DOCUMENT);
    r.node.secrets = &secrets;
    rig_change(&r, "PUT", "/config/applications/a/environment/K", "\"w\"");
    r.req.effective = true;
    rig_ask(&r, "GET", "/config/applications/a/processes", "");
    rig_expect(&r, 200, "\"{{s}}\"");
    r.req.effective = false;
    /* not for this node: its name stands for it, and is no number */
    r.node.secrets = &closed;
    assert_int_equal(rig_ask(&r, "PUT", "/config/settings", "{}"), 400);
    rig_document(&r, UM_STR("{\"base\":{\"access_log\":\"{{s}}\"},"
                            "\"variables\":{\"s\":" SEALED "}}"));
    assert_int_equal(rig_ask(&r, "PUT", "/config/settings", "{}"), 200);
    rig_fini(&r);
}

/* The name passes where the secret does not: nothing of it is told. */
static void test_a_wrong_secret(void **state)
{
    struct um_val secret = um_val_string(UM_STR("a=b\n"));
    const struct um_secrets secrets = {&secret, open_secret};
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{},\"variables\":{\"s\":" SEALED "}}");
    r.node.secrets = &secrets;
    rig_ask(&r, "PUT", "/config/applications",
            "{\"a\":{\"type\":\"external\",\"executable\":\"x\","
            "\"environment\":{\"{{s}}\":\"1\"}}}");
    rig_expect(&r, 400,
               "{\"error\":\"Invalid configuration.\",\"detail\":\"A secret "
               "is not what belongs in its place.\",\"location\":{\"of\":"
               "\"effective\"}}");
    rig_fini(&r);
}

/* A secret is checked in its place, sealed by the caller, and nowhere else. */
static void test_secret_variable(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r,
             "{\"base\":{\"settings\":{\"listen_threads\":\"{{n}}\"}},"
             "\"variables\":{\"n\":1}}");
    r.req.secret = true;
    rig_ask(&r, "PUT", "/mesh/variables/n", " 7.0 ");
    assert_int_equal(r.out.kind, UM_CONTROL_SEAL);
    assert_string_equal(rig_str(&r, r.out.name), "variables/n");
    assert_string_equal(rig_str(&r, r.out.bytes), "7.0");
    assert_null(r.out.document.p);
    r.req.sealed = UM_STR(HASH_A);
    rig_change(&r, "PUT", "/mesh/variables/n", " 7.0 ");
    assert_non_null(strstr(rig_now(&r), "\"variables\":{\"n\":" SEALED "}"));
    assert_null(strstr(rig_str(&r, r.out.summary), "7.0"));
    r.req.sealed = um_str_n(NULL, 0);
    /* it would be no number of threads; what is wrong is its name's */
    rig_ask(&r, "PUT", "/mesh/variables/n", "\"hunter2\"");
    assert_int_equal(r.out.status, 400);
    assert_null(strstr(rig_body(&r), "hunter2"));
    r.req.dry_run = true;
    rig_ask(&r, "PUT", "/mesh/variables/n", "8");
    assert_int_equal(r.out.kind, UM_CONTROL_ANSWER);
    assert_null(strstr(rig_body(&r), "8\""));
    r.req.dry_run = false;
    rig_ask(&r, "PUT", "/mesh/variables/a.b", "8");
    assert_int_equal(r.out.status, 400);
    /* what cannot be secret is refused, not kept in the open */
    rig_ask(&r, "PUT", "/mesh/overlays/all", "{}");
    assert_int_equal(r.out.status, 400);
    rig_ask(&r, "PUT", "/config", "{}");
    rig_expect(&r, 400, "{\"error\":\"Only a variable can be secret.\"}");
    rig_fini(&r);
}

static void test_cap_secret(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    r.req.secret = true;
    um_buf_byte(&b, '"');
    um_buf_fill(&b, 'x', UM__CAP_CONTROL_SECRET_BYTES - 2);
    um_buf_text(&b, "\"\n");
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_ask(&r, "PUT", "/mesh/variables/n", b.p), 200);
    b.p[b.len - 3] = 'x';
    b.p[b.len - 2] = '"';
    assert_int_equal(rig_ask(&r, "PUT", "/mesh/variables/n", b.p), 413);
    um_buf_fini(&b);
    rig_fini(&r);
}

/* One line, text, and not more than a message may have. */
static void test_summary(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{},\"overlays\":{\"all\":{}}}");
    um_buf_text(&b, "/mesh/overlays/label:");
    for (int i = 0; i < 225; i++)
        um_buf_text(&b, "%C3%BC%0A");
    um_buf_text(&b, "=x");
    um_buf_byte(&b, '\0');
    rig_change(&r, "PUT", b.p, "{}");
    assert_true(r.out.summary.len > UM__CAP_CONTROL_MESSAGE_BYTES / 2);
    assert_true(r.out.summary.len <= UM__CAP_CONTROL_MESSAGE_BYTES);
    assert_null(strchr(rig_str(&r, r.out.summary), '\n'));
    /* as a message it would be taken */
    r.req.message = r.out.summary;
    assert_int_equal(rig_ask(&r, "GET", "/config", ""), 200);
    um_buf_fini(&b);
    rig_fini(&r);
}

static void test_cap_changes(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val old = {.kind = UM_VAL_OBJECT};
    struct um_val now, list;
    struct um_diff diff;

    (void)state;
    assert_true(um_val_object(&a, UM__CAP_CONTROL_CHANGES + 1, &now));
    for (size_t i = 0; i < now.count; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "%zu", i);
        assert_true(um_arena_dup(&a, um_str(name), &now.members.p[i].name));
        now.members.p[i].value = um_val_null();
    }
    assert_true(um_diff_make(&a, &old, &now, UM_DIFF_ELEMENTS, &diff));
    assert_true(um_summary_list(&a, &diff, &list));
    assert_int_equal(list.count, UM__CAP_CONTROL_CHANGES + 1);
    assert_true(um_str_eq(list.items.p[UM__CAP_CONTROL_CHANGES].text,
                          UM_STR("and 1 more")));
    diff.count--;
    assert_true(um_summary_list(&a, &diff, &list));
    assert_int_equal(list.count, UM__CAP_CONTROL_CHANGES);
    um_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_parts_come_and_go),
        cmocka_unit_test(test_overlays),
        cmocka_unit_test(test_the_effective_is_checked),
        cmocka_unit_test(test_errors_of_the_effective),
        cmocka_unit_test(test_effective_is_shown),
        cmocka_unit_test(test_secrets_are_not_quoted),
        cmocka_unit_test(test_secrets_are_checked),
        cmocka_unit_test(test_a_wrong_secret),
        cmocka_unit_test(test_secret_variable),
        cmocka_unit_test(test_cap_secret),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_cap_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
