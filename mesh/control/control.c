/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Requests on the document of a mesh. Happy path: read the request, find its
 * resource, let that answer. Failure mode: no memory, which has an answer that
 * needs none.
 */
#include "mesh/control/control.h"

#include <assert.h>

#include "mesh/control/call.h"
#include "mesh/control/effective.h"
#include "mesh/control/warnings.h"
#include "mesh/doc/parse.h"
#include "p2p/err.h"

#define NO_MEMORY "{\r\n\t\"error\": \"Memory allocation failed.\"\r\n}\r\n"

static int certificates(struct um_call *c)
{
    return um_files_answer(c, UM_BUNDLE_CERTIFICATE);
}

static int js_modules(struct um_call *c)
{
    return um_files_answer(c, UM_BUNDLE_SCRIPT);
}

static int overlays(struct um_call *c)
{
    return um_parts_answer(c, "overlays");
}

static int variables(struct um_call *c)
{
    return um_parts_answer(c, "variables");
}

static int probes(struct um_call *c)
{
    return um_parts_answer(c, "probes");
}

static const struct resource {
    const char *path;
    int (*answer)(struct um_call *c);
} resources[] = {
    {"/config", um_config_answer},  {"/certificates", certificates},
    {"/js_modules", js_modules},    {"/mesh/overlays", overlays},
    {"/mesh/variables", variables}, {"/mesh/probes", probes},
};

/* The resource that a request is for; NULL: it is elsewhere. */
static const struct resource *find(struct um_call *c)
{
    for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++) {
        if (um_ask_below(&c->ask, resources[i].path))
            return &resources[i];
    }
    return NULL;
}

/* Two requests are one if they ask the same of the same. */
static bool name_request(struct um_call *c)
{
    const struct um_control_request *r = c->req;
    struct um_buf text = UM_BUF_INIT;
    bool ok;

    um_buf_fmt(&text, "%zu %zu %zu %d%d%d\n", r->method.len, r->path.len,
               r->content_type.len, r->dry_run, r->effective, r->secret);
    um_buf_str(&text, r->method);
    um_buf_str(&text, r->path);
    um_buf_str(&text, r->content_type);
    um_buf_str(&text, r->body);
    ok = !um_buf_failed(&text);
    if (ok)
        p2p_sha256(text.p, text.len, c->out->request);
    um_buf_fini(&text);
    return ok;
}

/* Quotes around the revision. */
static bool tag(struct um_call *c)
{
    struct um_str r = c->state->revision;
    char *p = um_arena_alloc(c->arena, r.len + 2);

    if (p == NULL)
        return false;
    p[0] = p[r.len + 1] = '"';
    if (r.len > 0)
        memcpy(p + 1, r.p, r.len);
    c->out->etag = um_str_n(p, r.len + 2);
    return true;
}

/* Reads the request; r is NULL if it is elsewhere. */
static int read(struct um_call *c, const struct resource **r,
                struct um_problem *why)
{
    int rc = um_ask_read(c->arena, c->req, &c->ask, why);

    *r = rc == 0 ? find(c) : NULL;
    return *r != NULL ? um_ask_check(c->arena, c->req, why) : rc;
}

static bool has_tag(const struct um_call *c)
{
    return c->ask.method == UM_ASK_GET && !c->derived &&
           (c->out->status == 200 || c->out->status == 304);
}

static int run(struct um_call *c)
{
    const struct resource *r;
    struct um_problem why;
    int rc = read(c, &r, &why);

    if (rc == P2P_EFORMAT)
        return um_call_refuse(c, &why);
    if (rc != 0 || r == NULL)
        return rc;
    if (c->req->secret && r->answer != variables)
        return um_call_say(c, 400, "Only a variable can be secret.", "");
    rc = um_meshdoc_init(&c->doc, c->arena, c->state->document, NULL);
    assert(rc == 0 || rc == P2P_ENOMEM);
    if (rc == 0 && !name_request(c))
        rc = P2P_ENOMEM;
    if (rc == 0)
        rc = r->answer(c);
    return rc == 0 && has_tag(c) && !tag(c) ? P2P_ENOMEM : rc;
}

static void answer(struct um_call *c)
{
    *c->out = (struct um_control_answer){.kind = UM_CONTROL_ELSEWHERE};
    if (run(c) == 0)
        return;
    *c->out = (struct um_control_answer){.kind = UM_CONTROL_ANSWER,
                                         .status = 500,
                                         .type = "application/json",
                                         .body = UM_STR(NO_MEMORY)};
}

void um_control_answer(struct um_arena *a, const struct um_control_state *state,
                       const struct um_control_request *req,
                       struct um_control_answer *out)
{
    struct um_call c = {.arena = a, .state = state, .req = req, .out = out};

    answer(&c);
}

void um_control_adopt(struct um_arena *a, const struct um_control_state *state,
                      const struct um_control_request *req,
                      const struct um_control_unit *unit,
                      struct um_control_answer *out)
{
    struct um_call c = {
        .arena = a, .state = state, .req = req, .unit = unit, .out = out};

    answer(&c);
}

int um_control_warnings(struct um_arena *a,
                        const struct um_control_state *state,
                        const struct um_val *document, struct um_val *out)
{
    struct um_meshdoc doc, was;
    const struct um_trial t = {
        .node = state->node, .vault = state->vault, .doc = &doc};
    int rc = um_meshdoc_init(&doc, a, document, NULL);

    if (rc == 0)
        rc = um_meshdoc_init(&was, a, state->document, NULL);
    return rc == 0 ? um_warnings_list(a, &t, &was, out) : rc;
}

int um_control_check(const struct um_control_state *state,
                     struct um_str document)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_meshdoc doc;
    const struct um_trial trial = {
        .node = state->node, .vault = state->vault, .doc = &doc};
    struct um_problem why;
    struct um_val v;
    int rc = um_doc_parse(document, &a, &v, NULL);

    if (rc == 0)
        rc = um_meshdoc_init(&doc, &a, &v, NULL);
    if (rc == 0)
        rc = um_effective_check(&a, &trial, false, &why);
    um_arena_fini(&a);
    return rc == 0 || rc == P2P_ENOMEM ? rc : P2P_EFORMAT;
}
