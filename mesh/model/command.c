/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See command.h. Each verb has its guards, asked in order; the first that says
 * no is the answer. What is left is signed, stored, and answered for.
 */
#include "mesh/model/command.h"

#include <assert.h>

#include "mesh/model/apply.h"
#include "mesh/model/author.h"
#include "mesh/model/brakes.h"
#include "mesh/model/drift.h"
#include "mesh/model/driver.h"
#include "p2p/err.h"

/* A command with what it is about. */
struct order {
    const struct um_command *c;
    const struct um_past *target;
    const struct um_past *about; /* NULL: unknown, or none */
    struct um_name revision;     /* for the reply */
};

typedef enum um_reply (*guard)(struct um_model *m, struct order *o);

static enum um_reply writer(struct um_model *m, struct order *o)
{
    (void)o;
    return um_core_writes(m) ? UM_OK : UM_NOT_WRITER;
}

static enum um_reply known(struct um_model *m, struct order *o)
{
    (void)m;
    return o->about != NULL ? UM_OK : UM_UNKNOWN;
}

static enum um_reply unmoved(struct um_model *m, struct order *o)
{
    (void)m;
    if (o->target == NULL)
        return UM_UNKNOWN;
    if (um_name_none(&o->c->base) ||
        um_name_eq(&o->c->base, &o->target->rev.id))
        return UM_OK;
    o->revision = o->target->rev.id;
    return UM_MOVED;
}

static enum um_reply no_rollout(struct um_model *m, struct order *o)
{
    if ((o->c->flags & UM_SUPERSEDE) != 0 ||
        um_view_state(&m->view, o->target) == UM_ESTABLISHED)
        return UM_OK;
    o->revision = o->target->rev.id;
    return UM_IN_ROLLOUT;
}

static enum um_reply room(struct um_model *m, struct order *o)
{
    size_t mine = 0;

    for (size_t i = 1; i < m->view.heads_n; i++) {
        const struct um_past *p = um_history_at(&m->history, m->view.heads[i]);

        mine += um_name_eq(&p->rev.by, &m->cfg.me);
    }
    return mine < UM__CAP_VIEW_CONFLICTS || (o->c->flags & UM_EVEN_CROWDED) != 0
               ? UM_OK
               : UM_CROWDED;
}

static enum um_reply company(struct um_model *m, struct order *o)
{
    size_t members = um_roster_members(&m->roster), fresh = 0;

    for (size_t i = 0; i < m->roster.keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(&m->roster, i);

        fresh += (k->now & UM_NODE) != 0 && um_core_fresh(m, &k->name);
    }
    return 2 * fresh >= members || (o->c->flags & UM_EVEN_ALONE) != 0
               ? UM_OK
               : UM_ALONE;
}

/* How many fresh peers have a clock at least so far behind (or ahead): more
 * than half of them means that the median is. */
static enum um_reply in_time(struct um_model *m, struct order *o)
{
    size_t fresh = 0, behind = 0, ahead = 0;

    for (size_t i = 0; i < m->rows.n; i++) {
        const struct um_heard *h = m->rows.list[i];
        uint64_t then = m->wall_ms - (m->mono_ms - h->heard_ms);

        if (!um_core_fresh(m, &h->row.by))
            continue;
        fresh++;
        behind += h->row.wall_ms + m->cfg.near_ms < then;
        ahead += then + m->cfg.near_ms < h->row.wall_ms;
    }
    return (2 * behind <= fresh && 2 * ahead <= fresh) ||
                   (o->c->flags & UM_EVEN_SKEWED) != 0
               ? UM_OK
               : UM_SKEWED;
}

static enum um_reply whole(struct um_model *m, struct order *o)
{
    (void)m;
    return !o->c->shrinks || (o->c->flags & UM_FORCE) != 0 ? UM_OK : UM_SHRINKS;
}

static enum um_reply conflict(struct um_model *m, struct order *o)
{
    for (size_t i = 1; i < m->view.heads_n; i++) {
        if (m->view.heads[i] == o->about->place)
            return UM_OK;
    }
    return UM_NO_CONFLICT;
}

/* Also that a confirmation comes in time: after the author's deadline, by this
 * clock, it would be dead. */
static enum um_reply open(struct um_model *m, struct order *o)
{
    enum um_rev_state state = um_view_state(&m->view, o->about);

    return state == UM_STILL_OPEN ? UM_OK
           : state == UM_DEAD     ? UM_IS_DEAD
                                  : UM_IS_ESTABLISHED;
}

static enum um_reply is_target(struct um_model *m, struct order *o)
{
    (void)m;
    return o->about == o->target ? UM_OK : UM_NOT_TARGET;
}

static enum um_reply not_bad(struct um_model *m, struct order *o)
{
    const struct um_name *id = &o->about->rev.id;
    struct um_name who;

    return (o->c->flags & UM_DESPITE) != 0 || !um_driver_named_bad(m, id, &who)
               ? UM_OK
               : UM_NAMED_BAD;
}

/* The longest deadline that this mesh allows. */
static uint64_t deadline_max(struct um_model *m)
{
    const struct um_statement *s =
        um_roster_value(&m->roster, NULL, UM_STR("max-deadline-ms"));
    uint64_t n = 0;

    if (s == NULL)
        return UM_COMMAND_DEADLINE_MAX_MS;
    for (size_t i = 0; i < s->value.len; i++) {
        char c = s->value.p[i];

        if (c < '0' || c > '9' || n > UM__CAP_ITEM_SPAN_MS)
            return UM_COMMAND_DEADLINE_MAX_MS;
        n = 10 * n + (uint64_t)(c - '0');
    }
    return n < UM__CAP_ITEM_SPAN_MS ? n : UM__CAP_ITEM_SPAN_MS;
}

static enum um_reply deadline(struct um_model *m, struct order *o)
{
    return o->c->policy == UM_IMMEDIATE || o->c->deadline_ms <= deadline_max(m)
               ? UM_OK
               : UM_TOO_LONG;
}

static enum um_reply unhurried(struct um_model *m, struct order *o)
{
    return o->c->policy == UM_IMMEDIATE && um_brakes_no_immediate(m)
               ? UM_NOT_IMMEDIATE
               : UM_OK;
}

static enum um_reply other_eyes(struct um_model *m, struct order *o)
{
    return um_brakes_own_eyes(m, o->about) ? UM_OWN_EYES : UM_OK;
}

static enum um_reply answer_of(int err)
{
    return err == 0 ? UM_OK : UM_UNFIT;
}

/* Signs a revision on top of the target; `merged` NULL: of it alone. */
static enum um_reply publish(struct um_model *m, struct order *o,
                             const struct um_past *merged,
                             const struct um_past *content)
{
    const struct um_command *c = o->c;
    struct um_revision r = {.parents = {o->target->rev.id},
                            .parents_n = 1,
                            .doc = c->doc,
                            .doc_bytes = c->doc_bytes,
                            .policy = c->policy,
                            .deadline_ms = c->deadline_ms,
                            .soak_ms = c->soak_ms,
                            .budget = c->budget,
                            .first = c->nodes,
                            .message = c->message};
    int err;

    if (merged != NULL)
        r.parents[r.parents_n++] = merged->rev.id;
    if (content != NULL) {
        r.doc = content->rev.doc;
        r.doc_bytes = content->rev.doc_bytes;
    }
    if (r.deadline_ms == 0)
        r.deadline_ms =
            c->policy == UM_TRIAL ? UM_COMMAND_TRIAL_MS : UM_COMMAND_STAGED_MS;
    err = um_author_revision(m, &r, c->first);
    o->revision = r.id;
    if (err == 0 && c->tried)
        um_apply_tried(m, &r.id);
    return answer_of(err);
}

static enum um_reply do_publish(struct um_model *m, struct order *o)
{
    return publish(m, o, NULL, NULL);
}

static enum um_reply do_rollback(struct um_model *m, struct order *o)
{
    return publish(m, o, NULL, o->about);
}

static enum um_reply do_take(struct um_model *m, struct order *o)
{
    return publish(m, o, o->about, o->about);
}

static enum um_reply do_drop(struct um_model *m, struct order *o)
{
    return publish(m, o, o->about, o->target);
}

static enum um_reply do_edit(struct um_model *m, struct order *o)
{
    return publish(m, o, o->about, NULL);
}

static enum um_reply say(struct um_model *m, struct order *o,
                         enum um_fact_what what)
{
    struct um_saying s = {.what = what, .message = o->c->message};

    if (what == UM_OPEN)
        s.nodes = o->c->nodes;
    return answer_of(um_author_fact(m, o->about, &s));
}

static enum um_reply do_confirm(struct um_model *m, struct order *o)
{
    return say(m, o, UM_CONFIRM);
}

static enum um_reply do_abort(struct um_model *m, struct order *o)
{
    return say(m, o, UM_ABORT);
}

static enum um_reply do_open(struct um_model *m, struct order *o)
{
    return say(m, o, UM_OPEN);
}

static enum um_reply do_resume(struct um_model *m, struct order *o)
{
    um_own_drive(&m->own, &o->about->rev.id);
    m->own_dirty = m->again = true;
    return UM_OK;
}

static enum um_reply do_adopt(struct um_model *m, struct order *o)
{
    return um_drift_adopt(m, o->c->flags, &o->revision);
}

static enum um_reply do_heal(struct um_model *m, struct order *o)
{
    o->revision = m->own.applied;
    return um_drift_heal(m);
}

/* What runs is what is not being changed. */
static enum um_reply at_rest(struct um_model *m, struct order *o)
{
    (void)o;
    return um_core_find(m, &m->own.applied) != NULL && !m->in_flight ? UM_OK
                                                                     : UM_UNFIT;
}

static enum um_reply do_try(struct um_model *m, struct order *o)
{
    m->own.offered = o->c->doc;
    m->own_dirty = true;
    return UM_OK;
}

#define GUARDS_MAX 10

static const struct {
    guard guards[GUARDS_MAX];
    guard run;
} verbs[] = {
    [UM_DO_PUBLISH] = {{writer, unhurried, unmoved, no_rollout, room, company,
                        in_time, whole, deadline},
                       do_publish},
    [UM_DO_ROLLBACK] = {{writer, unhurried, unmoved, known, no_rollout, room,
                         company, in_time, whole, deadline},
                        do_rollback},
    [UM_DO_TAKE] = {{writer, unhurried, unmoved, known, conflict, no_rollout,
                     company, in_time, whole, deadline},
                    do_take},
    [UM_DO_DROP] = {{writer, unhurried, unmoved, known, conflict, no_rollout,
                     company, in_time, deadline},
                    do_drop},
    [UM_DO_EDIT] = {{writer, unhurried, unmoved, known, conflict, no_rollout,
                     company, in_time, whole, deadline},
                    do_edit},
    [UM_DO_CONFIRM] = {{writer, known, open, is_target, other_eyes, not_bad},
                       do_confirm},
    [UM_DO_ABORT] = {{writer, known, open}, do_abort},
    [UM_DO_OPEN] = {{writer, known, open}, do_open},
    [UM_DO_RESUME] = {{writer, known, open, is_target}, do_resume},
    [UM_DO_ADOPT] = {{writer, company, in_time}, do_adopt},
    [UM_DO_HEAL] = {.run = do_heal},
    [UM_DO_TRY] = {{writer, at_rest}, do_try},
};

void um_command_run(struct um_model *m, const struct um_command *c)
{
    struct um_effect e = {.what = UM_FX_REPLY,
                          .u.reply = {.request = c->request}};
    struct order o = {.c = c};
    enum um_reply answer = UM_OK;

    um_core_look(m);
    if (m->err != 0)
        return;
    assert((size_t)c->verb < sizeof verbs / sizeof *verbs);
    o.target = um_view_target(&m->view, &m->history);
    o.about = um_core_find(m, &c->about);
    o.revision = c->about;
    for (size_t i = 0; i < GUARDS_MAX && answer == UM_OK; i++) {
        if (verbs[c->verb].guards[i] != NULL)
            answer = verbs[c->verb].guards[i](m, &o);
    }
    if (answer == UM_OK && !c->dry)
        answer = verbs[c->verb].run(m, &o);
    um_core_save(m);
    e.u.reply.answer = answer;
    e.u.reply.revision = o.revision;
    if (c->dry)
        um_effects_add(m->fx, &e); /* nothing was made that could be lost */
    else
        um_core_say(m, &e);
}
