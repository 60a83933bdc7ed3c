/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Secrets for one peer, and libsodium as the judge of their form. */
#include "p2p/seal.h"

#include <sodium.h>
#include <string.h>

#include "p2p/key.h"
#include "spec_keys.h"
#include "hex.h"
#include "unit.h"

#define TEXT     "the content of a box"
#define TEXT_LEN (sizeof TEXT - 1)
#define BOX_LEN  (TEXT_LEN + P2P_SEAL_BYTES)

static const uint8_t entropy[P2P_SEAL_ENTROPY_BYTES] = {7};

static struct p2p_key *key_of(uint8_t n)
{
    uint8_t seed[32] = {n};
    struct p2p_key *key;

    assert_int_equal(p2p_key_from_seed(seed, &key), 0);
    return key;
}

static void seal(const struct p2p_key *to, const uint8_t *with, uint8_t *out)
{
    size_t len;
    const uint8_t *pub = p2p_key_public(to, &len);

    assert_int_equal(p2p_seal_to(pub, len, with, TEXT, TEXT_LEN, out), 0);
}

static void test_only_the_receiver_opens(void **state)
{
    struct p2p_key *to = key_of(1);
    struct p2p_key *other = key_of(2);
    uint8_t box[BOX_LEN];
    uint8_t out[TEXT_LEN];

    (void)state;
    seal(to, NULL, box);
    assert_int_equal(p2p_seal_open(to, box, sizeof box, out), 0);
    assert_memory_equal(out, TEXT, TEXT_LEN);
    assert_int_equal(p2p_seal_open(other, box, sizeof box, out), P2P_EAUTH);
    for (size_t i = 0; i < sizeof out; i++) {
        assert_int_equal(out[i], 0);
    }
    for (size_t i = 0; i < sizeof box; i++) {
        box[i] ^= 1;
        assert_int_equal(p2p_seal_open(to, box, sizeof box, out), P2P_EAUTH);
        box[i] ^= 1;
    }
    assert_int_equal(p2p_seal_open(to, box, sizeof box - 1, out), P2P_EAUTH);
    assert_int_equal(p2p_seal_open(to, box, P2P_SEAL_BYTES - 1, out),
                     P2P_EFORMAT);
    p2p_key_free(to);
    p2p_key_free(other);
}

static void test_an_empty_message_is_one(void **state)
{
    struct p2p_key *to = key_of(1);
    size_t len;
    const uint8_t *pub = p2p_key_public(to, &len);
    uint8_t box[P2P_SEAL_BYTES];
    uint8_t out[1];

    (void)state;
    assert_int_equal(p2p_seal_to(pub, len, NULL, NULL, 0, box), 0);
    assert_int_equal(p2p_seal_open(to, box, sizeof box, out), 0);
    box[40] ^= 1;
    assert_int_equal(p2p_seal_open(to, box, sizeof box, out), P2P_EAUTH);
    p2p_key_free(to);
}

/* Both ways: libsodium opens ours, and we open libsodium's. */
static void test_the_form_is_libsodiums(void **state)
{
    struct p2p_key *to = key_of(1);
    uint8_t seed[32] = {1};
    uint8_t ed_pk[32];
    uint8_t ed_sk[64];
    uint8_t pk[32];
    uint8_t sk[32];
    uint8_t box[BOX_LEN];
    uint8_t out[TEXT_LEN];

    (void)state;
    assert_int_equal(crypto_sign_seed_keypair(ed_pk, ed_sk, seed), 0);
    assert_int_equal(crypto_sign_ed25519_pk_to_curve25519(pk, ed_pk), 0);
    assert_int_equal(crypto_sign_ed25519_sk_to_curve25519(sk, ed_sk), 0);
    seal(to, entropy, box);
    assert_int_equal(crypto_box_seal_open(out, box, sizeof box, pk, sk), 0);
    assert_memory_equal(out, TEXT, TEXT_LEN);
    assert_int_equal(crypto_box_seal(box, (const uint8_t *)TEXT, TEXT_LEN, pk),
                     0);
    memset(out, 0, sizeof out);
    assert_int_equal(p2p_seal_open(to, box, sizeof box, out), 0);
    assert_memory_equal(out, TEXT, TEXT_LEN);
    p2p_key_free(to);
}

static void test_the_same_entropy_gives_the_same_bytes(void **state)
{
    struct p2p_key *to = key_of(1);
    size_t len;
    const uint8_t *pub = p2p_key_public(to, &len);
    uint8_t a[BOX_LEN];
    uint8_t b[BOX_LEN];

    (void)state;
    seal(to, entropy, a);
    seal(to, entropy, b);
    assert_memory_equal(a, b, sizeof a);
    /* and another ephemeral key for another message */
    assert_int_equal(p2p_seal_to(pub, len, entropy, "x", 1, b), 0);
    assert_memory_not_equal(a, b, 32);
    seal(to, NULL, b);
    assert_memory_not_equal(a, b, 32);
    seal(to, NULL, a);
    assert_memory_not_equal(a, b, 32);
    p2p_key_free(to);
}

static void test_what_is_no_ed25519_key_is_refused(void **state)
{
    uint8_t pub[P2P_PUBKEY_MAX];
    uint8_t priv[P2P_PRIVKEY_MAX];
    uint8_t box[BOX_LEN];
    uint8_t out[TEXT_LEN];
    size_t len;

    (void)state;
    for (size_t k = 0; k < sizeof spec_keys / sizeof spec_keys[0]; k++) {
        struct p2p_key *key;

        len = unhex(spec_keys[k].priv, priv, sizeof priv);
        assert_int_equal(p2p_key_decode(priv, len, &key), 0);
        if (p2p_key_type(key) != P2P_KEY_ED25519) {
            assert_int_equal(p2p_seal_open(key, box, sizeof box, out),
                             P2P_ENOTSUP);
            len = unhex(spec_keys[k].pub, pub, sizeof pub);
            assert_int_equal(p2p_seal_to(pub, len, NULL, TEXT, TEXT_LEN, box),
                             P2P_ENOTSUP);
        }
        p2p_key_free(key);
    }
    assert_int_equal(p2p_seal_to("\x08\x01", 2, NULL, TEXT, TEXT_LEN, box),
                     P2P_EFORMAT);
    memcpy(pub, "\x08\x01\x12\x20", 4);
    memset(pub + 4, 0, 32); /* a point of small order */
    assert_int_equal(p2p_seal_to(pub, 36, NULL, TEXT, TEXT_LEN, box),
                     P2P_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_receiver_opens),
        cmocka_unit_test(test_an_empty_message_is_one),
        cmocka_unit_test(test_the_form_is_libsodiums),
        cmocka_unit_test(test_the_same_entropy_gives_the_same_bytes),
        cmocka_unit_test(test_what_is_no_ed25519_key_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
