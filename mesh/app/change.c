/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See change.h. Happy path: mesh/control makes an answer and a new document of
 * the request and the document in force; the model publishes it; when it is on
 * disk, and this node's Unit took it (or does not have to), the answer goes.
 */
#include "mesh/app/change.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/app/adopt.h"
#include "mesh/app/answer.h"
#include "mesh/app/deed.h"
#include "mesh/app/documents.h"
#include "mesh/app/manner.h"
#include "mesh/app/once.h"
#include "mesh/app/segment.h"
#include "mesh/app/views.h"
#include "mesh/doc/guard.h"
#include "mesh/doc/parse.h"
#include "mesh/node/desk.h"
#include "mesh/node/hide.h"
#include "mesh/node/papers.h"
#include "mesh/applier/runner.h"
#include "mesh/trust/revname.h"

/* How often a change that names no revision is made from the current one, if
 * others are first each time. */
#define TRIES_MAX 32

/* A request under way. */
struct change {
    struct um_deed deed;
    struct um_desk desk;
    struct um_control_request ask;
    struct um_control_answer out;
    struct um_name target;
    char sealed[UM_NAME_TEXT_MAX];
    struct um_manner manner;
    struct um_once once;
    struct um_buf kept; /* the body of an answer that was given before */
    struct um_buf runs; /* what Unit showed when it was asked for this */
    unsigned tries;
};

static struct um_node *node_of(const struct change *c)
{
    return um_wait_node(&c->deed.wait);
}

static struct um_http_req *req_of(const struct change *c)
{
    return c->deed.wait.req;
}

static void drop(struct um_wait *w)
{
    struct change *c = (struct change *)w;

    um_desk_fini(&c->desk);
    um_buf_fini(&c->kept);
    um_buf_fini(&c->runs);
    free(c);
}

static void fail(struct change *c, unsigned status, const char *error,
                 const char *detail)
{
    um_wait_fail(&c->deed.wait, status, error, detail);
}

static struct um_str header(const struct change *c, const char *name)
{
    const char *value = um_http_header(req_of(c), name);

    return value != NULL ? um_str(value) : um_str_n(NULL, 0);
}

static bool asks(const struct change *c, const char *name)
{
    return um_wait_asks(&c->deed.wait, name);
}

static void read_request(struct change *c)
{
    size_t len;
    const char *body = um_http_body(req_of(c), &len);

    c->ask = (struct um_control_request){
        .method = um_str(um_http_method(req_of(c))),
        .path = um_str(um_http_path(req_of(c))),
        .dry_run = asks(c, "dry-run"),
        .effective = asks(c, "effective"),
        .secret = asks(c, "secret"),
        .content_type = header(c, "Content-Type"),
        .accept = header(c, "Accept"),
        .if_match = header(c, "If-Match"),
        .if_none_match = header(c, "If-None-Match"),
        .message = header(c, "X-Message"),
        .idempotency_key = header(c, "Idempotency-Key"),
        .body = um_str_n(body, len)};
}

/* The answer of mesh/control as it is. */
static void reply(struct change *c)
{
    const struct um_control_answer *o = &c->out;
    struct um_http_req *req = req_of(c);
    char etag[UM_REVNAME_TEXT_MAX + 3];

    if (o->etag.len > 0 && o->etag.len < sizeof etag) {
        memcpy(etag, o->etag.p, o->etag.len);
        etag[o->etag.len] = '\0';
        um_http_reply_header(req, "ETag", etag);
    }
    if (o->allow != NULL) {
        um_http_reply_header(req, "Allow", o->allow);
    }
    if (o->accept_patch != NULL) {
        um_http_reply_header(req, "Accept-Patch", o->accept_patch);
    }
    um_http_reply(req, o->status, o->type, o->body.p, o->body.len);
    um_wait_end(&c->deed.wait);
}

/* The words of an answer such as {"success": "Reconfiguration done."}. */
static void put_success(struct change *c, struct um_json *j)
{
    struct um_val v;
    const struct um_val *text, *warnings;

    if (um_doc_parse(c->out.body, &c->desk.arena, &v, NULL) != 0) {
        return;
    }
    text = um_val_member(&v, UM_STR("success"));
    if (text != NULL && text->kind == UM_VAL_STRING) {
        um_json_str(j, "success", text->text);
    }
    warnings = um_val_member(&v, UM_STR("warnings"));
    if (warnings != NULL) {
        um_answer_warnings(j, warnings);
    }
}

/* The change was made: Unit's answer, or, if others were waited for, one that
 * says more. */
static void on_reply(struct um_deed *deed, unsigned status, const char *waited)
{
    struct change *c = (struct change *)deed;
    struct um_json j;

    um_deed_header(deed, "ETag", UM_DESK_DIGITS);
    um_deed_header(deed, "X-Revision", UM_REVNAME_DIGITS);
    if (waited == NULL) {
        c->out.etag = um_str_n(NULL, 0);
        reply(c);
        return;
    }
    um_json_init(&j);
    put_success(c, &j);
    um_views_revision(node_of(c), &j, "revision", &deed->revision);
    um_deed_show(deed, waited, &j);
    um_answer_json(req_of(c), status, &j);
    um_wait_end(&deed->wait);
}

static void on_made(struct um_deed *deed, const struct um_name *revision)
{
    struct change *c = (struct change *)deed;

    um_once_keep(&c->once, node_of(c), revision, c->out.body);
}

/* Whether the new document leaves nothing, or half. */
static bool shrinks(struct change *c)
{
    struct um_val now;
    const struct um_val *before =
        um_val_member(&c->desk.document, UM_STR("base"));
    const struct um_val *after;

    if (um_doc_parse(c->out.document, &c->desk.arena, &now, NULL) != 0) {
        return false;
    }
    after = um_val_member(&now, UM_STR("base"));
    return before != NULL && after != NULL &&
           um_guard_shrink(before, after) != UM_SHRINK_NOT;
}

static void publish(struct change *c)
{
    struct um_command cmd = {
        .verb = UM_DO_PUBLISH,
        .base = c->target,
        .shrinks = shrinks(c),
        .message = c->ask.message.len > 0 ? c->ask.message : c->out.summary};
    struct um_papers *papers = um_node_papers(node_of(c));
    struct um_name script;
    int rv = um_papers_put(papers, c->out.document, &cmd.doc);

    if (rv == 0 && c->out.has_script) {
        rv = um_papers_put(papers, c->out.bytes, &script);
    }
    if (rv != 0) {
        fail(c, 500, "The change cannot be kept.", p2p_err_text(rv));
        return;
    }
    if (!um_manner_read(node_of(c), req_of(c), &cmd, &c->manner)) {
        um_wait_end(&c->deed.wait);
        return;
    }
    cmd.doc_bytes = (uint32_t)c->out.document.len;
    cmd.message = um_str_head(cmd.message, UM__CAP_ITEM_MESSAGE_BYTES);
    um_deed_ask(&c->deed, &cmd);
}

static void answer(struct change *c);

static void reply_dry(struct um_deed *deed)
{
    um_deed_checked(deed);
    reply((struct change *)deed);
}

/* This node's policy is asked of what would be, and the scratch Unit, if there
 * is one. */
static void say_dry(struct change *c)
{
    struct um_papers *papers = um_node_papers(node_of(c));
    struct um_name doc, script;
    bool tries = c->out.document.len > 0 &&
                 um_papers_put(papers, c->out.document, &doc) == 0 &&
                 (!c->out.has_script ||
                  um_papers_put(papers, c->out.bytes, &script) == 0);

    if (!tries || !um_deed_judge(&c->deed, &doc, reply_dry)) {
        reply_dry(&c->deed);
    }
}

/* The answer to what changes nothing. */
static void say(struct change *c)
{
    if (c->out.dry_run && c->out.status == 200) {
        say_dry(c);
    } else {
        reply(c);
    }
}

/* Seals what has to be, and asks again with its hash. */
static void seal(struct change *c)
{
    struct um_name hash;
    int rv = um_node_seal(node_of(c), c->out.name, c->out.bytes, &hash);

    if (rv != 0) {
        fail(c, 500, "It cannot be sealed.", p2p_err_text(rv));
        return;
    }
    c->ask.sealed = um_str(um_name_text(&hash, c->sealed));
    answer(c);
}

/* The configuration that this node's Unit runs becomes the mesh's, with the
 * scripts that it shows and the certificates that the request brings. */
static void adopt_with(struct change *c, struct um_str modules)
{
    const struct um_hands *h = um_node_hands(node_of(c));
    struct um_control_unit unit = {{NULL, 0}, {NULL, 0}};
    struct um_adopt_from from = {.body = c->ask.body, .modules = modules};
    int rv;

    if (h != NULL) {
        unit.config = um_buf_view(&c->runs);
        unit.applied = um_hands_shown(h);
    }
    if (unit.config.p == NULL) {
        fail(c, 502, "This node's Unit cannot be asked what it runs.", NULL);
        return;
    }
    from.config = unit.config;
    rv = um_adopt_beside(node_of(c), &c->desk, &from);
    if (rv != 0) {
        fail(c, rv == P2P_EFORMAT ? 400 : 500, "It cannot be adopted.",
             rv == P2P_EFORMAT ? "The body is {\"certificates\": {NAME: PEM}}, "
                                 "each with a chain and its key."
                               : p2p_err_text(rv));
        return;
    }
    um_control_adopt(&c->desk.arena, &c->desk.state, &c->ask, &unit, &c->out);
    if (c->out.kind == UM_CONTROL_CHANGE) {
        publish(c);
    } else {
        say(c);
    }
}

/* Scripts come by GET; a Unit without JavaScript has none. */
static void on_scripts(void *user, const struct um_unit_answer *a)
{
    struct change *c = user;

    c->deed.wait.asked = false;
    if (c->deed.wait.closed) {
        fail(c, 503, "This node is ending, or leaves its mesh.", NULL);
    } else {
        adopt_with(c, a->status == UM_UNIT_OK ? um_str_n(a->body, a->len)
                                              : um_str_n(NULL, 0));
    }
}

/* It may have been changed a moment ago: the applier looks every two seconds
 * only. */
static void on_runs(void *user, const struct um_unit_answer *a)
{
    struct change *c = user;

    um_buf_clear(&c->runs);
    um_buf_add(&c->runs, a->body, a->len);
    if (!c->deed.wait.closed && a->status == UM_UNIT_OK &&
        !um_buf_failed(&c->runs)) {
        um_hands_get(um_node_hands(node_of(c)), "/js_modules", on_scripts, c);
        return;
    }
    c->deed.wait.asked = false;
    if (c->deed.wait.closed) {
        fail(c, 503, "This node is ending, or leaves its mesh.", NULL);
    } else {
        fail(c, 502, "This node's Unit did not answer.", a->text);
    }
}

static void adopt(struct change *c)
{
    struct um_hands *hands = um_node_hands(node_of(c));

    if (hands == NULL) {
        adopt_with(c, um_str_n(NULL, 0));
    } else {
        c->deed.wait.asked = true;
        um_hands_get(hands, "/config", on_runs, c);
    }
}

static void on_unit(void *user, const struct um_unit_answer *a)
{
    struct change *c = user;
    struct um_buf shown = UM_BUF_INIT;

    c->deed.wait.asked = false;
    c->out.status = a->code > 0 ? (unsigned)a->code : 502;
    if (a->code <= 0 && a->status == UM_UNIT_REFUSED) {
        fail(c, 404, "Value doesn't exist.", a->text);
    } else if (a->code <= 0) {
        fail(c, 502, "This node's Unit did not answer.", a->text);
    } else if (c->deed.wait.closed ||
               um_hide_status(node_of(c), um_str_n(a->body, a->len), &shown) !=
                   0) {
        fail(c, 500, "Unit's answer cannot be shown.", NULL);
    } else {
        um_http_reply(req_of(c), c->out.status, "application/json", shown.p,
                      shown.len);
        um_wait_end(&c->deed.wait);
    }
    um_buf_fini(&shown);
}

/* What is this node's Unit's own: /status, /control. */
static void pass_on(struct change *c)
{
    if (strcmp(um_http_method(req_of(c)), "GET") != 0) {
        um_http_reply_header(
            req_of(c), "Allow",
            um_segment_match("/control/", um_http_path(req_of(c)))
                ? "GET"
                : "GET, HEAD");
        fail(c, 405, "This method isn't allowed here.", NULL);
    } else if (um_node_hands(node_of(c)) == NULL) {
        fail(c, 502, "There is no Unit here.", NULL);
    } else {
        c->deed.wait.asked = true;
        um_hands_get(um_node_hands(node_of(c)), um_http_path(req_of(c)),
                     on_unit, c);
    }
}

/* Whether another request with the same key is on its way to the disk. */
static bool is_under_way(const struct change *c)
{
    for (struct um_wait *w = c->deed.wait.d->waits; w != NULL; w = w->next) {
        const struct change *o = (const struct change *)w;

        if (w->drop == um_deed_drop && o->deed.drop == drop && o != c &&
            o->once.keyed && !o->deed.done &&
            memcmp(o->once.key, c->once.key, sizeof o->once.key) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the request was answered before; it is answered then, too. */
static bool was_done(struct change *c)
{
    struct um_name request;
    unsigned status;

    if (c->ask.idempotency_key.p == NULL || c->ask.dry_run ||
        um_str_eq(c->ask.method, UM_STR("GET")) ||
        c->out.kind == UM_CONTROL_ELSEWHERE) {
        return false;
    }
    memcpy(request.b, c->out.request, sizeof request.b);
    status = um_once_look(&c->once, &c->deed, c->ask.idempotency_key, &request,
                          &c->kept);
    if (status == 0 && is_under_way(c)) {
        um_http_reply_header(req_of(c), "Retry-After", "1");
        fail(c, 409, "A request with this Idempotency-Key is under way.", NULL);
        return true;
    }
    if (status == 0) {
        return false;
    }
    if (status == 200) {
        c->out = (struct um_control_answer){.status = 200,
                                            .type = "application/json",
                                            .body = um_buf_view(&c->kept)};
        um_deed_settle(&c->deed);
    } else {
        um_wait_end(&c->deed.wait);
    }
    return true;
}

static void answer(struct change *c)
{
    um_control_answer(&c->desk.arena, &c->desk.state, &c->ask, &c->out);
    if (was_done(c)) {
        return;
    }
    switch (c->out.kind) {
        case UM_CONTROL_ELSEWHERE:
            pass_on(c);
            break;
        case UM_CONTROL_ANSWER:
            say(c);
            break;
        case UM_CONTROL_CHANGE:
            publish(c);
            break;
        case UM_CONTROL_SEAL:
            seal(c);
            break;
        case UM_CONTROL_ADOPT:
            adopt(c);
            break;
    }
}

/* Prepares the document in force, when it is here. */
static void go_on(struct um_deed *deed)
{
    struct change *c = (struct change *)deed;
    struct um_model *m = um_node_model(node_of(c));
    const struct um_past *t = um_view_target(&m->view, &m->history);
    int rv;

    if (t == NULL && um_mesh_waits(deed->wait.d)) {
        fail(c, 409, "An owner has to approve this node.",
             "`unitmesh members pending` shows it there.");
        return;
    }
    if (t == NULL) {
        um_wait_watch(&deed->wait, UM_WAIT_MS);
        return;
    }
    c->target = t->rev.id;
    rv = um_desk_init(&c->desk, node_of(c), &c->target, NULL);
    if (rv == P2P_ENOTFOUND) {
        um_desk_fini(&c->desk);
        (void)um_node_fetch(node_of(c), &t->rev.doc, t->rev.doc_bytes);
        um_wait_watch(&deed->wait, UM_WAIT_MS);
    } else if (rv != 0) {
        fail(c, 500, "The configuration cannot be read.", p2p_err_text(rv));
    } else {
        answer(c);
    }
}

/* Who does not say from what (If-Match) makes his change from what is current,
 * whoever was first. */
static bool again(struct um_deed *deed)
{
    struct change *c = (struct change *)deed;

    if (c->ask.if_match.len > 0 || ++c->tries >= TRIES_MAX) {
        return false;
    }
    um_desk_fini(&c->desk);
    c->out = (struct um_control_answer){0};
    go_on(deed);
    return true;
}

void um_change_handle(struct um_daemon *d, struct um_http_req *req)
{
    struct change *c;

    if (d->mesh.node == NULL && strcmp(um_http_method(req), "POST") == 0 &&
        strcmp(um_http_path(req), "/config") == 0) {
        um_answer_error(req, 409, "This node is in no mesh yet.",
                        "`unitmesh init` begins one, `unitmesh join CODE` goes "
                        "into one; to publish to the article's nodes, the "
                        "daemon is started with --article.");
        return;
    }
    if (um_wait_any_node(d, req) == NULL) {
        return;
    }
    if (um_http_query(req, "node") != NULL &&
        strcmp(um_http_method(req), "GET") == 0 &&
        um_segment_match("/config/", um_http_path(req))) {
        um_documents_at(d, req);
        return;
    }
    c = calloc(1, sizeof *c);
    if (c == NULL) {
        um_answer_error(req, 500, "Out of memory.", NULL);
        return;
    }
    c->deed.go_on = go_on;
    c->deed.reply = on_reply;
    c->deed.made = on_made;
    c->deed.again = again;
    if (um_deed_begin(&c->deed, d, req, drop)) {
        read_request(c);
        go_on(&c->deed);
    }
}
