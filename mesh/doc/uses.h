/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What the parts of a document use of each other, without regard to a node:
 * variables that are named and not there, or there and never named. All of it
 * are warnings, since an overlay can put right what the base has wrong; what is
 * an error on a node is um_meshdoc_effective's.
 */
#ifndef UM_DOC_USES_H
#define UM_DOC_USES_H

#include "mesh/doc/meshdoc.h"
#include "mesh/doc/problems.h"

/**
 * Looks through the base and the overlays of a document.
 * @param a scratch memory
 * @param out what was found is added; pointers are those of the document
 * @return 0 or P2P_ENOMEM
 */
int um_uses_check(struct um_arena *a, const struct um_meshdoc *doc,
                  struct um_problems *out);

/** Whether it is a variable that nothing names. */
bool um_uses_is_idle(const struct um_problem *p);

#endif
