/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Frames in pieces, each read as every message there is: of sync, of join, as a
 * hint. What was read is written again, and has to be read to the same.
 */
#include <stdlib.h>

#include "mesh/sync/hint.h"
#include "mesh/sync/joinmsg.h"
#include "mesh/sync/message.h"
#include "p2p/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* The frame in a buffer that has one. */
static struct um_str body(const struct um_buf *b)
{
    struct um_str s = um_buf_view(b);
    uint64_t len;

    need(um_pb_take_varint(&s, &len) && len == s.len);
    return s;
}

static void as_sync(struct um_str frame)
{
    struct um_buf one = UM_BUF_INIT;
    struct um_buf two = UM_BUF_INIT;
    struct um_sync_msg m;
    struct um_str s;

    if (um_sync_read(frame, &m) != 0)
        return;
    um_sync_write(&one, &m);
    need(um_sync_read(body(&one), &m) == 0);
    um_sync_write(&two, &m);
    need(um_str_eq(um_buf_view(&one), um_buf_view(&two)));
    while (um_pb_list_next(&m.envelopes, &s))
        need(s.len <= frame.len);
    um_buf_fini(&one);
    um_buf_fini(&two);
}

static void as_join(struct um_str frame)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_join_hello h;
    struct um_join_answer a;

    if (um_join_hello_read(frame, &h) == 0) {
        um_join_hello_put(&out, &h);
        need(um_join_hello_read(body(&out), &h) == 0);
    }
    um_buf_clear(&out);
    if (um_join_answer_read(frame, &a) == 0 && um_join_answer_put(&out, &a))
        need(um_join_answer_read(body(&out), &a) == 0);
    um_buf_fini(&out);
}

static void as_hint(struct um_str message)
{
    struct um_hint h = {0};
    struct um_hint_read r;
    struct um_buf out = UM_BUF_INIT;
    struct um_str s;

    if (um_hint_read(message, &r) != 0)
        return;
    for (unsigned k = UM_REVISION; k <= UM_ROW; k++) {
        while (um_pb_list_next(&r.items[k], &s))
            (void)um_hint_item(&h, k, s);
    }
    while (um_pb_list_next(&r.documents, &s))
        (void)um_hint_document(&h, s);
    need(um_hint_write(&h, &out) == 0);
    need(um_hint_read(um_buf_view(&out), &r) == 0);
    um_hint_fini(&h);
    um_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data, size);
    struct um_frames f;
    size_t step = size > 0 ? 1 + data[size - 1] % 64U : 1;
    int got = 0;

    as_sync(in);
    as_join(in);
    as_hint(in);
    um_frames_init(&f, UM__CAP_SYNC_FRAME_BYTES);
    while (in.len > 0 && got >= 0) {
        struct um_str piece = um_str_head(in, step);
        struct um_str frame;

        in = um_str_skip(in, piece.len);
        while ((got = um_frames_next(&f, &piece, &frame)) == 1) {
            need(frame.len > 0 && frame.len <= UM__CAP_SYNC_FRAME_BYTES);
            as_sync(frame);
            as_join(frame);
        }
        need(got < 0 || piece.len == 0);
    }
    um_frames_fini(&f);
    return 0;
}
