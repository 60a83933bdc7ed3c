/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Effective configurations. Happy path: overlays and variables, then a PUT of
 * the whole to a stand-in. If that refuses a configuration with secrets in it,
 * it is asked again with the names of the secrets in their places, and that
 * answer is the one that is given. Failure modes: whatever an overlay, a
 * variable or Unit has against it; no memory.
 */
#include "mesh/control/effective.h"

#include "mesh/doc/print.h"
#include "p2p/err.h"

static int name_secret(void *user, struct um_str name,
                       const struct um_val *sealed, struct um_arena *a,
                       struct um_val *out)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_str kept;
    bool ok;

    (void)user;
    (void)sealed;
    um_buf_text(&text, "{{");
    um_buf_str(&text, name);
    um_buf_text(&text, "}}");
    ok = !um_buf_failed(&text) && um_arena_dup(a, um_buf_view(&text), &kept);
    um_buf_fini(&text);
    if (!ok)
        return P2P_ENOMEM;
    *out = um_val_string(kept);
    return 0;
}

static const struct um_secrets names_only = {NULL, name_secret};

/* What secrets are had from. */
struct opener {
    const struct um_secrets *secrets; /* the node's; or NULL */
    const struct um_member *fresh;    /* one that is not sealed yet; or NULL */
};

/* A secret that is not for this node is checked by its name. */
static int open_or_name(void *user, struct um_str name,
                        const struct um_val *sealed, struct um_arena *a,
                        struct um_val *out)
{
    const struct opener *o = user;
    int rc = P2P_EACCES;

    if (o->fresh != NULL && um_str_eq(o->fresh->name, name)) {
        *out = o->fresh->value;
        return 0;
    }
    if (o->secrets != NULL)
        rc = o->secrets->open(o->secrets->user, name, sealed, a, out);
    return rc == P2P_EACCES ? name_secret(NULL, name, sealed, a, out) : rc;
}

static bool has_secrets(const struct um_meshdoc *doc)
{
    const struct um_val *v = doc->variables;

    for (size_t i = 0; v != NULL && i < v->count; i++) {
        if (um_variables_sealed(&v->members.p[i].value))
            return true;
    }
    return false;
}

static int make(struct um_arena *a, const struct um_trial *t,
                const struct um_secrets *secrets, struct um_val *out,
                struct um_problem *why)
{
    const struct um_meshdoc_node node = {.facts = t->node->facts,
                                         .secrets = secrets};
    struct um_meshdoc_error err = {.what = {.text = NULL}};
    int rc = um_meshdoc_effective(a, t->doc, &node, out, &err);

    if (rc == 0 || rc == P2P_ENOMEM)
        return rc;
    *why = (struct um_problem){
        .status = 400,
        .error = UM_STR("Invalid configuration."),
        .detail = um_str(err.what.text),
        .has_pointer = err.what.has_pointer,
        .pointer = err.what.pointer,
        .of = err.in_config ? "effective" : "document",
    };
    return P2P_EFORMAT;
}

int um_effective_show(struct um_arena *a, const struct um_trial *t,
                      struct um_val *out, struct um_problem *why)
{
    return make(a, t, &names_only, out, why);
}

static int ask(struct um_arena *a, const struct um_trial *t,
               const struct um_val *config, struct um_trial_answer *out)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_trial_request req = {.method = "PUT", .path = UM_STR("/config")};
    int rc = um_doc_print(&text, config);

    req.body = um_buf_view(&text);
    if (rc == 0)
        rc = um_trial_ask(a, t, &req, out);
    um_buf_fini(&text);
    return rc;
}

/* Unit 1.35 says no place; the fork does, if it says the same otherwise. */
static int look_closer(struct um_arena *a, const struct um_trial *t,
                       const struct um_val *config, struct um_problem *why)
{
    struct um_trial closer = *t;
    struct um_trial_answer answer;
    struct um_problem other;
    int rc;

    closer.freeunit = true;
    rc = ask(a, &closer, config, &answer);
    if (rc != 0 || answer.status != why->status)
        return rc;
    rc = um_problem_read(a, answer.body, &other);
    if (rc == 0 && um_str_eq(other.detail, why->detail)) {
        why->has_pointer = other.has_pointer;
        why->pointer = other.pointer;
        why->suggestion = other.suggestion;
    }
    return rc == P2P_EFORMAT ? 0 : rc;
}

/* Puts a configuration to Unit; P2P_EFORMAT: it is refused. */
static int put(struct um_arena *a, const struct um_trial *t,
               const struct um_val *config, bool fuller, struct um_problem *why)
{
    struct um_trial_answer answer;
    int rc = ask(a, t, config, &answer);

    if (rc == P2P_ETOOBIG || (rc == 0 && answer.status == 0)) {
        *why = (struct um_problem){
            .status = rc == 0 ? 400 : 413,
            .error = UM_STR("Invalid configuration."),
            .detail = rc == 0 ? UM_STR("Unit would not survive it.")
                              : UM_STR("The document is too large.")};
        return P2P_EFORMAT;
    }
    if (rc != 0 || answer.status == 200)
        return rc;
    rc = um_problem_read(a, answer.body, why);
    why->status = answer.status;
    if (rc == 0 && fuller && !why->has_pointer)
        rc = look_closer(a, t, config, why);
    if (rc == 0 && !um_val_same(config, t->doc->base))
        why->of = "effective";
    return rc == 0 ? P2P_EFORMAT : rc;
}

int um_effective_check(struct um_arena *a, const struct um_trial *t,
                       bool fuller, struct um_problem *why)
{
    struct opener opener = {t->node->secrets, t->secret};
    bool opened =
        t->secret != NULL || (t->node->secrets != NULL && has_secrets(t->doc));
    const struct um_secrets all = {&opener, open_or_name};
    struct um_val config;
    int rc = make(a, t, opened ? &all : &names_only, &config, why);

    if (rc == 0)
        rc = put(a, t, &config, fuller, why);
    if (rc != P2P_EFORMAT || !opened)
        return rc;
    rc = make(a, t, &names_only, &config, why);
    if (rc == 0)
        rc = put(a, t, &config, fuller, why);
    if (rc != 0)
        return rc;
    *why = (struct um_problem){
        .status = 400,
        .error = UM_STR("Invalid configuration."),
        .detail = UM_STR("A secret is not what belongs in its place."),
        .of = "effective"};
    return P2P_EFORMAT;
}
