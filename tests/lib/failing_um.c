/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The daemon's heap in terms of failing_mem.h's: linked before the daemon's
 * library, it takes the place of mesh/base/mem.c there. */
#include "base/mem.h"
#include "mesh/base/mem.h"

void *um_mem_alloc(size_t n)
{
    return p2p__alloc(n > 0 ? n : 1);
}

void *um_mem_zalloc(size_t n)
{
    return p2p__zalloc(n > 0 ? n : 1);
}

void *um_mem_realloc(void *p, size_t n)
{
    return p2p__realloc(p, n > 0 ? n : 1);
}

void um_mem_free(void *p)
{
    p2p__free(p);
}
