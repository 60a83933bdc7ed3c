/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Members: one peer in one topic. Private to this folder. */
#ifndef P2P_PROTO_GOSSIP_MEMBER_H
#define P2P_PROTO_GOSSIP_MEMBER_H

#include "proto/gossip/state.h"

/* What we know of the peer in the topic, or NULL. */
struct p2p__gossip_member *p2p__gossip_member_find(
    const struct p2p__gossip *g, const struct p2p__gossip_peer *peer,
    const struct p2p__gossip_topic *topic);

/* The same, made if there is nothing yet; p2p__gossip_member_check() it when
 * nothing was noted in it. Errors: P2P_ELIMIT, P2P_ENOMEM. */
int p2p__gossip_member_get(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                           struct p2p__gossip_topic *topic,
                           struct p2p__gossip_member **out);

/* Frees the member if it says nothing any more at `now`. */
void p2p__gossip_member_check(struct p2p__gossip *g,
                              struct p2p__gossip_member *m, p2p_ns now);

/* The peer says that it is subscribed, or that it is no more. */
void p2p__gossip_member_said(struct p2p__gossip_member *m, bool said);

/* A peer that said so and may comes in: it stands on the topic's lists. */
void p2p__gossip_member_enter(struct p2p__gossip_member *m);

/* The peer unsubscribed, may no more, or is gone: it stands on none. */
void p2p__gossip_member_leave(struct p2p__gossip_member *m);

/* Puts a subscribed member into the mesh or the fan-out, or takes it out. */
void p2p__gossip_member_place(struct p2p__gossip_member *m,
                              enum p2p__gossip_place place);

/* What its peer is to be told about the topic's mesh. */
void p2p__gossip_member_say(struct p2p__gossip *g, struct p2p__gossip_member *m,
                            enum p2p__gossip_word word);

/* Frees a member from any state. */
void p2p__gossip_member_free(struct p2p__gossip *g,
                             struct p2p__gossip_member *m);

/* The member whose link this is. */
#define P2P__MEMBER(ptr, field) \
    P2P__CONTAINER(ptr, struct p2p__gossip_member, field)

#endif
