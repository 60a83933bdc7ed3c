/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A member's Unit: a stand-in in memory behind requests that take time, get
 * lost, and find nobody there; in the place of mesh/fetch.
 */
#ifndef TESTS_MESHSIM_UNIT_H
#define TESTS_MESHSIM_UNIT_H

#include "mesh/fetch/fetch.h"
#include "mesh/unit/client.h"
#include "world.h"

struct unit;

/* A Unit; it runs python applications, or refuses configurations with one. */
struct unit *unit_new(struct member *m, bool python);
void unit_free(struct unit *u);

/* The engine that its node asks it with. */
struct um_fetch *unit_fetch(struct unit *u);

/* It is there again, and does well. */
void unit_mend(struct unit *u);

/* Something happens to it: it restarts, is gone for a while, loses answers, is
 * changed by hand. */
void unit_trouble(struct unit *u);

/* What it runs, as it shows it, in compact form. Valid until the next call. */
struct um_str unit_config(struct unit *u);

/* Whether it takes configurations with a python application. */
bool unit_takes_python(const struct unit *u);

/* Whether something happened to it in the last ms milliseconds. */
bool unit_touched(const struct unit *u, uint64_t ms);

/* How often it started anew, in whatever way. */
unsigned unit_starts(const struct unit *u);

/* The most often that one and the same configuration was refused in a row of
 * starts of Unit and of the node. */
unsigned unit_stubborn(const struct unit *u);

#endif
