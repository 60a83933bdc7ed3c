/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Telling peers what we are subscribed to. Each of our changes has a number,
 * and a peer remembers the last one that it was told: so what waits for a
 * peer is a number, however often we change our mind. Who may not be in a topic
 * does not hear that we are, or hears that we left; what it was told is noted
 * in the member. Private to this folder.
 */
#ifndef P2P_PROTO_GOSSIP_ANNOUNCE_H
#define P2P_PROTO_GOSSIP_ANNOUNCE_H

#include "proto/gossip/state.h"
#include "wire/pb.h"

/* t->subscribed changed: every peer is to be told. */
void p2p__gossip_announce(struct p2p__gossip *g, struct p2p__gossip_topic *t);

/* A peer came: it is to be told everything. */
void p2p__gossip_announce_enter(struct p2p__gossip *g,
                                struct p2p__gossip_peer *peer);

/* What the peer was told is lost: it is to be told everything again. */
void p2p__gossip_announce_again(struct p2p__gossip *g,
                                struct p2p__gossip_peer *peer);

/* Whether it was told what is not so for it any more, or not told what is. */
bool p2p__gossip_announce_stale(const struct p2p__gossip *g,
                                const struct p2p__gossip_peer *peer);

/* A peer goes: nobody waits for it any more. */
void p2p__gossip_announce_leave(struct p2p__gossip *g,
                                struct p2p__gossip_peer *peer);

/* Whether the peer does not know all of it. */
bool p2p__gossip_announce_due(const struct p2p__gossip *g,
                              const struct p2p__gossip_peer *peer);

/* Before it is written: where there is a filter, what the peer is told needs
 * a member to be noted in. What has none waits. */
void p2p__gossip_announce_prepare(struct p2p__gossip *g,
                                  struct p2p__gossip_peer *peer);

/* Writes SubOpts for the peer, about `cap` bytes of them at most. Returns the
 * number up to which it then knows. */
uint64_t p2p__gossip_announce_write(const struct p2p__gossip *g,
                                    const struct p2p__gossip_peer *peer,
                                    struct p2p__pbw *w, size_t cap);

/* It was told up to that number. */
void p2p__gossip_announce_told(struct p2p__gossip *g,
                               struct p2p__gossip_peer *peer, uint64_t told);

#endif
