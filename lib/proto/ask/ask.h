/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One question, one answer: a message of ours behind its length, then one of
 * the peer's. What they say is the owner's. To be attached as port/proto.h
 * says, or driven by hand where the stream goes on afterwards.
 */
#ifndef P2P_PROTO_ASK_H
#define P2P_PROTO_ASK_H

#include "base/turn.h"
#include "port/proto.h"
#include "wire/frame.h"

/* How long the peer may take to end a stream whose talk is over. */
#define P2P__ASK_LINGER P2P__SEC(5)

struct p2p__ask_cfg {
    /* The request, its length before it; taken, and dropped by fini. Without a
     * slab it is borrowed until fini. */
    struct p2p__slice request;
    size_t cap;               /* of the answer, in bytes; 0: none is awaited */
    p2p_ns timeout;           /* for the answer */
    struct p2p__quota *quota; /* the stream's scope; borrowed, or NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
};

/* All members are private. */
struct p2p__ask {
    struct p2p__slice request;
    struct p2p__slice answer; /* in the frame's memory */
    struct p2p__frame frame;
    p2p_ns deadline;
    size_t written;
    bool awaits;
    bool answered;
    bool told;
};

/* `core` is a struct p2p__ask; any protocol's. */
extern const struct p2p__proto_ops p2p__ask_ops;

/* Begins; marks the owner. */
void p2p__ask_init(struct p2p__ask *a, const struct p2p__ask_cfg *cfg,
                   p2p_ns now);

/* Takes bytes of the answer; what is behind it stays in `in`, and there is no
 * deadline any more. Errors: P2P_ETOOBIG, P2P_EFORMAT, P2P_ELIMIT,
 * P2P_ENOMEM. */
int p2p__ask_take(struct p2p__ask *a, struct p2p__slice *in);

/* The same; what is behind the answer is of no interest, and the peer is to
 * end the stream. */
int p2p__ask_rx(struct p2p__ask *a, const struct p2p__slice *in, p2p_ns now);

/* The peer ended. Errors: P2P_EPROTO (before it answered). */
int p2p__ask_fin(struct p2p__ask *a, p2p_ns now);

/* Writes the request; then P2P__PROTO_FIN. */
int p2p__ask_tx(struct p2p__ask *a, struct p2p__outbuf *out, p2p_ns now);

/* Whether all of the request was written. */
bool p2p__ask_is_written(const struct p2p__ask *a);

/* Pulls the one event: the answer, valid until fini; if none is awaited, an
 * empty one once all was written and the peer ended. */
bool p2p__ask_next(struct p2p__ask *a, struct p2p__slice *answer);

/* When the answer, or the end of the stream, is given up. */
p2p_ns p2p__ask_deadline(const struct p2p__ask *a);

/* Errors: P2P_ETIMEDOUT. */
int p2p__ask_expire(struct p2p__ask *a, p2p_ns now);

/* From any state; twice is harmless. */
void p2p__ask_fini(struct p2p__ask *a);

#endif
