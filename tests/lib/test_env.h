/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An environment with a seed instead of a world: the same numbers each run. */
#ifndef TESTS_LIB_TEST_ENV_H
#define TESTS_LIB_TEST_ENV_H

#include "base/rng.h"
#include "port/env.h"

struct test_env {
    struct p2p__env env;
    struct p2p__rng rng;
    int64_t wall_ns; /* starts at 2026-01-01T00:00:00Z; tests may move it */
};

/* An environment seeded with `seed`. */
void test_env_init(struct test_env *t, uint64_t seed);

#endif
