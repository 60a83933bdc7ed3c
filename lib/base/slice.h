/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bytes on their way in, out, and through.
 *
 * A slice is valid until the call that got it returns. Who wants it longer
 * calls p2p__slice_keep(), which counts a reference on the slab below, or
 * copies when the memory is borrowed (slab == NULL) or the slice would pin a
 * slab of more than four times its size. Slabs are not thread-safe: one loop,
 * one thread.
 */
#ifndef P2P_BASE_SLICE_H
#define P2P_BASE_SLICE_H

#include "base/types.h"

/* A counted block of memory that slices point into. */
struct p2p__slab {
    uint32_t refs;
    uint32_t cap; /* bytes of data */
    uint8_t data[];
};

struct p2p__slice {
    uint8_t *p;
    size_t len;
    struct p2p__slab *slab; /* NULL: borrowed memory */
};

/* A new slab of `cap` bytes with one reference, or NULL. Returns owned. */
struct p2p__slab *p2p__slab_new(size_t cap);

/* Counts one more reference. */
struct p2p__slab *p2p__slab_ref(struct p2p__slab *slab);

/* Drops a reference; the last one frees. NULL is fine. */
void p2p__slab_unref(struct p2p__slab *slab);

/* A borrowed slice over bytes that the caller keeps alive. */
static inline struct p2p__slice p2p__slice_of(const void *p, size_t len)
{
    union {
        const void *c;
        uint8_t *m;
    } u = {.c = p};

    return (struct p2p__slice){.p = u.m, .len = len, .slab = NULL};
}

/* Drops `n` bytes from the front; n <= len. */
static inline void p2p__slice_skip(struct p2p__slice *s, size_t n)
{
    assert(n <= s->len);
    s->p += n;
    s->len -= n;
}

/*
 * Makes `out` a slice that outlives the call: by reference or by copy (see
 * above). `out` is not `s`. Release it with p2p__slice_drop().
 * Errors: P2P_ENOMEM (out is empty then).
 */
int p2p__slice_keep(const struct p2p__slice *s, struct p2p__slice *out);

/* Bytes that keeping `s` really holds: what a quota is charged before. */
size_t p2p__slice_cost(const struct p2p__slice *s);

/* Releases a kept slice and empties it. */
void p2p__slice_drop(struct p2p__slice *s);

/* Room to write into, borrowed for one call: len of cap bytes are used. */
struct p2p__outbuf {
    uint8_t *p;
    size_t len;
    size_t cap;
};

static inline size_t p2p__outbuf_room(const struct p2p__outbuf *o)
{
    return o->cap - o->len;
}

/* Appends all `n` bytes; the caller checked the room. */
static inline void p2p__outbuf_put(struct p2p__outbuf *o, const void *p,
                                   size_t n)
{
    assert(n <= p2p__outbuf_room(o));
    if (n > 0) {
        memcpy(o->p + o->len, p, n);
        o->len += n;
    }
}

/*
 * Where a channel's tx takes bytes from: the layer above. pull() writes at
 * most `cap` bytes to `dst` and returns how many (0: nothing to send now) or
 * a negative code, which poisons the connection.
 */
struct p2p__src {
    int (*pull)(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now);
};

#endif
