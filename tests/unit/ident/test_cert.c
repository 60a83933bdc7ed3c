/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Certificates of TLS and QUIC: the spec's own, ours, and wrong ones. */
#include "ident/cert.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "hex.h"
#include "ident/cert_parts.h"
#include "spec_certs.h"
#include "spec_keys.h"
#include "unit.h"

#define NOW      INT64_C(1795651200) /* 2026-11-26 */
#define DER_ROOM (P2P__CAP_CERT_BYTES + 1024U)

static int open_at(const uint8_t *der, size_t len, int64_t wall_s)
{
    struct p2p__cert_owner owner;

    return p2p__cert_open(p2p__slice_of(der, len), wall_s, &owner);
}

static void test_certificates_of_the_spec(void **state)
{
    (void)state;
    for (size_t i = 0; i < P2P__COUNT(spec_certs); i++) {
        const struct spec_cert *spec = &spec_certs[i];
        uint8_t der[1024];
        struct p2p__slice in =
            p2p__slice_of(der, unhex(spec->der, der, sizeof der));
        struct p2p__cert_owner owner;
        char text[P2P_PEER_ID_TEXT_MAX];

        if (spec->peer == NULL) {
            assert_int_equal(p2p__cert_open(in, NOW, &owner), P2P_EAUTH);
            continue;
        }
        assert_int_equal(p2p__cert_open(in, NOW, &owner), 0);
        assert_string_equal(p2p_peer_id_text(&owner.id, text), spec->peer);
        assert_int_equal(p2p_pubkey_check(owner.pubkey, owner.pubkey_len),
                         spec->type);
    }
}

/* A certificate of the spec's key number k. */
static struct p2p__cert make_with(size_t k, struct p2p_peer_id *id)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    size_t len = unhex(spec_keys[k].priv, pb, sizeof pb);
    struct p2p__cert cert;
    struct p2p_key *key;
    const uint8_t *pub;

    assert_int_equal(p2p_key_decode(pb, len, &key), 0);
    pub = p2p_key_public(key, &len);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, id), 0);
    assert_int_equal(p2p__cert_make(key, &cert), 0);
    p2p_key_free(key);
    return cert;
}

static void test_ours_are_read(void **state)
{
    (void)state;
    for (size_t k = 0; k < P2P__COUNT(spec_keys); k++) {
        struct p2p_peer_id id;
        struct p2p__cert cert = make_with(k, &id);
        struct p2p__cert_owner owner;
        const uint8_t *p = cert.key;
        EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)cert.key_len);
        X509 *x;

        assert_int_equal(
            p2p__cert_open(p2p__slice_of(cert.der, cert.der_len), NOW, &owner),
            0);
        assert_true(p2p_peer_id_equal(&owner.id, &id));
        p = cert.der;
        x = d2i_X509(NULL, &p, (long)cert.der_len);
        assert_int_equal(X509_check_private_key(x, key), 1);
        X509_free(x);
        EVP_PKEY_free(key);
        p2p__cert_fini(&cert);
        assert_null(cert.key);
    }
}

static void test_every_byte_counts(void **state)
{
    struct p2p_peer_id id;
    struct p2p__cert cert = make_with(0, &id);

    (void)state;
    for (size_t i = 0; i < cert.der_len; i++) {
        cert.der[i] ^= 1;
        assert_int_not_equal(open_at(cert.der, cert.der_len, NOW), 0);
        cert.der[i] ^= 1;
        assert_int_not_equal(open_at(cert.der, i, NOW), 0);
    }
    assert_int_equal(open_at(cert.der, cert.der_len, NOW), 0);
    p2p__cert_fini(&cert);
}

static void test_one_certificate_and_nothing_behind(void **state)
{
    uint8_t two[DER_ROOM];
    struct p2p_peer_id id;
    struct p2p__cert cert = make_with(0, &id);

    (void)state;
    memcpy(two, cert.der, cert.der_len);
    memcpy(two + cert.der_len, cert.der, cert.der_len);
    assert_int_equal(open_at(two, cert.der_len, NOW), 0);
    assert_int_equal(open_at(two, cert.der_len + 1, NOW), P2P_EFORMAT);
    assert_int_equal(open_at(two, 2 * cert.der_len, NOW), P2P_EFORMAT);
    p2p__cert_fini(&cert);
}

static void test_a_certificate_has_its_time(void **state)
{
    struct p2p_peer_id id;
    struct p2p__cert cert = make_with(0, &id);

    (void)state;
    assert_int_equal(open_at(cert.der, cert.der_len, 0), P2P_EAUTH);
    assert_int_equal(open_at(cert.der, cert.der_len, INT64_C(157766401)), 0);
    assert_int_equal(open_at(cert.der, cert.der_len, INT64_C(67090377601)),
                     P2P_EAUTH);
    p2p__cert_fini(&cert);
}

/* Takes one of ours apart, for a test to change it. */
static X509 *apart(EVP_PKEY **key)
{
    struct p2p_peer_id id;
    struct p2p__cert cert = make_with(0, &id);
    const uint8_t *p = cert.key;
    X509 *x;

    *key = d2i_AutoPrivateKey(NULL, &p, (long)cert.key_len);
    p = cert.der;
    x = d2i_X509(NULL, &p, (long)cert.der_len);
    assert_non_null(x);
    p2p__cert_fini(&cert);
    return x;
}

/* Signs a changed one anew, reads it, and lets both go. */
static int outcome(X509 *x, EVP_PKEY *key, const EVP_MD *md)
{
    uint8_t *der = NULL;
    int len, rv;

    assert_int_not_equal(X509_sign(x, key, md), 0);
    len = i2d_X509(x, &der);
    assert_true(len > 0);
    rv = open_at(der, (size_t)len, NOW);
    OPENSSL_free(der);
    X509_free(x);
    EVP_PKEY_free(key);
    return rv;
}

static void test_without_the_extension_or_with_two(void **state)
{
    EVP_PKEY *key;
    X509 *x = apart(&key);

    (void)state;
    X509_EXTENSION_free(X509_delete_ext(x, 0));
    assert_int_equal(outcome(x, key, EVP_sha256()), P2P_EFORMAT);
    x = apart(&key);
    assert_int_equal(X509_add_ext(x, X509_get_ext(x, 0), -1), 1);
    assert_int_equal(outcome(x, key, EVP_sha256()), P2P_EFORMAT);
    x = apart(&key);
    assert_int_equal(X509_EXTENSION_set_critical(X509_get_ext(x, 0), 1), 1);
    assert_int_equal(outcome(x, key, EVP_sha256()), 0);
}

/* Adds an extension that nobody knows. */
static void add_unknown(X509 *x, int critical)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.53594.1.2", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *e =
        X509_EXTENSION_create_by_OBJ(NULL, oid, critical, value);

    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
}

static void test_unknown_extensions(void **state)
{
    EVP_PKEY *key;
    X509 *x = apart(&key);

    (void)state;
    add_unknown(x, 0);
    assert_int_equal(outcome(x, key, EVP_sha256()), 0);
    x = apart(&key);
    add_unknown(x, 1);
    assert_int_equal(outcome(x, key, EVP_sha256()), P2P_ENOTSUP);
}

/* Replaces the value of the extension. */
static void set_value(X509 *x, const uint8_t *p, size_t len)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();

    assert_int_equal(ASN1_OCTET_STRING_set(value, p, (int)len), 1);
    assert_int_equal(X509_EXTENSION_set_data(X509_get_ext(x, 0), value), 1);
    ASN1_OCTET_STRING_free(value);
}

static void test_the_value_is_two_octet_strings(void **state)
{
    static const char *const values[] = {
        "",                     /* nothing */
        "040100",               /* an octet string */
        "3000",                 /* a sequence of none */
        "3003040100",           /* of one */
        "30080302000003020000", /* of two bit strings */
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(values); i++) {
        EVP_PKEY *key;
        X509 *x = apart(&key);
        uint8_t value[16];

        set_value(x, value, unhex(values[i], value, sizeof value));
        assert_int_equal(outcome(x, key, EVP_sha256()), P2P_EFORMAT);
    }
}

static void test_a_byte_behind_the_value(void **state)
{
    uint8_t longer[512] = {0};
    EVP_PKEY *key;
    X509 *x = apart(&key);
    const ASN1_OCTET_STRING *value =
        X509_EXTENSION_get_data(X509_get_ext(x, 0));
    size_t len = (size_t)ASN1_STRING_length(value);

    (void)state;
    memcpy(longer, ASN1_STRING_get0_data(value), len);
    set_value(x, longer, len + 1);
    assert_int_equal(outcome(x, key, EVP_sha256()), P2P_EFORMAT);
}

/* A passing key that the host did not sign for. */
static void test_another_key_is_not_the_hosts(void **state)
{
    EVP_PKEY *key, *other = EVP_EC_gen("P-256");
    X509 *x = apart(&key);

    (void)state;
    assert_int_equal(X509_set_pubkey(x, other), 1);
    EVP_PKEY_free(key);
    assert_int_equal(outcome(x, other, EVP_sha256()), P2P_EAUTH);
}

static void test_it_signs_for_itself(void **state)
{
    EVP_PKEY *key;
    X509 *x = apart(&key);

    (void)state;
    EVP_PKEY_free(key);
    assert_int_equal(outcome(x, EVP_EC_gen("P-256"), EVP_sha256()), P2P_EAUTH);
}

static void test_weak_signatures_and_odd_keys(void **state)
{
    EVP_PKEY *const odd[] = {EVP_RSA_gen(1024), EVP_EC_gen("secp256k1"),
                             EVP_EC_gen("brainpoolP256r1")};
    EVP_PKEY *key;
    X509 *x = apart(&key);

    (void)state;
    assert_int_equal(outcome(x, key, EVP_sha1()), P2P_ENOTSUP);
    for (size_t i = 0; i < P2P__COUNT(odd); i++) {
        x = apart(&key);
        EVP_PKEY_free(key);
        assert_int_equal(X509_set_pubkey(x, odd[i]), 1);
        assert_int_equal(outcome(x, odd[i], EVP_sha256()), P2P_ENOTSUP);
    }
}

/* An RSA key of so many bits, of which nobody has the other half. */
static EVP_PKEY *rsa_of(int bits)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_new(), *e = BN_new();
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params;

    assert_int_equal(BN_set_bit(n, bits - 1) & BN_set_bit(n, 0), 1);
    assert_int_equal(BN_set_word(e, 65537), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e), 1);
    params = OSSL_PARAM_BLD_to_param(b);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params),
                     1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    BN_free(n);
    BN_free(e);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* Neither the passing key nor the host's may be one that costs seconds. */
static void test_T10_keys_that_cost_too_much(void **state)
{
    static uint8_t value[4096] = {0x30, 0x82, 0, 0, 0x04, 0x82,
                                  0,    0,    8, 0, 0x12};
    const size_t host = P2P_PUBKEY_MAX + 1;
    EVP_PKEY *key, *big = rsa_of(16384);
    X509 *x = apart(&key);

    (void)state;
    assert_int_equal(X509_set_pubkey(x, big), 1);
    EVP_PKEY_free(big);
    assert_int_equal(outcome(x, key, EVP_sha256()), P2P_ENOTSUP);
    x = apart(&key);
    value[2] = (uint8_t)((4 + host + 2) >> 8);
    value[3] = (uint8_t)(4 + host + 2);
    value[6] = (uint8_t)(host >> 8);
    value[7] = (uint8_t)host;
    value[8 + host] = 0x04; /* a signature of no bytes */
    set_value(x, value, 8 + host + 2);
    assert_int_equal(outcome(x, key, EVP_sha256()), P2P_ENOTSUP);
}

static void test_a_curve_is_named(void **state)
{
    EVP_PKEY *key;
    X509 *x = apart(&key);
    EVP_PKEY *explicit = EVP_PKEY_dup(key);

    (void)state;
    assert_int_equal(EVP_PKEY_set_utf8_string_param(
                         explicit, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"),
                     1);
    assert_int_equal(X509_set_pubkey(x, explicit), 1);
    EVP_PKEY_free(explicit);
    assert_int_equal(outcome(x, key, EVP_sha256()), P2P_ENOTSUP);
}

/* OpenSSL of 3.4 and later makes it version 3 when it signs: then there is
 * nothing to refuse. */
static void test_an_old_version(void **state)
{
    EVP_PKEY *key;
    X509 *x = apart(&key);
    bool old;

    (void)state;
    assert_int_equal(X509_set_version(x, X509_VERSION_1), 1);
    assert_int_not_equal(X509_sign(x, key, EVP_sha256()), 0);
    old = X509_get_version(x) == X509_VERSION_1;
    assert_int_equal(outcome(x, key, EVP_sha256()) != 0, old);
}

static void test_the_longest_certificate(void **state)
{
    static uint8_t big[DER_ROOM];

    (void)state;
    assert_int_equal(open_at(big, P2P__CAP_CERT_BYTES, NOW), P2P_EFORMAT);
    assert_int_equal(open_at(big, P2P__CAP_CERT_BYTES + 1, NOW), P2P_ETOOBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates_of_the_spec),
        cmocka_unit_test(test_ours_are_read),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_one_certificate_and_nothing_behind),
        cmocka_unit_test(test_a_certificate_has_its_time),
        cmocka_unit_test(test_without_the_extension_or_with_two),
        cmocka_unit_test(test_unknown_extensions),
        cmocka_unit_test(test_the_value_is_two_octet_strings),
        cmocka_unit_test(test_a_byte_behind_the_value),
        cmocka_unit_test(test_another_key_is_not_the_hosts),
        cmocka_unit_test(test_it_signs_for_itself),
        cmocka_unit_test(test_weak_signatures_and_odd_keys),
        cmocka_unit_test(test_T10_keys_that_cost_too_much),
        cmocka_unit_test(test_a_curve_is_named),
        cmocka_unit_test(test_an_old_version),
        cmocka_unit_test(test_the_longest_certificate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
