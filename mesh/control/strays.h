/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Probes that a new document leaves without a place to go to: a change is
 * made all the same, and whoever makes it is told.
 */
#ifndef UM_CONTROL_STRAYS_H
#define UM_CONTROL_STRAYS_H

#include "mesh/control/trial.h"

/**
 * Lists the probes that the node has nothing to ask for in a document, and had
 * in the one before, or that were not there: the listener is gone, or is none
 * that can be asked.
 * @param t of the new document; its node is not NULL
 * @param was the document before
 * @param out an array of texts for people; empty: there are none
 * @return 0 or P2P_ENOMEM
 */
int um_strays_list(struct um_arena *a, const struct um_trial *t,
                   const struct um_meshdoc *was, struct um_val *out);

#endif
