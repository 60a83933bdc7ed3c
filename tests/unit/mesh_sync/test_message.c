/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The messages of sync: what is written is read; what is known is strict; what
 * is not known is passed over. */
#include "mesh/sync/message.h"

#include "p2p/err.h"
#include "unit.h"

static struct um_name name(unsigned byte)
{
    struct um_name n;

    memset(n.b, (int)byte, sizeof n.b);
    return n;
}

/* Writes a message, takes the length off, reads it again. */
static struct um_sync_msg again(const struct um_sync_msg *m)
{
    static struct um_buf out;
    struct um_sync_msg back;
    struct um_str in;
    uint64_t len;

    um_buf_fini(&out);
    um_sync_write(&out, m);
    in = um_buf_view(&out);
    assert_true(um_pb_take_varint(&in, &len));
    assert_int_equal(len, in.len);
    assert_int_equal(um_sync_read(in, &back), 0);
    assert_int_equal(back.what, m->what);
    assert_int_equal(back.set, m->set);
    assert_true(um_name_eq(&back.hash, &m->hash));
    assert_int_equal(back.offset, m->offset);
    assert_int_equal(back.size, m->size);
    assert_int_equal(back.more, m->more);
    assert_int_equal(back.number, m->number);
    assert_int_equal(back.names.n, m->names.n);
    assert_true(m->names.n == 0 || memcmp(back.names.p, m->names.p,
                                          m->names.n * UM_NAME_BYTES) == 0);
    assert_true(um_str_eq(back.buckets, m->buckets));
    assert_true(um_str_eq(back.envelopes, m->envelopes));
    assert_true(um_str_eq(back.bytes, m->bytes));
    assert_true(um_str_eq(back.text, m->text));
    return back;
}

static void test_hello(void **state)
{
    struct um_sync_msg m = {.what = UM_SYNC_HELLO,
                            .version = 1,
                            .mesh = name(1),
                            .roots = {name(2), name(3), name(4)}};
    struct um_buf rows = UM_BUF_INIT;
    struct um_sync_msg back;
    struct um_name member = name(5);

    (void)state;
    um_sync_row_put(&rows, &member, 0x0102030405060708);
    member = name(6);
    um_sync_row_put(&rows, &member, 7);
    m.rows = um_buf_view(&rows);
    back = again(&m);
    assert_int_equal(back.version, 1);
    assert_true(um_name_eq(&back.mesh, &m.mesh));
    assert_memory_equal(back.roots, m.roots, sizeof m.roots);
    assert_int_equal(um_sync_rows_n(back.rows), 2);
    assert_true(um_sync_row_at(back.rows, 0, &member) == 0x0102030405060708);
    assert_int_equal(um_sync_row_at(back.rows, 1, &member), 7);
    assert_int_equal(member.b[0], 6);
    um_buf_fini(&rows);
}

static void test_all_others(void **state)
{
    struct um_name names[UM_SYNC_BUCKETS];
    struct um_buf run = UM_BUF_INIT;
    char slot[UM_SEALED_SLOT_BYTES] = {1};

    (void)state;
    for (unsigned i = 0; i < UM_SYNC_BUCKETS; i++)
        names[i] = name(255 - i % 255);
    (void)again(&(struct um_sync_msg){.what = UM_SYNC_BUCKETS_WANT, .set = 3});
    (void)again(&(struct um_sync_msg){
        .what = UM_SYNC_BUCKETS_ARE, .set = 1, .names = {names, 256}});
    (void)again(&(struct um_sync_msg){
        .what = UM_SYNC_IDS_WANT, .set = 2, .buckets = UM_STR("\x00\x01\xff")});
    (void)again(&(struct um_sync_msg){.what = UM_SYNC_IDS, .set = 2});
    (void)again(&(struct um_sync_msg){
        .what = UM_SYNC_IDS, .set = 2, .names = {names, 3}, .more = true});
    (void)again(&(struct um_sync_msg){
        .what = UM_SYNC_WANT, .set = 3, .names = {names, 200}});
    um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ITEMS), UM_STR("one"));
    um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ITEMS), UM_STR("two"));
    (void)again(&(struct um_sync_msg){.what = UM_SYNC_ITEMS,
                                      .set = 3,
                                      .envelopes = um_buf_view(&run),
                                      .names = {names, 2}});
    um_buf_clear(&run);
    um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ROWS), UM_STR("one"));
    um_pb_put_str(&run, um_sync_envelope_field(UM_SYNC_ROWS), UM_STR("two"));
    (void)again(&(struct um_sync_msg){.what = UM_SYNC_ROWS,
                                      .envelopes = um_buf_view(&run)});
    um_buf_fini(&run);
    (void)again(&(struct um_sync_msg){
        .what = UM_SYNC_DOC_WANT, .hash = name(9), .offset = 1234567});
    (void)again(&(struct um_sync_msg){.what = UM_SYNC_DOC, .hash = name(9)});
    (void)again(&(struct um_sync_msg){.what = UM_SYNC_DOC,
                                      .hash = name(9),
                                      .offset = 4,
                                      .size = 7,
                                      .bytes = UM_STR("abc")});
    (void)again(
        &(struct um_sync_msg){.what = UM_SYNC_SLOT_WANT, .hash = name(9)});
    (void)again(&(struct um_sync_msg){.what = UM_SYNC_SLOT, .hash = name(9)});
    (void)again(&(struct um_sync_msg){.what = UM_SYNC_SLOT,
                                      .hash = name(9),
                                      .bytes = um_str_n(slot, sizeof slot)});
    (void)again(&(struct um_sync_msg){
        .what = UM_SYNC_SORRY, .number = 99, .text = UM_STR("what?")});
}

/* A frame of one message with the given content. */
static int read(unsigned what, const struct um_buf *content,
                struct um_sync_msg *out)
{
    static struct um_buf frame;

    um_buf_clear(&frame);
    um_pb_put_str(&frame, what, um_buf_view(content));
    return um_sync_read(um_buf_view(&frame), out);
}

/* A frame with a number in field 1, bytes in field 2, a number in field 3. */
static int plain(unsigned what, uint64_t one, struct um_str two, uint64_t three)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_sync_msg m;
    int err;

    um_pb_put_num(&b, 1, one);
    um_pb_put_str(&b, 2, two);
    um_pb_put_num(&b, 3, three);
    err = read(what, &b, &m);
    um_buf_fini(&b);
    return err;
}

/* Bytes that are as many names of one byte. */
static struct um_str names_of(size_t bytes, char byte)
{
    static char many[UM__CAP_SYNC_FRAME_BYTES];

    assert_true(bytes <= sizeof many);
    memset(many, byte, bytes);
    return um_str_n(many, bytes);
}

static void test_what_is_known_is_strict(void **state)
{
    static const struct um_str none = {NULL, 0};

    (void)state;
    assert_int_equal(plain(UM_SYNC_BUCKETS_WANT, 3, none, 0), 0);
    assert_int_equal(plain(UM_SYNC_BUCKETS_WANT, 4, none, 0), P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_BUCKETS_WANT, 0, UM_STR("x"), 0),
                     P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_BUCKETS_ARE, 1, names_of(256 * 32, 1), 0),
                     0);
    assert_int_equal(plain(UM_SYNC_BUCKETS_ARE, 1, names_of(255 * 32, 1), 0),
                     P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_BUCKETS_ARE, 1, names_of(257 * 32, 1), 0),
                     P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_IDS_WANT, 1, UM_STR("\x01\x02"), 0), 0);
    assert_int_equal(plain(UM_SYNC_IDS_WANT, 1, UM_STR("\x02\x01"), 0),
                     P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_IDS_WANT, 1, UM_STR("\x01\x01"), 0),
                     P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_IDS_WANT, 1, none, 0), P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_IDS, 1, names_of(33, 1), 0), P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_IDS, 1, names_of(64, 0), 0), P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_IDS, 1, names_of(64, 1), 1), 0);
    assert_int_equal(plain(UM_SYNC_IDS, 1, names_of(64, 1), 2), P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_IDS, 1, none, 1), P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_WANT, 1, none, 0), P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_ITEMS, 1, none, 0), P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_SORRY, 0, UM_STR("x"), 0), P2P_EFORMAT);
    assert_int_equal(plain(UM_SYNC_SORRY, 1, UM_STR("a\x01"), 0), P2P_EFORMAT);
    /* a hash that is a number */
    assert_int_equal(plain(UM_SYNC_SLOT_WANT, 1, none, 0), P2P_EFORMAT);
}

static void test_a_want_has_so_many_names(void **state)
{
    size_t most = UM__CAP_SYNC_WANT_NAMES;

    (void)state;
    assert_int_equal(plain(UM_SYNC_WANT, 1, names_of(most * 32, 1), 0), 0);
    assert_int_equal(plain(UM_SYNC_WANT, 1, names_of((most + 1) * 32, 1), 0),
                     P2P_EFORMAT);
}

static void test_a_sorry_is_short(void **state)
{
    size_t most = UM__CAP_SYNC_SORRY_BYTES;

    (void)state;
    assert_int_equal(plain(UM_SYNC_SORRY, 99, names_of(most, 'a'), 0), 0);
    assert_int_equal(plain(UM_SYNC_SORRY, 99, names_of(most + 1, 'a'), 0),
                     P2P_EFORMAT);
}

/* A Doc of `bytes` at an offset of `size`. */
static int doc(uint64_t offset, uint64_t size, size_t bytes)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash = name(7);
    struct um_sync_msg m;
    int err;

    um_name_put(&b, 1, &hash);
    um_pb_put_num(&b, 2, offset);
    um_pb_put_num(&b, 3, size);
    um_pb_put_str(&b, 4, names_of(bytes, 'x'));
    err = read(UM_SYNC_DOC, &b, &m);
    um_buf_fini(&b);
    return err;
}

static void test_a_part_lies_in_its_document(void **state)
{
    (void)state;
    assert_int_equal(doc(0, 10, 10), 0);
    assert_int_equal(doc(5, 10, 5), 0);
    assert_int_equal(doc(5, 10, 6), P2P_EFORMAT);
    assert_int_equal(doc(11, 10, 1), P2P_EFORMAT);
    assert_int_equal(doc(0, 0, 1), P2P_EFORMAT);
    assert_int_equal(doc(UM_PB_NUM_MAX, UM_PB_NUM_MAX, 1), P2P_EFORMAT);
    assert_int_equal(doc(11, 10, 0), 0); /* beyond its end: nothing */
}

static void test_a_part_has_so_many_bytes(void **state)
{
    (void)state;
    assert_int_equal(doc(0, 1 << 20, UM__CAP_SYNC_PART_BYTES), 0);
    assert_int_equal(doc(0, 1 << 20, UM__CAP_SYNC_PART_BYTES + 1), P2P_EFORMAT);
}

static int slot(size_t bytes)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash = name(7);
    struct um_sync_msg m;
    int err;

    um_name_put(&b, 1, &hash);
    um_pb_put_str(&b, 2, names_of(bytes, 'x'));
    err = read(UM_SYNC_SLOT, &b, &m);
    um_buf_fini(&b);
    return err;
}

static void test_a_slot_is_whole(void **state)
{
    (void)state;
    assert_int_equal(slot(0), 0);
    assert_int_equal(slot(UM_SEALED_SLOT_BYTES), 0);
    assert_int_equal(slot(UM_SEALED_SLOT_BYTES - 1), P2P_EFORMAT);
    assert_int_equal(slot(UM_SEALED_SLOT_BYTES + 1), P2P_EFORMAT);
}

/* A Hello with rows of the members 1, 2, … as given. */
static int hello(struct um_str rows, bool all)
{
    struct um_sync_msg m = {.what = UM_SYNC_HELLO,
                            .version = 1,
                            .mesh = name(1),
                            .roots = {name(2), name(3), name(4)},
                            .rows = rows};
    struct um_buf out = UM_BUF_INIT;
    struct um_str in;
    uint64_t len;
    int err;

    if (!all)
        m.roots[1] = (struct um_name){{0}};
    um_sync_write(&out, &m);
    in = um_buf_view(&out);
    assert_true(um_pb_take_varint(&in, &len));
    err = um_sync_read(in, &m);
    um_buf_fini(&out);
    return err;
}

static void test_a_hello_has_all(void **state)
{
    struct um_buf rows = UM_BUF_INIT;
    struct um_name a = name(1);
    struct um_name b = name(2);

    (void)state;
    assert_int_equal(hello(um_str_n(NULL, 0), true), 0);
    assert_int_equal(hello(um_str_n(NULL, 0), false), P2P_EFORMAT);
    um_sync_row_put(&rows, &b, 1);
    assert_int_equal(hello(um_str_n(rows.p, 39), true), P2P_EFORMAT);
    assert_int_equal(hello(um_buf_view(&rows), true), 0);
    um_sync_row_put(&rows, &b, 2); /* the same member twice */
    assert_int_equal(hello(um_buf_view(&rows), true), P2P_EFORMAT);
    um_buf_clear(&rows);
    um_sync_row_put(&rows, &b, 1);
    um_sync_row_put(&rows, &a, 2); /* not ascending */
    assert_int_equal(hello(um_buf_view(&rows), true), P2P_EFORMAT);
    um_buf_fini(&rows);
}

static void test_a_hello_has_so_many_rows(void **state)
{
    struct um_buf rows = UM_BUF_INIT;
    struct um_name member = name(1);

    (void)state;
    for (unsigned i = 0; i < UM__CAP_SYNC_ROWS; i++) {
        member.b[0] = (uint8_t)(i >> 8);
        member.b[1] = (uint8_t)i;
        um_sync_row_put(&rows, &member, 1);
    }
    assert_int_equal(hello(um_buf_view(&rows), true), 0);
    member.b[0] = 255;
    um_sync_row_put(&rows, &member, 1);
    assert_int_equal(hello(um_buf_view(&rows), true), P2P_EFORMAT);
    um_buf_fini(&rows);
}

static void test_unknown_fields_are_passed_over(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_sync_msg m;

    (void)state;
    um_pb_put_num(&b, 1, 2);
    um_pb_put_str(&b, 20, UM_STR("later"));
    um_pb_put_num(&b, 63, 7);
    assert_int_equal(read(UM_SYNC_BUCKETS_WANT, &b, &m), 0);
    assert_int_equal(m.set, 2);
    um_buf_fini(&b);
}

static void test_unknown_messages_are_named(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_sync_msg m;

    (void)state;
    um_buf_text(&b, "\xff whatever");
    assert_int_equal(read(14, &b, &m), P2P_ENOTSUP);
    assert_int_equal(m.number, 14);
    assert_int_equal(read(63, &b, &m), P2P_ENOTSUP);
    assert_int_equal(m.number, 63);
    um_buf_fini(&b);
}

static void test_frames_that_are_no_message(void **state)
{
    static const struct um_str bad[] = {
        UM_STR_INIT("\x08\x01"),                         /* a number */
        UM_STR_INIT("\x12\x02\x08\x01\x12\x02\x08\x01"), /* two messages */
        UM_STR_INIT("\x12\x03\x08\x01"),                 /* cut short */
        UM_STR_INIT("\x12\x02\x08\x01x"),                /* and more */
        UM_STR_INIT("\x12\x00"),                         /* empty */
        UM_STR_INIT("\x12\x03\x08\x81\x00"),             /* not shortest */
        UM_STR_INIT("\x12\x04\x08\x01\x08\x01"),         /* a field twice */
    };
    struct um_sync_msg m;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(um_sync_read(bad[i], &m), P2P_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_all_others),
        cmocka_unit_test(test_what_is_known_is_strict),
        cmocka_unit_test(test_a_want_has_so_many_names),
        cmocka_unit_test(test_a_sorry_is_short),
        cmocka_unit_test(test_a_part_lies_in_its_document),
        cmocka_unit_test(test_a_part_has_so_many_bytes),
        cmocka_unit_test(test_a_slot_is_whole),
        cmocka_unit_test(test_a_hello_has_all),
        cmocka_unit_test(test_a_hello_has_so_many_rows),
        cmocka_unit_test(test_unknown_fields_are_passed_over),
        cmocka_unit_test(test_unknown_messages_are_named),
        cmocka_unit_test(test_frames_that_are_no_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
