/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is kept: conf.json, certs, scripts. The happy path: all are read, the
 * configuration is checked and applied. Failure modes: a file that is missing,
 * empty or no configuration any more, or a world in which it cannot be; then
 * the default configuration is in force, and the file stays as it is.
 */
#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/standin/core.h"
#include "mesh/standin/js.h"
#include "mesh/standin/parse.h"
#include "mesh/standin/pem.h"
#include "mesh/standin/print.h"
#include "p2p/err.h"

#define DEFAULT_CONF "{\"listeners\":{},\"routes\":[],\"applications\":{}}"

/* Loading the files of one folder. */
struct loading {
    struct um_standin *s;
    const char *folder;
    struct um_sstore *store;
    int (*describe)(struct um_sitem *item, struct um_str bytes);
};

static int describe_cert(struct um_sitem *item, struct um_str bytes)
{
    return um_spem_describe(bytes, &item->arena, &item->shown, &item->usable);
}

static int describe_script(struct um_sitem *item, struct um_str bytes)
{
    struct um_buf why = UM_BUF_INIT;
    bool ok = um_sjs_check_module(bytes, item->name, &why);
    struct um_str kept;

    um_buf_fini(&why);
    if (!ok)
        return P2P_EFORMAT;
    if (!um_arena_dup(&item->arena, bytes, &kept))
        return P2P_ENOMEM;
    item->shown = um_sval_string(kept);
    return 0;
}

/* What cannot be read is there by its name, shown as null, and usable. */
static int describe(const struct loading *lo, struct um_sitem *item, int rc,
                    const struct um_buf *bytes)
{
    if (rc == P2P_ESTATE) {
        item->usable = true;
        return 0;
    }
    return rc == 0 ? lo->describe(item, um_buf_view(bytes)) : rc;
}

/* Files that are not what they should be are passed over. */
static void load_file(void *arg, struct um_str name)
{
    struct loading *lo = arg;
    const struct um_standin_world *w = &lo->s->cfg.world;
    struct um_buf file = UM_BUF_INIT;
    struct um_buf bytes = UM_BUF_INIT;
    struct um_sitem *item = um_sitem_new(name);
    int rc = P2P_ENOMEM;

    um_buf_text(&file, lo->folder);
    um_buf_byte(&file, '/');
    um_buf_str(&file, name);
    if (item != NULL && !um_buf_failed(&file))
        rc = describe(lo, item, w->load(w->ctx, um_buf_view(&file), &bytes),
                      &bytes);
    if (rc != 0 || um_sstore_add(lo->store, item) != 0)
        um_sitem_free(item);
    um_mem_wipe(bytes.p, bytes.len); /* a key */
    um_buf_fini(&file);
    um_buf_fini(&bytes);
}

static void load_folder(struct loading *lo)
{
    const struct um_standin_world *w = &lo->s->cfg.world;

    um_sstore_fini(lo->store);
    w->list(w->ctx, um_str(lo->folder), load_file, lo);
}

/* Reads conf.json; the document is checked. */
static int load_conf(struct um_standin *s, struct um_sdoc *doc)
{
    static const struct um_sjson_limits limits = {0, 0, 20000};
    const struct um_standin_world *w = &s->cfg.world;
    struct um_buf bytes = UM_BUF_INIT;
    struct um_sjson_error err;
    struct um_scheck ck;
    int rc = w->load(w->ctx, UM_STR("conf.json"), &bytes);

    if (rc == 0)
        rc = um_sjson_parse(um_buf_view(&bytes), &limits, &doc->arena,
                            &doc->root, &err);
    if (rc == 0) {
        rc = um_sconfig_check(s, &doc->root, &ck);
        um_scheck_fini(&ck);
    }
    um_buf_fini(&bytes);
    return rc;
}

static int load_default(struct um_sdoc *doc)
{
    static const struct um_sjson_limits limits = {0, 0, 0};
    struct um_sjson_error err;
    int rc = um_sjson_parse(UM_STR(DEFAULT_CONF), &limits, &doc->arena,
                            &doc->root, &err);

    assert(rc != P2P_EFORMAT);
    return rc;
}

int um_sstate_load(struct um_standin *s, bool can_apply,
                   const struct um_standin_time *now)
{
    struct loading certs = {s, "certs", &s->certs, describe_cert};
    struct loading scripts = {s, "scripts", &s->scripts, describe_script};
    struct um_sdoc doc = {.root = {.type = UM_SVAL_NULL}};
    int rc;

    load_folder(&certs);
    if (s->cfg.njs)
        load_folder(&scripts);
    rc = load_conf(s, &doc);
    if (rc == 0 && !can_apply)
        rc = P2P_EIO;
    if (rc == 0)
        rc = um_sapply_conf(s, &doc.root, now->mono_ns);
    if (rc != 0) {
        um_sdoc_reset(&doc);
        rc = load_default(&doc);
    }
    um_sdoc_reset(&s->conf);
    s->conf = doc;
    return rc;
}

void um_sstate_save(struct um_standin *s)
{
    const struct um_standin_world *w = &s->cfg.world;
    struct um_buf text = UM_BUF_INIT;

    um_sjson_compact(&text, &s->conf.root);
    if (!um_buf_failed(&text))
        w->store(w->ctx, UM_STR("conf.json"), um_buf_view(&text));
    um_buf_fini(&text);
}

void um_sstate_crash(struct um_standin *s, const struct um_standin_time *now)
{
    if (s->apply.active) {
        um_sdoc_reset(&s->apply.doc);
        s->apply = (struct um_sapply){.active = false};
    }
    um_sconn_cut_all(s);
    um_sstate_load(s, true, now);
}
