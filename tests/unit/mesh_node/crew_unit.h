/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Units of a crew: the client and the applier of each go to a stand-in in
 * memory, while time passes in crew_work().
 */
#ifndef TESTS_UNIT_MESH_NODE_CREW_UNIT_H
#define TESTS_UNIT_MESH_NODE_CREW_UNIT_H

#include "agent_pair.h"
#include "crew.h"
#include "fetch_rig.h"
#include "unit_rig.h"

/* A mate's Unit. */
struct crew_unit {
    struct mate *m;
    struct um_unit *unit;
    struct um_applier *applier;
    struct agent_pair pair;
    struct um_fetch net;
    struct rig rig;
    unsigned puts; /* of /config */
};

/* Gives a mate that does not run yet a Unit; and takes it away once it does
 * not run any more. */
void crew_unit_init(struct crew_unit *u, struct mate *m);
void crew_unit_fini(struct crew_unit *u);

/* The applier's process ends, and another one begins, as the node does. */
void crew_unit_again(struct crew_unit *u);

/* Lets time pass; Units answer. */
void crew_work(struct crew *c, struct crew_unit *u, size_t n, uint64_t ms);

/* Whether a text is in what a Unit runs, without white space. */
bool crew_unit_runs(struct crew_unit *u, const char *text);

/* Somebody changes a Unit by hand. */
void crew_unit_change(struct crew_unit *u, const char *path, const char *body);

#endif
