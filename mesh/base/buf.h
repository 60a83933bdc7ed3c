/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A growable buffer of bytes. Appending never fails half-way: when memory is
 * out the buffer is marked failed, further appends do nothing, and the caller
 * asks once at the end (um_buf_failed). The bytes may move with every append.
 */
#ifndef UM_BASE_BUF_H
#define UM_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mesh/base/str.h"

/** A buffer; all zero is an empty one. */
struct um_buf {
    char *p;
    size_t len;
    size_t cap;
    bool failed;
};

/** An empty buffer as an initialiser. */
#define UM_BUF_INIT       \
    {                     \
        NULL, 0, 0, false \
    }

/** Makes b an empty buffer that owns nothing. */
void um_buf_init(struct um_buf *b);

/** Frees what b owns; b is empty and usable afterwards. */
void um_buf_fini(struct um_buf *b);

/** Forgets the bytes and a failure, keeps the memory. */
void um_buf_clear(struct um_buf *b);

/**
 * Makes room for at least n more bytes.
 * @return where they go, valid until the next call on b, or NULL if memory is
 *         out (b is failed then)
 */
char *um_buf_reserve(struct um_buf *b, size_t n);

/** Appends n bytes (borrows them). */
void um_buf_add(struct um_buf *b, const void *p, size_t n);

/** Appends a view. */
void um_buf_str(struct um_buf *b, struct um_str s);

/** Appends a C string. */
void um_buf_text(struct um_buf *b, const char *text);

/** Appends one byte. */
void um_buf_byte(struct um_buf *b, char c);

/** Appends a byte n times. */
void um_buf_fill(struct um_buf *b, char c, size_t n);

/** Appends a decimal number. */
void um_buf_u64(struct um_buf *b, uint64_t value);

/** Appends text made as printf does; at most 4,095 bytes of it. */
void um_buf_fmt(struct um_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Drops the first n bytes. */
void um_buf_consume(struct um_buf *b, size_t n);

/** True if an append found no memory since the last clear. */
static inline bool um_buf_failed(const struct um_buf *b)
{
    return b->failed;
}

/** What the buffer holds, valid until the next call on b. */
static inline struct um_str um_buf_view(const struct um_buf *b)
{
    return (struct um_str){b->p, b->len};
}

#endif
