/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* SHA-256, HMAC, Noise's HKDF, the comparison of secrets. */
#include "crypto/crypto.h"
#include "hex.h"
#include "unit.h"

static int setup(void **state)
{
    struct p2p__crypto *c;

    assert_int_equal(p2p__crypto_new(&c), 0);
    assert_int_equal(p2p__crypto_ready(c), 0);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    p2p__crypto_free(*state);
    return 0;
}

static void test_sha256_of_nothing_and_of_abc(void **state)
{
    uint8_t out[P2P_SHA256_BYTES];

    (void)state;
    p2p_sha256("", 0, out);
    assert_hex(
        out, sizeof out,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    p2p_sha256("abc", 3, out);
    assert_hex(
        out, sizeof out,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_sha256_of_a_million_a(void **state)
{
    static uint8_t text[1000000];
    uint8_t out[P2P_SHA256_BYTES];

    (void)state;
    memset(text, 'a', sizeof text);
    p2p_sha256(text, sizeof text, out);
    assert_hex(
        out, sizeof out,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Two libraries stand behind it: they must agree where one takes over. */
static void test_two_pieces_hash_like_one(void **state)
{
    uint8_t text[300];
    uint8_t whole[P2P_SHA256_BYTES];
    uint8_t pieces[P2P_SHA256_BYTES];

    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (uint8_t)(i * 7);
    }
    for (size_t len = 0; len <= sizeof text; len++) {
        struct p2p__slice a = p2p__slice_of(text, len / 3);
        struct p2p__slice b = p2p__slice_of(text + len / 3, len - len / 3);

        p2p_sha256(text, len, whole);
        p2p__crypto_sha256_2(*state, &a, &b, pieces);
        assert_memory_equal(whole, pieces, sizeof whole);
    }
}

/* RFC 4231, cases 1, 2 and 6 (a key longer than a block). */
static void test_hmac_rfc_vectors(void **state)
{
    uint8_t key[131];
    uint8_t out[P2P_SHA256_BYTES];
    const char *text = "what do ya want for nothing?";

    memset(key, 0x0b, 20);
    p2p__crypto_hmac(*state, key, 20, (const uint8_t *)"Hi There", 8, out);
    assert_hex(
        out, sizeof out,
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    p2p__crypto_hmac(*state, (const uint8_t *)"Jefe", 4, (const uint8_t *)text,
                     strlen(text), out);
    assert_hex(
        out, sizeof out,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    text = "Test Using Larger Than Block-Size Key - Hash Key First";
    p2p__crypto_hmac(*state, key, sizeof key, (const uint8_t *)text,
                     strlen(text), out);
    assert_hex(
        out, sizeof out,
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* The public one, which is another library's: keys and messages around the
 * lengths where blocks end. */
static void test_the_public_hmac_is_the_same(void **state)
{
    uint8_t bytes[150];
    uint8_t a[P2P_SHA256_BYTES];
    uint8_t b[P2P_SHA256_BYTES];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 5 + 1);
    }
    for (size_t len = 0; len < sizeof bytes; len++) {
        size_t key_len = sizeof bytes - len;

        p2p__crypto_hmac(*state, bytes, key_len, bytes, len, a);
        p2p_hmac_sha256(bytes, key_len, bytes, len, b);
        assert_memory_equal(a, b, sizeof a);
        assert_int_equal(p2p_hmac_equal(a, b, sizeof a), 1);
        b[len % sizeof b] ^= 0x80;
        assert_int_equal(p2p_hmac_equal(a, b, sizeof a), 0);
    }
}

/* RFC 5869, case 3: no salt (as good as 32 zero bytes) and no info is what
 * Noise's HKDF does. The RFC gives the first 42 of the 64 bytes. */
static void test_hkdf_rfc_vector(void **state)
{
    uint8_t ck[P2P__KEY_BYTES] = {0};
    uint8_t ikm[22];
    uint8_t out2[P2P__KEY_BYTES];

    memset(ikm, 0x0b, sizeof ikm);
    p2p__crypto_hkdf2(*state, ck, ikm, sizeof ikm, ck, out2);
    assert_hex(
        ck, sizeof ck,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    assert_hex(out2, 10, "9d201395faa4b61a96c8");
}

static void test_hkdf_without_input_still_moves_on(void **state)
{
    uint8_t ck[P2P__KEY_BYTES] = {1};
    uint8_t out1[P2P__KEY_BYTES];
    uint8_t out2[P2P__KEY_BYTES];

    p2p__crypto_hkdf2(*state, ck, NULL, 0, out1, out2);
    assert_memory_not_equal(out1, out2, sizeof out1);
    assert_memory_not_equal(out1, ck, sizeof out1);
}

/* Its time is libsodium's promise; here: that it looks at every byte. */
static void test_T14_secrets_compare_whole(void **state)
{
    uint8_t a[64] = {0};
    uint8_t b[64] = {0};

    (void)state;
    assert_true(p2p__crypto_equal(a, b, sizeof a));
    assert_true(p2p__crypto_equal(a, b, 0));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] = 0x80;
        assert_false(p2p__crypto_equal(a, b, sizeof a));
        assert_true(p2p__crypto_equal(a, b, i));
        b[i] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_of_nothing_and_of_abc),
        cmocka_unit_test(test_sha256_of_a_million_a),
        cmocka_unit_test(test_two_pieces_hash_like_one),
        cmocka_unit_test(test_hmac_rfc_vectors),
        cmocka_unit_test(test_the_public_hmac_is_the_same),
        cmocka_unit_test(test_hkdf_rfc_vector),
        cmocka_unit_test(test_hkdf_without_input_still_moves_on),
        cmocka_unit_test(test_T14_secrets_compare_whole),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
