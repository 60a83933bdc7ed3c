/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See rules.h. Each rule is computed anew here, from what is signed. */
#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "member.h"
#include "mesh/node/papers.h"
#include "mesh/node/prune.h"
#include "mesh/store/documents.h"

struct touch {
    struct touch *next;
    struct um_name revision;
    uint8_t by[WORLD_MEMBERS];
};

void rules_fini(struct world *w)
{
    while (w->rules.touches != NULL) {
        struct touch *t = w->rules.touches;

        w->rules.touches = t->next;
        free(t);
    }
}

/* ---- I6: a rollout of what is bad touches its batches only */

void rules_touched(struct member *m)
{
    const struct um_name *id = &um_node_model(m->node)->own.trying;
    struct touch *t = m->w->rules.touches;

    while (t != NULL && !um_name_eq(&t->revision, id))
        t = t->next;
    if (t == NULL) {
        t = must_alloc(sizeof *t);
        t->revision = *id;
        t->next = m->w->rules.touches;
        m->w->rules.touches = t;
    }
    t->by[m->index] = 1;
}

static bool is_hostile(const struct world *w, const struct um_name *name)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->members[i]->hostile && um_name_eq(&w->members[i]->name, name))
            return true;
    }
    return false;
}

/* How many opened it that did not make it: each was told to go on. */
static size_t resumed(const struct um_past *p)
{
    struct um_name by[16];
    size_t n = 0;

    for (const struct um_noted *f = p->facts; f != NULL; f = f->next) {
        size_t k = 0;

        if (f->fact.what != UM_OPEN || um_name_eq(&f->fact.by, &p->rev.by))
            continue;
        while (k < n && !um_name_eq(&by[k], &f->fact.by))
            k++;
        if (k == n && n < sizeof by / sizeof *by)
            by[n++] = f->fact.by;
    }
    return n;
}

/* Whether somebody took it out of the rollout's hands. */
static bool overruled(const struct world *w, const struct um_past *p)
{
    for (const struct um_noted *f = p->facts; f != NULL; f = f->next) {
        if (f->fact.what == UM_CONFIRM || is_hostile(w, &f->fact.by))
            return true;
    }
    return is_hostile(w, &p->rev.by);
}

/* Batches double until more have failed than may; who is put out, or means
 * harm, does not count as failed. */
static void in_batches(struct world *w, const struct um_past *p,
                       const struct touch *t)
{
    size_t bound = p->rev.first.n > 0 ? p->rev.first.n : 1;
    size_t touched = 0, unseen = w->plan.hostile;

    for (size_t i = 0; i < w->n; i++) {
        touched += t->by[i];
        unseen += t->by[i] != 0 && w->members[i]->revoked;
    }
    while (bound <= p->rev.budget + unseen)
        bound = 2 * bound + unseen;
    bound *= resumed(p) + 1;
    w->tally.bad_rollouts++;
    if (touched > bound)
        world_fail(w, "r%llu, which no Unit takes, came to %zu, not %zu (I6)",
                   (unsigned long long)p->rev.number, touched, bound);
}

/* ---- I8: what is pruned is not needed */

/* A document that a node must have if it had it when it pruned. */
struct pruned {
    struct member *of;
    unsigned run;
    struct um_buf must; /* names */
};

static struct um_namelist stored(struct member *m, struct um_buf *out)
{
    struct um_store *s = um_disk_lock(um_node_disk(m->node));
    struct um_name at = {{0}};

    while (um_documents_next(s, &at, &at, NULL) == 1)
        um_buf_add(out, at.b, sizeof at.b);
    um_disk_unlock(um_node_disk(m->node));
    return (struct um_namelist){
        (struct um_name *)out->p,
        um_namelist_sort((struct um_name *)out->p,
                         out->len / sizeof(struct um_name))};
}

static void need(struct um_namelist here, const struct um_past *p,
                 struct um_buf *out)
{
    if (p != NULL && um_namelist_has(here, &p->rev.doc))
        um_buf_add(out, p->rev.doc.b, sizeof p->rev.doc.b);
}

/* What runs, what should, to what it falls back, and all down to the newest
 * that is established. */
static void needed(struct member *m, struct um_namelist here,
                   struct um_buf *out)
{
    struct um_model *x = um_node_model(m->node);
    const struct um_history *h = &x->history;

    need(here, um_history_find(h, &x->own.applied), out);
    need(here, um_view_desired(&x->view, h, &x->roster, &m->name), out);
    for (size_t i = 0; i < x->own.good_n; i++)
        need(here, um_history_find(h, &x->own.good[i]), out);
    for (size_t i = 0; i < x->view.states_n; i++) {
        const struct um_past *p = um_history_ranked(h, i);

        need(here, p, out);
        if (um_view_state(&x->view, p) == UM_ESTABLISHED)
            break;
    }
}

static void on_pruned(void *arg)
{
    struct pruned *p = arg;
    struct member *m = p->of;
    struct um_buf names = UM_BUF_INIT;
    const struct um_name *must_have = (const struct um_name *)p->must.p;

    if (m->node != NULL && !m->dying && m->run == p->run) {
        struct um_namelist here = stored(m, &names);

        for (size_t i = 0; i < p->must.len / sizeof *must_have; i++) {
            if (!um_namelist_has(here, &must_have[i]))
                world_fail(m->w, "%s dropped a document that it needs (I8)",
                           m->called);
        }
    }
    m->pruning = false;
    um_buf_fini(&names);
    um_buf_fini(&p->must);
    free(p);
}

void rules_prune(struct member *m)
{
    static const struct um_prune_limits all = {.revisions = 0};
    struct um_buf names = UM_BUF_INIT;
    struct pruned *p;
    int gone;

    if (m->node == NULL || m->dying || m->pruning || m->w->n > 50)
        return;
    p = must_alloc(sizeof *p);
    p->of = m;
    p->run = m->run;
    needed(m, stored(m, &names), &p->must);
    gone = um_prune_to(m->node, &all);
    world_say(m->w, "%s drops %d documents", m->called, gone);
    if (gone > 0)
        m->w->tally.pruned += (unsigned)gone;
    m->pruning = true;
    (void)world_at(m->w, 5000, m, on_pruned, p);
    um_buf_fini(&names);
}

/* ---- I10: nothing empty, or halved, is taken over from a Unit */

static size_t count(struct um_str bytes, const char *what)
{
    char *text = must_alloc(bytes.len + 1);
    size_t n = 0;

    memcpy(text, bytes.p, bytes.len);
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        n++;
    free(text);
    return n;
}

/* Routes and applications of a document that somebody has; false: nobody. */
static bool parts(struct world *w, const struct um_past *p, size_t *out)
{
    struct um_str bytes;

    for (size_t i = 0; i < w->n; i++) {
        if (w->members[i]->node == NULL ||
            um_papers_get(um_node_papers(w->members[i]->node), &p->rev.doc,
                          &bytes) != 0)
            continue;
        *out = count(bytes, "\"return\":") + count(bytes, "\"type\":");
        return true;
    }
    return false;
}

/* Nobody says --force to adopt in these worlds. */
static void not_shrunk(struct world *w, const struct um_history *h,
                       const struct um_past *p)
{
    const struct um_past *of = um_history_find(h, &p->rev.parents[0]);
    size_t before, after;

    if (of == NULL || !um_str_eq(p->rev.message, UM_STR("a change by hand")) ||
        is_hostile(w, &p->rev.by) || !parts(w, of, &before) ||
        !parts(w, p, &after))
        return;
    w->tally.adopted++;
    if (after == 0 || (2 * after <= before && before > 0))
        world_fail(w, "r%llu takes over %zu parts of %zu (I10)",
                   (unsigned long long)p->rev.number, after, before);
}

void rules_end(struct world *w, struct um_model *m)
{
    const struct um_history *h = &m->history;

    for (const struct touch *t = w->rules.touches; t != NULL; t = t->next) {
        const struct um_past *p = um_history_find(h, &t->revision);

        if (p != NULL && p->rev.policy == UM_STAGED && !overruled(w, p))
            in_batches(w, p, t);
    }
    for (size_t i = 0; i < h->revs_n; i++)
        not_shrunk(w, h, h->revs[i]);
}
