/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whose things a store has, and how many of each peer and of each address: of
 * IPv4, or a /64 of IPv6. All of whom nobody knows where they are are at one.
 * Who has many ids is at few addresses.
 */
#ifndef P2P_PROTO_FAIR_OWNERS_H
#define P2P_PROTO_FAIR_OWNERS_H

#include "base/map.h"
#include "proto/fair/who.h"

/* A peer or an address that has something. */
struct p2p__owner {
    struct p2p__map_node node;
    uint32_t count;
    struct p2p__fair_key key;
};

/* Whose a thing is; NULL: ours. */
struct p2p__share {
    struct p2p__owner *peer, *addr;
};

/* Those who have something; all members are private. */
struct p2p__owners {
    struct p2p__map all;
    uint32_t most; /* of one peer */
    uint32_t most_at_addr;
};

/* Nobody has anything; one peer, and all at one address, may have so many
 * things. */
void p2p__owners_init(struct p2p__owners *o, const uint64_t seed[2],
                      uint32_t most, uint32_t most_at_addr);

/* Frees what it has; all must have been given back. */
void p2p__owners_fini(struct p2p__owners *o);

/*
 * Counts one more thing of somebody; of ours (NULL) there may be any number.
 * `instead` (or NULL) is of a thing that goes for it, and is to be given back
 * after. Errors: P2P_ELIMIT (it has enough), P2P_ENOMEM.
 */
int p2p__owners_take(struct p2p__owners *o, const struct p2p__fair_who *who,
                     const struct p2p__share *instead, struct p2p__share *out);

/* One thing of a share is gone. */
void p2p__owners_give(struct p2p__owners *o, struct p2p__share *share);

#endif
