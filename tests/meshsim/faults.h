/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What goes wrong, at random moments, as long as there is a storm. */
#ifndef TESTS_MESHSIM_FAULTS_H
#define TESTS_MESHSIM_FAULTS_H

#include "world.h"

/* Faults and people begin to happen. */
void faults_begin(struct world *w);

/* They end: what is broken is mended, who is down comes back. */
void faults_end(struct world *w);

#endif
