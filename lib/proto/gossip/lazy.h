/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lazy push: telling some peers outside the mesh, and those that come into it,
 * which messages there were (IHAVE). Private to this folder. */
#ifndef P2P_PROTO_GOSSIP_LAZY_H
#define P2P_PROTO_GOSSIP_LAZY_H

#include "proto/gossip/state.h"
#include "wire/pb.h"

/* Chooses who is told of a topic's messages at this heartbeat. */
void p2p__gossip_lazy_emit(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                           p2p_ns now);

/* A member came into the mesh: tells it of what went before. */
void p2p__gossip_lazy_welcome(struct p2p__gossip *g,
                              struct p2p__gossip_member *m);

/* Whether the peer is to be told something now: when no message waits. */
bool p2p__gossip_lazy_due(const struct p2p__gossip_peer *peer);

/* Gathers and shuffles the messages that the peer is told of, at g->picked.
 * Errors: P2P_ENOMEM. */
int p2p__gossip_lazy_prepare(struct p2p__gossip *g,
                             const struct p2p__gossip_peer *peer);

/* Writes IHAVEs of what was prepared while w->len is below `cap`. Returns how
 * many members of peer->lazy are dealt with. */
size_t p2p__gossip_lazy_write(const struct p2p__gossip *g,
                              const struct p2p__gossip_peer *peer,
                              struct p2p__pbw *w, size_t cap);

#endif
