/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A rendezvous point's end of a stream: requests of one peer, one after the
 * other, each answered before the next. To be attached as port/proto.h says.
 * Spec: libp2p rendezvous (r3), "Interaction".
 */
#ifndef P2P_PROTO_RENDEZVOUS_SERVER_H
#define P2P_PROTO_RENDEZVOUS_SERVER_H

#include "base/turn.h"
#include "port/proto.h"
#include "proto/rendezvous/registry.h"
#include "wire/frame.h"

/* How long a request may take, and a peer may pause between two. */
#define P2P__RENDEZVOUS_PAUSE P2P__SEC(10)

struct p2p__rendezvous_server_cfg {
    struct p2p__rendezvous_registry *registry; /* borrowed until fini */
    const struct p2p_peer_id *peer;            /* at the other end; copied */
    struct p2p__quota *quota; /* the stream's scope; borrowed, or NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
};

/* All members are private. */
struct p2p__rendezvous_server {
    struct p2p__rendezvous_registry *registry;
    struct p2p_peer_id peer;
    struct p2p__quota *quota;
    struct p2p__job *owner;
    struct p2p__frame frame;
    uint8_t *out; /* an answer that is not written yet; NULL: none */
    size_t out_len, out_room, written;
    uint32_t requests;
    p2p_ns deadline;
    bool ended; /* the peer will ask no more */
};

/* `core` is a struct p2p__rendezvous_server. */
extern const struct p2p__proto_ops p2p__rendezvous_server_ops;

/* Waits for a request. */
void p2p__rendezvous_server_init(struct p2p__rendezvous_server *s,
                                 const struct p2p__rendezvous_server_cfg *cfg,
                                 p2p_ns now);

/* Takes requests. Errors: P2P_ETOOBIG, P2P_EFORMAT, P2P_EPROTO (no request, or
 * one before its turn), P2P_ELIMIT (requests, quota), P2P_ENOMEM. */
int p2p__rendezvous_server_rx(struct p2p__rendezvous_server *s,
                              const struct p2p__slice *in, p2p_ns now);

/* The peer will ask no more. Errors: P2P_EPROTO (in a request). */
int p2p__rendezvous_server_fin(struct p2p__rendezvous_server *s, p2p_ns now);

/* Writes the answer. */
int p2p__rendezvous_server_tx(struct p2p__rendezvous_server *s,
                              struct p2p__outbuf *out, p2p_ns now);

/* When the stream is given up. */
p2p_ns p2p__rendezvous_server_deadline(const struct p2p__rendezvous_server *s);

/* Errors: P2P_ETIMEDOUT. */
int p2p__rendezvous_server_expire(struct p2p__rendezvous_server *s, p2p_ns now);

/* From any state. */
void p2p__rendezvous_server_fini(struct p2p__rendezvous_server *s);

#endif
