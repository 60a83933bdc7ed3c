/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /config: the base of the document. Happy path of a change: read the body,
 * put it into a copy of the base, hand the document on. Failure modes, in
 * Unit's order: a method that is none (405), a condition that is not met, JSON
 * that is none (400), a path that is not there (404, 405), a patch that does
 * not fit (400, 409), a configuration that is none (400).
 */
#include <assert.h>

#include "mesh/control/call.h"
#include "mesh/control/effective.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/patch.h"
#include "mesh/doc/path.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"

#define PATCHES "application/json-patch+json, application/merge-patch+json"

static bool is_whole(const struct um_call *c)
{
    return c->ask.rest.len == 1;
}

static int get(struct um_call *c)
{
    const struct um_trial t = {.node = c->state->node, .doc = &c->doc};
    const struct um_val *root = c->doc.base;
    const struct um_val *v;
    struct um_problem why;
    struct um_val made;
    int rc = 0;

    if (c->req->effective && t.node == NULL)
        return um_call_say(c, 404, "Value doesn't exist.",
                           "There is no Unit at this node.");
    if (c->req->effective) {
        rc = um_effective_show(c->arena, &t, &made, &why);
        root = &made;
    }
    if (rc == P2P_EFORMAT)
        return um_call_refuse(c, &why);
    if (rc == 0)
        rc = um_path_get(c->arena, root, c->ask.rest, &v);
    return rc == 0 ? um_call_show(c, v) : um_call_path(c, rc);
}

/* A configuration is an object; Unit says so best. */
static int refuse_value(struct um_call *c, const struct um_val *v)
{
    const struct um_trial t = {
        .node = c->state->node, .vault = c->state->vault, .doc = &c->doc};
    struct um_trial_request req = {.method = "PUT", .path = UM_STR("/config")};
    struct um_trial_answer answer = {.status = 0};
    struct um_buf text = UM_BUF_INIT;
    int rc = um_doc_print(&text, v);

    req.body = um_buf_view(&text);
    if (rc == 0)
        rc = um_trial_ask(c->arena, &t, &req, &answer);
    um_buf_fini(&text);
    if (rc == P2P_ETOOBIG)
        return um_call_path(c, P2P_ELIMIT);
    assert(rc != 0 || answer.status != 200);
    return rc == 0 ? um_call_trial(c, &answer) : rc;
}

static int become(struct um_call *c, const struct um_val *base)
{
    return base->kind == UM_VAL_OBJECT ? um_call_base(c, base)
                                       : refuse_value(c, base);
}

/* PUT, POST, DELETE at a path. */
static int change_at(struct um_call *c, enum um_path_op op,
                     const struct um_val *v)
{
    const struct um_path_change change = {op, c->ask.rest, v};
    struct um_val base;
    int rc = um_path_apply(c->arena, c->doc.base, &change, &base);

    return rc == 0 ? become(c, &base) : um_call_path(c, rc);
}

static int read_body(struct um_call *c, struct um_val *v, bool *ok)
{
    struct um_doc_error err = {.text = ""};
    int rc = um_doc_parse(c->req->body, c->arena, v, &err);

    *ok = rc == 0;
    return rc == 0 ? 0 : um_call_json(c, rc, &err);
}

static int write(struct um_call *c)
{
    enum um_path_op op =
        c->ask.method == UM_ASK_POST ? UM_PATH_POST : UM_PATH_PUT;
    struct um_val v;
    bool ok;
    int rc = read_body(c, &v, &ok);

    if (!ok)
        return rc;
    return is_whole(c) ? become(c, &v) : change_at(c, op, &v);
}

static int refuse_patch(struct um_call *c, int rc,
                        const struct um_doc_error *err)
{
    struct um_problem p = {
        .status = 400,
        .error = UM_STR("Invalid patch."),
        .detail = um_str(err->text),
        .has_pointer = err->has_pointer,
        .pointer = err->pointer,
        .of = "patch",
    };

    if (rc == P2P_ENOMEM)
        return rc;
    if (rc == P2P_ENOTFOUND || rc == P2P_ESTATE) {
        p.status = 409;
        p.error = UM_STR("The patch does not fit.");
    } else if (rc == P2P_ELIMIT) {
        p.status = 413;
    }
    return um_call_refuse(c, &p);
}

/* Patches what stands at the path, which has to be there. */
static int patch(struct um_call *c)
{
    struct um_doc_error err = {.text = "The document would be too large."};
    const struct um_val *old = NULL;
    struct um_val v, now;
    bool ok;
    int rc = read_body(c, &v, &ok);

    if (!ok)
        return rc;
    rc = um_path_get(c->arena, c->doc.base, c->ask.rest, &old);
    if (rc != 0)
        return um_call_path(c, rc);
    if (c->ask.media == UM_ASK_JSON_PATCH)
        rc = um_patch_apply(c->arena, old, &v, &now, &err);
    else
        rc = um_patch_merge(c->arena, old, &v, &now);
    if (rc != 0)
        return refuse_patch(c, rc, &err);
    return is_whole(c) ? become(c, &now) : change_at(c, UM_PATH_PUT, &now);
}

static int adopt(struct um_call *c)
{
    if (c->unit != NULL)
        return um_adopt_answer(c);
    c->out->kind = UM_CONTROL_ADOPT;
    c->out->dry_run = c->req->dry_run;
    return 0;
}

static bool is_allowed(const struct um_call *c)
{
    return c->ask.method != UM_ASK_OTHER &&
           (c->ask.method != UM_ASK_PATCH || c->ask.media != UM_ASK_VALUE);
}

int um_config_answer(struct um_call *c)
{
    const struct um_val *there = NULL;
    bool go_on;
    int rc;

    if (!is_allowed(c)) {
        c->out->allow = "GET, HEAD, PUT, POST, DELETE, PATCH";
        c->out->accept_patch = PATCHES;
        return um_call_path(c, P2P_ENOTSUP);
    }
    rc = um_path_get(c->arena, c->doc.base, c->ask.rest, &there);
    if (rc == P2P_ENOMEM)
        return rc;
    c->derived = c->req->effective;
    rc = um_call_conditions(c, there != NULL, &go_on);
    if (!go_on)
        return rc;
    switch (c->ask.method) {
        case UM_ASK_GET:
            return get(c);
        case UM_ASK_DELETE:
            return change_at(c, UM_PATH_DELETE, NULL);
        case UM_ASK_PATCH:
            return patch(c);
        default:
            return c->ask.method == UM_ASK_POST && is_whole(c) ? adopt(c)
                                                               : write(c);
    }
}
