/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Differences. Both values are walked together; a pointer grows and shrinks on
 * the way and is copied when there is something to say. Elements of arrays
 * are paired after what is equal at both ends is left out, so one element
 * that comes in or goes shows as that. Failure mode: no memory.
 */
#include "mesh/doc/diff.h"

#include "mesh/base/mem.h"
#include "mesh/doc/names.h"
#include "mesh/doc/pointer.h"
#include "mesh/doc/print.h"
#include "mesh/doc/text.h"

struct differ {
    struct um_arena *arena;
    enum um_diff_arrays arrays;
    struct um_buf pointer;
    struct um_diff_item *items; /* on the heap while it grows */
    size_t count;
    size_t room;
};

static bool differ(struct differ *d, const struct um_val *old,
                   const struct um_val *now);

static bool note(struct differ *d, enum um_diff_kind kind,
                 const struct um_val *old, const struct um_val *now)
{
    struct um_diff_item item = {kind, {NULL, 0}, old, now};

    if (d->count == d->room) {
        size_t room = d->room > 0 ? d->room * 2 : 16;
        struct um_diff_item *more =
            um_mem_realloc(d->items, room * sizeof(*more));

        if (more == NULL)
            return false;
        d->items = more;
        d->room = room;
    }
    if (um_buf_failed(&d->pointer) ||
        !um_arena_dup(d->arena, um_buf_view(&d->pointer), &item.pointer))
        return false;
    d->items[d->count++] = item;
    return true;
}

/* Notes one member or element whose name is at the pointer's end already. */
static bool differ_one(struct differ *d, const struct um_val *old,
                       const struct um_val *now)
{
    if (old == NULL)
        return note(d, UM_DIFF_ADDED, NULL, now);
    if (now == NULL)
        return note(d, UM_DIFF_REMOVED, old, NULL);
    return differ(d, old, now);
}

static bool differ_objects(struct differ *d, const struct um_val *old,
                           const struct um_val *now)
{
    struct um_names in_old, in_now;
    size_t len = d->pointer.len;

    if (!um_names_init(&in_old, d->arena, old) ||
        !um_names_init(&in_now, d->arena, now))
        return false;
    if (!um_names_in_order(&in_old, &in_now) &&
        !note(d, UM_DIFF_ORDER, old, now))
        return false;
    for (size_t i = 0; i < old->count; i++) {
        const struct um_member *m = &old->members.p[i];

        if (um_names_find(&in_now, m->name) != NULL)
            continue;
        um_pointer_add(&d->pointer, m->name);
        if (!note(d, UM_DIFF_REMOVED, &m->value, NULL))
            return false;
        d->pointer.len = len;
    }
    for (size_t i = 0; i < now->count; i++) {
        const struct um_member *m = &now->members.p[i];
        const struct um_member *was = um_names_find(&in_old, m->name);

        um_pointer_add(&d->pointer, m->name);
        if (!differ_one(d, was != NULL ? &was->value : NULL, &m->value))
            return false;
        d->pointer.len = len;
    }
    return true;
}

static bool differ_elements(struct differ *d, const struct um_val *old,
                            const struct um_val *now)
{
    size_t head = 0, tail = 0;
    size_t len = d->pointer.len;
    size_t m = old->count, n = now->count;
    size_t least = m < n ? m : n;

    while (head < least &&
           um_val_same(&old->items.p[head], &now->items.p[head]))
        head++;
    while (tail < least - head && um_val_same(&old->items.p[m - 1 - tail],
                                              &now->items.p[n - 1 - tail]))
        tail++;
    m -= tail;
    n -= tail;
    for (size_t i = head; i < m || i < n; i++) {
        um_pointer_add_index(&d->pointer, i);
        if (!differ_one(d, i < m ? &old->items.p[i] : NULL,
                        i < n ? &now->items.p[i] : NULL))
            return false;
        d->pointer.len = len;
    }
    return true;
}

static bool differ(struct differ *d, const struct um_val *old,
                   const struct um_val *now)
{
    if (um_val_same(old, now))
        return true;
    if (old->kind == UM_VAL_OBJECT && now->kind == UM_VAL_OBJECT)
        return differ_objects(d, old, now);
    if (old->kind == UM_VAL_ARRAY && now->kind == UM_VAL_ARRAY &&
        d->arrays == UM_DIFF_ELEMENTS)
        return differ_elements(d, old, now);
    return note(d, UM_DIFF_CHANGED, old, now);
}

bool um_diff_make(struct um_arena *a, const struct um_val *old,
                  const struct um_val *now, enum um_diff_arrays arrays,
                  struct um_diff *out)
{
    struct differ d = {.arena = a, .arrays = arrays};
    bool ok = differ(&d, old, now);

    out->count = d.count;
    out->items = um_arena_zalloc(a, d.count, sizeof(*out->items));
    ok = ok && out->items != NULL;
    if (ok && d.count > 0)
        memcpy(out->items, d.items, d.count * sizeof(*out->items));
    um_mem_free(d.items);
    um_buf_fini(&d.pointer);
    return ok;
}

static void cut(struct um_buf *out, size_t from)
{
    size_t end = from + UM__CAP_DOC_DIFF_SHOWN;

    if (out->len <= end)
        return;
    while (end > from && (out->p[end] & 0xc0) == 0x80)
        end--; /* not in the middle of a character */
    out->len = end;
    um_buf_text(out, "...");
}

static void print_value(struct um_buf *out, const struct um_val *v)
{
    size_t from = out->len;

    (void)um_doc_print(out, v);
    cut(out, from);
}

static void print_order(struct um_buf *out, const struct um_val *v)
{
    size_t from = out->len;

    for (size_t i = 0; i < v->count; i++) {
        um_buf_text(out, i > 0 ? ", " : "");
        um_text_write(out, v->members.p[i].name);
        if (out->len > from + UM__CAP_DOC_DIFF_SHOWN)
            break;
    }
    cut(out, from);
}

static void print_item(struct um_buf *out, const struct um_diff_item *item)
{
    static const char marks[] = "+-~%";
    struct um_str pointer = item->pointer;

    um_buf_byte(out, marks[item->kind]);
    um_buf_byte(out, ' ');
    if (pointer.len == 0)
        um_buf_byte(out, '/');
    for (size_t i = 0; i < pointer.len; i++) {
        char c = pointer.p[i];

        if ((uint8_t)c < 0x20 || c == 0x7f)
            um_buf_fmt(out, "\\u%04X", (unsigned)(uint8_t)c);
        else
            um_buf_byte(out, c);
    }
    um_buf_text(out, item->kind == UM_DIFF_ORDER ? ": order " : ": ");
    if (item->kind == UM_DIFF_ORDER) {
        print_order(out, item->old);
        um_buf_text(out, " -> ");
        print_order(out, item->now);
    } else {
        if (item->old != NULL)
            print_value(out, item->old);
        if (item->kind == UM_DIFF_CHANGED)
            um_buf_text(out, " -> ");
        if (item->now != NULL)
            print_value(out, item->now);
    }
    um_buf_byte(out, '\n');
}

void um_diff_print(struct um_buf *out, const struct um_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++)
        print_item(out, &diff->items[i]);
}
