/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Calls of OpenSSL and libsodium fail, the n-th one (ld --wrap puts ours in
 * their place): each is told as an error, and none gives a result away.
 */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium.h>

#include "crypto/box.h"
#include "crypto/crypto.h"
#include "unit.h"

/* Bytes of a record that is OpenSSL's. */
#define LONG 1000

static size_t countdown; /* 0: none fails */
static size_t calls;

static bool fails(void)
{
    calls++;
    return countdown > 0 && --countdown == 0;
}

/* A function that is looked at: what it gives when it fails. */
#define WRAP(type, bad, name, params, args)          \
    type __real_##name params;                       \
    type __wrap_##name params;                       \
    type __wrap_##name params                        \
    {                                                \
        return fails() ? (bad) : __real_##name args; \
    }

WRAP(int, 0, EVP_CipherInit_ex2,
     (EVP_CIPHER_CTX * c, const EVP_CIPHER *cipher, const unsigned char *key,
      const unsigned char *iv, int enc, const OSSL_PARAM *params),
     (c, cipher, key, iv, enc, params))
WRAP(int, 0, EVP_CipherUpdate,
     (EVP_CIPHER_CTX * c, unsigned char *out, int *n, const unsigned char *in,
      int len),
     (c, out, n, in, len))
WRAP(int, 0, EVP_CipherFinal_ex,
     (EVP_CIPHER_CTX * c, unsigned char *out, int *n), (c, out, n))
WRAP(int, 0, EVP_CIPHER_CTX_ctrl,
     (EVP_CIPHER_CTX * c, int type, int arg, void *ptr), (c, type, arg, ptr))
WRAP(int, 0, BN_priv_rand_range, (BIGNUM * r, const BIGNUM *range), (r, range))
WRAP(int, -1, BN_bn2binpad, (const BIGNUM *a, unsigned char *to, int len),
     (a, to, len))
WRAP(unsigned char *, NULL, SHA256,
     (const unsigned char *d, size_t n, unsigned char *md), (d, n, md))
WRAP(unsigned char *, NULL, SHA1,
     (const unsigned char *d, size_t n, unsigned char *md), (d, n, md))
WRAP(int, -1, sodium_init, (void), ())
WRAP(int, -1, crypto_box_easy,
     (unsigned char *c, const unsigned char *m, unsigned long long n,
      const unsigned char *nonce, const unsigned char *pk,
      const unsigned char *sk),
     (c, m, n, nonce, pk, sk))
WRAP(int, -1, crypto_sign_ed25519_sk_to_curve25519,
     (unsigned char *to, const unsigned char *from), (to, from))
WRAP(int, -1, crypto_scalarmult_curve25519_base,
     (unsigned char *q, const unsigned char *n), (q, n))

/* Lets each call of a piece of work fail in its turn. */
static void each(int (*body)(void *arg), void *arg)
{
    size_t n;

    calls = 0;
    assert_int_equal(body(arg), 0);
    n = calls;
    assert_true(n > 0);
    for (size_t i = 1; i <= n; i++) {
        countdown = i;
        assert_true(body(arg) < 0);
        assert_int_equal(countdown, 0);
    }
}

static int records(void *arg)
{
    static const uint8_t key[P2P__KEY_BYTES] = {7};
    struct p2p__slice ad = p2p__slice_of("ad", 2);
    struct p2p__crypto *c = NULL;
    uint8_t buf[LONG + P2P__TAG_BYTES] = "hello";
    uint8_t pub[P2P__KEY_BYTES];
    int rv = p2p__crypto_new(&c);

    (void)arg;
    if (rv == 0) {
        rv = p2p__crypto_ready(c);
    }
    if (rv == 0) {
        rv = p2p__crypto_seal(c, key, 1, &ad, buf, LONG);
    }
    if (rv == 0) {
        rv = p2p__crypto_open(c, key, 1, &ad, buf, sizeof buf);
    }
    if (rv == 0) {
        rv = p2p__crypto_x25519_public(c, key, pub);
    }
    p2p__crypto_free(c);
    return rv;
}

static int generation(void *arg)
{
    const enum p2p_key_type *type = arg;
    struct p2p_key *key = NULL;
    int rv = p2p_key_generate(*type, &key);

    assert_true(rv == 0 || key == NULL);
    p2p_key_free(key);
    return rv;
}

static int boxes(void *arg)
{
    static const uint8_t seed[P2P__ED25519_SEED] = {3};
    uint8_t priv[P2P__ED25519_PRIVATE];
    uint8_t box[5 + P2P_SEAL_BYTES];
    uint8_t text[5] = {0};
    int rv;

    (void)arg;
    p2p__ed25519_expand(seed, priv);
    rv = p2p__box_seal(priv + P2P__ED25519_SEED, NULL,
                       p2p__slice_of("hello", 5), box);
    if (rv == 0) {
        rv = p2p__box_open(priv, p2p__slice_of(box, sizeof box), text);
        assert_true(rv == 0 || sodium_is_zero(text, sizeof text));
    }
    return rv;
}

static void test_records(void **state)
{
    (void)state;
    each(records, NULL);
}

static void test_generation(void **state)
{
    enum p2p_key_type types[] = {P2P_KEY_ED25519, P2P_KEY_SECP256K1,
                                 P2P_KEY_ECDSA};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(types); i++) {
        each(generation, &types[i]);
    }
}

static void test_boxes(void **state)
{
    (void)state;
    each(boxes, NULL);
}

/* A hash has no error to tell: the other library makes it. */
static void test_a_hash_comes_from_the_other_library(void **state)
{
    uint8_t text[200] = {1}, one[P2P_SHA256_BYTES], two[P2P_SHA256_BYTES];
    uint8_t sha1[P2P__SHA1_BYTES];

    (void)state;
    p2p_sha256(text, sizeof text, one);
    countdown = 1;
    p2p_sha256(text, sizeof text, two);
    assert_int_equal(countdown, 0);
    assert_memory_equal(one, two, sizeof one);
    countdown = 1;
    assert_int_equal(p2p__crypto_sha1(text, sizeof text, sha1), P2P_ECRYPTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_generation),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_a_hash_comes_from_the_other_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
