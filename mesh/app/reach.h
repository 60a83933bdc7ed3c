/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Whether others reach a node from outside of its network, in words. */
#ifndef UM_APP_REACH_H
#define UM_APP_REACH_H

#include "mesh/app/daemon.h"
#include "mesh/app/json.h"

/** "unknown", "public" or "private"; of enum um_reach, or p2p_reachability. */
const char *um_reach_word(unsigned reach);

/** What a member says of itself; unknown of others. */
const char *um_reach_of(const struct um_daemon *d,
                        const struct p2p_peer_id *peer);

/** "router": what it does for peers from outside; nothing where it is not
 * asked. */
void um_reach_router(const struct um_daemon *d, struct um_json *j);

/** "reach": this node's, who says so, and that of its addresses. */
void um_reach_show(const struct um_daemon *d, struct um_json *j);

#endif
