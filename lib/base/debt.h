/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How often something happened of late: each time adds to a debt that is paid
 * off at a steady rate. One number, no timer; what is too much, and which rate,
 * is the caller's to say (base/bucket.h refuses; this only counts).
 */
#ifndef P2P_BASE_DEBT_H
#define P2P_BASE_DEBT_H

#include "base/types.h"

struct p2p__debt {
    p2p_ns paid_at; /* the moment when all is paid off */
};

/* It happened once more; `each` pays for one. */
static inline void p2p__debt_add(struct p2p__debt *d, p2p_ns each, p2p_ns now)
{
    d->paid_at = p2p__ns_after(d->paid_at > now ? d->paid_at : now, each);
}

/* How many are not paid off, one begun counting whole. */
static inline uint64_t p2p__debt_of(const struct p2p__debt *d, p2p_ns each,
                                    p2p_ns now)
{
    assert(each > 0);
    return d->paid_at > now ? (d->paid_at - now - 1) / each + 1 : 0;
}

#endif
