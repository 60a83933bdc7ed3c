/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Who is connected with whom, over what, how far: what each member's row says
 * of its connections, put together. docs/reference/rest-mesh.md.
 */
#ifndef UM_APP_TOPOLOGY_H
#define UM_APP_TOPOLOGY_H

#include "mesh/app/json.h"
#include "mesh/node/node.h"

/** Ends of connections that are looked at; in the answer are as many at most,
 * and how many are left out. */
#define UM_TOPOLOGY_ENDS 8192U

/** "nodes": each member that is a node; "links": each connection between two of
 * them, once; "left_out". */
void um_topology_show(struct um_node *n, struct um_json *j);

#endif
