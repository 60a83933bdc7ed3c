/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Cheap brakes on writers, which a root sets (rule 12's end): each node asks
 * them at its own door, before it signs. No view reads them: they hold whoever
 * uses unitmesh, and not a writer whose node runs something else.
 */
#ifndef UM_MODEL_BRAKES_H
#define UM_MODEL_BRAKES_H

#include "mesh/model/model.h"

/** A setting of the mesh: "true": who made a change does not confirm it. */
#define UM_BRAKE_FOUR_EYES "four-eyes"

/** A setting of the mesh, or a label of one writer: "true": changes are on
 * trial or staged. */
#define UM_BRAKE_NO_IMMEDIATE "no-immediate"

/** Whether this node's changes may not be immediate. */
bool um_brakes_no_immediate(struct um_model *m);

/** Whether this node may not confirm a revision: it made it. */
bool um_brakes_own_eyes(struct um_model *m, const struct um_past *p);

#endif
