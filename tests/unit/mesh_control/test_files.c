/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Certificates and scripts in the document. */
#include "control_rig.h"

#include "pem_make.h"

#define MODULE "export default {}"
#define WITH_CERTIFICATE                                                 \
    "{\"base\":{\"listeners\":{\"*:443\":{\"pass\":\"routes\",\"tls\":{" \
    "\"certificate\":\"a\"}}},\"routes\":[]},\"certificates\":{\"a\":{"  \
    "\"sealed\":\"" HASH_A "\"},\"b\":{\"sealed\":\"" HASH_B "\"}}}"

/* A bundle whose key belongs to its certificate, or does not. */
static char *bundle(const char *name, bool fits)
{
    const struct pem_cert cert = {name, NULL, NULL};
    EVP_PKEY *key = pem_key(0);
    EVP_PKEY *other = pem_key(0);
    struct um_buf b = UM_BUF_INIT;

    pem_add_cert(&b, key, &cert);
    pem_add_key(&b, fits ? key : other, false);
    um_buf_byte(&b, '\0');
    assert_false(um_buf_failed(&b));
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    return b.p;
}

static void free_bundle(char *p)
{
    struct um_buf b = {.p = p};

    um_buf_fini(&b);
}

static void test_certificate_is_sealed(void **state)
{
    char *pem = bundle("a.test", true);
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    rig_ask(&r, "PUT", "/certificates/a", pem);
    assert_int_equal(r.out.kind, UM_CONTROL_SEAL);
    assert_string_equal(rig_str(&r, r.out.name), "certificates/a");
    assert_string_equal(rig_str(&r, r.out.bytes), pem);
    assert_null(r.out.document.p);
    assert_string_equal(rig_body(&r),
                        "{\"success\":\"Certificate chain uploaded.\"}");
    r.req.sealed = UM_STR(HASH_A);
    rig_change(&r, "PUT", "/certificates/a", pem);
    assert_null(r.out.bytes.p);
    assert_string_equal(rig_now(&r),
                        "{\"base\":{},\"certificates\":{\"a\":{"
                        "\"sealed\":\"" HASH_A "\"}}}");
    r.bytes[0] = pem;
    rig_ask(&r, "GET", "/certificates/a/chain/0/subject", "");
    rig_expect(&r, 200, "{\"common_name\":\"a.test\"}");
    rig_ask(&r, "GET", "/certificates", "");
    assert_int_equal(r.out.status, 200);
    assert_null(strstr(rig_body(&r), "PRIVATE"));
    rig_ask(&r, "GET", "/certificates/b", "");
    rig_expect(&r, 404, "{\"error\":\"Certificate doesn't exist.\"}");
    free_bundle(pem);
    rig_fini(&r);
}

static void test_certificate_is_refused(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    rig_ask(&r, "PUT", "/certificates/a", "-----BEGIN");
    rig_expect(&r, 400, "{\"error\":\"Invalid certificate.\"}");
    rig_ask(&r, "PUT", "/certificates", "x");
    rig_expect(&r, 400, "{\"error\":\"Invalid certificate name.\"}");
    rig_ask(&r, "PUT", "/certificates/a/b", "x");
    rig_expect(&r, 400, "{\"error\":\"Invalid certificate name.\"}");
    rig_ask(&r, "POST", "/certificates/a", "x");
    rig_expect(&r, 405, "{\"error\":\"Invalid method.\"}");
    rig_ask(&r, "PATCH", "/certificates/a", "x");
    rig_expect(&r, 405, "{\"error\":\"Invalid method.\"}");
    rig_fini(&r);
}

/* What Unit cannot do: the name is used again. */
static void test_certificate_is_renewed(void **state)
{
    char *old = bundle("old.test", true);
    char *now = bundle("now.test", true);
    char *wrong = bundle("wrong.test", false);
    struct rig r;

    (void)state;
    rig_init(&r, WITH_CERTIFICATE);
    r.bytes[0] = old;
    /* the very same again is no change */
    rig_ask(&r, "PUT", "/certificates/a", old);
    assert_int_equal(r.out.kind, UM_CONTROL_ANSWER);
    assert_true(r.out.unchanged);
    rig_ask(&r, "PUT", "/certificates/a", now);
    assert_int_equal(r.out.kind, UM_CONTROL_SEAL);
    /* one that the listener could not use is refused before it is sealed */
    rig_ask(&r, "PUT", "/certificates/a", wrong);
    rig_expect(&r, 500, "{\"error\":\"Failed to apply new configuration.\"}");
    rig_ask(&r, "PUT", "/certificates/c", wrong);
    assert_int_equal(r.out.kind, UM_CONTROL_SEAL);
    r.req.dry_run = true;
    rig_ask(&r, "PUT", "/certificates/a", now);
    assert_int_equal(r.out.kind, UM_CONTROL_ANSWER);
    assert_true(r.out.dry_run);
    assert_int_equal(r.out.status, 200);
    free_bundle(old);
    free_bundle(now);
    free_bundle(wrong);
    rig_fini(&r);
}

/* A bundle that this node cannot open is there all the same. */
static void test_certificate_known_by_name(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, WITH_CERTIFICATE);
    rig_change(&r, "PUT", "/config/routes", "[{\"action\":{\"return\":1}}]");
    rig_ask(&r, "GET", "/certificates", "");
    rig_expect(&r, 200, "{\"a\":null,\"b\":null}");
    rig_ask(&r, "PUT", "/config/listeners/*:443/tls/certificate", "\"c\"");
    assert_int_equal(r.out.status, 400);
    assert_non_null(strstr(rig_body(&r), "\"c\\\" is not found."));
    rig_fini(&r);
}

static void test_delete(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, WITH_CERTIFICATE);
    rig_ask(&r, "DELETE", "/certificates/a", "");
    rig_expect(&r, 400,
               "{\"error\":\"Certificate is used in the configuration.\"}");
    rig_ask(&r, "DELETE", "/certificates/x", "");
    rig_expect(&r, 404, "{\"error\":\"Certificate doesn't exist.\"}");
    rig_ask(&r, "DELETE", "/certificates/b", "");
    assert_string_equal(rig_body(&r), "{\"success\":\"Certificate deleted.\"}");
    rig_keep(&r);
    rig_change(&r, "PUT", "/config", "{}");
    rig_change(&r, "DELETE", "/certificates/a", "");
    assert_string_equal(rig_now(&r), "{\"base\":{}}");
    rig_fini(&r);
}

/* Other nodes may need what this one does not. */
static void test_used_by_others(void **state)
{
    static const char *const overlays[] = {
        "{\"merge\":{\"listeners\":{\"*:1\":{\"tls\":{\"certificate\":[\"b\"]}"
        "}}}}",
        "{\"patch\":[{\"op\":\"add\",\"path\":\"/listeners/x/tls/certificate/-"
        "\",\"value\":\"b\"}]}",
        "{\"patch\":[{\"op\":\"add\",\"path\":\"/listeners/x\",\"value\":{"
        "\"tls\":{\"certificate\":\"b\"}}}]}",
    };
    struct rig r;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        rig_init(&r, WITH_CERTIFICATE);
        rig_change(&r, "PUT", "/mesh/overlays/node:web2", overlays[i]);
        rig_ask(&r, "DELETE", "/certificates/b", "");
        rig_expect(&r, 400,
                   "{\"error\":\"Certificate is used in the configuration.\"}");
        rig_change(&r, "DELETE", "/mesh/overlays/node:web2", "");
        rig_change(&r, "PUT", "/mesh/overlays/node:web2",
                   "{\"patch\":[{\"op\":\"add\",\"path\":\"/x\",\"value\":"
                   "\"b\"}],\"merge\":{\"b\":\"b\"}}");
        rig_change(&r, "DELETE", "/certificates/b", "");
        rig_fini(&r);
    }
}

static void test_scripts(void **state)
{
    uint8_t hash[P2P_SHA256_BYTES];
    char hex[8 + 1];
    struct rig r;

    (void)state;
    p2p_sha256(MODULE, sizeof MODULE - 1, hash);
    (void)snprintf(hex, sizeof hex, "%02x%02x%02x%02x", hash[0], hash[1],
                   hash[2], hash[3]);
    rig_init(&r, "{\"base\":{},\"js_modules\":{\"old\":\"" HASH_A "\"}}");
    r.bytes[0] = "export default { f() {} }";
    rig_change(&r, "PUT", "/js_modules/m", MODULE);
    assert_true(r.out.has_script);
    assert_string_equal(rig_str(&r, r.out.bytes), MODULE);
    assert_non_null(strstr(rig_now(&r), hex));
    rig_ask(&r, "PUT", "/js_modules/m", MODULE);
    assert_true(r.out.unchanged);
    rig_ask(&r, "PUT", "/js_modules/m", "1");
    assert_int_equal(r.out.status, 400);
    assert_non_null(strstr(rig_body(&r), "Invalid JS module."));
    rig_ask(&r, "GET", "/js_modules/old", "");
    rig_expect(&r, 200, "\"export default { f() {} }\"");
    rig_change(&r, "PUT", "/config", "{\"settings\":{\"js_module\":[\"m\"]}}");
    rig_ask(&r, "DELETE", "/js_modules/m", "");
    rig_expect(&r, 400,
               "{\"error\":\"JS module is used in the configuration.\"}");
    rig_change(&r, "DELETE", "/js_modules/old", "");
    r.node.njs = false;
    rig_ask(&r, "GET", "/js_modules", "");
    rig_expect(&r, 404, "{\"error\":\"Value doesn't exist.\"}");
    rig_fini(&r);
}

static void test_cap_certificate(void **state)
{
    char *pem = bundle("a.test", true);
    struct um_buf b = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    um_buf_text(&b, pem);
    um_buf_fill(&b, '\n', UM__CAP_CONTROL_CERTIFICATE_BYTES - b.len);
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_ask(&r, "PUT", "/certificates/a", b.p), 200);
    b.p[b.len - 1] = '\n';
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_ask(&r, "PUT", "/certificates/a", b.p), 413);
    rig_expect(&r, 413, "{\"error\":\"The upload is too large.\"}");
    um_buf_fini(&b);
    free_bundle(pem);
    rig_fini(&r);
}

static void test_cap_script(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    um_buf_text(&b, MODULE);
    um_buf_fill(&b, '\n', UM__CAP_CONTROL_SCRIPT_BYTES - b.len);
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_ask(&r, "PUT", "/js_modules/a", b.p), 200);
    b.p[b.len - 1] = '\n';
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_ask(&r, "PUT", "/js_modules/a", b.p), 413);
    rig_expect(&r, 413, "{\"error\":\"The upload is too large.\"}");
    um_buf_fini(&b);
    rig_fini(&r);
}

static void test_names(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct rig r;

    (void)state;
    rig_init(&r, "{\"base\":{}}");
    rig_change(&r, "PUT", "/js_modules/a%2Fb", MODULE);
    assert_non_null(strstr(rig_now(&r), "\"a%2Fb\":"));
    um_buf_text(&b, "/js_modules/");
    um_buf_fill(&b, 'n', UM__CAP_DOC_BUNDLE_NAME_BYTES);
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_ask(&r, "PUT", b.p, MODULE), 200);
    b.p[b.len - 1] = 'n';
    um_buf_byte(&b, '\0');
    rig_ask(&r, "PUT", b.p, MODULE);
    rig_expect(&r, 400, "{\"error\":\"Invalid JS module name.\"}");
    b.len--;
    um_buf_fill(&b, 'n', 1000);
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_ask(&r, "GET", b.p, ""), 414);
    /* a sealed object's name is text */
    rig_ask(&r, "PUT", "/js_modules/%FF", MODULE);
    rig_expect(&r, 400, "{\"error\":\"Invalid JS module name.\"}");
    rig_ask(&r, "PUT", "/js_modules/a%01", MODULE);
    assert_int_equal(r.out.status, 400);
    r.req.secret = true;
    rig_ask(&r, "PUT", "/js_modules/a", MODULE);
    rig_expect(&r, 400, "{\"error\":\"Only a variable can be secret.\"}");
    um_buf_fini(&b);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate_is_sealed),
        cmocka_unit_test(test_certificate_is_refused),
        cmocka_unit_test(test_certificate_is_renewed),
        cmocka_unit_test(test_certificate_known_by_name),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_used_by_others),
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_cap_certificate),
        cmocka_unit_test(test_cap_script),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
