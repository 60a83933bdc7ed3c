/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See verbs.h. Happy path: the documents that a guard has to compare are here
 * or come; the command; its answer. A document that ends a conflict is checked
 * like any change: it is a change of all of the target's document.
 */
#include "mesh/app/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/deed.h"
#include "mesh/app/manner.h"
#include "mesh/app/revisions.h"
#include "mesh/app/segment.h"
#include "mesh/app/views.h"
#include "mesh/app/which.h"
#include "mesh/doc/guard.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "mesh/node/desk.h"
#include "mesh/node/papers.h"
#include "mesh/trust/revname.h"

enum { REVISION = 2, VERB = 3 };

/* What documents a verb needs. */
enum needs { NOTHING, BOTH, TARGET };

static const struct um_body_member with_message[] = {{"message", UM_VAL_STRING},
                                                     {NULL, 0}};
static const struct um_body_member with_nodes[] = {{"nodes", UM_VAL_ARRAY},
                                                   {"message", UM_VAL_STRING},
                                                   {NULL, 0}};

static const struct verb {
    const char *resource;
    const char *name;
    enum um_verb verb;
    enum needs needs;
    const struct um_body_member *body;
    const char *success;
    const char *message; /* what a revision says if nobody says more */
} all[] = {
    {"revisions", "rollback", UM_DO_ROLLBACK, BOTH, with_message,
     "Rolled back.", "back to"},
    {"revisions", "confirm", UM_DO_CONFIRM, NOTHING, with_message, "Confirmed.",
     NULL},
    {"revisions", "abort", UM_DO_ABORT, NOTHING, with_message, "Aborted.",
     NULL},
    {"revisions", "resume", UM_DO_RESUME, NOTHING, with_message,
     "Its rollout is driven from here.", NULL},
    {"revisions", "open", UM_DO_OPEN, NOTHING, with_nodes, "Opened.", NULL},
    {"conflicts", "take", UM_DO_TAKE, BOTH, with_message, "Taken.", "takes"},
    {"conflicts", "drop", UM_DO_DROP, NOTHING, with_message, "Dropped.",
     "drops"},
    {"conflicts", "edit", UM_DO_EDIT, TARGET, NULL, "Resolved.", "resolves"},
};

/* A request with a verb. */
struct act {
    struct um_deed deed;
    const struct verb *verb;
    const struct um_past *about;
    struct um_arena arena;
    struct um_val body;
    struct um_val warnings; /* texts */
    struct um_manner manner;
    struct um_name *nodes;
    size_t nodes_n;
    char says[24 + UM_REVNAME_TEXT_MAX]; /* its message, if there is no other */
};

static struct um_node *node_of(const struct act *a)
{
    return um_wait_node(&a->deed.wait);
}

static void drop(struct um_wait *w)
{
    struct act *a = (struct act *)w;

    um_arena_fini(&a->arena);
    free(a);
}

static const struct um_past *target(const struct act *a)
{
    const struct um_model *m = um_node_model(node_of(a));

    return um_view_target(&m->view, &m->history);
}

static void on_reply(struct um_deed *deed, unsigned status, const char *waited)
{
    struct act *a = (struct act *)deed;
    struct um_json j;

    um_deed_header(deed, "X-Revision", UM_REVNAME_DIGITS);
    um_json_init(&j);
    um_json_text(&j, "success", a->verb->success);
    um_answer_warnings(&j, &a->warnings);
    um_views_revision(node_of(a), &j, "revision", &deed->revision);
    um_deed_show(deed, waited, &j);
    um_answer_json(deed->wait.req, status, &j);
    um_wait_end(&deed->wait);
}

/* Whether a document is here; else it is asked for. */
static bool is_here(struct act *a, const struct um_past *p)
{
    return p == NULL ||
           um_node_fetch(node_of(a), &p->rev.doc, p->rev.doc_bytes) == 0;
}

/* Parses a document that is here; NULL: it cannot be. */
static const struct um_val *read_document(struct act *a,
                                          const struct um_past *p)
{
    struct um_val *v = um_arena_zalloc(&a->arena, 1, sizeof *v);
    struct um_str bytes;

    if (v == NULL || p == NULL ||
        um_papers_get(um_node_papers(node_of(a)), &p->rev.doc, &bytes) != 0 ||
        um_doc_parse(bytes, &a->arena, v, NULL) != 0) {
        return NULL;
    }
    return v;
}

static const struct um_val *base_of(const struct um_val *document)
{
    return document != NULL ? um_val_member(document, UM_STR("base")) : NULL;
}

/* What there is to be said of the document that is to be: without memory for
 * it, nothing is. */
static void warn(struct act *a, const struct um_val *document)
{
    const struct um_past *now = target(a);
    struct um_desk desk;

    if (document == NULL || now == NULL) {
        return;
    }
    if (um_desk_init(&desk, node_of(a), &now->rev.id, NULL) != 0 ||
        um_control_warnings(&a->arena, &desk.state, document, &a->warnings) !=
            0) {
        a->warnings.count = 0;
    }
    um_desk_fini(&desk);
}

/* Whether what would be leaves nothing of what is, or half. */
static bool shrinks(struct act *a, const struct um_val *document)
{
    const struct um_val *before = base_of(read_document(a, target(a)));
    const struct um_val *after = base_of(document);

    return before != NULL && after != NULL &&
           um_guard_shrink(before, after) != UM_SHRINK_NOT;
}

/* What is no document. Who sends a configuration, as Unit has it, is told
 * where in a document it stands. */
static void refuse_document(struct act *a, const struct um_doc_error *err)
{
    bool bare = um_val_member(&a->body, UM_STR("base")) == NULL;

    um_answer_located(
        a->deed.wait.req, "Invalid document.",
        bare ? "A document of the mesh is expected, in which Unit's "
               "configuration is \"base\", as in {\"base\": {\"listeners\": "
               "{}, \"routes\": []}}. `unitmesh config show` shows the "
               "current one, to be edited."
             : err->text,
        "document", bare ? um_str_n(NULL, 0) : err->pointer);
}

/* Checks a document for this node, by Unit's rules. false: it was answered
 * what is wrong. */
static bool check_document(struct act *a)
{
    struct um_http_req *req = a->deed.wait.req;
    struct um_meshdoc doc;
    struct um_doc_error err = {0};
    struct um_control_answer out;
    const struct um_control_request ask = {
        .method = UM_STR("GET"), .path = UM_STR("/config"), .effective = true};
    struct um_desk desk;

    if (um_meshdoc_init(&doc, &a->arena, &a->body, &err) != 0) {
        refuse_document(a, &err);
        return false;
    }
    if (um_desk_init(&desk, node_of(a), &target(a)->rev.id, NULL) != 0) {
        um_answer_error(req, 500, "The configuration cannot be read.", NULL);
        um_desk_fini(&desk);
        return false;
    }
    desk.state.document = &a->body;
    um_control_answer(&desk.arena, &desk.state, &ask, &out);
    if (out.status != 200) {
        um_http_reply(req, out.status, out.type, out.body.p, out.body.len);
    }
    um_desk_fini(&desk);
    return out.status == 200;
}

/* Keeps the body as a document. */
static bool keep_document(struct act *a, struct um_command *c)
{
    struct um_buf text = UM_BUF_INIT;
    int rv;

    if (!check_document(a)) {
        um_wait_end(&a->deed.wait);
        return false;
    }
    rv = um_doc_print(&text, &a->body);
    if (rv == 0) {
        rv = um_papers_put(um_node_papers(node_of(a)), um_buf_view(&text),
                           &c->doc);
    }
    c->doc_bytes = (uint32_t)text.len;
    c->shrinks = shrinks(a, &a->body);
    warn(a, &a->body);
    um_buf_fini(&text);
    if (rv != 0) {
        um_wait_fail(&a->deed.wait, 500, "The document cannot be kept.",
                     p2p_err_text(rv));
    }
    return rv == 0;
}

/* The message of the body, or of a header when the body is a document; else
 * what is done about which revision. */
static struct um_str message_of(struct act *a)
{
    const char *header = um_http_header(a->deed.wait.req, "X-Message");
    const struct um_past *p = a->about;
    struct um_str said = um_str_n(NULL, 0);
    char rev[UM_REVNAME_TEXT_MAX];

    if (header != NULL) {
        return um_str(header);
    }
    if (a->verb->verb != UM_DO_EDIT) {
        said = um_body_text(&a->body, "message");
    }
    if (said.len > 0 || a->verb->message == NULL) {
        return said;
    }
    (void)um_revname_text(p->rev.number, &p->rev.id, UM_REVNAME_DIGITS, rev);
    (void)snprintf(a->says, sizeof a->says, "%s %s", a->verb->message, rev);
    return um_str(a->says);
}

static void ask(struct act *a)
{
    struct um_command c = {
        .verb = a->verb->verb,
        .about = a->about->rev.id,
        .message = um_str_head(message_of(a), UM__CAP_ITEM_MESSAGE_BYTES)};
    const struct um_val *document;
    bool makes = !a->deed.decides;

    if (a->verb->needs == BOTH) {
        c.doc = a->about->rev.doc;
        document = read_document(a, a->about);
        c.shrinks = shrinks(a, document);
        warn(a, document);
    }
    if (c.verb == UM_DO_EDIT && !keep_document(a, &c)) {
        return;
    }
    if (makes &&
        !um_manner_read(node_of(a), a->deed.wait.req, &c, &a->manner)) {
        um_wait_end(&a->deed.wait);
        return;
    }
    c.flags = um_manner_flags(a->deed.wait.req);
    if (c.verb == UM_DO_OPEN) {
        c.nodes = (struct um_namelist){a->nodes, a->nodes_n};
    }
    um_deed_ask(&a->deed, &c);
}

static void go_on(struct um_deed *deed)
{
    struct act *a = (struct act *)deed;
    bool here = true;

    if (a->verb->needs != NOTHING) {
        here = is_here(a, target(a));
    }
    if (a->verb->needs == BOTH) {
        here &= is_here(a, a->about);
    }
    if (here) {
        ask(a);
    } else {
        um_wait_watch(&deed->wait, UM_WAIT_MS);
    }
}

/* Reads the members of {"nodes": […]}. false: it was answered what is wrong. */
static bool read_nodes(struct act *a, struct um_node *n,
                       struct um_http_req *req)
{
    const struct um_val *v = um_val_member(&a->body, UM_STR("nodes"));

    if (v == NULL || v->kind != UM_VAL_ARRAY || v->count == 0 ||
        v->count > UM__CAP_NAMES) {
        um_answer_error(req, 400, "Invalid request.",
                        "\"nodes\" is a list of members.");
        return false;
    }
    a->nodes = um_arena_zalloc(&a->arena, v->count, sizeof *a->nodes);
    for (size_t i = 0; a->nodes != NULL && i < v->count; i++) {
        const struct um_val *e = &v->items.p[i];

        if (!um_which_member(
                n, req, e->kind == UM_VAL_STRING ? e->text : um_str_n(NULL, 0),
                &a->nodes[i])) {
            return false;
        }
    }
    if (a->nodes == NULL) {
        um_answer_error(req, 500, "Out of memory.", NULL);
        return false;
    }
    a->nodes_n = um_namelist_sort(a->nodes, v->count);
    return true;
}

/* Reads all that is said; false: it was answered what is wrong. */
static bool read_request(struct act *a, struct um_node *n,
                         struct um_http_req *req)
{
    return um_revisions_named(n, req, REVISION, &a->about) &&
           um_body_read(req, &a->arena, a->verb->body, &a->body) &&
           (a->verb->verb != UM_DO_OPEN || read_nodes(a, n, req));
}

/* The verb of a path; NULL: there is none, and that was answered. */
static const struct verb *find(struct um_http_req *req)
{
    struct um_arena a = UM_ARENA_INIT;
    const struct verb *found = NULL;
    struct um_str resource, name;

    if (!um_segment_get(req, &a, 1, &resource) ||
        !um_segment_get(req, &a, VERB, &name)) {
        um_arena_fini(&a);
        return NULL;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (um_str_eq(resource, um_str(all[i].resource)) &&
            um_str_eq(name, um_str(all[i].name))) {
            found = &all[i];
        }
    }
    um_arena_fini(&a);
    if (found == NULL) {
        um_answer_error(req, 404, "Value doesn't exist.", NULL);
    }
    return found;
}

void um_verbs_handle(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    const struct verb *verb = n != NULL ? find(req) : NULL;
    struct act *a = verb != NULL ? calloc(1, sizeof *a) : NULL;

    if (verb == NULL) {
        return;
    }
    if (a == NULL) {
        um_answer_error(req, 500, "Out of memory.", NULL);
        return;
    }
    a->verb = verb;
    if (!read_request(a, n, req)) {
        drop(&a->deed.wait);
        return;
    }
    a->deed.decides = verb->needs == NOTHING && verb->verb != UM_DO_DROP;
    a->deed.go_on = go_on;
    a->deed.reply = on_reply;
    if (um_deed_begin(&a->deed, d, req, drop)) {
        go_on(&a->deed);
    }
}
