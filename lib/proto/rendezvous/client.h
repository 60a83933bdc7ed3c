/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who asks a rendezvous point: one request, one answer, a stream each. To be
 * attached as port/proto.h says. Spec: libp2p rendezvous (r3), "Interaction".
 */
#ifndef P2P_PROTO_RENDEZVOUS_CLIENT_H
#define P2P_PROTO_RENDEZVOUS_CLIENT_H

#include "base/turn.h"
#include "port/proto.h"
#include "proto/rendezvous/msg.h"
#include "wire/frame.h"

/* How long an answer may take. */
#define P2P__RENDEZVOUS_TIMEOUT P2P__SEC(15)

struct p2p__rendezvous_client_cfg {
    /* REGISTER, UNREGISTER or DISCOVER; copied. */
    const struct p2p__rendezvous_msg *request;
    struct p2p__quota *quota; /* the stream's scope; borrowed, or NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
};

/* All members are private. */
struct p2p__rendezvous_client {
    enum p2p__rendezvous_type type; /* of the request */
    struct p2p__job *owner;
    struct p2p__frame frame;
    struct p2p__rendezvous_msg answer;
    p2p_ns deadline;
    size_t len, written;
    bool answered;
    bool told;
    uint8_t request[P2P__CAP_RENDEZVOUS_REQUEST_BYTES + 8];
};

/* `core` is a struct p2p__rendezvous_client. */
extern const struct p2p__proto_ops p2p__rendezvous_client_ops;

/* Begins; marks the owner.
 * Errors: P2P_ETOOBIG (the request; only fini then). */
int p2p__rendezvous_client_init(struct p2p__rendezvous_client *c,
                                const struct p2p__rendezvous_client_cfg *cfg,
                                p2p_ns now);

/* Takes the answer. Errors: P2P_ETOOBIG, P2P_EFORMAT, P2P_ELIMIT, P2P_ENOMEM,
 * P2P_EPROTO (not the answer to what was asked). */
int p2p__rendezvous_client_rx(struct p2p__rendezvous_client *c,
                              const struct p2p__slice *in, p2p_ns now);

/* The point ended. Errors: P2P_EPROTO (before it answered). */
int p2p__rendezvous_client_fin(struct p2p__rendezvous_client *c, p2p_ns now);

/* Writes the request; then P2P__PROTO_FIN. */
int p2p__rendezvous_client_tx(struct p2p__rendezvous_client *c,
                              struct p2p__outbuf *out, p2p_ns now);

/* Pulls the one event: the answer, which for UNREGISTER is made up when all was
 * written. Valid until fini. NULL: none. */
const struct p2p__rendezvous_msg *p2p__rendezvous_client_next(
    struct p2p__rendezvous_client *c);

/* When the answer is given up; P2P_NEVER once it is here. */
p2p_ns p2p__rendezvous_client_deadline(const struct p2p__rendezvous_client *c);

/* Errors: P2P_ETIMEDOUT. */
int p2p__rendezvous_client_expire(struct p2p__rendezvous_client *c, p2p_ns now);

/* From any state. */
void p2p__rendezvous_client_fini(struct p2p__rendezvous_client *c);

#endif
