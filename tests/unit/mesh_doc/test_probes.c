/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/meshdoc.h"
#include "mesh/doc/uses.h"

static const struct um_label labels[] = {
    {UM_STR_INIT("group"), UM_STR_INIT("web")},
    {UM_STR_INIT("at"), UM_STR_INIT("10.0.0.1")}};
static const struct um_node_facts facts = {UM_STR_INIT("12D3"),
                                           UM_STR_INIT("web1"), labels, 2};

#define DOC(probes) "{\"base\":{},\"probes\":" probes "}"

/* What a document comes to for the node; its texts live in the rig. */
static void makes(struct rig *r, const char *doc, struct um_meshdoc_probes *out)
{
    struct um_doc_error err = {.text = ""};
    struct um_meshdoc m;

    if (um_meshdoc_init(&m, &r->arena, rig_val(r, doc), &err) != 0 ||
        um_meshdoc_probes(&r->arena, &m, &facts, out, &err) != 0)
        fail_msg("%s: %s", doc, err.text);
}

/* No document, or none that this node can make anything of. */
static void is_none(const char *doc, const char *at)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_meshdoc_node node = {.facts = facts};
    struct um_meshdoc_error why = {.in_config = true};
    struct um_doc_error err = {.text = NULL};
    struct um_meshdoc_probes out;
    struct um_meshdoc m;
    struct um_val config;
    int rc = um_meshdoc_init(&m, &r.arena, rig_val(&r, doc), &err);

    if (rc == 0) {
        rc = um_meshdoc_probes(&r.arena, &m, &facts, &out, &err);
        assert_int_equal(
            um_meshdoc_effective(&r.arena, &m, &node, &config, &why), rc);
        assert_false(why.in_config);
        assert_true(um_str_eq(why.what.pointer, err.pointer));
    }
    assert_int_not_equal(rc, 0);
    assert_int_not_equal(rc, P2P_ENOMEM);
    assert_non_null(err.text);
    assert_string_equal(rig_str(&r, err.pointer), at);
    rig_fini(&r);
}

static void test_what_is_not_said(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_meshdoc_probes p;

    (void)state;
    makes(&r, DOC("{\"a\":{\"listener\":\"*:80\"}}"), &p);
    assert_int_equal(p.n, 1);
    assert_true(um_str_eq(p.list[0].name, UM_STR("a")));
    assert_true(um_str_eq(p.list[0].path, UM_STR("/")));
    assert_int_equal(p.list[0].host.len, 0);
    assert_int_equal(p.list[0].status_min, 200);
    assert_int_equal(p.list[0].status_max, 399);
    assert_int_equal(p.list[0].interval_s, 10);
    assert_int_equal(p.list[0].timeout_s, 2);
    assert_int_equal(p.list[0].failures, 3);
    makes(&r, "{\"base\":{}}", &p);
    assert_int_equal(p.n, 0);
    makes(&r, DOC("{}"), &p);
    assert_int_equal(p.n, 0);
    rig_fini(&r);
}

static void test_variables_and_overlays(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_meshdoc_probes p;

    (void)state;
    makes(&r,
          "{\"base\":{},\"variables\":{\"n\":5,\"s\":\"204-299\"},"
          "\"probes\":{\"a\":{\"listener\":\"{{label.at}}:80\","
          "\"interval\":\"{{n}}\",\"status\":\"{{s}}\"},"
          "\"b\":{\"listener\":\"*:81\"}},\"overlays\":{"
          "\"node:web1\":{\"probes\":{\"b\":null,\"a\":{\"timeout\":1}}},"
          "\"all\":{\"probes\":{\"a\":{\"timeout\":9,\"path\":\"/x\"}}},"
          "\"node:web2\":{\"probes\":{\"a\":null}}}}",
          &p);
    assert_int_equal(p.n, 1);
    assert_true(um_str_eq(p.list[0].listener, UM_STR("10.0.0.1:80")));
    assert_true(um_str_eq(p.list[0].path, UM_STR("/x")));
    assert_int_equal(p.list[0].interval_s, 5);
    assert_int_equal(p.list[0].timeout_s, 1);
    assert_int_equal(p.list[0].status_min, 204);
    assert_int_equal(p.list[0].status_max, 299);
    rig_fini(&r);
}

static void test_what_is_no_probe(void **state)
{
    (void)state;
    is_none(DOC("[]"), "/probes");
    is_none(DOC("{\"a\":1}"), "/probes/a");
    is_none(DOC("{\"a\":{}}"), "/probes/a");
    is_none(DOC("{\"a b\":{\"listener\":\"*:80\"}}"), "/probes/a b");
    is_none(DOC("{\"\":{\"listener\":\"*:80\"}}"), "/probes/");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"p/t\":1}}"), "/probes/a/p~1t");
    is_none(DOC("{\"a\":{\"listener\":80}}"), "/probes/a/listener");
    is_none(DOC("{\"a\":{\"listener\":\"x:80\"}}"), "/probes/a/listener");
    is_none(DOC("{\"a\":{\"listener\":\"http://10.0.0.1\"}}"),
            "/probes/a/listener");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"path\":\"x\"}}"),
            "/probes/a/path");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"path\":\"/ x\"}}"),
            "/probes/a/path");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"path\":\"/\\r\\nx\"}}"),
            "/probes/a/path");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"path\":\"/#x\"}}"),
            "/probes/a/path");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"host\":\"a/b\"}}"),
            "/probes/a/host");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"host\":\"\"}}"),
            "/probes/a/host");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"status\":99}}"),
            "/probes/a/status");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"status\":\"300-200\"}}"),
            "/probes/a/status");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"status\":[200]}}"),
            "/probes/a/status");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"interval\":0}}"),
            "/probes/a/interval");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"interval\":3601}}"),
            "/probes/a/interval");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"timeout\":1.5}}"),
            "/probes/a/timeout");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"failures\":\"3\"}}"),
            "/probes/a/failures");
    is_none("{\"base\":{},\"overlays\":{\"all\":{\"probes\":[]}}}",
            "/overlays/all/probes");
    is_none(
        "{\"base\":{},\"overlays\":{\"all\":{\"probes\":{\"a\":{"
        "\"listener\":\"*:80\",\"path\":1}}}}}",
        "/probes/a/path");
}

static void test_what_a_variable_makes_of_it(void **state)
{
    (void)state;
    is_none(
        "{\"base\":{},\"variables\":{\"p\":\"x\"},"
        "\"probes\":{\"a\":{\"listener\":\"*:80\",\"path\":\"{{p}}\"}}}",
        "/probes/a/path");
    is_none(DOC("{\"a\":{\"listener\":\"*:80\",\"path\":\"/{{q}}\"}}"),
            "/probes/a/path");
    /* A secret would be shown with what the probe found. */
    is_none(
        "{\"base\":{},\"variables\":{\"p\":{\"sealed\":\""
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "\"}},\"probes\":{\"a\":{\"listener\":\"*:80\","
        "\"path\":\"/{{p}}\"}}}",
        "/probes/a/path");
}

/* So many probes, each with a name of so many letters. */
static char *many(unsigned n, unsigned letters)
{
    char *doc = malloc(64 + (size_t)n * (letters + 64)), *at = doc;

    assert_non_null(doc);
    at += sprintf(at, "{\"base\":{},\"probes\":{");
    for (unsigned i = 0; i < n; i++)
        at += sprintf(at, "%s\"%0*u\":{\"listener\":\"*:80\"}",
                      i > 0 ? "," : "", (int)letters, i);
    (void)sprintf(at, "}}");
    return doc;
}

/* UM__CAP_DOC_PROBES */
static void test_probes_are_capped(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_meshdoc_probes p;
    char *fine = many(16, 3), *most = many(17, 3);

    (void)state;
    makes(&r, fine, &p);
    assert_int_equal(p.n, 16);
    is_none(most, "/probes");
    free(fine);
    free(most);
    rig_fini(&r);
}

/* UM__CAP_DOC_PROBE_NAME_BYTES */
static void test_names_are_capped(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_meshdoc_probes p;
    char *fine = many(1, 64), *most = many(1, 65);
    char pointer[80];

    (void)state;
    makes(&r, fine, &p);
    (void)snprintf(pointer, sizeof pointer, "/probes/%065u", 0U);
    is_none(most, pointer);
    free(fine);
    free(most);
    rig_fini(&r);
}

/* UM__CAP_DOC_PROBE_TEXT_BYTES */
static void test_texts_are_capped(void **state)
{
    static const char shape[] =
        DOC("{\"a\":{\"listener\":\"*:80\",\"path\":\"/%0*u\"}}");
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_meshdoc_probes p;
    char text[1200];

    (void)state;
    (void)snprintf(text, sizeof text, shape, 1023, 0U);
    makes(&r, text, &p);
    (void)snprintf(text, sizeof text, shape, 1024, 0U);
    is_none(text, "/probes/a/path");
    rig_fini(&r);
}

static void goes(const char *listener, const char *authority,
                 const char *socket)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    char config[256];
    struct um_probe p = {.listener = um_str(listener)};
    struct um_probe_target t;
    const char *why;

    (void)snprintf(config, sizeof config, "{\"listeners\":{\"%s\":{}}}",
                   listener);
    why = um_probe_aim(&p, rig_val(&r, config), &t);
    if (why != NULL)
        fail_msg("%s: %s", listener, why);
    assert_string_equal(t.authority, authority);
    assert_string_equal(t.socket, socket);
    rig_fini(&r);
}

static void goes_nowhere(const char *listener, const char *config)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_probe p = {.listener = um_str(listener)};
    struct um_probe_target t;

    assert_non_null(um_probe_aim(&p, rig_val(&r, config), &t));
    rig_fini(&r);
}

static void test_where_it_goes(void **state)
{
    (void)state;
    goes("*:80", "127.0.0.1:80", "");
    goes("0.0.0.0:80", "127.0.0.1:80", "");
    goes("[::]:80", "[::1]:80", "");
    goes("10.0.0.1:8080", "10.0.0.1:8080", "");
    goes("010.0.0.1:80", "10.0.0.1:80", ""); /* others read that as 8 */
    goes("[2001:db8::1]:443", "[2001:db8:0:0:0:0:0:1]:443", "");
    goes("unix:/run/web.sock", "localhost", "/run/web.sock");
    goes_nowhere("*:80", "{}");
    goes_nowhere("*:80", "{\"listeners\":{}}");
    goes_nowhere("*:80", "{\"listeners\":[\"*:80\"]}");
    goes_nowhere("127.0.0.1:80", "{\"listeners\":{\"*:80\":{}}}");
    goes_nowhere("unix:@web", "{\"listeners\":{\"unix:@web\":{}}}");
}

/* How is said by the listener. */
static void test_where_tls_is_spoken(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_probe plain = {.listener = UM_STR("*:80")};
    struct um_probe tls = {.listener = UM_STR("*:443")};
    const struct um_val *config =
        rig_val(&r, "{\"listeners\":{\"*:80\":{},\"*:443\":{\"tls\":{}}}}");
    struct um_probe_target t;

    (void)state;
    assert_null(um_probe_aim(&tls, config, &t));
    assert_true(t.tls);
    assert_string_equal(t.authority, "127.0.0.1:443");
    assert_null(um_probe_aim(&plain, config, &t));
    assert_false(t.tls);
    rig_fini(&r);
}

static void test_variables_of_probes_are_used(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_meshdoc m;
    struct um_problems found;

    (void)state;
    assert_int_equal(
        um_meshdoc_init(&m, &r.arena,
                        rig_val(&r,
                                "{\"base\":{},\"variables\":{\"p\":\"/x\"},"
                                "\"probes\":{\"a\":{\"listener\":\"*:80\","
                                "\"path\":\"{{p}}\",\"host\":\"{{none}}\"}}}"),
                        NULL),
        0);
    um_problems_init(&found, &r.arena);
    assert_int_equal(um_uses_check(&r.arena, &m, &found), 0);
    assert_int_equal(found.found[UM_PROBLEM_WARNING], 1); /* "none" */
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_said),
        cmocka_unit_test(test_variables_and_overlays),
        cmocka_unit_test(test_what_is_no_probe),
        cmocka_unit_test(test_what_a_variable_makes_of_it),
        cmocka_unit_test(test_probes_are_capped),
        cmocka_unit_test(test_names_are_capped),
        cmocka_unit_test(test_texts_are_capped),
        cmocka_unit_test(test_where_it_goes),
        cmocka_unit_test(test_where_tls_is_spoken),
        cmocka_unit_test(test_variables_of_probes_are_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
