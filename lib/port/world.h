/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * All that a host stands on, in one struct: libuv's loop fills one, and so
 * does the simulator. A host never knows which.
 */
#ifndef P2P_PORT_WORLD_H
#define P2P_PORT_WORLD_H

#include "base/turn.h"
#include "port/dns.h"
#include "port/env.h"
#include "port/ifaces.h"
#include "port/net.h"

struct p2p__world {
    struct p2p__runq *q;
    struct p2p__env *env;
    struct p2p__net *net;
    struct p2p__resolver *dns; /* NULL: names cannot be resolved */
    struct p2p__ifaces *ifaces;
    /* The monotonic clock. */
    p2p_ns (*now)(const struct p2p__world *world);
};

#endif
