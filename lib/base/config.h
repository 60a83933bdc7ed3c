/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Structs that cross the library's border have the size that the program was
 * compiled with: see p2p/p2p.h. */
#ifndef P2P_BASE_CONFIG_H
#define P2P_BASE_CONFIG_H

#include <stddef.h>
#include <string.h>

#include "p2p/err.h"

/*
 * Copies a config: what a program of an older header does not have is zero,
 * which is the default. P2P_EINVAL: it is of a newer header, whose members we
 * could not obey, or its size was never set.
 */
static inline int p2p__config_read(void *to, size_t size, const void *from)
{
    size_t n;

    memcpy(&n, from, sizeof n);
    if (n < 2 * sizeof n || n > size) {
        return P2P_EINVAL;
    }
    memset(to, 0, size);
    memcpy(to, from, n);
    return 0;
}

/* Writes what a program of an older header has room for; what one of a newer
 * header has more than that is zero. */
static inline void p2p__out_write(void *to, size_t room, const void *from,
                                  size_t size)
{
    size_t n = room < size ? room : size;

    memcpy(to, from, n);
    memset((char *)to + n, 0, room - n);
}

#endif
