/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Text in a buffer of others: cut where there is no room, counted whole; and
 * letters of ASCII, whatever the locale. */
#ifndef P2P_BASE_TEXT_H
#define P2P_BASE_TEXT_H

#include <stddef.h>

/* len: of all that was put, the 0 apart. */
struct p2p__text {
    char *p;
    size_t cap;
    size_t len;
};

/* Puts more behind it. */
__attribute__((format(printf, 2, 3))) void p2p__text_put(struct p2p__text *t,
                                                         const char *format,
                                                         ...);

/* A capital as a small letter; anything else as it is. */
static inline char p2p__lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#endif
