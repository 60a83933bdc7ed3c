/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A bounded set of message ids: what was seen, and what a peer does not want.
 *
 * An id is held as a fingerprint of 128 bits under a secret key, so an entry
 * has one size whatever peers send, and nobody can find two ids that collide.
 * Entries stand in a ring in order of arrival, so expiry and eviction take
 * the oldest in O(1); a table of chains finds them. The set doubles up to its
 * cap, then the oldest go; it halves when it has become sparse, and holds no
 * memory when it is empty.
 */
#ifndef P2P_PROTO_GOSSIP_IDSET_H
#define P2P_PROTO_GOSSIP_IDSET_H

#include "base/quota.h"

/* The fingerprint of a message id. */
struct p2p__gossip_fp {
    uint64_t w[2];
};

static inline bool p2p__gossip_fp_equal(const struct p2p__gossip_fp *a,
                                        const struct p2p__gossip_fp *b)
{
    return a->w[0] == b->w[0] && a->w[1] == b->w[1];
}

struct p2p__gossip_id_entry {
    struct p2p__gossip_fp fp;
    uint64_t stamp; /* when it was added, in the owner's unit */
    uint32_t next;  /* in its chain */
    uint32_t mark;  /* the owner's; 0 at first */
};

struct p2p__gossip_idset {
    struct p2p__gossip_id_entry *ring;
    uint32_t *heads;
    struct p2p__quota *quota; /* borrowed; may be NULL */
    uint32_t room;            /* of both, a power of two, or 0 */
    uint32_t first;           /* the oldest */
    uint32_t count;
    uint32_t max; /* a power of two */
};

/* An empty set of at most `max` entries (a power of two, >= 16). */
void p2p__gossip_idset_init(struct p2p__gossip_idset *s,
                            struct p2p__quota *quota, uint32_t max);

/* Forgets everything and gives the quota back. */
void p2p__gossip_idset_fini(struct p2p__gossip_idset *s);

/* The entry, valid until the next change of the set, or NULL. */
struct p2p__gossip_id_entry *p2p__gossip_idset_get(
    const struct p2p__gossip_idset *s, const struct p2p__gossip_fp *fp);

/*
 * Adds an id that is not in; `stamp` does not decrease from call to call.
 * A full set forgets its oldest entry. Errors: P2P_ENOMEM, P2P_ELIMIT, only
 * for the first entries: a set that cannot grow forgets the oldest.
 */
int p2p__gossip_idset_add(struct p2p__gossip_idset *s,
                          const struct p2p__gossip_fp *fp, uint64_t stamp);

/* Forgets entries whose stamp is below `stamp`. */
void p2p__gossip_idset_expire(struct p2p__gossip_idset *s, uint64_t stamp);

#endif
