/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The other half of a dial through NATs, over transports of their own such as
 * QUIC: datagrams of random bytes go to where the peer will come from, so that
 * our NATs let it in. Spec: libp2p DCUtR (r1), "Simultaneous Connect".
 */
#ifndef P2P_STACK_KNOCK_H
#define P2P_STACK_KNOCK_H

#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"
#include "stack/limits.h"
#include "stack/transports.h"

struct p2p__swarm;

struct p2p__knock {
    struct p2p__timer timer;
    struct p2p__swarm *swarm;
    struct p2p__knock_at {
        const struct p2p__via *via;
        struct p2p__addr addr;
    } doors[P2P__CAP_DIAL_ADDRS];
    uint32_t n;
    uint32_t sent;
};

/* Nothing yet; stop is harmless from now on. */
void p2p__knock_init(struct p2p__knock *k, struct p2p__swarm *s);

/* Begins with those of the addresses of a peer that want it and that the gate
 * lets; ends what was under way before. Whether there are any. */
bool p2p__knock_start(struct p2p__knock *k, const struct p2p_peer_id *peer,
                      const struct p2p_multiaddr *addrs, size_t n, p2p_ns now);

/* Ends it. */
void p2p__knock_stop(struct p2p__knock *k);

#endif
