/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Edits. The size of the whole is kept up to date with what goes in and out,
 * so a change costs what it touches. Happy path: find the spot, charge the
 * change, make room, put. Failure modes: over a cap, which leaves the copy as
 * it was; no memory.
 */
#include "mesh/doc/edit.h"

#include <assert.h>

#include "mesh/doc/pointer.h"
#include "p2p/err.h"

int um_edit_init(struct um_edit *e, struct um_arena *arena,
                 const struct um_val *v)
{
    *e = (struct um_edit){.arena = arena, .size = um_val_measure(v)};
    if (um_val_check(v) != 0)
        return P2P_ELIMIT;
    return um_val_clone(arena, v, &e->root) ? 0 : P2P_ENOMEM;
}

struct um_spot um_edit_root(void)
{
    return (struct um_spot){.parent = NULL};
}

struct um_val *um_edit_at(struct um_edit *e, const struct um_spot *spot)
{
    if (spot->parent == NULL)
        return &e->root;
    if (spot->index >= spot->parent->count)
        return NULL;
    if (spot->parent->kind == UM_VAL_ARRAY)
        return &spot->parent->items.p[spot->index];
    return &spot->parent->members.p[spot->index].value;
}

static int step(struct um_edit *e, size_t n)
{
    e->steps += n;
    return e->steps > UM__CAP_DOC_EDIT_STEPS ? P2P_ELIMIT : 0;
}

int um_edit_member(struct um_edit *e, struct um_spot *spot, struct um_str name)
{
    struct um_val *v = um_edit_at(e, spot);

    if (v == NULL || v->kind != UM_VAL_OBJECT)
        return P2P_ENOTFOUND;
    *spot = (struct um_spot){v, um_val_index(v, name), name, spot->depth + 1};
    return step(e, spot->index + 1);
}

int um_edit_item(struct um_edit *e, struct um_spot *spot, size_t index)
{
    struct um_val *v = um_edit_at(e, spot);

    if (v == NULL || v->kind != UM_VAL_ARRAY || index > v->count)
        return P2P_ENOTFOUND;
    *spot = (struct um_spot){v, index, {NULL, 0}, spot->depth + 1};
    return step(e, 1);
}

int um_edit_locate(struct um_edit *e, struct um_str pointer,
                   struct um_spot *spot)
{
    *spot = um_edit_root();
    if (!um_pointer_valid(pointer))
        return P2P_EINVAL;
    while (pointer.len > 0) {
        const struct um_val *v = um_edit_at(e, spot);
        struct um_str name;
        int rc;

        if (v == NULL)
            return P2P_ENOTFOUND;
        if (!um_pointer_take(e->arena, &pointer, &name))
            return P2P_ENOMEM;
        if (v->kind == UM_VAL_ARRAY)
            rc = um_edit_item(e, spot, um_pointer_index(name, v->count));
        else
            rc = um_edit_member(e, spot, name);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* What a value adds to the whole at a spot; with its name, if it is new. */
static struct um_val_size cost_at(const struct um_spot *spot,
                                  const struct um_val *v)
{
    struct um_val_size s = um_val_measure(v);

    s.depth += spot->depth;
    if (spot->parent == NULL)
        return s;
    s.members++;
    s.bytes++;
    if (spot->parent->kind == UM_VAL_OBJECT)
        s.bytes += spot->name.len + 3;
    return s;
}

/* Whether the whole may become larger by add and smaller by less. */
static int charge(struct um_edit *e, const struct um_val_size *add,
                  const struct um_val_size *less)
{
    size_t members = e->size.members + add->members - less->members;
    size_t bytes = e->size.bytes + add->bytes - less->bytes;

    assert(e->size.members >= less->members && e->size.bytes >= less->bytes);
    if (members > UM__CAP_DOC_MEMBERS || bytes > UM__CAP_DOC_BYTES ||
        add->depth > UM__CAP_DOC_DEPTH)
        return P2P_ELIMIT;
    e->size.members = members;
    e->size.bytes = bytes;
    return 0;
}

static int copy(struct um_edit *e, const struct um_val *v, struct um_val *out)
{
    e->copies += um_val_measure(v).members + 1;
    if (e->copies > UM__CAP_DOC_EDIT_COPIES)
        return P2P_ELIMIT;
    return um_val_clone(e->arena, v, out) ? 0 : P2P_ENOMEM;
}

int um_edit_replace(struct um_edit *e, const struct um_spot *spot,
                    const struct um_val *v)
{
    struct um_val *old = um_edit_at(e, spot);
    struct um_val_size add = cost_at(spot, v);
    struct um_val_size less;
    struct um_val made;
    int rc = copy(e, v, &made);

    assert(old != NULL);
    less = cost_at(spot, old);
    if (rc == 0)
        rc = charge(e, &add, &less);
    if (rc == 0)
        *old = made;
    return rc;
}

/* Makes room for one more member or element. */
static bool grow(struct um_edit *e, struct um_val *v)
{
    struct um_val more;
    bool array = v->kind == UM_VAL_ARRAY;
    size_t room = v->count < 4 ? 8 : (size_t)v->count * 2;

    if (v->count < (array ? v->items.room : v->members.room))
        return true;
    if (!(array ? um_val_array(e->arena, room, &more)
                : um_val_object(e->arena, room, &more)))
        return false;
    for (size_t i = 0; i < v->count; i++) {
        if (array)
            more.items.p[i] = v->items.p[i];
        else
            more.members.p[i] = v->members.p[i];
    }
    more.count = v->count;
    *v = more;
    return true;
}

int um_edit_move(struct um_edit *e, const struct um_spot *to,
                 const struct um_val *v)
{
    struct um_val *parent = to->parent;
    struct um_val_size add = cost_at(to, v);
    const struct um_val_size less = {0, 0, 0};
    struct um_val value = *v;
    int rc;

    assert(parent != NULL && to->index <= parent->count);
    if (!grow(e, parent))
        return P2P_ENOMEM;
    rc = step(e, parent->count - to->index + add.members);
    if (rc == 0)
        rc = charge(e, &add, &less);
    if (rc != 0)
        return rc;
    if (parent->kind == UM_VAL_OBJECT) {
        assert(to->index == parent->count);
        parent->members.p[parent->count++] =
            (struct um_member){to->name, value};
        return 0;
    }
    memmove(parent->items.p + to->index + 1, parent->items.p + to->index,
            (parent->count - to->index) * sizeof(*parent->items.p));
    parent->items.p[to->index] = value;
    parent->count++;
    return 0;
}

int um_edit_insert(struct um_edit *e, const struct um_spot *spot,
                   const struct um_val *v)
{
    struct um_val made;
    int rc = copy(e, v, &made);

    return rc == 0 ? um_edit_move(e, spot, &made) : rc;
}

int um_edit_remove(struct um_edit *e, const struct um_spot *spot,
                   struct um_val *out)
{
    struct um_val *parent = spot->parent;
    const struct um_val *old = um_edit_at(e, spot);
    struct um_val_size less;
    size_t behind;

    assert(parent != NULL && old != NULL);
    less = cost_at(spot, old);
    behind = parent->count - spot->index - 1;
    if (step(e, behind + less.members) != 0)
        return P2P_ELIMIT;
    if (out != NULL)
        *out = *old;
    e->size.members -= less.members;
    e->size.bytes -= less.bytes;
    if (parent->kind == UM_VAL_ARRAY)
        memmove(parent->items.p + spot->index,
                parent->items.p + spot->index + 1,
                behind * sizeof(*parent->items.p));
    else
        memmove(parent->members.p + spot->index,
                parent->members.p + spot->index + 1,
                behind * sizeof(*parent->members.p));
    parent->count--;
    return 0;
}

int um_edit_rename(struct um_edit *e, const struct um_spot *spot,
                   struct um_str name)
{
    const struct um_val_size add = {0, name.len, 0};
    const struct um_val_size less = {0, spot->name.len, 0};
    struct um_val *parent = spot->parent;
    int rc;

    assert(parent->kind == UM_VAL_OBJECT && spot->index < parent->count);
    if (um_str_eq(name, spot->name))
        return 0;
    if (um_val_index(parent, name) < parent->count)
        return P2P_EEXIST;
    rc = step(e, parent->count);
    if (rc == 0)
        rc = charge(e, &add, &less);
    if (rc == 0)
        parent->members.p[spot->index].name = name;
    return rc;
}
