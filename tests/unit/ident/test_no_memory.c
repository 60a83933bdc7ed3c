/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Keys, envelopes and records when memory runs out, ours or OpenSSL's: what
 * was taken is given back, and no forged signature gets through.
 */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "failing_mem.h"
#include "ident/cert.h"
#include "ident/record.h"
#include "spec_certs.h"
#include "spec_keys.h"
#include "test_env.h"
#include "unit.h"
#include "hex.h"
#include "ident/key.h"

static const enum p2p_key_type types[] = {P2P_KEY_ED25519, P2P_KEY_SECP256K1,
                                          P2P_KEY_ECDSA};

static int crypto_body(void *arg)
{
    struct p2p__crypto *c;
    int err = p2p__crypto_new(&c);

    (void)arg;
    p2p__crypto_free(c);
    return err;
}

static int generate_body(void *arg)
{
    const enum p2p_key_type *type = arg;
    struct p2p_key *key;
    int err = p2p_key_generate(*type, &key);

    p2p_key_free(key);
    return err;
}

static int env_body(void *arg)
{
    struct test_env *env = arg;
    struct p2p_key *key;
    int err = p2p__key_generate_env(P2P_KEY_ED25519, &env->env, &key);

    p2p_key_free(key);
    return err;
}

static int decode_body(void *arg)
{
    const struct spec_key *spec = arg;
    uint8_t pb[P2P_PRIVKEY_MAX];
    struct p2p_key *key;
    int err = p2p_key_decode(pb, unhex(spec->priv, pb, sizeof pb), &key);

    p2p_key_free(key);
    return err;
}

static void test_keys_without_memory(void **state)
{
    struct test_env env;

    (void)state;
    test_env_init(&env, 1);
    assert_int_equal(failing_mem_each(crypto_body, NULL), 1);
    for (size_t i = 0; i < P2P__COUNT(types); i++) {
        enum p2p_key_type type = types[i];

        assert_int_equal(failing_mem_each(generate_body, &type), 2);
    }
    assert_int_equal(failing_mem_each(env_body, &env), 2);
    for (size_t i = 0; i < P2P__COUNT(spec_keys); i++) {
        struct spec_key spec = spec_keys[i];

        assert_in_range(failing_mem_each(decode_body, &spec), 1, 2);
    }
}

/* A record big enough not to be signed on the stack, there and back. */
static int record_body(void *arg)
{
    static struct p2p_multiaddr addrs[P2P__CAP_RECORD_ADDRS];
    static uint8_t buf[P2P__CAP_ENVELOPE_BYTES];
    struct p2p__record_content c = {.addrs = addrs, .count = P2P__COUNT(addrs)};
    struct p2p__record record;
    int len;

    for (size_t i = 0; i < P2P__COUNT(addrs); i++) {
        static const char text[] =
            "/dns4/a-host-with-a-name.example.com"
            "/tcp/443/tls/ws";

        (void)p2p_multiaddr_from_text(text, sizeof text - 1, &addrs[i]);
    }
    len = p2p__record_seal(arg, &c, buf, sizeof buf);
    if (len < 0) {
        return len;
    }
    return p2p__record_open(p2p__slice_of(buf, (size_t)len), &record);
}

static void test_records_without_memory(void **state)
{
    uint8_t seed[32] = {1};
    struct p2p_key *key;

    (void)state;
    assert_int_equal(p2p_key_from_seed(seed, &key), 0);
    /* the payload, what is signed, what is verified; the key is ours */
    failing_mem_set(0, 0);
    assert_int_equal(record_body(key), 0);
    for (size_t nth = 1; nth <= 3; nth++) {
        size_t live = failing_mem_live();

        failing_mem_set(nth, 0);
        assert_int_equal(record_body(key), P2P_ENOMEM);
        assert_true(failing_mem_hit());
        assert_int_equal(failing_mem_live(), live);
    }
    failing_mem_set(4, 0);
    assert_int_equal(record_body(key), 0);
    assert_false(failing_mem_hit());
    failing_mem_set(0, 0);
    p2p_key_free(key);
}

/* A small record, its peer's id and text: all of it without memory. */
static int verify_body(void *arg)
{
    const struct p2p__slice *sealed = arg;
    struct p2p__record record;
    struct p2p__record_walk walk;
    struct p2p_multiaddr ma;
    char text[P2P_MULTIADDR_TEXT_MAX];
    int err = p2p__record_open(*sealed, &record);

    if (err != 0) {
        return err;
    }
    p2p_peer_id_text(&record.peer, text);
    p2p__record_walk_init(&walk, &record);
    while (p2p__record_walk_next(&walk, &ma)) {
        p2p_multiaddr_text(&ma, text);
        err = p2p_multiaddr_from_text(text, strlen(text), &ma);
        if (err == 0) {
            err = p2p_multiaddr_append_peer(&ma, &record.peer);
        }
    }
    return err;
}

static void test_opening_an_ed25519_record_takes_no_memory(void **state)
{
    uint8_t seed[32] = {1};
    uint8_t buf[1024];
    struct p2p_multiaddr ma;
    struct p2p__record_content c = {.addrs = &ma, .count = 1};
    struct p2p__slice sealed;
    struct p2p_key *key;
    int len;

    (void)state;
    failing_mem_set(0, 0);
    assert_int_equal(p2p_multiaddr_from_text("/ip4/1.2.3.4/tcp/1", 18, &ma), 0);
    assert_int_equal(p2p_key_from_seed(seed, &key), 0);
    len = p2p__record_seal(key, &c, buf, sizeof buf);
    assert_true(len > 0);
    sealed = p2p__slice_of(buf, (size_t)len);
    p2p_key_free(key);
    assert_int_equal(failing_mem_each(verify_body, &sealed), 0);
}

static int cert_body(void *arg)
{
    struct p2p__cert cert;
    int err = p2p__cert_make(arg, &cert);

    p2p__cert_fini(&cert);
    return err;
}

static void test_certificates_without_memory(void **state)
{
    uint8_t seed[32] = {1};
    struct p2p_key *key;

    (void)state;
    failing_mem_set(0, 0);
    assert_int_equal(p2p_key_from_seed(seed, &key), 0);
    assert_int_equal(failing_mem_each(cert_body, key), 2); /* both DERs */
    p2p_key_free(key);
}

/* OpenSSL's heap: it counts, and from the n-th call on it is empty. */
static size_t ssl_calls;
static size_t ssl_fails_at; /* 0: never */

static int ssl_empty(void)
{
    ssl_calls++;
    return ssl_fails_at != 0 && ssl_calls >= ssl_fails_at;
}

static void *ssl_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return ssl_empty() ? NULL : malloc(n);
}

static void *ssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return ssl_empty() ? NULL : realloc(p, n);
}

static void ssl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/* Verifies with OpenSSL's n-th and all later allocations failing, for n = 1
 * and on until none fails. Returns the last answer; all were refusals. */
static int verify_each(const struct p2p_key *key, const char *msg,
                       const uint8_t *sig, size_t sig_len)
{
    size_t len;
    const uint8_t *pub = p2p_key_public(key, &len);
    int err;

    for (size_t n = 1;; n++) {
        ssl_calls = 0;
        ssl_fails_at = n;
        err = p2p_pubkey_verify(pub, len, msg, strlen(msg), sig, sig_len);
        ssl_fails_at = 0;
        if (ssl_calls < n) {
            return err;
        }
        /* OpenSSL does not tell a bad point from a lack of memory */
        assert_true(err == P2P_ENOMEM || err == P2P_EAUTH ||
                    err == P2P_EFORMAT || err == 0);
        assert_true(err != 0 || strcmp(msg, "genuine") == 0);
    }
}

static void test_T8_no_forgery_verifies_without_memory(void **state)
{
    (void)state;
    failing_mem_set(0, 0);
    for (size_t i = 0; i < P2P__COUNT(spec_keys); i++) {
        uint8_t pb[P2P_PRIVKEY_MAX];
        uint8_t sig[P2P_SIGNATURE_MAX];
        size_t sig_len;
        struct p2p_key *key;

        assert_int_equal(
            p2p_key_decode(pb, unhex(spec_keys[i].priv, pb, sizeof pb), &key),
            0);
        assert_int_equal(p2p_key_sign(key, "genuine", 7, sig, &sig_len), 0);
        assert_int_equal(verify_each(key, "genuine", sig, sig_len), 0);
        assert_int_equal(verify_each(key, "forged", sig, sig_len), P2P_EAUTH);
        p2p_key_free(key);
    }
}

/* Opens a certificate with OpenSSL's n-th and all later allocations failing.
 * Returns the answer when none fails; all others were refusals. */
static int open_each(struct p2p__slice der)
{
    for (size_t n = 1;; n++) {
        struct p2p__cert_owner owner;
        int err;

        ssl_calls = 0;
        ssl_fails_at = n;
        err = p2p__cert_open(der, INT64_C(1795651200), &owner);
        ssl_fails_at = 0;
        if (ssl_calls < n) {
            return err;
        }
        assert_int_not_equal(err, 0);
    }
}

static void test_no_forged_certificate_opens_without_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < P2P__COUNT(spec_certs); i++) {
        uint8_t der[1024];
        size_t len = unhex(spec_certs[i].der, der, sizeof der);

        assert_int_equal(open_each(p2p__slice_of(der, len)),
                         spec_certs[i].peer != NULL ? 0 : P2P_EAUTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_without_memory),
        cmocka_unit_test(test_records_without_memory),
        cmocka_unit_test(test_opening_an_ed25519_record_takes_no_memory),
        cmocka_unit_test(test_T8_no_forgery_verifies_without_memory),
        cmocka_unit_test(test_certificates_without_memory),
        cmocka_unit_test(test_no_forged_certificate_opens_without_memory),
    };

    if (CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) != 1) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
