/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Whether others reach this host from outside of its network: those who
 * have a part in the bus dial each other back to find out. p2p/autonat.h. */
#ifndef UM_BUS_REACH_H
#define UM_BUS_REACH_H

#include <p2p/autonat.h>
#include <p2p/host.h>

struct um_bus;

/** What the library is told of it. */
struct um_reach_cfg {
    struct p2p_autonat_config ask;
    struct p2p_autonat_server_config serve;
};

/** Fills it, and a host's config with pointers to it, where the bus knows who
 * has a part in it. */
void um_reach_fill(struct um_reach_cfg *cfg, struct um_bus *bus,
                   struct p2p_host_config *host);

#endif
