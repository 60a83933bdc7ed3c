/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signatures of all types of keys: what must and what must not verify. */
#include "hex.h"
#include "ident/key.h"
#include "spec_keys.h"
#include "unit.h"

struct signing {
    struct p2p_key *key;
    uint8_t pub[P2P_PUBKEY_MAX];
    size_t pub_len;
    uint8_t msg[32];
    uint8_t sig[P2P_SIGNATURE_MAX];
    size_t sig_len;
};

/* A message signed with the spec's key number k. */
static void sign_with(struct signing *s, size_t k)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    size_t len = unhex(spec_keys[k].priv, pb, sizeof pb);

    assert_int_equal(p2p_key_decode(pb, len, &s->key), 0);
    s->pub_len = unhex(spec_keys[k].pub, s->pub, sizeof s->pub);
    memset(s->msg, 'm', sizeof s->msg);
    assert_int_equal(
        p2p_key_sign(s->key, s->msg, sizeof s->msg, s->sig, &s->sig_len), 0);
    assert_in_range(s->sig_len, 1, P2P_SIGNATURE_MAX);
}

static int verify(const struct signing *s)
{
    return p2p_pubkey_verify(s->pub, s->pub_len, s->msg, sizeof s->msg, s->sig,
                             s->sig_len);
}

static void test_own_signatures_verify(void **state)
{
    (void)state;
    for (size_t k = 0; k < P2P__COUNT(spec_keys); k++) {
        struct signing s;

        sign_with(&s, k);
        assert_int_equal(verify(&s), 0);
        p2p_key_free(s.key);
    }
}

static void test_T8_every_byte_of_a_signature_counts(void **state)
{
    (void)state;
    for (size_t k = 0; k < P2P__COUNT(spec_keys); k++) {
        struct signing s;

        sign_with(&s, k);
        for (size_t i = 0; i < s.sig_len; i++) {
            for (unsigned bit = 0; bit < 8; bit += k == 0 ? 1 : 7) {
                s.sig[i] ^= (uint8_t)(1U << bit);
                assert_int_equal(verify(&s), P2P_EAUTH);
                s.sig[i] ^= (uint8_t)(1U << bit);
            }
        }
        assert_int_equal(verify(&s), 0);
        p2p_key_free(s.key);
    }
}

static void test_T8_every_byte_of_the_message_counts(void **state)
{
    (void)state;
    for (size_t k = 0; k < P2P__COUNT(spec_keys); k++) {
        struct signing s;

        sign_with(&s, k);
        for (size_t i = 0; i < sizeof s.msg; i++) {
            s.msg[i] ^= 0x10;
            assert_int_equal(verify(&s), P2P_EAUTH);
            s.msg[i] ^= 0x10;
        }
        assert_int_equal(p2p_pubkey_verify(s.pub, s.pub_len, s.msg,
                                           sizeof s.msg - 1, s.sig, s.sig_len),
                         P2P_EAUTH);
        p2p_key_free(s.key);
    }
}

static void test_T8_every_byte_of_the_key_counts(void **state)
{
    (void)state;
    for (size_t k = 0; k < P2P__COUNT(spec_keys); k++) {
        struct signing s;

        sign_with(&s, k);
        for (size_t i = 0; i < s.pub_len; i++) {
            s.pub[i] ^= 4;
            assert_true(verify(&s) < 0);
            s.pub[i] ^= 4;
        }
        p2p_key_free(s.key);
    }
}

static void test_T9_signatures_of_another_length_are_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < P2P__COUNT(spec_keys); k++) {
        struct signing s;
        size_t len;

        sign_with(&s, k);
        len = s.sig_len;
        for (s.sig_len = 0; s.sig_len < len; s.sig_len++) {
            assert_int_equal(verify(&s), P2P_EAUTH);
        }
        if (len < sizeof s.sig) {
            s.sig[len] = 0;
            s.sig_len = len + 1;
            assert_int_equal(verify(&s), P2P_EAUTH);
        }
        s.sig_len = sizeof s.sig;
        assert_int_equal(verify(&s), P2P_EAUTH);
        p2p_key_free(s.key);
    }
}

static void test_T9_another_type_of_key_is_refused(void **state)
{
    struct signing all[P2P__COUNT(spec_keys)];

    (void)state;
    for (size_t k = 0; k < P2P__COUNT(all); k++) {
        sign_with(&all[k], k);
    }
    for (size_t k = 0; k < P2P__COUNT(all); k++) {
        for (size_t other = 0; other < P2P__COUNT(all); other++) {
            assert_int_equal(
                p2p_pubkey_verify(all[k].pub, all[k].pub_len, all[k].msg,
                                  sizeof all[k].msg, all[other].sig,
                                  all[other].sig_len),
                k == other ? 0 : P2P_EAUTH);
        }
    }
    for (size_t k = 0; k < P2P__COUNT(all); k++) {
        p2p_key_free(all[k].key);
    }
}

/* RFC 8032, section 7.1, tests 1 (no message) and 3. */
static void test_ed25519_rfc_vectors(void **state)
{
    static const struct {
        const char *pub;
        const char *msg;
        const char *sig;
    } v[] = {
        {"08011220"
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"08011220"
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
         "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(v); i++) {
        uint8_t pub[64];
        uint8_t msg[8];
        uint8_t sig[64];
        size_t pub_len = unhex(v[i].pub, pub, sizeof pub);
        size_t msg_len = unhex(v[i].msg, msg, sizeof msg);
        size_t sig_len = unhex(v[i].sig, sig, sizeof sig);

        assert_int_equal(
            p2p_pubkey_verify(pub, pub_len, msg, msg_len, sig, sig_len), 0);
    }
}

/* S + L verifies where S is not checked to be reduced. */
static void test_T8_ed25519_s_must_be_reduced(void **state)
{
    static const char order[] =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    uint8_t l[32];
    struct signing s;
    unsigned carry = 0;

    (void)state;
    sign_with(&s, 0);
    unhex(order, l, sizeof l);
    for (size_t i = 0; i < sizeof l; i++) {
        carry += (unsigned)s.sig[32 + i] + l[i];
        s.sig[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(verify(&s), P2P_EAUTH);
    p2p_key_free(s.key);
}

/* With a key of small order one signature verifies for many messages. */
static void test_T8_ed25519_keys_of_small_order_are_refused(void **state)
{
    uint8_t pub[36];
    uint8_t sig[64] = {1};

    (void)state;
    unhex(
        "08011220"
        "0100000000000000000000000000000000000000000000000000000000000000",
        pub, sizeof pub);
    assert_int_equal(p2p_pubkey_verify(pub, sizeof pub, "m", 1, sig, 64),
                     P2P_EAUTH);
}

/* n - S verifies too, so for secp256k1 only the lower one counts. */
static void test_T8_secp256k1_signatures_are_not_malleable(void **state)
{
    static const char order[] =
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    uint8_t n[32];

    (void)state;
    unhex(order, n, sizeof n);
    for (int round = 0; round < 20; round++) {
        struct signing s;
        uint8_t high[33] = {0};
        size_t s_at;
        size_t s_len;
        int borrow = 0;

        sign_with(&s, 1);
        s_at = 4U + s.sig[3] + 2U;
        s_len = s.sig[s_at - 1];
        assert_int_equal(s_at + s_len, s.sig_len);
        assert_true(s_len < 32 || (s_len == 32 && s.sig[s_at] < 0x80));
        for (size_t i = 0; i < 32; i++) {
            int low = i < s_len ? s.sig[s.sig_len - 1 - i] : 0;
            int d = n[31 - i] - low - borrow;

            borrow = d < 0;
            high[32 - i] = (uint8_t)d;
        }
        /* the difference has its top bit set: 33 bytes */
        memcpy(s.sig + s_at, high, sizeof high);
        s.sig[s_at - 1] = 33;
        s.sig_len = s_at + 33;
        s.sig[1] = (uint8_t)(s.sig_len - 2);
        assert_int_equal(verify(&s), P2P_EAUTH);
        p2p_key_free(s.key);
    }
}

/* A point that is not on the curve must not get into arithmetic. */
static void test_points_off_the_curve_are_refused(void **state)
{
    struct signing s;

    (void)state;
    sign_with(&s, 2);
    s.pub[s.pub_len - 1] ^= 1;
    assert_int_equal(verify(&s), P2P_EFORMAT);
    p2p_key_free(s.key);
    sign_with(&s, 1);
    memset(s.pub + 5, 0, 32); /* x = 0: 7 is no square */
    assert_int_equal(verify(&s), P2P_EFORMAT);
    p2p_key_free(s.key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_signatures_verify),
        cmocka_unit_test(test_T8_every_byte_of_a_signature_counts),
        cmocka_unit_test(test_T8_every_byte_of_the_message_counts),
        cmocka_unit_test(test_T8_every_byte_of_the_key_counts),
        cmocka_unit_test(test_T9_signatures_of_another_length_are_refused),
        cmocka_unit_test(test_T9_another_type_of_key_is_refused),
        cmocka_unit_test(test_ed25519_rfc_vectors),
        cmocka_unit_test(test_T8_ed25519_s_must_be_reduced),
        cmocka_unit_test(test_T8_ed25519_keys_of_small_order_are_refused),
        cmocka_unit_test(test_T8_secp256k1_signatures_are_not_malleable),
        cmocka_unit_test(test_points_off_the_curve_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
