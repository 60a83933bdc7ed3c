/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See reseal.h. Happy path: the document in force and its sealed objects are
 * here, or come; what is for others than the members is sealed anew; the model
 * publishes the document; when that is on the disk it is answered. Units are
 * given the same as before, so none is asked first. Failure modes: a guard is
 * against it; something is not here, or not for this node; that is said, and
 * may be asked for again.
 */
#include "mesh/app/reseal.h"

#include <stdlib.h>

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/manner.h"
#include "mesh/app/views.h"
#include "mesh/node/papers.h"
#include "mesh/node/reseal.h"

#define MESSAGE "What is secret is sealed anew for the members of now."

/* A request under way. */
struct act {
    struct um_wait wait;
    bool after;            /* something else was done before */
    bool late;             /* what is not here by now is not waited for */
    struct um_json answer; /* of success */
    struct um_reseal what;
    struct um_manner manner;
};

static void drop(struct um_wait *w)
{
    struct act *a = (struct act *)w;

    um_json_fini(&a->answer);
    um_reseal_fini(&a->what);
    free(a);
}

static void put_names(struct um_json *j, const char *key,
                      const struct um_str *names, size_t n)
{
    um_json_open(j, key, '[');
    for (size_t i = 0; i < n; i++) {
        um_json_str(j, NULL, names[i]);
    }
    um_json_close(j, ']');
}

/* What was sealed anew, and what could not be. */
static void put(struct act *a, const struct um_name *revision)
{
    struct um_json *j = &a->answer;

    if (revision != NULL) {
        um_views_revision(um_wait_node(&a->wait), j, "revision", revision);
    }
    put_names(j, "objects", a->what.sealed,
              revision != NULL ? a->what.sealed_n : 0);
    put_names(j, "left", a->what.left, a->what.left_n);
}

static void answer(struct act *a)
{
    um_answer_json(a->wait.req, 200, &a->answer);
    um_json_init(&a->answer);
    um_wait_end(&a->wait);
}

/* It is done, or there was nothing to be done. */
static void succeed(struct act *a, const struct um_name *revision)
{
    struct um_json *j = &a->answer;

    if (a->after) {
        um_json_open(j, "sealed_anew", '{');
    } else {
        um_json_text(j, "success",
                     revision != NULL
                         ? "It is sealed anew for the members of now."
                     : a->what.left_n > 0
                         ? "Nothing is sealed anew: what is not for the "
                           "members of now cannot be opened here."
                         : "All is sealed for the members of now.");
    }
    put(a, revision);
    if (a->after) {
        um_json_close(j, '}');
    }
    answer(a);
}

/* It is not done; what was done before stays done. */
static void fail(struct act *a, unsigned status, const char *error,
                 const char *detail)
{
    struct um_json *j = &a->answer;

    if (!a->after) {
        um_wait_fail(&a->wait, status, error, detail);
        return;
    }
    um_json_open(j, "sealed_anew", '{');
    um_json_text(j, "error", error);
    if (detail != NULL) {
        um_json_text(j, "detail", detail);
    }
    um_json_close(j, '}');
    answer(a);
}

static void refuse(struct act *a, enum um_reply reply)
{
    const struct um_reply_words *w = um_reply_words(reply);

    if (a->after) {
        fail(a, w->status, w->text, NULL);
    } else {
        um_answer_refusal(a->wait.req, reply, "");
        um_wait_end(&a->wait);
    }
}

static void on_replied(void *user, enum um_reply reply,
                       const struct um_name *revision)
{
    struct act *a = user;

    a->wait.asked = false;
    if (a->wait.closed || revision == NULL) {
        fail(a, 503, "This node is ending, or leaves its mesh.", NULL);
    } else if (reply == UM_OK) {
        succeed(a, revision);
    } else {
        refuse(a, reply);
    }
}

static void publish(struct act *a, const struct um_name *target)
{
    struct um_node *n = um_wait_node(&a->wait);
    struct um_command c = {.verb = UM_DO_PUBLISH,
                           .base = *target,
                           .flags = um_manner_flags(a->wait.req),
                           .doc_bytes = (uint32_t)a->what.document.len,
                           .message = UM_STR(MESSAGE)};
    int rv = um_papers_put(um_node_papers(n), a->what.document, &c.doc);

    if (rv != 0) {
        fail(a, 500, "The change cannot be kept.", p2p_err_text(rv));
        return;
    }
    if (!a->after && !um_manner_read(n, a->wait.req, &c, &a->manner)) {
        um_wait_end(&a->wait);
        return;
    }
    a->wait.asked = true;
    if (um_node_command(n, &c, on_replied, a) != 0) {
        a->wait.asked = false;
        fail(a, 500, "Out of memory.", NULL);
    }
}

/* Seals anew what is in a document. P2P_ENOTFOUND: it is not all here yet. */
static int seal(struct act *a, const struct um_past *target)
{
    struct um_node *n = um_wait_node(&a->wait);
    struct um_buf copy = UM_BUF_INIT;
    struct um_str bytes;
    int rv = um_node_fetch(n, &target->rev.doc, target->rev.doc_bytes) == 0
                 ? um_papers_get(um_node_papers(n), &target->rev.doc, &bytes)
                 : P2P_ENOTFOUND;

    if (rv == 0) {
        um_buf_str(&copy, bytes); /* sealing reads other papers */
        rv = um_buf_failed(&copy) ? P2P_ENOMEM
             : a->late            ? 0
                                  : um_reseal_ready(n, um_buf_view(&copy));
    }
    if (rv == 0) {
        rv = um_reseal_make(n, um_buf_view(&copy), &a->what);
    }
    um_buf_fini(&copy);
    return rv;
}

static void go_on(struct um_wait *w)
{
    struct act *a = (struct act *)w;
    struct um_model *m = um_node_model(um_wait_node(w));
    const struct um_past *t = um_view_target(&m->view, &m->history);
    struct um_name target = t != NULL ? t->rev.id : (struct um_name){{0}};
    int rv = t != NULL ? seal(a, t) : P2P_ENOTFOUND;

    if (rv == P2P_ENOTFOUND && !a->late) {
        um_wait_watch(w, UM_WAIT_MS);
        return;
    }
    um_wait_rest(w);
    if (rv == P2P_ENOTFOUND) {
        fail(a, 503, "The configuration is not here yet.",
             "No connected member has it, or none is connected.");
    } else if (rv != 0) {
        fail(a, 500, "It cannot be sealed.", p2p_err_text(rv));
    } else if (a->what.document.p == NULL) {
        succeed(a, NULL);
    } else {
        publish(a, &target);
    }
}

static void late(struct um_wait *w)
{
    ((struct act *)w)->late = true;
    go_on(w);
}

/* Whether the query says how it may come into force, also where there is
 * nothing to be sealed; else it was answered. */
static bool reads_manner(struct act *a)
{
    struct um_command c = {.verb = UM_DO_PUBLISH};

    return um_manner_read(um_wait_node(&a->wait), a->wait.req, &c, &a->manner);
}

static void begin(struct um_daemon *d, struct um_http_req *req,
                  struct um_json *json)
{
    struct act *a = calloc(1, sizeof *a);

    if (a == NULL) {
        if (json != NULL) {
            um_answer_json(req, 200, json);
        } else {
            um_answer_error(req, 500, "Out of memory.", NULL);
        }
        return;
    }
    a->wait.look = go_on;
    a->wait.late = late;
    a->wait.drop = drop;
    a->after = json != NULL;
    if (json != NULL) {
        a->answer = *json;
    } else {
        um_json_init(&a->answer);
    }
    um_wait_begin(&a->wait, d, req);
    if (json == NULL && !reads_manner(a)) {
        um_wait_end(&a->wait);
        return;
    }
    go_on(&a->wait);
}

void um_reseal_handle(struct um_daemon *d, struct um_http_req *req)
{
    if (um_wait_any_node(d, req) != NULL && um_body_none(req)) {
        begin(d, req, NULL);
    }
}

void um_reseal_after(struct um_daemon *d, struct um_http_req *req,
                     struct um_json *answer)
{
    begin(d, req, answer);
}
