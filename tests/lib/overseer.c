/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See overseer.h. */
#include "overseer.h"

#include <stdio.h>
#include <stdlib.h>

#include "mesh/trust/revname.h"
#include "p2p/err.h"

enum { BEGUN_MAX = 4096, SAMPLES = 3 };

struct overseer {
    struct um_name mesh;
    struct um_name me;
    struct um_warden *w;
    struct um_shelf *shelf;
    struct um_buf kept[2]; /* what the warden keeps on disk, by part */
    uint64_t random;
    /* What was begun, by when it was last, as the warden should know it. */
    struct {
        struct um_name name;
        bool refused;
        bool took;
        bool pending; /* given, and no word of what came of it */
        bool runs;
        bool held;          /* it was established while it ran */
        bool early;         /* Unit took it, but only while it was not */
    } begun[BEGUN_MAX + 1]; /* and one to swap by */
    size_t begun_n;
};

static void must(bool fine, const char *what)
{
    if (!fine) {
        fprintf(stderr, "overseer: %s\n", what);
        exit(2);
    }
}

static uint64_t draw(struct overseer *o, uint64_t n)
{
    o->random ^= o->random << 13;
    o->random ^= o->random >> 7;
    o->random ^= o->random << 17;
    return o->random % n;
}

struct overseer *overseer_new(const struct um_name *mesh,
                              const struct um_name *me, uint64_t seed)
{
    struct overseer *o = calloc(1, sizeof *o);

    must(o != NULL, "no memory");
    o->mesh = *mesh;
    o->me = *me;
    o->random = seed * 2 + 1;
    o->w = um_warden_new(mesh, me);
    o->shelf = um_shelf_new();
    must(o->w != NULL && o->shelf != NULL, "no memory");
    return o;
}

void overseer_free(struct overseer *o)
{
    if (o == NULL)
        return;
    um_warden_free(o->w);
    um_shelf_free(o->shelf);
    um_buf_fini(&o->kept[UM_WARDEN_ROSTER]);
    um_buf_fini(&o->kept[UM_WARDEN_RECORD]);
    free(o);
}

/* What was not kept would be lost: a restart may come at any time. */
static void keep(struct overseer *o)
{
    for (unsigned i = 0; i < 2; i++) {
        enum um_warden_part part = (enum um_warden_part)i;

        if (!um_warden_dirty(o->w, part))
            continue;
        um_buf_clear(&o->kept[part]);
        um_warden_save(o->w, part, &o->kept[part]);
        must(!um_buf_failed(&o->kept[part]), "no memory");
    }
}

void overseer_item(struct overseer *o, enum um_kind kind,
                   const struct um_name *id, struct um_str envelope)
{
    int err = um_shelf_add(o->shelf, kind, id, envelope);

    must(err == 0 || err == P2P_EDUP, "no room on the shelf");
    if (kind != UM_STATEMENT)
        return;
    err = um_warden_statement(o->w, envelope);
    must(err == 0 || err == P2P_EDUP, "a statement is not taken");
    keep(o);
}

void overseer_restart(struct overseer *o)
{
    um_warden_free(o->w);
    o->w = um_warden_new(&o->mesh, &o->me);
    must(o->w != NULL, "no memory");
    for (unsigned i = 0; i < 2; i++) {
        struct um_str saved = um_buf_view(&o->kept[i]);

        must(saved.len == 0 ||
                 um_warden_load(o->w, (enum um_warden_part)i, saved) == 0,
             "what was kept is not taken");
    }
}

static struct um_namelist record_of(const struct um_buf *names)
{
    return (struct um_namelist){(const struct um_name *)(void *)names->p,
                                names->len / UM_NAME_BYTES};
}

static size_t find_begun(const struct overseer *o, const struct um_name *name)
{
    size_t i = 0;

    while (i < o->begun_n && !um_name_eq(&o->begun[i].name, name))
        i++;
    return i;
}

static bool is_current(const struct overseer *o, const struct um_name *name)
{
    size_t i = find_begun(o, name);

    for (size_t k = i + 1; k < o->begun_n; k++) {
        if (o->begun[k].pending)
            return false;
    }
    return i < o->begun_n && o->begun[i].runs &&
           (i == o->begun_n - 1 || o->begun[o->begun_n - 1].refused);
}

static void begins(struct overseer *o, const struct um_model *m,
                   const struct um_past *p)
{
    const struct um_name *name = &p->rev.id;
    size_t i = find_begun(o, name);

    um_warden_begins(o->w, name);
    keep(o);
    must(i < BEGUN_MAX, "too many orders");
    if (i == o->begun_n) {
        memset(&o->begun[i], 0, sizeof o->begun[i]);
        o->begun[i].name = *name;
        o->begun_n++;
    }
    for (; i + 1 < o->begun_n; i++) {
        o->begun[BEGUN_MAX] = o->begun[i];
        o->begun[i] = o->begun[i + 1];
        o->begun[i + 1] = o->begun[BEGUN_MAX];
    }
    o->begun[i].refused = false;
    o->begun[i].pending = true;
    o->begun[i].held =
        o->begun[i].held || um_view_state(&m->view, p) == UM_ESTABLISHED;
}

/* Whether a revision of the record holds, and ranks above another. */
static bool stands_above(const struct overseer *o, const struct um_model *m,
                         const struct um_name *name, const struct um_past *p)
{
    const struct um_past *x = um_history_find(&m->history, name);
    size_t i = find_begun(o, name);

    must(i < o->begun_n, "a record of what was not begun");
    return x != NULL && um_run_outranks(&x->rev, &p->rev) &&
           !o->begun[i].refused && o->begun[i].held &&
           ((o->begun[i].took && !o->begun[i].early) || o->begun[i].pending ||
            i == o->begun_n - 1) &&
           um_view_state(&m->view, x) == UM_ESTABLISHED;
}

/* What the whole history says. */
static bool allowed(const struct overseer *o, struct um_model *m,
                    const struct um_past *p, struct um_namelist record)
{
    enum um_rev_state state = um_view_state(&m->view, p);

    if (is_current(o, &p->rev.id))
        return true;
    if (state == UM_DEAD ||
        (state == UM_STILL_OPEN &&
         !um_view_opened(&m->view, &m->history, &m->roster, p, &o->me)))
        return false;
    for (size_t i = 0; i < record.n; i++) {
        if (stands_above(o, m, &record.p[i], p))
            return false;
    }
    return true;
}

/* Whether it must not run even if who tells the warden keeps from it what was
 * aborted and what was confirmed. */
static bool forbidden(const struct overseer *o, struct um_model *m,
                      const struct um_past *p, struct um_namelist record)
{
    bool open = um_view_state(&m->view, p) != UM_ESTABLISHED &&
                !um_view_void(&m->view, p) && !p->overdue &&
                um_view_opened(&m->view, &m->history, &m->roster, p, &o->me);

    if (is_current(o, &p->rev.id))
        return false;
    if (!open && um_view_state(&m->view, p) != UM_ESTABLISHED)
        return true;
    for (size_t i = 0; i < record.n; i++) {
        const struct um_past *x = um_history_find(&m->history, &record.p[i]);

        if (x != NULL && x->rev.policy == UM_IMMEDIATE &&
            stands_above(o, m, &record.p[i], p))
            return true;
    }
    return false;
}

static bool complain(const struct um_past *p, const char *what, const char *why)
{
    char name[UM_REVNAME_TEXT_MAX];

    fprintf(stderr, "overseer: %s %s: %s\n",
            um_revname_text(p->rev.number, &p->rev.id, UM_REVNAME_DIGITS, name),
            what, why);
    return false;
}

/* Leaves out some items, but never the first header. */
static void leave_out(struct overseer *o, const struct um_case *from,
                      struct um_case *to, struct um_str *room)
{
    struct um_str *facts = room + from->revisions_n;

    *to = (struct um_case){.revisions = room, .facts = facts};
    for (size_t i = 0; i < from->revisions_n; i++) {
        if (i == 0 || draw(o, 3) > 0)
            room[to->revisions_n++] = from->revisions[i];
    }
    for (size_t i = 0; i < from->facts_n; i++) {
        if (draw(o, 3) > 0)
            facts[to->facts_n++] = from->facts[i];
    }
}

/* What was overdue for the node from the first may be so later for a warden
 * that saw it later: when its author's clock is ahead. */
static bool may_differ(const struct um_model *m, const struct um_past *p)
{
    return p->overdue && p->rev.wall_ms > p->seen_ms &&
           !um_view_void(&m->view, p);
}

/* A case with all that was said of a revision too. */
static void whole(const struct overseer *o, const struct um_past *p,
                  struct um_evidence *e)
{
    for (const struct um_noted *n = p->facts; n != NULL; n = n->next) {
        struct um_str envelope = um_shelf_get(o->shelf, &n->fact.id);

        um_buf_add(&e->facts, &envelope, sizeof envelope);
        e->made.facts_n++;
    }
    e->made.facts = (const struct um_str *)(void *)e->facts.p;
}

static bool judge(struct overseer *o, const struct um_past *p,
                  const struct um_case *c, uint64_t wall_ms,
                  char why[UM_WARDEN_WHY_BYTES])
{
    struct um_order order;
    int err = um_warden_judge(o->w, &p->rev.id, c, wall_ms, &order);

    must(err == 0 || err == P2P_EACCES, "a case is no case");
    memcpy(why, order.why, sizeof order.why);
    return err == 0;
}

/* What is established, and runs or may run. */
static void hold(struct overseer *o, const struct um_model *m)
{
    for (size_t i = 0; i < o->begun_n; i++) {
        const struct um_past *p =
            um_history_find(&m->history, &o->begun[i].name);

        if ((o->begun[i].runs || i == o->begun_n - 1) && p != NULL &&
            um_view_state(&m->view, p) == UM_ESTABLISHED) {
            o->begun[i].held = true;
            o->begun[i].early = o->begun[i].early && !o->begun[i].runs;
        }
    }
}

static void gather(struct overseer *o, struct um_model *m,
                   const struct um_past *p, struct um_buf *names,
                   struct um_evidence *e)
{
    struct um_namelist record;

    hold(o, m);
    um_warden_names(o->w, names);
    record = record_of(names);
    must(um_evidence_gather(m, o->shelf, &p->rev.id, record, e) == 0,
         "no evidence");
}

/* Asks for a revision that nobody ordered. */
bool overseer_try(struct overseer *o, struct um_model *m,
                  const struct um_past *p, uint64_t wall_ms, bool begin,
                  struct overseer_counts *counts)
{
    struct um_str room[UM__CAP_CASE_ITEMS];
    struct um_buf names = UM_BUF_INIT;
    struct um_evidence e;
    struct um_case part;
    char why[UM_WARDEN_WHY_BYTES];
    bool yes, fine = true;

    gather(o, m, p, &names, &e);
    whole(o, p, &e);
    leave_out(o, &e.made, &part, room);
    if (may_differ(m, p)) {
        counts->unsure++;
    } else {
        if (forbidden(o, m, p, record_of(&names))) {
            counts->partial++;
            if (judge(o, p, &part, wall_ms, why))
                fine = complain(p, "is granted", "with less than all");
        }
        yes = judge(o, p, &e.made, wall_ms, why);
        counts->granted += yes;
        counts->refused += !yes;
        if (yes != allowed(o, m, p, record_of(&names)))
            fine = complain(p, yes ? "is granted" : "is refused", why);
        if (yes && begin)
            begins(o, m, p);
    }
    um_evidence_fini(&e);
    um_buf_fini(&names);
    return fine;
}

static bool sample(struct overseer *o, struct um_model *m, uint64_t wall_ms,
                   struct overseer_counts *counts)
{
    bool fine = true;

    for (unsigned i = 0; i < SAMPLES && fine; i++) {
        uint64_t place = draw(o, m->history.revs_n);

        fine = overseer_try(o, m, um_history_at(&m->history, (uint32_t)place),
                            wall_ms, false, counts);
    }
    return fine;
}

bool overseer_order(struct overseer *o, struct um_model *m,
                    const struct um_name *revision, uint64_t wall_ms,
                    struct overseer_counts *counts)
{
    const struct um_past *p = um_history_find(&m->history, revision);
    struct um_buf names = UM_BUF_INIT;
    struct um_evidence e;
    char why[UM_WARDEN_WHY_BYTES];
    bool yes;

    must(p != NULL, "an order of nothing");
    if (!sample(o, m, wall_ms, counts))
        return false;
    gather(o, m, p, &names, &e);
    yes = judge(o, p, &e.made, wall_ms, why);
    um_evidence_fini(&e);
    um_buf_fini(&names);
    if (!yes)
        return complain(p, "is to run, and is refused", why);
    begins(o, m, p);
    counts->orders++;
    return true;
}

void overseer_ended(struct overseer *o, const struct um_name *revision,
                    enum um_warden_end end)
{
    size_t i = find_begun(o, revision);

    um_warden_ended(o->w, revision, end);
    keep(o);
    if (i == o->begun_n)
        return;
    o->begun[i].pending = false;
    if (end == UM_WARDEN_UNKNOWN)
        return;
    o->begun[i].refused = end == UM_WARDEN_REFUSED;
    for (size_t k = 0; k < o->begun_n && end == UM_WARDEN_RUNS; k++)
        o->begun[k].runs = k == i;
    if (end == UM_WARDEN_RUNS)
        o->begun[i].early =
            !o->begun[i].held && (o->begun[i].early || !o->begun[i].took);
    o->begun[i].took = o->begun[i].took || end == UM_WARDEN_RUNS;
}
