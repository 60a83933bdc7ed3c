/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Vectors: protobuf.dev, "Encoding". */
#include "wire/pb.h"
#include "hex.h"
#include "unit.h"

/* Walks a whole message; returns its fields' count, or the error. */
static int walk(const uint8_t *p, size_t len)
{
    struct p2p__pb r;
    struct p2p__pb_field f;
    int count = 0;

    p2p__pb_init(&r, p2p__slice_of(p, len));
    while (p2p__pb_next(&r, &f)) {
        count++;
    }
    assert_false(p2p__pb_next(&r, &f)); /* the end is for good */
    return r.err != 0 ? r.err : count;
}

static int walk_hex(const char *hex)
{
    uint8_t buf[256];

    return walk(buf, unhex(hex, buf, sizeof buf));
}

static void test_reads_each_wire_type(void **state)
{
    uint8_t buf[64];
    size_t len = unhex(
        "089601 120774657374696e67 1a03089601"
        "21 0102030405060708 2d 0a0b0c0d",
        buf, sizeof buf);
    struct p2p__pb r;
    struct p2p__pb_field f;

    (void)state;
    p2p__pb_init(&r, p2p__slice_of(buf, len));
    assert_true(p2p__pb_next(&r, &f));
    assert_int_equal(f.tag, P2P__PB_UINT(1));
    assert_int_equal(f.value, 150);
    assert_true(p2p__pb_next(&r, &f));
    assert_int_equal(f.tag, P2P__PB_BYTES(2));
    assert_int_equal(f.bytes.len, 7);
    assert_memory_equal(f.bytes.p, "testing", 7);
    assert_true(p2p__pb_next(&r, &f));
    assert_int_equal(f.tag, P2P__PB_BYTES(3));
    assert_hex(f.bytes.p, f.bytes.len, "089601");
    assert_true(p2p__pb_next(&r, &f));
    assert_int_equal(f.tag, P2P__PB_FIXED64(4));
    assert_true(f.value == 0x0807060504030201U);
    assert_true(p2p__pb_next(&r, &f));
    assert_int_equal(f.tag, P2P__PB_FIXED32(5));
    assert_true(f.value == 0x0d0c0b0aU);
    assert_false(p2p__pb_next(&r, &f));
    assert_int_equal(r.err, 0);
}

static void test_bytes_can_be_kept_like_their_message(void **state)
{
    struct p2p__slab *slab = p2p__slab_new(16);
    struct p2p__slice msg;
    struct p2p__pb r;
    struct p2p__pb_field f;

    (void)state;
    assert_non_null(slab);
    msg = (struct p2p__slice){.p = slab->data, .slab = slab};
    msg.len = unhex("0a0161", slab->data, slab->cap);
    p2p__pb_init(&r, msg);
    assert_true(p2p__pb_next(&r, &f));
    assert_ptr_equal(f.bytes.slab, slab);
    assert_ptr_equal(f.bytes.p, slab->data + 2);
    p2p__slab_unref(slab);
}

static void test_an_empty_message_has_no_fields(void **state)
{
    (void)state;
    assert_int_equal(walk(NULL, 0), 0);
    assert_int_equal(walk_hex("0a00"), 1);
}

static void test_T24_groups_are_refused(void **state)
{
    (void)state;
    assert_int_equal(walk_hex("0b0c"), P2P_EFORMAT);
    assert_int_equal(walk_hex("0801 0c"), P2P_EFORMAT);
    assert_int_equal(walk_hex("0e"), P2P_EFORMAT);
    assert_int_equal(walk_hex("0f"), P2P_EFORMAT);
}

static void test_T24_field_zero_is_refused(void **state)
{
    (void)state;
    assert_int_equal(walk_hex("0001"), P2P_EFORMAT);
    assert_int_equal(walk_hex("0200"), P2P_EFORMAT);
    assert_int_equal(walk_hex("800001"), P2P_EFORMAT);
}

static void test_T24_the_tag_ends_at_32_bits(void **state)
{
    (void)state;
    assert_int_equal(walk_hex("f8ffffff0f 01"), 1); /* the highest number */
    assert_int_equal(walk_hex("8880808010 01"), P2P_EFORMAT);
    assert_int_equal(walk_hex("88808080808080808001 01"), P2P_EFORMAT);
}

static void test_T24_a_length_past_the_end_is_refused(void **state)
{
    (void)state;
    assert_int_equal(walk_hex("0a01"), P2P_EFORMAT);
    assert_int_equal(walk_hex("0a0261"), P2P_EFORMAT);
    assert_int_equal(walk_hex("0affffffff0f 61"), P2P_EFORMAT);
    assert_int_equal(walk_hex("0a 80808080808080808001 61"), P2P_EFORMAT);
    assert_int_equal(walk_hex("0a ffffffffffffffffff01 61"), P2P_EFORMAT);
}

static void test_T24_a_cut_off_field_is_refused(void **state)
{
    uint8_t buf[64];
    size_t len = unhex(
        "089601 120774657374696e67 210102030405060708"
        "2d0a0b0c0d",
        buf, sizeof buf);
    const size_t ends[] = {0, 3, 12, 21, 26};
    size_t next = 0;

    (void)state;
    for (size_t n = 0; n <= len; n++) {
        if (n == ends[next]) {
            assert_int_equal(walk(buf, n), next);
            next++;
        } else {
            assert_int_equal(walk(buf, n), P2P_EFORMAT);
        }
    }
}

static void test_T24_a_flood_of_empty_messages_takes_no_memory(void **state)
{
    static uint8_t flood[1 << 16];

    (void)state;
    for (size_t i = 0; i < sizeof flood; i += 2) {
        flood[i] = 0x0a;
    }
    assert_int_equal(walk(flood, sizeof flood), sizeof flood / 2);
}

/* A message with every call of the writer. */
static void write_all(struct p2p__pbw *w)
{
    size_t outer;
    size_t inner;

    p2p__pbw_uint(w, 1, 150);
    p2p__pbw_text(w, 2, "testing");
    outer = p2p__pbw_open(w, 3);
    p2p__pbw_uint(w, 1, UINT64_MAX);
    inner = p2p__pbw_open(w, 16);
    p2p__pbw_bytes(w, 1, NULL, 0);
    p2p__pbw_close(w, inner);
    p2p__pbw_close(w, outer);
    p2p__pbw_head(w, 4, 2);
    p2p__pbw_raw(w, "xy", 2);
}

static const char all_hex[] =
    "089601 120774657374696e67"
    "1a10 08ffffffffffffffffff01 8201020a00"
    "22027879";

static void test_writes_what_the_spec_says(void **state)
{
    uint8_t buf[64];
    struct p2p__pbw w;

    (void)state;
    p2p__pbw_init(&w, buf, sizeof buf);
    write_all(&w);
    assert_hex(buf, (size_t)p2p__pbw_end(&w), all_hex);
}

static void test_counting_gives_the_length_of_writing(void **state)
{
    uint8_t buf[64];
    struct p2p__pbw w;
    size_t len = unhex(all_hex, buf, sizeof buf);

    (void)state;
    p2p__pbw_init(&w, NULL, 0);
    write_all(&w);
    assert_int_equal(p2p__pbw_end(&w), len);
}

static void test_a_small_buffer_is_told_and_not_overrun(void **state)
{
    uint8_t buf[64];
    struct p2p__pbw w;
    size_t len = unhex(all_hex, buf, sizeof buf);

    (void)state;
    for (size_t cap = 0; cap < len; cap++) {
        memset(buf, 0xee, sizeof buf);
        p2p__pbw_init(&w, buf, cap);
        write_all(&w);
        assert_int_equal(p2p__pbw_end(&w), P2P_ETOOBIG);
        assert_int_equal(w.len, len);
        for (size_t i = cap; i < sizeof buf; i++) {
            assert_int_equal(buf[i], 0xee);
        }
    }
    p2p__pbw_init(&w, buf, len);
    write_all(&w);
    assert_int_equal(p2p__pbw_end(&w), len);
}

/* The length is written when it is known, and may take several bytes. */
static void test_long_nested_messages_move_aside(void **state)
{
    static const size_t lens[] = {0, 1, 127, 128, 129, 16383, 16384, 20000};
    static uint8_t body[20000];
    static uint8_t buf[20100];
    static uint8_t want[20100];
    struct p2p__pbw w;
    size_t mark;

    (void)state;
    for (size_t i = 0; i < sizeof body; i++) {
        body[i] = (uint8_t)(i * 31);
    }
    for (size_t i = 0; i < P2P__COUNT(lens); i++) {
        int len;

        p2p__pbw_init(&w, want, sizeof want);
        p2p__pbw_bytes(&w, 7, body, lens[i]);
        len = p2p__pbw_end(&w);
        p2p__pbw_init(&w, buf, sizeof buf);
        mark = p2p__pbw_open(&w, 7);
        p2p__pbw_raw(&w, body, lens[i]);
        p2p__pbw_close(&w, mark);
        assert_int_equal(p2p__pbw_end(&w), len);
        assert_memory_equal(buf, want, (size_t)len);
        p2p__pbw_init(&w, buf, sizeof buf);
        mark = p2p__pbw_open_frame(&w);
        p2p__pbw_raw(&w, body, lens[i]);
        p2p__pbw_close(&w, mark);
        assert_int_equal(p2p__pbw_end(&w), len - 1);
        assert_memory_equal(buf, want + 1, (size_t)len - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_each_wire_type),
        cmocka_unit_test(test_bytes_can_be_kept_like_their_message),
        cmocka_unit_test(test_an_empty_message_has_no_fields),
        cmocka_unit_test(test_T24_groups_are_refused),
        cmocka_unit_test(test_T24_field_zero_is_refused),
        cmocka_unit_test(test_T24_the_tag_ends_at_32_bits),
        cmocka_unit_test(test_T24_a_length_past_the_end_is_refused),
        cmocka_unit_test(test_T24_a_cut_off_field_is_refused),
        cmocka_unit_test(test_T24_a_flood_of_empty_messages_takes_no_memory),
        cmocka_unit_test(test_writes_what_the_spec_says),
        cmocka_unit_test(test_counting_gives_the_length_of_writing),
        cmocka_unit_test(test_a_small_buffer_is_told_and_not_overrun),
        cmocka_unit_test(test_long_nested_messages_move_aside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
