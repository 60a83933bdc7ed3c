/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The arena: a list of blocks, the newest one is filled. Happy path: a bump of
 * an offset. A request larger than a quarter of a block gets its own. Failure
 * mode: no memory, NULL.
 */
#include "mesh/base/arena.h"

#include <assert.h>
#include <stdint.h>
#include "mesh/base/mem.h"

enum { BLOCK_BYTES = 4096, ALIGN_BYTES = 16 };

struct um_arena_block {
    struct um_arena_block *next;
    size_t used;
    size_t size;
    size_t pad; /* keeps data[] aligned */
    char data[];
};

void um_arena_init(struct um_arena *a)
{
    *a = (struct um_arena)UM_ARENA_INIT;
}

void um_arena_fini(struct um_arena *a)
{
    struct um_arena_block *b = a->head;

    while (b != NULL) {
        struct um_arena_block *next = b->next;

        um_mem_free(b);
        b = next;
    }
    um_arena_init(a);
}

/* A block of at least n bytes; the head of the list if it may be filled. */
static struct um_arena_block *block_new(struct um_arena *a, size_t n)
{
    bool own = n > BLOCK_BYTES / 4;
    size_t size = own ? n : BLOCK_BYTES;
    struct um_arena_block *b;

    if (size > SIZE_MAX / 2)
        return NULL;
    b = um_mem_alloc(sizeof(*b) + size);
    if (b == NULL)
        return NULL;
    b->used = 0;
    b->size = size;
    if (own && a->head != NULL) {
        b->next = a->head->next;
        a->head->next = b;
    } else {
        b->next = a->head;
        a->head = b;
    }
    a->held_bytes += size;
    return b;
}

void *um_arena_alloc(struct um_arena *a, size_t n)
{
    struct um_arena_block *b = a->head;
    void *p;

    if (n > SIZE_MAX / 2)
        return NULL;
    n = (n + ALIGN_BYTES - 1) & ~(size_t)(ALIGN_BYTES - 1);
    if (b == NULL || b->size - b->used < n)
        b = block_new(a, n);
    if (b == NULL)
        return NULL;
    assert(b->size - b->used >= n);
    p = b->data + b->used;
    b->used += n;
    return p;
}

void *um_arena_zalloc(struct um_arena *a, size_t count, size_t size)
{
    void *p;

    assert(size > 0);
    if (count > SIZE_MAX / 2 / size)
        return NULL;
    p = um_arena_alloc(a, count * size);
    if (p != NULL && count > 0)
        memset(p, 0, count * size);
    return p;
}

bool um_arena_dup(struct um_arena *a, struct um_str s, struct um_str *out)
{
    char *p = um_arena_alloc(a, s.len);

    if (p == NULL)
        return false;
    if (s.len > 0)
        memcpy(p, s.p, s.len);
    *out = um_str_n(p, s.len);
    return true;
}

void um_arena_adopt(struct um_arena *to, struct um_arena *from)
{
    struct um_arena_block **tail = &to->head;

    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = from->head;
    to->held_bytes += from->held_bytes;
    um_arena_init(from);
}
