/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Choosing at random: candidates are gathered at g->picked in the order of
 * their list and then shuffled. One choice at a time. Private to this folder.
 */
#ifndef P2P_PROTO_GOSSIP_PICK_H
#define P2P_PROTO_GOSSIP_PICK_H

#include "proto/gossip/state.h"

/* What a candidate must fulfil; `min` as the score that it must have. */
struct p2p__gossip_wish {
    p2p_ns now;
    double min;
    bool above;    /* … or be above, not at */
    bool outbound; /* we dialed it */
    bool graft;    /* no back-off runs, with slack for its heartbeat */
};

/* Gives the room back between choices. */
void p2p__gossip_pick_fini(struct p2p__gossip *g);

/* Begins a choice. */
void p2p__gossip_pick_begin(struct p2p__gossip *g);

/* Adds something. Errors: P2P_ENOMEM. */
int p2p__gossip_pick_add(struct p2p__gossip *g, void *what);

/*
 * Gathers the members of a topic that are in no mesh or fan-out and fulfil the
 * wish. Returns how many; less without memory.
 */
size_t p2p__gossip_pick(struct p2p__gossip *g,
                        const struct p2p__gossip_topic *t,
                        const struct p2p__gossip_wish *wish);

/* Shuffles [from, count) of what was gathered, as far as [from, from + n). */
void p2p__gossip_shuffle(struct p2p__gossip *g, size_t from, size_t n);

/* The i-th member that was gathered. */
static inline struct p2p__gossip_member *p2p__gossip_picked(
    const struct p2p__gossip *g, size_t i)
{
    assert(i < g->picked_count);
    return g->picked[i];
}

#endif
