/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What is secret in a document, sealed anew for those who are members now: who
 * left has no slot in it any more, who came later has one of its own. What Unit
 * is given of the document stays the same.
 */
#ifndef UM_NODE_RESEAL_H
#define UM_NODE_RESEAL_H

#include "mesh/node/node.h"

/** What came of it; all of it lives in the arena. */
struct um_reseal {
    struct um_arena arena;
    struct um_str document; /**< the new one, compact; p NULL: all was sealed
                                 for the members of now, or cannot be opened */
    struct um_str *sealed;  /**< names of objects that were sealed anew:
                                 "certificates/NAME", "variables/NAME" */
    size_t sealed_n;
    struct um_str *left; /**< names of those that this node cannot open */
    size_t left_n;
};

/**
 * Whether all that um_reseal_make() wants is here.
 * @return 0; P2P_ENOTFOUND: an object, or this node's slot of it, may still
 *         come, and was asked for; P2P_EFORMAT (it is no document), P2P_ENOMEM
 */
int um_reseal_ready(struct um_node *n, struct um_str document);

/**
 * Seals anew what is not sealed for just the members of now, and keeps the
 * objects. What is not here stays as it is.
 * @param document bytes of a document; borrowed for the call
 * @param out      um_reseal_fini() it, also after an error
 * @return 0, P2P_EFORMAT (it is no document), P2P_ENOMEM, or as um_node_seal()
 */
int um_reseal_make(struct um_node *n, struct um_str document,
                   struct um_reseal *out);

/** Frees it. */
void um_reseal_fini(struct um_reseal *r);

#endif
