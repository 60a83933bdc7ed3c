/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See frame.h. The length is compared with the cap after each of its bytes, so
 * a peer that announces too much is turned away before the last one came.
 * Memory is taken for bytes that are there: announcing a long frame costs
 * nothing.
 */
#include "mesh/sync/frame.h"

#include <assert.h>

#include "p2p/err.h"

/* Longer lengths are above every cap. */
enum { PREFIX_MAX = 4 };

void um_frames_init(struct um_frames *f, size_t cap)
{
    assert(cap > 0 && cap < (size_t)1 << 7 * PREFIX_MAX);
    *f = (struct um_frames){.held = UM_BUF_INIT, .cap = cap};
}

void um_frames_fini(struct um_frames *f)
{
    um_buf_fini(&f->held);
}

bool um_frames_half(const struct um_frames *f)
{
    return f->in_body || f->prefix_len > 0;
}

/* Takes a byte of the length: 1 when it was the last. */
static int take_prefix(struct um_frames *f, uint8_t c)
{
    f->prefix |= (size_t)(c & 0x7f) << 7 * f->prefix_len;
    if (f->prefix > f->cap)
        return P2P_ETOOBIG;
    f->prefix_len++;
    if (c >= 0x80)
        return f->prefix_len == PREFIX_MAX ? P2P_EFORMAT : 0;
    return c == 0 ? P2P_EFORMAT : 1;
}

/* Hands out the body when all of it is there: 1. */
static int take_body(struct um_frames *f, struct um_str *in,
                     struct um_str *frame)
{
    size_t n = f->want - f->held.len;

    if (f->held.len == 0 && in->len >= f->want) {
        *frame = um_str_head(*in, f->want);
    } else {
        n = n < in->len ? n : in->len;
        um_buf_add(&f->held, in->p, n);
        if (um_buf_failed(&f->held))
            return P2P_ENOMEM;
        if (f->held.len < f->want) {
            *in = um_str_skip(*in, n);
            return 0;
        }
        *frame = um_buf_view(&f->held);
        f->given = true;
    }
    *in = um_str_skip(*in, n);
    f->in_body = false;
    f->prefix = 0;
    f->prefix_len = 0;
    return 1;
}

int um_frames_next(struct um_frames *f, struct um_str *in, struct um_str *frame)
{
    if (f->given) {
        um_buf_fini(&f->held);
        f->given = false;
    }
    while (!f->in_body && in->len > 0) {
        int got = take_prefix(f, (uint8_t)in->p[0]);

        if (got < 0)
            return got;
        *in = um_str_skip(*in, 1);
        f->in_body = got == 1;
        f->want = f->prefix;
    }
    return f->in_body && in->len > 0 ? take_body(f, in, frame) : 0;
}

void um_frame_put(struct um_buf *out, struct um_str message)
{
    assert(message.len > 0);
    um_pb_put_varint(out, message.len);
    um_buf_str(out, message);
}
