/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See version.h. Numbers have an end, so that what a peer says cannot overflow.
 */
#include "mesh/base/version.h"

#include <stdint.h>

#define PARTS      3
#define NUMBER_MAX 1000000U

/* Takes a number, and the dot behind it, off the front. */
static uint32_t take(struct um_str *s)
{
    uint32_t n = 0;

    while (s->len > 0 && s->p[0] >= '0' && s->p[0] <= '9') {
        n = n < NUMBER_MAX ? n * 10 + (uint32_t)(s->p[0] - '0') : NUMBER_MAX;
        *s = um_str_skip(*s, 1);
    }
    *s = s->len > 0 && s->p[0] == '.' ? um_str_skip(*s, 1) : um_str_n(NULL, 0);
    return n;
}

int um_version_compare(struct um_str a, struct um_str b)
{
    for (int i = 0; i < PARTS; i++) {
        uint32_t x = take(&a), y = take(&b);

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}
