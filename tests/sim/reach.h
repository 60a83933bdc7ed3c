/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whom a message can come to at all: hosts that are up and on one side, along
 * the links that they dial. */
#ifndef TESTS_SIM_REACH_H
#define TESTS_SIM_REACH_H

#include "mesh.h"

/*
 * Marks the hosts that have a path to `from` now: out[i] for each host. Links
 * count that their neighbour lists name; or of these, the open ones alone.
 */
void reach_from(const struct mesh *m, size_t from, bool open, bool *out);

#endif
