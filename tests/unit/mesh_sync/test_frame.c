/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Frames in any pieces: lengths are looked at before memory is taken. */
#include "mesh/sync/frame.h"

#include "chunker.h"
#include "mesh/sync/message.h"
#include "p2p/err.h"
#include "unit.h"

/* Feeds bytes in pieces; counts frames and compares each with "abc…" of its
 * length. Returns 0 or the reader's error. */
static int feed(const struct um_buf *all, size_t cap, enum chunk_plan plan,
                size_t *frames)
{
    struct um_str in = um_buf_view(all);
    struct um_frames f;
    struct chunker c;
    int got = 0;

    um_frames_init(&f, cap);
    chunker_init(&c, plan, 3);
    *frames = 0;
    while (in.len > 0 && got >= 0) {
        struct um_str piece = um_str_head(in, chunker_next(&c, in.len));
        struct um_str frame;

        in = um_str_skip(in, piece.len);
        while ((got = um_frames_next(&f, &piece, &frame)) == 1) {
            for (size_t i = 0; i < frame.len; i++)
                assert_int_equal(frame.p[i], 'a' + i % 26);
            ++*frames;
        }
        assert_true(got < 0 || piece.len == 0);
    }
    if (got == 0)
        assert_false(um_frames_half(&f));
    um_frames_fini(&f);
    return got;
}

static void put(struct um_buf *out, size_t len)
{
    struct um_buf body = UM_BUF_INIT;

    for (size_t i = 0; i < len; i++)
        um_buf_byte(&body, (char)('a' + i % 26));
    um_frame_put(out, um_buf_view(&body));
    um_buf_fini(&body);
}

static void test_frames_in_any_pieces(void **state)
{
    static const size_t lens[] = {1, 127, 128, 3, 16383, 16384, 1, 40000, 2};
    struct um_buf all = UM_BUF_INIT;
    size_t frames;

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
        put(&all, lens[i]);
    for (unsigned plan = 0; plan < CHUNK_PLANS; plan++) {
        assert_int_equal(feed(&all, UM__CAP_SYNC_FRAME_BYTES, plan, &frames),
                         0);
        assert_int_equal(frames, sizeof lens / sizeof *lens);
    }
    um_buf_fini(&all);
}

static void test_the_longest_frame(void **state)
{
    struct um_buf all = UM_BUF_INIT;
    size_t frames;

    (void)state;
    put(&all, UM__CAP_SYNC_FRAME_BYTES);
    for (unsigned plan = 0; plan < CHUNK_PLANS; plan++) {
        assert_int_equal(feed(&all, UM__CAP_SYNC_FRAME_BYTES, plan, &frames),
                         0);
        assert_int_equal(frames, 1);
        assert_int_equal(
            feed(&all, UM__CAP_SYNC_FRAME_BYTES - 1, plan, &frames),
            P2P_ETOOBIG);
    }
    um_buf_fini(&all);
}

static int of_bytes(const char *p, size_t n, size_t cap)
{
    struct um_buf all = UM_BUF_INIT;
    int results[CHUNK_PLANS];
    size_t frames;

    um_buf_add(&all, p, n);
    for (unsigned plan = 0; plan < CHUNK_PLANS; plan++) {
        results[plan] = feed(&all, cap, plan, &frames);
        assert_int_equal(results[plan], results[0]);
        assert_int_equal(frames, 0);
    }
    um_buf_fini(&all);
    return results[0];
}

#define OF(lit, cap) of_bytes(lit, sizeof(lit) - 1, cap)

static void test_lengths_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(OF("\x00"
                        "a",
                        1000),
                     P2P_EFORMAT); /* nothing */
    assert_int_equal(OF("\x81\x00"
                        "a",
                        1000),
                     P2P_EFORMAT);
    assert_int_equal(OF("\x80\x00", 1000), P2P_EFORMAT);
    assert_int_equal(OF("\x80\x80\x80\x80\x01", 1000), P2P_EFORMAT);
    assert_int_equal(OF("\xff\xff", 1000), P2P_ETOOBIG);
    assert_int_equal(OF("\xff\xff\xff\xff", 1000), P2P_ETOOBIG);
}

/* A length above the cap is noticed before its last byte. */
static void test_too_long_is_known_early(void **state)
{
    struct um_frames f;
    struct um_str in = UM_STR("\xff\xff");
    struct um_str frame;

    (void)state;
    um_frames_init(&f, 1024);
    assert_int_equal(um_frames_next(&f, &in, &frame), P2P_ETOOBIG);
    um_frames_fini(&f);
}

/* Announcing much takes no memory; bytes that come do. */
static void test_memory_is_for_what_came(void **state)
{
    struct um_frames f;
    struct um_buf head = UM_BUF_INIT;
    struct um_str in;
    struct um_str frame;

    (void)state;
    um_frames_init(&f, UM__CAP_SYNC_FRAME_BYTES);
    um_pb_put_varint(&head, UM__CAP_SYNC_FRAME_BYTES);
    um_buf_text(&head, "ab");
    in = um_buf_view(&head);
    assert_int_equal(um_frames_next(&f, &in, &frame), 0);
    assert_true(um_frames_half(&f));
    assert_true(f.held.cap <= 1024);
    um_frames_fini(&f);
    um_buf_fini(&head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_in_any_pieces),
        cmocka_unit_test(test_the_longest_frame),
        cmocka_unit_test(test_lengths_that_are_none),
        cmocka_unit_test(test_too_long_is_known_early),
        cmocka_unit_test(test_memory_is_for_what_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
