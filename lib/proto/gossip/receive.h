/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages that arrive, from their bytes to a verdict. Private to this
 * folder. */
#ifndef P2P_PROTO_GOSSIP_RECEIVE_H
#define P2P_PROTO_GOSSIP_RECEIVE_H

#include "proto/gossip/state.h"

/* What has become of a message: marks in g->seen. */
enum p2p__gossip_fate {
    P2P__GOSSIP_UNDECIDED,
    P2P__GOSSIP_VALID,
    P2P__GOSSIP_INVALID,
    P2P__GOSSIP_IGNORED
};

/*
 * Deals with a Message. Returns 1 when it cost a signature check, 0 when it
 * did not. Errors: P2P_ELIMIT, P2P_ENOMEM: it was dropped.
 */
int p2p__gossip_on_message(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                           const struct p2p__slice *body, p2p_ns now);

/* Marks the id as seen, whatever comes of it. Errors: P2P_ENOMEM,
 * P2P_ELIMIT. */
int p2p__gossip_see(struct p2p__gossip *g, const struct p2p__gossip_msg *msg,
                    p2p_ns now);

/* The last word on a message that is listed, with its rewards and penalties;
 * an accepted one is forwarded. */
void p2p__gossip_decide(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                        enum p2p__gossip_verdict verdict, p2p_ns now);

/* Lets a message wait for the application. Errors: P2P_ELIMIT, P2P_ENOMEM. */
int p2p__gossip_pend(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                     p2p_ns now);

/* Ignores the messages for which the application is too late. */
void p2p__gossip_pending_expire(struct p2p__gossip *g, p2p_ns now);

/* Drops all that waits: the end of g alone. */
void p2p__gossip_pending_fini(struct p2p__gossip *g);

#endif
