/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A member that is not in yet: it has a code that the founder's node printed,
 * and knocks until it is let in. Its node begins on what it then stored.
 */
#ifndef TESTS_MESHSIM_STRANGER_H
#define TESTS_MESHSIM_STRANGER_H

#include "member.h"

/* The founder's node is asked for a code, with which it begins in ms. */
void stranger_invite(struct member *m, uint64_t in_ms);

/* Its process begins, on its store, which is open and of no mesh. */
void stranger_begin(struct member *m);

/* It ends; the store is closed. */
void stranger_end(struct member *m);

#endif
