/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Uses. Happy path: one walk over the base and the overlays marks the variables
 * that are named, another over the variables says which were not. Failure mode:
 * no memory.
 */
#include "mesh/doc/uses.h"

#include "mesh/doc/names.h"
#include "p2p/err.h"

static const char idle[] = "Nothing uses this variable.";

struct walk {
    const struct um_val *variables; /* an object */
    struct um_names names;
    bool *used; /* by index */
    struct um_problems *out;
};

static void warn(struct walk *w, const struct um_place *at, const char *text)
{
    um_problems_add(w->out, UM_PROBLEM_WARNING, at, text);
}

static void look_at_name(struct walk *w, const struct um_place *at,
                         struct um_str name)
{
    const struct um_member *m = um_names_find(&w->names, name);

    if (m != NULL)
        w->used[m - w->variables->members.p] = true;
    else if (!um_variables_of_node(name))
        warn(w, at, "There is no such variable.");
}

static void look_at_text(struct walk *w, const struct um_place *at,
                         struct um_str s)
{
    struct um_str name;

    while (s.len > 0) {
        if (um_variables_next(&s, &name) != 0) {
            warn(w, at,
                 "Two braces begin a variable, {{name}}; two that do not are "
                 "written as four.");
            return;
        }
        if (name.p != NULL)
            look_at_name(w, at, name);
    }
}

static void look(struct walk *w, const struct um_place *at,
                 const struct um_val *v)
{
    if (v->kind == UM_VAL_STRING)
        look_at_text(w, at, v->text);
    for (size_t i = 0; v->kind == UM_VAL_ARRAY && i < v->count; i++) {
        const struct um_place here = um_place_element(at, i);

        look(w, &here, &v->items.p[i]);
    }
    for (size_t i = 0; v->kind == UM_VAL_OBJECT && i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];
        const struct um_place here = um_place_member(at, m->name);

        look_at_text(w, &here, m->name);
        look(w, &here, &m->value);
    }
}

/* What nobody names; a secret may be kept for later as anything else may. */
static void look_for_idle(struct walk *w)
{
    const struct um_place all = um_place_member(NULL, UM_STR("variables"));

    for (size_t i = 0; i < w->variables->count; i++) {
        const struct um_place here =
            um_place_member(&all, w->variables->members.p[i].name);

        if (!w->used[i])
            warn(w, &here, idle);
    }
}

int um_uses_check(struct um_arena *a, const struct um_meshdoc *doc,
                  struct um_problems *out)
{
    static const struct um_val none = {.kind = UM_VAL_OBJECT};
    const struct um_place base = um_place_member(NULL, UM_STR("base"));
    const struct um_place overlays = um_place_member(NULL, UM_STR("overlays"));
    const struct um_place probes = um_place_member(NULL, UM_STR("probes"));
    struct walk w = {.out = out, .variables = &none};

    if (doc->variables != NULL)
        w.variables = doc->variables;
    w.used = um_arena_zalloc(a, w.variables->count, sizeof(*w.used));
    if (w.used == NULL || !um_names_init(&w.names, a, w.variables))
        return P2P_ENOMEM;
    look(&w, &base, doc->base);
    if (doc->overlays != NULL)
        look(&w, &overlays, doc->overlays);
    if (doc->probes != NULL)
        look(&w, &probes, doc->probes);
    look_for_idle(&w);
    return out->failed ? P2P_ENOMEM : 0;
}

bool um_uses_is_idle(const struct um_problem *p)
{
    return p->text == idle;
}
