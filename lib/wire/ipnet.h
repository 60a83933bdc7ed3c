/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Networks of internet addresses. */
#ifndef P2P_WIRE_IPNET_H
#define P2P_WIRE_IPNET_H

#include "p2p/multiaddr.h"
#include "port/net.h"

/* A network; its bytes behind the prefix are zero. */
struct p2p__ipnet {
    uint8_t family; /* 4 or 6 */
    uint8_t bits;
    uint8_t ip[16];
};

/*
 * Reads /ip4/…/ipcidr/N or /ip6/…/ipcidr/N; without /ipcidr it is the one
 * address. A mapped IPv4 network is one of IPv4.
 * Errors: P2P_EFORMAT.
 */
int p2p__ipnet_read(const struct p2p_multiaddr *ma, struct p2p__ipnet *net);

/* Whether an address is in a network, also one of IPv4 that is mapped. */
bool p2p__ipnet_has(const struct p2p__ipnet *net, const struct p2p__addr *addr);

/* Whether the first `bits` bits of two addresses are the same. */
bool p2p__ip_alike(const uint8_t *a, const uint8_t *b, unsigned bits);

#endif
