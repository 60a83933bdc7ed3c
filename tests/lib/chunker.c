/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See chunker.h. Random pieces are mostly short: that is where bugs are. */
#include "chunker.h"

void chunker_init(struct chunker *c, enum chunk_plan plan, uint64_t seed)
{
    c->plan = plan;
    p2p__rng_seed(&c->rng, seed);
}

size_t chunker_next(struct chunker *c, size_t left)
{
    size_t cap;

    switch (c->plan) {
        case CHUNK_ALL:
            return left;
        case CHUNK_ONE:
            return 1;
        default:
            cap = p2p__rng_below(&c->rng, 4) == 0 ? left : 9;
            return 1 + (size_t)p2p__rng_below(&c->rng, p2p__min(cap, left));
    }
}
