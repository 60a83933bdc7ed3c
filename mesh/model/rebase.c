/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See rebase.h. A conflict is looked at for some seconds, other ones on other
 * nodes and for other pairs: what heals by itself is left alone. Then the
 * documents are merged, outside; and if all is as it was, the outcome is
 * signed. A revision with these two parents, in whatever state, is the one
 * attempt that there is.
 */
#include "mesh/model/rebase.h"

#include <assert.h>

#include "mesh/doc/merge3.h"
#include "mesh/doc/meshdoc.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "mesh/model/author.h"
#include "p2p/err.h"

/* The pair, which is remembered from now on if it is new. */
static struct um_pair *pair_of(struct um_model *m, const struct um_name *target,
                               const struct um_name *head)
{
    struct um_pair *p = m->pairs;
    uint64_t jitter = um_core_mix(target, head, &m->cfg.me);

    for (size_t i = 0; i < m->pairs_n; i++, p++) {
        if (um_name_eq(&p->target, target) && um_name_eq(&p->head, head))
            return p;
    }
    if (m->pairs_n < UM_PAIRS_KEPT)
        m->pairs_n++;
    memmove(&m->pairs[1], &m->pairs[0], (m->pairs_n - 1) * sizeof *m->pairs);
    m->pairs[0] = (struct um_pair){.target = *target, .head = *head};
    m->pairs[0].due_ms = m->mono_ms + m->cfg.rebase_min_ms;
    if (m->cfg.rebase_jitter_ms > 0)
        m->pairs[0].due_ms += jitter % m->cfg.rebase_jitter_ms;
    return &m->pairs[0];
}

/* Whether a revision with these two parents is known. */
static bool attempted(const struct um_model *m, const struct um_past *t,
                      const struct um_past *h)
{
    for (size_t i = 0; i < m->history.revs_n; i++) {
        const struct um_past *p = um_history_ranked(&m->history, i);

        if (p->rev.number <= t->rev.number)
            return false;
        if ((p->parents[0] == t->place && p->parents[1] == h->place) ||
            (p->parents[0] == h->place && p->parents[1] == t->place))
            return true;
    }
    return false;
}

/* Whether a conflict is one that this node re-bases. */
static bool is_mine(const struct um_model *m, const struct um_past *h)
{
    return um_name_eq(&h->rev.by, &m->cfg.me) &&
           (h->rev.policy != UM_TRIAL ||
            um_view_state(&m->view, h) == UM_ESTABLISHED);
}

/* The target, if it is one to re-base onto. */
static const struct um_past *onto(struct um_model *m)
{
    const struct um_past *t = um_view_target(&m->view, &m->history);

    if (t == NULL || um_view_state(&m->view, t) != UM_ESTABLISHED ||
        !um_core_writes(m))
        return NULL;
    return t;
}

static void ask(struct um_model *m, const struct um_past *t,
                const struct um_past *h)
{
    struct um_effect e = {.what = UM_FX_MERGE};
    uint32_t base;
    int err = um_marks_base(&m->history, t->place, h->place, &base);

    if (err != 0) {
        assert(err == P2P_ENOMEM);
        um_core_fail(m, err);
        return;
    }
    e.u.merge.target = t->rev.id;
    e.u.merge.head = h->rev.id;
    e.u.merge.docs[0] = um_history_at(&m->history, base)->rev.doc;
    e.u.merge.docs[1] = t->rev.doc;
    e.u.merge.docs[2] = h->rev.doc;
    um_effects_add(m->fx, &e);
}

void um_rebase_decide(struct um_model *m)
{
    const struct um_past *t = onto(m);

    for (size_t i = 1; t != NULL && i < m->view.heads_n; i++) {
        const struct um_past *h = um_history_at(&m->history, m->view.heads[i]);
        struct um_pair *p;

        if (!is_mine(m, h))
            continue;
        p = pair_of(m, &t->rev.id, &h->rev.id);
        if (m->mono_ms < p->due_ms) {
            um_core_wake(m, p->due_ms);
            continue;
        }
        if (p->asked || attempted(m, t, h))
            continue;
        p->asked = true;
        ask(m, t, h);
    }
}

/* The conflict with an id, if it is still listed, and its author's. */
static const struct um_past *still_listed(const struct um_model *m,
                                          const struct um_name *head)
{
    for (size_t i = 1; i < m->view.heads_n; i++) {
        const struct um_past *h = um_history_at(&m->history, m->view.heads[i]);

        if (um_name_eq(&h->rev.id, head))
            return is_mine(m, h) ? h : NULL;
    }
    return NULL;
}

/* Whether the outcome of a merge is about what is so now. */
static bool fits(const struct um_model *m, const struct um_past *t,
                 const struct um_past *h, const struct um_event *e)
{
    return t != NULL && h != NULL &&
           um_name_eq(&t->rev.id, &e->u.merged.target) && !attempted(m, t, h);
}

static void sign(struct um_model *m, const struct um_past *t,
                 const struct um_past *h, const struct um_event *e)
{
    struct um_revision r = {.parents_n = 2,
                            .doc = e->u.merged.doc,
                            .doc_bytes = e->u.merged.doc_bytes,
                            .policy = UM_STAGED,
                            .deadline_ms = m->cfg.deadline_ms,
                            .soak_ms = m->cfg.soak_ms,
                            .budget = h->rev.budget,
                            .by_machine = true,
                            .message = UM_STR("re-based")};

    assert(t != h);
    r.parents[0] = t->rev.id;
    r.parents[1] = h->rev.id;
    if (um_author_revision(m, &r, UM_FIRST_ONE) == 0)
        um_core_notice(m, UM_SAW_REBASED, &r.id);
}

void um_rebase_merged(struct um_model *m, const struct um_event *e)
{
    const struct um_past *t, *h;

    um_core_look(m);
    if (m->err != 0 || e->u.merged.outcome == UM_RESULT_REFUSED)
        return;
    t = onto(m);
    h = still_listed(m, &e->u.merged.head);
    if (e->u.merged.outcome == UM_RESULT_DONE && fits(m, t, h, e)) {
        if (!um_name_eq(&e->u.merged.doc, &t->rev.doc))
            sign(m, t, h, e);
        return;
    }
    /* If all is once more as it was, it is asked for again. */
    pair_of(m, &e->u.merged.target, &e->u.merged.head)->asked = false;
}

/* Merges what was read. */
static int merge(struct um_arena *a, const struct um_val v[3],
                 struct um_buf *out)
{
    struct um_merge3 m3;
    struct um_meshdoc doc;
    size_t at = out->len;
    struct um_buf old = UM_BUF_INIT;
    int err = um_merge3_run(a, &v[0], &v[1], &v[2], &m3);

    if (err != 0)
        return err == P2P_ENOMEM ? err : P2P_ESTATE;
    if (m3.conflicts > 0)
        return P2P_ESTATE;
    err = um_meshdoc_init(&doc, a, &m3.value, NULL);
    if (err == P2P_EFORMAT || err == P2P_ELIMIT)
        return P2P_ESTATE;
    if (err == 0)
        err = um_doc_print(out, &m3.value);
    if (err == 0)
        err = um_doc_print(&old, &v[1]);
    if (err == 0 &&
        um_str_eq(um_str_skip(um_buf_view(out), at), um_buf_view(&old)))
        err = P2P_EEXIST;
    um_buf_fini(&old);
    return err == P2P_ETOOBIG ? P2P_ESTATE : err;
}

int um_rebase_merge(const struct um_str docs[3], struct um_buf *out)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v[3];
    int err = 0;

    for (size_t i = 0; i < 3 && err == 0; i++)
        err = um_doc_parse(docs[i], &a, &v[i], NULL);
    if (err == P2P_ETOOBIG)
        err = P2P_EFORMAT;
    if (err == 0)
        err = merge(&a, v, out);
    um_arena_fini(&a);
    return err;
}
