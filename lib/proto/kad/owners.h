/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whose things a store has, and how many of each peer. */
#ifndef P2P_PROTO_KAD_OWNERS_H
#define P2P_PROTO_KAD_OWNERS_H

#include "base/map.h"
#include "p2p/peer_id.h"

struct p2p__kad_owner {
    struct p2p__map_node node;
    struct p2p_peer_id id;
    uint32_t count;
};

/* Peers that have something; all members are private. */
struct p2p__kad_owners {
    struct p2p__map map;
    uint32_t most; /* of one peer */
};

/* Nobody has anything; one peer may have `most` things. */
void p2p__kad_owners_init(struct p2p__kad_owners *o, const uint64_t seed[2],
                          uint32_t most);

/* Frees what it has; all must have been given back. */
void p2p__kad_owners_fini(struct p2p__kad_owners *o);

/* Counts one more thing of a peer; of ours (NULL) there may be any number, and
 * *out is NULL. Errors: P2P_ELIMIT (it has enough),
 * P2P_ENOMEM. */
int p2p__kad_owners_take(struct p2p__kad_owners *o,
                         const struct p2p_peer_id *id,
                         struct p2p__kad_owner **out);

/* One thing of a peer is gone; NULL: of ours. */
void p2p__kad_owners_give(struct p2p__kad_owners *o,
                          struct p2p__kad_owner *owner);

#endif
