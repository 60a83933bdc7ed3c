/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See author.h. */
#include "mesh/model/author.h"

#include <assert.h>

#include "mesh/model/intake.h"
#include "p2p/err.h"

bool um_author_may_open(const struct um_model *m, const struct um_name *member)
{
    const struct um_heard *h = um_others_find(&m->rows, member);
    uint64_t apart;

    if (um_name_eq(member, &m->cfg.me))
        return true;
    if (h == NULL || !um_core_fresh(m, member) || !h->row.ready)
        return false;
    apart = h->row.wall_ms > m->wall_ms ? h->row.wall_ms - m->wall_ms
                                        : m->wall_ms - h->row.wall_ms;
    return apart <= m->cfg.near_ms;
}

uint64_t um_author_turn(const struct um_revision *r,
                        const struct um_name *member)
{
    return um_core_mix(&r->parents[0], &r->doc, member);
}

/* The members that may be opened, ascending; all, or whose turn is first.
 * There is room for UM__CAP_NAMES in out. */
static size_t ready_members(struct um_model *m, const struct um_revision *r,
                            bool all, struct um_name *out)
{
    size_t n = 0;

    (void)um_roster_members(&m->roster); /* settles the roster */
    for (size_t i = 0; i < m->roster.keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(&m->roster, i);

        if ((k->now & UM_NODE) == 0 || !um_author_may_open(m, &k->name))
            continue;
        if (all && n < UM__CAP_NAMES)
            out[n++] = k->name;
        else if (n == 0 ||
                 um_author_turn(r, &k->name) < um_author_turn(r, &out[0]))
            out[0] = k->name;
        n += n == 0;
    }
    if (n == 0)
        out[n++] = m->cfg.me;
    assert(n <= UM__CAP_NAMES);
    return n;
}

static void fill_in(struct um_model *m, struct um_revision *r)
{
    r->mesh = m->cfg.mesh;
    r->by = m->cfg.me;
    r->wall_ms = m->wall_ms;
    r->number = 0;
    for (unsigned i = 0; i < r->parents_n; i++) {
        const struct um_past *p = um_core_find(m, &r->parents[i]);

        assert(p != NULL);
        if (p->rev.number > r->number)
            r->number = p->rev.number;
    }
    r->number++;
    if (r->policy != UM_IMMEDIATE)
        return;
    r->deadline_ms = r->soak_ms = 0;
    r->budget = 0;
    r->first = (struct um_namelist){0};
}

/* What was sealed is taken in. */
static int take_in(struct um_model *m, int err, enum um_kind kind,
                   const struct um_name *id, struct um_buf *envelope)
{
    if (err == 0)
        um_intake_own(m, kind, id, um_buf_view(envelope));
    else if (err != P2P_EINVAL && err != P2P_ETOOBIG)
        um_core_fail(m, err);
    um_buf_fini(envelope);
    return err;
}

int um_author_revision(struct um_model *m, struct um_revision *r,
                       enum um_first first)
{
    struct um_name batch[UM__CAP_NAMES];
    struct um_buf envelope = UM_BUF_INIT;
    int err;

    fill_in(m, r);
    if (r->policy != UM_IMMEDIATE && first != UM_FIRST_NAMED)
        r->first = (struct um_namelist){
            batch, ready_members(m, r, first == UM_FIRST_ALL, batch)};
    err = m->cfg.signer.revision(m->cfg.signer.user, r, &envelope);
    err = take_in(m, err, UM_REVISION, &r->id, &envelope);
    r->first = (struct um_namelist){0};
    return err;
}

/* Whether this node said so before. */
static bool said(const struct um_model *m, const struct um_past *p,
                 const struct um_saying *say)
{
    for (const struct um_noted *n = p->facts; n != NULL; n = n->next) {
        size_t known = 0;

        if (n->fact.what != say->what || !um_name_eq(&n->fact.by, &m->cfg.me))
            continue;
        while (known < say->nodes.n &&
               um_namelist_has(n->fact.nodes, &say->nodes.p[known]))
            known++;
        if (known == say->nodes.n)
            return true;
    }
    return false;
}

int um_author_fact(struct um_model *m, const struct um_past *p,
                   const struct um_saying *say)
{
    struct um_fact f = {.mesh = m->cfg.mesh,
                        .by = m->cfg.me,
                        .revision = p->rev.id,
                        .wall_ms = m->wall_ms,
                        .what = say->what,
                        .nodes = say->nodes,
                        .message = say->message};
    struct um_buf envelope = UM_BUF_INIT;
    int err;

    assert((say->what == UM_OPEN) || say->nodes.n == 0);
    if (said(m, p, say))
        return 0;
    err = m->cfg.signer.fact(m->cfg.signer.user, &f, &envelope);
    err = take_in(m, err, UM_FACT, &f.id, &envelope);
    if (err == 0)
        um_core_notice(m,
                       f.what == UM_OPEN      ? UM_SAW_OPENED
                       : f.what == UM_CONFIRM ? UM_SAW_CONFIRMED
                                              : UM_SAW_ABORTED,
                       &p->rev.id);
    return err;
}
