/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What there is to be said of a new document that is taken all the same:
 * probes without a place to go to, variables that are named and not there, or
 * that nothing names any more. What was so before is not said again.
 */
#ifndef UM_CONTROL_WARNINGS_H
#define UM_CONTROL_WARNINGS_H

#include "mesh/control/trial.h"

/**
 * Lists it.
 * @param t of the new document; its node is not NULL
 * @param was the document before
 * @param out an array of texts for people; empty: there are none
 * @return 0 or P2P_ENOMEM
 */
int um_warnings_list(struct um_arena *a, const struct um_trial *t,
                     const struct um_meshdoc *was, struct um_val *out);

#endif
