/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * An arena: many small allocations that are freed together. A parsed document
 * lives in one, and goes in one call.
 */
#ifndef UM_BASE_ARENA_H
#define UM_BASE_ARENA_H

#include <stddef.h>

#include "mesh/base/str.h"

struct um_arena_block;

/** An arena; all zero is an empty one. */
struct um_arena {
    struct um_arena_block *head;
    size_t held_bytes;
};

/** An empty arena as an initialiser. */
#define UM_ARENA_INIT \
    {                 \
        NULL, 0       \
    }

/** Makes a an empty arena. */
void um_arena_init(struct um_arena *a);

/** Frees everything that was allocated from a. */
void um_arena_fini(struct um_arena *a);

/**
 * Allocates n bytes, aligned for any type, not cleared.
 * @return the memory, valid until um_arena_fini, or NULL if memory is out;
 *         n = 0 gives a pointer that must not be read
 */
void *um_arena_alloc(struct um_arena *a, size_t n);

/**
 * Allocates count elements of size bytes, cleared.
 * @return NULL if memory is out or the product overflows
 */
void *um_arena_zalloc(struct um_arena *a, size_t count, size_t size);

/**
 * Copies a view into the arena.
 * @return false if memory is out
 */
bool um_arena_dup(struct um_arena *a, struct um_str s, struct um_str *out);

/** Moves all that from owns into to; from is empty then. */
void um_arena_adopt(struct um_arena *to, struct um_arena *from);

#endif
