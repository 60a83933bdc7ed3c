/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See early.h. Few, so a list that is walked. */
#include "mesh/node/early.h"

#include <assert.h>
#include <string.h>

#include "mesh/base/mem.h"

static size_t place_of(const struct um_early *e, const struct um_name *by)
{
    size_t i = 0;

    while (i < e->n && !um_name_eq(&e->list[i].by, by)) {
        i++;
    }
    return i;
}

static void drop(struct um_early *e, size_t i)
{
    assert(i < e->n);
    e->n--;
    memmove(&e->list[i], &e->list[i + 1], (e->n - i) * sizeof e->list[0]);
}

static void free_bytes(struct um_str bytes)
{
    um_mem_free((void *)(uintptr_t)bytes.p);
}

void um_early_keep(struct um_early *e, const struct um_row *row,
                   struct um_str envelope)
{
    size_t i = place_of(e, &row->by);
    char *copy;

    if (i < e->n && e->list[i].seq >= row->seq) {
        return;
    }
    copy = um_mem_alloc(envelope.len);
    if (copy == NULL) {
        return;
    }
    memcpy(copy, envelope.p, envelope.len);
    if (i == e->n && e->n == UM__CAP_NODE_EARLY) {
        i = 0;
    }
    if (i < e->n) {
        free_bytes(e->list[i].envelope);
        drop(e, i);
    }
    e->list[e->n++] =
        (struct um_early_row){row->by, row->seq, um_str_n(copy, envelope.len)};
}

struct um_str um_early_take(struct um_early *e, const struct um_name *by)
{
    size_t i = place_of(e, by);
    struct um_str bytes = um_str_n(NULL, 0);

    if (i < e->n) {
        bytes = e->list[i].envelope;
        drop(e, i);
    }
    return bytes;
}

void um_early_fini(struct um_early *e)
{
    while (e->n > 0) {
        free_bytes(e->list[--e->n].envelope);
    }
}
