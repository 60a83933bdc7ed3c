/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See histogram.h. Bounds from what a loop needs to what a person notices. */
#include "mesh/base/histogram.h"

const uint32_t um_histogram_bounds_ms[UM_HISTOGRAM_BOUNDS] = {
    5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000};

void um_histogram_add(struct um_histogram *h, uint64_t ms)
{
    size_t i = 0;

    while (i < UM_HISTOGRAM_BOUNDS && ms > um_histogram_bounds_ms[i]) {
        i++;
    }
    h->counts[i]++;
    h->sum_ms += ms;
}

uint64_t um_histogram_upto(const struct um_histogram *h, size_t i)
{
    uint64_t n = 0;

    for (size_t k = 0; k <= i && k <= UM_HISTOGRAM_BOUNDS; k++) {
        n += h->counts[k];
    }
    return n;
}
