/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A server's end of a stream of AutoNAT v1: one request, one answer. Where to
 * dial, and whether, is its owner's. To be attached as port/proto.h says.
 * Spec: libp2p autonat-v1, "AutoNAT Protocol".
 */
#ifndef P2P_PROTO_AUTONAT_SERVER_V1_H
#define P2P_PROTO_AUTONAT_SERVER_V1_H

#include "proto/autonat/msg_v1.h"
#include "proto/autonat/talk.h"

/* All members are private. */
struct p2p__autonat_server_v1 {
    struct p2p__autonat_talk talk;
    struct p2p__autonat_v1_msg request;
    bool asked;
    bool told;
};

/* `core` is a struct p2p__autonat_server_v1. */
extern const struct p2p__proto_ops p2p__autonat_server_v1_ops;

/* Waits for a request. */
void p2p__autonat_server_v1_init(struct p2p__autonat_server_v1 *s,
                                 const struct p2p__autonat_talk_cfg *cfg,
                                 p2p_ns now);

/* Takes it. Errors: P2P_ETOOBIG, P2P_EFORMAT, P2P_ELIMIT, P2P_ENOMEM,
 * P2P_EPROTO (something else, or more than one). */
int p2p__autonat_server_v1_rx(struct p2p__autonat_server_v1 *s,
                              const struct p2p__slice *in, p2p_ns now);

/* The peer will say no more. Errors: P2P_EPROTO (it has not asked). */
int p2p__autonat_server_v1_fin(struct p2p__autonat_server_v1 *s, p2p_ns now);

/* Pulls the one event: the request, valid until the next call. NULL: none. */
const struct p2p__autonat_v1_msg *p2p__autonat_server_v1_next(
    struct p2p__autonat_server_v1 *s);

/* Answers it; `addr` (or NULL) is what was dialed. Once. */
void p2p__autonat_server_v1_answer(struct p2p__autonat_server_v1 *s,
                                   enum p2p__autonat_v1_status status,
                                   const struct p2p_multiaddr *addr);

/* Writes the answer; then P2P__PROTO_FIN. */
int p2p__autonat_server_v1_tx(struct p2p__autonat_server_v1 *s,
                              struct p2p__outbuf *out, p2p_ns now);

/* When the stream is given up. */
p2p_ns p2p__autonat_server_v1_deadline(const struct p2p__autonat_server_v1 *s);

/* Errors: P2P_ETIMEDOUT. */
int p2p__autonat_server_v1_expire(struct p2p__autonat_server_v1 *s, p2p_ns now);

/* From any state. */
void p2p__autonat_server_v1_fini(struct p2p__autonat_server_v1 *s);

#endif
