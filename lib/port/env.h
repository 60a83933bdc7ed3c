/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the world must offer to every core: random bytes and the wall clock.
 * `now`, the monotonic clock, is an argument of each call instead.
 */
#ifndef P2P_PORT_ENV_H
#define P2P_PORT_ENV_H

#include "base/log.h"
#include "base/types.h"

struct p2p__env {
    /* Fills `len` bytes; secrets come from here, so it cannot fail. */
    void (*random)(struct p2p__env *env, void *p, size_t len);
    /* Nanoseconds since 1970, for sequence numbers and what people read. */
    int64_t (*wall_ns)(struct p2p__env *env);
    /* How long the machine has slept since it began, in nanoseconds, which the
     * monotonic clock did not count. NULL: it does not sleep. */
    int64_t (*slept_ns)(struct p2p__env *env);
    /* Seeds of hash tables, apart from all other random numbers: nothing may
     * depend on them, and the simulator sees to it. NULL: they are random. */
    void (*map_seed)(struct p2p__env *env, uint64_t seed[2]);
    const struct p2p__logger *log; /* borrowed; may be NULL */
};

/* Two random words: the seed of a p2p__map, or of what is as secret. */
static inline void p2p__env_seed(struct p2p__env *env, uint64_t seed[2])
{
    if (env->map_seed != NULL) {
        env->map_seed(env, seed);
    } else {
        env->random(env, seed, 2 * sizeof *seed);
    }
}

#endif
