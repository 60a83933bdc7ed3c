/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See unmet.h. An array that is searched from end to end: who sends items
 * sends dependencies first, so few wait, and a whole peer's worth of them is
 * searched in microseconds by the beginnings of names.
 */
#include "mesh/model/unmet.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

enum { FIRST = 16 };

void um_unmet_free(struct um_unmet_item *it)
{
    um_mem_free(it);
}

void um_unmet_fini(struct um_unmet *w)
{
    for (size_t i = 0; i < w->n; i++)
        um_unmet_free(w->list[i].item);
    um_mem_free(w->list);
    *w = (struct um_unmet){0};
}

static uint64_t beginning(const struct um_name *n)
{
    uint64_t b;

    memcpy(&b, n->b, sizeof b);
    return b;
}

bool um_unmet_has(const struct um_unmet *w, const struct um_name *id)
{
    uint64_t b = beginning(id);

    for (size_t i = 0; i < w->n; i++) {
        if (w->list[i].id == b && um_name_eq(&w->list[i].item->id, id))
            return true;
    }
    return false;
}

/* Whether a peer may let one more item wait. */
static bool has_room(const struct um_unmet *w, const struct um_name *from,
                     size_t more)
{
    uint64_t b = beginning(from);
    size_t items = 0, bytes = more;

    for (size_t i = 0; i < w->n; i++) {
        const struct um_unmet_item *it = w->list[i].item;

        if (w->list[i].from != b || !um_name_eq(&it->from, from))
            continue;
        items++;
        bytes += it->envelope.len;
    }
    return items < UM__CAP_UNMET_ITEMS && bytes <= UM__CAP_UNMET_BYTES;
}

static int grow(struct um_unmet *w)
{
    size_t cap = w->cap == 0 ? FIRST : 2 * w->cap;
    struct um_unmet_slot *more;

    if (w->n < w->cap)
        return 0;
    more = um_mem_realloc(w->list, cap * sizeof *more);
    if (more == NULL)
        return P2P_ENOMEM;
    w->list = more;
    w->cap = cap;
    return 0;
}

int um_unmet_add(struct um_unmet *w, const struct um_unmet_item *like)
{
    struct um_unmet_item *it;

    assert(like->need.what != UM_NEED_NOTHING);
    if (um_unmet_has(w, &like->id))
        return P2P_EDUP;
    if (!has_room(w, &like->from, like->envelope.len)) {
        w->left_out++;
        return P2P_ELIMIT;
    }
    if (grow(w) != 0)
        return P2P_ENOMEM;
    it = um_mem_alloc(sizeof *it + like->envelope.len);
    if (it == NULL)
        return P2P_ENOMEM;
    *it = *like;
    it->envelope.p = memcpy(it + 1, like->envelope.p, like->envelope.len);
    w->list[w->n++] = (struct um_unmet_slot){.need = beginning(&it->need.name),
                                             .id = beginning(&it->id),
                                             .from = beginning(&it->from),
                                             .item = it};
    return 0;
}

void um_unmet_call(struct um_unmet *w, enum um_need_what what,
                   const struct um_name *name)
{
    uint64_t b = beginning(name);

    for (size_t i = 0; i < w->n; i++) {
        struct um_unmet_slot *s = &w->list[i];

        if (s->need != b || s->called || s->item->need.what != what ||
            !um_name_eq(&s->item->need.name, name))
            continue;
        s->called = true;
        w->called_n++;
    }
}

struct um_unmet_item *um_unmet_take(struct um_unmet *w)
{
    struct um_unmet_item *it;
    size_t i = 0;

    if (w->called_n == 0)
        return NULL;
    while (!w->list[i].called)
        i++;
    assert(i < w->n);
    it = w->list[i].item;
    w->called_n--;
    memmove(&w->list[i], &w->list[i + 1], (--w->n - i) * sizeof *w->list);
    return it;
}

void um_unmet_expire(struct um_unmet *w, uint64_t before_ms)
{
    size_t n = 0;

    assert(w->called_n == 0);
    for (size_t i = 0; i < w->n; i++) {
        if (w->list[i].item->since_ms < before_ms)
            um_unmet_free(w->list[i].item);
        else
            w->list[n++] = w->list[i];
    }
    w->left_out += w->n - n;
    w->n = n;
}
