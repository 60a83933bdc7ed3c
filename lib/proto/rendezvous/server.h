/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a rendezvous point answers to the requests of one peer, on a stream that
 * `serve` is attached to. Spec: libp2p rendezvous (r3), "Interaction".
 */
#ifndef P2P_PROTO_RENDEZVOUS_SERVER_H
#define P2P_PROTO_RENDEZVOUS_SERVER_H

#include "proto/rendezvous/registry.h"
#include "proto/serve/serve.h"

/* How long a request may take, and a peer may pause between two. */
#define P2P__RENDEZVOUS_PAUSE P2P__SEC(10)

struct p2p__rendezvous_server_cfg {
    struct p2p__rendezvous_registry *registry; /* borrowed until fini */
    const struct p2p__fair_who *who;           /* at the other end; copied */
    struct p2p__quota *quota; /* the stream's scope; borrowed, or NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
};

struct p2p__rendezvous_server {
    struct p2p__serve serve; /* the core; fini is its */
    struct p2p__rendezvous_registry *registry;
    struct p2p_peer_id peer;
    struct p2p__addr at;
};

/* Waits for a request. To be moved nowhere: its core knows it. */
void p2p__rendezvous_server_init(struct p2p__rendezvous_server *s,
                                 const struct p2p__rendezvous_server_cfg *cfg,
                                 p2p_ns now);

#endif
