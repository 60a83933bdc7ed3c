/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Events that wait to be pulled. Private to this folder. */
#ifndef P2P_PROTO_GOSSIP_EVENT_H
#define P2P_PROTO_GOSSIP_EVENT_H

#include "proto/gossip/state.h"

/* Notes that something happened to a peer in a topic (or in none: NULL).
 * It is lost without memory, or when twice the cap wait. */
void p2p__gossip_event_push(struct p2p__gossip *g,
                            enum p2p__gossip_ev_type type,
                            const struct p2p__gossip_peer *peer,
                            struct p2p__gossip_topic *topic);

/* Notes a new message. Errors: P2P_ENOMEM, P2P_ELIMIT. */
int p2p__gossip_event_message(struct p2p__gossip *g,
                              const struct p2p__gossip_peer *via,
                              struct p2p__gossip_msg *msg);

/* Gives the room back if no event waits. */
void p2p__gossip_events_shrink(struct p2p__gossip *g);

/* Drops all events: the end of g alone. */
void p2p__gossip_events_fini(struct p2p__gossip *g);

#endif
