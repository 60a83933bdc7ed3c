/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What people ask for, and the guards at the door (rules 8 and 13). Guards are
 * for this node's people alone: no item is refused for them elsewhere.
 */
#ifndef UM_MODEL_COMMAND_H
#define UM_MODEL_COMMAND_H

#include "mesh/model/core.h"

/** The longest deadline, unless the mesh's setting `max-deadline-ms` says
 * another: 24 hours. */
#define UM_COMMAND_DEADLINE_MAX_MS 86400000U

/** The deadlines of who names none: of a trial, of a rollout. */
#define UM_COMMAND_TRIAL_MS  600000U
#define UM_COMMAND_STAGED_MS 3600000U

/** Carries out a command, or says why not: REPLY, in any case. */
void um_command_run(struct um_model *m, const struct um_command *c);

#endif
