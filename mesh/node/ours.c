/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See inner.h. This node's Unit: what it runs is told to the model, with the
 * document that would adopt it; what it is to run is made here and given to it.
 * A configuration that was not ours is known by the hash of its compact form,
 * so that a revision of the very same is no change.
 */
#include <stdlib.h>

#include "mesh/doc/guard.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "mesh/model/rebase.h"
#include "mesh/node/desk.h"
#include "mesh/node/inner.h"
#include "mesh/store/copies.h"
#include "mesh/store/self.h"
#include "mesh/trust/revname.h"
#include "p2p/err.h"

static void told(struct um_node *n, struct um_event *e)
{
    um_node_step(n, e);
    um_node_stir(n);
}

/* The document that adopts what Unit runs, on top of what this node applied. */
static void adoption(struct um_node *n, const struct um_runner_live *l,
                     struct um_event *e)
{
    const struct um_control_request req = {.method = UM_STR("POST"),
                                           .path = UM_STR("/config")};
    const struct um_control_unit unit = {.config = l->config,
                                         .applied = um_runner_shown(n->runner)};
    struct um_control_answer out = {0};
    struct um_desk desk;

    if (um_desk_init(&desk, n, &n->model.own.applied, NULL) == 0) {
        um_control_adopt(&desk.arena, &desk.state, &req, &unit, &out);
    }
    if (out.kind == UM_CONTROL_CHANGE &&
        um_papers_put(n->papers, out.document, &e->u.live.doc) == 0) {
        e->u.live.doc_bytes = (uint32_t)out.document.len;
    }
    um_desk_fini(&desk);
}

/* What is known of a configuration that is not as this node left it. */
static void look_at(struct um_node *n, const struct um_runner_live *l,
                    struct um_event *e)
{
    struct um_str shown = um_runner_shown(n->runner);
    struct um_arena a = UM_ARENA_INIT;
    struct um_val now, before;

    if (um_doc_parse(l->config, &a, &now, NULL) == 0) {
        (void)um_doc_hash(&now, e->u.live.effective.b);
        e->u.live.shrinks = shown.p != NULL &&
                            um_doc_parse(shown, &a, &before, NULL) == 0 &&
                            um_guard_shrink(&before, &now) != UM_SHRINK_NOT;
    }
    um_arena_fini(&a);
    if (!l->blank && !um_name_none(&n->model.own.applied)) {
        adoption(n, l, e);
    }
}

static void live(void *user, const struct um_runner_live *l)
{
    struct um_node *n = user;
    struct um_event e = {.what = UM_EV_LIVE,
                         .u.live = {.effective = l->effective,
                                    .blank = l->blank,
                                    .other_unit = l->other_unit,
                                    .version = l->version}};

    if (!l->ours) {
        look_at(n, l, &e);
    }
    told(n, &e);
}

static void absent(void *user, const char *text)
{
    struct um_node *n = user;
    struct um_event e = {.what = UM_EV_ABSENT};

    um_log_line(n->cfg.log, UM_LOG_WARN, "Unit is absent: %s", text);
    told(n, &e);
}

static void applied(void *user, enum um_result outcome,
                    const struct um_name *revision,
                    const struct um_name *effective, struct um_str text)
{
    struct um_event e = {.what = UM_EV_APPLIED,
                         .u.applied = {.outcome = outcome,
                                       .revision = *revision,
                                       .effective = *effective,
                                       .text = text}};

    told(user, &e);
}

static void health(void *user, bool healthy)
{
    struct um_node *n = user;
    struct um_event e = {
        .what = UM_EV_HEALTH,
        .u.health = {.revision = n->model.own.applied, .healthy = healthy}};

    told(n, &e);
}

/* What Unit shows for what it took, on its way to the disk. */
struct view {
    struct um_name effective;
    size_t len;
    char config[];
};

static int write_shown(void *arg, struct um_store *s)
{
    const struct view *v = arg;

    return um_self_shown_put(s, &v->effective, um_str_n(v->config, v->len));
}

static void written(void *arg, int err)
{
    (void)err; /* lost: Unit is given it once more */
    free(arg);
}

static void shown(void *user, const struct um_name *effective,
                  struct um_str config)
{
    struct um_node *n = user;
    struct view *v = malloc(sizeof *v + config.len);
    struct um_disk_job job = {write_shown, written, v};

    if (v == NULL) {
        return;
    }
    *v = (struct view){*effective, config.len};
    memcpy(v->config, config.p, config.len);
    if (um_disk_write(n->disk, &job) != 0) {
        free(v);
    }
}

const struct um_runner_cb um_node_runner_cb = {.live = live,
                                               .absent = absent,
                                               .applied = applied,
                                               .shown = shown,
                                               .health = health};

int um_node_make_it(struct um_node *n, const struct um_name *doc,
                    struct um_maker_out *out)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_maker maker = {.vault = &n->vault};
    struct um_buf copy = UM_BUF_INIT;
    struct um_str bytes;
    int rv = um_papers_get(n->papers, doc, &bytes);

    *out = (struct um_maker_out){.arena = UM_ARENA_INIT};
    if (rv == 0) {
        um_buf_str(&copy, bytes); /* making reads other papers */
        rv = um_buf_failed(&copy) ? P2P_ENOMEM
                                  : um_node_facts(n, &n->me, &a, &maker.facts);
    }
    if (rv == 0) {
        rv = um_maker_make(&maker, um_buf_view(&copy), out);
    }
    um_buf_fini(&copy);
    um_arena_fini(&a);
    return rv;
}

/* Tries to make one; false: something is not here yet. */
static bool try_make(struct um_node *n, const struct um_node_make *m)
{
    struct um_event e = {
        .what = UM_EV_MADE,
        .u.made = {.outcome = UM_RESULT_DONE, .revision = m->revision}};
    struct um_maker_out out;
    int rv = um_node_make_it(n, &m->doc, &out);

    if (rv == P2P_EFORMAT) {
        um_log_line(n->cfg.log, UM_LOG_WARN,
                    "no configuration can be made for this node: %.*s",
                    UM_STR_ARG(out.why));
        e.u.made.outcome = UM_RESULT_REFUSED;
    }
    e.u.made.effective = out.effective;
    um_maker_fini(&out);
    if (rv == P2P_ENOMEM) {
        um_node_break(n, "out of memory");
        return true;
    }
    if (rv != 0 && rv != P2P_EFORMAT) {
        return false;
    }
    um_node_step(n, &e);
    return true;
}

void um_node_make(struct um_node *n, const struct um_effect *e)
{
    struct um_node_make *m;

    for (m = n->makes; m != NULL; m = m->next) {
        if (um_name_eq(&m->revision, &e->u.make.revision)) {
            return;
        }
    }
    m = malloc(sizeof *m);
    if (m == NULL) {
        um_node_break(n, "out of memory");
        return;
    }
    *m = (struct um_node_make){.next = n->makes,
                               .revision = e->u.make.revision,
                               .doc = e->u.make.doc,
                               .doc_bytes = e->u.make.doc_bytes};
    n->makes = m;
    if (um_node_fetch(n, &m->doc, m->doc_bytes) == 0) {
        um_node_remake(n);
    }
}

void um_node_remake(struct um_node *n)
{
    struct um_node_make *m = n->makes;

    n->makes = NULL;
    while (m != NULL && !n->over) {
        struct um_node_make *next = m->next;

        if (try_make(n, m)) {
            free(m);
        } else {
            m->next = n->makes;
            n->makes = m;
        }
        m = next;
    }
    while (m != NULL) {
        struct um_node_make *next = m->next;

        free(m);
        m = next;
    }
}

static void give(struct um_node *n, const struct um_effect *e,
                 const struct um_maker_out *out)
{
    const struct um_past *p =
        um_history_find(&n->model.history, &e->u.apply.revision);
    char why[UM_REVNAME_TEXT_MAX] = "";
    struct um_runner_config c = {.revision = e->u.apply.revision,
                                 .effective = out->effective,
                                 .config = out->config,
                                 .bundles = out->bundles,
                                 .bundles_n = out->bundles_n,
                                 .why = why};

    if (p != NULL) {
        (void)um_revname_text(p->rev.number, &p->rev.id, UM_REVNAME_DIGITS,
                              why);
    }
    um_runner_apply(n->runner, &c);
}

void um_node_apply(struct um_node *n, const struct um_effect *e)
{
    const struct um_past *p =
        um_history_find(&n->model.history, &e->u.apply.revision);
    struct um_maker_out out = {.arena = UM_ARENA_INIT};
    int rv = P2P_ENOTFOUND;

    if (p != NULL && n->runner != NULL) {
        rv = um_node_make_it(n, &p->rev.doc, &out);
    }
    if (rv == 0 && um_name_eq(&out.effective, &e->u.apply.effective)) {
        give(n, e, &out);
    } else {
        struct um_name revision = e->u.apply.revision;
        struct um_name effective = e->u.apply.effective;

        applied(n, UM_RESULT_NO_ANSWER, &revision, &effective,
                UM_STR("what was to be given to Unit is another by now"));
    }
    um_maker_fini(&out);
}

/* Gives Unit a configuration, outside of the model. */
static int offer(struct um_node *n, const struct um_maker_out *what,
                 um_node_tried *tried, void *user)
{
    const struct um_runner_config c = {.effective = what->effective,
                                       .config = what->config,
                                       .bundles = what->bundles,
                                       .bundles_n = what->bundles_n,
                                       .why = "a change, on trial"};

    return um_runner_try(n->runner, &c, tried, user);
}

void um_node_forget_trial(struct um_node *n)
{
    if (n->trial != NULL) {
        um_maker_fini(&n->trial->what);
        free(n->trial);
        n->trial = NULL;
    }
}

static void on_tried(void *user, enum um_result outcome, struct um_str text)
{
    struct um_node *n = user;
    struct um_node_trial *t = n->trial;
    um_node_tried *tried = t->tried;

    user = t->user;
    um_node_forget_trial(n);
    tried(user, outcome, text);
}

/* Whether what runs here is the current revision, as it is. */
static bool at_rest(const struct um_node *n)
{
    const struct um_model *m = &n->model;
    const struct um_past *t = um_view_target(&m->view, &m->history);

    return n->runner != NULL && t != NULL && !m->in_flight &&
           um_name_eq(&m->own.applied, &t->rev.id) &&
           um_name_eq(&m->live.effective, &m->own.effective);
}

/* It is on disk what Unit may come to run. */
static void on_noted(void *user, enum um_reply answer,
                     const struct um_name *revision)
{
    struct um_node *n = user;

    if (n->trial == NULL || revision == NULL) {
        return; /* the node ends */
    }
    if (answer != UM_OK || !at_rest(n) ||
        offer(n, &n->trial->what, on_tried, n) != 0) {
        on_tried(n, UM_RESULT_NO_ANSWER, UM_STR("what is to run is another"));
    }
}

int um_node_try(struct um_node *n, const struct um_name *doc,
                um_node_tried *tried, void *user)
{
    struct um_command c = {.verb = UM_DO_TRY};
    struct um_node_trial *t;
    int rv;

    if (n->trial != NULL) {
        return P2P_EAGAIN;
    }
    if (!at_rest(n)) {
        return P2P_ESTATE;
    }
    t = calloc(1, sizeof *t);
    if (t == NULL) {
        return P2P_ENOMEM;
    }
    *t = (struct um_node_trial){.tried = tried, .user = user};
    n->trial = t;
    rv = um_node_make_it(n, doc, &t->what);
    c.doc = t->what.effective;
    if (rv == 0) {
        rv = um_node_command(n, &c, on_noted, n);
    }
    if (rv != 0) {
        um_node_forget_trial(n);
    }
    return rv;
}

static void restored(void *user, enum um_result outcome, struct um_str text)
{
    struct um_node *n = user;

    if (outcome != UM_RESULT_DONE) {
        um_log_line(n->cfg.log, UM_LOG_WARN,
                    "Unit does not take back what it ran: %.*s",
                    UM_STR_ARG(text));
    }
    um_runner_look(n->runner);
}

void um_node_untry(struct um_node *n)
{
    const struct um_past *p =
        um_history_find(&n->model.history, &n->model.own.applied);
    struct um_maker_out out = {.arena = UM_ARENA_INIT};

    if (p == NULL || um_node_make_it(n, &p->rev.doc, &out) != 0 ||
        offer(n, &out, restored, n) != 0) {
        um_runner_look(n->runner); /* what it shows is healed */
    }
    um_maker_fini(&out);
}

/* A copy of what is about to be overwritten. */
struct copy {
    struct um_copy what;
    size_t len;
    char config[];
};

static int write_copy(void *arg, struct um_store *s)
{
    const struct copy *c = arg;

    return um_copies_add(s, &c->what, um_str_n(c->config, c->len));
}

void um_node_keep(struct um_node *n, const struct um_effect *e)
{
    struct um_str config = um_runner_config(n->runner);
    struct copy *c = malloc(sizeof *c + config.len);
    struct um_disk_job job = {write_copy, written, c};

    if (c == NULL) {
        return;
    }
    *c = (struct copy){.what = {.at_ms = n->cfg.wall_ms(n->cfg.user),
                                .why = UM_COPY_DRIFT,
                                .revision = e->u.keep.revision},
                       .len = config.len};
    memcpy(c->config, config.p, config.len);
    if (um_disk_write(n->disk, &job) != 0) {
        free(c);
        return;
    }
    um_log_line(n->cfg.log, UM_LOG_WARN,
                "what was changed by hand goes; a copy is kept: `unitmesh "
                "copies`");
}

/* Copies the three documents; P2P_ENOTFOUND: one is not here yet. */
static int gather(struct um_node *n, const struct um_effect *e,
                  struct um_arena *a, struct um_str docs[3])
{
    int rv = 0;

    for (size_t i = 0; i < 3; i++) {
        struct um_str bytes;
        int err = um_papers_get(n->papers, &e->u.merge.docs[i], &bytes);

        if (err == P2P_ENOTFOUND) {
            (void)um_node_fetch(n, &e->u.merge.docs[i], 0);
        } else if (err == 0 && !um_arena_dup(a, bytes, &docs[i])) {
            err = P2P_ENOMEM;
        }
        rv = rv == 0 ? err : rv;
    }
    return rv;
}

void um_node_merge(struct um_node *n, const struct um_effect *e)
{
    struct um_event done = {.what = UM_EV_MERGED,
                            .u.merged = {.outcome = UM_RESULT_REFUSED,
                                         .target = e->u.merge.target,
                                         .head = e->u.merge.head}};
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf merged = UM_BUF_INIT;
    struct um_str docs[3];
    int rv = gather(n, e, &a, docs);

    if (rv != 0) {
        done.u.merged.outcome = UM_RESULT_NO_ANSWER;
    } else if (um_rebase_merge(docs, &merged) == 0 &&
               um_papers_put(n->papers, um_buf_view(&merged),
                             &done.u.merged.doc) == 0) {
        done.u.merged.outcome = UM_RESULT_DONE;
        done.u.merged.doc_bytes = (uint32_t)merged.len;
    }
    um_buf_fini(&merged);
    um_arena_fini(&a);
    um_node_step(n, &done);
}
