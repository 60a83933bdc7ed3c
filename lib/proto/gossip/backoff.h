/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* After a PRUNE neither side may GRAFT for a while (v1.1). Private to this
 * folder. */
#ifndef P2P_PROTO_GOSSIP_BACKOFF_H
#define P2P_PROTO_GOSSIP_BACKOFF_H

#include "proto/gossip/state.h"

/* Starts a back-off of `ms`, or lengthens the one that runs. */
void p2p__gossip_backoff_add(struct p2p__gossip_member *m, uint64_t ms,
                             p2p_ns now);

/* A PRUNE said `s` seconds (0: nothing): capped before it is multiplied. */
void p2p__gossip_backoff_said(const struct p2p__gossip *g,
                              struct p2p__gossip_member *m, uint64_t s,
                              p2p_ns now);

/* Whether a GRAFT of the peer now is too early. */
static inline bool p2p__gossip_backoff_runs(const struct p2p__gossip_member *m,
                                            p2p_ns now)
{
    return m->backoff_until > now;
}

/* Whether we may GRAFT: two heartbeats later, lest the other's clock or its
 * heartbeat make it too early there. */
bool p2p__gossip_backoff_over(const struct p2p__gossip *g,
                              const struct p2p__gossip_member *m, p2p_ns now);

#endif
