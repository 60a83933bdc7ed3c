/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What this node's Unit runs becomes what the mesh runs. Happy path: names of
 * certificates and scripts as the document has them, and secrets by theirs, so
 * that none gets into a document; then a three-way merge: what differs from
 * what this node applied is changed in the base the same way, so overlays and
 * variables stay what they are. Failure modes: a text of Unit that is no
 * configuration; a change where an overlay or a variable has a say; whatever a
 * change of the document can fail of.
 */
#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/control/call.h"
#include "mesh/doc/mask.h"
#include "mesh/doc/merge3.h"
#include "mesh/doc/parse.h"
#include "p2p/err.h"

static uint8_t digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* What the document calls what a Unit calls otherwise. */
struct known {
    struct um_arena *arena;
    struct um_bundle *items;
    size_t count;
};

/* Adds one, by the hash that a Unit calls it by. */
static bool add(struct known *k, enum um_bundle_kind kind, struct um_str name,
                const uint8_t hash[P2P_SHA256_BYTES])
{
    struct um_bundle *b = &k->items[k->count++];

    b->kind = kind;
    b->called = name;
    return um_bundles_name(k->arena, kind, name, hash, &b->name);
}

/* The hash that a Unit calls a certificate by; false: it cannot be opened. */
static bool open_hash(const struct um_control_vault *vault, struct um_str hex,
                      uint8_t hash[P2P_SHA256_BYTES])
{
    struct um_buf bytes = UM_BUF_INIT;
    bool ok = vault != NULL &&
              vault->read(vault->user, UM_BUNDLE_CERTIFICATE, hex, &bytes) == 0;

    ok = ok && !um_buf_failed(&bytes);
    if (ok)
        um_bundles_hash(UM_BUNDLE_CERTIFICATE, um_buf_view(&bytes), hash);
    if (bytes.p != NULL)
        um_mem_wipe(bytes.p, bytes.len);
    um_buf_fini(&bytes);
    return ok;
}

/* Adds the members of a part, from what they are called to their names. A
 * certificate is also known by its object, as earlier versions called it. */
static bool add_part(struct um_call *c, const struct um_val *part,
                     enum um_bundle_kind kind, struct known *k)
{
    bool ok = true;

    for (size_t i = 0; part != NULL && i < part->count && ok; i++) {
        const struct um_member *m = &part->members.p[i];
        const struct um_val *v = &m->value;
        uint8_t hash[P2P_SHA256_BYTES];

        if (v->kind == UM_VAL_OBJECT)
            v = &v->members.p[0].value;
        assert(v->kind == UM_VAL_STRING &&
               v->text.len == 2 * sizeof hash); /* a document has no other */
        for (size_t n = 0; n < sizeof hash; n++)
            hash[n] = (uint8_t)(digit(v->text.p[2 * n]) << 4 |
                                digit(v->text.p[2 * n + 1]));
        ok = add(k, kind, m->name, hash);
        if (ok && kind == UM_BUNDLE_CERTIFICATE &&
            open_hash(c->state->vault, v->text, hash))
            ok = add(k, kind, m->name, hash);
    }
    return ok;
}

static size_t count_of(const struct um_val *part)
{
    return part != NULL ? part->count : 0;
}

/* Puts secrets back to "{{name}}", unless they are so short that the same may
 * stand there by chance. */
static int hide_secrets(struct um_call *c, struct um_val *config)
{
    const struct um_secrets *secrets =
        c->state->node != NULL ? c->state->node->secrets : NULL;
    struct um_mask mask;
    int rc = um_mask_open(c->arena, c->doc.variables, secrets, &mask);

    return rc == 0
               ? um_mask_config(c->arena, &mask, UM_MASK_RUN, config, config)
               : rc;
}

/* Reads what Unit showed, with the document's names in it. */
static int read(struct um_call *c, struct um_str text, struct um_val *out)
{
    const struct um_meshdoc *doc = &c->doc;
    struct known all = {.arena = c->arena};
    struct um_bundles bundles;
    int rc = um_doc_parse(text, c->arena, out, NULL);

    if (rc != 0)
        return rc;
    all.items = um_arena_zalloc(
        c->arena, 2 * count_of(doc->certificates) + count_of(doc->js_modules),
        sizeof(*all.items));
    if (all.items == NULL ||
        !add_part(c, doc->certificates, UM_BUNDLE_CERTIFICATE, &all) ||
        !add_part(c, doc->js_modules, UM_BUNDLE_SCRIPT, &all))
        return P2P_ENOMEM;
    bundles = (struct um_bundles){all.items, all.count};
    if (out->kind != UM_VAL_OBJECT)
        return P2P_EFORMAT;
    rc = um_bundles_apply(c->arena, out, &bundles, out);
    return rc == 0 ? hide_secrets(c, out) : rc;
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
