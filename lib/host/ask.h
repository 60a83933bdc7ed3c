/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One question to a peer, on a stream of its own, and the answer to it. */
#ifndef P2P_HOST_ASK_H
#define P2P_HOST_ASK_H

#include "host/internal.h"

struct p2p__host_ask;

/* How it ended: status 0 and the answer, borrowed for the call, or, if none was
 * awaited, nothing: the peer takes the protocol, had all, and ended the stream;
 * or a negative status. Once, and never in the call that
 * asked. The question is gone afterwards. */
typedef void (*p2p__answered)(void *user, int status, struct p2p__slice answer,
                              p2p_ns now);

struct p2p__ask_want {
    const struct p2p_peer_id *peer; /* borrowed for the call */
    const char *protocol;           /* a constant */
    enum p2p__path path;
    struct p2p__slice request; /* its length before it, with a slab; taken,
                                * whatever comes of it */
    size_t cap;                /* of the answer; 0: none is awaited */
    p2p_ns timeout;            /* from now on */
};

/*
 * Asks a peer, dialing it if need be. *out is good until `done`; may be NULL.
 * Errors: P2P_ENOADDR, P2P_ELIMIT, P2P_ENOMEM; `done` is not called then.
 */
int p2p__host_ask(struct p2p_host *h, const struct p2p__ask_want *want,
                  p2p__answered done, void *user, struct p2p__host_ask **out);

/* Gives it up: `done` is not called. */
void p2p__host_ask_cancel(struct p2p__host_ask *ask);

#endif
