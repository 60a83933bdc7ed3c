/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The end of identify that speaks: who was asked on /ipfs/id/1.0.0, or who
 * pushes on /ipfs/id/push/1.0.0. It sends what struct p2p__identify_self has
 * at the beginning, with how we see the peer, and ends its side. All in one
 * message, or, above 2 KiB, the record in a second one, as go.
 *
 * To be attached to a stream as port/proto.h says.
 */
#ifndef P2P_PROTO_IDENTIFY_WRITER_H
#define P2P_PROTO_IDENTIFY_WRITER_H

#include "base/turn.h"
#include "port/proto.h"
#include "proto/identify/self.h"

/* A message up to this long goes out in one piece. */
#define P2P__IDENTIFY_ONE_MESSAGE 2048U

struct p2p__identify_writer_cfg {
    const struct p2p__identify_self *self; /* borrowed for init; set once */
    const struct p2p_multiaddr *observed;  /* copied; NULL: not told */
    struct p2p__job *owner; /* marked when there is output; may be NULL */
    p2p_ns timeout;         /* 0: P2P__IDENTIFY_TIMEOUT */
};

/* All members are private. */
struct p2p__identify_writer {
    struct p2p__slab *message;
    struct p2p__slab *record;
    p2p_ns deadline;
    size_t sent;        /* bytes of all parts */
    uint8_t head[2][4]; /* lengths of the messages; the second may be none */
    uint8_t head_len[2];
    bool finished; /* our end was written */
    bool ended;    /* the peer ended its side */
    uint16_t observed_len;
    uint8_t observed[P2P_MULTIADDR_MAX + 4]; /* the field */
};

/* `core` is a struct p2p__identify_writer. `protocol` is the first of the two
 * that it may be used for. */
extern const struct p2p__proto_ops p2p__identify_writer_ops;

/* Begins to tell; marks the owner. */
void p2p__identify_writer_init(struct p2p__identify_writer *w,
                               const struct p2p__identify_writer_cfg *cfg,
                               p2p_ns now);

/* Nothing is to be heard. Errors: P2P_EPROTO (any byte). */
int p2p__identify_writer_rx(struct p2p__identify_writer *w,
                            const struct p2p__slice *in, p2p_ns now);

/* The peer ended its side: fine at any time. */
int p2p__identify_writer_fin(struct p2p__identify_writer *w, p2p_ns now);

/* Writes of the messages; P2P__PROTO_FIN after the last byte. */
int p2p__identify_writer_tx(struct p2p__identify_writer *w,
                            struct p2p__outbuf *out, p2p_ns now);

/* When a peer that does not read, or does not end, is given up; P2P_NEVER once
 * both sides have ended. */
p2p_ns p2p__identify_writer_deadline(const struct p2p__identify_writer *w);

/* Errors: P2P_ETIMEDOUT. */
int p2p__identify_writer_expire(struct p2p__identify_writer *w, p2p_ns now);

/* Lets the messages go; from any state. */
void p2p__identify_writer_fini(struct p2p__identify_writer *w);

#endif
