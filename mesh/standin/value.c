/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Values: look-ups and makers. Nothing here can fail but for memory.
 */
#include "mesh/standin/value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_TEXT_MAX = 24 };

size_t um_sval_member_index(const struct um_sval *v, struct um_str name)
{
    assert(v->type == UM_SVAL_OBJECT);
    for (size_t i = 0; i < v->count; i++) {
        if (um_str_eq(v->members[i].name, name))
            return i;
    }
    return v->count;
}

const struct um_sval *um_sval_member(const struct um_sval *v,
                                     struct um_str name)
{
    size_t i;

    if (v->type != UM_SVAL_OBJECT)
        return NULL;
    i = um_sval_member_index(v, name);
    return i < v->count ? &v->members[i].value : NULL;
}

const struct um_sval *um_sval_item(const struct um_sval *v, size_t index)
{
    if (v->type != UM_SVAL_ARRAY || index >= v->count)
        return NULL;
    return &v->items[index];
}

const struct um_sval *um_sval_item_or_self(const struct um_sval *v,
                                           size_t index)
{
    if (v->type != UM_SVAL_ARRAY)
        return index == 0 ? v : NULL;
    return um_sval_item(v, index);
}

double um_sval_number(const struct um_sval *v)
{
    char text[NUMBER_TEXT_MAX];

    assert(v->type == UM_SVAL_INTEGER || v->type == UM_SVAL_NUMBER);
    assert(v->text.len < sizeof(text));
    memcpy(text, v->text.p, v->text.len);
    text[v->text.len] = '\0';
    return strtod(text, NULL);
}

struct um_sval um_sval_string(struct um_str s)
{
    return (struct um_sval){.type = UM_SVAL_STRING, .text = s};
}

bool um_sval_integer(struct um_arena *a, int64_t n, struct um_sval *out)
{
    char text[NUMBER_TEXT_MAX];
    int len = snprintf(text, sizeof(text), "%" PRId64, n);

    assert(len > 0 && (size_t)len < sizeof(text));
    *out = (struct um_sval){.type = UM_SVAL_INTEGER};
    return um_arena_dup(a, um_str_n(text, (size_t)len), &out->text);
}

bool um_sval_object(struct um_arena *a, size_t count, struct um_sval *out)
{
    *out = (struct um_sval){.type = UM_SVAL_OBJECT, .count = count};
    out->members = um_arena_zalloc(a, count, sizeof(*out->members));
    return out->members != NULL;
}

bool um_sval_array(struct um_arena *a, size_t count, struct um_sval *out)
{
    *out = (struct um_sval){.type = UM_SVAL_ARRAY, .count = count};
    out->items = um_arena_zalloc(a, count, sizeof(*out->items));
    return out->items != NULL;
}

void um_sval_set(struct um_sval *object, size_t index, struct um_str name,
                 struct um_sval value)
{
    assert(object->type == UM_SVAL_OBJECT && index < object->count);
    object->members[index].name = name;
    object->members[index].value = value;
}

static bool copy_array(struct um_arena *a, const struct um_sval *v,
                       struct um_sval *out)
{
    if (!um_sval_array(a, v->count, out))
        return false;
    for (size_t i = 0; i < v->count; i++) {
        if (!um_sval_copy(a, &v->items[i], &out->items[i]))
            return false;
    }
    return true;
}

static bool copy_object(struct um_arena *a, const struct um_sval *v,
                        struct um_sval *out)
{
    if (!um_sval_object(a, v->count, out))
        return false;
    for (size_t i = 0; i < v->count; i++) {
        const struct um_smember *m = &v->members[i];

        if (!um_arena_dup(a, m->name, &out->members[i].name) ||
            !um_sval_copy(a, &m->value, &out->members[i].value))
            return false;
    }
    return true;
}

bool um_sval_copy(struct um_arena *a, const struct um_sval *v,
                  struct um_sval *out)
{
    if (v->type == UM_SVAL_ARRAY)
        return copy_array(a, v, out);
    if (v->type == UM_SVAL_OBJECT)
        return copy_object(a, v, out);
    *out = *v;
    if (v->text.len == 0)
        return true;
    return um_arena_dup(a, v->text, &out->text);
}
