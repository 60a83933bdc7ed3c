/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages of AutoNAT v2. Spec: libp2p autonat-v2, "RPC Messages". */
#ifndef P2P_PROTO_AUTONAT_MSG_V2_H
#define P2P_PROTO_AUTONAT_MSG_V2_H

#include "proto/autonat/caps.h"
#include "proto/autonat/told.h"

#define P2P__AUTONAT_V2_REQUEST_PROTOCOL "/libp2p/autonat/2/dial-request"
#define P2P__AUTONAT_V2_BACK_PROTOCOL    "/libp2p/autonat/2/dial-back"

enum p2p__autonat_v2_type {
    P2P__AUTONAT_V2_REQUEST = 1,
    P2P__AUTONAT_V2_RESPONSE = 2,
    P2P__AUTONAT_V2_DATA_REQUEST = 3,
    P2P__AUTONAT_V2_DATA = 4
};

enum p2p__autonat_v2_status {
    P2P__AUTONAT_V2_INTERNAL_ERROR = 0,
    P2P__AUTONAT_V2_REQUEST_REJECTED = 100,
    P2P__AUTONAT_V2_DIAL_REFUSED = 101,
    P2P__AUTONAT_V2_OK = 200
};

enum p2p__autonat_v2_dial {
    P2P__AUTONAT_V2_DIAL_UNUSED = 0,
    P2P__AUTONAT_V2_DIAL_ERROR = 100,
    P2P__AUTONAT_V2_DIAL_BACK_ERROR = 101,
    P2P__AUTONAT_V2_DIAL_OK = 200
};

/* A message; members that its type does not have are 0. */
struct p2p__autonat_v2_msg {
    enum p2p__autonat_v2_type type;
    struct p2p__autonat_told addrs; /* REQUEST */
    uint64_t nonce;                 /* REQUEST */
    uint64_t status;                /* RESPONSE: a p2p__autonat_v2_status */
    uint64_t index;                 /* RESPONSE, DATA_REQUEST: of an address */
    uint64_t dial;                  /* RESPONSE: a p2p__autonat_v2_dial */
    uint64_t bytes;                 /* DATA_REQUEST; of DATA: what it has */
};

/* Reads a message, borrowed. Errors: P2P_EFORMAT (no protobuf, none of these
 * types). */
int p2p__autonat_v2_read(struct p2p__slice in, struct p2p__autonat_v2_msg *msg);

/* Appends a request behind its length. */
void p2p__autonat_v2_write_request(struct p2p__pbw *w,
                                   const struct p2p_multiaddr *addrs,
                                   size_t n_addrs, uint64_t nonce);

/* Appends an answer, or a request for data, behind its length. */
void p2p__autonat_v2_write(struct p2p__pbw *w,
                           const struct p2p__autonat_v2_msg *msg);

/* Appends the head of a message with `bytes` of data, behind its length: the
 * data is the caller's to put behind. */
void p2p__autonat_v2_write_data_head(struct p2p__pbw *w, size_t bytes);

/* A message on a dial-back stream, and the answer to it. Reading fails with
 * P2P_EFORMAT. */
void p2p__autonat_v2_write_back(struct p2p__pbw *w, uint64_t nonce);
int p2p__autonat_v2_read_back(struct p2p__slice in, uint64_t *nonce);

#endif
