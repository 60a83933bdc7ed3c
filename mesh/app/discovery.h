/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file How members find each other where mDNS does not reach: at rendezvous
 * points, and by the DHT of the mesh. ADR 0023. */
#ifndef UM_APP_DISCOVERY_H
#define UM_APP_DISCOVERY_H

#include <stdbool.h>

struct um_daemon;

/** Logs that this node cannot be something, once for as long as it is so.
 * @param what borrows what it cannot be
 * @param err  0, or a negative code of p2p
 * @param told the code that was told last, which it sets */
void um_discovery_tell(const struct um_daemon *d, const char *what, int err,
                       int *told);

/** This node serves as a point or not, tells points where it is, and looks for
 * members that it misses. To be called every few seconds, in a mesh. What it
 * cannot is logged.
 * @param serves it serves as one if it is to
 * @param missed somebody is missed, or met by a relay alone */
void um_discovery_look(struct um_daemon *d, bool serves, bool missed);

/** This node leaves its mesh: it serves nobody any more, and takes back where
 * it told that it is. */
void um_discovery_leave(struct um_daemon *d);

#endif
