/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reading the RPC protobuf: what is taken, what is refused. */
#include "proto/gossip/rpc.h"

#include "unit.h"

static int read_msg(const void *p, size_t len, struct p2p__rpc_msg *m)
{
    return p2p__rpc_msg_read(p2p__slice_of(p, len), m);
}

#define READ(bytes, m) read_msg(bytes, sizeof(bytes) - 1, m)

static void test_a_message_is_read_in_parts(void **state)
{
    static const char body[] =
        "\x0a\x02"
        "AB"
        "\x12\x03"
        "dat"
        "\x1a\x01"
        "7"
        "\x22\x01"
        "t"
        "\x2a\x02"
        "SG"
        "\x32\x01"
        "K";
    struct p2p__rpc_msg m;

    (void)state;
    assert_int_equal(READ(body, &m), 0);
    assert_memory_equal(m.view.from.p, "AB", 2);
    assert_int_equal(m.view.data.len, 3);
    assert_int_equal(m.view.seqno.len, 1);
    assert_int_equal(m.view.topic.len, 1);
    assert_int_equal(m.view.signature.len, 2);
    assert_int_equal(m.view.key.len, 1);
    assert_int_equal(m.signed_len, 15);
    assert_int_equal(m.extra.len, 0);
}

static void test_an_empty_field_is_present(void **state)
{
    struct p2p__rpc_msg m;

    (void)state;
    assert_int_equal(READ("\x0a\x00\x22\x01t", &m), 0);
    assert_true(p2p__rpc_msg_has(&m, P2P__RPC_MSG_FROM));
    assert_false(p2p__rpc_msg_has(&m, P2P__RPC_MSG_DATA));
    assert_int_equal(READ("", &m), 0);
    assert_int_equal(m.present, 0);
}

static void test_unknown_fields_are_signed_and_kept(void **state)
{
    struct p2p__rpc_msg m;

    (void)state;
    assert_int_equal(READ("\x22\x01t\x2a\x01S\x3a\x02xy\x40\x05", &m), 0);
    assert_int_equal(m.signed_len, 3);
    assert_int_equal(m.extra.len, 6);
    assert_memory_equal(m.extra.p, "\x3a\x02xy\x40\x05", 6);
}

static void test_T31_two_encodings_of_one_message_are_refused(void **state)
{
    struct p2p__rpc_msg m;

    (void)state;
    /* A field twice: the first or the last counts, who knows. */
    assert_int_equal(READ("\x22\x01t\x22\x01u", &m), P2P_EFORMAT);
    /* Out of order. */
    assert_int_equal(READ("\x22\x01t\x0a\x01"
                          "A",
                          &m),
                     P2P_EFORMAT);
    /* A length, and a tag, longer than need be. */
    assert_int_equal(READ("\x22\x81\x00t", &m), P2P_EFORMAT);
    assert_int_equal(READ("\xa2\x00\x01t", &m), P2P_EFORMAT);
    /* A known field behind an unknown one. */
    assert_int_equal(READ("\x3a\x01x\x22\x01t", &m), P2P_EFORMAT);
    /* A known field of another wire type. */
    assert_int_equal(READ("\x20\x01", &m), P2P_EFORMAT);
}

static void test_T24_broken_protobuf_is_refused(void **state)
{
    struct p2p__rpc_msg m;
    struct p2p__rpc_topic t;
    struct p2p__rpc_sub s;

    (void)state;
    assert_int_equal(READ("\x22\x09t", &m), P2P_EFORMAT);
    assert_int_equal(READ("\x23", &m), P2P_EFORMAT);
    assert_int_equal(READ("\x02\x00", &m), P2P_EFORMAT);
    assert_int_equal(p2p__rpc_topic_read(p2p__slice_of("\x0a\x05x", 3), &t),
                     P2P_EFORMAT);
    assert_int_equal(p2p__rpc_sub_read(p2p__slice_of("\x08", 1), &s),
                     P2P_EFORMAT);
}

static void test_subscriptions_and_topics_are_read(void **state)
{
    struct p2p__rpc_topic t;
    struct p2p__rpc_sub s;

    (void)state;
    assert_int_equal(
        p2p__rpc_sub_read(p2p__slice_of("\x08\x01\x12\x01x\x18\x00", 7), &s),
        0);
    assert_true(s.subscribe);
    assert_memory_equal(s.topic.p, "x", 1);
    assert_int_equal(
        p2p__rpc_topic_read(p2p__slice_of("\x0a\x01x\x18\x3c", 5), &t), 0);
    assert_int_equal(t.backoff_s, 60);
    /* Peers of the exchange, field 2, are not even looked into. */
    assert_int_equal(
        p2p__rpc_topic_read(p2p__slice_of("\x0a\x01x\x12\x01\xff", 6), &t), 0);
    assert_int_equal(t.backoff_s, 0);
}

static void test_ids_are_walked(void **state)
{
    static const char body[] = "\x0a\x01x\x12\x02id\x12\x00\x12\x03two";
    struct p2p__slice id;
    struct p2p__pb r;

    (void)state;
    p2p__pb_init(&r, p2p__slice_of(body, sizeof body - 1));
    assert_true(p2p__rpc_id_next(&r, P2P__RPC_IHAVE_IDS, &id));
    assert_memory_equal(id.p, "id", 2);
    assert_true(p2p__rpc_id_next(&r, P2P__RPC_IHAVE_IDS, &id));
    assert_int_equal(id.len, 0);
    assert_true(p2p__rpc_id_next(&r, P2P__RPC_IHAVE_IDS, &id));
    assert_false(p2p__rpc_id_next(&r, P2P__RPC_IHAVE_IDS, &id));
    assert_int_equal(r.err, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_is_read_in_parts),
        cmocka_unit_test(test_an_empty_field_is_present),
        cmocka_unit_test(test_unknown_fields_are_signed_and_kept),
        cmocka_unit_test(test_T31_two_encodings_of_one_message_are_refused),
        cmocka_unit_test(test_T24_broken_protobuf_is_refused),
        cmocka_unit_test(test_subscriptions_and_topics_are_read),
        cmocka_unit_test(test_ids_are_walked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
