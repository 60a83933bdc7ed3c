/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See evidence.h. That a revocation keeps a revision is shown by one way down
 * to it from a head that is kept; that it does not, by all headers below those
 * heads that are as high as the revision, as in mesh/applier/proof.c. What
 * cannot be shown, since it is not so, is left to the warden to refuse.
 */
#include "mesh/node/evidence.h"

#include "mesh/base/mem.h"
#include "p2p/err.h"

/* A case that is being gathered. */
struct gathering {
    struct um_model *m;
    const struct um_history *h;
    const struct um_shelf *shelf;
    struct um_evidence *out;
    struct um_marks taken; /* headers that are in it */
    struct um_marks vouched;
    uint32_t *from;  /* of a walk: by place, from which child; or NOWHERE */
    uint32_t *queue; /* its places, in the order in which they were met */
    size_t queue_n;
    int err; /* the first that there was */
};

/* What revokes a key. */
struct revoked {
    const struct um_statement *by[UM__CAP_PROOF_REVOCATIONS];
    size_t n;
    bool flooded; /* there are more, and nothing is kept */
};

static void fail(struct gathering *g, int err)
{
    if (g->err == 0)
        g->err = err;
}

static void revocations(struct gathering *g, const struct um_name *key,
                        struct revoked *out)
{
    size_t n =
        um_roster_keeps(&g->m->roster, key, out->by, UM__CAP_PROOF_REVOCATIONS);

    out->flooded = n > UM__CAP_PROOF_REVOCATIONS;
    out->n = out->flooded ? 0 : n;
}

/* ---- taking items */

static void take(struct gathering *g, const struct um_name *id,
                 struct um_buf *list, size_t *n)
{
    const struct um_case *c = &g->out->made;
    struct um_str envelope = um_shelf_get(g->shelf, id);

    if (envelope.p == NULL) {
        fail(g, P2P_ENOTFOUND);
    } else if (c->revisions_n + c->facts_n == UM__CAP_CASE_ITEMS) {
        fail(g, P2P_ELIMIT);
    } else {
        um_buf_add(list, &envelope, sizeof envelope);
        if (um_buf_failed(list))
            fail(g, P2P_ENOMEM);
        else
            ++*n;
    }
}

static void take_rev(struct gathering *g, uint32_t place)
{
    if (um_marks_has(&g->taken, place))
        return;
    um_marks_set(&g->taken, place);
    take(g, &um_history_at(g->h, place)->rev.id, &g->out->revisions,
         &g->out->made.revisions_n);
}

static void take_fact(struct gathering *g, const struct um_fact *f)
{
    take(g, &f->id, &g->out->facts, &g->out->made.facts_n);
}

/* ---- walks */

static void meet(struct gathering *g, uint32_t place, uint32_t child)
{
    if (g->from[place] != UM_NOWHERE)
        return;
    g->from[place] = child;
    g->queue[g->queue_n++] = place;
}

/* Begins a walk at the heads that a revocation keeps. */
static void walk_from(struct gathering *g, const struct um_statement *s)
{
    memset(g->from, 0xff, g->h->revs_n * sizeof *g->from);
    g->queue_n = 0;
    for (size_t i = 0; i < s->keep.n; i++) {
        const struct um_past *p = um_history_find(g->h, &s->keep.p[i]);

        if (p != NULL)
            meet(g, p->place, p->place);
    }
}

/* Walks down to what may be above a number: its headers, and those beside them
 * whose number has to be seen. False: the walk comes by the revision itself. */
static bool walk_above(struct gathering *g, const struct um_statement *s,
                       const struct um_past *p)
{
    walk_from(g, s);
    for (size_t i = 0; i < g->queue_n; i++) {
        const struct um_past *c = um_history_at(g->h, g->queue[i]);

        if (c == p)
            return false;
        if (c->rev.number <= p->rev.number)
            continue;
        for (unsigned k = 0; k < c->rev.parents_n; k++) {
            if (c->parents[k] == p->place)
                return false;
            if (c->rev.number > p->rev.number + 1)
                meet(g, c->parents[k], c->place);
        }
    }
    return true;
}

/* Takes the shortest way from a kept head to a revision; false: there is
 * none. */
static bool take_way(struct gathering *g, const struct um_statement *s,
                     const struct um_past *p)
{
    uint32_t at = p->place;

    walk_from(g, s);
    for (size_t i = 0; i < g->queue_n && g->from[at] == UM_NOWHERE; i++) {
        const struct um_past *c = um_history_at(g->h, g->queue[i]);

        for (unsigned k = 0;
             k < c->rev.parents_n && c->rev.number > p->rev.number; k++)
            meet(g, c->parents[k], c->place);
    }
    if (g->from[at] == UM_NOWHERE)
        return false;
    take_rev(g, at);
    while (g->from[at] != at && g->err == 0) {
        at = g->from[at];
        take_rev(g, at);
    }
    return true;
}

/* ---- what is shown */

/* That what a key says of a revision, or that it made it, is kept. */
static bool show_kept(struct gathering *g, const struct um_name *key,
                      const struct um_past *p)
{
    struct revoked r;

    revocations(g, key, &r);
    for (size_t i = 0; i < r.n; i++) {
        if (!take_way(g, r.by[i], p))
            return false;
    }
    return !r.flooded;
}

/* That it is not, by the revocation that takes the fewest items. */
static bool show_fallen(struct gathering *g, const struct um_name *key,
                        const struct um_past *p)
{
    const struct um_statement *best = NULL;
    size_t fewest = SIZE_MAX;
    struct revoked r;

    revocations(g, key, &r);
    for (size_t i = 0; i < r.n; i++) {
        if (walk_above(g, r.by[i], p) && g->queue_n < fewest) {
            fewest = g->queue_n;
            best = r.by[i];
        }
    }
    if (best != NULL) {
        (void)walk_above(g, best, p);
        for (size_t i = 0; i < g->queue_n && g->err == 0; i++)
            take_rev(g, g->queue[i]);
    }
    return best != NULL || r.flooded;
}

/* That a revision is not void; that of what a machine made it of, neither. */
static void show_alive(struct gathering *g, const struct um_past *p)
{
    if (um_marks_has(&g->vouched, p->place) || p->rev.parents_n == 0)
        return;
    um_marks_set(&g->vouched, p->place);
    (void)show_kept(g, &p->rev.by, p);
    for (unsigned i = 0; p->rev.by_machine && i < p->rev.parents_n; i++) {
        take_rev(g, p->parents[i]);
        if (g->err == 0)
            show_alive(g, um_history_at(g->h, p->parents[i]));
    }
}

/* That it is: by its author, or else by a parent that a machine took. */
static void show_void(struct gathering *g, const struct um_past *p)
{
    while (p != NULL && g->err == 0 &&
           !um_roster_voids(&g->m->roster, &p->rev.id) &&
           !show_fallen(g, &p->rev.by, p)) {
        const struct um_past *parent = NULL;

        for (unsigned i = 0; p->rev.by_machine && i < p->rev.parents_n; i++) {
            const struct um_past *q = um_history_at(g->h, p->parents[i]);

            if (um_view_void(&g->m->view, q))
                parent = q;
        }
        if (parent != NULL)
            take_rev(g, parent->place);
        p = parent;
    }
}

/* Whether a fact of a kind may decide something: a CONFIRM in time, an OPEN to
 * this node. */
static bool matters(const struct gathering *g, const struct um_past *p,
                    const struct um_fact *f, enum um_fact_what what)
{
    if (f->what != what)
        return false;
    if (what == UM_CONFIRM)
        return f->wall_ms <= p->rev.wall_ms + p->rev.deadline_ms;
    return um_namelist_has(f->nodes, &g->m->cfg.me);
}

/* Takes a fact of a kind that counts: of a key that nobody revoked if there is
 * one. False: none counts. */
static bool show_fact(struct gathering *g, const struct um_past *p,
                      enum um_fact_what what)
{
    const struct um_noted *n = p->facts;

    while (n != NULL &&
           (!matters(g, p, &n->fact, what) ||
            um_roster_keeps(&g->m->roster, &n->fact.by, NULL, 0) > 0))
        n = n->next;
    for (const struct um_noted *k = p->facts; n == NULL && k != NULL;
         k = k->next) {
        if (matters(g, p, &k->fact, what) && show_kept(g, &k->fact.by, p))
            n = k;
    }
    if (n != NULL)
        take_fact(g, &n->fact);
    return n != NULL;
}

/* What an order is about. */
static void show_order(struct gathering *g, const struct um_past *p)
{
    take_rev(g, p->place);
    show_alive(g, p);
    if (p->rev.policy == UM_IMMEDIATE || show_fact(g, p, UM_CONFIRM))
        return;
    if (!um_namelist_has(p->rev.first, &g->m->cfg.me))
        (void)show_fact(g, p, UM_OPEN);
}

/* What ran here: who confirmed it; and if it stands above an order, why it is
 * over. */
static void show_past(struct gathering *g, const struct um_past *p, bool above)
{
    bool staged = p->rev.policy != UM_IMMEDIATE;

    if (um_view_void(&g->m->view, p)) {
        if (above)
            show_void(g, p);
        return;
    }
    if (!staged || show_fact(g, p, UM_CONFIRM) || !above)
        return;
    for (const struct um_noted *n = p->facts; n != NULL; n = n->next) {
        if (matters(g, p, &n->fact, UM_CONFIRM))
            (void)show_fallen(g, &n->fact.by, p);
    }
}

static int begin(struct gathering *g)
{
    size_t n = g->h->revs_n;

    if (um_marks_clear(&g->taken, g->h) != 0 ||
        um_marks_clear(&g->vouched, g->h) != 0)
        return P2P_ENOMEM;
    g->from = um_mem_alloc(n * sizeof *g->from);
    g->queue = um_mem_alloc(n * sizeof *g->queue);
    return g->from == NULL || g->queue == NULL ? P2P_ENOMEM : 0;
}

static void show_all(struct gathering *g, const struct um_past *order,
                     struct um_namelist record)
{
    if (order != NULL)
        show_order(g, order);
    for (size_t i = 0; i < record.n && g->err == 0; i++) {
        const struct um_past *x = um_history_find(g->h, &record.p[i]);

        if (x != NULL && x != order)
            show_past(g, x,
                      order != NULL && um_run_outranks(&x->rev, &order->rev));
    }
}

int um_evidence_gather(struct um_model *m, const struct um_shelf *shelf,
                       const struct um_name *revision,
                       struct um_namelist record, struct um_evidence *out)
{
    struct gathering g = {.m = m, .h = &m->history, .shelf = shelf, .out = out};
    const struct um_past *order =
        revision == NULL ? NULL : um_history_find(g.h, revision);

    *out = (struct um_evidence){.revisions = UM_BUF_INIT};
    if (revision != NULL && order == NULL)
        return P2P_ENOTFOUND;
    fail(&g, begin(&g));
    if (g.err == 0)
        show_all(&g, order, record);
    out->made.revisions = (const struct um_str *)(void *)out->revisions.p;
    out->made.facts = (const struct um_str *)(void *)out->facts.p;
    um_marks_fini(&g.taken);
    um_marks_fini(&g.vouched);
    um_mem_free(g.from);
    um_mem_free(g.queue);
    return g.err;
}

void um_evidence_fini(struct um_evidence *e)
{
    um_buf_fini(&e->revisions);
    um_buf_fini(&e->facts);
    *e = (struct um_evidence){.revisions = UM_BUF_INIT};
}
