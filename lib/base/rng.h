/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A small deterministic generator (xoshiro256**) for jitter, shuffles and the
 * simulator: seeded from env's random numbers, never for secrets.
 */
#ifndef P2P_BASE_RNG_H
#define P2P_BASE_RNG_H

#include "base/types.h"

struct p2p__rng {
    uint64_t s[4];
};

/* Seeds a generator; the same seed gives the same numbers everywhere. */
void p2p__rng_seed(struct p2p__rng *r, uint64_t seed);

/* The next 64 bits. */
uint64_t p2p__rng_next(struct p2p__rng *r);

/* A number below `bound` (> 0), without bias. */
uint64_t p2p__rng_below(struct p2p__rng *r, uint64_t bound);

/* Fills `len` bytes. */
void p2p__rng_fill(struct p2p__rng *r, void *p, size_t len);

#endif
