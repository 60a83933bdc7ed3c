/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Messages behind their lengths.
 *
 * The happy path: prefix and body lie in the same bytes, and the body is
 * handed out where it is. Else the body is gathered in `buf`, which doubles as
 * bytes arrive: a peer that only says a length makes us hold nothing.
 * Possible failure modes: a length above the cap, a prefix that does not end
 * or is not minimal, and no memory or quota. None of them can be mended: the
 * stream has lost its framing.
 */
#include "wire/frame.h"

#include "base/mem.h"

#define FIRST_ROOM 256U
#define PREFIX_MAX 4U /* bytes: 2^28 is above every cap */

void p2p__frame_init(struct p2p__frame *f, struct p2p__quota *quota, size_t cap)
{
    assert(cap > 0 && cap < (1U << 28));
    *f = (struct p2p__frame){.quota = quota, .cap = cap};
}

/* Frees the gathered body. */
static void drop_body(struct p2p__frame *f)
{
    p2p__free(f->buf);
    p2p__quota_give(f->quota, P2P__Q_MEMORY, f->room);
    f->buf = NULL;
    f->have = 0;
    f->room = 0;
}

void p2p__frame_fini(struct p2p__frame *f)
{
    drop_body(f);
    f->in_body = false;
    f->given = false;
}

/* Reads the prefix: 1 when it is whole, 0 when `in` ended before. */
static int read_prefix(struct p2p__frame *f, struct p2p__slice *in)
{
    while (in->len > 0) {
        uint8_t byte = in->p[0];

        p2p__slice_skip(in, 1);
        if (f->prefix_len == PREFIX_MAX || (byte == 0 && f->prefix_len > 0)) {
            return P2P_EFORMAT;
        }
        f->prefix |= (uint64_t)(byte & 0x7fU) << (7U * f->prefix_len);
        f->prefix_len++;
        if (f->prefix > f->cap) {
            return P2P_ETOOBIG;
        }
        if (byte < 0x80) {
            f->want = (size_t)f->prefix;
            f->prefix = 0;
            f->prefix_len = 0;
            return 1;
        }
    }
    return 0;
}

/* Room for `need` bytes of body, charged before it is taken. */
static int make_room(struct p2p__frame *f, size_t need)
{
    size_t room = p2p__max(f->room, FIRST_ROOM);
    uint8_t *buf;

    assert(need <= f->want);
    if (need <= f->room) {
        return 0;
    }
    while (room < need) {
        room *= 2;
    }
    room = p2p__min(room, f->want);
    if (p2p__quota_take(f->quota, P2P__Q_MEMORY, room - f->room) != 0) {
        return P2P_ELIMIT;
    }
    buf = p2p__realloc(f->buf, room);
    if (buf == NULL) {
        p2p__quota_give(f->quota, P2P__Q_MEMORY, room - f->room);
        return P2P_ENOMEM;
    }
    f->buf = buf;
    f->room = room;
    return 0;
}

/* Gathers a body that spans: 1 when it is whole. */
static int gather(struct p2p__frame *f, struct p2p__slice *in,
                  struct p2p__slice *msg)
{
    size_t n = p2p__min(in->len, f->want - f->have);
    int rv;

    if (n == 0) {
        return 0;
    }
    rv = make_room(f, f->have + n);
    if (rv != 0) {
        return rv;
    }
    assert(f->buf != NULL);
    memcpy(f->buf + f->have, in->p, n);
    f->have += n;
    p2p__slice_skip(in, n);
    if (f->have < f->want) {
        return 0;
    }
    *msg = p2p__slice_of(f->buf, f->have);
    f->given = true;
    f->in_body = false;
    return 1;
}

/* Up to the body of a message: 1, 0 when `in` ended before, or an error. */
static int begin(struct p2p__frame *f, struct p2p__slice *in)
{
    if (f->given) {
        drop_body(f);
        f->given = false;
    }
    while (!f->in_body) {
        int rv = read_prefix(f, in);

        if (rv != 1) {
            return rv;
        }
        f->in_body = f->want > 0;
    }
    assert(f->want > 0 && f->want <= f->cap);
    return 1;
}

int p2p__frame_next(struct p2p__frame *f, struct p2p__slice *in,
                    struct p2p__slice *msg)
{
    int rv = begin(f, in);

    if (rv == 1 && f->have == 0 && in->len >= f->want) {
        *msg = (struct p2p__slice){in->p, f->want, in->slab};
        p2p__slice_skip(in, f->want);
        f->in_body = false;
        return 1;
    }
    return rv == 1 ? gather(f, in, msg) : rv;
}

int p2p__frame_take(struct p2p__frame *f, struct p2p__slice *in,
                    struct p2p__slice *msg)
{
    int rv = begin(f, in);

    return rv == 1 ? gather(f, in, msg) : rv;
}
