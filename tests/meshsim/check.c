/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See check.h. The letters are those of the invariants in docs/internals. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "member.h"
#include "mesh/node/hands.h"
#include "mesh/unit/shown.h"
#include "mesh/node/papers.h"
#include "people.h"
#include "rules.h"
#include "text.h"

static void name4(const struct um_name *n, char out[9])
{
    char text[UM_NAME_TEXT_MAX];

    memcpy(out, um_name_text(n, text), 8);
    out[8] = '\0';
}

static void really_runs(struct member *m);

/* ---- lines */

void check_line(struct member *m, enum um_log_level level, const char *line)
{
    if (strstr(line, "another node has this node's key") != NULL)
        world_fail(m->w, "%s believes that it has a twin", m->called);
    if (strstr(line, "cannot go on") != NULL && !m->disk.dead &&
        !m->disk.failed)
        world_fail(m->w, "%s: %s", m->called, line);
    if (strstr(line, "sent what nobody may accept") != NULL &&
        !check_blames_the_hostile(m->w, line))
        world_fail(m->w, "%s blames an honest member: %s", m->called, line);
    if (level == UM_LOG_INFO && strncmp(line, "Unit runs r", 11) == 0)
        really_runs(m);
}

bool check_blames_the_hostile(struct world *w, const char *line)
{
    char text[P2P_PEER_ID_TEXT_MAX];

    for (size_t i = 0; i < w->n; i++) {
        const struct member *m = w->members[i];

        if (m->hostile && strstr(line, p2p_peer_id_text(&m->id, text)) != NULL)
            return true;
    }
    return false;
}

/* ---- what a node has */

static bool has_fact(const struct um_model *m, const struct um_name *id)
{
    const struct um_history *h = &m->history;

    return um_namelist_has((struct um_namelist){h->fact_ids, h->facts_n}, id);
}

static bool has(struct um_model *m, const struct promise *p)
{
    return p->statement ? um_roster_find(&m->roster, &p->id) != NULL
                        : um_history_find(&m->history, &p->id) != NULL;
}

/* I1, I2: what others have of a node it had on its disk before they had it. */
static void own_items(struct member *m, struct member *other)
{
    struct um_model *mine = um_node_model(m->node);
    const struct um_history *theirs = &um_node_model(other->node)->history;

    for (size_t i = 0; i < theirs->revs_n; i++) {
        const struct um_past *p = theirs->revs[i];

        if (um_name_eq(&p->rev.by, &m->name) &&
            um_history_find(&mine->history, &p->rev.id) == NULL)
            world_fail(m->w, "%s lost a revision that %s has of it", m->called,
                       other->called);
        for (const struct um_noted *f = p->facts; f != NULL; f = f->next) {
            if (um_name_eq(&f->fact.by, &m->name) &&
                !has_fact(mine, &f->fact.id))
                world_fail(m->w, "%s lost a fact that %s has of it", m->called,
                           other->called);
        }
    }
}

/* Its rows go on where they ended. */
static void own_row(struct member *m, struct member *other)
{
    const struct um_shelf_row *row =
        um_shelf_row_of(um_node_shelf(other->node), &m->name);

    if (row != NULL && row->seq > um_node_model(m->node)->own.row_seq)
        world_fail(m->w, "%s begins with older rows than %s has of it",
                   m->called, other->called);
}

void check_end_of(struct member *m)
{
    const struct um_model *model = um_node_model(m->node);
    const struct um_history *h = &model->history;

    if (model->persisted != model->seq)
        return;
    free(m->ended);
    m->ended = must_alloc((h->revs_n + 1) * sizeof *m->ended);
    m->ended_n = 0;
    for (size_t i = 0; i < h->revs_n; i++) {
        if (h->revs[i]->overdue)
            m->ended[m->ended_n++] = h->revs[i]->rev.id;
    }
}

/* I5: what has ended stays so, whatever the clock says. */
static void still_ended(struct member *m)
{
    const struct um_history *h = &um_node_model(m->node)->history;

    for (size_t i = 0; i < m->ended_n; i++) {
        const struct um_past *p = um_history_find(h, &m->ended[i]);

        if (p == NULL || !p->overdue)
            world_fail(m->w, "%s forgot that a revision has ended (I5)",
                       m->called);
    }
}

void check_begin(struct member *m)
{
    struct world *w = m->w;
    const struct people *p = w->people;
    struct um_model *model = um_node_model(m->node);

    w->tally.checks++;
    still_ended(m);
    for (size_t i = 0; i < p->promises_n; i++) {
        if (p->promises[i].member == m->index && !has(model, &p->promises[i]))
            world_fail(w, "%s lost what it had promised", m->called);
    }
    for (size_t i = 0; i < w->n && i < 16; i++) {
        struct member *other = w->members[i];

        if (other == m || other->node == NULL)
            continue;
        own_items(m, other);
        own_row(m, other);
    }
}

/* ---- all nodes have the same */

static bool differ(struct member *a, struct member *b, bool tell,
                   const char *what)
{
    if (tell)
        world_fail(a->w, "%s and %s differ: %s", a->called, b->called, what);
    return false;
}

static bool same_revisions(const struct um_history *a,
                           const struct um_history *b)
{
    bool same = a->revs_n == b->revs_n && a->facts_n == b->facts_n;

    for (size_t i = 0; same && i < a->revs_n; i++)
        same = um_name_eq(&um_history_ranked(a, i)->rev.id,
                          &um_history_ranked(b, i)->rev.id);
    for (size_t i = 0; same && i < a->facts_n; i++)
        same = um_name_eq(&a->fact_ids[i], &b->fact_ids[i]);
    return same;
}

static bool same_roster(struct um_model *a, struct um_model *b)
{
    size_t n = um_roster_count(&a->roster);
    bool same = n == um_roster_count(&b->roster);
    bool stands;

    for (size_t i = 0; same && i < n; i++)
        same = um_name_eq(&um_roster_at(&a->roster, i, &stands)->id,
                          &um_roster_at(&b->roster, i, &stands)->id);
    return same;
}

static bool same_view(struct um_model *a, struct um_model *b)
{
    const struct um_view *v = &a->view, *u = &b->view;
    bool same = v->heads_n == u->heads_n && v->unlisted_n == u->unlisted_n;

    for (size_t i = 0; same && i < v->heads_n; i++)
        same = um_name_eq(&um_history_at(&a->history, v->heads[i])->rev.id,
                          &um_history_at(&b->history, u->heads[i])->rev.id);
    for (size_t i = 0; same && i < a->history.revs_n; i++)
        same = um_view_state(v, um_history_ranked(&a->history, i)) ==
               um_view_state(u, um_history_ranked(&b->history, i));
    return same;
}

/* What it gives others is what it knows itself. */
static bool same_shelf(struct member *m)
{
    struct um_model *a = um_node_model(m->node);
    const struct um_shelf *s = um_node_shelf(m->node);
    bool stands, same = true;

    for (size_t i = 0; same && i < a->history.revs_n; i++)
        same = um_shelf_get(s, &a->history.revs[i]->rev.id).p != NULL;
    for (size_t i = 0; same && i < a->history.facts_n; i++)
        same = um_shelf_get(s, &a->history.fact_ids[i]).p != NULL;
    for (size_t i = 0; same && i < um_roster_count(&a->roster); i++)
        same = um_shelf_get(s, &um_roster_at(&a->roster, i, &stands)->id).p !=
               NULL;
    return same;
}

/* Nothing is open any more (but what has a long deadline: a re-base), and
 * nothing is to be decided. */
static bool at_rest(const struct um_model *m)
{
    return m->view.next_ms > m->wall_ms + 180000 && !m->in_flight && !m->again;
}

/* Where two views differ, for who looks at a trace. */
static void show_views(struct member *a, struct member *b)
{
    const struct um_model *x = um_node_model(a->node);
    const struct um_model *y = um_node_model(b->node);

    for (size_t i = 0; i < x->history.revs_n; i++) {
        const struct um_past *p = um_history_ranked(&x->history, i);
        const struct um_past *q = um_history_ranked(&y->history, i);
        char id[9];

        name4(&p->rev.id, id);
        world_say(a->w,
                  "r%llu.%s policy %d wall %lld N %lld: %s state %d seen %lld "
                  "overdue %d; %s state %d seen %lld overdue %d; skew %lld, "
                  "%lld",
                  (unsigned long long)p->rev.number, id, (int)p->rev.policy,
                  (long long)(p->rev.wall_ms - WORLD_T0),
                  (long long)p->rev.deadline_ms, a->called,
                  (int)um_view_state(&x->view, p),
                  (long long)(p->seen_ms - WORLD_T0), p->overdue, b->called,
                  (int)um_view_state(&y->view, q),
                  (long long)(q->seen_ms - WORLD_T0), q->overdue,
                  (long long)a->skew_ms, (long long)b->skew_ms);
    }
}

/* What one knows of the other is of now. */
static bool fresh_row(struct member *a, struct member *b)
{
    const struct um_shelf_row *row =
        um_shelf_row_of(um_node_shelf(a->node), &b->name);
    struct um_row r;

    return a == b || (row != NULL && um_row_read(row->envelope, &r) == 0 &&
                      r.wall_ms + 60000 + 3 * a->w->plan.heartbeat_ms >=
                          member_wall_ms(b));
}

static bool two_same(struct member *a, struct member *b, bool tell)
{
    struct um_model *x = um_node_model(a->node), *y = um_node_model(b->node);

    if (!same_roster(x, y))
        return differ(a, b, tell, "statements (I1)");
    if (!same_revisions(&x->history, &y->history))
        return differ(a, b, tell, "revisions and facts (I1)");
    if (!same_view(x, y)) {
        if (tell)
            show_views(a, b);
        return differ(a, b, tell, "the view (I1)");
    }
    if (!fresh_row(a, b) || !fresh_row(b, a))
        return differ(a, b, tell, "what one knows of the other is old");
    return true;
}

/* ---- what runs */

/* What is known of Unit, for who looks at a trace. */
static void show_unit(struct member *m)
{
    const struct um_model *model = um_node_model(m->node);
    const struct um_own *own = &model->own;
    struct um_str config = unit_config(m->unit);
    char names[4][9];

    name4(&own->applied, names[0]);
    name4(&own->effective, names[1]);
    name4(&own->trying, names[2]);
    name4(&model->live.effective, names[3]);
    world_say(m->w,
              "%s applied %s effective %s trying %s live %s blank %d drift %d "
              "policy %d in flight %d retry in %lld; Unit %.*s",
              m->called, names[0], names[1], names[2], names[3],
              model->live.blank, (int)model->drift, (int)m->drift,
              model->in_flight,
              (long long)model->retry_ms - (long long)model->mono_ms,
              UM_STR_ARG(config));
    for (size_t i = 0; i < own->bad_n; i++) {
        name4(&own->bad[i].revision, names[0]);
        name4(&own->bad[i].effective, names[1]);
        world_say(m->w, "%s bad %s as %s: %d", m->called, names[0], names[1],
                  (int)own->bad[i].why);
    }
}

static bool tells(struct member *m, bool tell, const char *what)
{
    const char *reason = um_node_model(m->node)->reason;

    if (tell)
        world_fail(m->w, "%s: %s; its reason: %s", m->called, what,
                   reason != NULL ? reason : "none");
    if (tell)
        show_unit(m);
    return false;
}

/* The label of a member, as its node knows it; 0: it has none. */
static char zone_of(struct member *m)
{
    const struct um_statement *s = um_roster_value(
        &um_node_model(m->node)->roster, &m->name, UM_STR("zone"));

    return s != NULL && s->value.len > 0 ? s->value.p[0] : 0;
}

/* Whether Unit really runs what a revision says there, with a label. */
static bool runs_content(struct member *m, const struct um_past *p, char zone)
{
    struct um_str doc;
    struct text want, is;

    if (um_papers_get(um_node_papers(m->node), &p->rev.doc, &doc) != 0)
        return false;
    text_read(doc, &want);
    text_on(&want, zone, m->index);
    text_read(unit_config(m->unit), &is);
    return memcmp(want.code, is.code, sizeof want.code) == 0 &&
           want.python == is.python;
}

/* The same with any label: that may have changed on the way. */
static bool runs_some_content(struct member *m, const struct um_past *p)
{
    static const char zones[] = {0, 'a', 'b', 'c'};
    size_t i = 0;

    while (i < sizeof zones && !runs_content(m, p, zones[i]))
        i++;
    return i < sizeof zones;
}

/* I3: a node that says that its Unit runs a revision is right, if nobody
 * touched Unit meanwhile. */
static void really_runs(struct member *m)
{
    const struct um_model *model = um_node_model(m->node);
    const struct um_past *p =
        um_history_find(&model->history, &model->own.applied);
    /* Who stood still says late what was so before. */
    uint64_t window = m->late_until + 1000 > m->w->now ? 30000 : 5000;

    if (p != NULL && !unit_touched(m->unit, window) && !runs_some_content(m, p))
        world_fail(m->w, "%s says that Unit runs what it does not (I3)",
                   m->called);
}

/* Unit shows what the node says that it runs. */
static bool runs_it(struct member *m, bool tell)
{
    const struct um_model *model = um_node_model(m->node);
    struct um_buf shown = UM_BUF_INIT;
    bool same;

    if (um_name_none(&model->own.applied))
        return true;
    um_shown_compact(um_hands_config(um_node_hands(m->node)), &shown);
    same = um_str_eq(um_buf_view(&shown), unit_config(m->unit)) &&
           um_name_eq(&model->live.effective, &model->own.effective);
    um_buf_fini(&shown);
    if (same)
        return true;
    if (um_own_refused(&model->own, &model->own.applied,
                       &model->own.effective) &&
        model->reason != NULL)
        return true; /* it lost what it ran, and does not take it any more */
    if (m->drift != UM_HEAL && !model->live.blank && model->drift == UM_DIFFERS)
        return true; /* it says so; or a guard was against adopting it */
    return tells(m, tell, "Unit runs something else");
}

/* I3, I4, I5: it runs what it should, or has a reason. */
static bool runs_well(struct member *m, bool tell)
{
    struct um_model *model = um_node_model(m->node);
    const struct um_past *d = um_view_desired(&model->view, &model->history,
                                              &model->roster, &m->name);
    const struct um_past *p =
        um_history_find(&model->history, &model->own.applied);

    if (d == NULL)
        return tells(m, tell, "there is nothing to run");
    if (p == NULL)
        return um_own_refused(&model->own, &d->rev.id, NULL)
                   ? true
                   : tells(m, tell, "nothing runs");
    if (um_view_state(&model->view, p) == UM_DEAD &&
        (model->reason == NULL ||
         !um_own_refused(&model->own, &d->rev.id, NULL)))
        return tells(m, tell, "what runs has ended (I5)");
    if (p != d && !um_own_refused(&model->own, &d->rev.id, NULL))
        return tells(m, tell, "it runs another revision");
    if (p != d && model->reason == NULL)
        return tells(m, tell, "it runs another revision without a reason");
    if (model->drift == UM_NO_DRIFT && !um_name_none(&model->live.effective) &&
        um_name_eq(&model->live.effective, &model->own.effective) &&
        !runs_content(m, p, zone_of(m)))
        return tells(m, tell, "Unit runs other content (I3)");
    return runs_it(m, tell);
}

static bool has_role(struct um_model *m, const struct member *of)
{
    return (um_roster_roles(&m->roster, &of->name) & UM_NODE) != 0;
}

static struct member *reference(struct world *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct member *m = w->members[i];

        if (member_counts(m) && has_role(um_node_model(m->node), m))
            return m;
    }
    return NULL;
}

bool check_same(struct world *w, bool tell)
{
    struct member *first = reference(w);
    bool same = first != NULL;

    w->tally.checks++;
    for (size_t i = 0; i < w->n && (same || tell); i++) {
        struct member *m = w->members[i];

        if (m->invited && !m->revoked && !m->rejected && m->node == NULL) {
            same = false;
            if (tell)
                world_fail(w, "%s has a code, and is not in", m->called);
        }
        if (people_awaits(m)) {
            same = false;
            if (tell)
                world_fail(w, "%s waits for the owner", m->called);
        }
        if (!member_counts(m) || !has_role(um_node_model(first->node), m))
            continue;
        same = two_same(first, m, tell) && same;
        same =
            (same_shelf(m) || differ(m, m, tell, "shelf and history")) && same;
        same = (at_rest(um_node_model(m->node)) ||
                tells(m, tell, "something is still open")) &&
               same;
        same = runs_well(m, tell) && same;
    }
    return same;
}

/* ---- at the end */

/* Marks what the heads were made from, by the names in the items alone. */
static void mark_above(const struct um_model *m, uint8_t *above)
{
    const struct um_history *h = &m->history;

    for (size_t i = 0; i < m->view.heads_n; i++)
        above[m->view.heads[i]] = 1;
    for (size_t i = 0; i < h->revs_n; i++) { /* children rank higher */
        const struct um_past *p = um_history_ranked(h, i);

        for (unsigned k = 0; k < p->rev.parents_n && above[p->place]; k++) {
            const struct um_past *q = um_history_find(h, &p->rev.parents[k]);

            if (q != NULL)
                above[q->place] = 2;
        }
    }
}

/* I2: a conflict that was ended is none. */
static void heads_are_ends(struct world *w, const struct um_model *m,
                           const uint8_t *above)
{
    for (size_t i = 0; i < m->view.heads_n; i++) {
        if (above[m->view.heads[i]] == 2)
            world_fail(w, "what something was made from is a conflict (I2)");
    }
}

/* I2: what was promised is everywhere, and it is dead, a head, or what a head
 * was made from. */
static void promise_holds(struct world *w, struct um_model *m,
                          const struct promise *p, const uint8_t *above)
{
    const struct um_past *r = um_history_find(&m->history, &p->id);
    const struct um_past *t = um_view_target(&m->view, &m->history);
    char id[9];

    name4(&p->id, id);
    if (w->members[p->member]->revoked || w->members[p->member]->rejected)
        return; /* what it said alone stays alone */
    if (!has(m, p)) {
        world_fail(w, "%s promised %s, and it is lost (I2)",
                   w->members[p->member]->called, id);
    } else if (r != NULL && um_view_state(&m->view, r) != UM_DEAD) {
        if (above[r->place] == 0 && m->view.unlisted_n == 0)
            world_fail(w, "%s is in no head's history (I2)", id);
        if (t == NULL || r->rev.number > t->rev.number)
            world_fail(w, "%s is buried (I7)", id);
    }
}

/* I1: another order of the same items comes to the same. */
static void any_order(struct world *w, struct um_model *m)
{
    const struct um_history *h = &m->history;
    uint32_t *order = must_alloc((h->revs_n + 1) * sizeof *order);
    struct um_history fresh;
    struct um_view view = {0};
    struct um_need need;
    bool moved = true;

    um_history_init(&fresh, m->cfg.salt);
    for (size_t i = 0; i < h->revs_n; i++) {
        size_t k = (size_t)world_dice(w, i + 1);

        order[i] = order[k];
        order[k] = (uint32_t)i;
    }
    while (moved) {
        moved = false;
        for (size_t i = 0; i < h->revs_n; i++) {
            const struct um_past *p = h->revs[order[i]];

            moved = um_history_add_revision(&fresh, &m->roster, &p->rev,
                                            p->seen_ms, &need) == 0 ||
                    moved;
        }
    }
    for (size_t i = 0; i < h->revs_n; i++) {
        struct um_past *p = um_history_find(&fresh, &h->revs[i]->rev.id);

        for (const struct um_noted *f = h->revs[i]->facts; f != NULL;
             f = f->next)
            (void)um_history_add_fact(&fresh, &m->roster, &f->fact, &need);
        if (p != NULL)
            p->overdue = h->revs[i]->overdue;
    }
    if (um_view_update(&view, &fresh, &m->roster, m->wall_ms) != 0 ||
        !same_revisions(h, &fresh) || view.heads_n != m->view.heads_n ||
        !um_name_eq(&um_view_target(&view, &fresh)->rev.id,
                    &um_view_target(&m->view, h)->rev.id))
        world_fail(w, "another order comes to another target (I1)");
    um_view_fini(&view);
    um_history_fini(&fresh);
    free(order);
}

/* I9, I12: what is void is not in force; who may not write wrote nothing. */
static void by_nobody(struct world *w, struct um_model *m)
{
    const struct um_past *t = um_view_target(&m->view, &m->history);

    if (t != NULL && um_view_void(&m->view, t))
        world_fail(w, "the target is void (I9)");
    for (size_t i = 0; i < m->history.revs_n; i++) {
        const struct um_past *p = m->history.revs[i];

        for (size_t k = 0; k < w->n; k++) {
            const struct member *x = w->members[k];

            if (!x->writes && um_name_eq(&p->rev.by, &x->name))
                world_fail(w, "%s wrote, and may not (I12)", x->called);
        }
    }
}

/* A number is one more than the highest of the parents'. */
static void numbered(struct world *w, const struct um_model *m)
{
    const struct um_history *h = &m->history;

    for (size_t i = 0; i < h->revs_n; i++) {
        const struct um_revision *r = &h->revs[i]->rev;
        uint64_t most = 0;

        for (unsigned k = 0; k < r->parents_n; k++) {
            const struct um_past *q = um_history_find(h, &r->parents[k]);

            most = q != NULL && q->rev.number > most ? q->rev.number : most;
        }
        if (r->number != most + 1)
            world_fail(w, "a revision has a number that it chose (I7)");
    }
}

/* Who is in by a code has its role; who came with one that was used has none.
 */
static void by_codes(struct world *w, struct um_model *m)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct member *x = w->members[i];
        bool role = um_roster_ever(&m->roster, &x->name) != 0;

        w->tally.coded += x->invited && role;
        w->tally.waited += x->waits;
        w->tally.rejected += x->rejected;
        w->tally.kept_out += x->too_late;
        if (x->let_in && !x->revoked && !has_role(m, x))
            world_fail(w, "%s was let in, and has no role (I2)", x->called);
        if (x->too_late && role)
            world_fail(w, "%s has a role by a used code (I12)", x->called);
        if (x->rejected && role)
            world_fail(w, "%s has a role, and was rejected (I12)", x->called);
    }
}

/* Rows are of members. */
static void rows_of_members(struct member *m)
{
    const struct um_shelf *s = um_node_shelf(m->node);
    const struct um_shelf_row *row;

    for (size_t i = 0; (row = um_shelf_row_at(s, i)) != NULL; i++) {
        if (um_roster_ever(&um_node_model(m->node)->roster, &row->member) == 0)
            world_fail(m->w, "%s keeps the row of a stranger (I12)", m->called);
    }
}

/* I9: of who was put out only what was kept is in force. */
static void not_of_the_revoked(struct world *w, struct um_model *m,
                               const struct um_statement *s)
{
    const struct um_history *h = &m->history;
    uint8_t *kept = must_alloc(h->revs_n + 1);

    for (size_t i = 0; i < s->keep.n; i++) {
        const struct um_past *p = um_history_find(h, &s->keep.p[i]);

        if (p != NULL)
            kept[p->place] = 1;
    }
    for (size_t i = 0; i < h->revs_n; i++) {
        const struct um_past *p = um_history_ranked(h, i);

        for (unsigned k = 0; k < 2 && kept[p->place] != 0; k++) {
            if (p->parents[k] != UM_NOWHERE)
                kept[p->parents[k]] = 1;
        }
    }
    for (size_t i = 0; i < h->revs_n; i++) {
        const struct um_past *p = h->revs[i];

        if (um_name_eq(&p->rev.by, &s->key) && kept[p->place] == 0 &&
            um_view_state(&m->view, p) != UM_DEAD)
            world_fail(w, "work of who was put out is in force (I9)");
    }
    free(kept);
}

static void nobody_revoked(struct world *w, struct um_model *m)
{
    bool stands;

    for (size_t i = 0; i < um_roster_count(&m->roster); i++) {
        const struct um_statement *s = um_roster_at(&m->roster, i, &stands);

        if (stands && s->what == UM_REVOKE)
            not_of_the_revoked(w, m, s);
    }
}

/* I11: conflicts of one author are bounded. */
static void bounded(struct world *w, const struct um_model *m)
{
    for (size_t k = 0; k < w->n; k++) {
        size_t mine = 0;

        for (size_t i = 1; i < m->view.heads_n; i++)
            mine += um_name_eq(
                &um_history_at(&m->history, m->view.heads[i])->rev.by,
                &w->members[k]->name);
        if (mine > UM__CAP_VIEW_CONFLICTS)
            world_fail(w, "%zu conflicts of one author are listed (I11)", mine);
    }
}

void check_end(struct world *w)
{
    struct member *first = reference(w);
    struct um_model *m;
    uint8_t *above;

    if (first == NULL) {
        world_fail(w, "nobody is left");
        return;
    }
    (void)check_same(w, true);
    m = um_node_model(first->node);
    above = must_alloc(m->history.revs_n + 1);
    mark_above(m, above);
    heads_are_ends(w, m, above);
    for (size_t i = 0; i < w->people->promises_n; i++)
        promise_holds(w, m, &w->people->promises[i], above);
    free(above);
    any_order(w, m);
    by_nobody(w, m);
    nobody_revoked(w, m);
    numbered(w, m);
    rows_of_members(first);
    bounded(w, m);
    rules_end(w, m);
    by_codes(w, m);
    w->tally.revisions = m->history.revs_n;
    w->tally.facts = m->history.facts_n;
    for (size_t i = 0; i < w->n; i++) {
        if (unit_stubborn(w->members[i]->unit) >
            1 + w->members[i]->run) /* one more after each crash at most */
            world_fail(w, "%s asks again what was refused (I4)",
                       w->members[i]->called);
    }
}
