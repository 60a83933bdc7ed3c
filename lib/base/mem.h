/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The only door to the heap. Tests link another mem.c, whose n-th call fails,
 * so every caller is shown what it does without memory.
 */
#ifndef P2P_BASE_MEM_H
#define P2P_BASE_MEM_H

#include <stddef.h>

/* `size` zeroed bytes, or NULL. Returns owned: p2p__free() it. */
void *p2p__zalloc(size_t size);

/* `size` bytes whose content is undefined, or NULL. Returns owned. */
void *p2p__alloc(size_t size);

/* Grows or shrinks an owned block to `size` (> 0) bytes. NULL when there is no
 * memory: the block is as it was. */
void *p2p__realloc(void *block, size_t size);

/* Gives an owned block back; NULL is fine. */
void p2p__free(void *block);

/* An owned copy of `len` bytes, or NULL. */
void *p2p__memdup(const void *bytes, size_t len);

/* An owned copy of a C string, or NULL. */
char *p2p__strdup(const char *text);

/* Overwrites a secret in a way that the compiler may not drop. */
void p2p__wipe(void *secret, size_t len);

#endif
