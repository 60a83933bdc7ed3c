/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file How members find each other where mDNS does not reach: at rendezvous
 * points, and by the DHT of the mesh. ADR 0023. */
#ifndef UM_APP_DISCOVERY_H
#define UM_APP_DISCOVERY_H

#include <stdbool.h>

struct um_daemon;

/** This node serves as a point or not, tells points where it is, and looks for
 * members that it misses. To be called every few seconds, in a mesh.
 * @param serves it serves as one if it is to
 * @param missed somebody is missed, or met by a relay alone
 * @return 0, or a negative code of p2p: it does not serve as it should */
int um_discovery_look(struct um_daemon *d, bool serves, bool missed);

/** This node leaves its mesh: it serves nobody any more, and takes back where
 * it told that it is. */
void um_discovery_leave(struct um_daemon *d);

#endif
