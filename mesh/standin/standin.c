/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The stand-in as a whole: made, freed, restarted, woken.
 */
#include "mesh/standin/standin.h"

#include <assert.h>
#include <stdlib.h>

#include "mesh/standin/core.h"

static bool init(struct um_standin *s, const struct um_standin_time *now)
{
    const struct um_standin_world *w = &s->cfg.world;

    if (s->cfg.modules_json != NULL &&
        um_smodules_load(&s->modules, um_str(s->cfg.modules_json)) != 0)
        return false;
    s->cfg.modules_json = NULL;
    s->modules.any = s->cfg.any_module;
    w->store(w->ctx, UM_STR("version"),
             s->cfg.flavour == UM_STANDIN_FREEUNIT ? UM_STR("13600")
                                                   : UM_STR("13500"));
    return um_sstate_load(s, true, now) == 0;
}

struct um_standin *um_standin_new(const struct um_standin_cfg *cfg,
                                  const struct um_standin_time *now)
{
    struct um_standin *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->cfg = *cfg;
    um_smodules_init(&s->modules);
    um_slink_init(&s->conns);
    um_slink_init(&s->waiting);
    um_slink_init(&s->ready);
    um_slink_init(&s->listeners);
    um_slink_init(&s->apps);
    if (!init(s, now)) {
        um_standin_free(s);
        return NULL;
    }
    return s;
}

void um_standin_free(struct um_standin *s)
{
    if (s == NULL)
        return;
    um_sconn_cut_all(s);
    while (!um_slink_alone(&s->conns))
        um_standin_hangup(
            UM_SLINK_OF(s->conns.next, struct um_standin_conn, all));
    um_sapply_stop(s);
    um_sdoc_reset(&s->apply.doc);
    um_sdoc_reset(&s->conf);
    um_sstore_fini(&s->certs);
    um_sstore_fini(&s->scripts);
    um_smodules_fini(&s->modules);
    um_buf_fini(&s->log_path);
    free(s);
}

struct um_standin_faults *um_standin_faults(struct um_standin *s)
{
    return &s->cfg.faults;
}

void um_standin_restart(struct um_standin *s, enum um_standin_restart how,
                        const struct um_standin_time *now)
{
    const struct um_standin_world *w = &s->cfg.world;

    if (how == UM_STANDIN_RESTART_EMPTY_FILE)
        w->store(w->ctx, UM_STR("conf.json"), UM_STR(""));
    um_sapply_stop(s);
    s->traffic = (struct um_standin_traffic){.accepted = 0};
    if (s->apply.active) {
        um_sdoc_reset(&s->apply.doc);
        s->apply = (struct um_sapply){.active = false};
    }
    um_sconn_cut_all(s);
    um_sstate_load(s, how != UM_STANDIN_RESTART_DEFAULT, now);
}

uint64_t um_standin_deadline(const struct um_standin *s)
{
    uint64_t listeners = um_sapply_deadline(s);

    if (s->apply.active && s->apply.done_ns < listeners)
        return s->apply.done_ns;
    return listeners;
}

void um_standin_expire(struct um_standin *s, const struct um_standin_time *now)
{
    um_sapply_expire(s, now->mono_ns);
    if (s->apply.active && s->apply.done_ns <= now->mono_ns)
        um_sconfig_applied(s, now);
}

const struct um_sval *um_standin_conf(const struct um_standin *s)
{
    return &s->conf.root;
}

struct um_str um_standin_product(const struct um_standin *s)
{
    return s->cfg.flavour == UM_STANDIN_FREEUNIT ? UM_STR("Unit/1.36.0")
                                                 : UM_STR("Unit/1.35.0");
}

struct um_standin_traffic *um_standin_traffic(struct um_standin *s)
{
    return &s->traffic;
}
