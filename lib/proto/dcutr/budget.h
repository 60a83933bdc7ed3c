/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How often peers may make us dial where they say: of each peer and of all
 * together. Whoever is refused keeps his relayed connection.
 */
#ifndef P2P_PROTO_DCUTR_BUDGET_H
#define P2P_PROTO_DCUTR_BUDGET_H

#include "base/bucket.h"
#include "base/list.h"
#include "base/map.h"
#include "p2p/peer_id.h"
#include "proto/dcutr/caps.h"

/* A peer's attempts. Private. */
struct p2p__dcutr_spender {
    struct p2p__map_node node;
    struct p2p__list link; /* the longest unheard of first */
    struct p2p_peer_id id;
    struct p2p__bucket bucket;
};

/* All members are private. */
struct p2p__dcutr_budget {
    struct p2p__map peers;
    struct p2p__list order;
    struct p2p__bucket total;
};

/* Nobody tried yet. `seed`: see base/map.h. */
void p2p__dcutr_budget_init(struct p2p__dcutr_budget *b,
                            const uint64_t seed[2]);

/* Ends the books. */
void p2p__dcutr_budget_fini(struct p2p__dcutr_budget *b);

/* Whether a peer may have an attempt now; then it is counted.
 * Errors: P2P_ELIMIT, P2P_ENOMEM. */
int p2p__dcutr_budget_take(struct p2p__dcutr_budget *b,
                           const struct p2p_peer_id *id, p2p_ns now);

#endif
