/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Answers, and what becomes of a new document. Happy path: it has the shape of
 * one, it is another one, this node's Unit would take what it makes of it; it
 * is printed, named and summed up. Failure modes: each of these, in Unit's
 * words; no memory.
 */
#include "mesh/control/call.h"

#include <assert.h>

#include "mesh/control/effective.h"
#include "mesh/control/precond.h"
#include "mesh/control/warnings.h"
#include "mesh/control/summary.h"
#include "mesh/doc/edit.h"
#include "mesh/doc/path.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"

static void answer(struct um_call *c, unsigned status, struct um_str body)
{
    c->out->kind = UM_CONTROL_ANSWER;
    c->out->status = status;
    c->out->type = "application/json";
    c->out->body = body;
}

int um_call_body(struct um_call *c, struct um_str body)
{
    answer(c, 200, body);
    return 0;
}

int um_call_refuse(struct um_call *c, const struct um_problem *p)
{
    struct um_str body;
    int rc = um_problem_write(c->arena, p, c->ask.problems, &body);

    if (rc != 0)
        return rc;
    answer(c, p->status, body);
    if (c->ask.problems)
        c->out->type = "application/problem+json";
    return 0;
}

int um_call_say(struct um_call *c, unsigned status, const char *error,
                const char *detail)
{
    const struct um_problem p = {
        .status = status, .error = um_str(error), .detail = um_str(detail)};

    return um_call_refuse(c, &p);
}

/* The indented text of a value, in the arena. */
static int to_text(struct um_call *c, const struct um_val *v,
                   struct um_str *out)
{
    struct um_buf text = UM_BUF_INIT;
    int rc = um_doc_print_pretty(&text, v);

    if (rc == 0 && !um_arena_dup(c->arena, um_buf_view(&text), out))
        rc = P2P_ENOMEM;
    um_buf_fini(&text);
    return rc;
}

int um_call_show(struct um_call *c, const struct um_val *v)
{
    struct um_str body;
    int rc = to_text(c, v, &body);

    if (rc == P2P_ETOOBIG)
        return um_call_say(c, 413, "The document is too large.", "");
    if (rc == 0)
        answer(c, 200, body);
    return rc;
}

int um_call_trial(struct um_call *c, const struct um_trial_answer *trial)
{
    struct um_problem p = {.status = 0};
    int rc;

    if (trial->status == 0)
        return um_call_say(
            c, 400, "Invalid path.",
            "An escape in it is malformed, or it leads above the root.");
    rc = um_problem_read(c->arena, trial->body, &p);
    p.status = trial->status;
    return rc == 0 ? um_call_refuse(c, &p) : rc;
}

int um_call_path(struct um_call *c, int rc)
{
    struct um_path_answer a = um_path_explain(rc);

    return rc == P2P_ENOMEM ? rc : um_call_say(c, a.status, a.title, "");
}

int um_call_json(struct um_call *c, int rc, const struct um_doc_error *err)
{
    struct um_problem p;

    if (rc == P2P_ETOOBIG)
        return um_call_path(c, P2P_ELIMIT);
    if (rc != P2P_EFORMAT || !um_problem_json(c->arena, err, &p))
        return P2P_ENOMEM;
    return um_call_refuse(c, &p);
}

static int refuse_condition(struct um_call *c, unsigned status)
{
    switch (status) {
        case 400:
            return um_call_say(c, 400, "Invalid condition.",
                               "If-Match and If-None-Match are \"*\" or a list "
                               "of entity tags with their quotes.");
        case 412:
            return um_call_say(c, 412,
                               "The condition of the request is not "
                               "met.",
                               "The document is at another revision than the "
                               "one that was named. Read it again.");
        default:
            return um_call_say(c, 428, "The revision must be named.",
                               "This mesh takes changes with If-Match and the "
                               "entity tag of a GET only.");
    }
}

int um_call_conditions(struct um_call *c, bool exists, bool *go_on)
{
    const struct um_precond p = {
        .if_match = c->req->if_match,
        .if_none_match = c->req->if_none_match,
        .revision = c->state->revision,
        .exists = exists,
        .reads = c->ask.method == UM_ASK_GET,
        .derived = c->derived,
        .require = c->state->require,
    };
    unsigned status = um_precond_check(&p);

    *go_on = status == 0;
    if (status == 304) {
        answer(c, 304, um_str_n(NULL, 0));
        c->out->type = NULL;
        return 0;
    }
    return status != 0 ? refuse_condition(c, status) : 0;
}

int um_call_put(struct um_call *c, struct um_str part, struct um_str name,
                const struct um_val *v, struct um_val *root)
{
    static const struct um_val empty = {.kind = UM_VAL_OBJECT};
    struct um_spot spot = um_edit_root();
    struct um_spot whole;
    struct um_edit e;
    int rc = um_edit_init(&e, c->arena, c->state->document);

    if (rc == 0)
        rc = um_edit_member(&e, &spot, part);
    if (rc == 0 && um_edit_at(&e, &spot) == NULL)
        rc = um_edit_insert(&e, &spot, &empty);
    whole = spot;
    if (rc == 0)
        rc = um_edit_member(&e, &spot, name);
    if (rc != 0)
        return rc;
    if (v == NULL)
        rc = um_edit_remove(&e, &spot, NULL);
    else if (um_edit_at(&e, &spot) != NULL)
        rc = um_edit_replace(&e, &spot, v);
    else
        rc = um_edit_insert(&e, &spot, v);
    if (rc == 0 && um_edit_at(&e, &whole)->count == 0)
        rc = um_edit_remove(&e, &whole, NULL);
    *root = e.root;
    return rc;
}

bool um_call_sealed(struct um_call *c, struct um_val *out)
{
    static const char zeros[] =
        "00000000000000000000000000000000"
        "00000000000000000000000000000000";
    struct um_str hash = c->req->sealed;

    if (!um_val_object(c->arena, 1, out))
        return false;
    out->members.p[0].name = UM_STR("sealed");
    out->members.p[0].value =
        um_val_string(hash.p != NULL ? hash : um_str(zeros));
    return true;
}

static int refuse_document(struct um_call *c, int rc,
                           const struct um_doc_error *err)
{
    const struct um_problem p = {
        .status = rc == P2P_ELIMIT ? 413 : 400,
        .error = UM_STR("Invalid document."),
        .detail = um_str(err->text),
        .has_pointer = err->has_pointer,
        .pointer = err->pointer,
        .of = "document",
    };

    return rc == P2P_ENOMEM ? rc : um_call_refuse(c, &p);
}

/* {"success": …} and, of a dry run, what would change; and warnings. */
static int succeed(struct um_call *c, struct um_str success,
                   const struct um_diff *diff)
{
    struct um_member m[3] = {{UM_STR("success"), um_val_string(success)}};
    struct um_val v = {.kind = UM_VAL_OBJECT, .count = 1};

    if (success.len == 0)
        m[0].value = um_val_string(UM_STR("Reconfiguration done."));
    if (c->req->dry_run) {
        m[0].value =
            um_val_string(UM_STR("Nothing was changed: this was a dry run."));
        m[1].name = UM_STR("changes");
        v.count = 2;
        if (!um_summary_list(c->arena, diff, &m[1].value))
            return P2P_ENOMEM;
    }
    if (c->warnings.count > 0)
        m[v.count++] = (struct um_member){UM_STR("warnings"), c->warnings};
    v.members = (struct um_members){m, 3};
    c->out->dry_run = c->req->dry_run;
    return um_call_show(c, &v);
}

/* The document that is to be kept. */
static int hand_over(struct um_call *c, const struct um_call_change *change,
                     const struct um_diff *diff)
{
    struct um_buf text = UM_BUF_INIT;
    int rc = um_doc_print(&text, &change->root);

    if (rc == 0 &&
        !um_arena_dup(c->arena, um_buf_view(&text), &c->out->document))
        rc = P2P_ENOMEM;
    um_buf_fini(&text);
    if (rc == P2P_ETOOBIG)
        return um_call_path(c, P2P_ELIMIT);
    if (rc == 0 && !um_summary_line(c->arena, diff, &c->out->summary))
        rc = P2P_ENOMEM;
    if (rc == 0)
        rc = succeed(c, change->success, diff);
    if (rc != 0)
        return rc;
    p2p_sha256(c->out->document.p, c->out->document.len, c->out->hash);
    c->out->kind = c->req->dry_run ? UM_CONTROL_ANSWER : UM_CONTROL_CHANGE;
    if (change->fresh != NULL) {
        c->out->has_script = change->fresh->kind == UM_BUNDLE_SCRIPT;
        c->out->bytes =
            c->out->has_script ? change->fresh->bytes : um_str_n(NULL, 0);
    }
    return 0;
}

/* PART/NAME: what a sealed object is for. */
static bool name_object(struct um_call *c, const struct um_call_change *change)
{
    struct um_buf text = UM_BUF_INIT;
    bool ok;

    um_buf_str(&text, change->part);
    um_buf_byte(&text, '/');
    um_buf_str(&text, change->name);
    ok = !um_buf_failed(&text) &&
         um_arena_dup(c->arena, um_buf_view(&text), &c->out->name);
    um_buf_fini(&text);
    return ok;
}

/* It is fine; what it is called is known when it is sealed. */
static int ask_for_seal(struct um_call *c, const struct um_call_change *change,
                        const struct um_diff *diff)
{
    int rc = succeed(c, change->success, diff);

    if (rc != 0 || c->req->dry_run)
        return rc;
    c->out->kind = UM_CONTROL_SEAL;
    c->out->bytes = change->bytes;
    return name_object(c, change) ? 0 : P2P_ENOMEM;
}

/* Whether Unit would take what this node makes of the document; and what there
 * is to be said of it if so. */
static int check(struct um_call *c, const struct um_call_change *change,
                 const struct um_meshdoc *doc, struct um_problem *why)
{
    const struct um_trial t = {.node = c->state->node,
                               .vault = c->state->vault,
                               .doc = doc,
                               .fresh = change->fresh,
                               .secret = change->secret};
    int rc;

    if (t.node == NULL)
        return 0;
    rc = um_effective_check(c->arena, &t, c->ask.problems, why);
    return rc == 0 ? um_warnings_list(c->arena, &t, &c->doc, &c->warnings) : rc;
}

int um_call_change(struct um_call *c, const struct um_call_change *change)
{
    const struct um_val *old = c->state->document;
    struct um_doc_error err = {.text = ""};
    struct um_problem why;
    struct um_meshdoc doc;
    struct um_diff diff;
    int rc = um_meshdoc_init(&doc, c->arena, &change->root, &err);

    if (rc != 0)
        return refuse_document(c, rc, &err);
    if (!um_diff_make(c->arena, old, &change->root, UM_DIFF_ELEMENTS, &diff))
        return P2P_ENOMEM;
    if (um_val_same(old, &change->root)) {
        c->out->unchanged = true;
        return succeed(c, change->success, &diff);
    }
    rc = check(c, change, &doc, &why);
    if (rc == P2P_EFORMAT)
        return um_call_refuse(c, &why);
    if (rc != 0)
        return rc;
    return change->name.p != NULL ? ask_for_seal(c, change, &diff)
                                  : hand_over(c, change, &diff);
}

int um_call_base(struct um_call *c, const struct um_val *base)
{
    struct um_call_change change = {.fresh = NULL};
    struct um_spot spot = um_edit_root();
    struct um_edit e;
    int rc = um_edit_init(&e, c->arena, c->state->document);

    if (rc == 0)
        rc = um_edit_member(&e, &spot, UM_STR("base"));
    if (rc == 0)
        rc = um_edit_replace(&e, &spot, base);
    if (rc != 0)
        return um_call_path(c, rc);
    change.root = e.root;
    return um_call_change(c, &change);
}
