/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file How long things took: counts below fixed bounds, and their sum. */
#ifndef UM_BASE_HISTOGRAM_H
#define UM_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/** Bounds, and so counts but for the last. */
#define UM_HISTOGRAM_BOUNDS 13U

/** The bounds in ms, ascending. */
extern const uint32_t um_histogram_bounds_ms[UM_HISTOGRAM_BOUNDS];

/** Spans that were measured; all zero is none. */
struct um_histogram {
    uint64_t counts[UM_HISTOGRAM_BOUNDS + 1]; /**< up to a bound and above the
                                                   one before it; the last:
                                                   above all */
    uint64_t sum_ms;
};

/** Counts a span. */
void um_histogram_add(struct um_histogram *h, uint64_t ms);

/** How many spans were at most as long as the i-th bound; all of them, if there
 * is no such bound. */
uint64_t um_histogram_upto(const struct um_histogram *h, size_t i);

#endif
