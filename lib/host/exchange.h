/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The beginning of a hop or stop stream: one request, one status. Afterwards
 * the owner takes the stream, which is a circuit then, or lets it end.
 *
 * Bytes that come behind the message belong to the circuit: they wait, charged
 * to the peer at the other end, whose window they fill.
 */
#ifndef P2P_HOST_EXCHANGE_H
#define P2P_HOST_EXCHANGE_H

#include "base/sendq.h"
#include "host/internal.h"
#include "proto/relay/answer.h"
#include "proto/relay/ask.h"

/* What happens; all are required. */
struct p2p__exchange_cb {
    /* The request, or the status to ours; borrowed for the call. */
    void (*heard)(void *user, const struct p2p__relay_msg *msg, p2p_ns now);
    /* Our status is on its way: what follows is the circuit's. */
    void (*said)(void *user, p2p_ns now);
    /* The stream ended before it was taken: last. */
    void (*ended)(void *user, int status, p2p_ns now);
};

/* All members are private. */
struct p2p__exchange {
    struct p2p__job job;
    struct p2p__timer timer;
    struct p2p_host *host;
    struct p2p_stream *stream; /* NULL: none, or taken */
    struct p2p__peer *peer;    /* counted, until fini */
    const struct p2p__exchange_cb *cb;
    void *user;
    bool asks;
    bool finished;             /* the peer sends no more */
    bool spoke;                /* what we have to say is all here */
    struct p2p__slice pending; /* a message that the stream had no room for */
    struct p2p__sendq rest;    /* what came behind the message */
    union {
        struct p2p__relay_ask ask;
        struct p2p__relay_answer answer;
    } core;
};

/* Nothing yet. fini is harmless from now on. */
void p2p__exchange_init(struct p2p__exchange *x, struct p2p_host *h,
                        const struct p2p__exchange_cb *cb, void *user);

/* Asks on a stream that was opened for it; takes the stream. */
void p2p__exchange_ask(struct p2p__exchange *x, struct p2p_stream *s,
                       enum p2p__relay_kind kind,
                       const struct p2p__relay_msg *request);

/* Listens for a request on a stream that a peer opened; takes it. */
void p2p__exchange_answer(struct p2p__exchange *x, struct p2p_stream *s,
                          enum p2p__relay_kind kind);

/* Answers with a status. 0, or P2P_ENOMEM, P2P_ETOOBIG and nothing said. */
int p2p__exchange_say(struct p2p__exchange *x,
                      const struct p2p__relay_msg *status);

/* The same with a status alone. */
int p2p__exchange_status(struct p2p__exchange *x,
                         enum p2p__relay_status status);

/* Hands the stream over: listen to it, then call p2p__exchange_rest(). The
 * owner consumes what comes. */
struct p2p_stream *p2p__exchange_take(struct p2p__exchange *x);

/* Gives what came behind the message, and the end of it if that came too, to
 * who listens to the stream now. */
void p2p__exchange_rest(struct p2p__exchange *x, struct p2p_stream *s,
                        p2p_ns now);

/* Ends our side of the stream in order; nothing is told any more. A peer that
 * does not end its own soon loses the stream. */
void p2p__exchange_finish(struct p2p__exchange *x);

/* Resets the stream; nothing is told any more. */
void p2p__exchange_drop(struct p2p__exchange *x);

/* Frees what it has; a stream that was not taken is reset. */
void p2p__exchange_fini(struct p2p__exchange *x);

#endif
