/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* getrandom() cannot fail after boot; if it does, nothing is safe: abort. */
#include "uv/env.h"

#include <stdlib.h>
#include <time.h>
#include <uv.h>

static void fill(struct p2p__env *env, void *p, size_t len)
{
    (void)env;
    if (uv_random(NULL, NULL, p, len, 0, NULL) != 0) {
        abort();
    }
}

static int64_t wall(struct p2p__env *env)
{
    uv_timeval64_t tv;

    (void)env;
    if (uv_gettimeofday(&tv) != 0) {
        return 0;
    }
    return tv.tv_sec * 1000000000 + (int64_t)tv.tv_usec * 1000;
}

#ifdef CLOCK_BOOTTIME
static int64_t read_ns(clockid_t clock)
{
    struct timespec ts;

    return clock_gettime(clock, &ts) == 0
               ? ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec
               : 0;
}

/* The one clock goes on while the machine sleeps. */
static int64_t slept(struct p2p__env *env)
{
    (void)env;
    return read_ns(CLOCK_BOOTTIME) - read_ns(CLOCK_MONOTONIC);
}
#else
#define slept NULL
#endif

void p2p__uv_env_init(struct p2p__env *env)
{
    *env =
        (struct p2p__env){.random = fill, .wall_ns = wall, .slept_ns = slept};
}
