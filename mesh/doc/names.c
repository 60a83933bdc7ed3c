/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Names, sorted: two objects of a hundred thousand members are compared in a
 * moment, whatever their order. Failure mode: no memory.
 */
#include "mesh/doc/names.h"

#include <assert.h>
#include <stdlib.h>

#include "mesh/doc/number.h"

enum { FEW = 8 };

int um_names_compare(struct um_str a, struct um_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int cmp = n > 0 ? memcmp(a.p, b.p, n) : 0;

    if (cmp != 0)
        return cmp;
    return a.len < b.len ? -1 : a.len > b.len;
}

static int by_name(const void *a, const void *b)
{
    return um_names_compare((*(const struct um_member *const *)a)->name,
                            (*(const struct um_member *const *)b)->name);
}

bool um_names_init(struct um_names *n, struct um_arena *a,
                   const struct um_val *v)
{
    *n = (struct um_names){v, NULL};
    if (v->kind != UM_VAL_OBJECT || v->count <= FEW)
        return true;
    n->sorted = um_arena_zalloc(a, v->count, sizeof(const struct um_member *));
    if (n->sorted == NULL)
        return false;
    for (size_t i = 0; i < v->count; i++)
        n->sorted[i] = &v->members.p[i];
    qsort(n->sorted, v->count, sizeof(const struct um_member *), by_name);
    return true;
}

const struct um_member *um_names_find(const struct um_names *n,
                                      struct um_str name)
{
    const struct um_val *v = n->object;
    size_t low = 0;
    size_t high;

    if (v->kind != UM_VAL_OBJECT)
        return NULL;
    if (n->sorted == NULL) {
        size_t i = um_val_index(v, name);

        return i < v->count ? &v->members.p[i] : NULL;
    }
    for (high = v->count; low < high;) {
        size_t mid = (low + high) / 2;
        int cmp = um_names_compare(name, n->sorted[mid]->name);

        if (cmp == 0)
            return n->sorted[mid];
        if (cmp < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

bool um_names_in_order(const struct um_names *a, const struct um_names *b)
{
    const struct um_member *last = NULL;

    assert(a->object->kind == UM_VAL_OBJECT);
    for (size_t i = 0; i < a->object->count; i++) {
        const struct um_member *m =
            um_names_find(b, a->object->members.p[i].name);

        if (m != NULL && last != NULL && m < last)
            return false;
        last = m != NULL ? m : last;
    }
    return true;
}

static bool alike_members(struct um_arena *a, const struct um_val *x,
                          const struct um_val *y, enum um_alike how, bool *same)
{
    struct um_names names;

    if (!um_names_init(&names, a, y))
        return false;
    for (size_t i = 0; i < x->count && *same; i++) {
        const struct um_member *m = &x->members.p[i];
        const struct um_member *other = um_names_find(&names, m->name);

        *same = other != NULL;
        if (*same && !um_names_alike(a, &m->value, &other->value, how, same))
            return false;
    }
    return true;
}

bool um_names_alike(struct um_arena *a, const struct um_val *x,
                    const struct um_val *y, enum um_alike how, bool *same)
{
    *same = x->kind == y->kind && x->count == y->count;
    if (!*same)
        return true;
    switch (x->kind) {
        case UM_VAL_OBJECT:
            return x->members.p == y->members.p ||
                   alike_members(a, x, y, how, same);
        case UM_VAL_ARRAY:
            for (size_t i = 0; i < x->count && *same; i++) {
                if (!um_names_alike(a, &x->items.p[i], &y->items.p[i], how,
                                    same))
                    return false;
            }
            return true;
        case UM_VAL_NUMBER:
            *same = how == UM_ALIKE_NUMBER ? um_number_equal(x->text, y->text)
                                           : um_str_eq(x->text, y->text);
            return true;
        case UM_VAL_STRING:
            *same = um_str_eq(x->text, y->text);
            return true;
        default:
            return true;
    }
}
