/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Canonical protobuf: one encoding, and everything else refused. */
#include "mesh/base/pb.h"

#include "p2p/err.h"
#include "unit.h"

static int read(struct um_pb *m, const char *bytes, size_t len)
{
    return um_pb_read(m, um_str_n(bytes, len));
}

#define READ(m, lit) read((m), (lit), sizeof(lit) - 1)

static void test_what_is_written_is_read(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_pb m;
    uint64_t num;
    struct um_str s;
    char four[4];

    (void)state;
    um_pb_put_num(&b, 1, 1);
    um_pb_put_num(&b, 2, 0); /* left out */
    um_pb_put_num(&b, 3, UM_PB_NUM_MAX);
    um_pb_put_bytes(&b, 4, "four", 4);
    um_pb_put_str(&b, 5, UM_STR("")); /* left out */
    um_pb_put_num(&b, 24, UINT64_MAX);
    um_pb_put_str(&b, 63, UM_STR("later"));
    assert_int_equal(um_pb_read(&m, um_buf_view(&b)), 0);
    um_pb_num(&m, 1, 1, &num);
    assert_int_equal(num, 1);
    um_pb_num(&m, 2, 1, &num);
    assert_int_equal(num, 0);
    um_pb_num(&m, 3, UM_PB_NUM_MAX, &num);
    assert_int_equal(num, UM_PB_NUM_MAX);
    um_pb_bytes(&m, 4, 4, &s);
    assert_true(um_str_eq(s, UM_STR("four")));
    um_pb_exact(&m, 4, 4, four);
    assert_memory_equal(four, "four", 4);
    um_pb_bytes(&m, 5, 0, &s);
    assert_int_equal(s.len, 0);
    um_pb_num(&m, 24, UINT64_MAX, &num);
    assert_true(num == UINT64_MAX);
    assert_true(um_pb_has(&m, 63) && !um_pb_has(&m, 62) && !um_pb_has(&m, 2));
    assert_int_equal(m.err, 0);
    um_buf_fini(&b);
}

static void test_nothing_is_a_message(void **state)
{
    struct um_pb m;

    (void)state;
    assert_int_equal(um_pb_read(&m, um_str_n(NULL, 0)), 0);
    assert_true(m.have == 0);
}

static void test_only_one_form_is_taken(void **state)
{
    struct um_pb m;

    (void)state;
    assert_int_equal(READ(&m, "\x08\x01\x10\x02"), 0);
    /* 1: the order, and twice */
    assert_int_equal(READ(&m, "\x10\x02\x08\x01"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x08\x01\x08\x01"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x0a\x01x\x0a\x01y"), P2P_EFORMAT);
    /* 2: numbers 1 to 63 */
    assert_int_equal(READ(&m, "\x00\x01"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\xf8\x03\x01"), 0);
    assert_int_equal(READ(&m, "\x80\x04\x01"), P2P_EFORMAT);
    /* 3: wire types */
    assert_int_equal(READ(&m, "\x09\x01\x01\x01\x01\x01\x01\x01\x01"),
                     P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x0d\x01\x01\x01\x01"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x0b\x0c"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x0f\x01"), P2P_EFORMAT);
    /* 4: shortest forms of tag, value, length */
    assert_int_equal(READ(&m, "\x88\x00\x01"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x08\x81\x00"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x0a\x81\x00x"), P2P_EFORMAT);
    /* 5: no zeros, nothing empty */
    assert_int_equal(READ(&m, "\x08\x00"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x0a\x00"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\xf8\x03\x00"), P2P_EFORMAT);
    /* 6: nothing behind, nothing cut off */
    assert_int_equal(READ(&m, "\x08"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x08\x80"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x0a\x02x"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x0a"), P2P_EFORMAT);
    assert_int_equal(READ(&m, "\x08\x01\x80"), P2P_EFORMAT);
}

static void test_varints_end(void **state)
{
    struct um_pb m;
    uint64_t v;

    (void)state;
    assert_int_equal(READ(&m, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
                     0);
    um_pb_num(&m, 1, UINT64_MAX, &v);
    assert_true(v == UINT64_MAX);
    assert_int_equal(READ(&m, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
                     P2P_EFORMAT);
    assert_int_equal(
        READ(&m, "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
        P2P_EFORMAT);
    /* a length that says it is nearly all there is */
    assert_int_equal(READ(&m, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"),
                     P2P_EFORMAT);
}

static void test_getters_refuse_what_does_not_fit(void **state)
{
    static const char msg[] =
        "\x08\x05\x12\x03"
        "abc";
    struct um_pb m;
    uint64_t num;
    struct um_str s;
    char out[4];

    (void)state;
    assert_int_equal(READ(&m, msg), 0);
    um_pb_num(&m, 1, 4, &num);
    assert_int_equal(m.err, P2P_EFORMAT);
    assert_int_equal(READ(&m, msg), 0);
    um_pb_num(&m, 2, UINT64_MAX, &num); /* bytes */
    assert_int_equal(m.err, P2P_EFORMAT);
    assert_int_equal(READ(&m, msg), 0);
    um_pb_bytes(&m, 1, 9, &s); /* a number */
    assert_int_equal(m.err, P2P_EFORMAT);
    assert_int_equal(READ(&m, msg), 0);
    um_pb_bytes(&m, 2, 2, &s);
    assert_int_equal(m.err, P2P_EFORMAT);
    assert_int_equal(READ(&m, msg), 0);
    um_pb_exact(&m, 2, 4, out);
    assert_int_equal(m.err, P2P_EFORMAT);
    assert_int_equal(READ(&m, msg), 0);
    um_pb_exact(&m, 3, 4, out);
    assert_int_equal(m.err, 0);
    assert_memory_equal(out, "\0\0\0\0", 4);
}

#define TEXT(lit) um_pb_is_text(um_str_n((lit), sizeof(lit) - 1))

static void test_text_is_utf8_without_controls(void **state)
{
    (void)state;
    assert_true(TEXT(""));
    assert_true(TEXT("plain ~"));
    assert_true(TEXT("\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"));
    assert_true(TEXT("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"));
    assert_true(TEXT("\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80"));
    assert_true(TEXT("\xf4\x8f\xbf\xbf"));
    assert_false(TEXT("a\nb"));
    assert_false(TEXT("a\0b"));
    assert_false(TEXT("\x1b[31m"));
    assert_false(TEXT("\x7f"));
    assert_false(TEXT("\x80"));
    assert_false(TEXT("\xc3"));
    assert_false(TEXT("\xc3("));
    assert_false(TEXT("\xc0\xaf"));         /* overlong */
    assert_false(TEXT("\xc1\xbf"));         /* overlong */
    assert_false(TEXT("\xe0\x9f\xbf"));     /* overlong */
    assert_false(TEXT("\xf0\x8f\xbf\xbf")); /* overlong */
    assert_false(TEXT("\xed\xa0\x80"));     /* a surrogate */
    assert_false(TEXT("\xed\xbf\xbf"));     /* a surrogate */
    assert_false(TEXT("\xf4\x90\x80\x80")); /* above U+10FFFF */
    assert_false(TEXT("\xf5\x80\x80\x80"));
    assert_false(TEXT("\xff"));
    assert_false(TEXT("\xe2\x82"));
}

/* A field that may stand several times is all of them, as they stand. */
static void test_lists(void **state)
{
    static const char msg[] =
        "\x08\x01\x12\x01"
        "a"
        "\x12\x02"
        "bc"
        "\x12\x01"
        "d"
        "\x1a\x01"
        "e";
    struct um_str in = um_str_n(msg, sizeof msg - 1);
    struct um_pb m;
    struct um_str list;
    struct um_str s;

    (void)state;
    assert_int_equal(um_pb_read(&m, in), P2P_EFORMAT);
    assert_int_equal(um_pb_read_lists(&m, in, 1U << 3), P2P_EFORMAT);
    assert_int_equal(um_pb_read_lists(&m, in, 1U << 2), 0);
    um_pb_bytes(&m, 2, 100, &list);
    assert_int_equal(list.len, 10);
    assert_true(um_pb_list_next(&list, &s) && um_str_eq(s, UM_STR("a")));
    assert_true(um_pb_list_next(&list, &s) && um_str_eq(s, UM_STR("bc")));
    assert_true(um_pb_list_next(&list, &s) && um_str_eq(s, UM_STR("d")));
    assert_false(um_pb_list_next(&list, &s));
    um_pb_bytes(&m, 3, 1, &s);
    assert_true(um_str_eq(s, UM_STR("e")));
    assert_int_equal(m.err, 0);
}

/* Several, but in one row, and of bytes. */
static void test_lists_are_one_row(void **state)
{
    static const struct um_str bad[] = {
        UM_STR_INIT("\x12\x01"
                    "a"
                    "\x1a\x01"
                    "b"
                    "\x12\x01"
                    "c"),
        UM_STR_INIT("\x10\x01\x10\x01"),
        UM_STR_INIT("\x10\x01\x12\x01"
                    "a"),
        UM_STR_INIT("\x12\x01"
                    "a"
                    "\x10\x01"),
        UM_STR_INIT("\x12\x01"
                    "a"
                    "\x12\x00"),
    };
    struct um_pb m;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(um_pb_read_lists(&m, bad[i], 1U << 2), P2P_EFORMAT);
}

static void test_a_field_by_itself(void **state)
{
    struct um_str in = UM_STR(
        "\x08\x05\x12\x02"
        "ab"
        "\x12");
    struct um_pb_field f;

    (void)state;
    assert_true(um_pb_take(&in, &f));
    assert_true(f.number == 1 && !f.bytes && f.num == 5);
    assert_true(um_pb_take(&in, &f));
    assert_true(f.number == 2 && f.bytes && um_str_eq(f.str, UM_STR("ab")));
    assert_false(um_pb_take(&in, &f));
    in = UM_STR("\x0d\x01");
    assert_false(um_pb_take(&in, &f)); /* another type of the wire */
    in = UM_STR(
        "\x02\x01"
        "a");
    assert_false(um_pb_take(&in, &f)); /* field 0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_nothing_is_a_message),
        cmocka_unit_test(test_only_one_form_is_taken),
        cmocka_unit_test(test_varints_end),
        cmocka_unit_test(test_getters_refuse_what_does_not_fit),
        cmocka_unit_test(test_text_is_utf8_without_controls),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_lists_are_one_row),
        cmocka_unit_test(test_a_field_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
