/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /config. The happy path of a change: parse, put it into a copy of the
 * configuration, check the whole, apply, keep, answer. Failure modes, in the
 * order in which they are noticed: JSON that is none (400), a path that is not
 * there (404, 405), a configuration that is none (400), a world in which it
 * cannot be (500), and requests that kill the process.
 */
#include <assert.h>

#include "mesh/standin/core.h"
#include "mesh/standin/parse.h"
#include "mesh/standin/path.h"
#include "p2p/err.h"

enum {
    FREEUNIT_DEPTH_MAX = 100,
    FREEUNIT_ELEMENTS_MAX = 100000,
    CRASH_DEPTH = 20000, /* Unit 1.35 bears 10,000 and dies of 100,000 */
};

static const struct um_sjson_limits *limits_of(const struct um_standin *s)
{
    static const struct um_sjson_limits unit = {0, 0, CRASH_DEPTH};
    static const struct um_sjson_limits freeunit = {FREEUNIT_DEPTH_MAX,
                                                    FREEUNIT_ELEMENTS_MAX, 0};

    return s->cfg.flavour == UM_STANDIN_FREEUNIT ? &freeunit : &unit;
}

void um_sdoc_reset(struct um_sdoc *doc)
{
    um_arena_fini(&doc->arena);
    doc->root = (struct um_sval){.type = UM_SVAL_NULL};
}

static bool has_cert(const void *arg, struct um_str name)
{
    const struct um_standin *s = arg;

    return um_sstore_get(&s->certs, name) != NULL;
}

static bool has_script(const void *arg, struct um_str name)
{
    const struct um_standin *s = arg;

    return um_sstore_get(&s->scripts, name) != NULL;
}

int um_sconfig_check(struct um_standin *s, const struct um_sval *root,
                     struct um_scheck *ck)
{
    *ck = (struct um_scheck){
        .conf = root,
        .freeunit = s->cfg.flavour == UM_STANDIN_FREEUNIT,
        .njs = s->cfg.njs,
        .modules = &s->modules,
        .has_cert = has_cert,
        .has_script = has_script,
        .arg = s,
    };
    return um_scheck_run(ck);
}

static void not_found(struct um_standin_conn *c,
                      const struct um_standin_time *now)
{
    um_sreply_title(c, 404, "Value doesn't exist.", now);
}

static void not_allowed(struct um_standin_conn *c,
                        const struct um_standin_time *now)
{
    um_sreply_title(c, 405, "Method isn't allowed.", now);
}

static void invalid_json(struct um_standin_conn *c, struct um_str text,
                         const struct um_sjson_error *err,
                         const struct um_standin_time *now)
{
    struct um_serror e = {
        .status = 400,
        .title = "Invalid JSON.",
        .detail = um_str(err->detail),
        .has_offset = true,
        .offset = err->at,
    };

    if (!um_sjson_position(text, err->at, &e.line, &e.column))
        e.line = 0;
    um_sreply_error(c, &e, now);
}

static void invalid_conf(struct um_standin_conn *c, const struct um_scheck *ck,
                         const struct um_standin_time *now)
{
    const struct um_serror e = {
        .status = 400,
        .title = "Invalid configuration.",
        .detail = um_buf_view(&ck->detail),
        .has_pointer = ck->located,
        .pointer = um_buf_view(&ck->pointer),
        .suggestion = ck->suggestion,
    };

    um_sreply_error(c, &e, now);
}

/* The answers to what went wrong before the configuration was checked. */
static void refuse(struct um_standin_conn *c, int rc,
                   const struct um_standin_time *now)
{
    switch (rc) {
        case P2P_ENOTFOUND:
            not_found(c, now);
            return;
        case P2P_ENOTSUP:
            not_allowed(c, now);
            return;
        case P2P_ELIMIT:
            um_sstate_crash(c->s, now);
            return;
        default:
            um_sreply_title(c, 500, "Memory allocation failed.", now);
            return;
    }
}

/* One of the next changes is to kill the process? */
static bool take_crash(struct um_standin *s, enum um_standin_crash kind)
{
    struct um_standin_faults *f = &s->cfg.faults;

    if (f->crash != kind || f->crash_count == 0)
        return false;
    f->crash_count--;
    if (f->crash_count == 0)
        f->crash = UM_STANDIN_CRASH_NONE;
    return true;
}

/* Begins to apply a document, which is taken. */
static void apply(struct um_standin_conn *c, struct um_sdoc *doc,
                  const struct um_standin_time *now)
{
    struct um_standin *s = c->s;

    assert(!s->apply.active);
    if (take_crash(s, UM_STANDIN_CRASH_LOST)) {
        um_sdoc_reset(doc);
        um_sstate_crash(s, now);
        return;
    }
    s->apply = (struct um_sapply){
        .active = true,
        .conn = c,
        .doc = *doc,
        .done_ns = now->mono_ns + s->cfg.faults.apply_delay_ns,
    };
    if (s->apply.done_ns <= now->mono_ns)
        um_sconfig_applied(s, now);
}

void um_sconfig_applied(struct um_standin *s, const struct um_standin_time *now)
{
    struct um_standin_conn *c = s->apply.conn;
    struct um_sdoc doc = s->apply.doc;
    int rc;

    assert(s->apply.active);
    s->apply = (struct um_sapply){.active = false};
    rc = um_sapply_conf(s, &doc.root, now->mono_ns);
    if (rc == 0) {
        um_sdoc_reset(&s->conf);
        s->conf = doc;
        um_sstate_save(s);
        if (take_crash(s, UM_STANDIN_CRASH_APPLIED)) {
            um_sstate_crash(s, now);
            return;
        }
        um_sreply_success(c, "Reconfiguration done.", now);
    } else {
        um_sdoc_reset(&doc);
        um_sreply_title(c, 500, "Failed to apply new configuration.", now);
    }
    um_sdispatch_waiting(s, now);
}

/* Checks the new document and begins to apply it; takes it. */
static void check_and_apply(struct um_standin_conn *c, struct um_sdoc *doc,
                            const struct um_standin_time *now)
{
    struct um_scheck ck;
    int rc = um_sconfig_check(c->s, &doc->root, &ck);

    if (rc == 0) {
        apply(c, doc, now);
    } else {
        if (rc == P2P_EFORMAT)
            invalid_conf(c, &ck, now);
        else
            refuse(c, rc, now);
        um_sdoc_reset(doc);
    }
    um_scheck_fini(&ck);
}

/* PUT or POST. */
static void write_request(struct um_standin_conn *c, struct um_str path,
                          const struct um_standin_time *now)
{
    struct um_str text = um_sconn_body(c);
    struct um_sdoc doc = {.root = {.type = UM_SVAL_NULL}};
    struct um_sval value;
    const struct um_spath_change change = {
        .op = c->method == UM_SMETHOD_POST ? UM_SPATH_POST : UM_SPATH_PUT,
        .path = path,
        .value = &value,
    };
    struct um_sjson_error err;
    int rc;

    if (um_str_starts(text, UM_STR("\xef\xbb\xbf")))
        text = um_str_skip(text, 3);
    rc = um_sjson_parse(text, limits_of(c->s), &doc.arena, &value, &err);
    if (rc == P2P_EFORMAT) {
        invalid_json(c, text, &err, now);
        um_sdoc_reset(&doc);
        return;
    }
    doc.root = value;
    if (rc == 0 && path.len > 1)
        rc = um_spath_apply(&doc.arena, &c->s->conf.root, &change, &doc.root);
    if (rc == 0) {
        check_and_apply(c, &doc, now);
        return;
    }
    um_sdoc_reset(&doc);
    refuse(c, rc, now);
}

static void delete_request(struct um_standin_conn *c, struct um_str path,
                           const struct um_standin_time *now)
{
    struct um_sdoc doc = {.root = {.type = UM_SVAL_OBJECT}};
    const struct um_spath_change change = {.op = UM_SPATH_DELETE, .path = path};
    int rc = 0;

    if (path.len > 1)
        rc = um_spath_apply(&doc.arena, &c->s->conf.root, &change, &doc.root);
    if (rc == 0) {
        check_and_apply(c, &doc, now);
        return;
    }
    um_sdoc_reset(&doc);
    refuse(c, rc, now);
}

static void get_request(struct um_standin_conn *c, struct um_str path,
                        const struct um_standin_time *now)
{
    const struct um_sval *v = um_spath_get(&c->s->conf.root, path);

    if (v == NULL)
        not_found(c, now);
    else
        um_sreply_value(c, v, now);
}

/* Changes that are under way or wait, this one included. */
static unsigned changes_present(const struct um_standin *s)
{
    unsigned n = 1 + s->apply.active;

    for (struct um_slink *l = s->waiting.next; l != &s->waiting; l = l->next)
        n += !UM_SLINK_OF(l, struct um_standin_conn, queue)->is_get;
    return n;
}

void um_sconfig_request(struct um_standin_conn *c, struct um_str path,
                        const struct um_standin_time *now)
{
    struct um_standin *s = c->s;
    unsigned most = s->cfg.faults.crash_concurrency;

    if (c->method == UM_SMETHOD_GET) {
        get_request(c, path, now);
        return;
    }
    if (c->method == UM_SMETHOD_OTHER ||
        (c->method == UM_SMETHOD_POST && path.len == 1)) {
        not_allowed(c, now);
        return;
    }
    if (most > 0 && changes_present(s) >= most) {
        um_sstate_crash(s, now);
        return;
    }
    if (um_sdispatch_busy(s))
        um_sdispatch_wait(c);
    else if (c->method == UM_SMETHOD_DELETE)
        delete_request(c, path, now);
    else
        write_request(c, path, now);
}
