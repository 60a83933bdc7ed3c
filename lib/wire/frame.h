/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Messages on a stream, each behind its length as an unsigned varint, as
 * gossipsub, relays and most protocols of libp2p have them. One that lies
 * wholly in the bytes given is handed out as a view of them; only one that
 * spans is put together, in memory of just its size that grows as bytes
 * arrive.
 *
 *     while (p2p__frame_next(&f, &in, &msg) == 1) { ... msg ... }
 */
#ifndef P2P_WIRE_FRAME_H
#define P2P_WIRE_FRAME_H

#include "base/quota.h"
#include "base/slice.h"

struct p2p__frame {
    struct p2p__quota *quota; /* borrowed, or NULL; charged for `buf` */
    size_t cap;               /* the longest message */
    uint8_t *buf;             /* the part of a message that spans */
    size_t have, room;        /* bytes in it, bytes charged */
    size_t want;              /* the message's length, once it is read */
    uint64_t prefix;          /* the bits of the length so far */
    uint8_t prefix_len;       /* its bytes so far */
    bool in_body;
    bool given; /* buf was handed out: free it with the next call */
};

/* A reader at the start of a stream, of messages of `cap` bytes at the most
 * (below 2^28). */
void p2p__frame_init(struct p2p__frame *f, struct p2p__quota *quota,
                     size_t cap);

/*
 * Takes bytes of `in` until a message is whole; what is behind it stays.
 * Returns 1 with *msg, valid until the next call on f and no longer than the
 * bytes of `in`; or 0: `in` is used up. Empty ones are skipped, as go does.
 * Errors (only fini then): P2P_ETOOBIG (above the cap), P2P_EFORMAT (length
 * not minimal or too long), P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__frame_next(struct p2p__frame *f, struct p2p__slice *in,
                    struct p2p__slice *msg);

/* The same, but the message is always a copy: valid until the next call on f,
 * whatever becomes of the bytes of `in`. */
int p2p__frame_take(struct p2p__frame *f, struct p2p__slice *in,
                    struct p2p__slice *msg);

/* Whether it stands between two messages. */
static inline bool p2p__frame_is_between(const struct p2p__frame *f)
{
    return f->prefix_len == 0 && !f->in_body;
}

/* Frees what it holds and gives the quota back, from any state; twice is
 * harmless. */
void p2p__frame_fini(struct p2p__frame *f);

#endif
