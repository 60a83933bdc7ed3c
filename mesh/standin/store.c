/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The store: items in a table of levels. Failure modes: a name that is taken,
 * no memory.
 */
#include "mesh/standin/store.h"

#include <assert.h>
#include <stdlib.h>

#include "p2p/err.h"

struct um_sitem *um_sitem_new(struct um_str name)
{
    struct um_sitem *item = calloc(1, sizeof(*item));

    if (item == NULL)
        return NULL;
    if (!um_arena_dup(&item->arena, name, &item->name)) {
        um_sitem_free(item);
        return NULL;
    }
    return item;
}

void um_sitem_free(struct um_sitem *item)
{
    if (item == NULL)
        return;
    um_arena_fini(&item->arena);
    free(item);
}

int um_sstore_add(struct um_sstore *st, struct um_sitem *item)
{
    return um_slvl_add(&st->items, item->name, item);
}

const struct um_sitem *um_sstore_get(const struct um_sstore *st,
                                     struct um_str name)
{
    return um_slvl_get(&st->items, name);
}

bool um_sstore_remove(struct um_sstore *st, struct um_str name)
{
    struct um_sitem *item = um_slvl_remove(&st->items, name);

    um_sitem_free(item);
    return item != NULL;
}

/* All items, in order, in an array that the caller frees. */
static struct um_sitem **items_of(const struct um_sstore *st)
{
    void **items = malloc((st->items.count + 1) * sizeof(*items));

    if (items != NULL)
        um_slvl_items(&st->items, items);
    return (struct um_sitem **)items;
}

bool um_sstore_show(const struct um_sstore *st, struct um_arena *a,
                    struct um_sval *out)
{
    struct um_sitem **items = items_of(st);
    bool ok = items != NULL && um_sval_object(a, st->items.count, out);

    for (size_t i = 0; ok && i < st->items.count; i++)
        um_sval_set(out, i, items[i]->name, items[i]->shown);
    free(items);
    return ok;
}

void um_sstore_fini(struct um_sstore *st)
{
    struct um_sitem **items = items_of(st);

    assert(items != NULL || st->items.count > 0);
    for (size_t i = 0; items != NULL && i < st->items.count; i++)
        um_sitem_free(items[i]);
    free(items);
    um_slvl_fini(&st->items);
}
