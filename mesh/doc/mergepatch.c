/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * JSON Merge Patch. The result is built next to both, never larger than the
 * two together. Failure modes: over a cap; no memory.
 */
#include "mesh/doc/names.h"
#include "mesh/doc/patch.h"
#include "p2p/err.h"

static bool merge(struct um_arena *a, const struct um_val *v,
                  const struct um_val *patch, struct um_val *out);

/* The members of v, as the patch leaves them. */
static bool merge_old(struct um_arena *a, const struct um_val *v,
                      const struct um_val *patch, struct um_val *out)
{
    struct um_names names;

    if (!um_names_init(&names, a, patch))
        return false;
    for (size_t i = 0; i < v->count; i++) {
        const struct um_member *old = &v->members.p[i];
        const struct um_member *m = um_names_find(&names, old->name);
        struct um_member *to = &out->members.p[out->count];

        if (m != NULL && m->value.kind == UM_VAL_NULL)
            continue;
        *to = *old;
        out->count++;
        if (m != NULL && !merge(a, &old->value, &m->value, &to->value))
            return false;
    }
    return true;
}

/* The members of the patch that v does not have. */
static bool merge_new(struct um_arena *a, const struct um_val *v,
                      const struct um_val *patch, struct um_val *out)
{
    const struct um_val nothing = um_val_null();
    struct um_names names;

    if (!um_names_init(&names, a, v))
        return false;
    for (size_t i = 0; i < patch->count; i++) {
        const struct um_member *m = &patch->members.p[i];
        struct um_member *to = &out->members.p[out->count];

        if (m->value.kind == UM_VAL_NULL ||
            um_names_find(&names, m->name) != NULL)
            continue;
        to->name = m->name;
        out->count++;
        if (!merge(a, &nothing, &m->value, &to->value))
            return false;
    }
    return true;
}

static bool merge(struct um_arena *a, const struct um_val *v,
                  const struct um_val *patch, struct um_val *out)
{
    static const struct um_val empty = {.kind = UM_VAL_OBJECT};

    if (patch->kind != UM_VAL_OBJECT) {
        *out = *patch;
        return true;
    }
    if (v->kind != UM_VAL_OBJECT)
        v = &empty;
    if (!um_val_object(a, (size_t)v->count + patch->count, out))
        return false;
    out->count = 0;
    return merge_old(a, v, patch, out) && merge_new(a, v, patch, out);
}

int um_patch_merge(struct um_arena *a, const struct um_val *v,
                   const struct um_val *patch, struct um_val *out)
{
    if (um_val_check(v) != 0 || um_val_check(patch) != 0)
        return P2P_ELIMIT;
    if (!merge(a, v, patch, out))
        return P2P_ENOMEM;
    return um_val_check(out);
}
