/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Promises: a peer said IHAVE, we asked for the message, and it is to come
 * within promise_ms; else P7. Of each IWANT one id, at random, is watched, as
 * v1.1 "Spam Protection Measures" has it. Private to this folder.
 */
#ifndef P2P_PROTO_GOSSIP_PROMISE_H
#define P2P_PROTO_GOSSIP_PROMISE_H

#include "proto/gossip/state.h"

/* Notes that the peer owes us this message. At a cap nothing is noted. */
void p2p__gossip_promise_add(struct p2p__gossip *g,
                             const struct p2p__gossip_peer *peer,
                             const struct p2p__gossip_fp *fp, p2p_ns now);

/* The message came, from whomever: nobody owes it any more. */
void p2p__gossip_promise_kept(struct p2p__gossip *g,
                              const struct p2p__gossip_fp *fp);

/* The peer owes us nothing any more: we would not take it. */
void p2p__gossip_promise_forgive(struct p2p__gossip *g,
                                 const struct p2p__gossip_peer *peer);

/* Punishes those whose time is over. */
void p2p__gossip_promise_beat(struct p2p__gossip *g, p2p_ns now);

/* Drops all promises: the end of g alone. */
void p2p__gossip_promise_fini(struct p2p__gossip *g);

#endif
