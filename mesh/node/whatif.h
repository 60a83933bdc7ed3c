/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What would be if an owner said something: a roster with one statement more,
 * and the view of the same history with it. Nothing of the node changes.
 */
#ifndef UM_NODE_WHATIF_H
#define UM_NODE_WHATIF_H

#include "mesh/model/model.h"

/** To be looked at; um_whatif_fini() it. */
struct um_whatif {
    struct um_roster roster;
    struct um_view view;
};

/** Works it out. @param s need not be signed. Errors: P2P_ENOMEM, P2P_EPROTO
 * (the roster would not take it). */
int um_whatif_init(struct um_whatif *w, struct um_model *m,
                   const struct um_statement *s);

/** Frees it. */
void um_whatif_fini(struct um_whatif *w);

#endif
