/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Re-base (rule 5): the node of who lost merges what he did onto the target, if
 * both touched different things. A revision of a machine, staged, once a pair.
 */
#ifndef UM_MODEL_REBASE_H
#define UM_MODEL_REBASE_H

#include "mesh/model/core.h"

/** Asks for the merges that are due. */
void um_rebase_decide(struct um_model *m);

/** A merge was made, or cannot be. */
void um_rebase_merged(struct um_model *m, const struct um_event *e);

/**
 * Merges three documents, for who carries MERGE out, and may have more to check
 * of what comes out. Pure, and slow for large ones.
 * @param docs base, target's, head's: the bytes of documents; borrows
 * @param out  the merged document is appended
 * @return 0, P2P_EEXIST (nothing is new over the target), P2P_ESTATE (they
 *         conflict, or the outcome is no document), P2P_EFORMAT (one of the
 *         three is none), P2P_ENOMEM
 */
int um_rebase_merge(const struct um_str docs[3], struct um_buf *out);

#endif
