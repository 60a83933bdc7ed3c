/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Connections to a stand-in, whole requests or what may be taken for some.
 * First byte: flavour, njs and whether applies take time. Then pieces, each
 * behind two bytes: which of four connections, and what: so many bytes of a
 * read, or the end of one, or a moment of time. The same bytes go to a
 * listener.
 */
#include <stdlib.h>

#include "must.h"
#include "mesh/standin/site.h"
#include "p2p/err.h"
#include "unit_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNS = 4, HALF_CLOSE = 0, GO_AWAY = 1, WAIT = 2, RESTART = 3 };

struct run {
    struct rig *r;
    struct um_standin_conn *conn[CONNS];
    struct um_ssite *site;
};

static int no_file(void *ctx, const struct um_ssite_open *how,
                   struct um_ssite_file *file, struct um_buf *content)
{
    (void)ctx;
    must(how->path.len > 0);
    if (um_str_has(how->path, 'x'))
        return P2P_ENOTFOUND;
    *file = (struct um_ssite_file){.regular = true, .size_bytes = 2};
    if (how->content)
        um_buf_text(content, "ok");
    return 0;
}

/* Answers are HTTP, and each connection gets one at most. */
static void take_answers(struct run *run)
{
    struct um_standin_conn *c;

    while ((c = um_standin_next(run->r->s)) != NULL) {
        struct um_str out = um_standin_tx(c);

        must(out.len == 0 || um_str_starts(out, UM_STR("HTTP/1.1 ")));
        must(um_standin_room(c) == 0);
        for (size_t i = 0; i < CONNS; i++) {
            if (run->conn[i] == c)
                run->conn[i] = NULL;
        }
        um_standin_hangup(c);
    }
}

static void give_conn(struct run *run, size_t i, struct um_str bytes)
{
    char *copy;
    size_t n;

    if (run->conn[i] == NULL)
        run->conn[i] = rig_connect(run->r);
    must(run->conn[i] != NULL);
    n = um_standin_room(run->conn[i]);
    bytes = um_str_head(bytes, n < bytes.len ? n : bytes.len);
    copy = malloc(bytes.len + 1);
    must(copy != NULL);
    if (bytes.len > 0)
        memcpy(copy, bytes.p, bytes.len);
    um_standin_rx(run->conn[i], um_str_n(copy, bytes.len), &run->r->now);
    free(copy);
}

static void give_site(struct run *run, struct um_str bytes)
{
    bool end = false;
    struct um_str out;

    um_ssite_rx(run->site, bytes);
    while ((out = um_ssite_tx(run->site, &run->r->now, &end)).len > 0)
        um_ssite_sent(run->site, out.len > 7 ? out.len - 7 : out.len);
}

static void act(struct run *run, size_t i, uint8_t what)
{
    struct um_standin_conn *c = run->conn[i];

    if (what == WAIT) {
        rig_wait_ms(run->r, 1);
    } else if (what == RESTART) {
        um_standin_restart(run->r->s, UM_STANDIN_RESTART_PLAIN, &run->r->now);
    } else if (c != NULL && what == HALF_CLOSE) {
        um_standin_eof(c);
    } else if (c != NULL && what == GO_AWAY) {
        run->conn[i] = NULL;
        um_standin_hangup(c);
    }
}

static void begin(struct run *run, struct rig *r, uint8_t how)
{
    struct um_ssite_cfg cfg = {.listener = UM_STR("*:80"),
                               .files = {NULL, no_file}};

    rig_init(r);
    rig_save(r, "conf.json",
             "{\"listeners\":{\"*:80\":{\"pass\":\"routes/$arg_r\"}},"
             "\"routes\":{\"a\":[{\"match\":{\"uri\":\"/s*\"},\"action\":"
             "{\"share\":\"/d$uri\",\"fallback\":{\"return\":404}}},"
             "{\"match\":{\"headers\":{\"a\":\"~b+\"}},\"action\":"
             "{\"return\":301,\"location\":\"$header_a?$cookie_c\"}}]}}");
    r->cfg.flavour = how & 1 ? UM_STANDIN_FREEUNIT : UM_STANDIN_UNIT;
    r->cfg.njs = how & 2;
    r->cfg.faults.apply_delay_ns = how & 4 ? 2000000 : 0;
    rig_start(r);
    cfg.s = r->s;
    must(um_addr_parse(UM_STR("10.0.0.1:80"), true, &cfg.local));
    must(um_addr_parse(UM_STR("[::1]:4321"), true, &cfg.remote));
    *run = (struct run){.r = r, .site = um_ssite_new(&cfg)};
    must(run->site != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig rig;
    struct run run;

    begin(&run, &rig, size > 0 ? data[0] : 0);
    for (size_t at = 1; at + 1 < size;) {
        size_t i = data[at] % CONNS;
        size_t n = (size_t)(data[at] / CONNS) << 8 | data[at + 1];
        struct um_str bytes;

        at += 2;
        if (n <= RESTART) {
            act(&run, i, (uint8_t)n);
        } else {
            bytes = um_str_n((const char *)data + at,
                             n < size - at ? n : size - at);
            give_conn(&run, i, bytes);
            give_site(&run, bytes);
            at += bytes.len;
        }
        take_answers(&run);
    }
    um_ssite_free(run.site);
    rig_fini(&rig);
    return 0;
}
