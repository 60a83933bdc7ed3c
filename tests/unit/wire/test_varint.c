/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Vectors: multiformats/unsigned-varint and protobuf's "Encoding". */
#include "wire/varint.h"
#include "hex.h"
#include "unit.h"

static const struct {
    uint64_t v;
    const char *hex;
} vectors[] = {
    {0, "00"},
    {1, "01"},
    {127, "7f"},
    {128, "8001"},
    {255, "ff01"},
    {300, "ac02"},
    {16384, "808001"},
    {UINT32_MAX, "ffffffff0f"},
    {(UINT64_C(1) << 56) - 1, "ffffffffffffff7f"},
    {UINT64_MAX >> 1, "ffffffffffffffff7f"},
    {UINT64_C(1) << 63, "80808080808080808001"},
    {UINT64_MAX, "ffffffffffffffffff01"},
};

static void test_writes_the_shortest_form(void **state)
{
    uint8_t buf[P2P__VARINT_PB_MAX];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(vectors); i++) {
        size_t n = p2p__varint_put(buf, vectors[i].v);

        assert_hex(buf, n, vectors[i].hex);
        assert_int_equal(p2p__varint_len(vectors[i].v), n);
    }
}

static void test_reads_what_it_wrote(void **state)
{
    uint8_t buf[P2P__VARINT_PB_MAX + 1];
    uint64_t v;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(vectors); i++) {
        int n = (int)unhex(vectors[i].hex, buf, sizeof buf);

        buf[n] = 0xff; /* what follows does not matter */
        assert_int_equal(p2p__varint_get_pb(buf, sizeof buf, &v), n);
        assert_true(v == vectors[i].v);
        if (n <= (int)P2P__VARINT_MAX) {
            assert_int_equal(p2p__varint_get(buf, sizeof buf, &v), n);
            assert_true(v == vectors[i].v);
        }
    }
}

static void test_a_cut_off_number_asks_for_more(void **state)
{
    uint8_t buf[P2P__VARINT_PB_MAX];
    uint64_t v;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(vectors); i++) {
        size_t n = unhex(vectors[i].hex, buf, sizeof buf);

        for (size_t len = 0; len < n; len++) {
            assert_int_equal(p2p__varint_get_pb(buf, len, &v), 0);
            if (len < P2P__VARINT_MAX) {
                assert_int_equal(p2p__varint_get(buf, len, &v), 0);
            }
        }
    }
}

static void test_T22_longer_forms_are_refused_in_multiformats(void **state)
{
    static const char *const over_long[] = {"8000", "8100", "808000", "ff00",
                                            "808080808080808000"};
    uint8_t buf[P2P__VARINT_PB_MAX];
    uint64_t v;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(over_long); i++) {
        size_t n = unhex(over_long[i], buf, sizeof buf);

        assert_int_equal(p2p__varint_get(buf, n, &v), P2P_EFORMAT);
        assert_int_equal(p2p__varint_get_pb(buf, n, &v), n);
    }
}

static void test_T22_endless_numbers_end_at_the_limit(void **state)
{
    uint8_t buf[64];
    uint64_t v;

    (void)state;
    memset(buf, 0x80, sizeof buf);
    assert_int_equal(p2p__varint_get(buf, 8, &v), 0);
    assert_int_equal(p2p__varint_get(buf, 9, &v), P2P_EFORMAT);
    assert_int_equal(p2p__varint_get(buf, sizeof buf, &v), P2P_EFORMAT);
    assert_int_equal(p2p__varint_get_pb(buf, 9, &v), 0);
    assert_int_equal(p2p__varint_get_pb(buf, 10, &v), P2P_EFORMAT);
}

static void test_T22_more_than_64_bits_are_refused(void **state)
{
    uint8_t buf[P2P__VARINT_PB_MAX];
    uint64_t v;

    (void)state;
    unhex("ffffffffffffffffff02", buf, sizeof buf);
    assert_int_equal(p2p__varint_get_pb(buf, sizeof buf, &v), P2P_EFORMAT);
    unhex("ffffffffffffffffff7f", buf, sizeof buf);
    assert_int_equal(p2p__varint_get_pb(buf, sizeof buf, &v), P2P_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_the_shortest_form),
        cmocka_unit_test(test_reads_what_it_wrote),
        cmocka_unit_test(test_a_cut_off_number_asks_for_more),
        cmocka_unit_test(test_T22_longer_forms_are_refused_in_multiformats),
        cmocka_unit_test(test_T22_endless_numbers_end_at_the_limit),
        cmocka_unit_test(test_T22_more_than_64_bits_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
