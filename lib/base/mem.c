/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The heap, plain: see mem.h for why nothing else calls malloc. */
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void *p2p__zalloc(size_t size)
{
    return calloc(1, size);
}

void *p2p__alloc(size_t size)
{
    return malloc(size);
}

void *p2p__realloc(void *block, size_t size)
{
    assert(size > 0); /* some would free the block, and answer NULL */
    return realloc(block, size);
}

void p2p__free(void *block)
{
    free(block);
}

void *p2p__memdup(const void *bytes, size_t len)
{
    void *copy = p2p__alloc(len > 0 ? len : 1);

    if (copy != NULL && len > 0) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

char *p2p__strdup(const char *text)
{
    return p2p__memdup(text, strlen(text) + 1);
}

void p2p__wipe(void *secret, size_t len)
{
    if (len > 0) {
        memset(secret, 0, len);
        /* Somebody might look at it, for all that the compiler knows. */
        __asm__ volatile("" : : "r"(secret) : "memory");
    }
}
