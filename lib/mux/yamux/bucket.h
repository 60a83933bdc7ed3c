/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A rate in one number: the moment at which all that was taken is paid off.
 * What lies beyond `now` is debt. (The generic cell rate algorithm.)
 */
#ifndef P2P_MUX_YAMUX_BUCKET_H
#define P2P_MUX_YAMUX_BUCKET_H

#include "base/types.h"

struct p2p__bucket {
    p2p_ns paid; /* 0: nothing was taken yet */
};

/* Takes one; each takes `each` to be paid off. */
static inline void p2p__bucket_take(struct p2p__bucket *b, p2p_ns each,
                                    p2p_ns now)
{
    b->paid = p2p__ns_after(b->paid > now ? b->paid : now, each);
}

/* How many were taken and are not paid off, rounded up. */
static inline uint64_t p2p__bucket_debt(const struct p2p__bucket *b,
                                        p2p_ns each, p2p_ns now)
{
    assert(each > 0);
    return b->paid > now ? (b->paid - now + each - 1) / each : 0;
}

#endif
