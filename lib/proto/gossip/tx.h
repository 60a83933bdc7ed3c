/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What goes out to one peer, in this order: one frame of control, made of
 * state (subscriptions, GRAFT, PRUNE, IWANT, IDONTWANT, IHAVE); messages of
 * our own and those it asked for; messages that we forward. So a peer that
 * does not read makes us hold state, not frames. Private to this folder.
 */
#ifndef P2P_PROTO_GOSSIP_TX_H
#define P2P_PROTO_GOSSIP_TX_H

#include "proto/gossip/state.h"

/* Memory for ids that wait to be said: what is above it is not said. */
#define P2P__GOSSIP_IWANT_MAX     (256U * 1024U)
#define P2P__GOSSIP_IDONTWANT_MAX (32U * 1024U)

/* Queues a message by reference; `own`: before those that are forwarded.
 * Errors: P2P_ELIMIT (the peer is too slow), P2P_ENOMEM. */
int p2p__gossip_tx_push(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                        struct p2p__gossip_msg *msg, bool own);

/* Notes an id to be named in IWANT, or in IDONTWANT. Errors: P2P_ELIMIT,
 * P2P_ENOMEM: it is not said. */
int p2p__gossip_tx_iwant(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *id);
int p2p__gossip_tx_idontwant(struct p2p__gossip *g,
                             struct p2p__gossip_peer *peer,
                             const struct p2p__slice *id);

/* Drops the frame that tx gave, sent or not. */
void p2p__gossip_tx_release(struct p2p__gossip *g,
                            struct p2p__gossip_peer *peer);

/* Drops that frame unsent if the peer may not have it any more. */
void p2p__gossip_tx_withdraw(struct p2p__gossip *g,
                             struct p2p__gossip_peer *peer);

/* Drops all that waits: the peer goes. */
void p2p__gossip_tx_drop(struct p2p__gossip *g, struct p2p__gossip_peer *peer);

#endif
