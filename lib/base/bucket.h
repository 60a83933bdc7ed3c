/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A token bucket: so many at once, then one each so often. Kept as the one
 * moment at which the bucket will be full again, so it needs no timer and no
 * arithmetic while it is not asked.
 */
#ifndef P2P_BASE_BUCKET_H
#define P2P_BASE_BUCKET_H

#include "base/types.h"

struct p2p__bucket {
    p2p_ns full_at;
    p2p_ns each; /* a token comes back so often */
    p2p_ns span; /* all tokens together */
};

/* A full bucket of `burst` (> 0) tokens, of which one comes back `each`. */
static inline void p2p__bucket_init(struct p2p__bucket *b, uint32_t burst,
                                    p2p_ns each)
{
    assert(burst > 0 && each <= P2P_NEVER / 4 / burst);
    *b = (struct p2p__bucket){.each = each, .span = burst * each};
}

/* The moment from which on a token can be taken; it may have passed. */
static inline p2p_ns p2p__bucket_ready(const struct p2p__bucket *b)
{
    const p2p_ns last = b->span - b->each;

    return b->full_at > last ? b->full_at - last : 0;
}

/* Takes a token; false: there is none now. */
static inline bool p2p__bucket_take(struct p2p__bucket *b, p2p_ns now)
{
    if (now < p2p__bucket_ready(b)) {
        return false;
    }
    b->full_at = p2p__ns_after(b->full_at > now ? b->full_at : now, b->each);
    return true;
}

#endif
