/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /certificates and /js_modules. What is asked is put to a stand-in that has
 * what the document names; what it takes goes into the document: a script by
 * its hash, a certificate as the object that the caller seals. Other than at
 * Unit a name may be used again: each Unit gets the new content under a new
 * name. Failure modes: Unit's; a name or content over its cap; something that
 * a configuration of another node may need.
 */
#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/control/call.h"
#include "mesh/control/effective.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"

enum {
    HEX_CHARS = 2 * P2P_SHA256_BYTES,
    PATH_MAX_BYTES = 900, /* what fits into a head of Unit's 1,024 */
};

/* What differs between the two. */
static const struct kind {
    const char *part;
    const char *member; /* where a configuration names one */
    const char *used;
    const char *bad_name;
    size_t most;
} kinds[] = {
    [UM_BUNDLE_CERTIFICATE] = {"certificates", "certificate",
                               "Certificate is used in the configuration.",
                               "Invalid certificate name.",
                               UM__CAP_CONTROL_CERTIFICATE_BYTES},
    [UM_BUNDLE_SCRIPT] = {"js_modules", "js_module",
                          "JS module is used in the configuration.",
                          "Invalid JS module name.",
                          UM__CAP_CONTROL_SCRIPT_BYTES},
};

/* A request for one of the two. */
struct request {
    struct um_call *c;
    enum um_bundle_kind kind;
    const struct kind *is;
    struct um_str name; /* as Unit takes it: what is encoded stays so */
    const struct um_val *old;
};

static struct um_trial trial_of(const struct request *r)
{
    return (struct um_trial){.node = r->c->state->node,
                             .vault = r->c->state->vault,
                             .doc = &r->c->doc};
}

static int ask(const struct request *r, const struct um_trial *t,
               const char *method, struct um_trial_answer *out)
{
    const struct um_trial_request req = {.method = method,
                                         .path = r->c->req->path,
                                         .body = r->c->ask.method == UM_ASK_PUT
                                                     ? r->c->req->body
                                                     : um_str_n(NULL, 0)};

    return um_trial_ask(r->c->arena, t, &req, out);
}

/* Asks, and answers with what was said; that of a GET, or a refusal. */
static int pass_on(const struct request *r, const char *method)
{
    const struct um_trial t = trial_of(r);
    struct um_trial_answer answer;
    int rc = ask(r, &t, method, &answer);

    if (rc != 0)
        return rc;
    return answer.status == 200 ? um_call_body(r->c, answer.body)
                                : um_call_trial(r->c, &answer);
}

/* The word of success in an answer. */
static int success_of(const struct request *r, struct um_str body,
                      struct um_str *out)
{
    const struct um_val *word;
    struct um_val v;
    int rc = um_doc_parse(body, r->c->arena, &v, NULL);

    if (rc != 0)
        return rc;
    word = um_val_member(&v, UM_STR("success"));
    *out = word != NULL ? word->text : um_str_n(NULL, 0);
    return 0;
}

/* A certificate that was uploaded again as it is. */
static bool is_same_content(const struct request *r)
{
    const struct um_control_vault *vault = r->c->state->vault;
    struct um_buf have = UM_BUF_INIT;
    bool same;

    if (r->old == NULL || vault == NULL || r->kind != UM_BUNDLE_CERTIFICATE)
        return false;
    assert(r->old->kind == UM_VAL_OBJECT && r->old->count == 1);
    same = vault->read(vault->user, r->kind, r->old->members.p[0].value.text,
                       &have) == 0 &&
           um_str_eq(um_buf_view(&have), r->c->req->body);
    if (have.p != NULL)
        um_mem_wipe(have.p, have.len);
    um_buf_fini(&have);
    return same;
}

static bool hex_of(struct um_arena *a, struct um_str bytes, struct um_str *out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[P2P_SHA256_BYTES];
    char *p = um_arena_alloc(a, HEX_CHARS);

    if (p == NULL)
        return false;
    p2p_sha256(bytes.p, bytes.len, hash);
    for (size_t i = 0; i < HEX_CHARS; i++)
        p[i] = digits[(hash[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
    *out = um_str_n(p, HEX_CHARS);
    return true;
}

/* What stands in the document for what was uploaded. */
static bool value_of(const struct request *r, struct um_val *out)
{
    struct um_str hash;

    if (r->kind == UM_BUNDLE_CERTIFICATE)
        return um_call_sealed(r->c, out);
    if (!hex_of(r->c->arena, r->c->req->body, &hash))
        return false;
    *out = um_val_string(hash);
    return true;
}

/* What Unit takes goes into the document. */
static int keep(const struct request *r, struct um_str body)
{
    const struct um_trial_fresh fresh = {r->kind, r->name, r->c->req->body};
    struct um_call_change change = {.fresh = &fresh};
    struct um_val v;
    int rc = success_of(r, body, &change.success);

    if (rc != 0)
        return rc;
    if (is_same_content(r)) {
        change.root = *r->c->state->document;
        return um_call_change(r->c, &change);
    }
    if (!value_of(r, &v))
        return P2P_ENOMEM;
    if (r->kind == UM_BUNDLE_CERTIFICATE && r->c->req->sealed.p == NULL) {
        change.part = um_str(r->is->part);
        change.name = r->name;
        change.bytes = r->c->req->body;
    }
    rc = um_call_put(r->c, um_str(r->is->part), r->name, &v, &change.root);
    return rc == 0 ? um_call_change(r->c, &change) : um_call_path(r->c, rc);
}

static int put(const struct request *r)
{
    const struct um_trial_fresh none = {r->kind, r->name, {NULL, 0}};
    struct um_trial t = trial_of(r);
    struct um_trial_answer answer;
    bool text;
    int rc;

    t.fresh = &none;
    if (r->c->req->body.len > r->is->most)
        return um_call_say(r->c, 413, "The upload is too large.", "");
    rc = ask(r, &t, "PUT", &answer);
    if (rc != 0)
        return rc;
    if (answer.status != 200)
        return um_call_trial(r->c, &answer);
    rc = um_ask_text(r->c->arena, r->name, &text);
    if (rc != 0)
        return rc;
    if (!text || r->name.len > UM__CAP_DOC_BUNDLE_NAME_BYTES)
        return um_call_say(r->c, 400, r->is->bad_name, "");
    return keep(r, answer.body);
}

/* True if a value, or an element of it, is that string. */
static bool names_it(const struct um_val *v, struct um_str name)
{
    if (v->kind == UM_VAL_STRING)
        return um_str_eq(v->text, name);
    for (size_t i = 0; v->kind == UM_VAL_ARRAY && i < v->count; i++) {
        if (v->items.p[i].kind == UM_VAL_STRING &&
            um_str_eq(v->items.p[i].text, name))
            return true;
    }
    return false;
}

/* True if a member of an operation of a patch puts something to where names
 * of such things stand. */
static bool puts_it(const struct um_val *op, const struct request *r)
{
    const struct um_val *path = um_val_member(op, UM_STR("path"));
    const struct um_val *v = um_val_member(op, UM_STR("value"));
    struct um_str member = um_str(r->is->member);

    if (path == NULL || path->kind != UM_VAL_STRING || v == NULL)
        return false;
    for (struct um_str at = path->text; at.len > 0; at = um_str_skip(at, 1)) {
        if (um_str_starts(at, member))
            return names_it(v, r->name);
    }
    return false;
}

/* True if a configuration, or an overlay, names it somewhere: for this node or
 * another one. */
static bool is_used(const struct um_val *v, const struct request *r)
{
    if (v->kind == UM_VAL_ARRAY) {
        for (size_t i = 0; i < v->count; i++) {
            if (is_used(&v->items.p[i], r))
                return true;
        }
        return false;
    }
    if (v->kind != UM_VAL_OBJECT)
        return false;
    for (size_t i = 0; i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];

        if (um_str_eq(m->name, um_str(r->is->member)) &&
            names_it(&m->value, r->name))
            return true;
        if (is_used(&m->value, r))
            return true;
    }
    return puts_it(v, r);
}

/* The text of what this node runs, or of nothing if that cannot be made. */
static int config_of(const struct request *r, struct um_buf *out)
{
    const struct um_trial t = trial_of(r);
    struct um_problem why;
    struct um_val v;
    int rc = t.node != NULL ? um_effective_show(r->c->arena, &t, &v, &why)
                            : P2P_EFORMAT;

    if (rc == 0)
        rc = um_doc_print(out, &v);
    return rc == P2P_ENOMEM ? rc : 0;
}

static int delete_it(const struct request *r)
{
    const struct um_meshdoc *doc = &r->c->doc;
    struct um_call_change change = {.fresh = NULL};
    struct um_trial t = trial_of(r);
    struct um_buf config = UM_BUF_INIT;
    struct um_trial_answer answer = {.status = 0};
    int rc = config_of(r, &config);

    t.config = um_buf_view(&config);
    if (rc == 0)
        rc = ask(r, &t, "DELETE", &answer);
    um_buf_fini(&config);
    if (rc != 0)
        return rc;
    if (answer.status != 200)
        return um_call_trial(r->c, &answer);
    if (is_used(doc->base, r) ||
        (doc->overlays != NULL && is_used(doc->overlays, r)))
        return um_call_say(r->c, 400, r->is->used, "");
    rc = success_of(r, answer.body, &change.success);
    if (rc == 0)
        rc =
            um_call_put(r->c, um_str(r->is->part), r->name, NULL, &change.root);
    if (rc == P2P_ENOMEM)
        return rc;
    return rc == 0 ? um_call_change(r->c, &change) : um_call_path(r->c, rc);
}

int um_files_answer(struct um_call *c, enum um_bundle_kind kind)
{
    struct request r = {.c = c, .kind = kind, .is = &kinds[kind]};
    const struct um_val *part =
        um_val_member(c->state->document, um_str(kinds[kind].part));
    bool go_on;
    int rc;

    r.name = um_str_skip(c->ask.rest, 1);
    r.name = um_str_head(r.name, um_str_find(r.name, '/'));
    r.old = part != NULL ? um_val_member(part, r.name) : NULL;
    if (c->req->path.len > PATH_MAX_BYTES)
        return um_call_say(c, 414, "Invalid path.", "The path is too long.");
    if (c->ask.method != UM_ASK_GET && c->ask.method != UM_ASK_PUT &&
        c->ask.method != UM_ASK_DELETE) {
        rc = pass_on(&r, "POST");
        if (c->out->status == 405)
            c->out->allow = "GET, HEAD, PUT, DELETE";
        return rc;
    }
    c->derived = true;
    rc = um_call_conditions(c, r.old != NULL || r.name.len == 0, &go_on);
    if (!go_on)
        return rc;
    if (c->ask.method == UM_ASK_GET)
        return pass_on(&r, "GET");
    return c->ask.method == UM_ASK_PUT ? put(&r) : delete_it(&r);
}
