/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages of PCP, byte for byte. Spec: RFC 6887, figures 2, 3, 9, 10. */
#include "hex.h"
#include "proto/portmap/pcp.h"
#include "unit.h"

/* An answer to a request to map TCP 4001: version, op, result, lifetime 120,
 * epoch 77; the nonce; TCP, 4001, outside 4002 at 44.77.1.254. */
#define HEAD(op, result) \
    "02" op "00" result "00000078 0000004d 000000000000000000000000"
#define BODY(proto)                  \
    "0102030405060708090a0b0c" proto \
    "000000 0fa1 0fa2"               \
    "00000000000000000000ffff 2c4d01fe"
#define GOOD HEAD("81", "00") BODY("06")

static const struct p2p__addr from = {.family = 4, .ip = {10, 77, 1, 1}};

static int read_hex(const char *hex, struct p2p__pcp_answer *out)
{
    static uint8_t buf[2 * P2P__CAP_PORTMAP_MESSAGE_BYTES];
    const size_t len = unhex(hex, buf, sizeof buf);

    return p2p__pcp_read_map(p2p__slice_of(buf, len), out);
}

static void test_a_request_is_that_of_the_rfc(void **state)
{
    struct p2p__pcp_map map = {.nonce = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                               .inner = {.port = 4001},
                               .outer = {.port = 4002},
                               .lifetime_s = 7200};
    uint8_t buf[P2P__PCP_MAP_BYTES];

    (void)state;
    p2p__pcp_write_map(buf, &from, &map);
    assert_hex(buf, sizeof buf,
               "02 01 0000 00001c20 00000000000000000000ffff0a4d0101"
               "0102030405060708090a0b0c 06 000000 0fa1 0fa2"
               "00000000000000000000ffff00000000");
    map.inner.udp = true;
    map.outer =
        (struct p2p__addr){.family = 4, .ip = {44, 77, 1, 254}, .port = 4002};
    map.lifetime_s = 0;
    p2p__pcp_write_map(buf, &from, &map);
    assert_hex(buf, sizeof buf,
               "02 01 0000 00000000 00000000000000000000ffff0a4d0101"
               "0102030405060708090a0b0c 11 000000 0fa1 0fa2"
               "00000000000000000000ffff2c4d01fe");
}

static void test_an_answer_is_read(void **state)
{
    struct p2p__pcp_answer a;

    (void)state;
    assert_int_equal(read_hex(GOOD, &a), 0);
    assert_int_equal(a.result, 0);
    assert_int_equal(a.epoch, 77);
    assert_int_equal(a.map.lifetime_s, 120);
    assert_hex(a.map.nonce, sizeof a.map.nonce, "0102030405060708090a0b0c");
    assert_false(a.map.inner.udp);
    assert_int_equal(a.map.inner.port, 4001);
    assert_int_equal(a.map.outer.family, 4);
    assert_int_equal(a.map.outer.port, 4002);
    assert_hex(a.map.outer.ip, 4, "2c4d01fe");
    /* With an option that we did not ask for, and of IPv6. */
    assert_int_equal(read_hex(GOOD "81000003 00112200", &a), 0);
    assert_int_equal(
        read_hex(HEAD("81", "00") "0102030405060708090a0b0c 11000000 0fa1 0fa2"
                                  "20010db8000000000000000000000001",
                 &a),
        0);
    assert_true(a.map.inner.udp);
    assert_int_equal(a.map.outer.family, 6);
}

static void test_a_refusal_is_read(void **state)
{
    struct p2p__pcp_answer a;

    (void)state;
    assert_int_equal(read_hex(HEAD("81", "02") BODY("06"), &a), 0);
    assert_int_equal(a.result, 2);
    assert_string_equal(p2p__pcp_result_text(a.result), "it does not allow it");
    assert_false(p2p__pcp_result_is_unable(a.result));
    /* One who understands nothing sends the head back. */
    assert_int_equal(read_hex(HEAD("81", "01"), &a), 0);
    assert_int_equal(a.result, 1);
    assert_true(p2p__pcp_result_is_unable(a.result));
    assert_string_equal(p2p__pcp_result_text(255),
                        "it fails in a way of its own");
}

static void test_a_gateway_of_nat_pmp_says_so(void **state)
{
    struct p2p__pcp_answer a;

    (void)state;
    assert_int_equal(read_hex("00810001 0000004d", &a), P2P_ENOTSUP);
    assert_int_equal(read_hex("00800001 0000004d", &a), P2P_ENOTSUP);
}

static void test_what_is_malformed_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "02",
        "028100",
        HEAD("81", "00"),            /* mapped what? */
        HEAD("01", "00") BODY("06"), /* a request */
        HEAD("81", "00") BODY("07"), /* of no protocol */
        GOOD "00",                   /* not words of four bytes */
        GOOD "81000005 00112200",    /* an option that goes on */
        GOOD "8100ffff",
    };
    struct p2p__pcp_answer a;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_int_equal(read_hex(bad[i], &a), P2P_EFORMAT);
    }
    assert_int_equal(read_hex(HEAD("80", "00") BODY("06"), &a), P2P_ENOPROTO);
}

static void test_a_message_has_a_cap(void **state)
{
    static uint8_t buf[2 * P2P__CAP_PORTMAP_MESSAGE_BYTES];
    const size_t len = unhex(GOOD, buf, sizeof buf);
    struct p2p__pcp_answer a;
    uint32_t epoch;

    (void)state;
    assert_int_equal(P2P__CAP_PORTMAP_MESSAGE_BYTES, 1100);
    /* Options without bytes, up to the cap and one more. */
    for (size_t n = len; n < sizeof buf; n += 4) {
        buf[n] = 0x81;
    }
    assert_int_equal(p2p__pcp_read_map(p2p__slice_of(buf, 1100), &a), 0);
    assert_int_equal(p2p__pcp_read_map(p2p__slice_of(buf, 1104), &a),
                     P2P_EFORMAT);
    buf[1] = 0x80;
    assert_int_equal(p2p__pcp_read_announce(p2p__slice_of(buf, 1104), &epoch),
                     P2P_EFORMAT);
}

static int announce(const char *hex, uint32_t *epoch)
{
    uint8_t buf[64];
    const size_t len = unhex(hex, buf, sizeof buf);

    return p2p__pcp_read_announce(p2p__slice_of(buf, len), epoch);
}

static void test_announcements_of_both_are_read(void **state)
{
    uint32_t epoch = 0;

    (void)state;
    assert_int_equal(announce(HEAD("80", "00"), &epoch), 0);
    assert_int_equal(epoch, 77);
    /* NAT-PMP: version, op, result, epoch, address. */
    assert_int_equal(announce("00800000 00000005 2c4d01fe", &epoch), 0);
    assert_int_equal(epoch, 5);
    assert_int_equal(announce("00800003 00000006 2c4d01fe", &epoch),
                     P2P_EFORMAT);
    assert_int_equal(announce("00810000 00000006 2c4d01fe", &epoch),
                     P2P_EFORMAT);
    assert_int_equal(announce("00800000 00000006 2c4d01", &epoch), P2P_EFORMAT);
    assert_int_equal(announce(HEAD("81", "00"), &epoch), P2P_EFORMAT);
    assert_int_equal(announce(HEAD("80", "01"), &epoch), P2P_EFORMAT);
    assert_int_equal(announce(HEAD("00", "00"), &epoch), P2P_EFORMAT);
    assert_int_equal(epoch, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_that_of_the_rfc),
        cmocka_unit_test(test_an_answer_is_read),
        cmocka_unit_test(test_a_refusal_is_read),
        cmocka_unit_test(test_a_gateway_of_nat_pmp_says_so),
        cmocka_unit_test(test_what_is_malformed_is_refused),
        cmocka_unit_test(test_a_message_has_a_cap),
        cmocka_unit_test(test_announcements_of_both_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
