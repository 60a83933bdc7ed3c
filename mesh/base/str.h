/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A view of bytes that somebody else owns. Bytes may be anything, zero
 * included; nothing here looks for a terminator.
 */
#ifndef UM_BASE_STR_H
#define UM_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** len bytes at p; p may be NULL when len is 0. Borrows. */
struct um_str {
    const char *p;
    size_t len;
};

/** The view of a string literal. */
#define UM_STR(lit) ((struct um_str){(lit), sizeof(lit) - 1})

/** The same as a constant initialiser. */
#define UM_STR_INIT(lit)       \
    {                          \
        (lit), sizeof(lit) - 1 \
    }

/** printf's "%.*s" for a view (only where the bytes are text). */
#define UM_STR_ARG(s) (int)(s).len, (s).p

/**
 * The view of a C string.
 * @param text zero-terminated, borrows
 */
static inline struct um_str um_str(const char *text)
{
    return (struct um_str){text, strlen(text)};
}

/** A view of n bytes at p, borrows. */
static inline struct um_str um_str_n(const char *p, size_t n)
{
    return (struct um_str){p, n};
}

/** True if both hold the same bytes. */
static inline bool um_str_eq(struct um_str a, struct um_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/** True if s begins with prefix. */
static inline bool um_str_starts(struct um_str s, struct um_str prefix)
{
    return s.len >= prefix.len &&
           (prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}

/** True if s ends with suffix. */
static inline bool um_str_ends(struct um_str s, struct um_str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 ||
            memcmp(s.p + s.len - suffix.len, suffix.p, suffix.len) == 0);
}

/** s without its first n bytes (without all of them, if it has fewer). */
static inline struct um_str um_str_skip(struct um_str s, size_t n)
{
    if (n > s.len)
        n = s.len;
    return (struct um_str){n > 0 ? s.p + n : s.p, s.len - n};
}

/** The first n bytes of s (all of them, if it has fewer). */
static inline struct um_str um_str_head(struct um_str s, size_t n)
{
    return (struct um_str){s.p, n < s.len ? n : s.len};
}

/** Where byte c first stands in s, or s.len. */
static inline size_t um_str_find(struct um_str s, char c)
{
    const char *at = s.len > 0 ? memchr(s.p, c, s.len) : NULL;

    return at != NULL ? (size_t)(at - s.p) : s.len;
}

/** True if byte c stands in s. */
static inline bool um_str_has(struct um_str s, char c)
{
    return um_str_find(s, c) < s.len;
}

/** c in lower case, ASCII only. */
static inline char um_ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/** True if both are equal when ASCII letters have no case. */
static inline bool um_str_eq_nocase(struct um_str a, struct um_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (um_ascii_lower(a.p[i]) != um_ascii_lower(b.p[i]))
            return false;
    }
    return true;
}

/**
 * Reads a decimal number, digits only.
 * @return the number, -1 if it is none, -2 if it does not fit
 */
static inline int64_t um_str_decimal(struct um_str s)
{
    int64_t value = 0;

    if (s.len == 0)
        return -1;
    for (size_t i = 0; i < s.len; i++) {
        int digit = s.p[i] - '0';

        if (digit < 0 || digit > 9)
            return -1;
        if (value > (INT64_MAX - digit) / 10)
            return -2;
        value = value * 10 + digit;
    }
    return value;
}

#endif
