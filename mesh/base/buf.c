/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The growable buffer. Happy path: capacity doubles, appends copy. Failure
 * mode: no memory; the buffer then stays as it was and is marked failed, so
 * that code that builds a long text needs to look only once.
 */
#include "mesh/base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include "mesh/base/mem.h"

enum { MIN_CAP = 256, FMT_MAX = 4096 };

void um_buf_init(struct um_buf *b)
{
    *b = (struct um_buf)UM_BUF_INIT;
}

void um_buf_fini(struct um_buf *b)
{
    um_mem_free(b->p);
    um_buf_init(b);
}

void um_buf_clear(struct um_buf *b)
{
    b->len = 0;
    b->failed = false;
}

char *um_buf_reserve(struct um_buf *b, size_t n)
{
    size_t cap = b->cap > 0 ? b->cap : MIN_CAP;
    char *p;

    assert(b->len <= b->cap);
    if (b->failed || n > SIZE_MAX / 2 - b->len) {
        b->failed = true;
        return NULL;
    }
    if (n <= b->cap - b->len && b->p != NULL)
        return b->p + b->len;
    while (cap < b->len + n)
        cap *= 2;
    p = um_mem_realloc(b->p, cap);
    if (p == NULL) {
        b->failed = true;
        return NULL;
    }
    b->p = p;
    b->cap = cap;
    return p + b->len;
}

void um_buf_add(struct um_buf *b, const void *p, size_t n)
{
    char *to;

    if (n == 0)
        return;
    to = um_buf_reserve(b, n);
    if (to == NULL)
        return;
    memcpy(to, p, n);
    b->len += n;
}

void um_buf_str(struct um_buf *b, struct um_str s)
{
    um_buf_add(b, s.p, s.len);
}

void um_buf_text(struct um_buf *b, const char *text)
{
    um_buf_add(b, text, strlen(text));
}

void um_buf_byte(struct um_buf *b, char c)
{
    um_buf_add(b, &c, 1);
}

void um_buf_fill(struct um_buf *b, char c, size_t n)
{
    char *to = um_buf_reserve(b, n);

    if (to == NULL)
        return;
    memset(to, c, n);
    b->len += n;
}

void um_buf_u64(struct um_buf *b, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    um_buf_add(b, digits + at, sizeof(digits) - at);
}

void um_buf_fmt(struct um_buf *b, const char *fmt, ...)
{
    char text[FMT_MAX];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    assert(n >= 0);
    um_buf_add(b, text,
               (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void um_buf_consume(struct um_buf *b, size_t n)
{
    assert(n <= b->len);
    if (n == 0)
        return;
    b->len -= n;
    memmove(b->p, b->p + n, b->len);
}
