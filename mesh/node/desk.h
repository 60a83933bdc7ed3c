/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What mesh/control is asked with: a revision's document, and this node (or
 * another member) as its configuration is made and checked.
 */
#ifndef UM_NODE_DESK_H
#define UM_NODE_DESK_H

#include "mesh/control/control.h"
#include "mesh/node/node.h"

/** Digits of a revision in entity tags: enough to tell any two apart. */
#define UM_DESK_DIGITS 16U

/** All of it; um_desk_fini() it. */
struct um_desk {
    struct um_arena arena;
    struct um_val document;
    struct um_secrets secrets;
    struct um_control_node node;
    struct um_control_vault vault;
    struct um_control_state state; /**< points to the others */
};

/**
 * Prepares.
 * @param revision which; it is in the history
 * @param member   for whom configurations are made; NULL: this node
 * @param out      not to be moved
 * @return 0, P2P_ENOTFOUND (its document is not here), P2P_EFORMAT (it is
 * none), P2P_ENOMEM
 */
int um_desk_init(struct um_desk *out, struct um_node *n,
                 const struct um_name *revision, const struct um_name *member);

/** Frees it. */
void um_desk_fini(struct um_desk *d);

#endif
