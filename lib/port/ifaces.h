/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the world must offer to know this machine's interfaces. */
#ifndef P2P_PORT_IFACES_H
#define P2P_PORT_IFACES_H

#include "base/list.h"
#include "port/net.h"

struct p2p__iface {
    uint32_t index;
    bool loopback;
    bool multicast;
    struct p2p__addr addr; /* one entry an address; port 0 */
    uint8_t prefix;        /* bits of its network; 0: not known */
};

/* Who wants to hear that interfaces or addresses may have changed. It is on
 * the world's list; off it, p2p__list_remove(), nothing is told any more. */
struct p2p__ifaces_watch {
    struct p2p__list link;
    /* It says no more than that: list() says what there is now. One change
     * may be told several times. */
    void (*changed)(struct p2p__ifaces_watch *watch, p2p_ns now);
    /* What this machine sends goes another way, perhaps from the same
     * addresses: a default route is another, or gone. NULL: never mind. */
    void (*rerouted)(struct p2p__ifaces_watch *watch, p2p_ns now);
};

struct p2p__ifaces {
    /* Writes at most `cap` entries of interfaces that are up; returns how
     * many there are, or a negative code. Sorted by index, family, bytes. */
    int (*list)(struct p2p__ifaces *ifaces, struct p2p__iface *at, size_t cap);
    /* Puts a watch on the list; borrows it until it is off. 0, or P2P_ENOTSUP:
     * list() has to be asked now and then instead. NULL: never. */
    int (*watch)(struct p2p__ifaces *ifaces, struct p2p__ifaces_watch *watch);
};

#endif
