/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The judgement: two walks over a configuration. One goes along the tables of
 * reach.h and asks permit.h about each thing, the other carries the policy's
 * pointers along to every value. Failure modes: what is refused; no memory.
 */
#include "mesh/trust/policy.h"

#include <assert.h>

#include "mesh/doc/number.h"
#include "mesh/trust/permit.h"
#include "p2p/err.h"

static void refuse(struct um_problems *out, const struct um_place *at,
                   const char *why)
{
    um_problems_add(out, UM_PROBLEM_ERROR, at, why);
}

/* The walk along the tables. */
struct walk {
    struct um_permit permit;
    struct um_arena scratch; /* of one question */
    struct um_problems *out;
};

static void visit(struct walk *w, const struct um_place *at,
                  const struct um_reach_rule *rule, const struct um_val *v);

static void ask(struct walk *w, const struct um_place *at, enum um_reach what,
                const struct um_val *v)
{
    const char *why;

    w->permit.arena = &w->scratch;
    why = um_permit_value(&w->permit, what, v);
    um_arena_fini(&w->scratch);
    if (why != NULL && !w->permit.failed)
        refuse(w->out, at, why);
}

static void ask_name(struct walk *w, const struct um_place *at,
                     enum um_reach what, struct um_str name)
{
    const char *why;

    w->permit.arena = &w->scratch;
    why = um_permit_name(&w->permit, what, name);
    um_arena_fini(&w->scratch);
    if (why != NULL && !w->permit.failed)
        refuse(w->out, at, why);
}

static void visit_member(struct walk *w, const struct um_place *at,
                         const struct um_reach_rule *table,
                         const struct um_member *m)
{
    const struct um_reach_rule *rule = um_reach_member(table, m->name);

    if (rule != NULL)
        visit(w, at, rule, &m->value);
    else if (w->permit.policy->refuses_unknown)
        refuse(w->out, at,
               "This node does not know what that member does, and its "
               "policy allows known ones only.");
}

static void visit_members(struct walk *w, const struct um_place *at,
                          const struct um_reach_rule *table,
                          const struct um_val *v)
{
    const struct um_val *outer = w->permit.object;

    for (size_t i = 0; i < v->count; i++) {
        const struct um_place here = um_place_member(at, v->members.p[i].name);

        w->permit.object = v;
        visit_member(w, &here, table, &v->members.p[i]);
    }
    w->permit.object = outer;
}

static void visit_each(struct walk *w, const struct um_place *at,
                       const struct um_reach_rule *rule, const struct um_val *v)
{
    const struct um_val *outer = w->permit.object;

    for (size_t i = 0; i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];
        const struct um_place here = um_place_member(at, m->name);

        ask_name(w, &here, rule->names, m->name);
        w->permit.object = v;
        visit(w, &here, rule->each, &m->value);
    }
    w->permit.object = outer;
}

static void visit_application(struct walk *w, const struct um_place *at,
                              const struct um_val *v)
{
    const struct um_policy *p = w->permit.policy;
    const struct um_val *type = um_val_member(v, UM_STR("type"));
    const struct um_place of_type = um_place_member(at, UM_STR("type"));
    const struct um_place of_program =
        um_place_member(at, UM_STR("executable"));
    enum um_language language = UM_LANGUAGE_UNKNOWN;
    const char *why = um_permit_type(p, type);

    if (why != NULL)
        refuse(w->out, &of_type, why);
    if (type != NULL && type->kind == UM_VAL_STRING)
        language = um_language_split(type->text).language;
    why = language == UM_LANGUAGE_EXTERNAL ? um_permit_command(p, v) : NULL;
    if (why != NULL)
        refuse(w->out, &of_program, why);
    w->permit.root = um_permit_root(v);
    visit_members(w, at, um_reach_application(language), v);
    w->permit.root = NULL;
}

static void visit(struct walk *w, const struct um_place *at,
                  const struct um_reach_rule *rule, const struct um_val *v)
{
    if (v->kind == UM_VAL_ARRAY) {
        for (size_t i = 0; i < v->count; i++) {
            const struct um_place here = um_place_element(at, i);

            visit(w, &here, rule->items != NULL ? rule->items : rule,
                  &v->items.p[i]);
        }
    } else if (rule->text == UM_REACH_APPLICATION) {
        if (v->kind == UM_VAL_OBJECT)
            visit_application(w, at, v);
    } else if (v->kind == UM_VAL_OBJECT && rule->members != NULL) {
        visit_members(w, at, rule->members, v);
    } else if (v->kind == UM_VAL_OBJECT && rule->each != NULL) {
        visit_each(w, at, rule, v);
    } else {
        ask(w, at, rule->text, v);
    }
}

/* The walk with pointers. */
struct pointing {
    const struct um_policy *policy;
    struct um_problems *out;
};

/* How far each pointer has come. */
struct progress {
    um_pattern_state state[UM__CAP_POLICY_POINTERS];
    bool covered; /* by a pointer of those that may be there */
};

/* Numbers by value, arrays and objects by how many they have. */
static bool exceeds(const struct um_val *v, const struct um_val *most)
{
    if (v->kind == UM_VAL_NUMBER)
        return um_number_compare(v->text, most->text) > 0;
    if (um_val_nests(v))
        return (int64_t)v->count > um_str_decimal(most->text);
    return true;
}

static bool is_leaf(const struct um_val *v)
{
    return !um_val_nests(v);
}

/* Whether what the policy allows has v, or may have something in it. */
static bool is_covered(const struct pointing *w, struct progress *have,
                       const struct um_val *v)
{
    const struct um_policy *p = w->policy;
    bool below = false;

    if (!p->only_said || have->covered)
        return true;
    for (size_t i = 0; i < p->pointer_count; i++) {
        const struct um_policy_pointer *ptr = &p->pointer[i];

        if (ptr->rule != UM_POLICY_ONLY)
            continue;
        have->covered |= um_pattern_matches(&ptr->pattern, have->state[i]);
        below |= have->state[i] != 0;
    }
    return have->covered || (below && !is_leaf(v));
}

/* What the pointers say about one value. */
static void point(const struct pointing *w, const struct um_place *at,
                  struct progress *have, const struct um_val *v)
{
    const struct um_policy *p = w->policy;

    for (size_t i = 0; i < p->pointer_count; i++) {
        const struct um_policy_pointer *ptr = &p->pointer[i];

        if (!um_pattern_matches(&ptr->pattern, have->state[i]))
            continue;
        if (ptr->rule == UM_POLICY_NOT)
            refuse(w->out, at, "This node's policy does not allow that here.");
        if (ptr->rule == UM_POLICY_MOST && exceeds(v, ptr->value))
            refuse(w->out, at, "This node's policy allows less here.");
    }
}

static void descend(const struct pointing *w, const struct um_place *at,
                    const struct progress *above, const struct um_val *v)
{
    struct progress have = {.covered = above->covered};

    for (size_t i = 0; i < w->policy->pointer_count; i++) {
        const struct um_pattern *pattern = &w->policy->pointer[i].pattern;

        have.state[i] = at != NULL
                            ? um_pattern_step(pattern, above->state[i], at)
                            : um_pattern_start(pattern);
    }
    if (at != NULL && !is_covered(w, &have, v)) {
        refuse(w->out, at, "This node's policy does not allow that.");
        have.covered = true; /* said once is enough */
    }
    point(w, at, &have, v);
    for (size_t i = 0; um_val_nests(v) && i < v->count; i++) {
        const struct um_place here =
            v->kind == UM_VAL_ARRAY ? um_place_element(at, i)
                                    : um_place_member(at, v->members.p[i].name);

        descend(
            w, &here, &have,
            v->kind == UM_VAL_ARRAY ? &v->items.p[i] : &v->members.p[i].value);
    }
}

/* A requirement, while it is followed. */
struct must {
    const struct um_policy_pointer *pointer;
    struct um_problems *out;
};

static void follow(const struct must *m, const struct um_place *at, size_t i,
                   const struct um_val *v);

/* What is required is not there: the pointer says where it should be. */
static void missing(const struct must *m, const struct um_place *at, size_t i)
{
    const struct um_pattern *p = &m->pointer->pattern;
    struct um_place here;

    if (i < p->count) {
        here = um_place_member(at, p->segment[i]);
        missing(m, &here, i + 1);
    } else {
        refuse(m->out, at, "This node's policy requires something here.");
    }
}

static void follow_any(const struct must *m, const struct um_place *at,
                       size_t i, const struct um_val *v)
{
    for (size_t k = 0; um_val_nests(v) && k < v->count; k++) {
        const struct um_place here =
            v->kind == UM_VAL_ARRAY ? um_place_element(at, k)
                                    : um_place_member(at, v->members.p[k].name);

        follow(
            m, &here, i + 1,
            v->kind == UM_VAL_ARRAY ? &v->items.p[k] : &v->members.p[k].value);
    }
}

static void follow(const struct must *m, const struct um_place *at, size_t i,
                   const struct um_val *v)
{
    const struct um_pattern *p = &m->pointer->pattern;
    const struct um_val *next;
    struct um_place here;

    if (i == p->count) {
        if (!um_val_same(v, m->pointer->value))
            refuse(m->out, at, "This node's policy requires another value.");
        return;
    }
    if ((p->any >> i & 1) != 0) {
        follow_any(m, at, i, v);
        return;
    }
    next = um_val_member(v, p->segment[i]);
    here = um_place_member(at, p->segment[i]);
    if (next != NULL)
        follow(m, &here, i + 1, next);
    else if (p->any >> i == 0)
        missing(m, at, i);
}

static void judge_pointers(const struct um_policy *p,
                           const struct um_val *config, struct um_problems *out)
{
    const struct progress start = {.covered = false};
    const struct pointing w = {p, out};

    if (p->pointer_count > 0 || p->only_said)
        descend(&w, NULL, &start, config);
    for (size_t i = 0; i < p->pointer_count; i++) {
        const struct must m = {&p->pointer[i], out};

        if (p->pointer[i].rule == UM_POLICY_MUST)
            follow(&m, NULL, 0, config);
    }
}

static bool is_more(size_t n, const struct um_val *most)
{
    return most != NULL && (int64_t)n > um_str_decimal(most->text);
}

static void judge_sizes(const struct um_policy *p, const struct um_val *config,
                        struct um_problems *out)
{
    struct um_val_size size;

    if (p->bytes == NULL && p->members == NULL && p->depth == NULL)
        return;
    size = um_val_measure(config);
    if (is_more(size.bytes, p->bytes))
        refuse(out, NULL,
               "The configuration has more bytes than this node "
               "allows.");
    if (is_more(size.members, p->members))
        refuse(out, NULL,
               "The configuration has more members than this node "
               "allows.");
    if (is_more(size.depth, p->depth))
        refuse(out, NULL, "The configuration is deeper than this node allows.");
}

int um_policy_judge(const struct um_policy *p, const struct um_val *config,
                    struct um_problems *out)
{
    struct walk w = {.permit = {.policy = p, .object = config}, .out = out};
    size_t before = out->found[UM_PROBLEM_ERROR];

    if (p->refuses_all)
        refuse(out, NULL, "This node's policy could not be read.");
    visit(&w, NULL, &um_reach_config, config);
    judge_pointers(p, config, out);
    judge_sizes(p, config, out);
    if (w.permit.failed || out->failed)
        return P2P_ENOMEM;
    return out->found[UM_PROBLEM_ERROR] > before ? P2P_EACCES : 0;
}
