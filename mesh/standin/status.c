/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /status and /control: what the router would say. Failure mode: no memory.
 */
#include "mesh/standin/core.h"
#include "mesh/standin/path.h"

/* One counter of an object of counters. */
struct counter {
    struct um_str name;
    uint64_t value;
};

static bool counters_value(struct um_arena *a, const struct counter *list,
                           size_t count, struct um_sval *out)
{
    if (!um_sval_object(a, count, out))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct um_sval v;

        if (!um_sval_integer(a, (int64_t)list[i].value, &v))
            return false;
        um_sval_set(out, i, list[i].name, v);
    }
    return true;
}

static bool connections_value(const struct um_standin *s, struct um_arena *a,
                              struct um_sval *out)
{
    const struct um_standin_traffic *t = &s->traffic;
    uint64_t other = t->closed + t->idle;
    const struct counter list[] = {
        {UM_STR("accepted"), t->accepted},
        {UM_STR("active"), t->accepted > other ? t->accepted - other : 0},
        {UM_STR("idle"), t->idle},
        {UM_STR("closed"), t->closed},
    };

    return counters_value(a, list, 4, out);
}

static bool app_value(const struct um_sapp *app, struct um_arena *a,
                      struct um_sval *out)
{
    const struct counter processes[] = {
        {UM_STR("running"), app->running},
        {UM_STR("starting"), 0},
        {UM_STR("idle"), app->running},
    };
    const struct counter requests[] = {{UM_STR("active"), 0}};

    if (!um_sval_object(a, 2, out))
        return false;
    out->members[0].name = UM_STR("processes");
    out->members[1].name = UM_STR("requests");
    return counters_value(a, processes, 3, &out->members[0].value) &&
           counters_value(a, requests, 1, &out->members[1].value);
}

static bool apps_value(const struct um_standin *s, struct um_arena *a,
                       struct um_sval *out)
{
    size_t count = 0;
    size_t i = 0;

    for (struct um_slink *l = s->apps.next; l != &s->apps; l = l->next)
        count++;
    if (!um_sval_object(a, count, out))
        return false;
    for (struct um_slink *l = s->apps.next; l != &s->apps; l = l->next) {
        const struct um_sapp *app = UM_SLINK_OF(l, struct um_sapp, link);

        out->members[i].name = app->name;
        if (!app_value(app, a, &out->members[i++].value))
            return false;
    }
    return true;
}

bool um_sstatus_value(const struct um_standin *s, struct um_arena *a,
                      struct um_sval *out)
{
    const struct counter requests[] = {{UM_STR("total"), s->traffic.requests}};

    if (!um_sval_object(a, 4, out))
        return false;
    um_sval_set(out, 0, UM_STR("modules"), s->modules.shown);
    out->members[1].name = UM_STR("connections");
    out->members[2].name = UM_STR("requests");
    out->members[3].name = UM_STR("applications");
    return connections_value(s, a, &out->members[1].value) &&
           counters_value(a, requests, 1, &out->members[2].value) &&
           apps_value(s, a, &out->members[3].value);
}

void um_sstatus_request(struct um_standin_conn *c, struct um_str path,
                        const struct um_standin_time *now)
{
    struct um_arena a = UM_ARENA_INIT;
    const struct um_sval *v;
    struct um_sval all;

    if (c->method != UM_SMETHOD_GET) {
        um_sreply_title(c, 405, "Invalid method.", now);
        return;
    }
    if (um_sdispatch_busy(c->s)) {
        um_sdispatch_wait(c);
        return;
    }
    if (!um_sstatus_value(c->s, &a, &all)) {
        um_sreply_title(c, 500, "Failed to get status.", now);
    } else {
        v = um_spath_get(&all, path);
        if (v != NULL)
            um_sreply_value(c, v, now);
        else
            um_sreply_title(c, 404, "Invalid path.", now);
    }
    um_arena_fini(&a);
}

/* The application that "applications/NAME/restart" names, or NULL. */
static const struct um_sval *app_to_restart(const struct um_standin *s,
                                            struct um_str path)
{
    const struct um_str front = UM_STR("applications/");
    const struct um_str back = UM_STR("/restart");
    const struct um_sval *apps =
        um_sval_member(&s->conf.root, UM_STR("applications"));

    if (!um_str_starts(path, front) || !um_str_ends(path, back) ||
        path.len < front.len + back.len || apps == NULL)
        return NULL;
    path = um_str_skip(path, front.len);
    return um_sval_member(apps, um_str_head(path, path.len - back.len));
}

void um_scontrol_request(struct um_standin_conn *c, struct um_str path,
                         const struct um_standin_time *now)
{
    bool restart = um_str_starts(path, UM_STR("applications/")) &&
                   um_str_ends(path, UM_STR("/restart"));

    if (c->method != UM_SMETHOD_GET)
        um_sreply_title(c, 405, "Method isn't allowed.", now);
    else if (restart && um_sdispatch_busy(c->s))
        um_sdispatch_wait(c);
    else if (restart && app_to_restart(c->s, path) != NULL)
        um_sreply_success(c, "Ok", now);
    else
        um_sreply_title(c, 404, "Value doesn't exist.", now);
}
