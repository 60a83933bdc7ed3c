/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whom several who want something count as. Ids are made up at will; addresses
 * cost something, and whoever has one of IPv6 has a /64 of them, often a /48.
 */
#ifndef P2P_PROTO_FAIR_WHO_H
#define P2P_PROTO_FAIR_WHO_H

#include "p2p/peer_id.h"
#include "port/net.h"

/* A peer that wants something, and where it is; family 0: nobody knows. */
struct p2p__fair_who {
    const struct p2p_peer_id *id;
    const struct p2p__addr *at;
};

enum p2p__fair_kind {
    P2P__FAIR_PEER,
    P2P__FAIR_ADDR,  /* an address of IPv4, a /64 of IPv6 */
    P2P__FAIR_GROUP, /* a /24 of IPv4, a /48 of IPv6 */
    P2P__FAIR_KINDS
};

/* What all who are one have in common, and nobody else has. */
struct p2p__fair_key {
    uint8_t len;
    uint8_t bytes[2 + P2P_PEER_ID_MAX];
};

/* The key of somebody; those of different kinds differ. Of `who` it needs what
 * the kind is about. */
void p2p__fair_key(const struct p2p__fair_who *who, enum p2p__fair_kind kind,
                   struct p2p__fair_key *out);

/* Whether two are one. */
bool p2p__fair_same(const struct p2p__fair_key *a,
                    const struct p2p__fair_key *b);

#endif
