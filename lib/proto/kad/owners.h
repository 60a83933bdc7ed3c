/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whose things a store has, and how many of each peer and of each site: an
 * address of IPv4, or a /64 of IPv6. All who come over relays are at one. Who
 * has many ids is at few sites.
 */
#ifndef P2P_PROTO_KAD_OWNERS_H
#define P2P_PROTO_KAD_OWNERS_H

#include "base/map.h"
#include "proto/kad/addrs.h"

/* A peer or a site that has something. */
struct p2p__kad_owner {
    struct p2p__map_node node;
    uint32_t count;
    uint8_t key[];
};

/* Whose a thing is; NULL: ours. */
struct p2p__kad_share {
    struct p2p__kad_owner *peer, *site;
};

/* Peers and sites that have something; all members are private. */
struct p2p__kad_owners {
    struct p2p__map peers, sites;
    uint32_t most; /* of one peer */
    uint32_t most_of_site;
};

/* Nobody has anything; one peer, and one site, may have so many things. */
void p2p__kad_owners_init(struct p2p__kad_owners *o, const uint64_t seed[2],
                          uint32_t most, uint32_t most_of_site);

/* Frees what it has; all must have been given back. */
void p2p__kad_owners_fini(struct p2p__kad_owners *o);

/*
 * Counts one more thing of a peer at peer->at; of ours (NULL) there may be any
 * number. `instead` (or NULL) is of a thing that goes for it, and is to be
 * given back after. Errors: P2P_ELIMIT (it has enough), P2P_ENOMEM.
 */
int p2p__kad_owners_take(struct p2p__kad_owners *o,
                         const struct p2p__kad_peer *peer,
                         const struct p2p__kad_share *instead,
                         struct p2p__kad_share *out);

/* One thing of a share is gone. */
void p2p__kad_owners_give(struct p2p__kad_owners *o,
                          struct p2p__kad_share *share);

#endif
