/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Frames byte by byte, from a hostile client: RFC 6455 section 5. */
#include <stdlib.h>

#include "unit.h"
#include "ws_end.h"

/* Frames of a client: a mask of zeros leaves the payload as it is. */
#define MASK "\x00\x00\x00\x00"

#define CLOSE_PROTOCOL    "\x88\x02\x03\xea" /* 1002 */
#define CLOSE_UNSUPPORTED "\x88\x02\x03\xeb" /* 1003 */
#define CLOSE_NORMAL      "\x88\x02\x03\xe8" /* 1000 */

/* Feeds frames under each plan: this is the word, this went up, and this is
 * what the server says then. */
static void judge(const char *frames, size_t len, int want, const char *up,
                  const char *says, size_t says_len)
{
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct ws_end *e = ws_end_server();
        struct chunker c;

        chunker_init(&c, (enum chunk_plan)(seed % CHUNK_PLANS), seed);
        assert_int_equal(ws_end_feed(e, frames, len, &c), want);
        assert_int_equal(e->up_len, strlen(up));
        assert_memory_equal(e->up, up, strlen(up));
        e->app = (const uint8_t *)"x";
        e->app_len = want == 0 ? 0 : 1; /* who is at an end sends no data */
        assert_int_equal(ws_end_draw(e, 0), 0);
        assert_int_equal(e->wire_len, says_len);
        assert_memory_equal(e->wire, says, says_len);
        ws_end_free(e);
    }
}

#define TAKES(frames, up, says) \
    judge(frames, sizeof(frames) - 1, 0, up, says, sizeof(says) - 1)
#define ENDS(frames, err, up, says) \
    judge(frames, sizeof(frames) - 1, err, up, says, sizeof(says) - 1)

static void test_binary(void **state)
{
    (void)state;
    TAKES("\x82\x85" MASK "hello", "hello", "");
    TAKES("\x82\x80" MASK "\x82\x82" MASK "ab", "ab", "");
    TAKES("\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "Hello", "");
    /* RFC: lengths in as few bytes as they need. */
    ENDS("\x82\xfe\x00\x02" MASK "cd", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x01" MASK "e", P2P_EPROTO, "",
         CLOSE_PROTOCOL);
}

static void test_messages_in_fragments(void **state)
{
    (void)state;
    TAKES("\x02\x82" MASK "ab\x00\x82" MASK "cd\x80\x81" MASK
          "e"
          "\x82\x81" MASK "f",
          "abcdef", "");
    TAKES("\x02\x80" MASK "\x00\x80" MASK "\x80\x80" MASK "\x82\x81" MASK "z",
          "z", "");
    /* Control between the parts. */
    TAKES("\x02\x82" MASK "ab\x89\x82" MASK "!!\x80\x81" MASK "c", "abc",
          "\x8a\x02!!");
    ENDS("\x80\x81" MASK "a", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\x00\x81" MASK "a", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\x02\x81" MASK "a\x82\x81" MASK "b", P2P_EPROTO, "a", CLOSE_PROTOCOL);
    ENDS("\x82\x81" MASK "a\x80\x81" MASK "b", P2P_EPROTO, "a", CLOSE_PROTOCOL);
}

static void test_the_length_of_a_message_does_not_matter(void **state)
{
    struct ws_end *e = ws_end_server();
    uint8_t part[1000] = {0};

    (void)state;
    assert_int_equal(
        ws_end_feed(e, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" MASK, 14,
                    NULL),
        0);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(ws_end_feed(e, part, sizeof part, NULL), 0);
        assert_int_equal(e->quota.used[P2P__Q_MEMORY], 0);
    }
    assert_int_equal(e->up_len, 100 * sizeof part);
    ws_end_free(e);
    ENDS("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00" MASK "a", P2P_EPROTO, "",
         CLOSE_PROTOCOL); /* RFC: the most significant bit is 0 */
}

static void test_what_is_no_binary_frame(void **state)
{
    (void)state;
    ENDS("\x81\x81" MASK "a", P2P_EPROTO, "", CLOSE_UNSUPPORTED);
    ENDS("\x01\x81" MASK "a", P2P_EPROTO, "", CLOSE_UNSUPPORTED);
    ENDS("\x83\x81" MASK "a", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\x8b\x81" MASK "a", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\xc2\x81" MASK "a", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\xa2\x81" MASK "a", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\x92\x81" MASK "a", P2P_EPROTO, "", CLOSE_PROTOCOL);
}

static void test_a_client_without_a_mask(void **state)
{
    (void)state;
    ENDS(
        "\x82\x01"
        "a",
        P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS(
        "\x89\x01"
        "a",
        P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\x82\x00", P2P_EPROTO, "", CLOSE_PROTOCOL);
}

static void test_a_server_with_a_mask(void **state)
{
    struct ws_end *client, *server;

    (void)state;
    ws_end_pair(&client, &server, NULL);
    assert_int_equal(ws_end_feed(client,
                                 "\x82\x01"
                                 "a",
                                 3, NULL),
                     0);
    assert_int_equal(ws_end_feed(client, "\x82\x81" MASK "a", 7, NULL),
                     P2P_EPROTO);
    assert_int_equal(client->up_len, 1);
    assert_int_equal(ws_end_draw(client, 0), 0);
    assert_int_equal(client->wire_len, 8); /* a close, masked */
    assert_memory_equal(client->wire, "\x88\x82", 2);
    assert_int_equal(ws_end_carry(client, server, NULL), P2P_ECLOSED);
    ws_end_free(client);
    ws_end_free(server);
}

static void test_pings_are_answered(void **state)
{
    char longest[6 + 125];

    (void)state;
    TAKES("\x89\x80" MASK, "", "\x8a\x00");
    TAKES("\x89\x84" MASK "ping", "", "\x8a\x04ping");
    TAKES("\x8a\x84" MASK "pong", "", "");
    TAKES("\x89\x81" MASK "a\x8a\x81" MASK "b", "",
          "\x8a\x01"
          "a");
    /* The last one, if there was no room before. */
    TAKES("\x89\x81" MASK "1\x89\x81" MASK "2\x89\x81" MASK "3", "",
          "\x8a\x01"
          "3");
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "\x89\xfd" MASK, 6);
    {
        char says[2 + 125];

        memset(says, 'x', sizeof says);
        memcpy(says, "\x8a\x7d", 2);
        judge(longest, sizeof longest, 0, "", says, sizeof says);
    }
}

static void test_control_frames_in_the_wrong_form(void **state)
{
    (void)state;
    ENDS("\x89\xfe\x00\x7e" MASK "x", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\x09\x81" MASK "x", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\x08\x82" MASK "\x03\xe8", P2P_EPROTO, "", CLOSE_PROTOCOL);
    ENDS("\x88\x81" MASK "x", P2P_EPROTO, "", CLOSE_PROTOCOL);
}

static void test_a_close_is_answered_and_ends(void **state)
{
    (void)state;
    ENDS("\x88\x80" MASK, P2P_ECLOSED, "", CLOSE_NORMAL);
    ENDS("\x82\x81" MASK "a\x88\x82" MASK "\x03\xe8", P2P_ECLOSED, "a",
         CLOSE_NORMAL);
    ENDS("\x88\x85" MASK
         "\x03\xe9"
         "bye",
         P2P_ECLOSED, "", "\x88\x02\x03\xe9");
    ENDS("\x88\x82" MASK "\x0f\xa0", P2P_ECLOSED, "", "\x88\x02\x0f\xa0");
    ENDS("\x88\x82" MASK "\x03\xed", P2P_ECLOSED, "", CLOSE_PROTOCOL);
    ENDS("\x88\x82" MASK "\x00\x00", P2P_ECLOSED, "", CLOSE_PROTOCOL);
}

static void test_a_peer_that_pings_and_never_reads(void **state)
{
    struct ws_end *e = ws_end_server();

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        assert_int_equal(ws_end_feed(e, "\x89\x81" MASK "a", 7, NULL), 0);
    }
    assert_int_equal(e->quota.used[P2P__Q_MEMORY], 0);
    assert_int_equal(ws_end_draw(e, 0), 0);
    assert_int_equal(e->wire_len, 3);
    ws_end_free(e);
}

static void test_a_little_room(void **state)
{
    struct ws_end *e = ws_end_server();
    uint8_t buf[200];
    struct p2p__outbuf out = {.p = buf};

    (void)state;
    assert_int_equal(ws_end_feed(e, "\x89\x81" MASK "a", 7, NULL), 0);
    e->app = (const uint8_t *)"data";
    e->app_len = 4;
    for (out.cap = 0; out.cap <= 4; out.cap++) {
        assert_int_equal(p2p__ws_ops.tx(e->chan, &e->src, &out, 0), 0);
        assert_int_equal(out.len, 0);
    }
    out.cap = 5; /* a byte of data, no pong */
    assert_int_equal(p2p__ws_ops.tx(e->chan, &e->src, &out, 0), 0);
    assert_int_equal(out.len, 3);
    assert_memory_equal(buf,
                        "\x82\x01"
                        "d",
                        3);
    out = (struct p2p__outbuf){.p = buf, .cap = sizeof buf};
    assert_int_equal(p2p__ws_ops.tx(e->chan, &e->src, &out, 0), 0);
    assert_int_equal(out.len, 3 + 5);
    assert_memory_equal(buf,
                        "\x8a\x01"
                        "a\x82\x03"
                        "ata",
                        8);
    ws_end_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_messages_in_fragments),
        cmocka_unit_test(test_the_length_of_a_message_does_not_matter),
        cmocka_unit_test(test_what_is_no_binary_frame),
        cmocka_unit_test(test_a_client_without_a_mask),
        cmocka_unit_test(test_a_server_with_a_mask),
        cmocka_unit_test(test_pings_are_answered),
        cmocka_unit_test(test_control_frames_in_the_wrong_form),
        cmocka_unit_test(test_a_close_is_answered_and_ends),
        cmocka_unit_test(test_a_peer_that_pings_and_never_reads),
        cmocka_unit_test(test_a_little_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
