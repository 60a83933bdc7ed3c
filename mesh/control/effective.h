/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The configuration that a node makes of a document, to be shown and to be
 * checked, and never a secret in either.
 */
#ifndef UM_CONTROL_EFFECTIVE_H
#define UM_CONTROL_EFFECTIVE_H

#include "mesh/control/problem.h"
#include "mesh/control/trial.h"

/**
 * Makes the configuration as it is shown: certificates and scripts under their
 * names in the document, secrets as "{{name}}".
 * @param why set when the answer is P2P_EFORMAT
 * @return 0, P2P_EFORMAT or P2P_ENOMEM
 */
int um_effective_show(struct um_arena *a, const struct um_trial *t,
                      struct um_val *out, struct um_problem *why);

/**
 * Checks it as Unit would, with the secrets that can be opened; a mistake
 * never quotes one.
 * @param fuller ask for the place of a mistake, also where Unit says none
 * @return as above
 */
int um_effective_check(struct um_arena *a, const struct um_trial *t,
                       bool fuller, struct um_problem *why);

#endif
