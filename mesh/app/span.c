/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See span.h. */
#include "mesh/app/span.h"

#include <string.h>

#include "mesh/base/str.h"

#define LONGEST_MS UINT64_C(3155760000000)

/* Whose milliseconds, and some more, are an int. */
#define LONGEST_S 2000000U

bool um_span_parse(const char *text, uint64_t *ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"", 1000},   {"ms", 1},      {"s", 1000},
                 {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    size_t digits = strspn(text, "0123456789");
    int64_t n = um_str_decimal(um_str_n(text, digits));

    for (size_t i = 0; n >= 0 && i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + digits, units[i].unit) == 0) {
            *ms = (uint64_t)n * units[i].ms;
            return (uint64_t)n <= LONGEST_MS / units[i].ms;
        }
    }
    return false;
}

unsigned um_span_seconds(uint64_t ms)
{
    return ms / 1000 < LONGEST_S ? (unsigned)(ms / 1000) : LONGEST_S;
}
