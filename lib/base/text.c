/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void p2p__text_put(struct p2p__text *t, const char *format, ...)
{
    const size_t left = t->len < t->cap ? t->cap - t->len : 0;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(left > 0 ? t->p + t->len : NULL, left, format, args);
    va_end(args);
    t->len += n > 0 ? (size_t)n : 0;
}
