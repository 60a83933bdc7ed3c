/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The one door to the heap. Failure mode: NULL.
 */
#include "mesh/base/mem.h"

#include <stdlib.h>

void *um_mem_alloc(size_t n)
{
    return malloc(n > 0 ? n : 1);
}

void *um_mem_zalloc(size_t n)
{
    return calloc(1, n > 0 ? n : 1);
}

void *um_mem_realloc(void *p, size_t n)
{
    return realloc(p, n > 0 ? n : 1);
}

void um_mem_free(void *p)
{
    free(p);
}
