/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See samples.h. Quartiles are interpolated between neighbours. */
#include "samples.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The value below which a part (0 to 1) of the sorted samples is. */
static double quantile(const struct samples *s, double part)
{
    double at = part * (double)(s->n - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < s->n ? below + 1 : below;

    return s->values[below] +
           (at - (double)below) * (s->values[above] - s->values[below]);
}

/* The samples inside of low to high, or outside, between brackets. */
static void print_list(const struct samples *s, const char *name, double low,
                       double high, bool outside)
{
    bool first = true;

    (void)printf("  %s: [", name);
    for (size_t i = 0; i < s->n; i++) {
        double v = s->values[i];

        if ((v < low || v > high) == outside) {
            (void)printf("%s%.3f", first ? "" : ", ", v);
            first = false;
        }
    }
    (void)printf("]\n");
}

void samples_print(struct samples *s, const char *name, const char *unit)
{
    double q1, q3, low, high;
    size_t first = 0, last;

    if (s->n == 0) {
        return;
    }
    qsort(s->values, s->n, sizeof s->values[0], ascending);
    q1 = quantile(s, 0.25);
    q3 = quantile(s, 0.75);
    low = q1 - 1.5 * (q3 - q1);
    high = q3 + 1.5 * (q3 - q1);
    for (last = s->n - 1; s->values[last] > high; last--) {
    }
    while (s->values[first] < low) {
        first++;
    }
    (void)printf(
        "%s:\n  iterations: %zu\n  min: %.3f\n  q1: %.3f\n"
        "  median: %.3f\n  q3: %.3f\n  max: %.3f\n",
        name, s->n, fmin(s->values[first], q1), q1, quantile(s, 0.5), q3,
        fmax(s->values[last], q3));
    print_list(s, "outliers", low, high, true);
    print_list(s, "samples", 0, s->values[s->n - 1], false);
    (void)printf("  unit: %s\n", unit);
}
