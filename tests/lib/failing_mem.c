/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See failing_mem.h. State is global here, and only here: the functions of
 * mem.h have no argument that it could hang on. */
#include "failing_mem.h"

#include <stdlib.h>
#include <string.h>

#include "base/types.h"
#include "unit.h"

static size_t countdown; /* 0: none fails */
static int sticky_on;
static int hit;
static size_t live;

void failing_mem_set(size_t nth, int sticky)
{
    countdown = nth;
    sticky_on = sticky;
    hit = 0;
}

int failing_mem_hit(void)
{
    return hit;
}

size_t failing_mem_live(void)
{
    return live;
}

static bool fails(void)
{
    if (hit && sticky_on) {
        return true;
    }
    if (countdown > 0 && --countdown == 0) {
        hit = 1;
        return true;
    }
    return false;
}

static void *counted(void *block)
{
    live += block != NULL;
    return block;
}

void *p2p__zalloc(size_t size)
{
    return fails() ? NULL : counted(calloc(1, size));
}

void *p2p__alloc(size_t size)
{
    return fails() ? NULL : counted(malloc(size));
}

void *p2p__realloc(void *block, size_t size)
{
    assert_true(size > 0);
    if (fails()) {
        return NULL;
    }
    return block == NULL ? counted(malloc(size)) : realloc(block, size);
}

void p2p__free(void *block)
{
    live -= block != NULL;
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
    memset(secret, 0, len);
}

/* One run; whether it met the failure. */
static bool run(int (*body)(void *arg), void *arg, size_t nth, int sticky)
{
    size_t before = live;
    bool met;
    int rv;

    failing_mem_set(nth, sticky);
    rv = body(arg);
    met = hit;
    failing_mem_set(0, 0);
    if (rv != 0 && (!met || rv != P2P_ENOMEM)) {
        fail_msg("allocation %zu%s: body returned %s", nth,
                 sticky ? " and later" : "", p2p_err_name(rv));
    }
    if (live != before) {
        fail_msg("allocation %zu%s: %zd blocks leaked", nth,
                 sticky ? " and later" : "", (ssize_t)(live - before));
    }
    return met;
}

size_t failing_mem_each(int (*body)(void *arg), void *arg)
{
    size_t nth = 1;

    while (run(body, arg, nth, 0)) {
        nth++;
    }
    for (size_t i = 1; i < nth; i++) {
        (void)run(body, arg, i, 1);
    }
    return nth - 1;
}
