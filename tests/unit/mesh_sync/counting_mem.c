/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See counting_mem.h. Linked before the daemon's library, it takes the place of
 * mesh/base/mem.c there. Each block has its size in front. */
#include "counting_mem.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/base/mem.h"

/* Keeps blocks aligned. */
enum { HEAD = 32 };

static size_t live;
static size_t peak;

static void *keep(char *block, size_t n)
{
    if (block == NULL)
        return NULL;
    memcpy(block, &n, sizeof n);
    live += n;
    peak = live > peak ? live : peak;
    return block + HEAD;
}

static size_t forget(const char *p)
{
    size_t n;

    memcpy(&n, p - HEAD, sizeof n);
    live -= n;
    return n;
}

void *um_mem_alloc(size_t n)
{
    return keep(malloc(n + HEAD), n);
}

void *um_mem_zalloc(size_t n)
{
    return keep(calloc(1, n + HEAD), n);
}

void *um_mem_realloc(void *p, size_t n)
{
    size_t before = p != NULL ? forget(p) : 0;
    char *block = realloc(p != NULL ? (char *)p - HEAD : NULL, n + HEAD);

    if (block == NULL)
        live += before;
    return keep(block, n);
}

void um_mem_free(void *p)
{
    if (p != NULL) {
        (void)forget(p);
        free((char *)p - HEAD);
    }
}

size_t counting_mem_live(void)
{
    return live;
}

size_t counting_mem_peak(void)
{
    size_t was = peak;

    peak = live;
    return was;
}
