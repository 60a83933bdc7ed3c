/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages of AutoNAT v1. Spec: libp2p autonat-v1, "RPC messages". */
#ifndef P2P_PROTO_AUTONAT_MSG_V1_H
#define P2P_PROTO_AUTONAT_MSG_V1_H

#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"
#include "proto/autonat/caps.h"
#include "proto/autonat/told.h"

#define P2P__AUTONAT_V1_PROTOCOL "/libp2p/autonat/1.0.0"

enum p2p__autonat_v1_type {
    P2P__AUTONAT_V1_DIAL = 0,
    P2P__AUTONAT_V1_RESPONSE = 1
};

enum p2p__autonat_v1_status {
    P2P__AUTONAT_V1_OK = 0,
    P2P__AUTONAT_V1_DIAL_ERROR = 100,
    P2P__AUTONAT_V1_DIAL_REFUSED = 101,
    P2P__AUTONAT_V1_BAD_REQUEST = 200,
    P2P__AUTONAT_V1_INTERNAL_ERROR = 300
};

/* A message; members that its type does not have are empty. */
struct p2p__autonat_v1_msg {
    enum p2p__autonat_v1_type type;
    struct p2p__slice peer;         /* DIAL: who asks; empty: not said */
    struct p2p__autonat_told addrs; /* DIAL: where to dial it */
    uint64_t status;                /* RESPONSE: a p2p__autonat_v1_status */
    struct p2p_multiaddr addr;      /* RESPONSE: the one that was dialed */
};

/* Reads a message, borrowed. Errors: P2P_EFORMAT (no protobuf, no message of
 * this protocol). */
int p2p__autonat_v1_read(struct p2p__slice in, struct p2p__autonat_v1_msg *msg);

/* Appends a request of `self` to be dialed, behind its length. */
void p2p__autonat_v1_write_dial(struct p2p__pbw *w,
                                const struct p2p_peer_id *self,
                                const struct p2p_multiaddr *addrs,
                                size_t n_addrs);

/* Appends an answer behind its length; `addr` (or NULL) is what was dialed. */
void p2p__autonat_v1_write_response(struct p2p__pbw *w,
                                    enum p2p__autonat_v1_status status,
                                    const struct p2p_multiaddr *addr);

#endif
