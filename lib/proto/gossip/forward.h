/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* To whom a message goes. Private to this folder. */
#ifndef P2P_PROTO_GOSSIP_FORWARD_H
#define P2P_PROTO_GOSSIP_FORWARD_H

#include "proto/gossip/state.h"

/* A message of others, found valid: to the mesh, and to floodsub's and direct
 * peers, but not to those who have it. */
void p2p__gossip_forward(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                         p2p_ns now);

/* A message of our own: to everybody in the topic when flooding, else through
 * mesh or fan-out. Returns to how many. */
int p2p__gossip_spread(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                       p2p_ns now);

/* Tells the mesh that a large message has come: it need not be sent (v1.2). */
void p2p__gossip_decline(struct p2p__gossip *g,
                         const struct p2p__gossip_msg *msg,
                         const struct p2p__gossip_peer *via);

#endif
