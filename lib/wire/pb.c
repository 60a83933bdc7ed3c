/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See pb.h. The happy path of the reader is a tag, a value and a step. It
 * stops for good, with r->err, at a group, field number 0, a tag of more than
 * 32 bits, or a length past the end; lengths are compared with what is left
 * before anything is added to them. The writer's only failure is the end of
 * the buffer: it goes on counting, and p2p__pbw_end() says so.
 */
#include "wire/pb.h"

#include <limits.h>

#include "wire/varint.h"

#define WIRE_BITS 3U
#define WIRE_MASK 7U

void p2p__pb_init(struct p2p__pb *r, struct p2p__slice msg)
{
    r->left = msg;
    r->err = 0;
}

/* Ends the walk. */
static bool bad(struct p2p__pb *r)
{
    r->err = P2P_EFORMAT;
    r->left.len = 0;
    return false;
}

/* Takes a varint off the front. */
static bool take_varint(struct p2p__pb *r, uint64_t *v)
{
    int n = p2p__varint_get_pb(r->left.p, r->left.len, v);

    if (n <= 0) {
        return bad(r);
    }
    p2p__slice_skip(&r->left, (size_t)n);
    return true;
}

/* Takes `n` bytes, little-endian, off the front. */
static bool take_fixed(struct p2p__pb *r, size_t n, uint64_t *v)
{
    if (r->left.len < n) {
        return bad(r);
    }
    *v = 0;
    for (size_t i = 0; i < n; i++) {
        *v |= (uint64_t)r->left.p[i] << (8 * i);
    }
    p2p__slice_skip(&r->left, n);
    return true;
}

/* Takes a length and so many bytes off the front. */
static bool take_bytes(struct p2p__pb *r, struct p2p__slice *bytes)
{
    uint64_t len;

    if (!take_varint(r, &len)) {
        return false;
    }
    if (len > r->left.len) {
        return bad(r);
    }
    *bytes = r->left;
    bytes->len = (size_t)len;
    p2p__slice_skip(&r->left, (size_t)len);
    return true;
}

bool p2p__pb_next(struct p2p__pb *r, struct p2p__pb_field *f)
{
    uint64_t tag;

    if (r->left.len == 0) {
        return false;
    }
    if (!take_varint(r, &tag)) {
        return false;
    }
    if (tag > UINT32_MAX || tag >> WIRE_BITS == 0) {
        return bad(r);
    }
    *f = (struct p2p__pb_field){.tag = (uint32_t)tag};
    switch (tag & WIRE_MASK) {
        case P2P__PB_WIRE_VARINT:
            return take_varint(r, &f->value);
        case P2P__PB_WIRE_I64:
            return take_fixed(r, sizeof(uint64_t), &f->value);
        case P2P__PB_WIRE_LEN:
            return take_bytes(r, &f->bytes);
        case P2P__PB_WIRE_I32:
            return take_fixed(r, sizeof(uint32_t), &f->value);
        default:
            return bad(r);
    }
}

void p2p__pbw_init(struct p2p__pbw *w, void *buf, size_t cap)
{
    w->p = buf;
    w->len = 0;
    w->cap = buf != NULL ? cap : 0;
}

int p2p__pbw_end(const struct p2p__pbw *w)
{
    if ((w->p != NULL && w->len > w->cap) || w->len > INT_MAX) {
        return P2P_ETOOBIG;
    }
    return (int)w->len;
}

void p2p__pbw_raw(struct p2p__pbw *w, const void *p, size_t len)
{
    assert(len <= SIZE_MAX - w->len);
    if (len > 0 && w->len <= w->cap && len <= w->cap - w->len) {
        memcpy(w->p + w->len, p, len);
    }
    w->len += len;
}

static void put_varint(struct p2p__pbw *w, uint64_t v)
{
    uint8_t buf[P2P__VARINT_PB_MAX];

    p2p__pbw_raw(w, buf, p2p__varint_put(buf, v));
}

static void put_tag(struct p2p__pbw *w, uint32_t num, enum p2p__pb_wire wire)
{
    assert(num > 0 && num <= P2P__PB_NUM_MAX);
    put_varint(w, P2P__PB_TAG(num, wire));
}

void p2p__pbw_uint(struct p2p__pbw *w, uint32_t num, uint64_t v)
{
    put_tag(w, num, P2P__PB_WIRE_VARINT);
    put_varint(w, v);
}

void p2p__pbw_head(struct p2p__pbw *w, uint32_t num, size_t len)
{
    put_tag(w, num, P2P__PB_WIRE_LEN);
    put_varint(w, len);
}

void p2p__pbw_bytes(struct p2p__pbw *w, uint32_t num, const void *p, size_t len)
{
    p2p__pbw_head(w, num, len);
    p2p__pbw_raw(w, p, len);
}

void p2p__pbw_text(struct p2p__pbw *w, uint32_t num, const char *text)
{
    p2p__pbw_bytes(w, num, text, strlen(text));
}

size_t p2p__pbw_open_frame(struct p2p__pbw *w)
{
    /* One byte for the length; close() makes room if it needs more. */
    p2p__pbw_raw(w, "", 1);
    return w->len;
}

size_t p2p__pbw_open(struct p2p__pbw *w, uint32_t num)
{
    put_tag(w, num, P2P__PB_WIRE_LEN);
    return p2p__pbw_open_frame(w);
}

void p2p__pbw_close(struct p2p__pbw *w, size_t mark)
{
    uint8_t head[P2P__VARINT_PB_MAX];
    size_t body_len = w->len - mark;
    size_t head_len = p2p__varint_put(head, body_len);

    assert(mark > 0 && mark <= w->len);
    w->len += head_len - 1;
    if (w->p != NULL && w->len <= w->cap) {
        memmove(w->p + mark - 1 + head_len, w->p + mark, body_len);
        memcpy(w->p + mark - 1, head, head_len);
    }
}
