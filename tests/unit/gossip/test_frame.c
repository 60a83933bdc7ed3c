/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The reader of frames on a pubsub stream. */
#include "wire/frame.h"

#include <stdlib.h>

#include "chunker.h"
#include "proto/gossip/caps.h"
#include "unit.h"
#include "wire/varint.h"

#define LENS 7

static const size_t lens[LENS] = {1, 127, 0, 128, 300, 20000, 5};

/* A stream with a frame of each length, filled with its number. */
static size_t make_stream(uint8_t *out)
{
    size_t at = 0;

    for (size_t i = 0; i < LENS; i++) {
        at += p2p__varint_put(out + at, lens[i]);
        memset(out + at, (int)i, lens[i]);
        at += lens[i];
    }
    return at;
}

/* The n-th frame that is not empty must be as it was made. */
static size_t check_frame(size_t n, const struct p2p__slice *rpc)
{
    while (lens[n] == 0) {
        n++;
    }
    assert_int_equal(rpc->len, lens[n]);
    for (size_t i = 0; i < rpc->len; i++) {
        assert_int_equal(rpc->p[i], n);
    }
    return n + 1;
}

static void test_frames_survive_any_cut(void **state)
{
    static uint8_t stream[32768];
    size_t len = make_stream(stream);

    (void)state;
    for (int round = 0; round < 30; round++) {
        enum chunk_plan plan = (enum chunk_plan)(round % CHUNK_PLANS);
        struct p2p__frame f;
        struct p2p__quota q;
        struct chunker c;
        size_t n = 0;

        p2p__quota_init(&q, NULL, "conn");
        p2p__frame_init(&f, &q, P2P__CAP_GOSSIP_FRAME);
        chunker_init(&c, plan, (uint64_t)round);
        for (size_t at = 0, step; at < len; at += step) {
            struct p2p__slice in, rpc;

            step = chunker_next(&c, len - at);
            in = p2p__slice_of(stream + at, step);
            while (p2p__frame_next(&f, &in, &rpc) == 1) {
                n = check_frame(n, &rpc);
            }
            assert_int_equal(in.len, 0);
        }
        assert_int_equal(n, LENS);
        p2p__frame_fini(&f);
        p2p__quota_fini(&q);
    }
}

static void test_a_whole_frame_is_not_copied(void **state)
{
    uint8_t stream[] = {3, 'a', 'b', 'c', 1, 'd'};
    struct p2p__slice in = p2p__slice_of(stream, sizeof stream);
    struct p2p__frame f;
    struct p2p__slice rpc;

    (void)state;
    p2p__frame_init(&f, NULL, P2P__CAP_GOSSIP_FRAME);
    assert_int_equal(p2p__frame_next(&f, &in, &rpc), 1);
    assert_ptr_equal(rpc.p, stream + 1);
    assert_int_equal(p2p__frame_next(&f, &in, &rpc), 1);
    assert_ptr_equal(rpc.p, stream + 5);
    assert_null(f.buf);
    p2p__frame_fini(&f);
}

static int feed(struct p2p__frame *f, const uint8_t *p, size_t len)
{
    struct p2p__slice in = p2p__slice_of(p, len);
    struct p2p__slice rpc;

    return p2p__frame_next(f, &in, &rpc);
}

static void test_T21_a_length_alone_takes_no_memory(void **state)
{
    uint8_t head[P2P__VARINT_PB_MAX];
    size_t n = p2p__varint_put(head, P2P__CAP_GOSSIP_FRAME);
    struct p2p__frame f;
    struct p2p__quota q;

    (void)state;
    p2p__quota_init(&q, NULL, "conn");
    p2p__frame_init(&f, &q, P2P__CAP_GOSSIP_FRAME);
    assert_int_equal(feed(&f, head, n), 0);
    assert_int_equal(q.used[P2P__Q_MEMORY], 0);
    /* A little of it takes a little. */
    assert_int_equal(feed(&f, (const uint8_t *)"0123456789", 10), 0);
    assert_in_range(q.used[P2P__Q_MEMORY], 10, 1024);
    p2p__frame_fini(&f);
    p2p__quota_fini(&q);
}

static void test_T21_a_length_above_the_cap_is_refused(void **state)
{
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0x7f};
    uint8_t head[P2P__VARINT_PB_MAX];
    size_t n = p2p__varint_put(head, P2P__CAP_GOSSIP_FRAME + 1);
    struct p2p__frame f;

    (void)state;
    p2p__frame_init(&f, NULL, P2P__CAP_GOSSIP_FRAME);
    assert_int_equal(feed(&f, head, n), P2P_ETOOBIG);
    p2p__frame_fini(&f);
    p2p__frame_init(&f, NULL, P2P__CAP_GOSSIP_FRAME);
    assert_int_equal(feed(&f, huge, sizeof huge), P2P_ETOOBIG);
    p2p__frame_fini(&f);
}

static void test_T22_odd_prefixes_are_refused(void **state)
{
    static const uint8_t longer[] = {0x81, 0x00};
    static const uint8_t endless[] = {0x80, 0x80, 0x80, 0x80, 0x80};
    struct p2p__frame f;

    (void)state;
    p2p__frame_init(&f, NULL, P2P__CAP_GOSSIP_FRAME);
    assert_int_equal(feed(&f, longer, sizeof longer), P2P_EFORMAT);
    p2p__frame_fini(&f);
    p2p__frame_init(&f, NULL, P2P__CAP_GOSSIP_FRAME);
    assert_int_equal(feed(&f, endless, sizeof endless), P2P_EFORMAT);
    p2p__frame_fini(&f);
}

static void test_a_spent_quota_ends_the_stream(void **state)
{
    uint8_t stream[600] = {0x80, 0x08}; /* 1024 bytes follow */
    struct p2p__frame f;
    struct p2p__quota q;

    (void)state;
    p2p__quota_init(&q, NULL, "conn");
    q.limit[P2P__Q_MEMORY] = 500;
    p2p__frame_init(&f, &q, P2P__CAP_GOSSIP_FRAME);
    assert_int_equal(feed(&f, stream, 100), 0);
    assert_int_equal(feed(&f, stream, sizeof stream), P2P_ELIMIT);
    p2p__frame_fini(&f);
    p2p__quota_fini(&q);
}

static void test_fini_in_the_middle_gives_all_back(void **state)
{
    static uint8_t stream[32768];
    size_t len = make_stream(stream);

    (void)state;
    for (size_t cut = 0; cut < len; cut += 37) {
        struct p2p__frame f;
        struct p2p__quota q;
        struct p2p__slice in = p2p__slice_of(stream, cut), rpc;

        p2p__quota_init(&q, NULL, "conn");
        p2p__frame_init(&f, &q, P2P__CAP_GOSSIP_FRAME);
        while (p2p__frame_next(&f, &in, &rpc) == 1) {
        }
        p2p__frame_fini(&f);
        p2p__quota_fini(&q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_survive_any_cut),
        cmocka_unit_test(test_a_whole_frame_is_not_copied),
        cmocka_unit_test(test_T21_a_length_alone_takes_no_memory),
        cmocka_unit_test(test_T21_a_length_above_the_cap_is_refused),
        cmocka_unit_test(test_T22_odd_prefixes_are_refused),
        cmocka_unit_test(test_a_spent_quota_ends_the_stream),
        cmocka_unit_test(test_fini_in_the_middle_gives_all_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
