/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Peers: records that outlive a connection when they must. Private to this
 * folder; see gossip.h for p2p__gossip_peer_add() and its like. */
#ifndef P2P_PROTO_GOSSIP_PEER_H
#define P2P_PROTO_GOSSIP_PEER_H

#include "proto/gossip/state.h"

/* The peer whose link this is. */
#define P2P__PEER(ptr, field) \
    P2P__CONTAINER(ptr, struct p2p__gossip_peer, field)

/* Charges a peer for memory that is about to be held for it, where it is
 * accounted now. Errors: P2P_ELIMIT. */
int p2p__gossip_peer_take(struct p2p__gossip_peer *peer, size_t bytes);

/* Gives it back. */
void p2p__gossip_peer_give(struct p2p__gossip_peer *peer, size_t bytes);

/* The connected peer with this serial, or NULL: it is gone. */
struct p2p__gossip_peer *p2p__gossip_peer_by_serial(const struct p2p__gossip *g,
                                                    uint64_t serial);

/* It has something to send: tx_peer() will name it. */
void p2p__gossip_peer_dirty(struct p2p__gossip *g,
                            struct p2p__gossip_peer *peer);

/* What the peer did since the last heartbeat. */
struct p2p__gossip_counts *p2p__gossip_peer_counts(
    const struct p2p__gossip *g, struct p2p__gossip_peer *peer);

/* Whether the peer said that it does not want the message. */
bool p2p__gossip_peer_declined(const struct p2p__gossip *g,
                               const struct p2p__gossip_peer *peer,
                               const struct p2p__gossip_msg *msg);

/* Forgets retired peers whose time has come. */
void p2p__gossip_peers_expire(struct p2p__gossip *g, p2p_ns now);

/* Frees all peers: the end of g alone. */
void p2p__gossip_peers_fini(struct p2p__gossip *g);

#endif
