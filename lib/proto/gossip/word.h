/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The frame of control for a peer, out of state. Private to this folder. */
#ifndef P2P_PROTO_GOSSIP_WORD_H
#define P2P_PROTO_GOSSIP_WORD_H

#include "proto/gossip/state.h"

/* Whether there is anything to say. */
bool p2p__gossip_word_due(const struct p2p__gossip *g,
                          const struct p2p__gossip_peer *peer);

/*
 * Makes one frame of what there is to say, and marks it as said; charged to
 * the peer until it is given back with the slab's cap. Returns owned; or
 * NULL: nothing, or no memory, and then it stays to be said.
 */
struct p2p__slab *p2p__gossip_word_make(struct p2p__gossip *g,
                                        struct p2p__gossip_peer *peer,
                                        p2p_ns now);

#endif
