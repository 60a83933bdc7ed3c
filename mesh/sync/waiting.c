/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See waiting.h. A sorted array of what is needed, so that one thing that came
 * finds all that waited for it; what is ready is a list, in that order, so that
 * a chain comes free link by link without recursion.
 */
#include "mesh/sync/waiting.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

enum { FIRST_WAITING = 16 };

void um_waiting_fini(struct um_waiting *w)
{
    struct um_waiting_item *it;

    while ((it = um_waiting_take(w)) != NULL)
        um_mem_free(it);
    for (size_t i = 0; i < w->n; i++)
        um_mem_free(w->list[i]);
    um_mem_free(w->list);
    *w = (struct um_waiting){.n = 0};
}

struct um_waiting_item *um_waiting_make(const struct um_waiting *w,
                                        struct um_str bytes)
{
    struct um_waiting_item *it;

    if (w->n + w->ready_n >= UM__CAP_SYNC_WAITING ||
        bytes.len > UM__CAP_SYNC_WAITING_BYTES - w->bytes)
        return NULL;
    it = um_mem_alloc(sizeof *it + bytes.len);
    if (it == NULL)
        return NULL;
    *it = (struct um_waiting_item){.len = bytes.len};
    memcpy(it->bytes, bytes.p, bytes.len);
    return it;
}

/* The first place whose need is not below a name. */
static size_t place(const struct um_waiting *w, const struct um_name *name)
{
    size_t lo = 0;
    size_t hi = w->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (um_name_cmp(&w->list[mid]->need.name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int um_waiting_put(struct um_waiting *w, struct um_waiting_item *it)
{
    size_t i;

    if (w->n == w->cap) {
        size_t cap = w->cap == 0 ? FIRST_WAITING : 2 * w->cap;
        void *more = um_mem_realloc(w->list, cap * sizeof(void *));

        if (more == NULL) {
            um_mem_free(it);
            return P2P_ENOMEM;
        }
        w->list = more;
        w->cap = cap;
    }
    i = place(w, &it->need.name);
    memmove(&w->list[i + 1], &w->list[i], (w->n - i) * sizeof(void *));
    w->list[i] = it;
    w->n++;
    w->bytes += it->len;
    return 0;
}

void um_waiting_wake(struct um_waiting *w, const struct um_name *name)
{
    size_t from = place(w, name);
    size_t to = from;

    for (; to < w->n && um_name_eq(&w->list[to]->need.name, name); to++) {
        struct um_waiting_item *it = w->list[to];

        it->next = NULL;
        if (w->ready == NULL)
            w->ready_end = &w->ready;
        *w->ready_end = it;
        w->ready_end = &it->next;
        w->ready_n++;
    }
    if (to > from)
        memmove(&w->list[from], &w->list[to], (w->n - to) * sizeof(void *));
    w->n -= to - from;
}

struct um_waiting_item *um_waiting_take(struct um_waiting *w)
{
    struct um_waiting_item *it = w->ready;

    if (it == NULL)
        return NULL;
    assert(w->ready_n > 0 && w->bytes >= it->len);
    w->ready = it->next;
    w->ready_n--;
    w->bytes -= it->len;
    return it;
}
