/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Public config structs begin with their size as the program was compiled. */
#ifndef P2P_HOST_CONFIG_H
#define P2P_HOST_CONFIG_H

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

#endif
