/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Marks on the revisions of a history, a bit each, and the walks over
 * ancestors that set them. A revision counts as its own ancestor.
 */
#ifndef UM_MODEL_MARKS_H
#define UM_MODEL_MARKS_H

#include "mesh/model/history.h"

/** Marks; all zero are none. A place beyond those known is not marked. */
struct um_marks {
    uint64_t *words;
    size_t words_n;
};

/** Makes room for all revisions that are there now, and clears all marks.
 * Errors: P2P_ENOMEM. */
int um_marks_clear(struct um_marks *m, const struct um_history *h);

/** Makes room for all revisions that are there now; what is marked stays.
 * Errors: P2P_ENOMEM. */
int um_marks_grow(struct um_marks *m, const struct um_history *h);

/** Frees them. */
void um_marks_fini(struct um_marks *m);

/** Whether a place is marked. */
static inline bool um_marks_has(const struct um_marks *m, uint32_t place)
{
    return place / 64 < m->words_n &&
           (m->words[place / 64] >> (place % 64) & 1) != 0;
}

/** Marks a place, which there is room for. */
static inline void um_marks_set(struct um_marks *m, uint32_t place)
{
    m->words[place / 64] |= UINT64_C(1) << (place % 64);
}

/** Marks the parents of a revision. */
void um_marks_set_parents(struct um_marks *m, const struct um_past *p);

/**
 * Clears, then marks the ancestors of revisions.
 * @param ids borrows; those that are not in the history are passed over
 * @return 0, P2P_ENOMEM
 */
int um_marks_below(struct um_marks *m, const struct um_history *h,
                   struct um_namelist ids);

/**
 * The highest common ancestor of two revisions (rule 5): what a merge of them
 * is based on.
 * @param out set to its place
 * @return 0, P2P_ENOMEM, P2P_ENOTFOUND (none: they are of different meshes)
 */
int um_marks_base(const struct um_history *h, uint32_t a, uint32_t b,
                  uint32_t *out);

#endif
