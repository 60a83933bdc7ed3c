/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What kind of place an internet address is. Registry: IANA special-purpose
 * addresses (RFC 6890). */
#ifndef P2P_WIRE_ADDR_CLASS_H
#define P2P_WIRE_ADDR_CLASS_H

#include "port/net.h"

enum p2p__addr_class {
    P2P__ADDR_PUBLIC,
    P2P__ADDR_PRIVATE,    /* RFC 1918, 2544, 4193, 6598, 6890, 8215 */
    P2P__ADDR_LINK_LOCAL, /* 169.254/16, fe80::/10 */
    P2P__ADDR_LOOPBACK,
    P2P__ADDR_MULTICAST,
    P2P__ADDR_UNSPECIFIED, /* 0.0.0.0, :: */
    P2P__ADDR_RESERVED     /* 0/8, 240/4, 100::/64: nowhere */
};

/*
 * The class of an address. An IPv4 address inside an IPv6 one (mapped,
 * compatible, NAT64, 6to4) is what the IPv4 address is, so that
 * ::ffff:127.0.0.1 does not get past a check that 127.0.0.1 would not.
 */
enum p2p__addr_class p2p__addr_class(const struct p2p__addr *addr);

#endif
