/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See warden.h. Who sends a case is taken to be an enemy. For what an order
 * asks, only what is shown counts; for what stands in its way, only what is
 * shown to be over is over: so what is withheld can only make an order fail.
 *
 * Open revisions stand in nobody's way. Nobody has said that they hold, and
 * who tells the warden could have kept them from it altogether. Nor do those
 * that were confirmed only after something else ran: what a node falls back to
 * was established when it ran (rule 6).
 */
#include "mesh/applier/warden.h"

#include <assert.h>
#include <stdio.h>

#include "mesh/applier/saved.h"
#include "mesh/base/mem.h"
#include "mesh/trust/revname.h"
#include "p2p/err.h"

struct um_warden {
    struct um_name me;
    struct um_roster roster;
    struct um_str *statements; /* envelopes, in the order of acceptance */
    size_t statements_n;
    size_t statements_cap;
    size_t statement_bytes;
    bool roster_dirty;
    struct um_trail trail;
    struct um_name granted; /* what was said yes to last */
    struct um_run *pending; /* its run, if it is none of the trail yet */
};

struct um_warden *um_warden_new(const struct um_name *mesh,
                                const struct um_name *me)
{
    struct um_warden *w = um_mem_zalloc(sizeof *w);

    if (w == NULL)
        return NULL;
    w->me = *me;
    um_roster_init(&w->roster, mesh);
    return w;
}

static void free_bytes(struct um_str s)
{
    um_mem_free((void *)(uintptr_t)s.p);
}

static void forget_roster(struct um_warden *w)
{
    struct um_name mesh = w->roster.mesh;

    um_roster_fini(&w->roster);
    um_roster_init(&w->roster, &mesh);
    for (size_t i = 0; i < w->statements_n; i++)
        free_bytes(w->statements[i]);
    um_mem_free(w->statements);
    w->statements = NULL;
    w->statements_n = w->statements_cap = w->statement_bytes = 0;
}

static void forget_grant(struct um_warden *w)
{
    um_run_free(w->pending);
    w->pending = NULL;
    w->granted = (struct um_name){0};
}

void um_warden_free(struct um_warden *w)
{
    if (w == NULL)
        return;
    forget_grant(w);
    forget_roster(w);
    um_roster_fini(&w->roster);
    um_trail_fini(&w->trail);
    um_mem_free(w);
}

void um_warden_succeed(struct um_warden *w, const struct um_name *me)
{
    forget_grant(w);
    w->me = *me;
    w->roster_dirty = w->trail.dirty = true;
}

/* ---- the roster */

/* What a revocation keeps was seen by who made it; here nothing is. */
static uint64_t any_number(const void *user, const struct um_name *id)
{
    (void)user;
    (void)id;
    return 1;
}

static int make_room(struct um_warden *w)
{
    size_t cap = 2 * w->statements_cap + 16;
    void *more;

    if (w->statements_n < w->statements_cap)
        return 0;
    more = um_mem_realloc(w->statements, cap * sizeof *w->statements);
    if (more == NULL)
        return P2P_ENOMEM;
    w->statements = more;
    w->statements_cap = cap;
    return 0;
}

int um_warden_statement(struct um_warden *w, struct um_str envelope)
{
    static const struct um_known known = {any_number, NULL};
    struct um_statement s;
    struct um_need need;
    char *copy;
    int err = um_statement_open(envelope, &s);

    if (err != 0)
        return err;
    if (um_roster_find(&w->roster, &s.id) != NULL)
        return P2P_EDUP;
    if (envelope.len > UM__CAP_WARDEN_ROSTER_BYTES - w->statement_bytes)
        return P2P_ELIMIT;
    copy = make_room(w) == 0 ? um_mem_alloc(envelope.len) : NULL;
    if (copy == NULL)
        return P2P_ENOMEM;
    err = um_roster_add(&w->roster, &s, &known, &need);
    if (err != 0) {
        um_mem_free(copy);
        return err;
    }
    memcpy(copy, envelope.p, envelope.len);
    w->statements[w->statements_n++] = um_str_n(copy, envelope.len);
    w->statement_bytes += envelope.len;
    w->roster_dirty = true;
    return 0;
}

struct um_roster *um_warden_roster(struct um_warden *w)
{
    return &w->roster;
}

struct um_str um_warden_stated(const struct um_warden *w, size_t place)
{
    return place < w->statements_n ? w->statements[place] : um_str_n(NULL, 0);
}

bool um_warden_may_try(struct um_warden *w)
{
    return (um_roster_roles(&w->roster, &w->me) & UM_WRITER) != 0;
}

/* ---- judging */

/* Writes why not; returns what comes of it. */
static int no(char why[UM_WARDEN_WHY_BYTES], const char *what,
              const struct um_revision *r)
{
    char name[UM_REVNAME_TEXT_MAX];

    (void)snprintf(why, UM_WARDEN_WHY_BYTES, what,
                   um_revname_text(r->number, &r->id, UM_REVNAME_DIGITS, name));
    return P2P_EACCES;
}

/* Puts what the record has beside what was sent. */
static int add_trail(const struct um_warden *w, struct um_proof *p)
{
    int err = 0;

    for (size_t i = 0; i < w->trail.n && err == 0; i++) {
        const struct um_run *r = w->trail.runs[i];

        err = um_proof_know_revision(p, &r->rev);
        for (size_t k = 0; k < r->confirms_n && err == 0; k++)
            err = um_proof_know_fact(p, &r->confirms[k]);
    }
    return err;
}

/* Opens a case. um_proof_fini() follows in any case. */
static int open_case(struct um_warden *w, const struct um_case *c,
                     struct um_proof *p)
{
    int err = 0;

    um_proof_init(p, &w->roster);
    if (c->revisions_n > UM__CAP_CASE_ITEMS ||
        c->facts_n > UM__CAP_CASE_ITEMS - c->revisions_n)
        return P2P_ETOOBIG;
    for (size_t i = 0; i < c->revisions_n && err == 0; i++)
        err = um_proof_revision(p, c->revisions[i]);
    for (size_t i = 0; i < c->facts_n && err == 0; i++)
        err = um_proof_fact(p, c->facts[i]);
    if (err == 0)
        err = add_trail(w, p);
    if (err == 0)
        um_proof_link(p);
    return err;
}

/* Keeps the confirmations of a run that came with a case, and may count. */
static int learn(struct um_proof *p, struct um_run *r, bool *changed)
{
    size_t i = um_proof_find(p, &r->rev.id);
    int err = 0;

    if (r->rev.policy == UM_IMMEDIATE)
        return 0;

    for (size_t k = 0; k < p->facts_n && err >= 0; k++) {
        const struct um_proof_fact *f = &p->facts[k];
        bool counts[UM__CAP_TRAIL_CONFIRMS] = {false};

        if (f->envelope.len == 0 || !um_proof_confirms(p, &f->fact, i))
            continue;
        for (size_t n = 0; n < r->confirms_n; n++)
            counts[n] = um_proof_counts(p, &r->confirms[n], i) != UM_SHOWN_NOT;
        err = um_run_confirm(r, f->envelope, counts);
        *changed = *changed || err > 0;
    }
    return err < 0 ? err : 0;
}

static int learn_all(struct um_warden *w, struct um_proof *p)
{
    int err = 0;

    for (size_t i = 0; i < w->trail.n && err == 0; i++) {
        struct um_run *r = w->trail.runs[i];

        err = learn(p, r, &w->trail.dirty);
        if (r->confirms_n > 0)
            um_trail_holds(&w->trail, r);
    }
    return err;
}

int um_warden_hear(struct um_warden *w, const struct um_case *c)
{
    struct um_proof p;
    int err = open_case(w, c, &p);

    if (err == 0)
        err = learn_all(w, &p);
    if (err == 0 && um_proof_failed(&p))
        err = P2P_ENOMEM;
    um_proof_fini(&p);
    return err;
}

/* Whether the numbers of those parents that are here are right. */
static bool number_fits(const struct um_proof *p, const struct um_proof_rev *r)
{
    uint64_t highest = 0;
    bool all = true;

    for (unsigned i = 0; i < r->rev.parents_n; i++) {
        uint64_t number;

        if (r->parents[i] == UM_NOT_HERE) {
            all = false;
            continue;
        }
        number = p->revs[r->parents[i]].rev.number;
        highest = number > highest ? number : highest;
    }
    return all ? r->rev.number == highest + 1 : r->rev.number > highest;
}

/* W1: it is of this mesh, by somebody who was a writer. */
static int judge_author(struct um_warden *w, const struct um_proof *p,
                        const struct um_proof_rev *r, char *why)
{
    const struct um_statement *genesis = um_roster_genesis(&w->roster);

    if (genesis == NULL)
        return no(why, "%s: the roster did not come yet", &r->rev);
    if (r->rev.parents_n == 0)
        return um_name_eq(&r->rev.id, &genesis->first) &&
                       um_name_eq(&r->rev.by, &genesis->by)
                   ? 0
                   : no(why, "%s is not where this mesh began", &r->rev);
    if (!um_name_eq(&r->rev.mesh, &w->roster.mesh))
        return no(why, "%s is of another mesh", &r->rev);
    if ((um_roster_ever(&w->roster, &r->rev.by) & UM_WRITER) == 0)
        return no(why, "%s is by a key that was never a writer", &r->rev);
    if (!number_fits(p, r))
        return no(why, "%s has a number that is not its own", &r->rev);
    return 0;
}

/* Whether a deadline has passed. Of what is in the record that is kept. */
static bool is_overdue(struct um_warden *w, const struct um_revision *r,
                       uint64_t now_ms)
{
    struct um_run *run = um_trail_find(&w->trail, &r->id);
    uint64_t seen_ms = run != NULL ? run->seen_ms : now_ms;
    uint64_t from = r->wall_ms < seen_ms ? r->wall_ms : seen_ms;
    bool passed = now_ms > from + r->deadline_ms;

    if (run == NULL)
        return passed;
    if (passed && !run->overdue)
        run->overdue = w->trail.dirty = true;
    return run->overdue;
}

/* W2 and W3: it is not void, and in force here. */
static int judge_force(struct um_warden *w, struct um_proof *p, size_t i,
                       uint64_t now_ms, char *why)
{
    const struct um_revision *r = &p->revs[i].rev;
    enum um_shown is_void = um_proof_void(p, i);

    if (is_void == UM_SHOWN)
        return no(why, "%s is void", r);
    if (is_void == UM_UNSHOWN)
        return no(why, "nothing shows that %s is not void", r);
    if (r->policy == UM_IMMEDIATE || um_proof_confirmed(p, i) == UM_SHOWN)
        return 0;
    if (um_proof_aborted(p, i))
        return no(why, "%s was aborted", r);
    if (is_overdue(w, r, now_ms))
        return no(why, "%s was not confirmed in time", r);
    if (!um_proof_opened(p, i, &w->me))
        return no(why, "%s is not opened to this node", r);
    return 0;
}

/* Whether a run keeps what ranks below it from this Unit. */
static bool guards(struct um_warden *w, struct um_proof *p, struct um_run *x)
{
    size_t i = um_proof_find(p, &x->rev.id);
    bool over = um_proof_void(p, i) == UM_SHOWN;

    w->trail.dirty = w->trail.dirty || over != x->over;
    x->over = over;
    return !over && um_trail_counts(&w->trail, x) && x->held &&
           (x->rev.policy == UM_IMMEDIATE ||
            um_proof_confirmed(p, i) != UM_SHOWN_NOT);
}

/* W4: nothing that ran here and holds stands above it. */
static int judge_rank(struct um_warden *w, struct um_proof *p,
                      const struct um_revision *r, char *why)
{
    const struct um_run *top = NULL;

    for (size_t i = 0; i < w->trail.n; i++) {
        struct um_run *x = w->trail.runs[i];

        if (um_run_outranks(&x->rev, r) && guards(w, p, x) &&
            (top == NULL || um_run_outranks(&x->rev, &top->rev)))
            top = x;
    }
    return top == NULL ? 0 : no(why, "it goes back behind %s", &top->rev);
}

static int judge(struct um_warden *w, struct um_proof *p, size_t i,
                 uint64_t now_ms, char *why)
{
    const struct um_run *run;
    int err;

    if (i == UM_NOT_HERE) {
        (void)snprintf(why, UM_WARDEN_WHY_BYTES,
                       "no header of the revision came with it");
        return P2P_EACCES;
    }
    run = um_trail_find(&w->trail, &p->revs[i].rev.id);
    if (run != NULL && um_trail_current(&w->trail, run))
        return 0;
    err = judge_author(w, p, &p->revs[i], why);
    if (err == 0)
        err = judge_force(w, p, i, now_ms, why);
    if (err == 0)
        err = judge_rank(w, p, &p->revs[i].rev, why);
    return um_proof_failed(p) ? P2P_ENOMEM : err;
}

/* Says yes: makes ready what um_warden_begins() needs. */
static int grant(struct um_warden *w, struct um_proof *p, size_t i,
                 uint64_t now_ms, struct um_order *out)
{
    const struct um_proof_rev *r = &p->revs[i];
    bool changed = false;

    if (um_trail_find(&w->trail, &r->rev.id) == NULL) {
        w->pending = um_run_new(r->envelope, now_ms);
        if (w->pending == NULL || learn(p, w->pending, &changed) != 0 ||
            um_proof_failed(p)) {
            forget_grant(w);
            return P2P_ENOMEM;
        }
    }
    w->granted = r->rev.id;
    out->doc = r->rev.doc;
    out->doc_bytes = r->rev.doc_bytes;
    out->number = r->rev.number;
    return 0;
}

int um_warden_judge(struct um_warden *w, const struct um_name *revision,
                    const struct um_case *c, uint64_t now_ms,
                    struct um_order *out)
{
    uint64_t now = now_ms < UM_PB_NUM_MAX ? now_ms : UM_PB_NUM_MAX;
    struct um_proof p;
    int err = open_case(w, c, &p);

    *out = (struct um_order){.doc_bytes = 0};
    forget_grant(w);
    if (err == 0)
        err = learn_all(w, &p);
    if (err == 0) {
        size_t i = um_proof_find(&p, revision);

        err = judge(w, &p, i, now, out->why);
        if (err == 0)
            err = grant(w, &p, i, now, out);
    }
    um_proof_fini(&p);
    return err;
}

/* ---- the record */

void um_warden_begins(struct um_warden *w, const struct um_name *revision)
{
    struct um_run *r = um_trail_find(&w->trail, revision);

    assert(um_name_eq(&w->granted, revision));
    assert((r == NULL) == (w->pending != NULL));
    um_trail_begins(&w->trail, r != NULL ? r : w->pending);
    w->pending = NULL;
    forget_grant(w);
}

void um_warden_ended(struct um_warden *w, const struct um_name *revision,
                     enum um_warden_end end)
{
    struct um_run *r = um_trail_find(&w->trail, revision);

    if (r == NULL)
        return;
    if (end == UM_WARDEN_RUNS)
        um_trail_took(&w->trail, r);
    else if (end == UM_WARDEN_REFUSED)
        um_trail_refused(&w->trail, r);
    else
        um_trail_silent(&w->trail, r);
}

void um_warden_comes_to(struct um_warden *w, const struct um_name *revision,
                        const struct um_name *effective)
{
    struct um_run *r = um_trail_find(&w->trail, revision);

    if (r != NULL)
        r->effective = *effective;
}

bool um_warden_shows(struct um_warden *w, const struct um_name *shown)
{
    return um_trail_shows(&w->trail, shown);
}

bool um_warden_wonders(const struct um_warden *w)
{
    size_t i = 0;

    while (i < w->trail.n && !w->trail.runs[i]->pending)
        i++;
    return i < w->trail.n;
}

void um_warden_names(const struct um_warden *w, struct um_buf *out)
{
    for (size_t i = 0; i < w->trail.n; i++)
        um_buf_add(out, &w->trail.runs[i]->rev.id, UM_NAME_BYTES);
}

const struct um_name *um_warden_runs(const struct um_warden *w)
{
    for (size_t i = 0; i < w->trail.n; i++) {
        if (um_trail_current(&w->trail, w->trail.runs[i]))
            return &w->trail.runs[i]->rev.id;
    }
    return NULL;
}

/* ---- what is kept */

static struct um_saved head_of(const struct um_warden *w,
                               enum um_warden_part part)
{
    return (struct um_saved){
        .part = (unsigned)part + 1, .mesh = w->roster.mesh, .node = w->me};
}

bool um_warden_dirty(const struct um_warden *w, enum um_warden_part part)
{
    return part == UM_WARDEN_ROSTER ? w->roster_dirty : w->trail.dirty;
}

void um_warden_save(struct um_warden *w, enum um_warden_part part,
                    struct um_buf *out)
{
    struct um_saved head = head_of(w, part);
    struct um_buf one = UM_BUF_INIT;

    um_saved_begin(&head, out);
    if (part == UM_WARDEN_ROSTER) {
        for (size_t i = 0; i < w->statements_n; i++)
            um_saved_entry(out, w->statements[i]);
    } else {
        for (size_t i = 0; i < w->trail.n; i++) {
            um_buf_clear(&one);
            um_run_write(w->trail.runs[i], &one);
            out->failed = out->failed || um_buf_failed(&one);
            um_saved_entry(out, um_buf_view(&one));
        }
    }
    um_saved_end(&head, out);
    um_buf_fini(&one);
    if (um_buf_failed(out))
        return;
    if (part == UM_WARDEN_ROSTER)
        w->roster_dirty = false;
    else
        w->trail.dirty = false;
}

/* What an item of a file is refused with. */
static int damage(int err)
{
    return err == 0 || err == P2P_ENOMEM ? err : P2P_EFORMAT;
}

int um_warden_load(struct um_warden *w, enum um_warden_part part,
                   struct um_str saved)
{
    struct um_saved head = head_of(w, part);
    struct um_str entries, one;
    int err = um_saved_open(&head, saved, &entries);

    if (err != 0)
        return err;
    assert(part == UM_WARDEN_ROSTER ? w->statements_n == 0 : w->trail.n == 0);
    while (err == 0 && um_pb_list_next(&entries, &one))
        err = damage(part == UM_WARDEN_ROSTER
                         ? um_warden_statement(w, one)
                         : um_trail_read(&w->trail, &w->roster.mesh, one));
    if (err != 0 && part == UM_WARDEN_ROSTER)
        forget_roster(w);
    else if (err != 0)
        um_trail_fini(&w->trail);
    if (part == UM_WARDEN_ROSTER)
        w->roster_dirty = false;
    return err;
}
