/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What two peers say on a stream over a relay before they punch: both ends.
 *
 *     initiator   CONNECT ->           its clock starts
 *     responder            <- CONNECT  the clock stops: the round trip
 *     initiator   SYNC ->              dials half a round trip later
 *     responder                        dials when it comes
 *
 * To be attached as port/proto.h says. Spec: libp2p DCUtR (r1).
 */
#ifndef P2P_PROTO_DCUTR_TALK_H
#define P2P_PROTO_DCUTR_TALK_H

#include "base/turn.h"
#include "port/proto.h"
#include "proto/dcutr/msg.h"
#include "wire/frame.h"

/* How long the talk may take, and the end of the stream after it. */
#define P2P__DCUTR_TALK_TIMEOUT P2P__SEC(20)
#define P2P__DCUTR_TALK_LINGER  P2P__SEC(5)

struct p2p__dcutr_talk_cfg {
    bool initiates;
    enum p2p__dcutr_reach reach;        /* of the addresses that are heard */
    const struct p2p__dcutr_addrs *own; /* what we tell; for the call */
    struct p2p__quota *quota;           /* borrowed until fini, or NULL */
    struct p2p__job *owner; /* marked when there is output; may be NULL */
};

/* The one event: when to dial, and where to. */
struct p2p__dcutr_go {
    p2p_ns at;
    p2p_ns rtt;                           /* 0: the other end measured it */
    const struct p2p__dcutr_addrs *addrs; /* the peer's; one at least */
};

/* All members are private. */
struct p2p__dcutr_talk {
    struct p2p__job *owner;
    struct p2p__frame frame;
    struct p2p__dcutr_addrs heard;
    enum p2p__dcutr_reach reach;
    p2p_ns sent_at; /* when our CONNECT began to be written */
    p2p_ns rtt;
    p2p_ns go_at;
    p2p_ns deadline;
    size_t out_len, written;
    uint8_t state;
    bool initiates;
    bool told; /* an event to pull */
    uint8_t out[P2P__DCUTR_MESSAGE_ROOM];
};

/* `core` is a struct p2p__dcutr_talk. */
extern const struct p2p__proto_ops p2p__dcutr_talk_ops;

/* Begins; who initiates marks the owner. */
void p2p__dcutr_talk_init(struct p2p__dcutr_talk *t,
                          const struct p2p__dcutr_talk_cfg *cfg, p2p_ns now);

/* Takes messages. Errors: P2P_EPROTO (not what is due), P2P_ENOADDR (none that
 * is usable), P2P_EFORMAT, P2P_ETOOBIG, P2P_ELIMIT, P2P_ENOMEM. */
int p2p__dcutr_talk_rx(struct p2p__dcutr_talk *t, const struct p2p__slice *in,
                       p2p_ns now);

/* The peer will say no more. Errors: P2P_EPROTO (too early). */
int p2p__dcutr_talk_fin(struct p2p__dcutr_talk *t, p2p_ns now);

/* Writes messages; P2P__PROTO_FIN after the last. */
int p2p__dcutr_talk_tx(struct p2p__dcutr_talk *t, struct p2p__outbuf *out,
                       p2p_ns now);

/* Pulls the event, which borrows until fini; false: none. */
bool p2p__dcutr_talk_next(struct p2p__dcutr_talk *t, struct p2p__dcutr_go *go);

/* When the peer is given up. */
p2p_ns p2p__dcutr_talk_deadline(const struct p2p__dcutr_talk *t);

/* Errors: P2P_ETIMEDOUT. */
int p2p__dcutr_talk_expire(struct p2p__dcutr_talk *t, p2p_ns now);

/* From any state; twice is harmless. */
void p2p__dcutr_talk_fini(struct p2p__dcutr_talk *t);

#endif
