/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who said that it provides what is under a key, and where it is. Each peer
 * says so for itself alone. A full key does not take one more; of public
 * addresses that are near each other it has few, of which a newcomer replaces
 * the oldest. Spec: libp2p kad-dht, "Content routing".
 */
#ifndef P2P_PROTO_KAD_PROVIDERS_H
#define P2P_PROTO_KAD_PROVIDERS_H

#include "base/heap.h"
#include "base/list.h"
#include "base/quota.h"
#include "proto/fair/owners.h"
#include "proto/kad/addrs.h"

/* 0 is the default, which caps.h has. */
struct p2p__kad_providers_limits {
    uint32_t providers;
    uint32_t per_key;
    uint32_t keys_of_peer;
    uint32_t ttl_s;
};

struct p2p__kad_providers_cfg {
    struct p2p_peer_id self; /* what we provide is apart, and as much */
    struct p2p__kad_providers_limits limits;
    struct p2p__quota *quota; /* charged for providers; borrowed, or NULL */
    uint64_t seed[2];         /* random: see base/map.h */
};

/* All members are private. */
struct p2p__kad_providers {
    struct p2p__kad_providers_cfg cfg;
    struct p2p__map map; /* keys */
    struct p2p__heap expiry;
    struct p2p__owners owners;
    uint32_t count, ours; /* ours: of them */
};

/* Knows nobody. */
void p2p__kad_providers_init(struct p2p__kad_providers *p,
                             const struct p2p__kad_providers_cfg *cfg);

/* Forgets all. */
void p2p__kad_providers_fini(struct p2p__kad_providers *p);

/*
 * A peer, copied, provides a key; once more it lasts longer. With an error who
 * is there stays.
 * Errors: P2P_ETOOBIG, P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__kad_providers_add(struct p2p__kad_providers *p, struct p2p__slice key,
                           const struct p2p__kad_peer *peer, p2p_ns now);

/* A walk over those of a key, the newest first; nothing changes meanwhile. */
struct p2p__kad_providers_walk {
    struct p2p__list *head, *at;
    p2p_ns now;
};

/* Begins a walk. */
void p2p__kad_providers_walk_init(struct p2p__kad_providers_walk *walk,
                                  const struct p2p__kad_providers *p,
                                  struct p2p__slice key, p2p_ns now);

/* The next one; NULL at the end. */
const struct p2p__kad_peer *p2p__kad_providers_walk_next(
    struct p2p__kad_providers_walk *walk);

/* When the next one expires; P2P_NEVER: none. */
p2p_ns p2p__kad_providers_deadline(const struct p2p__kad_providers *p);

/* Drops those that have expired. */
void p2p__kad_providers_expire(struct p2p__kad_providers *p, p2p_ns now);

#endif
