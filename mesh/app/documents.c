/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See documents.h. A document that is not here is fetched; the request waits
 * for it. */
#include "mesh/app/documents.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/revisions.h"
#include "mesh/app/views.h"
#include "mesh/app/wait.h"
#include "mesh/app/which.h"
#include "mesh/doc/diff.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "mesh/node/desk.h"
#include "mesh/node/papers.h"

enum { REVISION = 2 };

/* A request that needs one document, or two. */
struct reading {
    struct um_wait wait;
    void (*answer)(struct reading *r);
    const struct um_past *what;
    const struct um_past *from; /* NULL: nothing */
    struct um_name member;      /* for whom; none: this node */
    struct um_str path;         /* of what comes of it */
};

static struct um_node *node_of(const struct reading *r)
{
    return um_wait_node(&r->wait);
}

static void drop(struct um_wait *w)
{
    free(w);
}

/* Whether a document is here; else it is asked for. */
static bool is_here(struct reading *r, const struct um_past *p)
{
    return p == NULL ||
           um_node_fetch(node_of(r), &p->rev.doc, p->rev.doc_bytes) == 0;
}

static void look(struct um_wait *w)
{
    struct reading *r = (struct reading *)w;
    bool here = is_here(r, r->what);

    here &= is_here(r, r->from);
    if (here) {
        r->answer(r);
        um_wait_end(w);
    } else {
        um_wait_watch(w, UM_WAIT_MS);
    }
}

static void late(struct um_wait *w)
{
    um_http_reply_header(w->req, "Retry-After", "2");
    um_wait_fail(w, 503, "The document is not here.",
                 "No connected member has it, or none is connected.");
}

static void begin(struct um_daemon *d, struct um_http_req *req,
                  const struct reading *what)
{
    struct reading *r = malloc(sizeof *r);

    if (r == NULL) {
        um_answer_error(req, 500, "Out of memory.", NULL);
        return;
    }
    *r = *what;
    r->wait = (struct um_wait){.look = look, .late = late, .drop = drop};
    um_wait_begin(&r->wait, d, req);
    look(&r->wait);
}

static void answer_value(struct reading *r, const struct um_val *v)
{
    struct um_buf text = UM_BUF_INIT;

    if (um_doc_print_pretty(&text, v) == 0) {
        um_http_reply(r->wait.req, 200, "application/json", text.p, text.len);
    } else {
        um_answer_error(r->wait.req, 500, "It cannot be shown.", NULL);
    }
    um_buf_fini(&text);
}

/* Reads a document that is here. */
static int read_doc(struct reading *r, const struct um_past *p,
                    struct um_arena *a, struct um_val *out)
{
    struct um_str bytes = UM_STR("{}");
    int rv = p != NULL ? um_papers_get(um_node_papers(node_of(r)), &p->rev.doc,
                                       &bytes)
                       : 0;

    return rv == 0 ? um_doc_parse(bytes, a, out, NULL) : rv;
}

static void show(struct reading *r)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v;
    int rv = read_doc(r, r->what, &a, &v);

    if (rv == 0) {
        answer_value(r, &v);
    } else {
        um_answer_error(r->wait.req, 500, "The document cannot be read.",
                        p2p_err_text(rv));
    }
    um_arena_fini(&a);
}

/* What comes of it at a member: as mesh/control shows it. */
static void show_effective(struct reading *r)
{
    const char *accept = um_http_header(r->wait.req, "Accept");
    const struct um_control_request ask = {
        .method = UM_STR("GET"),
        .path = r->path,
        .accept = accept != NULL ? um_str(accept) : um_str_n(NULL, 0),
        .effective = true};
    struct um_control_answer out;
    struct um_desk desk;
    int rv = um_desk_init(&desk, node_of(r), &r->what->rev.id,
                          um_name_none(&r->member) ? NULL : &r->member);

    if (rv == 0) {
        um_control_answer(&desk.arena, &desk.state, &ask, &out);
        um_http_reply(r->wait.req, out.status, out.type, out.body.p,
                      out.body.len);
    } else {
        um_answer_error(r->wait.req, 500, "The document cannot be read.",
                        p2p_err_text(rv));
    }
    um_desk_fini(&desk);
}

void um_documents_show(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    const char *member = um_http_query(req, "node");
    struct reading r = {.answer = um_http_query(req, "effective") != NULL
                                      ? show_effective
                                      : show,
                        .path = UM_STR("/config")};

    if (n == NULL || !um_revisions_named(n, req, REVISION, &r.what)) {
        return;
    }
    if (member != NULL && r.answer == show) {
        um_answer_error(req, 400, "Invalid request.",
                        "node goes with effective: a document is the same for "
                        "all.");
    } else if (member == NULL ||
               um_which_member(n, req, um_str(member), &r.member)) {
        begin(d, req, &r);
    }
}

void um_documents_at(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct reading r = {.answer = show_effective,
                        .path = um_str(um_http_path(req))};

    if (n == NULL || !um_which_revision(n, req, UM_STR("current"), &r.what)) {
        return;
    }
    if (um_http_query(req, "effective") == NULL) {
        um_answer_error(req, 400, "Invalid request.",
                        "node goes with effective: the configuration is the "
                        "same for all.");
    } else if (um_which_member(n, req, um_str(um_http_query(req, "node")),
                               &r.member)) {
        begin(d, req, &r);
    }
}

/* The lines of a difference, each a text. */
static void put_lines(struct um_json *j, struct um_str text)
{
    size_t n = 0;

    um_json_open(j, "changes", '[');
    while (text.len > 0) {
        size_t end = um_str_find(text, '\n');

        if (n++ < UM__CAP_CONTROL_CHANGES) {
            um_json_str(j, NULL, um_str_head(text, end));
        }
        text = um_str_skip(text, end + 1);
    }
    um_json_close(j, ']');
    if (n > UM__CAP_CONTROL_CHANGES) {
        um_json_uint(j, "more", n - UM__CAP_CONTROL_CHANGES);
    }
}

static void answer_diff(struct reading *r, const struct um_diff *diff)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_json j;

    um_diff_print(&text, diff);
    um_json_init(&j);
    um_views_revision(node_of(r), &j, "revision", &r->what->rev.id);
    if (r->from != NULL) {
        um_views_revision(node_of(r), &j, "from", &r->from->rev.id);
    }
    put_lines(&j, um_buf_view(&text));
    um_answer_json(r->wait.req, 200, &j);
    um_buf_fini(&text);
}

static void show_diff(struct reading *r)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val now, old;
    struct um_diff diff;
    int rv = read_doc(r, r->what, &a, &now);

    if (rv == 0) {
        rv = read_doc(r, r->from, &a, &old);
    }
    if (rv == 0 && !um_diff_make(&a, &old, &now, UM_DIFF_ELEMENTS, &diff)) {
        rv = P2P_ENOMEM;
    }
    if (rv == 0) {
        answer_diff(r, &diff);
    } else {
        um_answer_error(r->wait.req, 500, "The documents cannot be compared.",
                        p2p_err_text(rv));
    }
    um_arena_fini(&a);
}

void um_documents_diff(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    const char *from = um_http_query(req, "from");
    struct reading r = {.answer = show_diff};

    if (n == NULL || !um_revisions_named(n, req, REVISION, &r.what)) {
        return;
    }
    if (from != NULL) {
        if (!um_which_revision(n, req, um_str(from), &r.from)) {
            return;
        }
    } else if (r.what->rev.parents_n > 0) {
        r.from = um_history_at(&um_node_model(n)->history, r.what->parents[0]);
    }
    begin(d, req, &r);
}
