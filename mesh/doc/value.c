/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Values: made, found, compared, measured. Happy path: plain recursion, whose
 * depth is bounded by what was measured when the value was made. Failure mode:
 * no memory.
 */
#include "mesh/doc/value.h"

#include <assert.h>

#include "p2p/err.h"

struct um_val um_val_null(void)
{
    return (struct um_val){.kind = UM_VAL_NULL};
}

struct um_val um_val_string(struct um_str s)
{
    return (struct um_val){.kind = UM_VAL_STRING, .text = s};
}

bool um_val_object(struct um_arena *a, size_t count, struct um_val *out)
{
    struct um_member *p = um_arena_zalloc(a, count, sizeof(*p));

    assert(count <= UINT32_MAX);
    *out = (struct um_val){
        .kind = UM_VAL_OBJECT, .count = (uint32_t)count, .members = {p, count}};
    return p != NULL;
}

bool um_val_array(struct um_arena *a, size_t count, struct um_val *out)
{
    struct um_val *p = um_arena_zalloc(a, count, sizeof(*p));

    assert(count <= UINT32_MAX);
    *out = (struct um_val){
        .kind = UM_VAL_ARRAY, .count = (uint32_t)count, .items = {p, count}};
    return p != NULL;
}

size_t um_val_index(const struct um_val *v, struct um_str name)
{
    size_t i = 0;

    assert(v->kind == UM_VAL_OBJECT);
    while (i < v->count && !um_str_eq(v->members.p[i].name, name))
        i++;
    return i;
}

const struct um_val *um_val_member(const struct um_val *v, struct um_str name)
{
    size_t i;

    if (v->kind != UM_VAL_OBJECT)
        return NULL;
    i = um_val_index(v, name);
    return i < v->count ? &v->members.p[i].value : NULL;
}

static bool same_members(const struct um_val *a, const struct um_val *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct um_member *m = &a->members.p[i];
        const struct um_member *n = &b->members.p[i];

        if (!um_str_eq(m->name, n->name) || !um_val_same(&m->value, &n->value))
            return false;
    }
    return true;
}

static bool same_items(const struct um_val *a, const struct um_val *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!um_val_same(&a->items.p[i], &b->items.p[i]))
            return false;
    }
    return true;
}

bool um_val_same(const struct um_val *a, const struct um_val *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    switch (a->kind) {
        case UM_VAL_NUMBER:
        case UM_VAL_STRING:
            return um_str_eq(a->text, b->text);
        case UM_VAL_ARRAY:
            return a->items.p == b->items.p || same_items(a, b);
        case UM_VAL_OBJECT:
            return a->members.p == b->members.p || same_members(a, b);
        default:
            return true;
    }
}

static void add_size(struct um_val_size *to, const struct um_val *v)
{
    struct um_val_size s = um_val_measure(v);

    to->members += 1 + s.members;
    to->bytes += 1 + s.bytes; /* and a comma, or the bracket */
    if (to->depth < s.depth + 1)
        to->depth = s.depth + 1;
}

struct um_val_size um_val_measure(const struct um_val *v)
{
    struct um_val_size s = {0, 5, 0};

    switch (v->kind) {
        case UM_VAL_STRING:
            s.bytes = v->text.len + 2;
            return s;
        case UM_VAL_NUMBER:
            s.bytes = v->text.len;
            return s;
        case UM_VAL_ARRAY:
        case UM_VAL_OBJECT:
            s = (struct um_val_size){0, 2, 1};
            break;
        default:
            return s;
    }
    for (size_t i = 0; i < v->count; i++) {
        if (v->kind == UM_VAL_ARRAY) {
            add_size(&s, &v->items.p[i]);
        } else {
            add_size(&s, &v->members.p[i].value);
            s.bytes += v->members.p[i].name.len + 3;
        }
    }
    return s;
}

bool um_val_clone(struct um_arena *a, const struct um_val *v,
                  struct um_val *out)
{
    if (v->kind == UM_VAL_ARRAY) {
        if (!um_val_array(a, v->count, out))
            return false;
        for (size_t i = 0; i < v->count; i++) {
            if (!um_val_clone(a, &v->items.p[i], &out->items.p[i]))
                return false;
        }
        return true;
    }
    if (v->kind == UM_VAL_OBJECT) {
        if (!um_val_object(a, v->count, out))
            return false;
        for (size_t i = 0; i < v->count; i++) {
            out->members.p[i].name = v->members.p[i].name;
            if (!um_val_clone(a, &v->members.p[i].value,
                              &out->members.p[i].value))
                return false;
        }
        return true;
    }
    *out = *v;
    return true;
}

int um_val_check(const struct um_val *v)
{
    struct um_val_size s = um_val_measure(v);

    if (s.depth > UM__CAP_DOC_DEPTH || s.members > UM__CAP_DOC_MEMBERS ||
        s.bytes > UM__CAP_DOC_BYTES)
        return P2P_ELIMIT;
    return 0;
}
