/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What this node's Unit runs becomes what the mesh runs. Happy path: names of
 * certificates and scripts as the document has them; then a three-way merge:
 * what differs from what this node applied is changed in the base the same
 * way, so overlays and variables stay what they are. Failure modes: a text of
 * Unit that is no configuration; a change where an overlay or a variable has a
 * say; whatever a change of the document can fail of.
 */
#include "mesh/control/call.h"
#include "mesh/doc/edit.h"
#include "mesh/doc/merge3.h"
#include "mesh/doc/parse.h"
#include "p2p/err.h"

static uint8_t digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Adds the members of a part, from what they are called to their names. */
static bool add_part(struct um_arena *a, const struct um_val *part,
                     enum um_bundle_kind kind, struct um_bundle *to, size_t *n)
{
    for (size_t i = 0; part != NULL && i < part->count; i++) {
        const struct um_member *m = &part->members.p[i];
        const struct um_val *v = &m->value;
        uint8_t hash[P2P_SHA256_BYTES];

        if (v->kind == UM_VAL_OBJECT)
            v = &v->members.p[0].value;
        for (size_t b = 0; b < sizeof hash; b++)
            hash[b] = (uint8_t)(digit(v->text.p[2 * b]) << 4 |
                                digit(v->text.p[2 * b + 1]));
        to[*n].kind = kind;
        to[*n].called = m->name;
        if (!um_bundles_name(a, kind, m->name, hash, &to[*n].name))
            return false;
        ++*n;
    }
    return true;
}

static size_t count_of(const struct um_val *part)
{
    return part != NULL ? part->count : 0;
}

/* Reads what Unit showed, with the document's names in it. */
static int read(struct um_call *c, struct um_str text, struct um_val *out)
{
    const struct um_meshdoc *doc = &c->doc;
    struct um_bundles all = {.count = 0};
    struct um_bundle *items = um_arena_zalloc(
        c->arena, count_of(doc->certificates) + count_of(doc->js_modules),
        sizeof(*items));
    int rc = um_doc_parse(text, c->arena, out, NULL);

    if (rc != 0)
        return rc;
    if (items == NULL ||
        !add_part(c->arena, doc->certificates, UM_BUNDLE_CERTIFICATE, items,
                  &all.count) ||
        !add_part(c->arena, doc->js_modules, UM_BUNDLE_SCRIPT, items,
                  &all.count))
        return P2P_ENOMEM;
    all.items = items;
    if (out->kind != UM_VAL_OBJECT)
        return P2P_EFORMAT;
    return um_bundles_apply(c->arena, out, &all, out);
}

static int refuse_conflicts(struct um_call *c, const struct um_merge3 *m)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_problem p = {
        .status = 409,
        .error = UM_STR("The changes at the Unit can't be adopted."),
        .has_pointer = true,
        .pointer = m->at[0],
        .of = "effective"};
    bool ok;

    um_buf_fmt(&text,
               "Places where an overlay, a variable or another revision has a "
               "say: %zu.",
               m->conflicts);
    ok = !um_buf_failed(&text) &&
         um_arena_dup(c->arena, um_buf_view(&text), &p.detail);
    um_buf_fini(&text);
    return ok ? um_call_refuse(c, &p) : P2P_ENOMEM;
}

static int refuse_text(struct um_call *c, int rc)
{
    if (rc == P2P_ENOMEM)
        return rc;
    return um_call_say(c, rc == P2P_EFORMAT ? 409 : 413,
                       "The changes at the Unit can't be adopted.",
                       rc == P2P_EFORMAT ? "What it shows is no configuration."
                                         : "The document is too large.");
}

/* The base, with what was changed since this node applied something. */
static int merge(struct um_call *c, struct um_str applied,
                 const struct um_val *config, struct um_merge3 *out)
{
    struct um_val was;
    int rc = read(c, applied, &was);

    return rc == 0 ? um_merge3_run(c->arena, &was, c->doc.base, config, out)
                   : rc;
}

int um_adopt_answer(struct um_call *c)
{
    struct um_merge3 *m = um_arena_zalloc(c->arena, 1, sizeof(*m));
    struct um_val config;
    int rc = m != NULL ? read(c, c->unit->config, &config) : P2P_ENOMEM;

    if (rc == 0 && c->unit->applied.p != NULL)
        rc = merge(c, c->unit->applied, &config, m);
    else if (rc == 0)
        m->value = config;
    if (rc != 0)
        return refuse_text(c, rc);
    if (m->conflicts > 0)
        return refuse_conflicts(c, m);
    return um_call_base(c, &m->value);
}
