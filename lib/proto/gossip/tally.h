/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Counters behind a score that decay by themselves: each remembers up to
 * which step it has decayed and catches up when it is looked at, so nobody
 * walks all peers each second.
 */
#ifndef P2P_PROTO_GOSSIP_TALLY_H
#define P2P_PROTO_GOSSIP_TALLY_H

#include "proto/gossip/params.h"

/* Of one peer in one topic: P1 to P4. */
struct p2p__gossip_tally {
    uint64_t step;    /* decayed up to this step */
    p2p_ns grafted;   /* in the mesh since; 0: is not */
    double first;     /* P2 */
    double delivered; /* P3 */
    double failures;  /* P3b */
    double invalid;   /* P4 */
};

/* Of one peer: P5 and P7. */
struct p2p__gossip_behaviour {
    uint64_t step;
    double app;
    double penalty;
};

/* x after `steps` steps of decay; 0 below `zero`. Squares, no libm: the same
 * bits everywhere. */
double p2p__gossip_decay(double x, double factor, uint64_t steps, double zero);

/* Brings a tally up to `step`. */
void p2p__gossip_tally_decay(struct p2p__gossip_tally *t,
                             const struct p2p__gossip_topic_score *p,
                             double zero, uint64_t step);

/* Nothing worth remembering when the peer is gone. */
bool p2p__gossip_tally_empty(const struct p2p__gossip_tally *t);

/* Whether P3 counts: long enough in the mesh. */
bool p2p__gossip_tally_active(const struct p2p__gossip_tally *t,
                              const struct p2p__gossip_topic_score *p,
                              p2p_ns now);

/* The topic's weighted share of the score; decayed to now by the caller. */
double p2p__gossip_tally_score(const struct p2p__gossip_tally *t,
                               const struct p2p__gossip_topic_score *p,
                               p2p_ns now);

/* The peer came into the mesh. */
void p2p__gossip_tally_graft(struct p2p__gossip_tally *t, p2p_ns now);

/* The peer left it: a deficit sticks (P3b). */
void p2p__gossip_tally_prune(struct p2p__gossip_tally *t,
                             const struct p2p__gossip_topic_score *p,
                             p2p_ns now);

#endif
