/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See figures.h. Failure mode: a text that is none, or over a cap of documents:
 * nothing is told. */
#include "mesh/unit/figures.h"

#include "mesh/doc/parse.h"

static const struct um_val *object(const struct um_val *v, struct um_str name)
{
    const struct um_val *m =
        v != NULL && v->kind == UM_VAL_OBJECT ? um_val_member(v, name) : NULL;

    return m != NULL && m->kind == UM_VAL_OBJECT ? m : NULL;
}

static struct um_figure figure(const struct um_val *v, struct um_str name)
{
    const struct um_val *m = v != NULL ? um_val_member(v, name) : NULL;
    int64_t n =
        m != NULL && m->kind == UM_VAL_NUMBER ? um_str_decimal(m->text) : -1;

    return (struct um_figure){n >= 0, n >= 0 ? (uint64_t)n : 0};
}

bool um_figures_read(struct um_arena *a, struct um_str body,
                     struct um_figures *out)
{
    struct um_val *all = um_arena_zalloc(a, 1, sizeof *all);
    const struct um_val *conns;

    *out = (struct um_figures){.apps = NULL};
    if (all == NULL || um_doc_parse(body, a, all, NULL) != 0 ||
        all->kind != UM_VAL_OBJECT) {
        return false;
    }
    conns = object(all, UM_STR("connections"));
    out->accepted = figure(conns, UM_STR("accepted"));
    out->closed = figure(conns, UM_STR("closed"));
    out->active = figure(conns, UM_STR("active"));
    out->idle = figure(conns, UM_STR("idle"));
    out->requests = figure(object(all, UM_STR("requests")), UM_STR("total"));
    out->apps = object(all, UM_STR("applications"));
    return true;
}

bool um_figures_app(const struct um_figures *f, size_t i,
                    struct um_figures_app *out)
{
    const struct um_val *app, *processes;

    if (f->apps == NULL || i >= f->apps->count) {
        return false;
    }
    app = &f->apps->members.p[i].value;
    processes = object(app, UM_STR("processes"));
    *out = (struct um_figures_app){
        .name = f->apps->members.p[i].name,
        .running = figure(processes, UM_STR("running")),
        .starting = figure(processes, UM_STR("starting")),
        .idle = figure(processes, UM_STR("idle")),
        .requests = figure(object(app, UM_STR("requests")), UM_STR("active"))};
    return true;
}
