/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ties a protocol's core (port/proto.h) to a stream. */
#ifndef P2P_HOST_ATTACH_H
#define P2P_HOST_ATTACH_H

#include "base/turn.h"
#include "host/internal.h"
#include "port/proto.h"

/* What the owner of a core does; both are required. */
struct p2p__attach_cb {
    /* After each call on the core: pull its events. */
    void (*events)(void *user, p2p_ns now);
    /* The stream is gone, the core about to be ended: once and last. */
    void (*done)(void *user, int status, p2p_ns now);
};

struct p2p__attach {
    struct p2p__job job; /* the core's owner */
    struct p2p__timer timer;
    struct p2p_stream *stream; /* NULL: not there yet, or gone */
    const struct p2p__proto_ops *ops;
    void *core;
    const struct p2p__attach_cb *cb;
    void *user;
    struct p2p__slice pending; /* a chunk that the stream had no room for */
    bool finished;             /* tx said P2P__PROTO_FIN */
    bool ready;                /* the core is initialised */
    bool agreed;               /* the peer took the protocol */
};

/* Sets the job up, so that a core can be initialised with it as its owner. */
void p2p__attach_init(struct p2p__attach *a, struct p2p_host *h,
                      const struct p2p__attach_cb *cb, void *user);

/* Starts: from now on the stream feeds the initialised core. */
void p2p__attach_start(struct p2p__attach *a, struct p2p_stream *s,
                       const struct p2p__proto_ops *ops, void *core);

/* Ends job and timer; resets the stream, if there is one, without a `done`. */
void p2p__attach_fini(struct p2p__attach *a);

#endif
