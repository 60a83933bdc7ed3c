/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See apply.h. The happy path: what is desired is made into a configuration of
 * this node (MAKE, MADE), the attempt is stored, Unit is asked (APPLY), and
 * what it took is what runs. What it refused is not tried again in that form:
 * what runs stays, if it has not ended, else one of the last four established
 * ones that ran here comes back; without one, what runs stays and people are
 * told. Without an answer it is tried again, less and less often.
 */
#include "mesh/model/apply.h"

#include <assert.h>

#include "mesh/base/utf8.h"
#include "mesh/model/drift.h"
#include "p2p/err.h"

static struct um_made *find_made(struct um_model *m, const struct um_name *rev)
{
    for (size_t i = 0; i < m->made_n; i++) {
        if (um_name_eq(&m->made[i].revision, rev))
            return &m->made[i];
    }
    return NULL;
}

/* A place for a revision, the newest; what is oldest goes. */
static struct um_made *put_made(struct um_model *m, const struct um_name *rev)
{
    if (m->made_n < UM_MADE_KEPT)
        m->made_n++;
    memmove(&m->made[1], &m->made[0], (m->made_n - 1) * sizeof *m->made);
    m->made[0] = (struct um_made){.revision = *rev, .asked_ms = m->mono_ms};
    return &m->made[0];
}

static void drop_made(struct um_model *m, struct um_made *at)
{
    size_t i = (size_t)(at - m->made);

    assert(i < m->made_n);
    memmove(at, at + 1, (--m->made_n - i) * sizeof *at);
}

/* What a revision is as a configuration here; NULL, and asked for, if nobody
 * knows yet. */
static const struct um_made *made(struct um_model *m, const struct um_past *p)
{
    const struct um_made *k = find_made(m, &p->rev.id);
    struct um_effect e = {
        .what = UM_FX_MAKE,
        .u.make = {p->rev.id, p->rev.doc, p->rev.doc_bytes},
    };

    if (k != NULL)
        return k->known ? k : NULL;
    (void)put_made(m, &p->rev.id);
    um_effects_add(m->fx, &e);
    return NULL;
}

/* Whether Unit said no to a revision, in the form that it has here now. */
static bool refused(struct um_model *m, const struct um_past *p)
{
    const struct um_made *k;

    if (!um_own_refused(&m->own, &p->rev.id, NULL))
        return false;
    k = made(m, p);
    return k == NULL || um_own_refused(&m->own, &p->rev.id, &k->effective);
}

/* Whether this node may run it. */
static bool may_run(struct um_model *m, const struct um_past *p)
{
    enum um_rev_state state = um_view_state(&m->view, p);

    return state == UM_ESTABLISHED ||
           (state == UM_STILL_OPEN &&
            um_view_opened(&m->view, &m->history, &m->roster, p, &m->cfg.me));
}

/* The newest of the last four established ones that ran here. */
static const struct um_past *last_good(struct um_model *m)
{
    for (size_t i = m->own.good_n; i-- > 0;) {
        const struct um_past *p = um_core_find(m, &m->own.good[i]);

        if (p != NULL && um_view_state(&m->view, p) == UM_ESTABLISHED &&
            !refused(m, p))
            return p;
    }
    return NULL;
}

static const struct um_past *highest_established(const struct um_model *m)
{
    for (size_t i = 0; i < m->view.states_n; i++) {
        const struct um_past *p = um_history_ranked(&m->history, i);

        if (um_view_state(&m->view, p) == UM_ESTABLISHED)
            return p;
    }
    return NULL;
}

/* Instead of what Unit refuses. */
static const struct um_past *instead(struct um_model *m,
                                     const struct um_past *refusal,
                                     const struct um_past *cur)
{
    const struct um_past *p = NULL;

    if (cur != NULL && may_run(m, cur))
        return cur;
    p = last_good(m);
    if (!um_name_eq(&m->told_fallback, &refusal->rev.id)) {
        m->told_fallback = refusal->rev.id;
        um_core_notice(m, p == NULL ? UM_SAW_NO_FALLBACK : UM_SAW_FALLBACK,
                       p == NULL ? &refusal->rev.id : &p->rev.id);
    }
    if (p == NULL)
        m->reason = "Unit refuses everything; what runs has ended";
    return p != NULL ? p : cur;
}

/* What to run; NULL: leave Unit as it is. */
static const struct um_past *choose(struct um_model *m,
                                    const struct um_past *cur)
{
    const struct um_past *d =
        um_view_desired(&m->view, &m->history, &m->roster, &m->cfg.me);

    if (d != NULL && refused(m, d)) {
        m->reason = um_name_eq(&m->refused, &d->rev.id) && *m->refusal != 0
                        ? m->refusal
                        : "the current revision is refused here";
        d = instead(m, d, cur);
    } else {
        m->told_fallback = (struct um_name){0};
    }
    /* Nothing to fall back on: first an established one. */
    if (d != NULL && m->own.good_n == 0 &&
        um_view_state(&m->view, d) == UM_STILL_OPEN) {
        d = highest_established(m);
        if (d != NULL && refused(m, d))
            return NULL;
    }
    return d;
}

void um_apply_launch(struct um_model *m, const struct um_name *revision,
                     const struct um_name *effective)
{
    struct um_effect e = {.what = UM_FX_APPLY,
                          .u.apply = {*revision, *effective}};

    if (m->in_flight)
        return;
    if (m->mono_ms < m->retry_ms) {
        um_core_wake(m, m->retry_ms);
        return;
    }
    if (!um_name_eq(&m->own.trying, revision) ||
        !um_name_eq(&m->own.trying_effective, effective)) {
        m->own.trying = *revision;
        m->own.trying_effective = *effective;
        m->own_dirty = true;
        m->tries = 0;
    }
    m->in_flight = true;
    assert(!um_own_refused(&m->own, revision, effective));
    um_core_save(m);
    um_core_say(m, &e);
}

/* Whether nobody said what came of another one, which was given to Unit last:
 * the applier would not go back behind it. */
static bool is_trying(const struct um_model *m, const struct um_past *cur)
{
    return !um_name_none(&m->own.trying) &&
           !um_name_eq(&m->own.trying, &cur->rev.id);
}

/* What is to run has no document here yet, and nobody may be there who has it:
 * a Unit that has started empty meanwhile is given what ran. */
static void meanwhile(struct um_model *m, const struct um_past *d)
{
    const struct um_past *cur = um_core_find(m, &m->own.applied);
    const struct um_made *asked = find_made(m, &d->rev.id);
    uint64_t due = asked->asked_ms + UM_DOCUMENT_PATIENCE_MS;

    if (!m->live.blank || cur == NULL || !may_run(m, cur) || is_trying(m, cur))
        return;
    if (m->mono_ms < due)
        um_core_wake(m, due);
    else
        um_drift_decide(m, cur);
}

/* To another revision, or to another form of the same. */
static void change(struct um_model *m, const struct um_past *d)
{
    const struct um_made *k = made(m, d);

    if (m->reason == NULL && k != NULL && !m->in_flight &&
        um_name_eq(&m->silent, &d->rev.id) && m->silence[0] != '\0')
        m->reason = m->silence; /* until it is asked again */
    if (m->reason == NULL)
        m->reason = k == NULL ? "waits for the document" : "asks Unit";
    if (k == NULL)
        meanwhile(m, d);
    if (k == NULL || um_own_refused(&m->own, &d->rev.id, &k->effective))
        return;
    um_drift_keep(m, &k->effective);
    um_apply_launch(m, &d->rev.id, &k->effective);
}

/* What runs is what is to run. */
static void stay(struct um_model *m, const struct um_past *cur,
                 uint64_t since_ms)
{
    const struct um_made *k = find_made(m, &cur->rev.id);

    if (k == NULL || !k->known)
        (void)made(m, cur);
    else if (!um_name_eq(&k->effective, &m->own.effective) &&
             !um_own_refused(&m->own, &cur->rev.id, &k->effective)) {
        change(m, cur);
        return;
    }
    if (!um_name_eq(&m->live.effective, &m->own.effective)) {
        um_drift_decide(m, cur);
        return;
    }
    if (m->healthy)
        m->healthy_ms += since_ms;
    else if (m->reason == NULL && m->ill[0] != '\0')
        m->reason = m->ill;
}

void um_apply_decide(struct um_model *m)
{
    const struct um_past *cur = um_core_find(m, &m->own.applied);
    uint64_t since_ms = m->mono_ms - m->looked_ms;
    const struct um_past *d;

    assert(m->mono_ms >= m->looked_ms);
    if (m->cfg.proven_ms > 0 && since_ms > m->cfg.proven_ms)
        since_ms = m->cfg.proven_ms;
    m->looked_ms = m->mono_ms;
    m->reason = m->absent ? "Unit is absent, or does not answer" : NULL;
    m->drift = UM_NO_DRIFT;
    if (!m->live.known)
        return;
    d = choose(m, cur);
    if (d == NULL)
        return;
    if (cur != NULL && um_view_state(&m->view, cur) == UM_ESTABLISHED &&
        um_own_note_good(&m->own, &cur->rev.id))
        m->own_dirty = m->again = true;
    if (d == cur)
        stay(m, cur, since_ms);
    else
        change(m, d);
}

/* Keeps words for people, as far as they are text. */
static void keep_text(char *to, size_t cap, struct um_str text)
{
    size_t n = text.len < cap ? text.len : cap - 1;

    assert(cap > 0);
    if (n > 0)
        memcpy(to, text.p, n);
    to[n] = 0;
    um_utf8_harmless(to);
    if (!um_pb_is_text(um_str(to)))
        to[0] = 0;
}

/* Why a revision is refused. */
static void keep_words(struct um_model *m, const struct um_name *rev,
                       struct um_str text)
{
    m->refused = *rev;
    keep_text(m->refusal, sizeof m->refusal, text);
}

void um_apply_made(struct um_model *m, const struct um_event *e)
{
    const struct um_name *rev = &e->u.made.revision;
    struct um_made *k = find_made(m, rev);
    struct um_tried a = {*rev, {{0}}, UM_BAD_REFUSED};

    if (e->u.made.outcome == UM_RESULT_NO_ANSWER) {
        if (k != NULL)
            drop_made(m, k);
        return;
    }
    if (k == NULL)
        k = put_made(m, rev);
    k->known = true;
    k->effective = (struct um_name){0};
    m->again = true;
    if (e->u.made.outcome == UM_RESULT_DONE) {
        k->effective = e->u.made.effective;
        return;
    }
    keep_words(m, rev, e->u.made.text);
    m->unmade = true;
    if (!um_own_refused(&m->own, rev, &a.effective)) {
        um_own_note_bad(&m->own, &a);
        m->own_dirty = true;
        um_core_notice(m, UM_SAW_REFUSED, rev);
    }
}

/* What was tried is what ran last. */
static void end_try(struct um_model *m)
{
    assert(!um_name_none(&m->own.trying));
    m->own.applied = m->own.trying;
    m->own.effective = m->own.trying_effective;
    m->own.trying = m->own.trying_effective = (struct um_name){0};
    if (um_name_eq(&m->own.offered, &m->own.effective))
        m->own.offered = (struct um_name){0};
    m->own_dirty = true;
    m->healthy = true;
    m->untold = false;
    m->ill[0] = '\0';
    m->healthy_ms = 0;
    m->looked_ms = m->mono_ms;
}

static void took(struct um_model *m)
{
    end_try(m);
    m->live = (struct um_live){.known = true, .effective = m->own.effective};
    m->tries = 0;
    m->retry_ms = 0;
}

void um_apply_tried(struct um_model *m, const struct um_name *revision)
{
    const struct um_past *p = um_core_find(m, revision);
    struct um_effect e = {
        .what = UM_FX_NOTICE,
        .u.notice = {.what = UM_SAW_APPLIED, .revision = *revision}};

    um_core_look(m);
    if (m->err != 0 || !m->live.known || m->live.blank || m->absent ||
        m->in_flight || um_name_none(&m->own.offered) || um_drift_by_hand(m) ||
        p == NULL ||
        um_view_desired(&m->view, &m->history, &m->roster, &m->cfg.me) != p)
        return;
    m->own.trying = *revision;
    m->own.trying_effective = m->own.offered;
    took(m);
    m->again = true;
    um_core_save(m);
    um_core_say(m, &e);
}

static void refuse(struct um_model *m)
{
    struct um_tried a = {m->own.trying, m->own.trying_effective,
                         UM_BAD_REFUSED};

    um_own_note_bad(&m->own, &a);
    m->own.trying = m->own.trying_effective = (struct um_name){0};
    m->own_dirty = true;
    m->tries = 0;
    m->retry_ms = 0;
    um_core_notice(m, UM_SAW_REFUSED, &a.revision);
}

static void retry_later(struct um_model *m)
{
    uint64_t wait = m->cfg.retry_min_ms;

    for (unsigned i = 0; i < m->tries && wait < m->cfg.retry_max_ms; i++)
        wait *= 2;
    if (wait > m->cfg.retry_max_ms)
        wait = m->cfg.retry_max_ms;
    m->tries++;
    m->retry_ms = m->mono_ms + wait;
    um_core_wake(m, m->retry_ms);
}

void um_apply_result(struct um_model *m, const struct um_event *e)
{
    if (!m->in_flight || !um_name_eq(&e->u.applied.revision, &m->own.trying) ||
        !um_name_eq(&e->u.applied.effective, &m->own.trying_effective))
        return; /* the answer to a question of before a restart */
    m->in_flight = false;
    m->again = e->u.applied.outcome != UM_RESULT_NO_ANSWER;
    m->silent = m->again ? (struct um_name){0} : m->own.trying;
    keep_text(m->silence, sizeof m->silence, e->u.applied.text);
    switch (e->u.applied.outcome) {
        case UM_RESULT_DONE:
            took(m);
            um_core_notice(m, UM_SAW_APPLIED, &m->own.applied);
            break;
        case UM_RESULT_REFUSED:
            keep_words(m, &m->own.trying, e->u.applied.text);
            m->unmade = false;
            refuse(m);
            break;
        case UM_RESULT_NO_ANSWER:
            retry_later(m);
            break;
    }
}

void um_apply_ran(struct um_model *m, const struct um_event *e)
{
    if (m->in_flight || um_name_none(&m->own.trying) ||
        !um_name_eq(&e->u.ran, &m->own.trying))
        return;
    end_try(m);
    m->again = true;
}

/* What runs does well, or does not, or nobody can say yet. Only who says that
 * it does not makes it bad. */
static void turn_health(struct um_model *m, const struct um_tried *a)
{
    m->healthy_ms = 0;
    m->looked_ms = m->mono_ms;
    m->again = true;
    if (m->untold)
        return;
    m->own_dirty = true;
    if (m->healthy) {
        um_own_forget_bad(&m->own, UM_BAD_UNHEALTHY, &a->revision);
    } else {
        um_own_note_bad(&m->own, a);
        um_core_notice(m, UM_SAW_UNHEALTHY, &a->revision);
    }
}

void um_apply_health(struct um_model *m, const struct um_event *e)
{
    const struct um_tried a = {m->own.applied, m->own.effective,
                               UM_BAD_UNHEALTHY};
    bool untold = e->u.health.untold && !e->u.health.healthy;

    if (um_name_none(&m->own.applied) ||
        !um_name_eq(&e->u.health.revision, &m->own.applied))
        return;
    keep_text(m->ill, sizeof m->ill, e->u.health.why);
    m->again = m->again || !e->u.health.healthy; /* it has other words */
    if (e->u.health.healthy == m->healthy && untold == m->untold)
        return;
    m->healthy = e->u.health.healthy;
    m->untold = untold;
    turn_health(m, &a);
}

/* Unit's version, if a row can carry it; whether it was another before. */
static bool know_unit(struct um_model *m, struct um_str version)
{
    struct um_str before = {m->unit, m->unit_n};
    bool is_text = version.len > 0 && version.len <= sizeof m->unit &&
                   um_pb_is_text(version);
    bool another = is_text && before.len > 0 && !um_str_eq(before, version);

    m->unit_n = is_text ? version.len : 0;
    memcpy(m->unit, is_text ? version.p : "", m->unit_n);
    return another;
}

void um_apply_knew_unit(struct um_model *m, struct um_str version)
{
    (void)know_unit(m, version);
}

void um_apply_live(struct um_model *m, const struct um_event *e)
{
    bool same = m->live.known &&
                um_name_eq(&m->live.effective, &e->u.live.effective) &&
                m->live.blank == e->u.live.blank;

    assert(e->what == UM_EV_LIVE);
    m->again = m->again || !same || m->absent;
    m->absent = false;
    if (!same)
        m->retry_ms = 0; /* it is another Unit, or there again */
    m->live.known = true;
    m->live.blank = e->u.live.blank;
    m->live.shrinks = e->u.live.shrinks;
    m->live.kept = same && m->live.kept;
    m->live.told = same && m->live.told;
    m->live.effective = e->u.live.effective;
    m->live.doc = e->u.live.doc;
    m->live.doc_bytes = e->u.live.doc_bytes;
    keep_text(m->live.by_hand, sizeof m->live.by_hand, e->u.live.by_hand);
    if (!know_unit(m, e->u.live.version) && !e->u.live.other_unit)
        return;
    /* Another version, or other modules: it may take what it refused. */
    m->again = true;
    m->own_dirty =
        um_own_forget_bad(&m->own, UM_BAD_REFUSED, NULL) || m->own_dirty;
}

void um_apply_start(struct um_model *m)
{
    m->healthy = !um_name_none(&m->own.applied);
    m->looked_ms = m->mono_ms;
    for (size_t i = 0; i < m->own.bad_n; i++) {
        if (m->own.bad[i].why == UM_BAD_UNHEALTHY &&
            um_name_eq(&m->own.bad[i].revision, &m->own.applied))
            m->healthy = false;
    }
}
