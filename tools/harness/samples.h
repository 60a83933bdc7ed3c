/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Samples of one kind, and what the perf harness wants to know of them. */
#ifndef TOOLS_HARNESS_SAMPLES_H
#define TOOLS_HARNESS_SAMPLES_H

#include <stddef.h>

#define SAMPLES_MAX 10000

struct samples {
    double values[SAMPLES_MAX];
    size_t n;
};

/* Sorts them and prints a block of YAML: iterations, min, q1, median, q3, max
 * (of those that are no outliers), outliers (beyond 1.5 times the distance of
 * the quartiles), all samples, the unit. */
void samples_print(struct samples *s, const char *name, const char *unit);

#endif
