/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Topics: names that we or a peer are interested in. A topic goes away when
 * nobody refers to it. Private to this folder. */
#ifndef P2P_PROTO_GOSSIP_TOPIC_H
#define P2P_PROTO_GOSSIP_TOPIC_H

#include "proto/gossip/state.h"

/* The topic of this name, or NULL. */
struct p2p__gossip_topic *p2p__gossip_topic_find(const struct p2p__gossip *g,
                                                 const void *name, size_t len);

/*
 * The topic of this name, made if there is none; give it a reason to live or
 * p2p__gossip_topic_check() it. `ours`: not for a peer, so no cap.
 * Errors: P2P_EINVAL (name), P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__gossip_topic_get(struct p2p__gossip *g, const struct p2p__slice *name,
                          bool ours, struct p2p__gossip_topic **out);

/* Frees the topic if nothing needs it any more. */
void p2p__gossip_topic_check(struct p2p__gossip *g,
                             struct p2p__gossip_topic *t);

/* Counts a reference. */
struct p2p__gossip_topic *p2p__gossip_topic_ref(struct p2p__gossip_topic *t);

/* Drops one; the last frees, if nothing else needs the topic. */
void p2p__gossip_topic_unref(struct p2p__gossip *g,
                             struct p2p__gossip_topic *t);

/* Sets the topic's own score parameters. Errors: P2P_ENOMEM. */
int p2p__gossip_topic_set_score(struct p2p__gossip_topic *t,
                                const struct p2p__gossip_topic_score *score);

/* The topic's score parameters. */
const struct p2p__gossip_topic_score *p2p__gossip_topic_score(
    const struct p2p__gossip *g, const struct p2p__gossip_topic *t);

/* Frees a topic whatever refers to it: the end of g alone. */
void p2p__gossip_topic_free(struct p2p__gossip *g, struct p2p__gossip_topic *t);

#endif
