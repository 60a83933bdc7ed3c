/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a host's pubsub (pubsub.c: topics, the core, the application) and the
 * streams of its peers (pubsub_peer.c) know of each other.
 */
#ifndef P2P_HOST_PUBSUB_H
#define P2P_HOST_PUBSUB_H

#include "host/internal.h"
#include "proto/gossip/gossip.h"

struct p2p_pubsub {
    struct p2p_host *host;
    struct p2p__gossip *g;
    struct p2p__job job;
    struct p2p__timer timer;
    struct p2p__list topics;
    struct p2p__list members;
    p2p_msgid_fn msgid_fn; /* NULL: one of the core's */
    void *msgid_user;
    p2p_peer_may_fn peer_may; /* NULL: everybody */
    void *may_user;
    size_t n_topics;
    enum p2p__path path; /* of the connections that its streams go over */
};

/* A connected peer, whether it speaks pubsub or not. */
struct p2p__pubsub_peer;

/* Handles what the core has for the application and for us. */
void p2p__pubsub_drain(struct p2p_pubsub *ps, p2p_ns now);

/* Sends the core's frames as far as the stream takes them. */
void p2p__pubsub_peer_pump(struct p2p__pubsub_peer *m, p2p_ns now);

/* Nothing is heard of the peer any more, so its connection is not kept; it
 * stays if the application protects it. */
void p2p__pubsub_peer_shun(struct p2p__pubsub_peer *m, p2p_ns now);

/* Handler of protocols: the peer opened its stream to us. `user` is the struct
 * p2p_pubsub. */
void p2p__pubsub_peer_inbound(void *user, struct p2p_stream *s, p2p_ns now);

#endif
