/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages between peers and a rendezvous point, both ways. Spec: libp2p
 * rendezvous (r3), "Protobuf". */
#ifndef P2P_PROTO_RENDEZVOUS_MSG_H
#define P2P_PROTO_RENDEZVOUS_MSG_H

#include "proto/rendezvous/caps.h"
#include "wire/pb.h"

#define P2P__RENDEZVOUS_PROTOCOL "/rendezvous/1.0.0"

/* How long an answer may take. */
#define P2P__RENDEZVOUS_TIMEOUT P2P__SEC(15)

enum p2p__rendezvous_type {
    P2P__RENDEZVOUS_REGISTER = 0,
    P2P__RENDEZVOUS_REGISTERED = 1, /* REGISTER_RESPONSE */
    P2P__RENDEZVOUS_UNREGISTER = 2,
    P2P__RENDEZVOUS_DISCOVER = 3,
    P2P__RENDEZVOUS_DISCOVERED = 4 /* DISCOVER_RESPONSE */
};

enum p2p__rendezvous_status {
    P2P__RENDEZVOUS_OK = 0,
    P2P__RENDEZVOUS_INVALID_NAMESPACE = 100,
    P2P__RENDEZVOUS_INVALID_RECORD = 101,
    P2P__RENDEZVOUS_INVALID_TTL = 102,
    P2P__RENDEZVOUS_INVALID_COOKIE = 103,
    P2P__RENDEZVOUS_NOT_AUTHORIZED = 200,
    P2P__RENDEZVOUS_INTERNAL_ERROR = 300,
    P2P__RENDEZVOUS_UNAVAILABLE = 400
};

/* A message; members that its type does not have are empty. */
struct p2p__rendezvous_msg {
    enum p2p__rendezvous_type type;
    struct p2p__slice ns;     /* empty: none, which DISCOVER takes for all */
    struct p2p__slice record; /* REGISTER: a signed peer record */
    uint64_t ttl_s;           /* REGISTER and its answer; 0: not said */
    uint64_t limit;           /* DISCOVER; 0: not said */
    struct p2p__slice cookie; /* DISCOVER and its answer */
    uint64_t status;          /* answers: an enum p2p__rendezvous_status */
    struct p2p__slice text;   /* answers: why */
    struct p2p__slice found;  /* DISCOVERED: walk over it */
};

/*
 * Reads a message, borrowed.
 * Errors: P2P_EFORMAT (no protobuf, no type, or not what its type needs).
 */
int p2p__rendezvous_msg_read(struct p2p__slice in,
                             struct p2p__rendezvous_msg *msg);

/* Appends a message behind its length; not `found`. */
void p2p__rendezvous_msg_write(struct p2p__pbw *w,
                               const struct p2p__rendezvous_msg *msg);

/* A request behind its length, in memory of its own: p2p__slice_drop() it.
 * Errors: P2P_ETOOBIG, P2P_ENOMEM. */
int p2p__rendezvous_request(const struct p2p__rendezvous_msg *msg,
                            struct p2p__slice *out);

/*
 * Reads the answer to a request of that type, borrowed; to UNREGISTER there is
 * none, and its is empty. Errors: those of p2p__rendezvous_msg_read(),
 * P2P_EPROTO (it answers something else).
 */
int p2p__rendezvous_answer(struct p2p__slice in,
                           enum p2p__rendezvous_type request,
                           struct p2p__rendezvous_msg *msg);

/* A message that is being written. */
struct p2p__rendezvous_open {
    size_t frame;
    size_t nested;
};

/* Begins a message behind its length: that of a DISCOVERED can have what
 * p2p__rendezvous_msg_found() appends before the rest closes it. */
void p2p__rendezvous_msg_open(struct p2p__pbw *w,
                              enum p2p__rendezvous_type type,
                              struct p2p__rendezvous_open *open);

/* Appends the members of a message of that type, and ends it. */
void p2p__rendezvous_msg_close(struct p2p__pbw *w,
                               const struct p2p__rendezvous_open *open,
                               const struct p2p__rendezvous_msg *msg);

/* One of the registrations of an answer. */
struct p2p__rendezvous_found {
    struct p2p__slice ns;
    struct p2p__slice record;
    uint64_t ttl_s;
};

/* Appends one registration to an answer that is open. */
void p2p__rendezvous_msg_found(struct p2p__pbw *w,
                               const struct p2p__rendezvous_found *one);

/* A walk over those of an answer. */
struct p2p__rendezvous_walk {
    struct p2p__pb fields;
    size_t seen;
};

/* Begins a walk over the `found` of a message that stays as it is. */
void p2p__rendezvous_walk_init(struct p2p__rendezvous_walk *walk,
                               const struct p2p__rendezvous_msg *msg);

/* The next one; false at the end, at what is malformed, or at the cap. */
bool p2p__rendezvous_walk_next(struct p2p__rendezvous_walk *walk,
                               struct p2p__rendezvous_found *one);

#endif
