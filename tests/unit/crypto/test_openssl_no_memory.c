/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * OpenSSL's own allocations fail, the n-th alone or from it on: what we make of
 * that is an error, never a signature or a record that was not one.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "p2p/key.h"
#include "unit.h"

/* Bytes of a record that is OpenSSL's. */
#define LONG 1000

static size_t countdown; /* 0: none fails */
static bool sticky;
static bool hit;

static bool fails(void)
{
    if (hit && sticky) {
        return true;
    }
    if (countdown > 0 && --countdown == 0) {
        hit = true;
        return true;
    }
    return false;
}

static void *failing_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(size);
}

static void *failing_realloc(void *block, size_t size, const char *file,
                             int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(block, size);
}

static void plain_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

/* From now on the nth allocation fails; 0: none. */
static void let_fail(size_t nth, bool all_later)
{
    countdown = nth;
    sticky = all_later;
    hit = false;
}

/* Lets the allocations of a piece of work fail, until there is none left: the
 * first ones each, later ones every seventh, as there are thousands. */
static size_t each(int (*body)(void *arg), void *arg)
{
    size_t n = 0;

    for (int all_later = 0; all_later < 2; all_later++) {
        n = 0;
        do {
            int rv;

            n += n < 50 ? 1 : 7;
            let_fail(n, all_later != 0);
            rv = body(arg);
            countdown = 0;
            sticky = false;
            assert_true(rv <= 0);
            assert_true(hit || rv == 0);
        } while (hit);
    }
    return n - 1;
}

/* A record there and back; what was changed on the way does not come. */
static int records(void *arg)
{
    static const uint8_t key[P2P__KEY_BYTES] = {7};
    struct p2p__slice ad = p2p__slice_of("ad", 2);
    struct p2p__crypto *c = NULL;
    uint8_t buf[LONG + P2P__TAG_BYTES] = "hello";
    uint8_t bad[sizeof buf];
    int rv = p2p__crypto_new(&c);

    (void)arg;
    if (rv == 0) {
        rv = p2p__crypto_ready(c);
    }
    if (rv == 0) {
        rv = p2p__crypto_seal(c, key, 1, &ad, buf, LONG);
    }
    if (rv == 0) {
        memcpy(bad, buf, sizeof bad);
        bad[0] ^= 1;
        assert_true(p2p__crypto_open(c, key, 1, &ad, bad, sizeof bad) < 0);
        rv = p2p__crypto_open(c, key, 1, &ad, buf, sizeof buf);
    }
    if (rv == 0) {
        assert_memory_equal(buf, "hello", 5);
    }
    p2p__crypto_free(c);
    return rv;
}

/* What could not be fetched for one connection is there for the next. (Where
 * OpenSSL has never fetched anything, it does not come to itself again.) */
static void test_what_failed_is_fetched_later(void **state)
{
    static const uint8_t key[P2P__KEY_BYTES] = {7};
    struct p2p__crypto *c;
    uint8_t buf[LONG + P2P__TAG_BYTES] = "hello";

    (void)state;
    assert_int_equal(p2p__crypto_new(&c), 0);
    let_fail(1, true);
    assert_true(p2p__crypto_ready(c) < 0);
    let_fail(0, false);
    assert_int_equal(p2p__crypto_ready(c), 0);
    assert_int_equal(p2p__crypto_seal(c, key, 1, NULL, buf, LONG), 0);
    p2p__crypto_free(c);
}

/* A key that was written before. */
struct saved {
    uint8_t pb[P2P_PRIVKEY_MAX];
    size_t len;
};

/* Reads it, signs, verifies; another message's signature is never right. */
static int signatures(void *arg)
{
    const struct saved *saved = arg;
    struct p2p_key *key = NULL;
    uint8_t sig[P2P_SIGNATURE_MAX];
    size_t len = 0, pub_len = 0;
    const uint8_t *pub;
    int rv = p2p_key_decode(saved->pb, saved->len, &key);

    if (rv != 0) {
        assert_null(key);
        return rv;
    }
    pub = p2p_key_public(key, &pub_len);
    rv = p2p_key_sign(key, "yes", 3, sig, &len);
    if (rv == 0) {
        assert_true(p2p_pubkey_verify(pub, pub_len, "no", 2, sig, len) < 0);
        rv = p2p_pubkey_verify(pub, pub_len, "yes", 3, sig, len);
    }
    if (rv == 0) {
        uint8_t again[P2P_PRIVKEY_MAX];
        int n = p2p_key_encode(key, again, sizeof again);

        rv = n < 0 ? n : 0;
        assert_true(n < 0 || (size_t)n == saved->len);
    }
    p2p_key_free(key);
    return rv;
}

static int generation(void *arg)
{
    const enum p2p_key_type *type = arg;
    struct p2p_key *key = NULL;
    int rv = p2p_key_generate(*type, &key);

    p2p_key_free(key);
    return rv;
}

static void save(enum p2p_key_type type, struct saved *out)
{
    struct p2p_key *key = NULL;
    int len;

    assert_int_equal(p2p_key_generate(type, &key), 0);
    len = p2p_key_encode(key, out->pb, sizeof out->pb);
    assert_true(len > 0);
    out->len = (size_t)len;
    p2p_key_free(key);
}

static void test_records(void **state)
{
    (void)state;
    assert_int_equal(records(NULL), 0);
    assert_true(each(records, NULL) > 2);
}

static void test_signatures(void **state)
{
    static const enum p2p_key_type types[] = {P2P_KEY_RSA, P2P_KEY_SECP256K1,
                                              P2P_KEY_ECDSA};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(types); i++) {
        struct saved saved;

        save(types[i], &saved);
        assert_true(each(signatures, &saved) > 20);
    }
}

static void test_generation(void **state)
{
    enum p2p_key_type types[] = {P2P_KEY_SECP256K1, P2P_KEY_ECDSA};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(types); i++) {
        assert_true(each(generation, &types[i]) > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_what_failed_is_fetched_later),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_generation),
    };

    if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free) !=
        1) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
