/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A host's part of a DHT: what kad.c (asking) and dht.c (the public functions,
 * serving) share. */
#ifndef P2P_HOST_KAD_H
#define P2P_HOST_KAD_H

#include "host/internal.h"
#include "proto/kad/kad.h"

/* Peers to begin with. */
#define P2P__DHT_BOOTSTRAP 32U

/* An answer, in bytes, that is read: nodes of the public network have many
 * addresses. */
#define P2P__CAP_KAD_ANSWER_BYTES (256U * 1024U)

/* The longest protocol: a prefix and "/kad/1.0.0", with its end. */
#define P2P__DHT_PROTOCOL_MAX 128U

struct p2p_dht_query {
    struct p2p__list link; /* kad->queries */
    struct p2p__host_kad *of;
    uint64_t number;
    p2p_dht_done done;
    p2p_dht_provider provider;
    void *user;
};

struct p2p__host_kad {
    struct p2p_host *host;
    struct p2p__kad core;
    struct p2p__job job;
    struct p2p__timer timer;
    struct p2p__timer again; /* dials those to begin with */
    struct p2p__list queries;
    struct p2p__list flights; /* questions that are on their way */
    struct p2p_dht_validator validators[P2P__CAP_KAD_VALIDATORS];
    struct p2p__kad_addrs told; /* to those that are nearest to us */
    bool serves;
    struct p2p_multiaddr bootstrap[P2P__DHT_BOOTSTRAP];
    size_t n_bootstrap;
    bool (*allow)(void *user, const struct p2p_peer_id *peer); /* or NULL */
    void *user;
    char protocol[P2P__DHT_PROTOCOL_MAX];
};

/* Where a peer is connected from; family 0: over a relay alone, or not. */
struct p2p__kad_peer p2p__host_kad_peer(const struct p2p__peer *peer);

/* Whether the owner lets a peer be part of it. */
static inline bool p2p__host_kad_has(const struct p2p__host_kad *k,
                                     const struct p2p_peer_id *id)
{
    return k->allow == NULL || k->allow(k->user, id);
}

/* Our addresses, as far as there is room for them. */
void p2p__host_kad_own(struct p2p__host_kad *k);

/* kad.c: does what the core wants. Marks; nothing happens in this call. */
void p2p__host_kad_wake(struct p2p__host_kad *k);

/* kad.c: sets up and ends asking. */
void p2p__host_kad_ask_init(struct p2p__host_kad *k);
void p2p__host_kad_ask_fini(struct p2p__host_kad *k);

#endif
