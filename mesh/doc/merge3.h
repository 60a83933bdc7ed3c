/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Three-way merge, for a re-base: what two sides made of one base. Changes of
 * different members of objects go together; an array, like a number, is
 * changed as a whole; the same change on both sides is one.
 */
#ifndef UM_DOC_MERGE3_H
#define UM_DOC_MERGE3_H

#include "mesh/doc/value.h"

/** Conflicts that are listed by name; the rest is counted. */
#define UM__CAP_DOC_CONFLICTS 100U

/** What came of it. */
struct um_merge3 {
    struct um_val value; /**< the merged document, if there is no conflict */
    size_t conflicts;    /**< places that both changed, differently */
    struct um_str at[UM__CAP_DOC_CONFLICTS]; /**< pointers of the first */
};

/**
 * Merges.
 *
 * The order of members is ours, or theirs where only they changed it; a
 * member that is new on the other side comes behind the one that it follows
 * there.
 * @param a where the result is made; it shares what it can with all three
 * @return 0, also with conflicts; P2P_ELIMIT or P2P_ENOMEM
 */
int um_merge3_run(struct um_arena *a, const struct um_val *base,
                  const struct um_val *ours, const struct um_val *theirs,
                  struct um_merge3 *out);

#endif
