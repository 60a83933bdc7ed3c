/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The driver of a staged revision (rule 7): its author's node, or one where a
 * person said so. It opens batches, holds, confirms and aborts.
 */
#ifndef UM_MODEL_DRIVER_H
#define UM_MODEL_DRIVER_H

#include "mesh/model/core.h"

/** Takes the next step of the rollout that this node drives, if there is one
 * to take. */
void um_driver_decide(struct um_model *m);

/** Whether a member's row names a revision as bad; `who` is set to one. */
bool um_driver_named_bad(struct um_model *m, const struct um_name *revision,
                         struct um_name *who);

#endif
