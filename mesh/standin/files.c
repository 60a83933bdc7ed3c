/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /certificates and /js_modules: things that are uploaded under a name, shown,
 * and deleted when nothing uses them. Their names are taken as they stand in
 * the path: what is URL-encoded there stays so. Failure modes: a name that is
 * none or is taken, content that is not what it should be, something in use,
 * no room on disk.
 */
#include <assert.h>

#include "mesh/standin/core.h"
#include "mesh/standin/js.h"
#include "mesh/standin/path.h"
#include "mesh/standin/pem.h"
#include "p2p/err.h"

/* What differs between the two. */
struct kind {
    const char *folder;
    const char *uploaded;
    const char *exists;
    const char *used;
    const char *missing;
    const char *deleted;
    const char *bad_name;
    const char *bad;
    const char *not_stored;
};

static const struct kind certificate = {
    .folder = "certs/",
    .uploaded = "Certificate chain uploaded.",
    .exists = "Certificate already exists.",
    .used = "Certificate is used in the configuration.",
    .missing = "Certificate doesn't exist.",
    .deleted = "Certificate deleted.",
    .bad_name = "Invalid certificate name.",
    .bad = "Invalid certificate.",
    .not_stored = "Failed to store certificate.",
};

static const struct kind script = {
    .folder = "scripts/",
    .uploaded = "JS module uploaded.",
    .exists = "JS module already exists.",
    .used = "JS module is used in the configuration.",
    .missing = "JS module doesn't exist.",
    .deleted = "JS module deleted.",
    .bad_name = "Invalid JS module name.",
    .bad = "Invalid JS module.",
    .not_stored = "Failed to store script.",
};

/* A request for one of the two. */
struct request {
    struct um_standin_conn *c;
    const struct kind *kind;
    struct um_sstore *store;
    struct um_str name;
    struct um_str rest; /* behind the name, len 0 if nothing is */
    const struct um_standin_time *now;
};

static void say(const struct request *r, int status, const char *title)
{
    um_sreply_title(r->c, status, title, r->now);
}

static void show_all(const struct request *r)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_sval v;

    if (um_sstore_show(r->store, &a, &v))
        um_sreply_value(r->c, &v, r->now);
    else
        say(r, 500, "Memory allocation failed.");
    um_arena_fini(&a);
}

static void show(const struct request *r)
{
    const struct um_sitem *item;
    const struct um_sval *v;

    if (r->name.len == 0) {
        show_all(r);
        return;
    }
    item = um_sstore_get(r->store, r->name);
    if (item == NULL) {
        say(r, 404, r->kind->missing);
        return;
    }
    v = r->rest.len > 0 ? um_spath_get(&item->shown, r->rest) : &item->shown;
    if (v != NULL)
        um_sreply_value(r->c, v, r->now);
    else
        say(r, 404, "Invalid path.");
}

static bool file_name(const struct request *r, struct um_buf *out)
{
    um_buf_text(out, r->kind->folder);
    um_buf_str(out, r->name);
    return !um_buf_failed(out);
}

/* Unit forgets to say that there is no location: it says offset 0. */
static void not_stored(const struct request *r)
{
    const struct um_serror e = {
        .status = 500,
        .title = r->kind->not_stored,
        .has_offset = true,
    };

    um_sreply_error(r->c, &e, r->now);
}

/* The item is made; it joins the store even if the disk refuses it. */
static void keep(const struct request *r, struct um_sitem *item)
{
    const struct um_standin_world *w = &r->c->s->cfg.world;
    struct um_buf file = UM_BUF_INIT;

    if (um_sstore_add(r->store, item) != 0) {
        um_sitem_free(item);
        say(r, 500, "Memory allocation failed.");
        return;
    }
    if (file_name(r, &file) &&
        w->store(w->ctx, um_buf_view(&file), um_sconn_body(r->c)) == 0)
        um_sreply_success(r->c, r->kind->uploaded, r->now);
    else
        not_stored(r);
    um_buf_fini(&file);
}

static void delete (const struct request *r, bool in_use)
{
    const struct um_standin_world *w = &r->c->s->cfg.world;
    struct um_buf file = UM_BUF_INIT;

    if (in_use) {
        say(r, 400, r->kind->used);
    } else if (um_sstore_get(r->store, r->name) == NULL) {
        say(r, 404, r->kind->missing);
    } else {
        if (file_name(r, &file))
            w->remove(w->ctx, um_buf_view(&file));
        um_sstore_remove(r->store, r->name);
        um_sreply_success(r->c, r->kind->deleted, r->now);
    }
    um_buf_fini(&file);
}

/* True if a value, or an element of it, is that string. */
static bool names_it(const struct um_sval *v, struct um_str name)
{
    const struct um_sval *e;

    for (size_t i = 0; v != NULL && (e = um_sval_item_or_self(v, i)) != NULL;
         i++) {
        if (e->type == UM_SVAL_STRING && um_str_eq(e->text, name))
            return true;
    }
    return false;
}

static bool cert_in_use(const struct um_standin *s, struct um_str name)
{
    const struct um_sval *listeners =
        um_spath_get(&s->conf.root, UM_STR("/listeners"));

    for (size_t i = 0; listeners != NULL && i < listeners->count; i++) {
        const struct um_sval *l = &listeners->members[i].value;

        if (names_it(um_spath_get(l, UM_STR("/tls/certificate")), name))
            return true;
    }
    return false;
}

/* Fills in the name and what is behind it. */
static void take_name(struct request *r, struct um_str path)
{
    assert(path.len > 0 && path.p[0] == '/');
    path = um_str_skip(path, 1);
    r->name = um_str_head(path, um_str_find(path, '/'));
    r->rest = um_str_skip(path, r->name.len);
}

static void put_cert(const struct request *r)
{
    struct um_sitem *item;
    int rc = P2P_ENOMEM;

    if (um_sstore_get(r->store, r->name) != NULL) {
        say(r, 400, r->kind->exists);
        return;
    }
    item = um_sitem_new(r->name);
    if (item != NULL)
        rc = um_spem_describe(um_sconn_body(r->c), &item->arena, &item->shown,
                              &item->usable);
    if (rc == 0) {
        keep(r, item);
        return;
    }
    um_sitem_free(item);
    if (rc == P2P_EFORMAT)
        say(r, 400, r->kind->bad);
    else
        say(r, 500, "Memory allocation failed.");
}

void um_scert_request(struct um_standin_conn *c, struct um_str path,
                      const struct um_standin_time *now)
{
    struct request r = {
        .c = c, .kind = &certificate, .store = &c->s->certs, .now = now};

    take_name(&r, path);
    if (c->method == UM_SMETHOD_GET)
        show(&r);
    else if (r.name.len == 0 || r.rest.len > 0)
        say(&r, 400, r.kind->bad_name);
    else if (c->method == UM_SMETHOD_PUT)
        put_cert(&r);
    else if (c->method == UM_SMETHOD_DELETE)
        delete (&r, cert_in_use(c->s, r.name));
    else
        say(&r, 405, "Invalid method.");
}

static void bad_script(const struct request *r, const struct um_buf *why)
{
    const struct um_serror e = {
        .status = 400,
        .title = r->kind->bad,
        .detail = um_buf_view(why),
    };

    um_sreply_error(r->c, &e, r->now);
}

static void put_script(const struct request *r)
{
    struct um_str source = um_sconn_body(r->c);
    struct um_buf why = UM_BUF_INIT;
    struct um_sitem *item;
    struct um_str kept;

    if (um_sstore_get(r->store, r->name) != NULL) {
        say(r, 400, r->kind->exists);
        return;
    }
    if (!um_sjs_check_module(source, r->name, &why)) {
        bad_script(r, &why);
        um_buf_fini(&why);
        return;
    }
    item = um_sitem_new(r->name);
    if (item != NULL && um_arena_dup(&item->arena, source, &kept)) {
        item->shown = um_sval_string(kept);
        keep(r, item);
    } else {
        um_sitem_free(item);
        say(r, 500, "Memory allocation failed.");
    }
    um_buf_fini(&why);
}

void um_sscript_request(struct um_standin_conn *c, struct um_str path,
                        const struct um_standin_time *now)
{
    struct request r = {
        .c = c, .kind = &script, .store = &c->s->scripts, .now = now};

    take_name(&r, path);
    if (c->method == UM_SMETHOD_GET)
        show(&r);
    else if (r.name.len == 0 || r.rest.len > 0)
        say(&r, 400, r.kind->bad_name);
    else if (c->method == UM_SMETHOD_PUT)
        put_script(&r);
    else if (c->method == UM_SMETHOD_DELETE)
        delete (&r, names_it(um_spath_get(&c->s->conf.root,
                                          UM_STR("/settings/js_module")),
                             r.name));
    else
        say(&r, 405, "Invalid method.");
}
