/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What becomes of connections when their machine moves or wakes. One whose
 * address of ours is gone goes on from another where its transport can, or
 * ends soon; soon, not at once: an interface may come back a moment later. Dead
 * ones are found by asking all at once, and whoever is wanted is dialed without
 * the back-off that was for another network.
 */
#ifndef P2P_STACK_WANDER_H
#define P2P_STACK_WANDER_H

#include "stack/roam.h"

struct p2p__conn;
struct p2p__swarm;

/* How long a connection whose address of ours is gone waits for it. */
#define P2P__WANDER_GRACE_NS P2P__SEC(2)

/* How often it is looked whether there is a way for those that can go on. */
#define P2P__WANDER_AGAIN_NS P2P__MS(500)

/* The machine has these addresses now. */
void p2p__wander_moved(struct p2p__swarm *s, const struct p2p__roam *roam,
                       p2p_ns now);

/* adrift_at of a connection has come. 0, or P2P_EADDRGONE: it is to end. */
int p2p__wander_due(struct p2p__conn *c, p2p_ns now);

/* Time passed in which nothing was heard. */
void p2p__wander_woke(struct p2p__swarm *s, p2p_ns now);

#endif
