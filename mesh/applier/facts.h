/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What the roster says about a node, as overlays and variables want it: its
 * peer id, its name, its labels.
 */
#ifndef UM_APPLIER_FACTS_H
#define UM_APPLIER_FACTS_H

#include "mesh/doc/selector.h"
#include "mesh/trust/roster.h"

/** The label that is a node's name, over what it calls itself. */
#define UM_FACTS_NAME "name"

/**
 * Makes the facts of a member.
 * @param a    where they are made
 * @param name what the node calls itself; borrowed as long as the facts
 * @return 0 or P2P_ENOMEM
 */
int um_facts_of(struct um_arena *a, struct um_roster *roster,
                const struct um_name *member, struct um_str name,
                struct um_node_facts *out);

#endif
