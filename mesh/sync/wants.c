/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See wants.h. One array: what was answered stays in it until all is, then the
 * memory goes back at once.
 */
#include "mesh/sync/wants.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

enum { FIRST_NAMES = 32 };

void um_wants_fini(struct um_wants *w)
{
    um_mem_free(w->names);
    *w = (struct um_wants){.n = 0};
}

int um_wants_add(struct um_wants *w, const struct um_name *id)
{
    if (w->n >= UM__CAP_SYNC_WANTED)
        return P2P_ELIMIT;
    if (w->n == w->cap) {
        size_t cap = w->cap == 0 ? FIRST_NAMES : 2 * w->cap;
        void *more = um_mem_realloc(w->names, cap * sizeof *w->names);

        if (more == NULL)
            return P2P_ENOMEM;
        w->names = more;
        w->cap = cap;
    }
    w->names[w->n++] = *id;
    return 0;
}

struct um_namelist um_wants_take(struct um_wants *w, size_t max,
                                 struct um_wants_has has)
{
    size_t from = w->asked;
    size_t to = w->asked;

    for (; from < w->n && to - w->asked < max; from++) {
        if (!has.has(has.user, &w->names[from]))
            w->names[to++] = w->names[from];
    }
    if (from > to) {
        memmove(&w->names[to], &w->names[from],
                (w->n - from) * sizeof *w->names);
        w->n -= from - to;
    }
    from = w->asked;
    w->asked = to;
    if (um_wants_empty(w)) {
        um_wants_fini(w);
        return (struct um_namelist){NULL, 0};
    }
    return (struct um_namelist){&w->names[from], to - from};
}

const struct um_name *um_wants_head(const struct um_wants *w)
{
    assert(w->done < w->asked);
    return &w->names[w->done];
}

void um_wants_done(struct um_wants *w)
{
    assert(w->done < w->asked && w->asked <= w->n);
    w->done++;
    if (um_wants_empty(w))
        um_wants_fini(w);
}
