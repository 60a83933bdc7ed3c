/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * JSON Patch. All operations work on one edit, so a patch that fails leaves
 * the document alone. Happy path: for each operation its pointers, then one
 * change. Failure modes: an operation that is none, a place that is not there,
 * a test that fails, a cap; no memory.
 */
#include "mesh/doc/patch.h"

#include <stdio.h>

#include "mesh/doc/edit.h"
#include "mesh/doc/names.h"
#include "mesh/doc/pointer.h"
#include "p2p/err.h"

/* An operation: its members, of which some may be missing. */
struct op {
    struct um_str name;
    const struct um_val *path;
    const struct um_val *from;
    const struct um_val *value;
};

struct patcher {
    struct um_edit edit;
    const char *why; /* what is wrong with the operation at hand */
};

static int fail(struct patcher *p, int rc, const char *why)
{
    p->why = why;
    return rc;
}

/* The words for what a spot is not. */
static int explain(struct patcher *p, int rc)
{
    switch (rc) {
        case P2P_ENOTFOUND:
            return fail(p, rc, "There is no such place in the document.");
        case P2P_EINVAL:
            return fail(p, P2P_EFORMAT, "A path is not a JSON pointer.");
        case P2P_ELIMIT:
            return fail(p, rc, "The document would be too large.");
        default:
            return rc;
    }
}

static int locate(struct patcher *p, const struct um_val *pointer,
                  struct um_spot *spot)
{
    return explain(p, um_edit_locate(&p->edit, pointer->text, spot));
}

/* The same where a value must be. */
static int locate_value(struct patcher *p, const struct um_val *pointer,
                        struct um_spot *spot)
{
    int rc = locate(p, pointer, spot);

    if (rc == 0 && um_edit_at(&p->edit, spot) == NULL)
        rc = explain(p, P2P_ENOTFOUND);
    return rc;
}

/* True if what is put at a spot takes the place of what is there. */
static bool replaces(const struct um_spot *spot)
{
    return spot->parent == NULL || (spot->parent->kind == UM_VAL_OBJECT &&
                                    spot->index < spot->parent->count);
}

static int do_add(struct patcher *p, const struct op *op)
{
    struct um_spot spot;
    int rc = locate(p, op->path, &spot);

    if (rc != 0)
        return rc;
    if (replaces(&spot))
        return explain(p, um_edit_replace(&p->edit, &spot, op->value));
    return explain(p, um_edit_insert(&p->edit, &spot, op->value));
}

static int do_remove(struct patcher *p, const struct op *op)
{
    struct um_spot spot;
    int rc = locate_value(p, op->path, &spot);

    if (rc == 0 && spot.parent == NULL)
        return fail(p, P2P_EFORMAT, "The whole document can't be removed.");
    return rc == 0 ? explain(p, um_edit_remove(&p->edit, &spot, NULL)) : rc;
}

static int do_replace(struct patcher *p, const struct op *op)
{
    struct um_spot spot;
    int rc = locate_value(p, op->path, &spot);

    if (rc != 0)
        return rc;
    return explain(p, um_edit_replace(&p->edit, &spot, op->value));
}

/* True if path is from itself, or leads to something below it. */
static bool leads_below(struct um_str from, struct um_str path)
{
    return um_str_starts(path, from) &&
           (path.len == from.len || path.p[from.len] == '/');
}

static int do_move(struct patcher *p, const struct op *op)
{
    struct um_str from = op->from->text;
    struct um_spot spot;
    struct um_val taken;
    int rc = locate_value(p, op->from, &spot);

    if (rc != 0 || um_str_eq(from, op->path->text))
        return rc;
    if (leads_below(from, op->path->text))
        return fail(p, P2P_EFORMAT, "A value can't be moved into itself.");
    if (spot.parent == NULL)
        return fail(p, P2P_EFORMAT, "The whole document can't be moved.");
    rc = um_edit_remove(&p->edit, &spot, &taken);
    if (rc != 0)
        return explain(p, rc);
    rc = locate(p, op->path, &spot);
    if (rc != 0)
        return rc;
    if (replaces(&spot))
        return explain(p, um_edit_replace(&p->edit, &spot, &taken));
    return explain(p, um_edit_move(&p->edit, &spot, &taken));
}

static int do_copy(struct patcher *p, const struct op *op)
{
    struct um_spot spot;
    struct op add = *op;
    struct um_val source;
    int rc = locate_value(p, op->from, &spot);

    if (rc != 0)
        return rc;
    source = *um_edit_at(&p->edit, &spot);
    add.value = &source;
    return do_add(p, &add);
}

static int do_test(struct patcher *p, const struct op *op)
{
    struct um_edit *e = &p->edit;
    struct um_spot spot;
    bool same;
    int rc = locate_value(p, op->path, &spot);

    if (rc != 0)
        return rc;
    e->copies += um_val_measure(op->value).members;
    if (e->copies > UM__CAP_DOC_EDIT_COPIES)
        return explain(p, P2P_ELIMIT);
    if (!um_names_alike(e->arena, um_edit_at(e, &spot), op->value,
                        UM_ALIKE_NUMBER, &same))
        return P2P_ENOMEM;
    return same ? 0 : fail(p, P2P_ESTATE, "The value is another one.");
}

/* What there is to be done, and what an operation needs for it. */
static const struct verb {
    const char *name;
    bool from;
    bool value;
    int (*run)(struct patcher *p, const struct op *op);
} verbs[] = {
    {"add", false, true, do_add},         {"remove", false, false, do_remove},
    {"replace", false, true, do_replace}, {"move", true, false, do_move},
    {"copy", true, false, do_copy},       {"test", false, true, do_test},
};

static int run_verb(struct patcher *p, const struct verb *verb,
                    const struct op *op)
{
    if (op->path == NULL || op->path->kind != UM_VAL_STRING)
        return fail(p, P2P_EFORMAT, "An operation needs a \"path\".");
    if (verb->from && (op->from == NULL || op->from->kind != UM_VAL_STRING))
        return fail(p, P2P_EFORMAT, "This operation needs a \"from\".");
    if (verb->value && op->value == NULL)
        return fail(p, P2P_EFORMAT, "This operation needs a \"value\".");
    return verb->run(p, op);
}

static int run(struct patcher *p, const struct um_val *v)
{
    const struct um_val *name = um_val_member(v, UM_STR("op"));
    const struct op op = {
        .path = um_val_member(v, UM_STR("path")),
        .from = um_val_member(v, UM_STR("from")),
        .value = um_val_member(v, UM_STR("value")),
    };

    if (name == NULL || name->kind != UM_VAL_STRING)
        return fail(p, P2P_EFORMAT, "An operation needs an \"op\".");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        if (um_str_eq(name->text, um_str(verbs[i].name)))
            return run_verb(p, &verbs[i], &op);
    }
    return fail(p, P2P_EFORMAT, "There is no such operation.");
}

/* Puts the place of operation i, or of the whole patch, into err. */
static int report(struct patcher *p, int rc, const char *at,
                  struct um_doc_error *err)
{
    struct um_str pointer;

    if (rc == P2P_ENOMEM || err == NULL)
        return rc;
    if (!um_arena_dup(p->edit.arena, um_str(at), &pointer))
        return P2P_ENOMEM;
    um_doc_error_at(err, p->why, pointer);
    return rc;
}

int um_patch_apply(struct um_arena *a, const struct um_val *v,
                   const struct um_val *patch, struct um_val *out,
                   struct um_doc_error *err)
{
    struct patcher p = {.why = "A JSON patch is an array of operations."};
    char at[24] = "";
    int rc = explain(&p, um_edit_init(&p.edit, a, v));

    if (rc != 0)
        return report(&p, rc, at, err);
    if (patch->kind != UM_VAL_ARRAY)
        return report(&p, P2P_EFORMAT, at, err);
    if (patch->count > UM__CAP_DOC_PATCH_OPS) {
        p.why = "There are too many operations.";
        return report(&p, P2P_ELIMIT, at, err);
    }
    for (size_t i = 0; i < patch->count; i++) {
        rc = run(&p, &patch->items.p[i]);
        if (rc != 0) {
            (void)snprintf(at, sizeof at, "/%zu", i);
            return report(&p, rc, at, err);
        }
    }
    *out = p.edit.root;
    return 0;
}
