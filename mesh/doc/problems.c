/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Lists of problems. Failure modes: too many, which are counted only; no
 * memory for a pointer, which the list remembers: who reads it asks.
 */
#include "mesh/doc/problems.h"

void um_problems_init(struct um_problems *p, struct um_arena *a)
{
    *p = (struct um_problems){.arena = a};
}

/* Whether there is room for one more of a severity. */
static bool has_room(const struct um_problems *p, enum um_severity severity)
{
    size_t half = UM__CAP_DOC_PROBLEMS / 2;

    if (severity == UM_PROBLEM_WARNING && p->found[severity] > half)
        return false;
    return p->count < UM__CAP_DOC_PROBLEMS;
}

void um_problems_add(struct um_problems *p, enum um_severity severity,
                     const struct um_place *at, const char *text)
{
    struct um_problem *to;
    struct um_buf pointer = UM_BUF_INIT;

    p->found[severity]++;
    if (!has_room(p, severity))
        return;
    to = &p->item[p->count];
    to->severity = severity;
    to->text = text;
    um_place_point(&pointer, at);
    if (!um_buf_failed(&pointer) &&
        um_arena_dup(p->arena, um_buf_view(&pointer), &to->pointer))
        p->count++;
    else
        p->failed = true;
    um_buf_fini(&pointer);
}

const struct um_problem *um_problems_error(const struct um_problems *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->item[i].severity == UM_PROBLEM_ERROR)
            return &p->item[i];
    }
    return NULL;
}
