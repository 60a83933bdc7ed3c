/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Control messages of a peer: GRAFT, PRUNE, IHAVE, IWANT, IDONTWANT, and
 * subscriptions. Private to this folder. */
#ifndef P2P_PROTO_GOSSIP_CONTROL_H
#define P2P_PROTO_GOSSIP_CONTROL_H

#include "proto/gossip/state.h"

/* Deals with a SubOpts. Errors: P2P_EFORMAT. */
int p2p__gossip_on_sub(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                       const struct p2p__slice *body, p2p_ns now);

/* Deals with a ControlMessage. Errors: P2P_EFORMAT. */
int p2p__gossip_on_control(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                           const struct p2p__slice *body, p2p_ns now);

/* Its parts; `body` is the part's. Errors: P2P_EFORMAT. */
int p2p__gossip_on_graft(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *body, p2p_ns now);
int p2p__gossip_on_prune(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *body, p2p_ns now);
int p2p__gossip_on_ihave(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *body, p2p_ns now);
int p2p__gossip_on_iwant(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *body, p2p_ns now);
int p2p__gossip_on_idontwant(struct p2p__gossip *g,
                             struct p2p__gossip_peer *peer,
                             const struct p2p__slice *body, uint32_t *ids);

#endif
