/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See health.h. The configuration, which may be long, is read only if there is
 * an application without a process. Failure mode: texts that are none, or are
 * over a cap, say nothing.
 */
#include "mesh/applier/health.h"

#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "mesh/unit/shown.h"

static const struct um_val *member(const struct um_val *v, struct um_str name)
{
    return v != NULL ? um_val_member(v, name) : NULL;
}

/* A counter; 1 if it is not there, so that nothing is said to be missing. */
static int64_t counter(const struct um_val *v, struct um_str name)
{
    const struct um_val *m = um_val_member(v, name);

    return m != NULL && m->kind == UM_VAL_NUMBER ? um_str_decimal(m->text) : 1;
}

static bool has_none(const struct um_val *app)
{
    const struct um_val *p = member(app, UM_STR("processes"));

    return p != NULL && counter(p, UM_STR("running")) == 0 &&
           counter(p, UM_STR("starting")) == 0;
}

/* Whether an application has processes without being asked. */
static bool is_to_have_some(const struct um_val *app)
{
    const struct um_val *p = member(app, UM_STR("processes"));
    const struct um_val *spare = member(p, UM_STR("spare"));

    if (app == NULL || app->kind != UM_VAL_OBJECT)
        return false;
    if (p == NULL || p->kind != UM_VAL_OBJECT)
        return true;
    return spare != NULL && spare->kind == UM_VAL_NUMBER &&
           um_str_decimal(spare->text) != 0;
}

/* Whether one of the applications that have no process is to have one. */
static bool lacks(const struct um_val *apps, struct um_str config)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_val conf;
    bool found = false;

    um_shown_compact(config, &b);
    if (!um_buf_failed(&b) &&
        um_doc_parse(um_buf_view(&b), &a, &conf, NULL) == 0) {
        const struct um_val *all = um_val_member(&conf, UM_STR("applications"));

        for (size_t i = 0; i < apps->count && !found; i++) {
            const struct um_member *m = &apps->members.p[i];

            found =
                has_none(&m->value) && is_to_have_some(member(all, m->name));
        }
    }
    um_buf_fini(&b);
    um_arena_fini(&a);
    return found;
}

static bool any_has_none(const struct um_val *apps)
{
    if (apps == NULL || apps->kind != UM_VAL_OBJECT)
        return false;
    for (size_t i = 0; i < apps->count; i++) {
        if (has_none(&apps->members.p[i].value))
            return true;
    }
    return false;
}

struct um_health um_health_judge(struct um_str status, struct um_str config,
                                 struct um_buf *modules)
{
    struct um_health h = {0};
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v;

    if (um_doc_parse(status, &a, &v, NULL) == 0) {
        const struct um_val *apps = um_val_member(&v, UM_STR("applications"));
        const struct um_val *m = um_val_member(&v, UM_STR("modules"));

        h.idle = any_has_none(apps) && lacks(apps, config);
        h.modules = m != NULL && um_doc_print_pretty(modules, m) == 0;
    }
    um_arena_fini(&a);
    return h;
}
