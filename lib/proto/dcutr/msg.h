/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The messages of DCUtR: CONNECT with addresses, and SYNC.
 * Spec: libp2p DCUtR (r1), "RPC messages".
 */
#ifndef P2P_PROTO_DCUTR_MSG_H
#define P2P_PROTO_DCUTR_MSG_H

#include "p2p/multiaddr.h"
#include "proto/dcutr/caps.h"
#include "wire/pb.h"

#define P2P__DCUTR_PROTOCOL "/libp2p/dcutr"

/* Room for a message that we write, behind its length. */
#define P2P__DCUTR_MESSAGE_ROOM \
    (16U + P2P__CAP_DCUTR_ADDRS * (P2P__CAP_DCUTR_ADDR_BYTES + 3U))

enum p2p__dcutr_type {
    P2P__DCUTR_UNKNOWN = 0,
    P2P__DCUTR_CONNECT = 100,
    P2P__DCUTR_SYNC = 300
};

/* Which addresses are of use to whoever wants to get through NATs. */
enum p2p__dcutr_reach {
    P2P__DCUTR_PUBLIC, /* public IP addresses alone */
    P2P__DCUTR_ALL     /* all that are of one machine: for labs */
};

/* A list of addresses with its cap. */
struct p2p__dcutr_addrs {
    size_t n;
    struct p2p_multiaddr list[P2P__CAP_DCUTR_ADDRS];
};

/* Whether an address may be dialed, or told to be: an IP address and a port,
 * no name and no relay. */
bool p2p__dcutr_is_usable(const struct p2p_multiaddr *ma,
                          enum p2p__dcutr_reach reach);

/* Adds an address, without /p2p, that is usable, short and not there yet, if
 * there is room. Whether it did. */
bool p2p__dcutr_add(struct p2p__dcutr_addrs *to, const struct p2p_multiaddr *ma,
                    enum p2p__dcutr_reach reach);

/* Reads a message, borrowed; of its addresses those that are usable.
 * Errors: P2P_EFORMAT. */
int p2p__dcutr_msg_read(struct p2p__slice in, enum p2p__dcutr_reach reach,
                        enum p2p__dcutr_type *type,
                        struct p2p__dcutr_addrs *addrs);

/* Writes a message behind its length; a SYNC has no addresses (NULL). */
void p2p__dcutr_msg_write(struct p2p__pbw *w, enum p2p__dcutr_type type,
                          const struct p2p__dcutr_addrs *addrs);

#endif
