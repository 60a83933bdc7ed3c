/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a request asks for, and the queue. A request that changes the
 * configuration, or asks the router for something, waits while another one is
 * carried out; reading the configuration never waits.
 */
#include <assert.h>

#include "mesh/standin/core.h"

/* True if path is prefix or goes on below it; *rest begins with a slash. */
static bool below(struct um_str path, struct um_str prefix, struct um_str *rest)
{
    if (!um_str_starts(path, prefix))
        return false;
    *rest = um_str_skip(path, prefix.len);
    if (rest->len == 0)
        *rest = UM_STR("/");
    return rest->p[0] == '/';
}

bool um_sdispatch_busy(const struct um_standin *s)
{
    return s->apply.active || !um_slink_alone(&s->waiting);
}

void um_sdispatch_wait(struct um_standin_conn *c)
{
    assert(c->state == UM_SCONN_WAIT);
    um_slink_append(&c->s->waiting, &c->queue);
}

/* GET /: everything at once. */
static void root_request(struct um_standin_conn *c,
                         const struct um_standin_time *now)
{
    struct um_standin *s = c->s;
    struct um_arena a = UM_ARENA_INIT;
    struct um_smember m[4];
    struct um_sval v = {.type = UM_SVAL_OBJECT, .members = m};
    bool ok;

    if (c->method != UM_SMETHOD_GET) {
        um_sreply_title(c, 405, "Invalid method.", now);
        return;
    }
    if (um_sdispatch_busy(s)) {
        um_sdispatch_wait(c);
        return;
    }
    m[v.count].name = UM_STR("certificates");
    ok = um_sstore_show(&s->certs, &a, &m[v.count++].value);
    if (s->cfg.njs) {
        m[v.count].name = UM_STR("js_modules");
        ok = ok && um_sstore_show(&s->scripts, &a, &m[v.count++].value);
    }
    m[v.count++] = (struct um_smember){UM_STR("config"), s->conf.root};
    m[v.count].name = UM_STR("status");
    ok = ok && um_sstatus_value(s, &a, &m[v.count++].value);
    if (ok)
        um_sreply_value(c, &v, now);
    else
        um_sreply_title(c, 500, "Memory allocation failed.", now);
    um_arena_fini(&a);
}

void um_sdispatch_run(struct um_standin_conn *c,
                      const struct um_standin_time *now)
{
    struct um_str path = um_buf_view(&c->path);
    struct um_str rest;

    assert(c->state == UM_SCONN_WAIT && path.len > 0);
    if (path.len > 1 && path.p[path.len - 1] == '/')
        path.len--;
    if (below(path, UM_STR("/config"), &rest))
        um_sconfig_request(c, rest, now);
    else if (below(path, UM_STR("/status"), &rest))
        um_sstatus_request(c, rest, now);
    else if (below(path, UM_STR("/certificates"), &rest))
        um_scert_request(c, rest, now);
    else if (c->s->cfg.njs && below(path, UM_STR("/js_modules"), &rest))
        um_sscript_request(c, rest, now);
    else if (um_str_starts(path, UM_STR("/control/")))
        um_scontrol_request(c, um_str_skip(path, 9), now);
    else if (path.len == 1)
        root_request(c, now);
    else
        um_sreply_title(c, 404, "Value doesn't exist.", now);
}

void um_sdispatch_waiting(struct um_standin *s,
                          const struct um_standin_time *now)
{
    struct um_slink list;

    if (um_slink_alone(&s->waiting))
        return;
    /* as it stands now: what has to wait again goes to a queue of its own */
    list = s->waiting;
    list.next->prev = &list;
    list.prev->next = &list;
    um_slink_init(&s->waiting);
    while (!um_slink_alone(&list)) {
        struct um_standin_conn *c =
            UM_SLINK_OF(list.next, struct um_standin_conn, queue);

        um_slink_remove(&c->queue);
        um_sdispatch_run(c, now);
    }
}
