/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The view: what a history comes to at a moment (rules 3, 4 and 12). A function
 * of the three sets and of a clock that only turns open revisions into dead
 * ones: nodes that have the same items see the same.
 *
 *     err = um_view_update(&v, &h, &roster, now_ms);
 *     v.heads[0]                    the target; the others are the conflicts
 *     um_view_desired(&v, &h, &me)  what this node is to run
 */
#ifndef UM_MODEL_VIEW_H
#define UM_MODEL_VIEW_H

#include "mesh/model/kept.h"

/** The most conflicts of one author that are listed; of those beyond it only
 * the number is known, and they cover nothing. */
#define UM__CAP_VIEW_CONFLICTS 8

/** What a revision is (rule 3). */
enum um_rev_state {
    UM_DEAD,       /**< void, aborted, or its deadline passed */
    UM_STILL_OPEN, /**< nobody has said yet whether it holds */
    UM_ESTABLISHED /**< immediate, or confirmed in time */
};

/** All zero is the view of nothing. What it points to is its own, valid until
 * the next update. */
struct um_view {
    uint32_t *heads; /**< places of living revisions that no listed one was
                          made from, the highest first */
    size_t heads_n;
    size_t
        unlisted_n; /**< others, beyond UM__CAP_VIEW_CONFLICTS of an author */
    uint32_t *overdue; /**< places that this update judged to be past their
                            deadline, once for all: to be stored */
    size_t overdue_n;
    uint64_t next_ms; /**< when the next open one dies; UINT64_MAX: none */
    uint8_t *states;  /**< private, from here on: by place */
    size_t states_n;
    size_t cap;
    struct um_marks voids;
    struct um_marks covered;
    struct um_kept kept;
    size_t statements_n; /* of the last update, as the others */
    size_t facts_n;
    bool named; /* some are void by name */
};

/** Frees it. */
void um_view_fini(struct um_view *v);

/**
 * Looks at what is new, or at everything anew if that may matter to the rest.
 * @param h      its revisions' `overdue` may be set
 * @param roster borrows
 * @param now_ms our clock
 * @return 0, P2P_ENOMEM (the view is empty then)
 */
int um_view_update(struct um_view *v, struct um_history *h,
                   struct um_roster *roster, uint64_t now_ms);

/** What a revision was at the last update. */
static inline enum um_rev_state um_view_state(const struct um_view *v,
                                              const struct um_past *p)
{
    return p->place < v->states_n ? (enum um_rev_state)v->states[p->place]
                                  : UM_DEAD;
}

/** Whether a revision was void (rule 12) at the last update. */
static inline bool um_view_void(const struct um_view *v,
                                const struct um_past *p)
{
    return um_marks_has(&v->voids, p->place);
}

/** Whether a living revision was made from one, however many lie between, at
 * the last update: it matters only if all of those die. */
static inline bool um_view_covered(const struct um_view *v,
                                   const struct um_past *p)
{
    return um_marks_has(&v->covered, p->place);
}

/** The target: the highest revision that is not dead; NULL: there is none. */
const struct um_past *um_view_target(const struct um_view *v,
                                     const struct um_history *h);

/** Whether an open revision is opened to a member. The view is of these sets
 * as they are: update it first. */
bool um_view_opened(struct um_view *v, const struct um_history *h,
                    struct um_roster *roster, const struct um_past *p,
                    const struct um_name *member);

/** What a member is to run: the highest revision that is established, or open
 * and opened to it; NULL: none. */
const struct um_past *um_view_desired(struct um_view *v,
                                      const struct um_history *h,
                                      struct um_roster *roster,
                                      const struct um_name *member);

#endif
