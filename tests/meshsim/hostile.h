/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A member that means harm: it has a key with a role, and no node. */
#ifndef TESTS_MESHSIM_HOSTILE_H
#define TESTS_MESHSIM_HOSTILE_H

#include "world.h"

/* It is there, and does what it does until faults end. */
void hostile_begin(struct member *m);

/* It is gone. */
void hostile_end(struct member *m);

#endif
