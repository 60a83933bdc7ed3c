/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* P6: how many peers share an address, and for IPv6 also a /64. Private to
 * this folder. */
#ifndef P2P_PROTO_GOSSIP_COLOCATION_H
#define P2P_PROTO_GOSSIP_COLOCATION_H

#include "proto/gossip/state.h"

/* Counts the peer under its address; len 0: has none. The peer is counted
 * nowhere before. Errors: P2P_ENOMEM (counted nowhere). */
int p2p__gossip_colocation_enter(struct p2p__gossip *g,
                                 struct p2p__gossip_peer *peer,
                                 const uint8_t *ip, size_t len);

/* Counts it no more. */
void p2p__gossip_colocation_leave(struct p2p__gossip *g,
                                  struct p2p__gossip_peer *peer);

/* The square of how many peers are above the threshold, summed. */
double p2p__gossip_colocation(const struct p2p__gossip_peer *peer,
                              uint32_t threshold);

#endif
