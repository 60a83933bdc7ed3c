/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A multiaddr of one of our transports: whose it is, and what it says beside
 * the IP address and the port. */
#ifndef P2P_STACK_PLACE_H
#define P2P_STACK_PLACE_H

#include "stack/transports.h"

struct p2p__place {
    const struct p2p__via *via; /* borrowed from the swarm */
    uint8_t *bytes; /* of the multiaddr, without /p2p/ID; NULL: plain TCP */
    uint16_t len;
};

/* Copies a multiaddr, which need not be kept where the transport is plain TCP.
 * 0, or P2P_ENOMEM and nothing to free. */
int p2p__place_init(struct p2p__place *p, const struct p2p__via *via,
                    const struct p2p_multiaddr *ma);

/* Frees the copy. */
void p2p__place_fini(struct p2p__place *p);

/* The multiaddr as it was given; for plain TCP: of this socket address. */
void p2p__place_given(const struct p2p__place *p, const struct p2p__addr *addr,
                      struct p2p_multiaddr *out);

/* The multiaddr of a socket address there: names became that address. That of
 * a circuit is as it was given. */
void p2p__place_at(const struct p2p__place *p, const struct p2p__addr *addr,
                   struct p2p_multiaddr *out);

#endif
