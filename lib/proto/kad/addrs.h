/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Some addresses of a peer, in little room; as they stand in messages. What one
 * hears of addresses is hearsay: those that could only lead into the hearer's
 * own machine or network are not taken from who is outside of it, nor told to
 * him.
 */
#ifndef P2P_PROTO_KAD_ADDRS_H
#define P2P_PROTO_KAD_ADDRS_H

#include "p2p/multiaddr.h"
#include "proto/kad/caps.h"
#include "wire/addr_class.h"
#include "wire/pb.h"

/* The field of a peer's addresses in a message. */
#define P2P__KAD_FIELD_ADDR 2U

struct p2p__kad_addrs {
    uint16_t len;
    uint8_t count;
    uint8_t bytes[P2P__CAP_KAD_ADDRS_BYTES]; /* protobuf fields */
};

/* A peer, and where it is. */
struct p2p__kad_peer {
    struct p2p_peer_id id;
    struct p2p__addr at; /* which it was met at; family 0: not met */
    struct p2p__kad_addrs addrs;
};

/* Adds an address without /p2p/ID; one that is there, or that there is no room
 * for, changes nothing. Whether it was added. */
bool p2p__kad_addrs_add(struct p2p__kad_addrs *addrs,
                        const struct p2p_multiaddr *ma);

/* Forgets the first n. */
void p2p__kad_addrs_drop(struct p2p__kad_addrs *addrs, size_t n);

/* A walk over addresses that stay as they are. */
struct p2p__kad_addrs_walk {
    struct p2p__pb fields;
};

/* Begins a walk. */
void p2p__kad_addrs_walk_init(struct p2p__kad_addrs_walk *walk,
                              const struct p2p__kad_addrs *addrs);

/* The next one; false at the end. */
bool p2p__kad_addrs_walk_next(struct p2p__kad_addrs_walk *walk,
                              struct p2p_multiaddr *ma);

/* Whether an address may be taken from somebody, or told to him, who is at an
 * address of class `whose`. */
bool p2p__kad_addr_fits(const struct p2p_multiaddr *ma,
                        enum p2p__addr_class whose);

/* Sets `out` to those that fit. */
void p2p__kad_addrs_fitting(const struct p2p__kad_addrs *addrs,
                            enum p2p__addr_class whose,
                            struct p2p__kad_addrs *out);

/* The first public IP address that is said; false: there is none. */
bool p2p__kad_addrs_public(const struct p2p__kad_addrs *addrs,
                           struct p2p__addr *out);

/* The class of the address of a peer: who came over a relay (family 0) is
 * anywhere. */
enum p2p__addr_class p2p__kad_class(const struct p2p__addr *at);

/* Whether two are public addresses that share so many bits of IPv4 or IPv6. */
bool p2p__kad_same_group(const struct p2p__addr *a, const struct p2p__addr *b,
                         unsigned bits4, unsigned bits6);

/* Whether two are of one network: what the table, and a store, have few of. */
static inline bool p2p__kad_same_net(const struct p2p__addr *a,
                                     const struct p2p__addr *b)
{
    return p2p__kad_same_group(a, b, 16, 32);
}

#endif
