/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See inner.h. This node's Unit: what it runs is told to the model, with the
 * document that would adopt it; what it is to run is made here and given to it.
 * A configuration that was not ours is known by the hash of its compact form,
 * so that a revision of the very same is no change.
 */
#include <stdio.h>

#include "mesh/base/mem.h"
#include "mesh/doc/diff.h"
#include "mesh/doc/guard.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "mesh/model/rebase.h"
#include "mesh/node/desk.h"
#include "mesh/node/hide.h"
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
    const struct um_control_unit unit = {
        .config = l->config, .applied = um_hands_shown(n->cfg.hands)};
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

/* Where somebody changed it, for all members: places alone, no values, which
 * may be secret. */
static void say_where(struct um_arena *a, const struct um_val *before,
                      const struct um_val *now, struct um_buf *out)
{
    struct um_diff diff;

    if (!um_diff_make(a, before, now, UM_DIFF_ELEMENTS, &diff) ||
        diff.count == 0 || diff.items[0].pointer.len == 0) {
        return;
    }
    um_buf_text(out, "changed by hand at ");
    um_buf_str(out, diff.items[0].pointer);
    if (diff.count > 1) {
        um_buf_fmt(out, " and %zu more place%s", diff.count - 1,
                   diff.count > 2 ? "s" : "");
    }
}

/* What is known of a configuration that is not as this node left it. */
static void look_at(struct um_node *n, const struct um_runner_live *l,
                    struct um_event *e, struct um_buf *by_hand)
{
    struct um_str shown = um_hands_shown(n->cfg.hands);
    struct um_arena a = UM_ARENA_INIT;
    struct um_val now, before;

    if (um_doc_parse(l->config, &a, &now, NULL) == 0) {
        (void)um_doc_hash(&now, e->u.live.effective.b);
        if (shown.p != NULL && um_doc_parse(shown, &a, &before, NULL) == 0) {
            e->u.live.shrinks = um_guard_shrink(&before, &now) != UM_SHRINK_NOT;
            say_where(&a, &before, &now, by_hand);
        }
    }
    um_arena_fini(&a);
    if (!l->blank && !um_name_none(&n->model.own.applied)) {
        adoption(n, l, e);
    }
}

static void live(void *user, const struct um_runner_live *l)
{
    struct um_node *n = user;
    struct um_buf by_hand = UM_BUF_INIT;
    struct um_event e = {.what = UM_EV_LIVE,
                         .u.live = {.effective = l->effective,
                                    .blank = l->blank,
                                    .other_unit = l->other_unit,
                                    .version = l->version}};

    if (!l->ours) {
        look_at(n, l, &e, &by_hand);
        e.u.live.by_hand =
            um_buf_failed(&by_hand) ? um_str_n(NULL, 0) : um_buf_view(&by_hand);
    }
    told(n, &e);
    um_buf_fini(&by_hand);
}

static void absent(void *user, const char *text)
{
    struct um_node *n = user;
    struct um_event e = {.what = UM_EV_ABSENT};

    um_log_line(n->cfg.log, UM_LOG_WARN, "Unit is absent: %s", text);
    (void)snprintf(n->absent, sizeof n->absent, "%s", text);
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

    um_probing_unit(n->probing, healthy);
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
    um_mem_free(arg);
}

static void shown(void *user, const struct um_name *effective,
                  struct um_str config)
{
    struct um_node *n = user;
    struct um_buf locked = UM_BUF_INIT; /* secrets are in it */
    struct view *v = um_hide_lock(&n->lock, n->cfg.key, config, &locked) == 0
                         ? um_mem_alloc(sizeof *v + locked.len)
                         : NULL;
    struct um_disk_job job = {
        .write = write_shown, .done = written, .arg = v, .lazy = true};

    if (v != NULL) {
        *v = (struct view){*effective, locked.len};
        memcpy(v->config, locked.p, locked.len);
        if (um_disk_write(n->disk, &job) != 0) {
            um_mem_free(v);
        }
    }
    um_buf_fini(&locked);
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

static size_t find_make(const struct um_node *n, const struct um_name *revision)
{
    size_t i = 0;

    while (i < n->makes_n && !um_name_eq(&n->makes[i].revision, revision)) {
        i++;
    }
    return i;
}

static void drop_make(struct um_node *n, size_t i)
{
    if (i < n->makes_n) {
        memmove(&n->makes[i], &n->makes[i + 1],
                (--n->makes_n - i) * sizeof *n->makes);
    }
}

bool um_node_waits(const struct um_node *n, const struct um_name *doc)
{
    for (size_t i = 0; i < n->makes_n; i++) {
        if (um_name_eq(&n->makes[i].doc, doc)) {
            return true;
        }
    }
    return um_name_eq(&n->wanted, doc) && !um_papers_has(n->papers, doc);
}

void um_node_want_target(struct um_node *n)
{
    const struct um_past *t = um_view_target(&n->model.view, &n->model.history);
    struct um_name before = n->wanted;

    if (t == NULL || um_name_eq(&t->rev.doc, &before)) {
        return;
    }
    n->wanted = t->rev.doc;
    if (!um_name_none(&before) && !um_node_waits(n, &before)) {
        um_links_unfetch(n->links, &before);
    }
    (void)um_node_fetch(n, &t->rev.doc, t->rev.doc_bytes);
}

/* Tries to make one. If something is not here yet it stays in the list, which
 * the steps that follow may change. */
static void try_make(struct um_node *n, const struct um_node_make *m)
{
    struct um_event e = {
        .what = UM_EV_MADE,
        .u.made = {.outcome = UM_RESULT_DONE, .revision = m->revision}};
    struct um_maker_out out;
    int rv = um_node_make_it(n, &m->doc, &out);

    if (rv == P2P_EFORMAT) {
        e.u.made.outcome = UM_RESULT_REFUSED;
        e.u.made.text = out.why;
        um_node_examine(n, &m->revision);
    }
    e.u.made.effective = out.effective;
    if (rv == P2P_ENOMEM) {
        um_node_break(n, "out of memory");
    } else if (rv != 0 && rv != P2P_EFORMAT) {
        (void)um_node_fetch(n, &m->doc, m->doc_bytes);
    } else {
        drop_make(n, find_make(n, &m->revision));
        um_node_step(n, &e);
    }
    um_maker_fini(&out);
}

void um_node_make(struct um_node *n, const struct um_effect *e)
{
    const struct um_node_make m = {.revision = e->u.make.revision,
                                   .doc = e->u.make.doc,
                                   .doc_bytes = e->u.make.doc_bytes};
    struct um_name oldest = n->makes[UM_MADE_KEPT - 1].doc;

    drop_make(n, find_make(n, &m.revision));
    if (n->makes_n == UM_MADE_KEPT) {
        n->makes_n--;
        if (!um_node_waits(n, &oldest)) {
            um_links_unfetch(n->links, &oldest);
        }
    }
    memmove(&n->makes[1], &n->makes[0], n->makes_n * sizeof m);
    n->makes[0] = m;
    n->makes_n++;
    if (um_node_fetch(n, &m.doc, m.doc_bytes) == 0) {
        um_node_remake(n);
    }
}

/* Whether this node was ever let in. One that was not runs nothing of what it
 * may have: it was brought as a file. */
static bool was_let_in(const struct um_node *n)
{
    return (um_roster_ever(&n->model.roster, &n->me) & UM_NODE) != 0;
}

void um_node_remake(struct um_node *n)
{
    struct um_node_make all[UM_MADE_KEPT];
    size_t count = was_let_in(n) ? n->makes_n : 0;

    memcpy(all, n->makes, count * sizeof *all);
    for (size_t i = 0; i < count && !n->over; i++) {
        if (find_make(n, &all[i].revision) < n->makes_n) {
            try_make(n, &all[i]);
        }
    }
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

/* Puts a copy into the disk's row. */
static void keep_copy(struct um_node *n, const struct um_effect *e,
                      struct um_str config)
{
    struct copy *c = um_mem_alloc(sizeof *c + config.len);
    struct um_disk_job job = {.write = write_copy, .done = written, .arg = c};

    if (c == NULL) {
        return;
    }
    *c = (struct copy){.what = {.at_ms = n->cfg.wall_ms(n->cfg.user),
                                .why = UM_COPY_DRIFT,
                                .revision = e->u.keep.revision},
                       .len = config.len};
    if (config.len > 0) {
        memcpy(c->config, config.p, config.len);
    }
    if (um_disk_write(n->disk, &job) != 0) {
        um_mem_free(c);
        return;
    }
    um_log_line(n->cfg.log, UM_LOG_WARN,
                "what was changed by hand goes; a copy is kept: `unitmesh "
                "copies`");
}

void um_node_keep(struct um_node *n, const struct um_effect *e)
{
    struct um_buf text = UM_BUF_INIT;

    if (um_hide_config(n, um_hands_config(n->cfg.hands), &text) == 0) {
        keep_copy(n, e, um_buf_view(&text));
    }
    um_buf_fini(&text);
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

/* Whether a Unit like this node's takes what a document comes to here; as for
 * any other change, before it is published. 0, P2P_EFORMAT: it does not. */
static int check(struct um_node *n, const struct um_name *target,
                 struct um_str document)
{
    struct um_desk desk;
    int rv = um_desk_init(&desk, n, target, NULL);

    if (rv == 0) {
        rv = um_control_check(&desk.state, document);
    }
    if (rv == P2P_EFORMAT) {
        um_log_line(n->cfg.log, UM_LOG_WARN,
                    "a conflict is not merged: no Unit takes what would come "
                    "of it");
    }
    um_desk_fini(&desk);
    return rv;
}

/* Makes and keeps the outcome of a merge. P2P_ENOTFOUND, P2P_ENOMEM,
 * P2P_ELIMIT: not now; others: there is none. */
static int merge(struct um_node *n, const struct um_effect *e,
                 struct um_event *done)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf merged = UM_BUF_INIT;
    struct um_str docs[3];
    int rv = gather(n, e, &a, docs);

    if (rv == 0) {
        rv = um_rebase_merge(docs, &merged);
    }
    if (rv == 0) {
        rv = check(n, &e->u.merge.target, um_buf_view(&merged));
    }
    if (rv == 0) {
        done->u.merged.doc_bytes = (uint32_t)merged.len;
        rv =
            um_papers_put(n->papers, um_buf_view(&merged), &done->u.merged.doc);
    }
    um_buf_fini(&merged);
    um_arena_fini(&a);
    return rv;
}

void um_node_merge(struct um_node *n, const struct um_effect *e)
{
    struct um_event done = {
        .what = UM_EV_MERGED,
        .u.merged = {.target = e->u.merge.target, .head = e->u.merge.head}};
    int rv = merge(n, e, &done);
    bool later = rv == P2P_ENOTFOUND || rv == P2P_ENOMEM || rv == P2P_ELIMIT;

    done.u.merged.outcome = rv == 0 ? UM_RESULT_DONE
                            : later ? UM_RESULT_NO_ANSWER
                                    : UM_RESULT_REFUSED;
    um_node_step(n, &done);
}
