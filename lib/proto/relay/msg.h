/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The messages of circuit relay v2. Hop is spoken between a client and its
 * relay, stop between the relay and the peer at the other end; the two number
 * types and fields differently, which is hidden here.
 * Spec: libp2p circuit relay v2, "Protobuf".
 */
#ifndef P2P_PROTO_RELAY_MSG_H
#define P2P_PROTO_RELAY_MSG_H

#include "p2p/multiaddr.h"
#include "proto/relay/caps.h"
#include "wire/pb.h"

#define P2P__RELAY_HOP_PROTOCOL  "/libp2p/circuit/relay/0.2.0/hop"
#define P2P__RELAY_STOP_PROTOCOL "/libp2p/circuit/relay/0.2.0/stop"

/* Which of the two protocols a message is of. */
enum p2p__relay_kind { P2P__RELAY_HOP, P2P__RELAY_STOP };

enum p2p__relay_type {
    P2P__RELAY_RESERVE, /* hop alone */
    P2P__RELAY_CONNECT,
    P2P__RELAY_STATUS,
    P2P__RELAY_UNKNOWN
};

enum p2p__relay_status {
    P2P__RELAY_UNUSED = 0,
    P2P__RELAY_OK = 100,
    P2P__RELAY_RESERVATION_REFUSED = 200,
    P2P__RELAY_RESOURCE_LIMIT_EXCEEDED = 201,
    P2P__RELAY_PERMISSION_DENIED = 202,
    P2P__RELAY_CONNECTION_FAILED = 203,
    P2P__RELAY_NO_RESERVATION = 204,
    P2P__RELAY_MALFORMED_MESSAGE = 400,
    P2P__RELAY_UNEXPECTED_MESSAGE = 401
};

/* What a relayed connection may do; without one it is like any other. */
struct p2p__relay_limit {
    bool given;
    uint32_t duration_s; /* 0: no limit */
    uint64_t data_bytes; /* each way; 0: no limit */
};

/* Whether it ends a circuit at some time, or after some bytes. */
static inline bool p2p__relay_limit_cuts(const struct p2p__relay_limit *l)
{
    return l->given && (l->duration_s > 0 || l->data_bytes > 0);
}

/* What a relay granted: read into slices of the message, written from them. */
struct p2p__relay_reservation {
    bool given;
    uint64_t expire_s;                 /* seconds since 1970 */
    struct p2p__slice voucher;         /* empty: none */
    const struct p2p_multiaddr *addrs; /* to be written; NULL when read */
    size_t n_addrs;
    struct p2p__slice fields; /* read: for p2p__relay_next_addr() */
};

struct p2p__relay_msg {
    enum p2p__relay_type type;
    struct p2p_peer_id peer; /* len 0: none */
    struct p2p__relay_reservation reservation;
    struct p2p__relay_limit limit;
    uint64_t status; /* enum p2p__relay_status, or one that is not known */
};

/* A walk over the addresses of a reservation that was read. */
struct p2p__relay_walk {
    struct p2p__pb fields;
    size_t seen;
};

/* Reads a message, borrowed: the slices are parts of it. Errors: P2P_EFORMAT.
 */
int p2p__relay_msg_read(enum p2p__relay_kind kind, struct p2p__slice in,
                        struct p2p__relay_msg *msg);

/* Writes a message behind its length. */
void p2p__relay_msg_write(struct p2p__pbw *w, enum p2p__relay_kind kind,
                          const struct p2p__relay_msg *msg);

/* Begins a walk over a reservation that stays as it is. */
void p2p__relay_walk_init(struct p2p__relay_walk *walk,
                          const struct p2p__relay_reservation *r);

/* The next address that is one; false at the end, or at the cap. */
bool p2p__relay_next_addr(struct p2p__relay_walk *walk,
                          struct p2p_multiaddr *ma);

/* What a status means to whom it was said: 0 or a negative code. */
int p2p__relay_error(uint64_t status);

/* The text of a status: "no reservation". */
const char *p2p__relay_status_text(uint64_t status);

#endif
