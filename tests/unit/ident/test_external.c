/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keys whose private half is somewhere else: here, in another key. */
#include <string.h>

#include "base/mem.h"
#include "chan/noise/payload.h"
#include "ident/envelope.h"
#include "ident/key.h"
#include "p2p/seal.h"
#include "test_env.h"
#include "unit.h"

struct agent {
    struct p2p_key *key;
    unsigned signs;
    unsigned opens;
    unsigned drops;
    int fails; /* 0: it does not */
};

static int on_sign(void *user, const void *msg, size_t msg_len, uint8_t *sig,
                   size_t *sig_len)
{
    struct agent *a = user;

    a->signs++;
    return a->fails != 0 ? a->fails
                         : p2p_key_sign(a->key, msg, msg_len, sig, sig_len);
}

static int on_open(void *user, const void *sealed, size_t len, uint8_t *out)
{
    struct agent *a = user;

    a->opens++;
    return p2p_seal_open(a->key, sealed, len, out);
}

static void on_drop(void *user)
{
    struct agent *a = user;

    a->drops++;
}

static const struct p2p_key_ops ops = {on_sign, on_open, on_drop};

/* An agent with a key of a seed, and the key that asks it. */
static struct p2p_key *external(struct agent *a, const struct p2p_key_ops *how)
{
    static const uint8_t seed[32] = {9};
    struct p2p_key *key;
    const uint8_t *pub;
    size_t len;

    *a = (struct agent){.key = NULL};
    assert_int_equal(p2p_key_from_seed(seed, &a->key), 0);
    pub = p2p_key_public(a->key, &len);
    assert_int_equal(p2p_key_external(pub, len, how, a, &key), 0);
    return key;
}

static void test_it_signs_like_the_other(void **state)
{
    uint8_t sig[P2P_SIGNATURE_MAX];
    struct agent a;
    struct p2p_key *key = external(&a, &ops);
    const uint8_t *pub;
    size_t pub_len, len;

    (void)state;
    assert_int_equal(p2p_key_type(key), P2P_KEY_ED25519);
    pub = p2p_key_public(key, &pub_len);
    assert_int_equal(p2p_key_sign(key, "text", 4, sig, &len), 0);
    assert_int_equal(a.signs, 1);
    assert_int_equal(p2p_pubkey_verify(pub, pub_len, "text", 4, sig, len), 0);
    a.fails = P2P_EACCES;
    assert_int_equal(p2p_key_sign(key, "text", 4, sig, &len), P2P_EACCES);
    assert_int_equal(p2p_key_encode(key, NULL, 0), P2P_ENOTSUP);
    assert_null(p2p__key_ed25519(key));
    assert_int_equal(a.drops, 0);
    p2p_key_free(key);
    assert_int_equal(a.drops, 1);
    p2p_key_free(a.key);
}

/* What the library signs with a host's key: a handshake and an envelope. */
static void test_the_library_uses_it(void **state)
{
    static const struct p2p__envelope_kind kind = {
        .domain = "test", .type = (const uint8_t *)"t", .type_len = 1};
    uint8_t buf[512], noise[32] = {1};
    struct p2p__envelope e;
    struct agent a;
    struct p2p_key *key = external(&a, &ops);
    int len;

    (void)state;
    assert_true(p2p__noise_payload_sign(key, noise, buf, sizeof buf) > 0);
    len =
        p2p__envelope_seal(key, &kind, p2p__slice_of("x", 1), buf, sizeof buf);
    assert_true(len > 0);
    assert_int_equal(
        p2p__envelope_open(p2p__slice_of(buf, (size_t)len), &kind, &e), 0);
    assert_int_equal(a.signs, 2);
    a.fails = P2P_EACCES;
    assert_int_equal(p2p__noise_payload_sign(key, noise, buf, sizeof buf),
                     P2P_EACCES);
    p2p_key_free(key);
    p2p_key_free(a.key);
}

static void test_it_opens_what_was_sealed(void **state)
{
    static const struct p2p_key_ops mute = {on_sign, NULL, NULL};
    uint8_t sealed[4 + P2P_SEAL_BYTES], out[4] = {0};
    struct agent a;
    struct p2p_key *key = external(&a, &ops), *no;
    const uint8_t *pub;
    size_t len;

    (void)state;
    pub = p2p_key_public(key, &len);
    assert_int_equal(p2p_seal_to(pub, len, NULL, "text", 4, sealed), 0);
    assert_int_equal(p2p_seal_open(key, sealed, sizeof sealed, out), 0);
    assert_memory_equal(out, "text", 4);
    assert_int_equal(a.opens, 1);
    /* What is too short is not asked for. */
    assert_int_equal(p2p_seal_open(key, sealed, 7, out), P2P_EFORMAT);
    assert_int_equal(a.opens, 1);
    assert_int_equal(p2p_key_external(pub, len, &mute, &a, &no), 0);
    assert_int_equal(p2p_seal_open(no, sealed, sizeof sealed, out),
                     P2P_ENOTSUP);
    p2p_key_free(no);
    p2p_key_free(key);
    p2p_key_free(a.key);
}

static void test_what_is_no_key(void **state)
{
    static const struct p2p_key_ops none = {NULL, on_open, on_drop};
    struct agent a;
    struct p2p_key *key = external(&a, &ops), *other = key;
    const uint8_t *pub;
    size_t len;

    (void)state;
    pub = p2p_key_public(key, &len);
    assert_int_equal(p2p_key_external(pub, len - 1, &ops, &a, &other),
                     P2P_EFORMAT);
    assert_null(other);
    assert_int_equal(p2p_key_external("\x08\x09\x12\x00", 4, &ops, &a, &other),
                     P2P_ENOTSUP);
    assert_int_equal(p2p_key_external(pub, len, &none, &a, &other), P2P_EINVAL);
    assert_int_equal(a.drops, 0);
    p2p_key_free(key);
    p2p_key_free(a.key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_signs_like_the_other),
        cmocka_unit_test(test_the_library_uses_it),
        cmocka_unit_test(test_it_opens_what_was_sealed),
        cmocka_unit_test(test_what_is_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
