/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See founder.h. r1 comes before the genesis, which names it; in the store the
 * genesis comes first, for what is loaded has to find what it rests on.
 */
#include "mesh/node/founder.h"

#include "mesh/node/random.h"
#include "mesh/store/copies.h"
#include "mesh/store/documents.h"
#include "mesh/store/items.h"
#include "mesh/store/self.h"
#include "mesh/trust/revision.h"
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

/* The roles of the node: it writes, and it runs what is written. */
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
