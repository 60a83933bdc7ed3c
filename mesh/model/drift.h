/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Drift (rule 9): what runs is not what this node applied.
 */
#ifndef UM_MODEL_DRIFT_H
#define UM_MODEL_DRIFT_H

#include "mesh/model/core.h"

/** Whether what runs was changed by somebody else: it is neither what this node
 * applied, nor what it may have applied and got no answer for, nor blank. */
bool um_drift_by_hand(const struct um_model *m);

/** Has a copy kept of a change by hand that is about to be overwritten by
 * something else. */
void um_drift_keep(struct um_model *m, const struct um_name *effective);

/**
 * Makes a revision of what was changed by hand, on top of what this node
 * applied, which it runs from then on.
 * @param flags guards that a person overrides (um_flag)
 * @param id    set: of the revision
 * @return UM_OK, UM_NOT_BY_HAND, UM_UNFIT (no document can be made of it),
 *         UM_SHRINKS, UM_CROWDED
 */
enum um_reply um_drift_adopt(struct um_model *m, unsigned flags,
                             struct um_name *id);

/**
 * Gives Unit what this node applied in the place of what was changed by hand,
 * of which a copy is kept.
 * @return UM_OK: it is under way; UM_NOT_BY_HAND
 */
enum um_reply um_drift_heal(struct um_model *m);

/** Reports, heals or adopts, while this node is to run what it applied. */
void um_drift_decide(struct um_model *m, const struct um_past *cur);

#endif
