/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Overlays. Names are changed one after the other, so two can be exchanged by
 * way of a third. Failure modes: a member that is not there, a name that is;
 * whatever a patch can fail of; no memory.
 */
#include "mesh/doc/overlay.h"

#include "mesh/doc/edit.h"
#include "mesh/doc/patch.h"
#include "mesh/doc/pointer.h"
#include "p2p/err.h"

/* Says what is wrong at PART/NAME of the overlay. */
static int fail(struct um_arena *a, struct um_doc_error *err, int rc,
                const struct um_str at[2], const char *text)
{
    struct um_buf pointer = UM_BUF_INIT;
    struct um_str kept;
    bool ok;

    for (size_t i = 0; i < 2 && at[i].p != NULL; i++)
        um_pointer_add(&pointer, at[i]);
    ok = !um_buf_failed(&pointer) &&
         um_arena_dup(a, um_buf_view(&pointer), &kept);
    um_buf_fini(&pointer);
    if (!ok)
        return P2P_ENOMEM;
    um_doc_error_at(err, text, kept);
    return rc;
}

static int check_names(struct um_arena *a, const struct um_val *rename,
                       struct um_doc_error *err)
{
    struct um_str at[2] = {UM_STR("rename"), {NULL, 0}};

    if (rename->kind != UM_VAL_OBJECT)
        return fail(a, err, P2P_EFORMAT, at,
                    "New names are an object: {\"/POINTER\": \"NAME\"}.");
    for (size_t i = 0; i < rename->count; i++) {
        const struct um_member *m = &rename->members.p[i];

        at[1] = m->name;
        if (m->name.len == 0 || !um_pointer_valid(m->name))
            return fail(a, err, P2P_EFORMAT, at,
                        "What gets a new name is a JSON pointer.");
        if (m->value.kind != UM_VAL_STRING)
            return fail(a, err, P2P_EFORMAT, at, "A new name is a string.");
    }
    return 0;
}

int um_overlay_check(struct um_arena *a, const struct um_val *overlay,
                     struct um_doc_error *err)
{
    struct um_str at[2] = {{NULL, 0}, {NULL, 0}};

    if (overlay->kind != UM_VAL_OBJECT)
        return fail(a, err, P2P_EFORMAT, at, "An overlay is an object.");
    for (size_t i = 0; i < overlay->count; i++) {
        const struct um_member *m = &overlay->members.p[i];
        int rc = 0;

        at[0] = m->name;
        if (um_str_eq(m->name, UM_STR("rename")))
            rc = check_names(a, &m->value, err);
        else if (um_str_eq(m->name, UM_STR("patch")) &&
                 m->value.kind != UM_VAL_ARRAY)
            rc = fail(a, err, P2P_EFORMAT, at,
                      "A JSON patch is an array of operations.");
        else if (!um_str_eq(m->name, UM_STR("patch")) &&
                 !um_str_eq(m->name, UM_STR("merge")) &&
                 !um_str_eq(m->name, UM_STR("probes")))
            rc = fail(a, err, P2P_EFORMAT, at,
                      "An overlay has rename, merge, patch and probes only.");
        else if (um_str_eq(m->name, UM_STR("probes")) &&
                 m->value.kind != UM_VAL_OBJECT)
            rc = fail(a, err, P2P_EFORMAT, at, "Probes are an object.");
        if (rc != 0)
            return rc;
    }
    return 0;
}

static const char *explain(int rc)
{
    switch (rc) {
        case P2P_ENOTFOUND:
            return "There is no member to rename.";
        case P2P_EEXIST:
            return "A member of this name is there already.";
        default:
            return "The document would be too large.";
    }
}

static int rename_one(struct um_edit *e, const struct um_member *m)
{
    struct um_spot spot;
    int rc = um_edit_locate(e, m->name, &spot);

    if (rc != 0)
        return rc;
    if (spot.parent == NULL || spot.parent->kind != UM_VAL_OBJECT ||
        um_edit_at(e, &spot) == NULL)
        return P2P_ENOTFOUND;
    return um_edit_rename(e, &spot, m->value.text);
}

static int rename_all(struct um_arena *a, const struct um_val *rename,
                      struct um_val *config, struct um_doc_error *err)
{
    struct um_str at[2] = {UM_STR("rename"), {NULL, 0}};
    struct um_edit e;
    int rc = um_edit_init(&e, a, config);

    for (size_t i = 0; i < rename->count && rc == 0; i++) {
        at[1] = rename->members.p[i].name;
        rc = rename_one(&e, &rename->members.p[i]);
    }
    *config = e.root;
    return rc == 0 || rc == P2P_ENOMEM ? rc : fail(a, err, rc, at, explain(rc));
}

/* Puts "/patch" in front of the pointer of a patch's error. */
static int patch_all(struct um_arena *a, const struct um_val *patch,
                     struct um_val *config, struct um_doc_error *err)
{
    struct um_doc_error inner;
    struct um_str at[2] = {UM_STR("patch"), {NULL, 0}};
    int rc = um_patch_apply(a, config, patch, config, &inner);

    if (rc == 0 || rc == P2P_ENOMEM)
        return rc;
    if (inner.pointer.len > 0)
        at[1] = um_str_skip(inner.pointer, 1);
    return fail(a, err, rc, at, inner.text);
}

int um_overlay_apply(struct um_arena *a, const struct um_val *config,
                     const struct um_val *overlay, struct um_val *out,
                     struct um_doc_error *err)
{
    const struct um_val *rename = um_val_member(overlay, UM_STR("rename"));
    const struct um_val *merge = um_val_member(overlay, UM_STR("merge"));
    const struct um_val *patch = um_val_member(overlay, UM_STR("patch"));
    struct um_str at[2] = {UM_STR("merge"), {NULL, 0}};
    struct um_val merged;
    int rc = 0;

    *out = *config;
    if (rename != NULL)
        rc = rename_all(a, rename, out, err);
    if (rc == 0 && merge != NULL) {
        rc = um_patch_merge(a, out, merge, &merged);
        if (rc == P2P_ELIMIT)
            rc = fail(a, err, rc, at, "The document would be too large.");
        *out = merged;
    }
    if (rc == 0 && patch != NULL)
        rc = patch_all(a, patch, out, err);
    return rc;
}
