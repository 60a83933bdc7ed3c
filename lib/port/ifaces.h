/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the world must offer to know this machine's interfaces. */
#ifndef P2P_PORT_IFACES_H
#define P2P_PORT_IFACES_H

#include "port/net.h"

struct p2p__iface {
    uint32_t index;
    bool loopback;
    bool multicast;
    struct p2p__addr addr; /* one entry an address; port 0 */
};

struct p2p__ifaces {
    /* Writes at most `cap` entries of interfaces that are up; returns how
     * many there are, or a negative code. Sorted by index, family, bytes. */
    int (*list)(struct p2p__ifaces *ifaces, struct p2p__iface *at, size_t cap);
};

#endif
