/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The gateway of this network, which lets peers in to a bus if it can:
 * p2p/portmap.h.
 */
#ifndef UM_BUS_GATEWAY_H
#define UM_BUS_GATEWAY_H

#include "mesh/bus/inner.h"

/** Begins to ask it. 0, or a negative code: P2P_ENOTSUP, this build cannot. */
int um_gateway_begin(struct um_bus *bus);

/** Asks it no more, and tells it nothing; harmless where it was not asked. */
void um_gateway_end(struct um_bus *bus);

#endif
