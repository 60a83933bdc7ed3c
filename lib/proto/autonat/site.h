/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whom several peers count as, where it matters how many say something: those
 * of one IPv4 address are one, as are those of an IPv6 /56; go does so. */
#ifndef P2P_PROTO_AUTONAT_SITE_H
#define P2P_PROTO_AUTONAT_SITE_H

#include "port/net.h"

struct p2p__autonat_site {
    uint8_t family;
    uint8_t ip[7];
};

/* The site of an address. */
static inline struct p2p__autonat_site p2p__autonat_site(
    const struct p2p__addr *addr)
{
    struct p2p__autonat_site site = {.family = addr->family};

    memcpy(site.ip, addr->ip, addr->family == 4 ? 4 : sizeof site.ip);
    return site;
}

/* Whether two are one. */
static inline bool p2p__autonat_same_site(const struct p2p__autonat_site *a,
                                          const struct p2p__autonat_site *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

#endif
