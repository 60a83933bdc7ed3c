/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What others say: a packet read into what is asked for, or who is where.
 * Everything is checked here, and nothing is believed: an address is kept when
 * it is one on a link, and one of loopback only from this host itself.
 */
#ifndef P2P_PROTO_MDNS_FOUND_H
#define P2P_PROTO_MDNS_FOUND_H

#include "p2p/multiaddr.h"
#include "proto/mdns/announce.h"
#include "proto/mdns/caps.h"

/* Where a packet came from. */
struct p2p__mdns_from {
    struct p2p__addr addr;
    uint32_t ifindex;
    bool own_host; /* addr is an address of this host */
    bool unicast;  /* not by way of the group: to be looked at with care */
};

/* A peer and where it says it is. */
struct p2p__mdns_peer {
    struct p2p_peer_id id; /* len 0: none in the packet */
    uint32_t ttl_s;        /* at most P2P__CAP_MDNS_TTL_S */
    size_t count;
    struct p2p_multiaddr addrs[P2P__CAP_MDNS_ADDRS]; /* without the id */
};

struct p2p__mdns_msg {
    uint16_t id;
    bool answer;                /* else a question */
    bool services;              /* question: P2P__MDNS_SERVICES */
    unsigned asked;             /* question: for these forms */
    struct p2p__mdns_peer peer; /* answer */
};

/*
 * Reads a packet, borrowed; `a` says what we are called.
 * Errors: P2P_EFORMAT, P2P_ETOOBIG, P2P_ELIMIT: to be ignored as a whole.
 */
int p2p__mdns_read(const struct p2p__slice *packet,
                   const struct p2p__mdns_announce *a,
                   const struct p2p__mdns_from *from,
                   struct p2p__mdns_msg *msg);

#endif
