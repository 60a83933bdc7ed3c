/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See test_env.h. */
#include "test_env.h"

#define START_NS 1767225600000000000LL

static void fill(struct p2p__env *env, void *p, size_t len)
{
    struct test_env *t = P2P__CONTAINER(env, struct test_env, env);

    p2p__rng_fill(&t->rng, p, len);
}

static int64_t wall(struct p2p__env *env)
{
    return P2P__CONTAINER(env, struct test_env, env)->wall_ns;
}

void test_env_init(struct test_env *t, uint64_t seed)
{
    *t = (struct test_env){.env = {.random = fill, .wall_ns = wall},
                           .wall_ns = START_NS};
    p2p__rng_seed(&t->rng, seed);
}
