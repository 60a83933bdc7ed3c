/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The score of a peer, gossipsub 1.1: what is noted, and what it comes to.
 * All of it does nothing when scoring is off. Private to this folder. */
#ifndef P2P_PROTO_GOSSIP_SCORE_H
#define P2P_PROTO_GOSSIP_SCORE_H

#include "proto/gossip/state.h"

/* The decay step that `now` is in. */
uint64_t p2p__gossip_step(const struct p2p__gossip *g, p2p_ns now);

/* The score; 0 when scoring is off. */
double p2p__gossip_score_of(const struct p2p__gossip *g,
                            struct p2p__gossip_peer *peer, p2p_ns now);

/* The member came into our mesh (P1, P3 begin), or left it (P3b). */
void p2p__gossip_score_graft(const struct p2p__gossip *g,
                             struct p2p__gossip_member *m, p2p_ns now);
void p2p__gossip_score_prune(const struct p2p__gossip *g,
                             struct p2p__gossip_member *m, p2p_ns now);

/* The peer was the first to send a valid message (P2, P3). */
void p2p__gossip_score_first(const struct p2p__gossip *g,
                             struct p2p__gossip_member *m, p2p_ns now);

/* The peer sent one that was nearly as early (P3). */
void p2p__gossip_score_near(const struct p2p__gossip *g,
                            struct p2p__gossip_member *m, p2p_ns now);

/* The peer sent an invalid message in the topic (P4). */
void p2p__gossip_score_invalid(struct p2p__gossip *g,
                               struct p2p__gossip_peer *peer,
                               struct p2p__gossip_topic *topic, p2p_ns now);

/* The peer broke a rule `count` times (P7). */
void p2p__gossip_score_penalty(const struct p2p__gossip *g,
                               struct p2p__gossip_peer *peer, uint32_t count,
                               p2p_ns now);

/*
 * The peer is gone: its good deeds are forgotten, its deficits stick.
 * Returns whether what is left must be remembered.
 */
bool p2p__gossip_score_retire(const struct p2p__gossip *g,
                              struct p2p__gossip_peer *peer, p2p_ns now);

/* It is back: nothing decayed meanwhile, or leaving would wash one clean. */
void p2p__gossip_score_return(const struct p2p__gossip *g,
                              struct p2p__gossip_peer *peer, p2p_ns now);

#endif
