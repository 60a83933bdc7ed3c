/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See maker.h. Certificates and scripts are called by their content on a Unit,
 * so the configuration's hash says which ones it is made with, too, and not how
 * they were sealed.
 */
#include "mesh/applier/maker.h"

#include <string.h>

#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"
#include "p2p/hash.h"

/* One that is being made. */
struct making {
    const struct um_maker *m;
    struct um_maker_out *out;
    struct um_meshdoc doc;
    struct um_bundle *names; /* as the document calls them */
    int missing;             /* P2P_ENOTFOUND, or 0 */
};

static int wrong(struct making *g, const char *what, struct um_str where)
{
    struct um_buf text = UM_BUF_INIT;
    bool ok;

    um_buf_text(&text, what);
    if (where.len > 0) {
        um_buf_text(&text, " (");
        um_buf_str(&text, where);
        um_buf_byte(&text, ')');
    }
    ok = !um_buf_failed(&text) &&
         um_arena_dup(&g->out->arena, um_buf_view(&text), &g->out->why);
    um_buf_fini(&text);
    return ok ? P2P_EFORMAT : P2P_ENOMEM;
}

/* What a member of "certificates" or "js_modules" has as its hash. */
static struct um_str hash_of(enum um_bundle_kind kind, const struct um_val *v)
{
    if (kind == UM_BUNDLE_CERTIFICATE)
        v = um_val_member(v, UM_STR("sealed"));
    return v != NULL && v->kind == UM_VAL_STRING ? v->text : um_str_n(NULL, 0);
}

/* Reads the content of a bundle into the arena. */
static int read_content(struct making *g, enum um_bundle_kind kind,
                        const struct um_member *m, struct um_str *out)
{
    struct um_buf bytes = UM_BUF_INIT;
    int rv = um_vault_bundle(g->m->vault, kind, m->name,
                             hash_of(kind, &m->value), &bytes);

    if (rv == 0 && !um_arena_dup(&g->out->arena, um_buf_view(&bytes), out))
        rv = P2P_ENOMEM;
    if (bytes.p != NULL)
        explicit_bzero(bytes.p, bytes.len);
    um_buf_fini(&bytes);
    if (rv == P2P_EACCES)
        return wrong(g, "a certificate is sealed, and not for this node",
                     m->name);
    return rv == 0 || rv == P2P_ENOMEM || rv == P2P_ENOTFOUND
               ? rv
               : wrong(g, "a certificate or script is damaged", m->name);
}

/* What it is called here, by its content; versions before called certificates
 * by their sealed objects. */
static int name_bundle(struct making *g, const struct um_name *object,
                       struct um_str name, struct um_runner_bundle *b)
{
    struct um_arena *a = &g->out->arena;
    uint8_t hash[P2P_SHA256_BYTES];

    um_bundles_hash(b->kind, b->bytes, hash);
    return um_bundles_name(a, b->kind, name, hash, &b->called) &&
                   (b->kind == UM_BUNDLE_SCRIPT ||
                    um_bundles_name(a, b->kind, name, object->b, &b->was))
               ? 0
               : P2P_ENOMEM;
}

/* One bundle: its content, and its name here. */
static int add_bundle(struct making *g, enum um_bundle_kind kind,
                      const struct um_member *m)
{
    struct um_maker_out *o = g->out;
    struct um_runner_bundle *b = &o->bundles[o->bundles_n];
    struct um_name hash;
    int rv;

    if (!um_vault_hash(hash_of(kind, &m->value), &hash))
        return wrong(g, "a certificate or script has no hash", m->name);
    b->kind = kind;
    rv = read_content(g, kind, m, &b->bytes);
    if (rv == P2P_ENOTFOUND) {
        g->missing = rv; /* go on: all that is missing is told at once */
        rv = 0;
    }
    if (rv == 0)
        rv = name_bundle(g, &hash, m->name, b);
    g->names[o->bundles_n++] = (struct um_bundle){kind, m->name, b->called};
    return rv;
}

static int add_bundles(struct making *g, enum um_bundle_kind kind,
                       const struct um_val *all)
{
    int rv = 0;

    for (size_t i = 0; all != NULL && i < all->count && rv == 0; i++)
        rv = add_bundle(g, kind, &all->members.p[i]);
    return rv;
}

/* Whether the objects of all secret variables are here, with their slots. */
static void look_for_secrets(struct making *g)
{
    const struct um_val *all = g->doc.variables;

    for (size_t i = 0; all != NULL && i < all->count; i++) {
        const struct um_val *v = &all->members.p[i].value;

        if (um_variables_sealed(v) &&
            !um_vault_ready(g->m->vault, hash_of(UM_BUNDLE_CERTIFICATE, v)))
            g->missing = P2P_ENOTFOUND;
    }
}

static int gather(struct making *g)
{
    size_t n = 1;
    int rv;

    n += g->doc.certificates != NULL ? g->doc.certificates->count : 0;
    n += g->doc.js_modules != NULL ? g->doc.js_modules->count : 0;
    g->out->bundles =
        um_arena_zalloc(&g->out->arena, n, sizeof *g->out->bundles);
    g->names = um_arena_zalloc(&g->out->arena, n, sizeof *g->names);
    if (g->out->bundles == NULL || g->names == NULL)
        return P2P_ENOMEM;
    look_for_secrets(g);
    rv = add_bundles(g, UM_BUNDLE_CERTIFICATE, g->doc.certificates);
    return rv != 0 ? rv : add_bundles(g, UM_BUNDLE_SCRIPT, g->doc.js_modules);
}

/* Makes the configuration as a value, and its text. */
static int make(struct making *g)
{
    struct um_secrets secrets = um_vault_secrets(g->m->vault);
    const struct um_meshdoc_node node = {
        .facts = g->m->facts,
        .secrets = &secrets,
        .bundles = {g->names, g->out->bundles_n}};
    struct um_meshdoc_error err = {{0}, false};
    struct um_buf text = UM_BUF_INIT;
    struct um_val config;
    int rv =
        um_meshdoc_effective(&g->out->arena, &g->doc, &node, &config, &err);

    if (rv != 0)
        return rv == P2P_ENOMEM ? rv
                                : wrong(g, err.what.text, err.what.pointer);
    rv =
        um_mask_open(&g->out->arena, g->doc.variables, &secrets, &g->out->mask);
    if (rv == 0)
        rv = um_doc_print(&text, &config);
    if (rv == 0 &&
        !um_arena_dup(&g->out->arena, um_buf_view(&text), &g->out->config))
        rv = P2P_ENOMEM;
    um_buf_fini(&text);
    p2p_sha256(g->out->config.p, g->out->config.len, g->out->effective.b);
    return rv == 0 || rv == P2P_ENOMEM
               ? rv
               : wrong(g, "the configuration is too big", um_str_n(NULL, 0));
}

int um_maker_make(const struct um_maker *m, struct um_str document,
                  struct um_maker_out *out)
{
    struct making g = {.m = m, .out = out};
    struct um_doc_error err = {0};
    struct um_val v;
    int rv;

    *out = (struct um_maker_out){.arena = UM_ARENA_INIT};
    rv = um_doc_parse(document, &out->arena, &v, &err);
    if (rv == 0)
        rv = um_meshdoc_init(&g.doc, &out->arena, &v, &err);
    if (rv != 0)
        return rv == P2P_ENOMEM
                   ? rv
                   : wrong(&g, err.text != NULL ? err.text : "no document",
                           err.pointer);
    rv = gather(&g);
    if (rv == 0)
        rv = g.missing;
    return rv != 0 ? rv : make(&g);
}

void um_maker_fini(struct um_maker_out *out)
{
    if (out->config.p != NULL)
        explicit_bzero((char *)(uintptr_t)out->config.p, out->config.len);
    for (size_t i = 0; i < out->bundles_n; i++) {
        if (out->bundles[i].bytes.p != NULL)
            explicit_bzero((char *)(uintptr_t)out->bundles[i].bytes.p,
                           out->bundles[i].bytes.len);
    }
    um_arena_fini(&out->arena);
    *out = (struct um_maker_out){.arena = UM_ARENA_INIT};
}
