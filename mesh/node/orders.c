/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See inner.h. What the applier is told: whose applier it is, the roster, and
 * orders with the items that show that they are ones. It makes the
 * configuration by itself; what it comes to here goes along, so that both mean
 * the same. Failure mode: nobody can say what came of an order; the model comes
 * again.
 */
#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/node/hide.h"
#include "mesh/node/inner.h"
#include "mesh/store/self.h"
#include "mesh/trust/revname.h"
#include "p2p/err.h"

/* Bytes of statements in one message, about. */
#define MESSAGE_BYTES (1U << 20)

/* Bytes of a case that fit into one, with what goes along. */
#define CASE_BYTES (UM__CAP_WIRE_FRAME_BYTES - 65536U)

/* ---- the roster */

/* What others rest on goes first. */
static unsigned turn_of(const struct um_statement *s)
{
    return s->what == UM_GENESIS ? 0 : s->what == UM_GRANT ? 1 : 2;
}

static void flush(struct um_node *n, struct um_buf *list)
{
    if (um_buf_failed(list)) {
        um_node_break(n, "out of memory");
    } else {
        um_hands_statements(n->cfg.hands, um_buf_view(list));
    }
    um_buf_clear(list);
}

static void tell_roster(struct um_node *n)
{
    struct um_roster *r = &n->model.roster;
    struct um_buf list = UM_BUF_INIT;
    bool stands;

    for (unsigned turn = 0; turn <= 2; turn++) {
        for (size_t i = 0; i < um_roster_count(r); i++) {
            const struct um_statement *s = um_roster_at(r, i, &stands);

            if (turn_of(s) == turn) {
                um_wire_put_statement(&list, um_shelf_get(n->shelf, &s->id));
            }
            if (list.len > MESSAGE_BYTES) {
                flush(n, &list);
            }
        }
    }
    flush(n, &list);
    um_buf_fini(&list);
}

void um_node_tell_unit(struct um_node *n, struct um_str envelope)
{
    struct um_buf list = UM_BUF_INIT;

    if (n->told_unit) {
        um_wire_put_statement(&list, envelope);
        flush(n, &list);
    }
    um_buf_fini(&list);
}

void um_node_tell_confirmed(struct um_node *n)
{
    const struct um_name *runs = &n->model.own.applied;
    const struct um_past *p = um_history_find(&n->model.history, runs);
    struct um_hands_order o = {.why = NULL};
    struct um_buf list = UM_BUF_INIT;
    struct um_evidence e;

    if (!n->told_unit || n->persisted < n->queued ||
        um_name_eq(&n->told_confirmed, runs) || p == NULL ||
        p->rev.policy == UM_IMMEDIATE ||
        um_view_state(&n->model.view, p) != UM_ESTABLISHED) {
        return;
    }
    if (um_evidence_gather(&n->model, n->shelf, NULL,
                           (struct um_namelist){runs, 1}, &e) == 0) {
        for (size_t i = 0; i < e.made.facts_n; i++) {
            um_wire_put_fact(&list, e.made.facts[i]);
        }
        if (!um_buf_failed(&list)) {
            o.facts = um_buf_view(&list);
            um_hands_hear(n->cfg.hands, &o);
            n->told_confirmed = *runs;
        }
    }
    um_evidence_fini(&e);
    um_buf_fini(&list);
}

static int paper(void *user, const struct um_name *hash, struct um_str *out)
{
    struct um_node *n = user;

    return um_papers_get(n->papers, hash, out);
}

/* The answer to what was given to Unit last may have been lost when the node
 * ended; the applier has noted it. */
static void runs(void *user, const struct um_name *revision)
{
    struct um_event e = {.what = UM_EV_RAN, .u.ran = *revision};

    um_node_step(user, &e);
}

/* Whether it lets somebody in, and was signed here: the applier hears of it
 * before the disk. If that did not take it nobody else heard of it, and the use
 * of a code that it was signed for went with it. */
static bool was_unsaid(struct um_node *n, struct um_str envelope)
{
    const struct p2p_key *owner = um_node_owner(n);
    struct um_statement s;
    struct um_name by;

    return owner != NULL && um_item_signer(owner, &by) == 0 &&
           um_node_statement(envelope, &s) == 0 && s.what == UM_GRANT &&
           um_name_eq(&s.by, &by);
}

/* The applier may know what this node's own disk did not take: above all that
 * it was put out, which no member tells it once more. */
static void stated(void *user, struct um_str envelope)
{
    struct um_node *n = user;
    struct um_name id;

    if (was_unsaid(n, envelope)) {
        return;
    }
    if (um_node_import(n, UM_STATEMENT, envelope, &id) == UM_IMPORT_TAKEN) {
        um_log_line(n->cfg.log, UM_LOG_WARN,
                    "the store had lost a statement that the applier has: it "
                    "is here again");
    }
}

int um_node_take_unit(struct um_node *n)
{
    const struct um_past *p =
        um_history_find(&n->model.history, &n->model.own.applied);
    struct um_buf locked = UM_BUF_INIT, text = UM_BUF_INIT;
    struct um_hands_member m = {.mesh = n->model.cfg.mesh,
                                .cb = &um_node_runner_cb,
                                .paper = paper,
                                .runs = runs,
                                .stated = stated,
                                .statements = um_roster_count(&n->model.roster),
                                .user = n};
    int rv;

    if (n->cfg.hands == NULL) {
        return 0;
    }
    rv = um_self_shown_get(n->cfg.store, &m.effective, &locked);
    if (rv == 0) {
        rv = um_hide_unlock(n->cfg.key, um_buf_view(&locked), &text);
    }
    if (rv == 0 && text.len == 0 && n->cfg.old != NULL) {
        rv = um_hide_unlock(n->cfg.old, um_buf_view(&locked), &text);
    }
    um_buf_fini(&locked);
    if (rv != 0) {
        um_log_line(n->cfg.log, UM_LOG_ERROR,
                    "the store: what Unit showed last: %s", p2p_err_text(rv));
        um_buf_fini(&text);
        return rv;
    }
    if (!um_name_none(&m.effective)) {
        m.shown = um_buf_view(&text);
    }
    if (p != NULL) {
        m.doc = p->rev.doc;
    }
    n->told_unit = true;
    n->told_confirmed = (struct um_name){{0}};
    um_hands_start(n->cfg.hands, &m);
    um_buf_fini(&text);
    tell_roster(n);
    return n->over ? P2P_ENOMEM : 0;
}

/* ---- orders */

/* An order that is made. */
struct made {
    struct um_evidence evidence;
    struct um_buf revisions;
    struct um_buf facts;
    char why[UM_REVNAME_TEXT_MAX];
    struct um_hands_order order;
};

static void unmake(struct made *m)
{
    um_evidence_fini(&m->evidence);
    um_buf_fini(&m->revisions);
    um_buf_fini(&m->facts);
}

/* The items of a case as lists. */
static int list(struct made *m)
{
    const struct um_case *c = &m->evidence.made;

    for (size_t i = 0; i < c->revisions_n; i++) {
        um_wire_put_revision(&m->revisions, c->revisions[i]);
    }
    for (size_t i = 0; i < c->facts_n; i++) {
        um_wire_put_fact(&m->facts, c->facts[i]);
    }
    m->order.revisions = um_buf_view(&m->revisions);
    m->order.facts = um_buf_view(&m->facts);
    if (um_buf_failed(&m->revisions) || um_buf_failed(&m->facts)) {
        return P2P_ENOMEM;
    }
    return m->revisions.len + m->facts.len > CASE_BYTES ? P2P_ETOOBIG : 0;
}

/* Gathers what shows that a revision may run here; NULL: what shows that those
 * of the record hold. */
static int make(struct um_node *n, const struct um_name *revision,
                const struct um_name *effective, struct made *m)
{
    const struct um_past *p =
        revision != NULL ? um_history_find(&n->model.history, revision) : NULL;
    int rv;

    *m = (struct made){.order = {.why = m->why}};
    if (revision != NULL) {
        m->order.revision = *revision;
    }
    if (effective != NULL) {
        m->order.effective = *effective;
    }
    if (p != NULL) {
        (void)um_revname_text(p->rev.number, revision, UM_REVNAME_DIGITS,
                              m->why);
    }
    rv = um_evidence_gather(&n->model, n->shelf, revision,
                            um_hands_record(n->cfg.hands), &m->evidence);
    return rv == 0 || rv == P2P_ELIMIT ? list(m) : rv;
}

/* Whether a document still comes to that here. */
static int still_comes_to(struct um_node *n, const struct um_name *revision,
                          const struct um_name *effective)
{
    const struct um_past *p = um_history_find(&n->model.history, revision);
    struct um_maker_out out = {.arena = UM_ARENA_INIT};
    int rv = p == NULL ? P2P_ENOTFOUND : um_node_make_it(n, &p->rev.doc, &out);

    if (rv == 0 && !um_name_eq(&out.effective, effective)) {
        rv = P2P_ESTATE;
    }
    um_maker_fini(&out);
    return rv;
}

void um_node_apply(struct um_node *n, const struct um_effect *e)
{
    struct um_name revision = e->u.apply.revision;
    struct um_name effective = e->u.apply.effective;
    struct made m = {.order = {.why = NULL}};
    int rv =
        n->told_unit ? still_comes_to(n, &revision, &effective) : P2P_ENOTFOUND;

    if (rv == 0) {
        rv = make(n, &revision, &effective, &m);
    }
    if (rv == 0) {
        /* What others wait for is signed by the one that is busy then. */
        um_hints_flush(n->hints);
        um_hands_apply(n->cfg.hands, &m.order);
    } else {
        if (rv == P2P_ETOOBIG) {
            um_log_line(n->cfg.log, UM_LOG_ERROR,
                        "what shows that %s is in force is too much for the "
                        "applier",
                        m.why);
        }
        um_node_runner_cb.applied(
            n, UM_RESULT_NO_ANSWER, &revision, &effective,
            UM_STR("what was to be given to Unit is another by now"));
    }
    unmake(&m);
}

/* Whether the applier gave it to Unit once, and would hold it against others.
 */
static bool is_in_record(const struct um_node *n,
                         const struct um_name *revision)
{
    struct um_namelist record = um_hands_record(n->cfg.hands);

    for (size_t i = 0; i < record.n; i++) {
        if (um_name_eq(&record.p[i], revision)) {
            return true;
        }
    }
    return false;
}

static void note(struct um_node *n)
{
    const struct um_model *m = &n->model;
    struct made made = {.order = {.why = NULL}};

    if (n->told_unit && !um_name_none(&m->own.applied) && !m->in_flight &&
        !is_in_record(n, &m->own.applied) &&
        um_name_eq(&m->live.effective, &m->own.effective) &&
        make(n, &m->own.applied, &m->own.effective, &made) == 0) {
        um_hands_examine(n->cfg.hands, &made.order);
    }
    unmake(&made);
}

static void on_note(void *arg)
{
    struct um_node *n = arg;

    n->note_alarm = NULL;
    note(n);
}

/* Soon: what others are to hear now is signed first, by the one that will wait
 * for its disk then. */
void um_node_note(struct um_node *n)
{
    const struct um_alarms *a = n->cfg.alarms;

    if (n->note_alarm == NULL && !n->over && !n->ending) {
        n->note_alarm = a->set(a->user, 0, on_note, n);
    }
}

void um_node_examine(struct um_node *n, const struct um_name *revision)
{
    struct made m = {.order = {.why = NULL}};

    if (n->told_unit && is_in_record(n, revision) &&
        make(n, revision, NULL, &m) == 0) {
        um_hands_examine(n->cfg.hands, &m.order);
    }
    unmake(&m);
}

/* ---- trials */

void um_node_forget_trial(struct um_node *n)
{
    um_mem_free(n->trial);
    n->trial = NULL;
}

static void on_tried(void *user, enum um_result outcome, struct um_str text)
{
    struct um_node *n = user;
    um_node_tried *tried = n->trial->tried;

    user = n->trial->user;
    um_node_forget_trial(n);
    tried(user, outcome, text);
}

/* Whether what runs here is the current revision, as it is. */
static bool at_rest(const struct um_node *n)
{
    const struct um_model *m = &n->model;
    const struct um_past *t = um_view_target(&m->view, &m->history);

    return n->told_unit && t != NULL && !m->in_flight &&
           um_name_eq(&m->own.applied, &t->rev.id) &&
           um_name_eq(&m->live.effective, &m->own.effective);
}

/* It is on disk what Unit may come to run. What is to be noted comes first, for
 * the applier sees for itself that Unit runs it. */
static void on_noted(void *user, enum um_reply answer,
                     const struct um_name *revision)
{
    struct um_node *n = user;
    const struct um_node_trial *t = n->trial;

    if (t == NULL || revision == NULL) {
        return; /* the node ends */
    }
    if (n->note_alarm != NULL) {
        n->cfg.alarms->clear(n->cfg.alarms->user, n->note_alarm);
        on_note(n);
    }
    if (answer != UM_OK || !at_rest(n) ||
        um_hands_try(n->cfg.hands, &t->doc, &t->effective, on_tried, n) != 0) {
        on_tried(n, UM_RESULT_NO_ANSWER, UM_STR("what is to run is another"));
    }
}

/* What a document comes to here. */
static int comes_to(struct um_node *n, const struct um_name *doc,
                    struct um_name *effective)
{
    struct um_maker_out out;
    int rv = um_node_make_it(n, doc, &out);

    *effective = out.effective;
    um_maker_fini(&out);
    return rv;
}

bool um_node_has_unit(const struct um_node *n)
{
    return n->told_unit && n->model.live.known && !n->model.absent;
}

/* Whether it will be in a moment: the current revision is being given to Unit,
 * or is about to be. */
static bool rests_soon(struct um_node *n)
{
    struct um_model *m = &n->model;
    const struct um_past *t = um_view_target(&m->view, &m->history);

    if (!um_node_has_unit(n) || t == NULL || m->retry_ms != 0) {
        return false;
    }
    return m->in_flight ||
           (!um_name_eq(&m->own.applied, &t->rev.id) &&
            um_view_desired(&m->view, &m->history, &m->roster, &n->me) == t &&
            !um_own_refused(&m->own, &t->rev.id, NULL));
}

/* Whether it is being given something, perhaps what ran before a trial. */
static bool is_asked(const struct um_node *n)
{
    struct um_applier_stats stats = {0};

    if (um_node_has_unit(n)) {
        um_hands_stats(n->cfg.hands, &stats);
    }
    return stats.busy;
}

bool um_node_try_later(struct um_node *n)
{
    return n->trial != NULL || is_asked(n) || (!at_rest(n) && rests_soon(n));
}

int um_node_try(struct um_node *n, const struct um_name *doc,
                um_node_tried *tried, void *user)
{
    struct um_command c = {.verb = UM_DO_TRY};
    struct um_node_trial *t;
    int rv;

    if (um_node_try_later(n)) {
        return P2P_EAGAIN;
    }
    if (!at_rest(n)) {
        return P2P_ESTATE;
    }
    t = um_mem_zalloc(sizeof *t);
    if (t == NULL) {
        return P2P_ENOMEM;
    }
    *t = (struct um_node_trial){.doc = *doc, .tried = tried, .user = user};
    n->trial = t;
    rv = comes_to(n, doc, &t->effective);
    c.doc = t->effective;
    if (rv == 0) {
        rv = um_node_command(n, &c, on_noted, n);
    }
    if (rv != 0) {
        um_node_forget_trial(n);
    }
    return rv;
}

/* ---- the scratch Unit */

static void drop_scratch(struct um_node *n)
{
    struct um_node_trial *t = n->scratch;

    n->scratch = t->next;
    um_mem_free(t);
}

void um_node_forget_scratch(struct um_node *n)
{
    while (n->scratch != NULL) {
        drop_scratch(n);
    }
}

static void on_scratched(void *user, enum um_result outcome,
                         struct um_str text);

/* The first is tried, if there is one. */
static void try_scratch(struct um_node *n)
{
    const struct um_node_trial *t = n->scratch;
    int rv = t != NULL ? um_hands_scratch(n->cfg.hands, &t->doc, &t->effective,
                                          on_scratched, n)
                       : 0;

    assert(rv == 0); /* nobody else asks for it */
    (void)rv;
}

static void on_scratched(void *user, enum um_result outcome, struct um_str text)
{
    struct um_node *n = user;
    um_node_tried *tried = n->scratch->tried;

    user = n->scratch->user;
    drop_scratch(n);
    try_scratch(n);
    tried(user, outcome, text);
}

int um_node_scratch(struct um_node *n, const struct um_name *doc,
                    um_node_tried *tried, void *user)
{
    struct um_node_trial **at = &n->scratch, *t;
    struct um_name effective;
    int rv = n->told_unit ? comes_to(n, doc, &effective) : P2P_ESTATE;

    if (rv != 0) {
        return rv;
    }
    t = um_mem_zalloc(sizeof *t);
    if (t == NULL) {
        return P2P_ENOMEM;
    }
    *t = (struct um_node_trial){
        .doc = *doc, .effective = effective, .tried = tried, .user = user};
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = t;
    if (n->scratch == t) {
        try_scratch(n);
    }
    return 0;
}

static void restored(void *user, enum um_result outcome, struct um_str text)
{
    struct um_node *n = user;

    if (outcome != UM_RESULT_DONE) {
        um_log_line(n->cfg.log, UM_LOG_WARN,
                    "Unit does not take back what it ran: %.*s",
                    UM_STR_ARG(text));
    }
    um_hands_look(n->cfg.hands);
    um_node_stir(n);
}

/* Has what ran before a trial come back. */
static int give_back(struct um_node *n)
{
    const struct um_past *p =
        um_history_find(&n->model.history, &n->model.own.applied);
    struct made m = {.order = {.why = NULL}};
    struct um_name effective;
    /* What is on its way to Unit comes in the place of what was tried. */
    int rv = n->model.in_flight || p == NULL
                 ? P2P_ESTATE
                 : comes_to(n, &p->rev.doc, &effective);

    if (rv == 0) {
        rv = make(n, &p->rev.id, &effective, &m);
    }
    if (rv == 0) {
        rv = um_hands_back(n->cfg.hands, &m.order, restored, n);
    }
    unmake(&m);
    return rv;
}

void um_node_untry(struct um_node *n)
{
    if (give_back(n) != 0) {
        um_hands_look(n->cfg.hands); /* what it shows is healed */
    }
}
