/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One message behind its length, read from a stream on which other bytes may
 * follow: those are not touched. */
#ifndef P2P_PROTO_RELAY_FRAME_H
#define P2P_PROTO_RELAY_FRAME_H

#include "base/quota.h"
#include "base/slice.h"
#include "proto/relay/caps.h"

/* All members are private. */
struct p2p__relay_frame {
    struct p2p__quota *quota; /* borrowed, or NULL */
    uint8_t *bytes;           /* NULL: the length is not known yet */
    size_t len;
    size_t have;
    uint8_t prefix[2]; /* of a length that is incomplete */
    uint8_t prefix_len;
    bool whole;
};

/* Waits for a message. */
void p2p__relay_frame_init(struct p2p__relay_frame *f,
                           struct p2p__quota *quota);

/*
 * Takes bytes of the message from `in`, none behind it. Returns 1 when it is
 * whole, 0 when it is not. Errors: P2P_ETOOBIG, P2P_EFORMAT, P2P_ELIMIT (the
 * quota), P2P_ENOMEM.
 */
int p2p__relay_frame_rx(struct p2p__relay_frame *f, struct p2p__slice *in);

/* The message, once it is whole; valid until fini. */
static inline struct p2p__slice p2p__relay_frame_message(
    const struct p2p__relay_frame *f)
{
    assert(f->whole);
    return p2p__slice_of(f->bytes, f->len);
}

/* Frees it and gives the quota back. */
void p2p__relay_frame_fini(struct p2p__relay_frame *f);

#endif
