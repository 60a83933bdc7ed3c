/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include "mesh/doc/bundles.h"

static const struct um_bundle items[] = {
    {UM_BUNDLE_CERTIFICATE, UM_STR_INIT("site"), UM_STR_INIT("site.01ab")},
    {UM_BUNDLE_CERTIFICATE, UM_STR_INIT("http"), UM_STR_INIT("http.9999")},
    {UM_BUNDLE_SCRIPT, UM_STR_INIT("http"), UM_STR_INIT("http_02cd")},
};
static const struct um_bundles all = {items, 3};
static const struct um_bundles certificates = {items, 2};

static void renames(const char *config, const char *want)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_val *v = rig_val(&r, config);
    struct um_val out;

    assert_int_equal(um_bundles_apply(&r.arena, v, &all, &out), 0);
    assert_string_equal(rig_text(&r, &out), want);
    assert_string_equal(rig_text(&r, v), config);
    out = *v;
    assert_int_equal(um_bundles_apply(&r.arena, &out, &all, &out), 0);
    assert_string_equal(rig_text(&r, &out), want);
    rig_fini(&r);
}

static void test_a_name_says_what_is_in_it(void **state)
{
    const uint8_t hash[P2P_SHA256_BYTES] = {0x9f, 0x3c, 0x0a, 0x12, 0xff};
    struct um_arena a = UM_ARENA_INIT;
    struct um_str name;

    (void)state;
    assert_true(
        um_bundles_name(&a, UM_BUNDLE_CERTIFICATE, UM_STR("www"), hash, &name));
    assert_true(um_str_eq(name, UM_STR("www.9f3c0a12")));
    assert_true(
        um_bundles_name(&a, UM_BUNDLE_SCRIPT, UM_STR("http"), hash, &name));
    assert_true(um_str_eq(name, UM_STR("http_9f3c0a12")));
    um_arena_fini(&a);
}

/* HMAC-SHA-256 under "unitmesh-certificate-name/1", as others compute it. */
static void test_a_certificate_by_its_content(void **state)
{
    static const uint8_t want[4] = {0xeb, 0xdc, 0xd4, 0x9e};
    uint8_t hash[P2P_SHA256_BYTES], plain[P2P_SHA256_BYTES];

    (void)state;
    um_bundles_hash(UM_BUNDLE_CERTIFICATE, UM_STR("PEM"), hash);
    assert_memory_equal(hash, want, sizeof want);
    p2p_sha256("PEM", 3, plain);
    um_bundles_hash(UM_BUNDLE_SCRIPT, UM_STR("PEM"), hash);
    assert_memory_equal(hash, plain, sizeof plain);
}

static void test_certificates(void **state)
{
    (void)state;
    renames(
        "{\"listeners\":{\"*:1\":{\"tls\":{\"certificate\":\"site\"}},"
        "\"*:2\":{\"tls\":{\"certificate\":[\"other\",\"site\",1]}},"
        "\"*:3\":{\"pass\":\"site\"},\"*:4\":7}}",
        "{\"listeners\":{\"*:1\":{\"tls\":{\"certificate\":\"site.01ab\"}}"
        ",\"*:2\":{\"tls\":{\"certificate\":[\"other\",\"site.01ab\",1]}},"
        "\"*:3\":{\"pass\":\"site\"},\"*:4\":7}}");
    /* nowhere else */
    renames("{\"certificate\":\"site\",\"tls\":{\"certificate\":\"site\"}}",
            "{\"certificate\":\"site\",\"tls\":{\"certificate\":\"site\"}}");
    renames("{\"listeners\":[]}", "{\"listeners\":[]}");
    renames("7", "7");
}

static void test_scripts(void **state)
{
    (void)state;
    renames("{\"settings\":{\"js_module\":\"http\"}}",
            "{\"settings\":{\"js_module\":\"http_02cd\"}}");
    renames("{\"settings\":{\"js_module\":[\"http\",\"site\"]}}",
            "{\"settings\":{\"js_module\":[\"http_02cd\",\"site\"]}}");
}

/* The one template of a configuration. */
static void template(const char *from, const char *to)
{
    char a[256], b[256];

    (void)snprintf(a, sizeof a, "{\"routes\":[\"%s\"]}", from);
    (void)snprintf(b, sizeof b, "{\"routes\":[\"%s\"]}", to);
    renames(a, b);
}

static void test_templates_name_scripts(void **state)
{
    (void)state;
    template("`${http.f(uri)}`", "`${http_02cd.f(uri)}`");
    template("`http ${http.f()} http ${ http .g }`",
             "`http ${http_02cd.f()} http ${ http_02cd .g }`");
    template("`${headers.http + xhttp + http2 + $http}`",
             "`${headers.http + xhttp + http2 + $http}`");
    template("`${'http' + http.f('}') + {a: {}}.a}http`",
             "`${'http' + http_02cd.f('}') + {a: {}}.a}http`");
    template("`${f(`http ${http.g()}`) + http}`",
             "`${f(`http ${http_02cd.g()}`) + http_02cd}`");
    template("`$http {http} \\\\${http}`", "`$http {http} \\\\${http}`");
    template("`${/* http */ http}`", "`${/* http */ http_02cd}`");
    /* no template */
    template("http", "http");
    template("${http.f()}", "${http.f()}");
    template("`${http.f()}", "`${http.f()}");
    /* what does not end */
    template("`${http.f('`", "`${http_02cd.f('`");
    template("`${`${`${`${`${`${`${`${`${`${http`",
             "`${`${`${`${`${`${`${`${`${`${http`");
}

static void test_without_scripts_nothing_is_read(void **state)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_val *v = rig_val(&r, "{\"a\":\"`${http}`\"}");
    struct um_val out;

    (void)state;
    assert_int_equal(um_bundles_apply(&r.arena, v, &certificates, &out), 0);
    assert_true(um_val_same(v, &out));
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_says_what_is_in_it),
        cmocka_unit_test(test_a_certificate_by_its_content),
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_templates_name_scripts),
        cmocka_unit_test(test_without_scripts_nothing_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
