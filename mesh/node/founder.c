/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See founder.h. r1 comes before the genesis, which names it; in the store the
 * genesis comes first, for what is loaded has to find what it rests on.
 */
#include "mesh/node/founder.h"

#include <string.h>

#include "mesh/doc/print.h"
#include "mesh/node/random.h"
#include "mesh/store/copies.h"
#include "mesh/store/documents.h"
#include "mesh/store/items.h"
#include "mesh/store/self.h"
#include "mesh/trust/revision.h"
#include "mesh/trust/seal.h"
#include "mesh/trust/statement.h"
#include "p2p/err.h"
#include "p2p/hash.h"

static int keep_item(struct um_store *s, enum um_kind kind,
                     const struct um_name *id, struct um_str envelope,
                     uint64_t wall_ms)
{
    const struct um_stored item = {
        .kind = kind, .id = *id, .seen_ms = wall_ms, .envelope = envelope};
    int rv = um_items_add(s, &item);

    return rv == P2P_EDUP ? 0 : rv;
}

static int keep_self(struct um_store *s, const struct um_name *mesh)
{
    struct um_self self = {.mesh = *mesh};
    int rv = um_random_fill(self.salt, sizeof self.salt);

    return rv != 0 ? rv : um_self_put(s, &self);
}

/* What Unit ran before. */
static int keep_config(struct um_store *s, struct um_str config,
                       uint64_t wall_ms)
{
    const struct um_copy copy = {.at_ms = wall_ms, .why = UM_COPY_JOIN};

    return config.p == NULL ? 0 : um_copies_add(s, &copy, config);
}

/* The first revision, which the genesis names. */
static int make_first(const struct um_founder_plan *plan, struct um_revision *r,
                      struct um_buf *out)
{
    *r = (struct um_revision){.number = 1,
                              .wall_ms = plan->wall_ms,
                              .doc_bytes = (uint32_t)plan->document.len,
                              .message = UM_STR("the first")};
    p2p_sha256(plan->document.p, plan->document.len, r->doc.b);
    return um_revision_seal(r, plan->owner, out);
}

static int make_genesis(const struct um_founder_plan *plan,
                        const struct um_revision *first, struct um_statement *g,
                        struct um_buf *out)
{
    int rv;

    *g = (struct um_statement){.what = UM_GENESIS,
                               .first = first->id,
                               .wall_ms = plan->wall_ms,
                               .roles = UM_OWNER | UM_ROOT,
                               .name = plan->name};
    rv = um_item_signer(plan->recovery, &g->key);
    if (rv == 0)
        rv = um_random_fill(g->nonce, sizeof g->nonce);
    return rv != 0 ? rv : um_statement_seal(g, plan->owner, out);
}

/* The roles of the node: it writes, and it runs what is written. That it is the
 * first one is told by its time, see um_founder_let_in(). */
static int make_grant(const struct um_founder_plan *plan,
                      const struct um_name *mesh, struct um_statement *g,
                      struct um_buf *out)
{
    int rv;

    *g = (struct um_statement){.what = UM_GRANT,
                               .mesh = *mesh,
                               .wall_ms = plan->wall_ms,
                               .roles = UM_WRITER | UM_NODE};
    rv = um_item_signer(plan->key, &g->key);
    return rv != 0 ? rv : um_statement_seal(g, plan->owner, out);
}

bool um_founder_let_in(const struct um_statement *genesis,
                       const struct um_statement *s)
{
    return s->what == UM_GRANT && um_name_eq(&s->by, &genesis->by) &&
           s->wall_ms == genesis->wall_ms && (s->roles & UM_NODE) != 0;
}

/* Keeps a part, for its hash to stand in the document. */
static int keep_part(struct um_store *s, const struct um_founder_plan *plan,
                     const struct um_founder_part *part,
                     const struct um_name *mesh, struct um_name *hash)
{
    struct um_buf object = UM_BUF_INIT, name = UM_BUF_INIT;
    struct um_sealed_plan seal = {
        .mesh = *mesh, .content = part->bytes, .members = {hash, 1}};
    uint8_t entropy[32];
    int rv = 0;

    if (part->kind == UM_BUNDLE_CERTIFICATE) {
        um_buf_text(&name, "certificates/");
        um_buf_str(&name, part->name);
        seal.name = um_buf_view(&name);
        seal.entropy = entropy;
        rv = um_item_signer(plan->key, hash);
        if (rv == 0)
            rv = um_random_fill(entropy, sizeof entropy);
        if (rv == 0)
            rv = um_sealed_make(&seal, &object);
        explicit_bzero(entropy, sizeof entropy);
    } else {
        um_buf_str(&object, part->bytes);
    }
    if (rv == 0 && um_buf_failed(&object))
        rv = P2P_ENOMEM;
    p2p_sha256(object.p, object.len, hash->b);
    if (rv == 0)
        rv = um_documents_add(s, hash, um_buf_view(&object));
    um_buf_fini(&object);
    um_buf_fini(&name);
    return rv == P2P_EDUP ? 0 : rv;
}

/* Appends the parts of a kind as a member of the document. */
static int put_parts(struct um_store *s, const struct um_founder_plan *plan,
                     enum um_bundle_kind kind, const struct um_name *mesh,
                     struct um_buf *out)
{
    bool sealed = kind == UM_BUNDLE_CERTIFICATE, any = false;
    char hex[UM_NAME_TEXT_MAX];
    int rv = 0;

    for (size_t i = 0; i < plan->parts_n && rv == 0; i++) {
        const struct um_founder_part *part = &plan->parts[i];
        struct um_val name = {.kind = UM_VAL_STRING, .text = part->name};
        struct um_name hash;

        if (part->kind != kind)
            continue;
        rv = keep_part(s, plan, part, mesh, &hash);
        um_buf_text(out, any      ? ","
                         : sealed ? ",\"certificates\":{"
                                  : ",\"js_modules\":{");
        any = true;
        if (rv == 0)
            rv = um_doc_print(out, &name);
        um_buf_fmt(out, sealed ? ":{\"sealed\":\"%s\"}" : ":\"%s\"",
                   um_name_text(&hash, hex));
    }
    um_buf_text(out, any ? "}" : "");
    return rv;
}

/* The second document: the first, with certificates and scripts. */
static int make_second(struct um_store *s, const struct um_founder_plan *plan,
                       const struct um_name *mesh, struct um_buf *out)
{
    int rv;

    um_buf_str(out, um_str_head(plan->document, plan->document.len - 1));
    rv = put_parts(s, plan, UM_BUNDLE_CERTIFICATE, mesh, out);
    if (rv == 0)
        rv = put_parts(s, plan, UM_BUNDLE_SCRIPT, mesh, out);
    um_buf_text(out, "}");
    return rv == 0 && um_buf_failed(out) ? P2P_ENOMEM : rv;
}

/* What was beside the first configuration comes with a second revision. */
static int keep_parts(struct um_store *s, const struct um_founder_plan *plan,
                      const struct um_name *mesh, const struct um_name *first)
{
    struct um_buf document = UM_BUF_INIT, envelope = UM_BUF_INIT;
    struct um_revision r = {.mesh = *mesh,
                            .parents = {*first},
                            .parents_n = 1,
                            .number = 2,
                            .wall_ms = plan->wall_ms,
                            .message = UM_STR("its certificates and scripts")};
    int rv = plan->parts_n > 0 ? make_second(s, plan, mesh, &document) : 0;

    if (rv == 0 && plan->parts_n > 0) {
        r.doc_bytes = (uint32_t)document.len;
        p2p_sha256(document.p, document.len, r.doc.b);
        rv = um_revision_seal(&r, plan->key, &envelope);
        if (rv == 0)
            rv = um_documents_add(s, &r.doc, um_buf_view(&document));
        if (rv == 0)
            rv = keep_item(s, UM_REVISION, &r.id, um_buf_view(&envelope),
                           plan->wall_ms);
    }
    um_buf_fini(&document);
    um_buf_fini(&envelope);
    return rv;
}

static int write_mesh(struct um_store *s, const struct um_founder_plan *plan,
                      struct um_name *mesh)
{
    struct um_buf first = UM_BUF_INIT, genesis = UM_BUF_INIT,
                  grant = UM_BUF_INIT;
    struct um_statement g, role;
    struct um_revision r;
    int rv = make_first(plan, &r, &first);

    if (rv == 0)
        rv = make_genesis(plan, &r, &g, &genesis);
    if (rv == 0)
        rv = make_grant(plan, &g.id, &role, &grant);
    if (rv == 0)
        rv = keep_self(s, &g.id);
    if (rv == 0)
        rv = um_documents_add(s, &r.doc, plan->document);
    if (rv == 0)
        rv = keep_item(s, UM_STATEMENT, &g.id, um_buf_view(&genesis),
                       plan->wall_ms);
    if (rv == 0)
        rv = keep_item(s, UM_STATEMENT, &role.id, um_buf_view(&grant),
                       plan->wall_ms);
    if (rv == 0)
        rv = keep_item(s, UM_REVISION, &r.id, um_buf_view(&first),
                       plan->wall_ms);
    if (rv == 0)
        rv = keep_parts(s, plan, &g.id, &r.id);
    if (rv == 0)
        rv = keep_config(s, plan->config, plan->wall_ms);
    *mesh = g.id;
    um_buf_fini(&first);
    um_buf_fini(&genesis);
    um_buf_fini(&grant);
    return rv;
}

static int end(struct um_store *s, int rv)
{
    if (rv == 0)
        return um_store_commit(s);
    um_store_rollback(s);
    return rv;
}

int um_founder_begin(struct um_store *s, const struct um_founder_plan *plan,
                     struct um_name *mesh)
{
    int rv = um_store_begin(s);

    return rv != 0 ? rv : end(s, write_mesh(s, plan, mesh));
}

static int write_place(struct um_store *s, const struct um_founder_place *place)
{
    struct um_str rest = place->statements, envelope;
    int rv = keep_self(s, &place->mesh);

    while (rv == 0 && um_pb_list_next(&rest, &envelope)) {
        struct um_statement st;

        rv = um_statement_open(envelope, &st);
        if (rv == 0)
            rv = keep_item(s, UM_STATEMENT, &st.id, envelope, place->wall_ms);
    }
    return rv != 0 ? rv : keep_config(s, place->config, place->wall_ms);
}

int um_founder_join(struct um_store *s, const struct um_founder_place *place)
{
    int rv = um_store_begin(s);

    return rv != 0 ? rv : end(s, write_place(s, place));
}
