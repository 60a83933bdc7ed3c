/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wire/multihash.h"
#include "hex.h"
#include "unit.h"

#define DIGEST_32 \
    "9cbc07c3f991725836a3aa2a581ca2029198aa420b9d99bc0e131d9f3e2cbe47"

static int read_hex(const char *hex, struct p2p__multihash *mh)
{
    static uint8_t buf[256];

    return p2p__multihash_read(buf, unhex(hex, buf, sizeof buf), mh);
}

static int peer_hex(const char *hex)
{
    uint8_t buf[256];

    return p2p__multihash_check_peer(buf, unhex(hex, buf, sizeof buf));
}

static void test_reads_code_and_digest(void **state)
{
    struct p2p__multihash mh;

    (void)state;
    assert_int_equal(read_hex("1220" DIGEST_32, &mh), 0);
    assert_int_equal(mh.code, P2P__MULTIHASH_SHA256);
    assert_hex(mh.digest.p, mh.digest.len, DIGEST_32);
    assert_int_equal(read_hex("b2402001ff", &mh), P2P_EFORMAT);
    assert_int_equal(read_hex("b24001ff", &mh), 0);
    assert_int_equal(mh.code, 0x2032);
}

static void test_T20_malformed_ones_are_refused(void **state)
{
    static const char *const bad[] = {
        "",                    /* nothing */
        "12",                  /* no length */
        "1200",                /* no digest */
        "0000",                /* the same, identity */
        "1220",                /* digest missing */
        "1220" DIGEST_32 "00", /* one byte too many */
        "1221" DIGEST_32,      /* one too few */
        "12ffffffffffffffff7f"
        "00",                     /* length beyond everything */
        "1280808080808080808080", /* length never ends */
        "80808080808080808001"
        "0100", /* code beyond 63 bits */
        "ffffffffffffffffff01"
        "0100", /* code beyond u64 */
        "9200"
        "20" DIGEST_32,                 /* code not in its shortest form */
        "12a000" DIGEST_32,             /* length not in its shortest form */
        "1241" DIGEST_32 DIGEST_32 "00" /* longer than any digest */
    };
    struct p2p__multihash mh;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_int_equal(read_hex(bad[i], &mh), P2P_EFORMAT);
    }
    assert_int_equal(read_hex("1240" DIGEST_32 DIGEST_32, &mh), 0);
}

static void test_T20_every_cut_is_refused(void **state)
{
    uint8_t buf[64];
    size_t len = unhex("1220" DIGEST_32, buf, sizeof buf);
    struct p2p__multihash mh;

    (void)state;
    for (size_t n = 0; n < len; n++) {
        assert_int_equal(p2p__multihash_read(buf, n, &mh), P2P_EFORMAT);
    }
}

static void test_a_peer_is_a_sha256_or_a_short_key(void **state)
{
    (void)state;
    assert_int_equal(peer_hex("1220" DIGEST_32), 0);
    assert_int_equal(peer_hex("0024080112"
                              "20" DIGEST_32),
                     0);
    assert_int_equal(peer_hex("002a" DIGEST_32 "00112233445566778899"), 0);
    assert_int_equal(peer_hex("002b" DIGEST_32 "0011223344556677889900"),
                     P2P_EFORMAT);
    assert_int_equal(peer_hex("121f" DIGEST_32), P2P_EFORMAT);
    assert_int_equal(peer_hex("1221" DIGEST_32 "00"), P2P_EFORMAT);
    assert_int_equal(peer_hex("1620" DIGEST_32), P2P_EFORMAT); /* sha3-256 */
    assert_int_equal(peer_hex("1114"
                              "0011223344556677889900112233445566778899"),
                     P2P_EFORMAT); /* sha1 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_code_and_digest),
        cmocka_unit_test(test_T20_malformed_ones_are_refused),
        cmocka_unit_test(test_T20_every_cut_is_refused),
        cmocka_unit_test(test_a_peer_is_a_sha256_or_a_short_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
