/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What must hold of rollouts, of pruning, and of what nodes take over from
 * their Units: I6, I8, I10.
 */
#ifndef TESTS_MESHSIM_RULES_H
#define TESTS_MESHSIM_RULES_H

#include "mesh/model/model.h"
#include "world.h"

void rules_fini(struct world *w);

/* A Unit was given the revision that its node tries, and no Unit takes it. */
void rules_touched(struct member *m);

/* A node drops what documents it can (I8: none that it may need). */
void rules_prune(struct member *m);

/* Looks at the whole world, at the end of a run, as a node sees it. */
void rules_end(struct world *w, struct um_model *m);

#endif
