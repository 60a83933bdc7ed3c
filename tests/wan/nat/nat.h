/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A NAT without a network: packets are changed in place. What mapping and
 * filtering depend on is chosen, in the words of RFC 4787 (UDP), RFC 5382 (TCP)
 * and RFC 5508 (ICMP); Linux has one of the nine combinations.
 */
#ifndef WAN_NAT_H
#define WAN_NAT_H

#include "base/rng.h"
#include "base/types.h"
#include "packet.h"

/* When there are more, the one that was used longest ago goes. */
#define NAT_MAPPINGS 1024U
/* Who was talked to through a mapping, for filters; the latest. */
#define NAT_PEERS 32U

/* What depends on the other side. */
enum nat_by {
    NAT_BY_NOTHING, /* endpoint-independent */
    NAT_BY_ADDRESS,
    NAT_BY_PORT /* address and port */
};

/* Where a packet goes. */
enum nat_to { NAT_NOWHERE, NAT_OUT, NAT_IN };

struct nat_config {
    uint32_t outer; /* our address */
    enum nat_by mapping, filtering;
    bool hairpin;
    p2p_ns udp_idle, tcp_idle; /* how long an unused mapping is kept */
    uint64_t seed;             /* of ports */
};

struct nat_mapping {
    uint8_t protocol;
    struct endpoint inner, outer;
    struct endpoint toward; /* what of the other side it depends on */
    p2p_ns used;            /* when something went out last */
    size_t n_peers;
    struct endpoint peers[NAT_PEERS];
};

struct nat {
    struct nat_config cfg;
    struct p2p__rng rng;
    size_t n;
    struct nat_mapping maps[NAT_MAPPINGS];
};

/* A NAT without mappings. It is large. */
void nat_init(struct nat *n, const struct nat_config *cfg);

/* A packet from inside: NAT_OUT, or NAT_IN as a hairpin. */
enum nat_to nat_from_inside(struct nat *n, uint8_t *at, size_t len, p2p_ns now);

/* A packet from outside: NAT_IN if it may come in. */
enum nat_to nat_from_outside(struct nat *n, uint8_t *at, size_t len,
                             p2p_ns now);

#endif
