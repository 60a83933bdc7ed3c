/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See intake.h. An item that is taken goes to disk and calls what waits for it;
 * one that cannot be judged yet waits, and what it needs is asked for. Judging
 * never asks a clock, a checker, a version or Unit, nor who was revoked.
 */
#include "mesh/model/intake.h"

#include <assert.h>

#include "p2p/err.h"

/* An item as it is read. */
struct reading {
    struct um_name id;
    struct um_need need;
    union {
        struct um_revision rev;
        struct um_fact fact;
        struct um_statement statement;
    } u;
};

static int read_item(enum um_kind kind, struct um_str envelope,
                     struct reading *out)
{
    struct um_item it;
    int err = um_item_read(um_item_payload(envelope, kind), kind, &it);

    if (err != 0)
        return err;
    out->id = it.id;
    switch (kind) {
        case UM_REVISION:
            return um_revision_decode(&it, &out->u.rev);
        case UM_FACT:
            return um_fact_decode(&it, &out->u.fact);
        case UM_STATEMENT:
            return um_statement_decode(&it, &out->u.statement);
        case UM_ROW:
            break;
    }
    return P2P_EFORMAT;
}

/* What rests on labels and settings is made anew. */
static void roster_changed(struct um_model *m)
{
    m->made_n = 0;
}

/* Tries to put an item into its set. */
static int try_add(struct um_model *m, enum um_kind kind, struct reading *r,
                   uint64_t seen_ms)
{
    struct um_known known = um_history_known(&m->history);
    int err;

    r->need.what = UM_NEED_NOTHING;
    if (kind == UM_REVISION)
        return um_history_add_revision(&m->history, &m->roster, &r->u.rev,
                                       seen_ms, &r->need);
    if (kind == UM_FACT)
        return um_history_add_fact(&m->history, &m->roster, &r->u.fact,
                                   &r->need);
    assert(kind == UM_STATEMENT);
    err = um_roster_add(&m->roster, &r->u.statement, &known, &r->need);
    if (err == 0)
        roster_changed(m);
    return err;
}

/* Calls what waits for an item that is there now. */
static void call(struct um_model *m, enum um_kind kind, const struct reading *r)
{
    struct um_unmet *w = &m->waiting;

    if (w->n == 0)
        return;
    if (kind == UM_REVISION)
        um_unmet_call(w, UM_NEED_REVISION, &r->id);
    if (kind != UM_STATEMENT)
        return;
    um_unmet_call(w, UM_NEED_STATEMENT, &r->id);
    um_unmet_call(w, UM_NEED_GRANT, &r->u.statement.key);
    if (r->u.statement.what == UM_GENESIS) {
        um_unmet_call(w, UM_NEED_GENESIS, &r->id);
        um_unmet_call(w, UM_NEED_GRANT, &r->u.statement.by);
    }
}

static void let_wait(struct um_model *m, const struct um_arrival *a,
                     const struct reading *r, const struct um_name *from)
{
    struct um_unmet_item it = {.kind = a->kind,
                               .id = r->id,
                               .from = *from,
                               .need = r->need,
                               .since_ms = m->mono_ms,
                               .envelope = a->envelope};
    int err = um_unmet_add(&m->waiting, &it);

    if (err == P2P_ENOMEM)
        um_core_fail(m, err);
}

/* Takes one item; 0 if it is new and in its set. */
static int take(struct um_model *m, const struct um_arrival *a,
                const struct um_name *from)
{
    struct reading r;
    int err = read_item(a->kind, a->envelope, &r);
    struct um_record s = {.what = UM_RECORD_ITEM,
                          .kind = a->kind,
                          .bytes = a->envelope,
                          .seen_ms = m->wall_ms};

    if (err == 0)
        err = try_add(m, a->kind, &r, m->wall_ms);
    if (err == 0) {
        s.id = r.id;
        um_core_persist(m, &s);
        m->dirty = m->again = true;
        call(m, a->kind, &r);
    } else if (err == P2P_EAGAIN) {
        let_wait(m, a, &r, from);
    } else if (err == P2P_ENOMEM) {
        um_core_fail(m, err);
    } else if (err != P2P_EDUP && err != P2P_ENOTSUP) {
        um_core_notice(m, UM_SAW_FORGERY, from);
    }
    return err;
}

/* What was called is judged again, until nothing more comes of it. */
static void take_called(struct um_model *m)
{
    struct um_unmet_item *it;

    while (m->err == 0 && (it = um_unmet_take(&m->waiting)) != NULL) {
        struct um_arrival a = {it->kind, it->envelope};
        struct um_name from = it->from;

        (void)take(m, &a, &from);
        um_unmet_free(it);
    }
}

/* Whether what the i-th item needs is on its way: it waits itself, or the same
 * peer was asked for it. */
static bool on_its_way(const struct um_model *m, size_t i)
{
    const struct um_unmet *w = &m->waiting;
    const struct um_unmet_item *it = w->list[i].item;

    if (um_unmet_has(w, &it->need.name))
        return true;
    for (size_t k = 0; k < i; k++) {
        const struct um_unmet_item *o = w->list[k].item;

        if (w->list[k].need == w->list[i].need &&
            o->need.what == it->need.what &&
            um_name_eq(&o->need.name, &it->need.name) &&
            um_name_eq(&o->from, &it->from))
            return true;
    }
    return false;
}

/* Asks, once for each item, for what is waited for. */
static void ask(struct um_model *m)
{
    for (size_t i = 0; i < m->waiting.n; i++) {
        struct um_unmet_item *it = m->waiting.list[i].item;
        struct um_effect e = {.what = UM_FX_WANT,
                              .u.want = {it->need, it->from}};

        if (!it->asked && !on_its_way(m, i))
            um_effects_add(m->fx, &e);
        it->asked = true;
    }
}

/* A row of this node that it has not said: another one has its key, or its disk
 * is an old one. Its own rows go on above that, or nobody would read them. */
static void take_own_row(struct um_model *m, const struct um_row *row)
{
    if (row->seq <= m->row_seq || !um_name_eq(&row->mesh, &m->cfg.mesh))
        return;
    m->row_seq = row->seq;
    m->again = true;
    um_core_notice(m, UM_SAW_TWIN, &row->applied);
}

static void take_row(struct um_model *m, struct um_str envelope)
{
    struct um_row row;
    int err = um_row_read(envelope, &row);

    if (err == 0 && um_name_eq(&row.by, &m->cfg.me)) {
        take_own_row(m, &row);
        return;
    }
    if (err == 0)
        err = um_others_add(&m->rows, &m->roster, envelope, m->mono_ms);
    if (err == P2P_ENOMEM)
        um_core_fail(m, err);
    m->again = m->again || err == 0;
}

void um_intake_items(struct um_model *m, const struct um_event *e)
{
    for (size_t i = 0; i < e->u.items.n && m->err == 0; i++) {
        const struct um_arrival *a = &e->u.items.list[i];

        if (a->kind == UM_ROW)
            take_row(m, a->envelope);
        else
            (void)take(m, a, &e->u.items.from);
    }
    take_called(m);
    ask(m);
    if (m->waiting.left_out != m->told_left_out) {
        m->told_left_out = m->waiting.left_out;
        um_core_notice(m, UM_SAW_OVERFLOW, &e->u.items.from);
    }
}

void um_intake_own(struct um_model *m, enum um_kind kind,
                   const struct um_name *id, struct um_str envelope)
{
    struct um_arrival a = {kind, envelope};
    struct um_effect e = {.what = UM_FX_PUBLISH, .u.publish = {kind, *id, {0}}};
    int err = take(m, &a, &m->cfg.me);

    if (err != 0) {
        um_core_fail(m, err);
        return;
    }
    assert(m->dirty);
    e.u.publish.envelope = um_effects_keep(m->fx, envelope);
    um_core_say(m, &e);
    take_called(m);
}

void um_intake_expire(struct um_model *m)
{
    if (m->mono_ms > UM__CAP_UNMET_MS)
        um_unmet_expire(&m->waiting, m->mono_ms - UM__CAP_UNMET_MS);
    if (m->waiting.n > 0)
        um_core_wake(m,
                     m->waiting.list[0].item->since_ms + UM__CAP_UNMET_MS + 1);
}

static int load_item(struct um_model *m, const struct um_record *s)
{
    struct reading r;
    int err = read_item(s->kind, s->bytes, &r);

    if (err == 0 && !um_name_eq(&r.id, &s->id))
        err = P2P_EFORMAT;
    if (err == 0)
        err = try_add(m, s->kind, &r, s->seen_ms);
    if (err == P2P_EDUP)
        return 0;
    return err == 0 || err == P2P_ENOMEM ? err : P2P_EFORMAT;
}

void um_intake_loaded(struct um_model *m, const struct um_record *s)
{
    struct um_past *p;
    int err = 0;

    switch (s->what) {
        case UM_RECORD_ITEM:
            err = load_item(m, s);
            break;
        case UM_RECORD_OVERDUE:
            p = um_core_find(m, &s->id);
            if (p == NULL)
                err = P2P_EFORMAT;
            else
                p->overdue = true;
            break;
        case UM_RECORD_OWN:
            err = um_own_read(s->bytes, &m->own);
            break;
    }
    if (err != 0)
        um_core_fail(m, err);
}
