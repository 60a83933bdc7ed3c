/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keys and their protobufs. Vectors: libp2p/specs, peer-ids. */
#include "ident/key.h"

#include <stdio.h>

#include "base/mem.h"
#include "hex.h"
#include "spec_keys.h"
#include "test_env.h"
#include "unit.h"

static struct p2p_key *key_of_hex(const char *hex, int *err)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    struct p2p_key *key;

    *err = p2p_key_decode(pb, unhex(hex, pb, sizeof pb), &key);
    assert_true((*err == 0) == (key != NULL));
    return key;
}

static int check_hex(const char *hex)
{
    uint8_t pb[4096];

    return p2p_pubkey_check(pb, unhex(hex, pb, sizeof pb));
}

static void test_the_spec_keys_make_their_public_halves(void **state)
{
    (void)state;
    for (size_t i = 0; i < P2P__COUNT(spec_keys); i++) {
        size_t len;
        int err;
        struct p2p_key *key = key_of_hex(spec_keys[i].priv, &err);
        const uint8_t *pub;

        assert_int_equal(err, 0);
        assert_int_equal(p2p_key_type(key), spec_keys[i].type);
        pub = p2p_key_public(key, &len);
        assert_hex(pub, len, spec_keys[i].pub);
        assert_int_equal(p2p_pubkey_check(pub, len), spec_keys[i].type);
        p2p_key_free(key);
    }
}

static void test_the_spec_keys_come_back_the_same(void **state)
{
    uint8_t pb[P2P_PRIVKEY_MAX];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(spec_keys); i++) {
        int err;
        struct p2p_key *key = key_of_hex(spec_keys[i].priv, &err);
        int len = p2p_key_encode(key, NULL, 0);

        assert_int_equal(len, strlen(spec_keys[i].priv) / 2);
        assert_int_equal(p2p_key_encode(key, pb, (size_t)len - 1), P2P_ETOOBIG);
        assert_int_equal(p2p_key_encode(key, pb, 1), P2P_ETOOBIG);
        assert_int_equal(p2p_key_encode(key, pb, (size_t)len), len);
        assert_hex(pb, (size_t)len, spec_keys[i].priv);
        p2p_key_free(key);
    }
}

static void test_generated_keys_come_back_the_same(void **state)
{
    static const enum p2p_key_type types[] = {
        P2P_KEY_ED25519, P2P_KEY_SECP256K1, P2P_KEY_ECDSA, P2P_KEY_RSA};
    uint8_t pb[P2P_PRIVKEY_MAX];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(types); i++) {
        struct p2p_key *a;
        struct p2p_key *b;
        const uint8_t *pub_a;
        const uint8_t *pub_b;
        size_t len_a;
        size_t len_b;
        int len;

        assert_int_equal(p2p_key_generate(types[i], &a), 0);
        assert_int_equal(p2p_key_type(a), types[i]);
        len = p2p_key_encode(a, pb, sizeof pb);
        assert_true(len > 0);
        assert_int_equal(p2p_key_decode(pb, (size_t)len, &b), 0);
        pub_a = p2p_key_public(a, &len_a);
        pub_b = p2p_key_public(b, &len_b);
        assert_int_equal(len_a, len_b);
        assert_memory_equal(pub_a, pub_b, len_a);
        assert_int_equal(p2p_pubkey_check(pub_a, len_a), types[i]);
        p2p_key_free(a);
        p2p_key_free(b);
    }
}

static void test_two_generated_keys_differ(void **state)
{
    struct p2p_key *a;
    struct p2p_key *b;
    const uint8_t *pub;
    size_t len;

    (void)state;
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &a), 0);
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &b), 0);
    pub = p2p_key_public(a, &len);
    assert_memory_not_equal(pub, p2p_key_public(b, &len), len);
    p2p_key_free(a);
    p2p_key_free(b);
}

static void test_unknown_types_are_not_generated(void **state)
{
    struct p2p_key *key;
    struct test_env env;

    (void)state;
    test_env_init(&env, 1);
    assert_int_equal(p2p_key_generate((enum p2p_key_type)4, &key), P2P_EINVAL);
    assert_null(key);
    assert_int_equal(p2p__key_generate_env(P2P_KEY_RSA, &env.env, &key),
                     P2P_ENOTSUP);
    assert_null(key);
    p2p_key_free(NULL);
}

/* RFC 8032, section 7.1, test 1. */
static void test_a_seed_is_the_rfc_private_key(void **state)
{
    uint8_t seed[32];
    struct p2p_key *key;
    const uint8_t *pub;
    size_t len;

    (void)state;
    unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
          seed, sizeof seed);
    assert_int_equal(p2p_key_from_seed(seed, &key), 0);
    pub = p2p_key_public(key, &len);
    assert_hex(
        pub, len,
        "08011220"
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    p2p_key_free(key);
}

static void test_the_same_env_makes_the_same_key(void **state)
{
    struct test_env env;
    struct p2p_key *keys[3];
    const uint8_t *pub;
    size_t len;

    (void)state;
    test_env_init(&env, 7);
    assert_int_equal(p2p__key_generate_env(P2P_KEY_ED25519, &env.env, &keys[0]),
                     0);
    assert_int_equal(p2p__key_generate_env(P2P_KEY_ED25519, &env.env, &keys[1]),
                     0);
    test_env_init(&env, 7);
    assert_int_equal(p2p__key_generate_env(P2P_KEY_ED25519, &env.env, &keys[2]),
                     0);
    pub = p2p_key_public(keys[0], &len);
    assert_memory_equal(pub, p2p_key_public(keys[2], &len), len);
    assert_memory_not_equal(pub, p2p_key_public(keys[1], &len), len);
    for (size_t i = 0; i < P2P__COUNT(keys); i++) {
        p2p_key_free(keys[i]);
    }
}

#define ED_PRIV \
    "7e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d" ED_PUB
#define ED_PUB \
    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"

static void test_the_old_ed25519_form_is_read(void **state)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    int err;
    struct p2p_key *key = key_of_hex("08011260" ED_PRIV ED_PUB, &err);

    (void)state;
    assert_int_equal(err, 0);
    assert_int_equal(p2p_key_encode(key, pb, sizeof pb), 68);
    assert_hex(pb, 68, "08011240" ED_PRIV);
    p2p_key_free(key);
}

static void test_halves_that_do_not_belong_together_are_refused(void **state)
{
    static const char other[] =
        "00d1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e";
    uint8_t pb[P2P_PRIVKEY_MAX];
    char hex[512];
    size_t len;
    struct p2p_key *key;
    int err;

    (void)state;
    (void)snprintf(hex, sizeof hex, "08011240%.64s%s", ED_PRIV, other);
    assert_null(key_of_hex(hex, &err));
    assert_int_equal(err, P2P_EFORMAT);
    (void)snprintf(hex, sizeof hex, "08011260" ED_PRIV "%s", other);
    assert_null(key_of_hex(hex, &err));
    assert_int_equal(err, P2P_EFORMAT);
    len = unhex(spec_keys[2].priv, pb, sizeof pb); /* ECDSA */
    pb[len - 1] ^= 1;
    assert_int_equal(p2p_key_decode(pb, len, &key), P2P_EFORMAT);
    pb[len - 1] ^= 1;
    pb[12] ^= 1; /* the number */
    assert_int_equal(p2p_key_decode(pb, len, &key), P2P_EFORMAT);
    len = unhex(spec_keys[3].priv, pb, sizeof pb); /* RSA: the modulus */
    pb[200] ^= 1;
    assert_int_equal(p2p_key_decode(pb, len, &key), P2P_EFORMAT);
}

static void test_numbers_outside_the_curve_are_refused(void **state)
{
    static const char *const bad[] = {
        /* 0, the order of secp256k1, the order and one */
        "08021220"
        "0000000000000000000000000000000000000000000000000000000000000000",
        "08021220"
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "08021220"
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364142",
    };
    struct p2p_key *key;
    int err;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_null(key_of_hex(bad[i], &err));
        assert_int_equal(err, P2P_EFORMAT);
    }
    key = key_of_hex(
        "08021220"
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
        &err);
    assert_int_equal(err, 0);
    p2p_key_free(key);
}

static void test_one_key_has_one_encoding(void **state)
{
    static const char *const bad[] = {
        "1220" ED_PUB "0801",     /* order */
        "0801",                   /* no data */
        "1220" ED_PUB,            /* no type */
        "8801001220" ED_PUB,      /* long tag */
        "0881001220" ED_PUB,      /* long type */
        "080112a000" ED_PUB,      /* long length */
        "08011220" ED_PUB "1800", /* a field more */
        "080108011220" ED_PUB,    /* a field twice */
        "08011220" ED_PUB "1220" ED_PUB,
        "08011221" ED_PUB, /* cut off */
        "0801121f" ED_PUB, /* too long */
        "",
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_int_equal(check_hex(bad[i]), P2P_EFORMAT);
    }
    assert_int_equal(check_hex("08011220" ED_PUB), P2P_KEY_ED25519);
}

static void test_public_keys_of_other_forms_are_refused(void **state)
{
    uint8_t pb[P2P_PUBKEY_MAX];

    (void)state;
    assert_int_equal(check_hex("08041220" ED_PUB), P2P_ENOTSUP);
    assert_int_equal(check_hex("0801121f"
                               "00112233445566778899001122334455"
                               "667788990011223344556677889900"),
                     P2P_EFORMAT);
    assert_int_equal(check_hex("08021221"
                               "04" ED_PUB),
                     P2P_EFORMAT);
    assert_int_equal(check_hex("08021241"
                               "04" ED_PUB ED_PUB),
                     P2P_EFORMAT);
    assert_int_equal(check_hex("08021221"
                               "02" ED_PUB),
                     P2P_KEY_SECP256K1);
    /* every byte before the point or the modulus is fixed */
    for (size_t k = 2; k < 4; k++) {
        size_t len = unhex(spec_keys[k].pub, pb, sizeof pb);
        size_t fixed = k == 2 ? 31 : 37;

        for (size_t i = 0; i < fixed; i++) {
            pb[i] ^= 0x41;
            assert_true(p2p_pubkey_check(pb, len) < 0);
            pb[i] ^= 0x41;
        }
        for (size_t n = 0; n < len; n++) {
            assert_true(p2p_pubkey_check(pb, n) < 0);
        }
        assert_int_equal(p2p_pubkey_check(pb, len), spec_keys[k].type);
    }
}

/* An RSA public key with a modulus of `bits`, all ones; returns its length. */
static size_t rsa_public(size_t bits, uint8_t *pb)
{
    static const uint8_t rsa[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                  0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    size_t n = bits / 8 + 1;
    size_t spki = 4 + 15 + 5 + 4 + 4 + n + 5;
    size_t at = 0;

#define U8(v)  pb[at++] = (uint8_t)(v)
#define U16(v) U8((v) >> 8), U8(v)
    U8(0x08), U8(0), U8(0x12), U8((spki & 0x7f) | 0x80), U8(spki >> 7);
    U8(0x30), U8(0x82), U16(spki - 4), U8(0x30), U8(0x0d);
    memcpy(pb + at, rsa, sizeof rsa);
    at += sizeof rsa;
    U8(0x03), U8(0x82), U16(spki - 23), U8(0);
    U8(0x30), U8(0x82), U16(spki - 28), U8(0x02), U8(0x82), U16(n), U8(0);
    memset(pb + at, 0xff, n - 1);
    at += n - 1;
    U8(0x02), U8(3), U8(1), U8(0), U8(1);
    return at;
}

static void test_T10_rsa_sizes_are_refused_before_arithmetic(void **state)
{
    static uint8_t pb[4096];
    uint8_t sig[P2P_SIGNATURE_MAX] = {0};
    size_t len;

    (void)state;
    for (size_t bits = 1024; bits <= 16384; bits += 8) {
        bool fine = bits >= 2048 && bits <= 8192;

        len = rsa_public(bits, pb);
        assert_int_equal(p2p_pubkey_check(pb, len),
                         fine ? P2P_KEY_RSA : P2P_ENOTSUP);
        if (!fine) {
            assert_int_equal(
                p2p_pubkey_verify(pb, len, "m", 1, sig, sizeof sig),
                P2P_ENOTSUP);
        }
    }
    len = rsa_public(8192, pb);
    assert_true(len <= P2P_PUBKEY_MAX);
    assert_int_equal(p2p_pubkey_verify(pb, len, "m", 1, sig, sizeof sig),
                     P2P_EAUTH);
}

static void test_T10_odd_rsa_numbers_are_refused(void **state)
{
    uint8_t pb[1200];
    size_t len = rsa_public(2048, pb);

    (void)state;
    pb[len - 1] = 0; /* the exponent is even */
    assert_int_equal(p2p_pubkey_check(pb, len), P2P_EFORMAT);
    pb[len - 1] = 1;
    pb[len - 6] = 0xfe; /* the modulus is even */
    assert_int_equal(p2p_pubkey_check(pb, len), P2P_EFORMAT);
    pb[len - 6] = 0xff;
    pb[len - 3] = 0; /* a leading zero too many */
    assert_int_equal(p2p_pubkey_check(pb, len), P2P_EFORMAT);
    pb[len - 3] = 0x81; /* negative */
    assert_int_equal(p2p_pubkey_check(pb, len), P2P_EFORMAT);
    pb[len - 3] = 1;
    assert_int_equal(p2p_pubkey_check(pb, len), P2P_KEY_RSA);
}

static void test_private_keys_have_a_longest(void **state)
{
    static uint8_t pb[P2P_PRIVKEY_MAX + 1];
    struct p2p_key *key;

    (void)state;
    assert_int_equal(p2p_key_decode(pb, sizeof pb, &key), P2P_ETOOBIG);
    assert_int_equal(p2p_key_decode(pb, sizeof pb - 1, &key), P2P_EFORMAT);
}

static void test_cut_off_private_keys_are_refused(void **state)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    struct p2p_key *key;

    (void)state;
    for (size_t k = 0; k < P2P__COUNT(spec_keys); k++) {
        size_t len = unhex(spec_keys[k].priv, pb, sizeof pb);

        for (size_t n = 0; n < len; n++) {
            assert_int_equal(p2p_key_decode(pb, n, &key), P2P_EFORMAT);
            assert_null(key);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_spec_keys_make_their_public_halves),
        cmocka_unit_test(test_the_spec_keys_come_back_the_same),
        cmocka_unit_test(test_generated_keys_come_back_the_same),
        cmocka_unit_test(test_two_generated_keys_differ),
        cmocka_unit_test(test_unknown_types_are_not_generated),
        cmocka_unit_test(test_a_seed_is_the_rfc_private_key),
        cmocka_unit_test(test_the_same_env_makes_the_same_key),
        cmocka_unit_test(test_the_old_ed25519_form_is_read),
        cmocka_unit_test(test_halves_that_do_not_belong_together_are_refused),
        cmocka_unit_test(test_numbers_outside_the_curve_are_refused),
        cmocka_unit_test(test_one_key_has_one_encoding),
        cmocka_unit_test(test_public_keys_of_other_forms_are_refused),
        cmocka_unit_test(test_T10_rsa_sizes_are_refused_before_arithmetic),
        cmocka_unit_test(test_T10_odd_rsa_numbers_are_refused),
        cmocka_unit_test(test_private_keys_have_a_longest),
        cmocka_unit_test(test_cut_off_private_keys_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
