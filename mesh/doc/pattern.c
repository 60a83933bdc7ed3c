/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Patterns. One is a machine whose states are the bits of a word: bit n says
 * that the first n segments were matched by the way down to here, and two
 * asterisks stay where they are with each step. Failure modes: no pointer, too
 * many segments, no memory to decode one.
 */
#include "mesh/doc/pattern.h"

#include <assert.h>
#include <stdio.h>

#include "mesh/doc/pointer.h"
#include "p2p/err.h"

int um_pattern_parse(struct um_arena *a, struct um_str text,
                     struct um_pattern *out)
{
    *out = (struct um_pattern){.count = 0};
    if (!um_pointer_valid(text))
        return P2P_EFORMAT;
    while (text.len > 0) {
        struct um_str *to = &out->segment[out->count];

        if (out->count == UM__CAP_DOC_PATTERN_SEGMENTS)
            return P2P_ELIMIT;
        if (!um_pointer_take(a, &text, to))
            return P2P_ENOMEM;
        if (um_str_eq(*to, UM_STR("*")))
            out->any |= 1u << out->count;
        if (um_str_eq(*to, UM_STR("**")))
            out->deep |= 1u << out->count;
        out->count++;
    }
    return 0;
}

/* Two asterisks may stand for nothing. */
static um_pattern_state past_deep(const struct um_pattern *p,
                                  um_pattern_state state)
{
    for (size_t i = 0; i < p->count; i++) {
        if ((state & p->deep) >> i & 1)
            state |= 2u << i;
    }
    return state;
}

um_pattern_state um_pattern_start(const struct um_pattern *p)
{
    return past_deep(p, 1);
}

static bool is_index(struct um_str segment, size_t index)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%zu", index);

    return um_str_eq(segment, um_str_n(text, (size_t)n));
}

static bool fits(const struct um_pattern *p, size_t i,
                 const struct um_place *at)
{
    if ((p->any >> i & 1) != 0)
        return true;
    return at->element ? is_index(p->segment[i], at->index)
                       : um_str_eq(p->segment[i], at->name);
}

um_pattern_state um_pattern_step(const struct um_pattern *p,
                                 um_pattern_state state,
                                 const struct um_place *at)
{
    um_pattern_state next = state & p->deep;

    assert(p->count < 32);
    for (size_t i = 0; i < p->count && state >> i != 0; i++) {
        if ((state >> i & 1) != 0 && (p->deep >> i & 1) == 0 && fits(p, i, at))
            next |= 2u << i;
    }
    return past_deep(p, next);
}
