/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The connection manager: above the high-water mark it closes connections, the
 * oldest idle ones first, until the low-water mark is reached. Protected
 * peers, those with streams beyond the long-lived ones, and young connections
 * are left alone.
 */
#ifndef P2P_STACK_CONNMGR_H
#define P2P_STACK_CONNMGR_H

#include "base/types.h"

struct p2p__swarm;

/* Sets the manager of a swarm up; nothing is scheduled yet. */
void p2p__connmgr_init(struct p2p__swarm *s);

/* Ends it. */
void p2p__connmgr_fini(struct p2p__swarm *s);

/* After a connection opened: schedules a trim when there are too many. */
void p2p__connmgr_check(struct p2p__swarm *s, p2p_ns now);

#endif
