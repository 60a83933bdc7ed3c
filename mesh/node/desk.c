/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See desk.h. */
#include "mesh/node/desk.h"

#include "mesh/doc/parse.h"
#include "mesh/node/papers.h"
#include "mesh/trust/revname.h"
#include "p2p/err.h"

static int read_bundle(void *user, enum um_bundle_kind kind, struct um_str hash,
                       struct um_buf *out)
{
    return um_vault_bundle(user, kind, um_str_n(NULL, 0), hash, out);
}

/* Which Unit a version is of: those after 1.35 are the fork's. */
static enum um_standin_flavour flavour_of(struct um_str version)
{
    int64_t minor = -1;

    if (um_str_starts(version, UM_STR("1."))) {
        struct um_str rest = um_str_skip(version, 2);

        minor = um_str_decimal(um_str_head(rest, um_str_find(rest, '.')));
    }
    return minor > 35 ? UM_STANDIN_FREEUNIT : UM_STANDIN_UNIT;
}

static int know_node(struct um_desk *d, struct um_node *n,
                     const struct um_name *member)
{
    const struct um_model *m = um_node_model(n);
    const struct um_name *me = um_node_me(n);
    const struct um_hands *h = um_node_hands(n);

    d->secrets = um_vault_secrets(um_node_vault(n));
    d->vault = (struct um_control_vault){um_node_vault(n), read_bundle};
    d->node = (struct um_control_node){
        .secrets = &d->secrets,
        .flavour = flavour_of(um_str_n(m->unit, m->unit_n)),
        .njs = true,
        .modules_json =
            member == NULL && h != NULL ? um_hands_modules(h) : NULL};
    return um_node_facts(n, member != NULL ? member : me, &d->arena,
                         &d->node.facts);
}

/* Its name, as entity tags show it: all digits, since tags are compared. */
static int name_it(struct um_desk *d, const struct um_past *p)
{
    char text[UM_REVNAME_TEXT_MAX];

    return um_arena_dup(&d->arena,
                        um_str(um_revname_text(p->rev.number, &p->rev.id,
                                               UM_DESK_DIGITS, text)),
                        &d->state.revision)
               ? 0
               : P2P_ENOMEM;
}

int um_desk_init(struct um_desk *out, struct um_node *n,
                 const struct um_name *revision, const struct um_name *member)
{
    struct um_model *m = um_node_model(n);
    const struct um_past *p = um_history_find(&m->history, revision);
    struct um_str bytes;
    int rv;

    *out = (struct um_desk){.arena = UM_ARENA_INIT};
    rv = p == NULL ? P2P_ENOTFOUND
                   : um_papers_get(um_node_papers(n), &p->rev.doc, &bytes);
    if (rv == 0)
        rv = um_doc_parse(bytes, &out->arena, &out->document, NULL);
    if (rv == 0)
        rv = know_node(out, n, member);
    if (rv == 0)
        rv = name_it(out, p);
    out->state.document = &out->document;
    out->state.node = &out->node;
    out->state.vault = &out->vault;
    out->state.require =
        um_roster_value(&m->roster, NULL, UM_STR("require-if-match")) != NULL;
    return rv;
}

void um_desk_fini(struct um_desk *d)
{
    um_arena_fini(&d->arena);
    *d = (struct um_desk){.arena = UM_ARENA_INIT};
}
