/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages: one slab each, counted by history, queues, events. Private to
 * this folder. */
#ifndef P2P_PROTO_GOSSIP_MSG_H
#define P2P_PROTO_GOSSIP_MSG_H

#include "proto/gossip/rpc.h"
#include "proto/gossip/state.h"

/* The ids of a message, before there is one. */
struct p2p__gossip_ids {
    struct p2p__gossip_fp fp, alias;
    size_t len, alias_len; /* alias 0: none */
    uint8_t id[P2P__CAP_GOSSIP_ID];
    uint8_t alias_id[P2P__CAP_GOSSIP_ID];
};

/* Computes them. Errors: P2P_EFORMAT: no id, so no message. */
int p2p__gossip_ids_of(const struct p2p__gossip *g,
                       const struct p2p__gossip_view *v,
                       struct p2p__gossip_ids *out);

/*
 * A message out of an encoded Message, copied once, into the frame that goes
 * to all peers. It has one reference, the caller's.
 * Errors: P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__gossip_msg_new(struct p2p__gossip *g, const struct p2p__rpc_msg *in,
                        const struct p2p__gossip_ids *ids,
                        struct p2p__gossip_topic *topic,
                        struct p2p__gossip_msg **out);

/* Counts a reference. */
struct p2p__gossip_msg *p2p__gossip_msg_ref(struct p2p__gossip_msg *msg);

/* Drops one; the last frees and gives the quota back. */
void p2p__gossip_msg_unref(struct p2p__gossip *g, struct p2p__gossip_msg *msg);

/* The id as the peer would compute it. */
struct p2p__slice p2p__gossip_msg_id(const struct p2p__gossip_msg *msg,
                                     const struct p2p__gossip_peer *peer);

/* Bytes of the frame. */
static inline uint32_t p2p__gossip_msg_bytes(const struct p2p__gossip_msg *m)
{
    return m->slab->cap;
}

/* What the message knows of a peer, or NULL. */
struct p2p__gossip_who *p2p__gossip_msg_who(const struct p2p__gossip_msg *msg,
                                            uint64_t serial);

/* The same, made if there is nothing yet; NULL without memory. */
struct p2p__gossip_who *p2p__gossip_msg_note(struct p2p__gossip *g,
                                             struct p2p__gossip_msg *msg,
                                             uint64_t serial);

/* Whether the peer need not be sent the message: it sent it to us. */
bool p2p__gossip_msg_has(const struct p2p__gossip_msg *msg, uint64_t serial);

/* The n-th peer that the message knows something of. */
struct p2p__gossip_who *p2p__gossip_msg_nth(const struct p2p__gossip_msg *msg,
                                            uint32_t n);

#endif
