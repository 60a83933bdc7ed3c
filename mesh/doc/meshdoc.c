/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The document of a mesh. Happy path: check each part once, then, for a node,
 * sort the overlays that select it and apply one after the other. Failure
 * modes: a part that is not what it should be; whatever an overlay or a
 * variable can fail of, with its pointer; no memory.
 */
#include "mesh/doc/meshdoc.h"

#include <assert.h>
#include <stdlib.h>

#include "mesh/base/buf.h"
#include "mesh/doc/overlay.h"
#include "mesh/doc/patch.h"
#include "mesh/doc/pointer.h"
#include "p2p/err.h"

enum { HASH_CHARS = 2 * P2P_SHA256_BYTES };

/* One member of a part, while it is checked. */
struct checker {
    struct um_arena *arena;
    struct um_doc_error inner; /* its pointer is below the member */
};

/* Puts PART and NAME in front of the pointer of an error. */
static int locate(struct um_arena *a, int rc, const struct um_str at[2],
                  const struct um_doc_error *inner, struct um_doc_error *err)
{
    struct um_buf pointer = UM_BUF_INIT;
    struct um_str kept;
    bool ok;

    if (rc == 0 || rc == P2P_ENOMEM)
        return rc;
    for (size_t i = 0; i < 2 && at[i].p != NULL; i++)
        um_pointer_add(&pointer, at[i]);
    um_buf_str(&pointer, inner->pointer);
    ok = !um_buf_failed(&pointer) &&
         um_arena_dup(a, um_buf_view(&pointer), &kept);
    um_buf_fini(&pointer);
    if (!ok)
        return P2P_ENOMEM;
    um_doc_error_at(err, inner->text, kept);
    return rc;
}

static int fail(struct checker *ck, const char *text)
{
    um_doc_error_at(&ck->inner, text, um_str_n(NULL, 0));
    return P2P_EFORMAT;
}

static int check_overlay(struct checker *ck, const struct um_member *m)
{
    struct um_selector s;

    if (!um_selector_parse(m->name, &s))
        return fail(ck,
                    "A selector is \"all\", \"group:NAME\", "
                    "\"label:KEY=VALUE\" or \"node:NAME\".");
    return um_overlay_check(ck->arena, &m->value, &ck->inner);
}

static int check_bundle_name(struct checker *ck, struct um_str name)
{
    if (name.len == 0 || name.len > UM__CAP_DOC_BUNDLE_NAME_BYTES ||
        um_str_has(name, '/'))
        return fail(ck, "That can't be the name of a certificate or script.");
    return 0;
}

/* A string of 64 lower-case hexadecimal digits. */
static bool is_hash(const struct um_val *v)
{
    if (v->kind != UM_VAL_STRING || v->text.len != HASH_CHARS)
        return false;
    for (size_t i = 0; i < HASH_CHARS; i++) {
        char c = v->text.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static int check_sealed(struct checker *ck, const struct um_val *v)
{
    if (um_variables_sealed(v) && is_hash(&v->members.p[0].value))
        return 0;
    return fail(ck,
                "A sealed object is named by {\"sealed\": \"64 hexadecimal "
                "digits\"}.");
}

static int check_certificate(struct checker *ck, const struct um_member *m)
{
    int rc = check_sealed(ck, &m->value);

    return rc == 0 ? check_bundle_name(ck, m->name) : rc;
}

static int check_module(struct checker *ck, const struct um_member *m)
{
    if (!is_hash(&m->value))
        return fail(ck, "A script is named by 64 hexadecimal digits.");
    return check_bundle_name(ck, m->name);
}

static int check_variable(struct checker *ck, const struct um_member *m)
{
    if (!um_variables_name(m->name))
        return fail(ck,
                    "A variable's name is letters, digits, \"_\" and \"-\".");
    return um_variables_sealed(&m->value) ? check_sealed(ck, &m->value) : 0;
}

/* Names and values; those of variables are not known yet. */
static int check_probe(struct checker *ck, const struct um_member *m)
{
    struct um_probe ignored;

    if (!um_probe_name(m->name))
        return fail(ck,
                    "A probe's name is letters, digits, \"_\", \"-\" and "
                    "\".\".");
    return um_probe_read(ck->arena, m, true, &ignored, &ck->inner);
}

/* The parts, and how a member of each is checked; the base is any object. */
static const struct part {
    struct um_str name;
    int (*check)(struct checker *ck, const struct um_member *m);
    size_t at; /* in struct um_meshdoc */
} parts[] = {
    {UM_STR_INIT("base"), NULL, offsetof(struct um_meshdoc, base)},
    {UM_STR_INIT("overlays"), check_overlay,
     offsetof(struct um_meshdoc, overlays)},
    {UM_STR_INIT("certificates"), check_certificate,
     offsetof(struct um_meshdoc, certificates)},
    {UM_STR_INIT("js_modules"), check_module,
     offsetof(struct um_meshdoc, js_modules)},
    {UM_STR_INIT("variables"), check_variable,
     offsetof(struct um_meshdoc, variables)},
    {UM_STR_INIT("probes"), check_probe, offsetof(struct um_meshdoc, probes)},
};

static int check_part(struct checker *ck, struct um_meshdoc *out,
                      const struct um_member *m, struct um_str *name)
{
    const struct part *part = parts;
    const struct part *end = parts + sizeof(parts) / sizeof(*parts);
    const struct um_val **slot;
    int rc = 0;

    while (part < end && !um_str_eq(part->name, m->name))
        part++;
    if (part == end)
        return fail(ck, "A document has no such part.");
    if (m->value.kind != UM_VAL_OBJECT)
        return fail(ck, "Each part of a document is an object.");
    slot = (const struct um_val **)(void *)((char *)out + part->at);
    *slot = &m->value;
    for (size_t i = 0; part->check != NULL && i < m->value.count && rc == 0;
         i++) {
        *name = m->value.members.p[i].name;
        rc = part->check(ck, &m->value.members.p[i]);
    }
    return rc;
}

int um_meshdoc_init(struct um_meshdoc *out, struct um_arena *a,
                    const struct um_val *v, struct um_doc_error *err)
{
    struct checker ck = {.arena = a};
    struct um_str at[2] = {{NULL, 0}, {NULL, 0}};
    int rc = um_val_check(v);

    *out = (struct um_meshdoc){.base = NULL};
    if (rc != 0)
        (void)fail(&ck, "The document is too large.");
    else if (v->kind != UM_VAL_OBJECT)
        rc = fail(&ck, "A document is an object.");
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        at[0] = v->members.p[i].name;
        at[1] = um_str_n(NULL, 0);
        rc = check_part(&ck, out, &v->members.p[i], &at[1]);
    }
    if (rc == 0 && out->base == NULL) {
        at[0] = um_str_n(NULL, 0);
        rc = fail(&ck, "A document has a base.");
    }
    return locate(a, rc, at, &ck.inner, err);
}

/* An overlay that selects the node. */
struct selected {
    struct um_selector selector;
    const struct um_member *member;
};

static int by_selector(const void *a, const void *b)
{
    const struct selected *x = a;
    const struct selected *y = b;

    return um_selector_compare(&x->selector, &y->selector);
}

/* The overlays of a node, in their order. */
struct selection {
    const struct um_node_facts *facts;
    struct selected *list;
    size_t n;
};

static int select_overlays(struct um_arena *a, const struct um_meshdoc *doc,
                           const struct um_node_facts *facts,
                           struct selection *out, struct um_doc_error *err)
{
    size_t all = doc->overlays != NULL ? doc->overlays->count : 0;
    size_t n = 0;

    *out = (struct selection){facts,
                              um_arena_zalloc(a, all, sizeof(*out->list)), 0};
    if (out->list == NULL)
        return P2P_ENOMEM;
    for (size_t i = 0; i < all; i++) {
        const struct um_member *m = &doc->overlays->members.p[i];

        out->list[n].member = m;
        n += um_selector_parse(m->name, &out->list[n].selector) &&
             um_selector_matches(&out->list[n].selector, facts);
    }
    if (n > UM__CAP_DOC_OVERLAYS) {
        um_doc_error_at(err, "Too many overlays select this node.",
                        UM_STR("/overlays"));
        return P2P_ELIMIT;
    }
    out->n = n;
    qsort(out->list, n, sizeof(*out->list), by_selector);
    return 0;
}

static int apply_overlays(struct um_arena *a, const struct selection *s,
                          struct um_val *config, struct um_doc_error *err)
{
    struct um_doc_error inner = {.text = NULL};
    struct um_str at[2] = {UM_STR("overlays"), {NULL, 0}};
    int rc = 0;

    for (size_t i = 0; i < s->n && rc == 0; i++) {
        at[1] = s->list[i].member->name;
        rc = um_overlay_apply(a, config, &s->list[i].member->value, config,
                              &inner);
    }
    return locate(a, rc, at, &inner, err);
}

/* The probes as a value: the document's, and what overlays change. */
static int merge_probes(struct um_arena *a, const struct um_meshdoc *doc,
                        const struct selection *s, struct um_val *out,
                        struct um_doc_error *err)
{
    struct um_val merged;
    int rc = 0;

    *out = doc->probes != NULL ? *doc->probes
                               : (struct um_val){.kind = UM_VAL_OBJECT};
    for (size_t i = 0; rc == 0 && i < s->n; i++) {
        const struct um_val *patch =
            um_val_member(&s->list[i].member->value, UM_STR("probes"));

        if (patch == NULL)
            continue;
        rc = um_patch_merge(a, out, patch, &merged);
        if (rc == P2P_ELIMIT)
            um_doc_error_at(err, "The document would be too large.",
                            UM_STR("/probes"));
        *out = merged;
    }
    if (rc == 0 &&
        (out->kind != UM_VAL_OBJECT || out->count > UM__CAP_DOC_PROBES)) {
        um_doc_error_at(err,
                        out->kind == UM_VAL_OBJECT
                            ? "There are too many probes."
                            : "Probes are an object.",
                        UM_STR("/probes"));
        rc = P2P_EFORMAT;
    }
    return rc;
}

static int make_probes(struct um_arena *a, const struct um_meshdoc *doc,
                       const struct selection *s, struct um_meshdoc_probes *out,
                       struct um_doc_error *err)
{
    const struct um_variables from = {doc->variables, s->facts, NULL};
    struct um_str at[2] = {UM_STR("probes"), {NULL, 0}};
    struct um_doc_error inner = {.text = NULL};
    struct um_val all;
    int rc = merge_probes(a, doc, s, &all, err);

    out->n = 0;
    if (rc != 0 || all.count == 0)
        return rc;
    rc = um_variables_apply(a, &all, &from, &all, &inner);
    for (size_t i = 0; rc == 0 && i < all.count; i++) {
        const struct um_member *m = &all.members.p[i];

        at[1] = m->name;
        if (!um_probe_name(m->name)) {
            um_doc_error_at(&inner, "No probe can have this name.", UM_STR(""));
            rc = P2P_EFORMAT;
        } else {
            rc = um_probe_read(a, m, false, &out->list[out->n++], &inner);
        }
    }
    return locate(a, rc, at, &inner, err);
}

int um_meshdoc_probes(struct um_arena *a, const struct um_meshdoc *doc,
                      const struct um_node_facts *facts,
                      struct um_meshdoc_probes *out, struct um_doc_error *err)
{
    struct selection s;
    int rc = select_overlays(a, doc, facts, &s, err);

    out->n = 0;
    return rc == 0 ? make_probes(a, doc, &s, out, err) : rc;
}

int um_meshdoc_effective(struct um_arena *a, const struct um_meshdoc *doc,
                         const struct um_meshdoc_node *node, struct um_val *out,
                         struct um_meshdoc_error *err)
{
    const struct um_variables from = {doc->variables, &node->facts,
                                      node->secrets};
    struct um_meshdoc_error mine = {.in_config = false};
    struct um_meshdoc_probes probes;
    struct selection s;
    int rc;

    assert(doc->base != NULL);
    *out = *doc->base;
    rc = select_overlays(a, doc, &node->facts, &s, &mine.what);
    if (rc == 0)
        rc = make_probes(a, doc, &s, &probes, &mine.what);
    if (rc == 0)
        rc = apply_overlays(a, &s, out, &mine.what);
    if (rc == 0) {
        mine.in_config = true;
        rc = um_variables_apply(a, out, &from, out, &mine.what);
    }
    if (rc == 0 && out->kind != UM_VAL_OBJECT) {
        um_doc_error_at(&mine.what, "A configuration is an object.",
                        um_str_n(NULL, 0));
        rc = P2P_EFORMAT;
    }
    if (rc == 0) {
        rc = um_bundles_apply(a, out, &node->bundles, out);
        if (rc == P2P_ELIMIT)
            um_doc_error_at(&mine.what, "The document would be too large.",
                            um_str_n(NULL, 0));
    }
    if (err != NULL)
        *err = mine;
    return rc;
}
