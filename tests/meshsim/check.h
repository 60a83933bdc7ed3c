/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What must hold. Some of it is looked at whenever a node begins or says a
 * line, the rest when faults have ended and all had time to agree.
 */
#ifndef TESTS_MESHSIM_CHECK_H
#define TESTS_MESHSIM_CHECK_H

#include "mesh/base/log.h"
#include "world.h"

/* A node wrote a line into its log. */
void check_line(struct member *m, enum um_log_level level, const char *line);

/* A node is about to end: what it knows, and its disk too, is noted. */
void check_end_of(struct member *m);

/* A node began, on what its disk has: nothing that it promised is lost. */
void check_begin(struct member *m);

/* Whether a line names a member that means harm. */
bool check_blames_the_hostile(struct world *w, const char *line);

/* Whether all nodes that count have the same, and run what they should; what
 * does not is told if `tell`. */
bool check_same(struct world *w, bool tell);

/* Looks at the whole world, at the end of a run. */
void check_end(struct world *w);

#endif
