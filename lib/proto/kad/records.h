/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The values that we keep for others, each valid in its namespace. When there
 * are too many the one farthest from us goes, if the new one is nearer: what we
 * are asked for is near. Ours are apart from those, and as many. Spec: libp2p
 * kad-dht, "Value routing".
 */
#ifndef P2P_PROTO_KAD_RECORDS_H
#define P2P_PROTO_KAD_RECORDS_H

#include "base/heap.h"
#include "base/list.h"
#include "base/quota.h"
#include "proto/fair/owners.h"
#include "proto/kad/addrs.h"
#include "proto/kad/caps.h"
#include "proto/kad/key.h"
#include "proto/kad/validator.h"

/* 0 is the default, which caps.h has. */
struct p2p__kad_records_limits {
    uint32_t records;
    uint32_t records_per_peer;
    uint64_t bytes;
    uint32_t ttl_s;
};

struct p2p__kad_records_cfg {
    struct p2p__kad_records_limits limits;
    const struct p2p__kad_validators *validators; /* borrowed until fini */
    struct p2p__kad_key self;                     /* where we are */
    struct p2p__quota *quota; /* charged for records; borrowed, or NULL */
    uint64_t seed[2];         /* random: see base/map.h */
};

/* All members are private. */
struct p2p__kad_records {
    struct p2p__kad_records_cfg cfg;
    struct p2p__map map; /* by key */
    struct p2p__list all;
    struct p2p__heap expiry;
    struct p2p__owners owners;
    uint32_t count, ours; /* ours: of them */
    uint64_t bytes, our_bytes;
};

/* Keeps nothing yet. */
void p2p__kad_records_init(struct p2p__kad_records *r,
                           const struct p2p__kad_records_cfg *cfg);

/* Forgets all. */
void p2p__kad_records_fini(struct p2p__kad_records *r);

/*
 * A peer at from->at (NULL: we) puts a value, copied. The same one again lasts
 * longer. With an error what is kept stays.
 * Errors: P2P_EFORMAT (not valid), P2P_ENOTSUP (no such namespace),
 * P2P_ETOOBIG, P2P_EEXIST (one that is as good is here), P2P_ELIMIT,
 * P2P_ENOMEM.
 */
int p2p__kad_records_put(struct p2p__kad_records *r,
                         const struct p2p__kad_peer *from,
                         struct p2p__slice key, struct p2p__slice value,
                         p2p_ns now);

/* The value of a key, valid until the next change; false: there is none that
 * is valid still. */
bool p2p__kad_records_get(const struct p2p__kad_records *r,
                          struct p2p__slice key, struct p2p__slice *value,
                          p2p_ns now);

/* When the next one expires; P2P_NEVER: none. */
p2p_ns p2p__kad_records_deadline(const struct p2p__kad_records *r);

/* Drops those that have expired. */
void p2p__kad_records_expire(struct p2p__kad_records *r, p2p_ns now);

#endif
