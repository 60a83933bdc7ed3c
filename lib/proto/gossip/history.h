/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The message cache of v1.0: the last heartbeats' messages, to answer IWANT
 * and to be named in IHAVE; and those that wait for the application, which
 * answer nothing yet but are known. Private to this folder.
 */
#ifndef P2P_PROTO_GOSSIP_HISTORY_H
#define P2P_PROTO_GOSSIP_HISTORY_H

#include "proto/gossip/state.h"

/* The message whose link this is. */
#define P2P__MSG(ptr, field) P2P__CONTAINER(ptr, struct p2p__gossip_msg, field)

/* Makes the message findable by its ids. Counts a reference.
 * Errors: P2P_ENOMEM. */
int p2p__gossip_history_list(struct p2p__gossip *g,
                             struct p2p__gossip_msg *msg);

/* Makes it unfindable again; drops the reference. */
void p2p__gossip_history_unlist(struct p2p__gossip *g,
                                struct p2p__gossip_msg *msg);

/* The message with this fingerprint, of either kind of id, or NULL. */
struct p2p__gossip_msg *p2p__gossip_history_find(
    const struct p2p__gossip *g, const struct p2p__gossip_fp *fp);

/* Puts a listed message into the window; the oldest make room at the cap. */
void p2p__gossip_history_put(struct p2p__gossip *g,
                             struct p2p__gossip_msg *msg);

/* g->beat went up: drops what is too old. */
void p2p__gossip_history_shift(struct p2p__gossip *g);

/* Drops everything: the end of g alone. */
void p2p__gossip_history_fini(struct p2p__gossip *g);

#endif
