/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* X25519: the vectors of RFC 7748 and the points that nobody may send. */
#include "crypto/crypto.h"
#include "hex.h"
#include "unit.h"

static int setup(void **state)
{
    struct p2p__crypto *c;

    assert_int_equal(p2p__crypto_new(&c), 0);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    p2p__crypto_free(*state);
    return 0;
}

/* RFC 7748, section 6.1. */
static void test_both_sides_share_the_rfc_secret(void **state)
{
    uint8_t a[P2P__KEY_BYTES];
    uint8_t b[P2P__KEY_BYTES];
    uint8_t pub_a[P2P__KEY_BYTES];
    uint8_t pub_b[P2P__KEY_BYTES];
    uint8_t out[P2P__KEY_BYTES];
    const char *secret =
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

    unhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", a,
          sizeof a);
    unhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", b,
          sizeof b);
    assert_int_equal(p2p__crypto_x25519_public(*state, a, pub_a), 0);
    assert_int_equal(p2p__crypto_x25519_public(*state, b, pub_b), 0);
    assert_hex(
        pub_a, sizeof pub_a,
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    assert_hex(
        pub_b, sizeof pub_b,
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    assert_int_equal(p2p__crypto_x25519(*state, a, pub_b, out), 0);
    assert_hex(out, sizeof out, secret);
    assert_int_equal(p2p__crypto_x25519(*state, b, pub_a, out), 0);
    assert_hex(out, sizeof out, secret);
}

/* RFC 7748, section 5.2: the top bit of a point is ignored. */
static void test_the_rfc_point_with_its_top_bit(void **state)
{
    uint8_t priv[P2P__KEY_BYTES];
    uint8_t point[P2P__KEY_BYTES];
    uint8_t out[P2P__KEY_BYTES];

    unhex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
          priv, sizeof priv);
    unhex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
          point, sizeof point);
    assert_int_equal(p2p__crypto_x25519(*state, priv, point, out), 0);
    assert_hex(
        out, sizeof out,
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

static void test_T12_points_of_low_order_are_refused(void **state)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000080",
    };
    uint8_t priv[P2P__KEY_BYTES] = {1, 2, 3};
    uint8_t point[P2P__KEY_BYTES];
    uint8_t out[P2P__KEY_BYTES];

    for (size_t i = 0; i < P2P__COUNT(points); i++) {
        unhex(points[i], point, sizeof point);
        assert_int_equal(p2p__crypto_x25519(*state, priv, point, out),
                         P2P_ECRYPTO);
    }
    point[0] = 9; /* the positive control: the base point */
    memset(point + 1, 0, sizeof point - 1);
    assert_int_equal(p2p__crypto_x25519(*state, priv, point, out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_sides_share_the_rfc_secret),
        cmocka_unit_test(test_the_rfc_point_with_its_top_bit),
        cmocka_unit_test(test_T12_points_of_low_order_are_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
