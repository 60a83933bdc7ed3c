/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The members that a node is connected with, as its row tells of them. The
 * model knows of no connections, so they are put in where a row is signed.
 */
#ifndef UM_NODE_TIES_H
#define UM_NODE_TIES_H

#include "mesh/node/node.h"

/** Appends a tie for each member that is connected now, ascending by member, at
 * most UM__CAP_ROW_TIES. */
void um_ties_put(struct um_node *n, struct um_buf *out);

/** The model's signer with the node's key; rows have their ties by it. Borrows
 * the node. */
struct um_signer um_ties_signer(struct um_node *n);

#endif
