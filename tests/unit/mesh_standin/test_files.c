/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Certificates and JavaScript modules. */
#include <stdlib.h>
#include <string.h>

#include "mesh/standin/pem.h"
#include "mesh/standin/print.h"
#include "p2p/err.h"
#include "pem_make.h"
#include "unit.h"
#include "unit_rig.h"

#define ERROR(title)   "{\r\n\t\"error\": \"" title "\"\r\n}\r\n"
#define SUCCESS(title) "{\r\n\t\"success\": \"" title "\"\r\n}\r\n"
#define MODULE         "export default {}"

static const struct pem_cert simple = {"example.org", NULL, NULL};

static struct rig *rig_of(void **state)
{
    return *state;
}

static int setup(void **state)
{
    struct rig *r = malloc(sizeof(*r));

    rig_init(r);
    r->cfg.njs = true;
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

/* A bundle of one key and one certificate, ended by a zero. */
static void make_bundle(struct um_buf *b, int rsa_bits, bool old)
{
    EVP_PKEY *key = pem_key(rsa_bits);

    pem_add_cert(b, key, &simple);
    pem_add_key(b, key, old);
    um_buf_byte(b, '\0');
    EVP_PKEY_free(key);
}

static void ask(struct rig *r, const char *method, const char *path,
                const char *body, const char *want)
{
    assert_string_equal(rig_body(r, method, path, body), want);
}

/* The description of a bundle, written without white space. */
static void described(const struct um_buf *pem, int rc, const char *want,
                      bool match)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_sval v;
    bool matches = !match;

    assert_int_equal(um_spem_describe(um_buf_view(pem), &a, &v, &matches), rc);
    if (rc == 0) {
        um_sjson_compact(&b, &v);
        um_buf_byte(&b, '\0');
        assert_string_equal(b.p, want);
        assert_int_equal(matches, match);
    }
    um_buf_fini(&b);
    um_arena_fini(&a);
}

#define VALIDITY                                      \
    "\"validity\":{\"since\":\"Jan  1 00:00:00 2026 " \
    "GMT\",\"until\":\"Dec 31 23:59:59 2026 GMT\"}"
#define CN   "{\"common_name\":\"example.org\"}"
#define CERT "{\"subject\":" CN ",\"issuer\":" CN "," VALIDITY "}"

static void test_descriptions(void **state)
{
    static const struct pem_cert full = {"a.org", "Us & Co",
                                         "DNS:a.org,IP:10.0.0.1,DNS:*.a.org"};
    EVP_PKEY *rsa = pem_key(2048);
    EVP_PKEY *ec = pem_key(0);
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    pem_add_cert(&b, rsa, &simple);
    pem_add_key(&b, rsa, false);
    described(&b, 0, "{\"key\":\"RSA (2048 bits)\",\"chain\":[" CERT "]}",
              true);
    um_buf_clear(&b);
    /* any order, any text between, the old form of a key */
    um_buf_text(&b, "some words\n");
    pem_add_key(&b, rsa, true);
    um_buf_text(&b, "others\n");
    pem_add_cert(&b, rsa, &simple);
    pem_add_cert(&b, ec, &full);
    described(&b, 0,
              "{\"key\":\"RSA (2048 bits)\",\"chain\":[" CERT
              ","
              "{\"subject\":{\"common_name\":\"a.org\",\"alt_names\":"
              "[\"a.org\",\"*.a.org\"],\"organization\":\"Us & Co\"},"
              "\"issuer\":{\"common_name\":\"a.org\",\"organization\":"
              "\"Us & Co\"}," VALIDITY "}]}",
              true);
    um_buf_clear(&b);
    pem_add_cert(&b, rsa, &simple);
    pem_add_key(&b, ec, false);
    described(&b, 0, "{\"key\":\"ECDH\",\"chain\":[" CERT "]}", false);
    um_buf_fini(&b);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
}

static void test_what_is_no_bundle(void **state)
{
    EVP_PKEY *ec = pem_key(0);
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    described(&b, P2P_EFORMAT, NULL, false);
    um_buf_text(&b, "hello");
    described(&b, P2P_EFORMAT, NULL, false);
    um_buf_clear(&b);
    pem_add_cert(&b, ec, &simple);
    described(&b, P2P_EFORMAT, NULL, false); /* no key */
    pem_add_key(&b, ec, false);
    described(&b, 0, "{\"key\":\"ECDH\",\"chain\":[" CERT "]}", true);
    um_buf_text(&b, "-----BEGIN CERTIFICATE-----\nAAAA\n");
    described(&b, P2P_EFORMAT, NULL, false); /* no end */
    um_buf_clear(&b);
    pem_add_key(&b, ec, false);
    described(&b, P2P_EFORMAT, NULL, false); /* no certificate */
    pem_add_cert(&b, ec, &simple);
    pem_add_key(&b, ec, false);
    described(&b, P2P_EFORMAT, NULL, false); /* two keys */
    um_buf_clear(&b);
    pem_add_cert(&b, ec, &simple);
    pem_add_key(&b, ec, false);
    um_buf_text(&b,
                "-----BEGIN PUBLIC KEY-----\nAAAA\n"
                "-----END PUBLIC KEY-----\n");
    described(&b, P2P_EFORMAT, NULL, false); /* what nobody asked for */
    um_buf_fini(&b);
    EVP_PKEY_free(ec);
}

static void test_cap_chain(void **state)
{
    EVP_PKEY *ec = pem_key(0);
    struct um_buf b = UM_BUF_INIT;
    struct um_arena a = UM_ARENA_INIT;
    struct um_sval v;
    bool matches;

    (void)state;
    pem_add_key(&b, ec, false);
    for (unsigned i = 0; i < UM__CAP_STANDIN_CHAIN; i++)
        pem_add_cert(&b, ec, &simple);
    assert_int_equal(um_spem_describe(um_buf_view(&b), &a, &v, &matches), 0);
    assert_int_equal(um_sval_member(&v, UM_STR("chain"))->count,
                     UM__CAP_STANDIN_CHAIN);
    pem_add_cert(&b, ec, &simple);
    assert_int_equal(um_spem_describe(um_buf_view(&b), &a, &v, &matches),
                     P2P_EFORMAT);
    um_arena_fini(&a);
    um_buf_fini(&b);
    EVP_PKEY_free(ec);
}

static void test_certificates_come_and_go(void **state)
{
    struct rig *r = rig_of(state);
    struct um_buf b = UM_BUF_INIT;

    make_bundle(&b, 0, false);
    ask(r, "GET", "/certificates", NULL, "{}\r\n");
    ask(r, "PUT", "/certificates/a", "junk", ERROR("Invalid certificate."));
    ask(r, "PUT", "/certificates/a", b.p,
        SUCCESS("Certificate chain uploaded."));
    ask(r, "PUT", "/certificates/a", b.p, ERROR("Certificate already exists."));
    ask(r, "PUT", "/certificates/", b.p, ERROR("Invalid certificate name."));
    ask(r, "PUT", "/certificates/a/b", b.p, ERROR("Invalid certificate name."));
    ask(r, "POST", "/certificates/b", b.p, ERROR("Invalid method."));
    assert_string_equal(rig_load(r, "certs/a"), b.p);
    ask(r, "GET", "/certificates/a/key", NULL, "\"ECDH\"\r\n");
    ask(r, "GET", "/certificates/a/chain/0/subject/common_name", NULL,
        "\"example.org\"\r\n");
    ask(r, "GET", "/certificates/a/chain/1", NULL, ERROR("Invalid path."));
    ask(r, "GET", "/certificates/b", NULL, ERROR("Certificate doesn't exist."));
    ask(r, "DELETE", "/certificates/b", NULL,
        ERROR("Certificate doesn't exist."));
    ask(r, "DELETE", "/certificates/a", NULL, SUCCESS("Certificate deleted."));
    assert_null(rig_load(r, "certs/a"));
    ask(r, "GET", "/certificates", NULL, "{}\r\n");
    um_buf_fini(&b);
}

static void test_certificates_in_use(void **state)
{
    struct rig *r = rig_of(state);
    struct um_buf b = UM_BUF_INIT;
    EVP_PKEY *rsa = pem_key(2048);
    EVP_PKEY *ec = pem_key(0);
    const char *const tls =
        "{\"*:443\": {\"pass\": \"routes\", \"tls\": "
        "{\"certificate\": [\"a\"]}}}";

    make_bundle(&b, 0, false);
    assert_int_equal(rig_status(r, "PUT", "/config/listeners", tls), 400);
    assert_int_equal(rig_status(r, "PUT", "/certificates/a", b.p), 200);
    assert_int_equal(rig_status(r, "PUT", "/config/listeners", tls), 200);
    ask(r, "DELETE", "/certificates/a", NULL,
        ERROR("Certificate is used in the configuration."));
    /* a key that belongs to another certificate is found out on use */
    um_buf_clear(&b);
    pem_add_cert(&b, rsa, &simple);
    pem_add_key(&b, ec, false);
    um_buf_byte(&b, '\0');
    assert_int_equal(rig_status(r, "PUT", "/certificates/b", b.p), 200);
    assert_int_equal(
        rig_status(r, "PUT", "/config/listeners/*:443/tls/certificate",
                   "\"b\""),
        500);
    ask(r, "DELETE", "/certificates/b", NULL, SUCCESS("Certificate deleted."));
    um_buf_fini(&b);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
}

/* The command names are libcrypto's; one that is none is found out on use. */
static void test_tls_commands(void **state)
{
    struct rig *r = rig_of(state);
    struct um_buf b = UM_BUF_INIT;

    make_bundle(&b, 0, true);
    assert_int_equal(rig_status(r, "PUT", "/certificates/a", b.p), 200);
#define COMMANDS(list)                                               \
    "{\"*:443\": {\"pass\": \"routes\", \"tls\": {\"certificate\": " \
    "\"a\", \"conf_commands\": {" list "}}}}"
    assert_int_equal(rig_status(r, "PUT", "/config/listeners",
                                COMMANDS("\"MinProtocol\": \"TLSv1.2\"")),
                     200);
    assert_int_equal(rig_status(r, "PUT", "/config/listeners",
                                COMMANDS("\"NoCommand\": \"1\"")),
                     500);
    um_buf_fini(&b);
}

static void test_files_come_back_after_a_restart(void **state)
{
    struct rig *r = rig_of(state);
    struct um_buf b = UM_BUF_INIT;

    make_bundle(&b, 0, false);
    assert_int_equal(rig_status(r, "PUT", "/certificates/a", b.p), 200);
    assert_int_equal(rig_status(r, "PUT", "/js_modules/m", MODULE), 200);
    rig_save(r, "certs/broken", "junk");
    rig_save(r, "scripts/broken", "{");
    um_standin_free(r->s);
    rig_start(r);
    ask(r, "GET", "/certificates/a/key", NULL, "\"ECDH\"\r\n");
    ask(r, "GET", "/certificates/broken", NULL,
        ERROR("Certificate doesn't exist."));
    ask(r, "GET", "/js_modules", NULL, "{\r\n\t\"m\": \"" MODULE "\"\r\n}\r\n");
    um_buf_fini(&b);
}

static void test_modules_come_and_go(void **state)
{
    struct rig *r = rig_of(state);

    ask(r, "GET", "/js_modules", NULL, "{}\r\n");
    ask(r, "PUT", "/js_modules/m", "export default {",
        "{\r\n\t\"error\": \"Invalid JS module.\",\r\n"
        "\t\"detail\": \"\\\"SyntaxError: Unexpected end of input\\n    at "
        "m:1\\n\\\"\"\r\n}\r\n");
    ask(r, "PUT", "/js_modules/m", MODULE, SUCCESS("JS module uploaded."));
    ask(r, "PUT", "/js_modules/m", MODULE, ERROR("JS module already exists."));
    ask(r, "PUT", "/js_modules", MODULE, ERROR("Invalid JS module name."));
    ask(r, "PUT", "/js_modules/a/b", MODULE, ERROR("Invalid JS module name."));
    ask(r, "PATCH", "/js_modules/a", MODULE, ERROR("Invalid method."));
    ask(r, "GET", "/js_modules/m", NULL, "\"" MODULE "\"\r\n");
    ask(r, "GET", "/js_modules/n", NULL, ERROR("JS module doesn't exist."));
    assert_string_equal(rig_load(r, "scripts/m"), MODULE);
    assert_int_equal(
        rig_status(r, "PUT", "/config/settings", "{\"js_module\": \"m\"}"),
        200);
    ask(r, "DELETE", "/js_modules/m", NULL,
        ERROR("JS module is used in the configuration."));
    assert_int_equal(rig_status(r, "DELETE", "/config/settings", NULL), 200);
    ask(r, "DELETE", "/js_modules/m", NULL, SUCCESS("JS module deleted."));
    assert_null(rig_load(r, "scripts/m"));
}

/* A name that no file can have: uploaded, and said to be not stored. */
static void test_a_disk_that_refuses(void **state)
{
    struct rig *r = rig_of(state);
    char path[300] = "/js_modules/";

    memset(path + 12, 'n', 250);
    ask(r, "PUT", path, MODULE,
        "{\r\n\t\"error\": \"Failed to store script.\",\r\n"
        "\t\"location\": {\r\n\t\t\"offset\": 0\r\n\t}\r\n}\r\n");
    assert_int_equal(rig_status(r, "GET", path, NULL), 200);
}

/* Names stand as they came: what is escaped there stays so. */
static void test_escaped_names(void **state)
{
    struct rig *r = rig_of(state);

    ask(r, "PUT", "/js_modules/a%2Fb", MODULE, SUCCESS("JS module uploaded."));
    assert_non_null(rig_load(r, "scripts/a%2Fb"));
    assert_int_equal(rig_status(r, "GET", "/js_modules/a%2Fb", NULL), 200);
    assert_int_equal(rig_status(r, "GET", "/js_modules/a%2fb", NULL), 404);
}

static int locked(void *ctx, struct um_str name, struct um_buf *out)
{
    (void)ctx;
    (void)out;
    return um_str_starts(name, UM_STR("certs/")) ? P2P_ESTATE : P2P_ENOTFOUND;
}

/* What is in it is not known: it is there by its name, and can be used. */
static void test_known_by_name_only(void **state)
{
    struct rig *r = malloc(sizeof(*r));

    (void)state;
    rig_init(r);
    r->cfg.world.load = locked;
    rig_save(r, "certs/a", "sealed");
    rig_start(r);
    ask(r, "GET", "/certificates", NULL, "{\r\n\t\"a\": null\r\n}\r\n");
    ask(r, "GET", "/certificates/a/key", NULL, ERROR("Invalid path."));
    ask(r, "PUT", "/certificates/a", "x", ERROR("Certificate already exists."));
    ask(r, "PUT", "/config",
        "{\"listeners\":{\"*:80\":{\"pass\":\"routes\",\"tls\":{"
        "\"certificate\":\"a\"}}},\"routes\":[]}",
        SUCCESS("Reconfiguration done."));
    ask(r, "DELETE", "/certificates/a", NULL,
        ERROR("Certificate is used in the configuration."));
    rig_fini(r);
    free(r);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_what_is_no_bundle),
        cmocka_unit_test(test_cap_chain),
        TEST(test_certificates_come_and_go),
        TEST(test_certificates_in_use),
        TEST(test_tls_commands),
        TEST(test_files_come_back_after_a_restart),
        TEST(test_modules_come_and_go),
        TEST(test_a_disk_that_refuses),
        TEST(test_escaped_names),
        cmocka_unit_test(test_known_by_name_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
