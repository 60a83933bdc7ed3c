/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Delivers bytes in pieces: all at once, one by one, and at random cuts. Every
 * test of a parser of streams runs its body under each of the plans.
 */
#ifndef TESTS_LIB_CHUNKER_H
#define TESTS_LIB_CHUNKER_H

#include "base/rng.h"

enum chunk_plan { CHUNK_ALL, CHUNK_ONE, CHUNK_RANDOM, CHUNK_PLANS };

struct chunker {
    enum chunk_plan plan;
    struct p2p__rng rng;
};

/* A chunker of the plan; `seed` matters for CHUNK_RANDOM only. */
void chunker_init(struct chunker *c, enum chunk_plan plan, uint64_t seed);

/* How many of `left` (> 0) bytes the next piece has: 1..left. */
size_t chunker_next(struct chunker *c, size_t left);

#endif
