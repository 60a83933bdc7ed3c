/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See change.h. Happy path: mesh/control makes an answer and a new document of
 * the request and the document in force; the model publishes it; when it is on
 * disk, and this node's Unit took it (or does not have to), the answer goes.
 */
#include "mesh/app/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/span.h"
#include "mesh/doc/guard.h"
#include "mesh/doc/parse.h"
#include "mesh/node/desk.h"
#include "mesh/node/papers.h"
#include "mesh/node/runner.h"
#include "mesh/trust/peer.h"
#include "mesh/trust/revname.h"

/* How long a request waits for a document, or for Unit. */
#define PATIENCE_MS 15000U

/* A request under way. */
struct um_change {
    struct um_change *next; /* of the daemon's */
    struct um_daemon *d;
    struct um_http_req *req;
    struct um_desk desk;
    struct um_control_request ask;
    struct um_control_answer out;
    struct um_name target;
    char sealed[UM_NAME_TEXT_MAX];
    struct um_name revision;   /* that was made */
    struct um_command command; /* that publishes it */
    bool asked;                /* the model will say what comes of it */
    bool tried;                /* this node's Unit runs it already */
    bool published;
    void *alarm;
    struct um_watch_node *watch;
};

static struct um_node *node_of(const struct um_change *c)
{
    return c->d->mesh.node;
}

static void end(struct um_change *c)
{
    const struct um_alarms *a = &c->d->loop.alarms;
    struct um_change **at = &c->d->changes;

    while (*at != c) {
        at = &(*at)->next;
    }
    *at = c->next;

    a->clear(a->user, c->alarm);
    if (c->watch != NULL) {
        um_node_unwatch(node_of(c), c->watch);
    }
    um_desk_fini(&c->desk);
    free(c);
}

static void fail(struct um_change *c, unsigned status, const char *error,
                 const char *detail)
{
    um_answer_error(c->req, status, error, detail);
    end(c);
}

static struct um_str header(const struct um_change *c, const char *name)
{
    const char *value = um_http_header(c->req, name);

    return value != NULL ? um_str(value) : um_str_n(NULL, 0);
}

static bool asks(const struct um_change *c, const char *name)
{
    return um_http_query(c->req, name) != NULL;
}

static void read_request(struct um_change *c)
{
    size_t len;
    const char *body = um_http_body(c->req, &len);

    c->ask = (struct um_control_request){
        .method = um_str(um_http_method(c->req)),
        .path = um_str(um_http_path(c->req)),
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

/* A header of the answer that is a name of a revision. */
static void show_revision(struct um_change *c, const char *name,
                          unsigned digits, const struct um_name *id)
{
    const struct um_past *p =
        um_history_find(&um_node_model(node_of(c))->history, id);
    char text[UM_REVNAME_TEXT_MAX], quoted[UM_REVNAME_TEXT_MAX + 2];

    if (p == NULL) {
        return;
    }
    (void)um_revname_text(p->rev.number, id, digits, text);
    (void)snprintf(quoted, sizeof quoted,
                   digits == UM_DESK_DIGITS ? "\"%s\"" : "%s", text);
    um_http_reply_header(c->req, name, quoted);
}

static void reply(struct um_change *c)
{
    const struct um_control_answer *o = &c->out;
    char etag[UM_REVNAME_TEXT_MAX + 3];

    if (o->etag.len > 0 && o->etag.len < sizeof etag) {
        memcpy(etag, o->etag.p, o->etag.len);
        etag[o->etag.len] = '\0';
        um_http_reply_header(c->req, "ETag", etag);
    }
    if (o->allow != NULL) {
        um_http_reply_header(c->req, "Allow", o->allow);
    }
    if (o->accept_patch != NULL) {
        um_http_reply_header(c->req, "Accept-Patch", o->accept_patch);
    }
    if (c->published) {
        show_revision(c, "ETag", UM_DESK_DIGITS, &c->revision);
        show_revision(c, "X-Revision", UM_REVNAME_DIGITS, &c->revision);
    }
    um_http_reply(c->req, o->status, o->type, o->body.p, o->body.len);
    end(c);
}

/* What this node's Unit says to the new revision; 0: nothing yet. */
static unsigned outcome(const struct um_change *c, const char **text)
{
    struct um_model *m = um_node_model(node_of(c));
    const struct um_past *mine =
        um_view_desired(&m->view, &m->history, &m->roster, &m->cfg.me);

    if (um_name_eq(&m->own.applied, &c->revision) ||
        um_node_runner(node_of(c)) == NULL || mine == NULL ||
        !um_name_eq(&mine->rev.id, &c->revision)) {
        return 200; /* it runs, or it is not to run here (any more) */
    }
    if (um_own_refused(&m->own, &c->revision, NULL)) {
        *text = m->refusal;
        return 400;
    }
    return 0;
}

static void on_seen(void *user);
static void on_patience(void *user);

/* Waits for the next change of anything. */
static void watch(struct um_change *c)
{
    const struct um_alarms *a = &c->d->loop.alarms;

    c->watch = um_node_watch(node_of(c), on_seen, c);
    if (c->alarm == NULL) {
        c->alarm = a->set(a->user, PATIENCE_MS, on_patience, c);
    }
    if (c->watch == NULL || c->alarm == NULL) {
        fail(c, 500, "Out of memory.", NULL);
    }
}

static void settle(struct um_change *c)
{
    const char *text = NULL;
    unsigned status = asks(c, "no-wait") ? 200 : outcome(c, &text);

    if (status == 0) {
        watch(c);
    } else if (status == 200) {
        reply(c);
    } else {
        show_revision(c, "X-Revision", UM_REVNAME_DIGITS, &c->revision);
        fail(c, status,
             "This node's Unit refuses the configuration; what ran before "
             "still does.",
             text);
    }
}

static void go_on(struct um_change *c);

static void on_seen(void *user)
{
    struct um_change *c = user;

    c->watch = NULL;
    if (c->published) {
        settle(c);
    } else {
        go_on(c);
    }
}

static void on_patience(void *user)
{
    struct um_change *c = user;

    c->alarm = NULL;
    if (c->published) {
        reply(c); /* it holds; Unit is not there, or slow */
    } else {
        um_http_reply_header(c->req, "Retry-After", "2");
        fail(c, 503, "The configuration is not here yet.",
             "No connected member has it, or none is connected.");
    }
}

/* A guard is against it. */
static void refuse(struct um_change *c, enum um_reply answer,
                   const struct um_name *revision)
{
    char about[UM_REVNAME_TEXT_MAX] = "";
    const struct um_past *p;

    if (revision == NULL) {
        fail(c, 503, "The daemon is ending.", NULL);
        return;
    }
    p = um_history_find(&um_node_model(node_of(c))->history, revision);

    if (p != NULL) {
        (void)um_revname_text(p->rev.number, revision, UM_REVNAME_DIGITS,
                              about);
    }
    um_answer_refusal(c->req, answer, about);
    end(c);
}

static void on_replied(void *user, enum um_reply answer,
                       const struct um_name *revision)
{
    struct um_change *c = user;

    c->asked = false;
    if (answer == UM_OK) {
        c->published = true;
        c->revision = *revision;
        settle(c);
        return;
    }
    if (c->tried && revision != NULL) {
        um_node_untry(node_of(c));
    }
    refuse(c, answer, revision);
}

static void order(struct um_change *c, bool dry, um_node_replied *replied)
{
    c->command.dry = dry;
    c->asked = true;
    if (um_node_command(node_of(c), &c->command, replied, c) != 0) {
        c->asked = false;
        fail(c, 500, "Out of memory.", NULL);
    }
}

/* What this node's Unit said. Without an answer it is published all the same:
 * Unit is absent, and is given it when it is there. */
static void on_tried(void *user, enum um_result outcome, struct um_str text)
{
    struct um_change *c = user;
    char words[UM_REFUSAL_BYTES];

    c->tried = outcome == UM_RESULT_DONE;
    if (outcome == UM_RESULT_REFUSED) {
        (void)snprintf(words, sizeof words, "%.*s", UM_STR_ARG(text));
        fail(c, 400, "This node's Unit refuses the configuration.", words);
        return;
    }
    order(c, false, on_replied);
}

/* No guard is against it: this node's Unit is asked before anybody hears of
 * it, if what it runs is what the change is made from. */
static void on_checked(void *user, enum um_reply answer,
                       const struct um_name *revision)
{
    struct um_change *c = user;

    c->asked = false;
    if (answer != UM_OK) {
        refuse(c, answer, revision);
    } else if (um_node_try(node_of(c), &c->command.doc, on_tried, c) != 0) {
        order(c, false, on_replied);
    }
}

/* Whether the new document leaves nothing, or half. */
static bool shrinks(struct um_change *c)
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

static unsigned flags_of(const struct um_change *c)
{
    static const struct {
        const char *name;
        unsigned flag;
    } all[] = {{"supersede", UM_SUPERSEDE}, {"despite", UM_DESPITE},
               {"alone", UM_EVEN_ALONE},    {"force", UM_FORCE},
               {"skewed", UM_EVEN_SKEWED},  {"crowded", UM_EVEN_CROWDED}};
    unsigned flags = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        flags |= asks(c, all[i].name) ? all[i].flag : 0;
    }
    return flags;
}

/* A span in the query; false: it is none. */
static bool span(const struct um_change *c, const char *name, uint64_t *ms)
{
    const char *text = um_http_query(c->req, name);

    return text == NULL || text[0] == '\0' || um_span_parse(text, ms);
}

/* How the change is to come into force: immediately, on trial, in stages. */
static bool policy_of(const struct um_change *c, struct um_command *cmd)
{
    cmd->policy = asks(c, "trial")    ? UM_TRIAL
                  : asks(c, "staged") ? UM_STAGED
                                      : UM_IMMEDIATE;
    cmd->first = cmd->policy == UM_TRIAL ? UM_FIRST_ALL : UM_FIRST_ONE;
    return span(c, "trial", &cmd->deadline_ms) &&
           span(c, "deadline", &cmd->deadline_ms) &&
           span(c, "soak", &cmd->soak_ms);
}

static void publish(struct um_change *c)
{
    struct um_command *cmd = &c->command;
    struct um_papers *papers = um_node_papers(node_of(c));
    struct um_name script;
    int rv = um_papers_put(papers, c->out.document, &cmd->doc);

    cmd->verb = UM_DO_PUBLISH;
    cmd->flags = flags_of(c);
    cmd->base = c->target;
    cmd->shrinks = shrinks(c);
    cmd->doc_bytes = (uint32_t)c->out.document.len;
    cmd->message =
        um_str_head(c->ask.message.len > 0 ? c->ask.message : c->out.summary,
                    UM__CAP_ITEM_MESSAGE_BYTES);
    if (!policy_of(c, cmd)) {
        fail(c, 400, "Invalid request.",
             "trial, deadline and soak are spans of time such as 10m.");
        return;
    }
    if (rv == 0 && c->out.has_script) {
        rv = um_papers_put(papers, c->out.bytes, &script);
    }
    if (rv != 0) {
        fail(c, 500, "The change cannot be kept.", p2p_err_text(rv));
    } else if (cmd->policy == UM_IMMEDIATE) {
        order(c, true, on_checked);
    } else {
        order(c, false, on_replied);
    }
}

static void answer(struct um_change *c);

/* Seals what has to be, and asks again with its hash. */
static void seal(struct um_change *c)
{
    struct um_name hash;
    int rv = um_vault_seal(um_node_vault(node_of(c)),
                           &um_node_model(node_of(c))->roster, c->out.name,
                           c->out.bytes, &hash);

    if (rv != 0) {
        fail(c, 500, "It cannot be sealed.", p2p_err_text(rv));
        return;
    }
    c->ask.sealed = um_str(um_name_text(&hash, c->sealed));
    answer(c);
}

/* The configuration that this node's Unit runs becomes the mesh's. */
static void adopt(struct um_change *c)
{
    struct um_runner *r = um_node_runner(node_of(c));
    struct um_control_unit unit = {{NULL, 0}, {NULL, 0}};

    if (r != NULL) {
        unit.config = um_runner_config(r);
        unit.applied = um_runner_shown(r);
    }
    if (unit.config.p == NULL) {
        fail(c, 502, "This node's Unit cannot be asked what it runs.", NULL);
        return;
    }
    um_control_adopt(&c->desk.arena, &c->desk.state, &c->ask, &unit, &c->out);
    if (c->out.kind == UM_CONTROL_CHANGE) {
        publish(c);
    } else {
        reply(c);
    }
}

static void on_unit(void *user, const struct um_unit_answer *a)
{
    struct um_change *c = user;

    c->out.status = a->code > 0 ? (unsigned)a->code : 502;
    if (a->code <= 0) {
        fail(c, 502, "This node's Unit did not answer.", a->text);
        return;
    }
    um_http_reply(c->req, c->out.status, "application/json", a->body, a->len);
    end(c);
}

/* What is this node's Unit's own: /status, /control. */
static void pass_on(struct um_change *c)
{
    if (strcmp(um_http_method(c->req), "GET") != 0) {
        um_http_reply_header(c->req, "Allow", "GET");
        fail(c, 405, "This method isn't allowed here.", NULL);
    } else if (c->d->unit == NULL) {
        fail(c, 502, "There is no Unit here.", NULL);
    } else {
        um_unit_get(c->d->unit, um_http_path(c->req), on_unit, c);
    }
}

static void answer(struct um_change *c)
{
    um_control_answer(&c->desk.arena, &c->desk.state, &c->ask, &c->out);
    switch (c->out.kind) {
        case UM_CONTROL_ELSEWHERE:
            pass_on(c);
            break;
        case UM_CONTROL_ANSWER:
            reply(c);
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
static void go_on(struct um_change *c)
{
    struct um_model *m = um_node_model(node_of(c));
    const struct um_past *t = um_view_target(&m->view, &m->history);
    int rv;

    if (t == NULL) {
        watch(c);
        return;
    }
    c->target = t->rev.id;
    rv = um_desk_init(&c->desk, node_of(c), &c->target, NULL);
    if (rv == P2P_ENOTFOUND) {
        um_desk_fini(&c->desk);
        (void)um_node_fetch(node_of(c), &t->rev.doc, t->rev.doc_bytes);
        watch(c);
    } else if (rv != 0) {
        fail(c, 500, "The configuration cannot be read.", p2p_err_text(rv));
    } else {
        answer(c);
    }
}

void um_change_handle(struct um_daemon *d, struct um_http_req *req)
{
    struct um_change *c;

    if (d->mesh.node == NULL) {
        um_answer_error(req, 409, "This node is in no mesh yet.",
                        "`unitmesh init` begins one, `unitmesh join CODE` goes "
                        "into one.");
        return;
    }
    c = calloc(1, sizeof *c);
    if (c == NULL) {
        um_answer_error(req, 500, "Out of memory.", NULL);
        return;
    }
    *c = (struct um_change){.next = d->changes, .d = d, .req = req};
    d->changes = c;
    read_request(c);
    go_on(c);
}

void um_change_end(struct um_daemon *d)
{
    struct um_change *c = d->changes;

    while (c != NULL) {
        struct um_change *next = c->next;

        if (!c->asked) { /* else it hears of it from the model */
            fail(c, 503, "The daemon is ending.", NULL);
        }
        c = next;
    }
}
