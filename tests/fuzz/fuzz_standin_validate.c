/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A configuration, checked by either flavour. One that is fine is put into a
 * stand-in; what a GET shows then can be put again, and requests to its
 * listeners are answered. What is refused is refused with words. What is fine
 * is so to the daemon's own checks, too.
 */

#include "must.h"
#include "mesh/standin/check.h"
#include "mesh/standin/parse.h"
#include "mesh/standin/print.h"
#include "mesh/standin/site.h"
#include "p2p/err.h"
#include "refusal.h"
#include "unit_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char modules_json[] =
    "{\"python\": {\"version\": \"3.11\"}, \"php\": {\"version\": \"8.1\"},"
    " \"perl\": {\"version\": \"5\"}, \"ruby\": {\"version\": \"3\"},"
    " \"java\": {\"version\": \"17\"}, \"wasm\": {\"version\": \"0\"},"
    " \"wasm-wasi-component\": {\"version\": \"0\"}}";

static bool is_short(const void *arg, struct um_str name)
{
    (void)arg;
    return name.len == 1;
}

static int check(const struct um_sval *conf, const struct um_smodules *modules,
                 bool freeunit, bool njs)
{
    struct um_scheck ck = {.conf = conf,
                           .freeunit = freeunit,
                           .njs = njs,
                           .modules = modules,
                           .has_cert = is_short,
                           .has_script = is_short};
    int rc = um_scheck_run(&ck);

    must((rc == P2P_EFORMAT) == (ck.detail.len > 0));
    must(ck.detail.len <= UM_SCHECK_DETAIL_MAX);
    must(rc == 0 || rc == P2P_EFORMAT || (rc == P2P_ELIMIT && !freeunit));
    um_scheck_fini(&ck);
    return rc;
}

static int one_file(void *ctx, const struct um_ssite_open *how,
                    struct um_ssite_file *file, struct um_buf *content)
{
    (void)ctx;
    *file = (struct um_ssite_file){.regular = true, .size_bytes = 1};
    if (how->content)
        um_buf_byte(content, '!');
    return 0;
}

/* Requests to every listener that there is. */
static void visit(struct rig *r)
{
    const struct um_sval *all =
        um_sval_member(um_standin_conf(r->s), UM_STR("listeners"));

    for (size_t i = 0; all != NULL && i < all->count && i < 4; i++) {
        struct um_ssite_cfg cfg = {.s = r->s,
                                   .listener = all->members[i].name,
                                   .files = {NULL, one_file}};
        struct um_ssite *c;
        bool end;

        must(um_addr_parse(UM_STR("10.0.0.1:80"), true, &cfg.local));
        must(um_addr_parse(UM_STR("10.0.0.2:81"), true, &cfg.remote));
        c = um_ssite_new(&cfg);
        must(c != NULL);
        um_ssite_rx(c, UM_STR("GET /a/b.c?a=b&c=%64 HTTP/1.1\r\nHost: a\r\n"
                              "Cookie: a=b\r\nA: b\r\n\r\n"));
        must(um_str_starts(um_ssite_tx(c, &r->now, &end), UM_STR("HTTP/1.1 ")));
        um_ssite_free(c);
    }
}

/* PUTs a configuration; the answer's status. */
static int put(struct rig *r, struct um_str conf)
{
    const struct um_standin_peer peer = {.is_unix = false};
    struct um_standin_conn *c = um_standin_accept(r->s, &peer, &r->now);
    struct um_buf b = UM_BUF_INIT;
    struct um_str out;
    int status = 0;

    must(c != NULL);
    um_buf_fmt(&b, "PUT /config HTTP/1.1\r\nContent-Length: %zu\r\n\r\n",
               conf.len);
    um_buf_str(&b, conf);
    for (size_t at = 0; at < b.len;) {
        size_t n = um_standin_room(c);

        must(n > 0);
        n = n < b.len - at ? n : b.len - at;
        um_standin_rx(c, um_str_n(b.p + at, n), &r->now);
        at += n;
    }
    must(um_standin_next(r->s) == c);
    out = um_standin_tx(c);
    if (um_str_starts(out, UM_STR("HTTP/1.1 ")))
        status = (out.p[9] - '0') * 100;
    um_standin_hangup(c);
    um_buf_fini(&b);
    return status;
}

static void apply(const struct um_sval *conf, bool freeunit)
{
    static struct rig r;
    struct um_buf text = UM_BUF_INIT;
    int status;

    rig_init(&r);
    r.cfg.flavour = freeunit ? UM_STANDIN_FREEUNIT : UM_STANDIN_UNIT;
    r.cfg.modules_json = modules_json;
    rig_start(&r);
    um_sjson_compact(&text, conf);
    status = put(&r, um_buf_view(&text));
    if (status == 200) {
        must(um_str_eq(um_buf_view(&text), um_str(rig_load(&r, "conf.json"))));
        visit(&r);
        must(put(&r, um_buf_view(&text)) == 200);
    }
    rig_fini(&r);
    um_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct um_sjson_limits limits = {100, 0, 0};
    struct um_arena a = UM_ARENA_INIT;
    struct um_smodules modules;
    struct um_sjson_error err;
    struct um_sval conf;
    char room[256];

    if (um_sjson_parse(um_str_n((const char *)data, size), &limits, &a, &conf,
                       &err) == 0) {
        um_smodules_init(&modules);
        must(um_smodules_load(&modules, um_str(modules_json)) == 0);
        if (check(&conf, &modules, false, true) == 0)
            must(refusal_of(um_str_n((const char *)data, size), room,
                            sizeof(room)) == NULL);
        if (check(&conf, &modules, false, false) == 0)
            apply(&conf, false);
        if (check(&conf, &modules, true, false) == 0)
            apply(&conf, true);
        um_smodules_fini(&modules);
    }
    um_arena_fini(&a);
    return 0;
}
