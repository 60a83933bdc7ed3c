/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a node knows of itself: one row, read whole and written whole.
 */
#ifndef UM_STORE_SELF_H
#define UM_STORE_SELF_H

#include "mesh/store/store.h"

/** How many established revisions that ran here are remembered: rule 6. */
#define UM_SELF_RAN 4

/** A node of a mesh; all zero is one of none. */
struct um_self {
    struct um_name mesh;      /**< its mesh; none: none yet */
    uint64_t row_seq;         /**< of the last row that it signed */
    struct um_name applied;   /**< the revision that runs; none: none does */
    struct um_name effective; /**< of the configuration that runs */
    struct um_name ran[UM_SELF_RAN]; /**< the last established ones that ran,
                                          newest first, none twice */
    size_t ran_n;
};

/** Reads it; all zero if it was never written. Errors: P2P_EFORMAT,
 * s->trouble. */
int um_self_get(struct um_store *s, struct um_self *out);

/**
 * Writes it.
 * @return 0, P2P_EINVAL (row_seq goes back, or the mesh is another than it
 *         was), P2P_EFORMAT, s->trouble
 */
int um_self_put(struct um_store *s, const struct um_self *self);

/** Puts a revision in front of those that ran; not written yet. */
void um_self_ran(struct um_self *self, const struct um_name *revision);

#endif
