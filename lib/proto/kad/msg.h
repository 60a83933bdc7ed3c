/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages of the DHT, both ways. Spec: libp2p kad-dht, "RPC messages". */
#ifndef P2P_PROTO_KAD_MSG_H
#define P2P_PROTO_KAD_MSG_H

#include "proto/kad/addrs.h"

#define P2P__KAD_PROTOCOL "/kad/1.0.0" /* behind a prefix */
#define P2P__KAD_PREFIX   "/ipfs"      /* that of the public network */

enum p2p__kad_type {
    P2P__KAD_PUT_VALUE = 0,
    P2P__KAD_GET_VALUE = 1,
    P2P__KAD_ADD_PROVIDER = 2,
    P2P__KAD_GET_PROVIDERS = 3,
    P2P__KAD_FIND_NODE = 4,
    P2P__KAD_PING = 5
};

/* A message; its peers are in `peers`, to be walked over. */
struct p2p__kad_msg {
    enum p2p__kad_type type;
    struct p2p__slice key;
    bool has_record;
    struct p2p__slice record_key;
    struct p2p__slice value;
    struct p2p__slice peers;
};

/* Which peers of a message: its field. */
enum p2p__kad_list { P2P__KAD_CLOSER = 8, P2P__KAD_PROVIDERS = 9 };

/*
 * Reads a message, borrowed.
 * Errors: P2P_EFORMAT (no protobuf, or of no type that is known), P2P_ETOOBIG
 * (its key).
 */
int p2p__kad_msg_read(struct p2p__slice in, struct p2p__kad_msg *msg);

/* Appends a message behind its length; not `peers`. */
void p2p__kad_msg_write(struct p2p__pbw *w, const struct p2p__kad_msg *msg);

/* Begins a message behind its length, without peers: those appended until
 * p2p__pbw_close() of the mark that is returned belong to it. */
size_t p2p__kad_msg_open(struct p2p__pbw *w, const struct p2p__kad_msg *msg);

/* Appends a peer to a message that is open. */
void p2p__kad_msg_peer(struct p2p__pbw *w, enum p2p__kad_list list,
                       const struct p2p_peer_id *id,
                       const struct p2p__kad_addrs *addrs);

/* A walk over the peers of a message that stays as it is. */
struct p2p__kad_walk {
    struct p2p__pb fields;
    enum p2p__kad_list list;
    enum p2p__addr_class whose;
    size_t left;
};

/* Begins one over a list; `whose` is the class of the address of who sent the
 * message: see p2p__kad_addr_fits(). */
void p2p__kad_walk_init(struct p2p__kad_walk *walk,
                        const struct p2p__kad_msg *msg, enum p2p__kad_list list,
                        enum p2p__addr_class whose);

/* The next peer, without those of its addresses that do not fit; malformed ones
 * are passed over. False at the end, or at the cap. */
bool p2p__kad_walk_next(struct p2p__kad_walk *walk, struct p2p__kad_peer *peer);

#endif
