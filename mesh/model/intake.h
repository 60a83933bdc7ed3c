/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Items on their way into the sets (rule 2): taken, or let wait, or dropped.
 */
#ifndef UM_MODEL_INTAKE_H
#define UM_MODEL_INTAKE_H

#include "mesh/model/core.h"

/** Takes what was stored. */
void um_intake_loaded(struct um_model *m, const struct um_record *s);

/** Takes what somebody sent, and what had waited for it. */
void um_intake_items(struct um_model *m, const struct um_event *e);

/** Takes an item that this node made, and hints it. */
void um_intake_own(struct um_model *m, enum um_kind kind,
                   const struct um_name *id, struct um_str envelope);

/** Leaves out what has waited for too long. */
void um_intake_expire(struct um_model *m);

#endif
