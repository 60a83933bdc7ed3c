/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The RPC protobuf of pubsub/README and gossipsub 1.0-1.3: what is read of it
 * and how it is written. Unknown fields are skipped, but in a Message, where
 * they are under the signature and are passed on.
 */
#ifndef P2P_PROTO_GOSSIP_RPC_H
#define P2P_PROTO_GOSSIP_RPC_H

#include "proto/gossip/gossip.h"
#include "wire/pb.h"

/* Field numbers. */
enum {
    P2P__RPC_SUBSCRIPTIONS = 1,
    P2P__RPC_PUBLISH = 2,
    P2P__RPC_CONTROL = 3,

    P2P__RPC_SUB_SUBSCRIBE = 1,
    P2P__RPC_SUB_TOPIC = 2,

    P2P__RPC_MSG_FROM = 1,
    P2P__RPC_MSG_DATA = 2,
    P2P__RPC_MSG_SEQNO = 3,
    P2P__RPC_MSG_TOPIC = 4,
    P2P__RPC_MSG_SIGNATURE = 5,
    P2P__RPC_MSG_KEY = 6,

    P2P__RPC_CTL_IHAVE = 1,
    P2P__RPC_CTL_IWANT = 2,
    P2P__RPC_CTL_GRAFT = 3,
    P2P__RPC_CTL_PRUNE = 4,
    P2P__RPC_CTL_IDONTWANT = 5,

    P2P__RPC_TOPIC = 1, /* in IHAVE, GRAFT, PRUNE */
    P2P__RPC_IHAVE_IDS = 2,
    P2P__RPC_IWANT_IDS = 1,     /* and in IDONTWANT */
    P2P__RPC_PRUNE_BACKOFF = 3, /* seconds; field 2 is PX: not read */
};

/* A SubOpts. */
struct p2p__rpc_sub {
    struct p2p__slice topic;
    bool subscribe;
};

/* Reads a SubOpts. Errors: P2P_EFORMAT. */
int p2p__rpc_sub_read(struct p2p__slice body, struct p2p__rpc_sub *out);

/* A Message as it was received. */
struct p2p__rpc_msg {
    struct p2p__gossip_view view; /* parts of `body` */
    struct p2p__slice body;       /* the whole Message */
    size_t signed_len;            /* bytes of body before signature and key */
    struct p2p__slice extra;      /* unknown fields behind them, signed too */
    uint8_t present;              /* bit n: field n is there, perhaps empty */
};

static inline bool p2p__rpc_msg_has(const struct p2p__rpc_msg *m, unsigned f)
{
    return (m->present >> f & 1U) != 0;
}

/*
 * Reads a Message. It must be in the one encoding that every implementation
 * writes: fields once, in order, shortest lengths. Others verify signatures
 * over their own re-encoding: what they would read otherwise than we do must
 * not be passed on by us. Errors: P2P_EFORMAT.
 */
int p2p__rpc_msg_read(struct p2p__slice body, struct p2p__rpc_msg *out);

/* The topic of an IHAVE, GRAFT or PRUNE; and PRUNE's back-off, 0 if absent. */
struct p2p__rpc_topic {
    struct p2p__slice topic;
    uint64_t backoff_s;
};

/* Reads them. Errors: P2P_EFORMAT. */
int p2p__rpc_topic_read(struct p2p__slice body, struct p2p__rpc_topic *out);

/* The next id (field `num`) of an IHAVE, IWANT or IDONTWANT; false at the end
 * or when r->err was set. */
bool p2p__rpc_id_next(struct p2p__pb *r, uint32_t num, struct p2p__slice *id);

#endif
