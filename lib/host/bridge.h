/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a relay has of one client: a hop stream, and once it asked for a peer,
 * the stop stream to that one, and the bytes between.
 */
#ifndef P2P_HOST_BRIDGE_H
#define P2P_HOST_BRIDGE_H

#include "host/exchange.h"
#include "proto/relay/ledger.h"

struct p2p__host_relay;

/* Serves a hop stream, until it has ended. */
void p2p__bridge_start(struct p2p__host_relay *r, struct p2p_stream *stream);

/* Ends the circuits that a peer is an end of; how many. */
unsigned p2p__bridge_drop(struct p2p__host_relay *r,
                          const struct p2p_peer_id *peer);

/* The part of a host that is a relay. */
struct p2p__host_relay {
    struct p2p_host *host;
    struct p2p__relay_ledger ledger;
    struct p2p__timer timer; /* reservations expire */
    struct p2p__list bridges;
    bool (*allow)(void *user, const struct p2p_peer_id *peer); /* or NULL */
    bool (*allow_circuit)(void *user, const struct p2p_peer_id *from,
                          const struct p2p_peer_id *to); /* or NULL */
    void *user;
};

/* A request of a client on a stream: makes a reservation and answers. 0 or a
 * negative code: nothing was said. */
int p2p__relay_grant(struct p2p__host_relay *r, struct p2p__exchange *x,
                     p2p_ns now);

#endif
