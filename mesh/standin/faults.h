/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Faults by name, for command lines and tests.
 */
#ifndef UM_STANDIN_FAULTS_H
#define UM_STANDIN_FAULTS_H

#include "mesh/standin/standin.h"

/**
 * Sets a fault from text: "NAME" or "NAME=VALUE". Times are in milliseconds,
 * lists grow by one name a call, "none" clears everything.
 * @return 0 or P2P_EINVAL
 */
int um_sfaults_set(struct um_standin_faults *f, const char *text);

/** What there is, a line each. */
const char *um_sfaults_help(void);

#endif
