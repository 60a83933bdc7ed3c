/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Trials. The world of the stand-in is made of the document: its folders list
 * what the document names, its files come from the vault. Happy path: one
 * connection, one request, one answer. Failure modes: a request that Unit does
 * not answer, which is an answer here; no memory.
 */
#include "mesh/control/trial.h"

#include "p2p/err.h"

static const struct um_val *part_of(const struct um_trial *t,
                                    enum um_bundle_kind kind)
{
    return kind == UM_BUNDLE_CERTIFICATE ? t->doc->certificates
                                         : t->doc->js_modules;
}

/* The hash of a member: as it is, or in a sealed object. */
static struct um_str hash_of(const struct um_val *v)
{
    if (v->kind == UM_VAL_OBJECT && v->count == 1)
        v = &v->members.p[0].value;
    return v->kind == UM_VAL_STRING ? v->text : um_str_n(NULL, 0);
}

static bool is_fresh(const struct um_trial *t, enum um_bundle_kind kind,
                     struct um_str name)
{
    return t->fresh != NULL && t->fresh->kind == kind &&
           um_str_eq(t->fresh->name, name);
}

/* P2P_ESTATE: it is there, and what is in it is not known. */
static int load_bundle(const struct um_trial *t, enum um_bundle_kind kind,
                       struct um_str name, struct um_buf *out)
{
    const struct um_val *part = part_of(t, kind);
    const struct um_val *v = part != NULL ? um_val_member(part, name) : NULL;

    if (is_fresh(t, kind, name)) {
        um_buf_str(out, t->fresh->bytes);
        return um_buf_failed(out) ? P2P_ENOMEM : 0;
    }
    if (v == NULL)
        return P2P_ENOTFOUND;
    if (t->vault == NULL ||
        t->vault->read(t->vault->user, kind, hash_of(v), out) != 0)
        return P2P_ESTATE;
    return 0;
}

static int world_load(void *ctx, struct um_str name, struct um_buf *out)
{
    const struct um_trial *t = ctx;
    const struct um_str certs = UM_STR("certs/");
    const struct um_str scripts = UM_STR("scripts/");

    if (um_str_starts(name, certs))
        return load_bundle(t, UM_BUNDLE_CERTIFICATE,
                           um_str_skip(name, certs.len), out);
    if (um_str_starts(name, scripts))
        return load_bundle(t, UM_BUNDLE_SCRIPT, um_str_skip(name, scripts.len),
                           out);
    if (!um_str_eq(name, UM_STR("conf.json")) || t->config.len == 0)
        return P2P_ENOTFOUND;
    um_buf_str(out, t->config);
    return um_buf_failed(out) ? P2P_ENOMEM : 0;
}

static int world_list(void *ctx, struct um_str folder,
                      void (*each)(void *arg, struct um_str name), void *arg)
{
    const struct um_trial *t = ctx;
    enum um_bundle_kind kind = um_str_eq(folder, UM_STR("certs"))
                                   ? UM_BUNDLE_CERTIFICATE
                                   : UM_BUNDLE_SCRIPT;
    const struct um_val *part = part_of(t, kind);

    for (size_t i = 0; part != NULL && i < part->count; i++) {
        if (!is_fresh(t, kind, part->members.p[i].name))
            each(arg, part->members.p[i].name);
    }
    if (t->fresh != NULL && t->fresh->kind == kind && t->fresh->bytes.p != NULL)
        each(arg, t->fresh->name);
    return 0;
}

static int world_store(void *ctx, struct um_str name, struct um_str bytes)
{
    (void)ctx;
    (void)name;
    (void)bytes;
    return 0;
}

static int world_remove(void *ctx, struct um_str name)
{
    (void)ctx;
    (void)name;
    return 0;
}

static int world_bind(void *ctx, struct um_str name, const struct um_addr *addr)
{
    (void)ctx;
    (void)name;
    (void)addr;
    return 0;
}

static void world_unbind(void *ctx, struct um_str name,
                         const struct um_addr *addr)
{
    (void)ctx;
    (void)name;
    (void)addr;
}

static int world_start(void *ctx, const struct um_standin_app *app)
{
    (void)ctx;
    (void)app;
    return 0;
}

static int world_open_log(void *ctx, struct um_str path)
{
    (void)ctx;
    (void)path;
    return 0;
}

/* A stand-in of the node's kind in this world. */
static struct um_standin *make(const struct um_trial *t, struct um_trial *world,
                               const struct um_standin_time *now)
{
    struct um_standin_cfg cfg = {
        .flavour = UM_STANDIN_UNIT,
        .njs = true,
        .any_module = true,
        .world = {world, world_load, world_store, world_remove, world_list,
                  world_bind, world_unbind, world_start, world_open_log}};

    *world = *t;
    if (t->node != NULL) {
        cfg.flavour = t->node->flavour;
        cfg.njs = t->node->njs;
        cfg.modules_json = t->node->modules_json;
        cfg.any_module = t->node->modules_json == NULL;
    }
    if (t->freeunit)
        cfg.flavour = UM_STANDIN_FREEUNIT;
    return um_standin_new(&cfg, now);
}

/* Feeds bytes, as many at once as there is room for. */
static void feed(struct um_standin_conn *c, struct um_str bytes,
                 const struct um_standin_time *now)
{
    size_t room = um_standin_room(c);

    while (bytes.len > 0 && room > 0) {
        um_standin_rx(c, um_str_head(bytes, room), now);
        bytes = um_str_skip(bytes, room);
        room = um_standin_room(c);
    }
}

/* Takes "HTTP/1.1 200 …" and what is behind the blank line. */
static int take_answer(struct um_arena *a, struct um_str text,
                       struct um_trial_answer *out)
{
    *out = (struct um_trial_answer){.status = 0};
    if (!um_str_starts(text, UM_STR("HTTP/1.1 ")) || text.len < 12)
        return 0;
    for (size_t i = 9; i < 12; i++)
        out->status = out->status * 10 + (unsigned)(text.p[i] - '0');
    while (text.len > 0 && !um_str_starts(text, UM_STR("\r\n\r\n")))
        text = um_str_skip(text, 1);
    return um_arena_dup(a, um_str_skip(text, 4), &out->body) ? 0 : P2P_ENOMEM;
}

int um_trial_ask(struct um_arena *a, const struct um_trial *t,
                 const struct um_trial_request *req,
                 struct um_trial_answer *out)
{
    const struct um_standin_time now = {.mono_ns = 1, .unix_s = 0};
    const struct um_standin_peer peer = {.is_unix = true, .uid = 0};
    struct um_trial world;
    struct um_standin *s = make(t, &world, &now);
    struct um_standin_conn *c =
        s != NULL ? um_standin_accept(s, &peer, &now) : NULL;
    struct um_buf head = UM_BUF_INIT;
    int rc = P2P_ENOMEM;

    um_buf_fmt(&head, "%s ", req->method);
    um_buf_str(&head, req->path);
    um_buf_fmt(&head, " HTTP/1.1\r\nContent-Length: %zu\r\n\r\n",
               req->body.len);
    if (c != NULL && !um_buf_failed(&head)) {
        /* apart: Unit takes what the head's read brings for body, too */
        feed(c, um_buf_view(&head), &now);
        feed(c, req->body, &now);
        *out = (struct um_trial_answer){.status = 0};
        rc =
            um_standin_next(s) == c ? take_answer(a, um_standin_tx(c), out) : 0;
        um_standin_hangup(c);
    }
    um_standin_free(s);
    um_buf_fini(&head);
    return rc;
}
