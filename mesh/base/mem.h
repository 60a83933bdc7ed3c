/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The heap of the daemon's pure parts: they call these and nothing else.
 */
#ifndef UM_BASE_MEM_H
#define UM_BASE_MEM_H

#include <stddef.h>

/** n bytes (at least one), not cleared; owned, or NULL. */
void *um_mem_alloc(size_t n);

/** The same, cleared. */
void *um_mem_zalloc(size_t n);

/**
 * Makes a block larger or smaller; p may be NULL.
 * @return the block, which may have moved, or NULL: p is as it was then
 */
void *um_mem_realloc(void *p, size_t n);

/** Frees a block; NULL is fine. */
void um_mem_free(void *p);

/** Overwrites a secret with zeros, which no compiler leaves out. */
static inline void um_mem_wipe(void *p, size_t n)
{
    volatile unsigned char *at = p;

    for (; n > 0; n--)
        *at++ = 0;
}

#endif
