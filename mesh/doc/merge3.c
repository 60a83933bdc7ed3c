/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Three-way merge. Only results are compared, so an edit that was taken back
 * is none. Happy path, at each value: if one side left it alone, the other's;
 * if both are alike, ours; if all three are objects, member by member. Failure
 * modes: everything else is a conflict; over a cap; no memory.
 */
#include "mesh/doc/merge3.h"

#include <assert.h>

#include "mesh/doc/names.h"
#include "mesh/doc/pointer.h"
#include "p2p/err.h"

struct merger {
    struct um_arena *arena;
    struct um_buf pointer;
    struct um_merge3 *out;
};

/* Three versions of a value, or of an object's names; NULL: there is none. */
struct three {
    const struct um_val *base;
    const struct um_val *ours;
    const struct um_val *theirs;
};

struct three_names {
    struct um_names base;
    struct um_names ours;
    struct um_names theirs;
};

static int merge(struct merger *m, const struct three *v, struct um_val *out,
                 bool *gone);

static int conflict(struct merger *m)
{
    struct um_merge3 *out = m->out;

    if (um_buf_failed(&m->pointer))
        return P2P_ENOMEM;
    if (out->conflicts < UM__CAP_DOC_CONFLICTS &&
        !um_arena_dup(m->arena, um_buf_view(&m->pointer),
                      &out->at[out->conflicts]))
        return P2P_ENOMEM;
    out->conflicts++;
    return 0;
}

static bool same(const struct um_val *a, const struct um_val *b)
{
    return a == NULL || b == NULL ? a == b : um_val_same(a, b);
}

static const struct um_val *value_of(const struct um_names *n,
                                     struct um_str name)
{
    const struct um_member *m = um_names_find(n, name);

    return m != NULL ? &m->value : NULL;
}

/* Merges one member into the end of an object, if it is not gone. */
static int merge_member(struct merger *m, const struct three_names *n,
                        struct um_str name, struct um_val *object)
{
    const struct three v = {value_of(&n->base, name), value_of(&n->ours, name),
                            value_of(&n->theirs, name)};
    struct um_member *to = &object->members.p[object->count];
    size_t len = m->pointer.len;
    bool gone;
    int rc;

    um_pointer_add(&m->pointer, name);
    rc = merge(m, &v, &to->value, &gone);
    m->pointer.len = len;
    to->name = name;
    object->count += !gone;
    return rc;
}

/* Which side's order the result has, and the other one. */
struct sides {
    const struct um_names *first;
    const struct um_names *other;
};

/*
 * Merges the other side's members from index i on, up to one that the first
 * side has, too.
 */
static int merge_run(struct merger *m, const struct three_names *n,
                     const struct sides *s, size_t i, struct um_val *object)
{
    const struct um_val *other = s->other->object;
    int rc = 0;

    for (; i < other->count && rc == 0; i++) {
        struct um_str name = other->members.p[i].name;

        if (um_names_find(s->first, name) != NULL)
            return 0;
        rc = merge_member(m, n, name, object);
    }
    return rc;
}

static int merge_members(struct merger *m, const struct three_names *n,
                         const struct sides *s, struct um_val *object)
{
    const struct um_val *first = s->first->object;
    int rc = merge_run(m, n, s, 0, object);

    for (size_t i = 0; i < first->count && rc == 0; i++) {
        struct um_str name = first->members.p[i].name;
        const struct um_member *there = um_names_find(s->other, name);

        rc = merge_member(m, n, name, object);
        if (rc == 0 && there != NULL) {
            size_t at = (size_t)(there - s->other->object->members.p);

            rc = merge_run(m, n, s, at + 1, object);
        }
    }
    return rc;
}

static int merge_objects(struct merger *m, const struct three *v,
                         struct um_val *out)
{
    struct three_names n;
    struct sides s = {&n.ours, &n.theirs};

    if (!um_names_init(&n.base, m->arena, v->base) ||
        !um_names_init(&n.ours, m->arena, v->ours) ||
        !um_names_init(&n.theirs, m->arena, v->theirs) ||
        !um_val_object(m->arena, (size_t)v->ours->count + v->theirs->count,
                       out))
        return P2P_ENOMEM;
    out->count = 0;
    if (um_names_in_order(&n.ours, &n.base) &&
        !um_names_in_order(&n.theirs, &n.base))
        s = (struct sides){&n.theirs, &n.ours};
    return merge_members(m, &n, &s, out);
}

static bool all_objects(const struct three *v)
{
    return v->base != NULL && v->ours != NULL && v->theirs != NULL &&
           v->base->kind == UM_VAL_OBJECT && v->ours->kind == UM_VAL_OBJECT &&
           v->theirs->kind == UM_VAL_OBJECT;
}

/* Whether both sides made the same of it. */
static int agree(struct merger *m, const struct three *v, bool *yes)
{
    *yes = v->ours == v->theirs;
    if (v->ours == NULL || v->theirs == NULL)
        return 0;
    return um_names_alike(m->arena, v->ours, v->theirs, UM_ALIKE_TEXT, yes)
               ? 0
               : P2P_ENOMEM;
}

static int merge(struct merger *m, const struct three *v, struct um_val *out,
                 bool *gone)
{
    const struct um_val *take = NULL;
    bool yes = false;
    int rc = 0;

    if (same(v->base, v->theirs)) {
        take = v->ours;
    } else if (same(v->base, v->ours)) {
        take = v->theirs;
    } else {
        rc = agree(m, v, &yes);
        if (rc == 0 && !yes && all_objects(v)) {
            *gone = false;
            return merge_objects(m, v, out);
        }
        if (rc == 0 && !yes)
            rc = conflict(m);
        take = v->ours;
    }
    *gone = take == NULL;
    if (take != NULL)
        *out = *take;
    return rc;
}

int um_merge3_run(struct um_arena *a, const struct um_val *base,
                  const struct um_val *ours, const struct um_val *theirs,
                  struct um_merge3 *out)
{
    struct merger m = {.arena = a, .out = out};
    const struct three v = {base, ours, theirs};
    bool gone;
    int rc;

    if (um_val_check(base) != 0 || um_val_check(ours) != 0 ||
        um_val_check(theirs) != 0)
        return P2P_ELIMIT;
    *out = (struct um_merge3){.conflicts = 0};
    rc = merge(&m, &v, &out->value, &gone);
    assert(rc != 0 || !gone);
    um_buf_fini(&m.pointer);
    return rc == 0 ? um_val_check(&out->value) : rc;
}
