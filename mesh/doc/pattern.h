/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Patterns of JSON pointers: a segment of one asterisk is any one, of two it
 * is any number of them, none too. A walk carries along how far each pattern
 * has come, so that no pointer is ever written.
 */
#ifndef UM_DOC_PATTERN_H
#define UM_DOC_PATTERN_H

#include <stdint.h>

#include "mesh/base/arena.h"
#include "mesh/doc/place.h"

/** Segments of a pattern. */
#define UM__CAP_DOC_PATTERN_SEGMENTS 24U

/** A pattern; its segments are in the arena, or in the text. */
struct um_pattern {
    struct um_str segment[UM__CAP_DOC_PATTERN_SEGMENTS];
    size_t count;
    uint32_t any;  /**< bit n: segment n is "*" */
    uint32_t deep; /**< bit n: it is "**" */
};

/** How far a pattern has come: bit n, up to n segments of it. 0: it does not
 * match here, nor further below. */
typedef uint32_t um_pattern_state;

/**
 * Reads a pattern.
 * @param text borrowed as long as out is used
 * @return 0; P2P_EFORMAT: no JSON pointer; P2P_ELIMIT: too many segments;
 *         P2P_ENOMEM
 */
int um_pattern_parse(struct um_arena *a, struct um_str text,
                     struct um_pattern *out);

/** At the root. */
um_pattern_state um_pattern_start(const struct um_pattern *p);

/** One step further down, to at. */
um_pattern_state um_pattern_step(const struct um_pattern *p,
                                 um_pattern_state state,
                                 const struct um_place *at);

/** Whether the pattern matches this very place. */
static inline bool um_pattern_matches(const struct um_pattern *p,
                                      um_pattern_state state)
{
    return (state >> p->count & 1) != 0;
}

#endif
