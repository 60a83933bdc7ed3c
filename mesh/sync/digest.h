/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a set of items comes to, for comparing it with another node's: 256
 * buckets by the first byte of the id, the SHA-256 of each, and the root over
 * them. docs/reference/formats.md, "Sync". It also knows the order in which the
 * ids came, in which each stands behind what it depends on: what was accepted
 * was accepted after that.
 *
 *     um_digest_add(&d, &id)        once for each item, when it was accepted
 *     um_digest_root(&d)            costs only what changed since the last call
 */
#ifndef UM_SYNC_DIGEST_H
#define UM_SYNC_DIGEST_H

#include "mesh/sync/message.h"

/** A set of ids. Members are private. */
struct um_digest {
    struct um_name *ids; /* in the order in which they came */
    size_t n;
    size_t cap;
    struct um_digest_bucket {
        uint32_t *at; /* places in ids, ascending by id */
        uint32_t n;
        uint32_t cap;
    } buckets[UM_SYNC_BUCKETS];
    struct um_name digests[UM_SYNC_BUCKETS];
    struct um_name root;
    bool dirty[UM_SYNC_BUCKETS]; /* a digest that is to be made anew */
    bool any_dirty;
    struct um_name *scratch; /* room for the longest bucket */
    size_t scratch_cap;
};

/** Begins an empty set. */
void um_digest_init(struct um_digest *d);

/** Frees it. */
void um_digest_fini(struct um_digest *d);

/** Adds an id. Errors: P2P_EDUP, P2P_ELIMIT (2^32 of them), P2P_ENOMEM
 * (nothing changed). */
int um_digest_add(struct um_digest *d, const struct um_name *id);

/** Whether an id is in it. */
bool um_digest_has(const struct um_digest *d, const struct um_name *id);

/** As the how many-th an id came, from 0; SIZE_MAX: it is not in it. */
size_t um_digest_find(const struct um_digest *d, const struct um_name *id);

/** How many ids are in it. */
static inline size_t um_digest_count(const struct um_digest *d)
{
    return d->n;
}

/** The i-th id that came. Valid until the next add. */
static inline const struct um_name *um_digest_at(const struct um_digest *d,
                                                 size_t i)
{
    return &d->ids[i];
}

/** The digests of the 256 buckets. Valid until the next call on d. */
const struct um_name *um_digest_buckets(struct um_digest *d);

/** The root digest. */
struct um_name um_digest_root(struct um_digest *d);

#endif
