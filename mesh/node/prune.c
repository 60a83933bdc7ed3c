/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See prune.h. What is in memory is left alone, too: it may be of a change that
 * is under way, and in no revision yet.
 */
#include "mesh/node/prune.h"

#include "mesh/base/mem.h"
#include "mesh/doc/meshdoc.h"
#include "mesh/doc/parse.h"
#include "mesh/node/papers.h"
#include "mesh/applier/vault.h"
#include "mesh/store/documents.h"
#include "p2p/err.h"

/* Names that are kept, in a buffer; sorted before they are looked at. */
static void keep(struct um_buf *names, const struct um_name *name)
{
    um_buf_add(names, name->b, sizeof name->b);
}

/* A hash in a document: of a script, or inside of {"sealed": HASH}. */
static void keep_hash(struct um_buf *names, const struct um_val *v)
{
    struct um_name name;

    if (v->kind == UM_VAL_OBJECT)
        v = um_val_member(v, UM_STR("sealed"));
    if (v != NULL && v->kind == UM_VAL_STRING && um_vault_hash(v->text, &name))
        keep(names, &name);
}

/* What a document names. */
static void keep_named(struct um_node *n, const struct um_name *doc,
                       struct um_buf *names)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_meshdoc d;
    struct um_str bytes;
    struct um_val v;

    if (um_papers_get(um_node_papers(n), doc, &bytes) == 0 &&
        um_doc_parse(bytes, &a, &v, NULL) == 0 &&
        um_meshdoc_init(&d, &a, &v, NULL) == 0) {
        const struct um_val *all[] = {d.certificates, d.js_modules,
                                      d.variables};

        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            for (size_t k = 0; all[i] != NULL && k < all[i]->count; k++)
                keep_hash(names, &all[i]->members.p[k].value);
        }
    }
    um_arena_fini(&a);
}

/* All names that are kept, sorted. */
static struct um_namelist kept(struct um_node *n,
                               const struct um_prune_limits *limits,
                               struct um_buf *names)
{
    struct um_model *m = um_node_model(n);
    uint64_t bytes = 0;

    um_papers_names(um_node_papers(n), names); /* before they are made to go */
    for (size_t i = 0; i < m->history.revs_n; i++) {
        const struct um_past *p = um_history_ranked(&m->history, i);

        if (um_model_prunable(m, p) &&
            (i >= limits->revisions || bytes > limits->bytes))
            continue;
        bytes += p->rev.doc_bytes;
        keep(names, &p->rev.doc);
        keep_named(n, &p->rev.doc, names);
    }
    return (struct um_namelist){
        (struct um_name *)names->p,
        um_namelist_sort((struct um_name *)names->p,
                         names->len / sizeof(struct um_name))};
}

/* Names that go. */
struct gone {
    size_t n;
    struct um_name names[UM_PRUNE_AT_ONCE];
};

static int drop(void *arg, struct um_store *s)
{
    const struct gone *g = arg;
    int rv = 0;

    for (size_t i = 0; i < g->n && rv == 0; i++) {
        rv = um_documents_drop(s, &g->names[i]);
        rv = rv == P2P_ENOTFOUND ? 0 : rv;
    }
    return rv;
}

static void dropped(void *arg, int err)
{
    (void)err; /* what stays goes the next time */
    um_mem_free(arg);
}

/* Walks through the store; how many documents there are. */
static int collect(struct um_node *n, struct um_namelist keeps, struct gone *g)
{
    struct um_store *s = um_disk_lock(um_node_disk(n));
    struct um_name at = {{0}};
    int rv, count = 0;

    while ((rv = um_documents_next(s, &at, &at, NULL)) == 1) {
        count++;
        if (g->n < UM_PRUNE_AT_ONCE && !um_namelist_has(keeps, &at))
            g->names[g->n++] = at;
    }
    um_disk_unlock(um_node_disk(n));
    return rv == 0 ? count : rv;
}

int um_prune_run(struct um_node *n)
{
    const struct um_prune_limits limits = {.revisions = UM_PRUNE_REVISIONS,
                                           .bytes = UM_PRUNE_BYTES,
                                           .documents = UM_PRUNE_DOCUMENTS};

    return um_prune_to(n, &limits);
}

int um_prune_to(struct um_node *n, const struct um_prune_limits *limits)
{
    struct um_buf names = UM_BUF_INIT;
    struct gone *g = um_mem_zalloc(sizeof *g);
    struct um_disk_job job = {.write = drop, .done = dropped, .arg = g};
    struct um_namelist keeps = kept(n, limits, &names);
    int rv =
        g == NULL || um_buf_failed(&names) ? P2P_ENOMEM : collect(n, keeps, g);

    um_buf_fini(&names);
    if (rv < 0 || (size_t)rv < limits->documents || g->n == 0) {
        um_mem_free(g);
        return rv < 0 ? rv : 0;
    }
    rv = (int)g->n;
    if (um_disk_write(um_node_disk(n), &job) != 0) {
        um_mem_free(g);
        return P2P_ENOMEM;
    }
    return rv;
}
