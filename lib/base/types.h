/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The few types and macros that every file needs. */
#ifndef P2P_BASE_TYPES_H
#define P2P_BASE_TYPES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "p2p/err.h"

/* A moment or a span on the loop's monotonic clock, in nanoseconds. */
typedef uint64_t p2p_ns;

/* The moment that never comes: a core without a deadline answers this. */
#define P2P_NEVER UINT64_MAX

#define P2P__US(n)  ((p2p_ns)(n)*1000U)
#define P2P__MS(n)  ((p2p_ns)(n)*1000000U)
#define P2P__SEC(n) ((p2p_ns)(n)*1000000000U)

/* The struct of `type` whose member `member` is at `ptr`. */
#define P2P__CONTAINER(ptr, type, member) \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define P2P__COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline size_t p2p__min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t p2p__max(size_t a, size_t b)
{
    return a > b ? a : b;
}

static inline p2p_ns p2p__ns_min(p2p_ns a, p2p_ns b)
{
    return a < b ? a : b;
}

/* now + span, which stays at P2P_NEVER instead of wrapping round. */
static inline p2p_ns p2p__ns_after(p2p_ns now, p2p_ns span)
{
    return span > P2P_NEVER - now ? P2P_NEVER : now + span;
}

#endif
