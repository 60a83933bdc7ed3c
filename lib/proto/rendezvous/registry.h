/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a rendezvous point knows: which peer is to be found in which namespace,
 * until when. A peer is in a namespace once; registering again is news to those
 * who look from where they were. Where somebody was is in the cookie that he
 * brings back: nothing is kept for it (T33).
 * Spec: libp2p rendezvous (r3), "Registration Lifetime", "Interaction".
 */
#ifndef P2P_PROTO_RENDEZVOUS_REGISTRY_H
#define P2P_PROTO_RENDEZVOUS_REGISTRY_H

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "base/quota.h"
#include "proto/fair/owners.h"
#include "proto/rendezvous/msg.h"

/* The cookies that we give. */
#define P2P__RENDEZVOUS_COOKIE_BYTES 24U

/* The numbers of a rendezvous point; 0 is the default, which caps.h has. */
struct p2p__rendezvous_limits {
    uint32_t registrations;
    uint32_t registrations_per_peer;
    uint32_t registrations_per_addr;
    uint32_t ttl_s;
};

struct p2p__rendezvous_registry_cfg {
    struct p2p__rendezvous_limits limits;
    struct p2p__quota *quota; /* charged for registrations; borrowed, or NULL */
    uint64_t seed[2];         /* random: see base/map.h */
    uint64_t cookie_key[2];   /* random, too: peers see what it makes */
};

/* All members are private. */
struct p2p__rendezvous_registry {
    struct p2p__rendezvous_limits limits;
    struct p2p__quota *quota;
    uint64_t cookie_key[2];
    struct p2p__map registrations; /* by namespace and peer */
    struct p2p__map spaces;
    struct p2p__owners owners;
    struct p2p__list all; /* of registrations, the oldest first */
    struct p2p__heap expiry;
    uint32_t count;
    uint64_t seq; /* of the newest registration */
};

/* Knows nobody. */
void p2p__rendezvous_registry_init(
    struct p2p__rendezvous_registry *r,
    const struct p2p__rendezvous_registry_cfg *cfg);

/* Forgets all. */
void p2p__rendezvous_registry_fini(struct p2p__rendezvous_registry *r);

/*
 * Registers a peer that is connected from who->at by its signed record, copied,
 * which the caller has opened: it is the peer's own. *ttl_s is what was asked
 * for, in seconds, 0 for nothing, and becomes what was granted. Returns
 * P2P__RENDEZVOUS_OK, _INVALID_NAMESPACE, _INVALID_TTL, _NOT_AUTHORIZED (the
 * peer, or all at its address, have enough), _UNAVAILABLE (all have).
 */
enum p2p__rendezvous_status p2p__rendezvous_register(
    struct p2p__rendezvous_registry *r, const struct p2p__fair_who *who,
    const struct p2p__rendezvous_found *what, uint64_t *ttl_s, p2p_ns now);

/* Takes a peer out of a namespace; of what is not there nothing is said. */
void p2p__rendezvous_unregister(struct p2p__rendezvous_registry *r,
                                const struct p2p_peer_id *peer,
                                struct p2p__slice ns);

/*
 * Appends those in a namespace (empty: in all) that are newer than the cookie
 * knows (empty: all), the oldest first, up to `limit` (0: up to the caps) and
 * as fits into w. `cookie` becomes that of the last one.
 * Returns P2P__RENDEZVOUS_OK, _INVALID_NAMESPACE, _INVALID_COOKIE.
 */
enum p2p__rendezvous_status p2p__rendezvous_discover(
    struct p2p__rendezvous_registry *r,
    const struct p2p__rendezvous_msg *request, struct p2p__pbw *w,
    uint8_t cookie[P2P__RENDEZVOUS_COOKIE_BYTES], p2p_ns now);

/* When the next one expires; P2P_NEVER: none. */
p2p_ns p2p__rendezvous_registry_deadline(
    const struct p2p__rendezvous_registry *r);

/* Drops those that have expired. */
void p2p__rendezvous_registry_expire(struct p2p__rendezvous_registry *r,
                                     p2p_ns now);

#endif
