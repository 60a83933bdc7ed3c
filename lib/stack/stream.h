/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A stream with its protocol. It may be asked for before there is a connection
 * (waiting), negotiates its protocol (optimistically where there is but one),
 * and then hands bytes through. Its negotiator is freed when it is done.
 *
 * The life of a handle: until `closed` was called, which is once and last.
 */
#ifndef P2P_STACK_STREAM_H
#define P2P_STACK_STREAM_H

#include "stack/conn.h"
#include "stack/peer.h"

struct p2p_stream;
struct p2p__handler;
struct p2p__traffic;

/* What a stream tells its owner. NULL members are not called. */
struct p2p__stream_cb {
    /* The protocol is agreed on. */
    void (*opened)(void *user, struct p2p_stream *s, p2p_ns now);
    /* Bytes; valid until the call returns. Consumed then, unless manual. */
    void (*data)(void *user, struct p2p_stream *s, struct p2p__slice in,
                 p2p_ns now);
    /* There is room again after P2P_EAGAIN. */
    void (*writable)(void *user, struct p2p_stream *s, p2p_ns now);
    /* The peer sends no more. */
    void (*finished)(void *user, struct p2p_stream *s, p2p_ns now);
    /* The handle goes away after this call; 0 when both sides finished. */
    void (*closed)(void *user, struct p2p_stream *s, int status, p2p_ns now);
};

enum p2p__stream_state {
    P2P__STREAM_WAITING,     /* for a connection */
    P2P__STREAM_NEGOTIATING, /* several protocols, or inbound */
    P2P__STREAM_LAZY,        /* one protocol: data may go before the echo */
    P2P__STREAM_OPEN
};

struct p2p_stream {
    struct p2p__list link;     /* conn->streams, or peer->waiting */
    struct p2p__list neg_link; /* conn->negotiating */
    struct p2p__conn *conn;    /* NULL while waiting */
    struct p2p__peer *peer;    /* counted */
    void *handle;              /* the session's */
    struct p2p__multistream *ms;
    struct p2p__handler *handler; /* inbound: who serves the protocol */
    const char *offer[5];         /* outbound: constant strings */
    const char *protocol;         /* interned in the swarm, or the offer */
    struct p2p__traffic *traffic; /* of it; NULL: not agreed on yet */
    const struct p2p__stream_cb *cb;
    void *user;
    const void *app; /* the host layer's table and user */
    void *app_user;
    p2p_ns
        deadline; /* of a waiting stream, or until the quota must have room */
    int status;   /* why it ends */
    uint8_t state;
    uint8_t n_offer;
    uint8_t path; /* enum p2p__path: of the connection that it waits for */
    bool inbound;
    bool counted;       /* in handler->streams_in */
    bool manual;        /* the owner consumes */
    bool want_writable; /* send() said P2P_EAGAIN before it was open */
    bool finish;        /* finish() came before it was open */
    bool reset;         /* reset() was called */
    bool starved;       /* send() said P2P_EAGAIN for want of quota */
    bool hopeless;      /* it did for so long that this try is the last */
};

/*
 * Asks for a stream to a peer with one of `n` (1..5) protocols, constant
 * strings that outlive the stream; waits for a connection, and dials, if there
 * is none.
 * Returns NULL and *err: P2P_ELIMIT, P2P_ENOMEM, P2P_ENOADDR, P2P_ESELF,
 * P2P_EINVAL.
 */
struct p2p_stream *p2p__stream_new(struct p2p__peer *peer,
                                   const char *const *protocols, size_t n,
                                   p2p_ns now, int *err);

/* The same in one struct, and over which connections it may go: otherwise not
 * over those that a relay limits. */
struct p2p__stream_want {
    struct p2p__peer *peer;
    const char *const *protocols;
    size_t n;
    enum p2p__path path;
};

/* As p2p__stream_new(), and P2P_ELIMITED: there is a connection, but not one
 * that it may go over, and no address for another. */
struct p2p_stream *p2p__stream_want(const struct p2p__stream_want *want,
                                    p2p_ns now, int *err);

/* Streams that waited too long for a connection, or were reset: a peer's
 * timer calls this. */
void p2p__stream_waiter_due(struct p2p__timer *timer, p2p_ns now);

/* Sets who is told. */
void p2p__stream_listen(struct p2p_stream *s, const struct p2p__stream_cb *cb,
                        void *user);

/* Sends all of it or nothing: 0, P2P_EAGAIN (writable follows), P2P_ELIMIT
 * (more than a quarter of the quota, or it had no room for 30 s), or why not.
 * All tries of one starvation count as one refusal. */
int p2p__stream_send(struct p2p_stream *s, const struct p2p__slice *data);

/* Opens the window again for `n` bytes that a manual owner dealt with. */
void p2p__stream_consume(struct p2p_stream *s, size_t n);

/* Ends our direction after what is queued. */
void p2p__stream_finish(struct p2p_stream *s);

/* Ends both directions now. `closed` follows, in a later turn. */
void p2p__stream_reset(struct p2p_stream *s, int status);

/* A connection is there: a waiting stream goes on. */
void p2p__stream_attach(struct p2p_stream *s, struct p2p__conn *c, p2p_ns now);

/* An event of the session about a stream, or about a new one. */
void p2p__stream_event(struct p2p__conn *c, const struct p2p__sess_ev *ev,
                       p2p_ns now);

/* Calls closed and frees: when its connection ends or never came. */
void p2p__stream_end(struct p2p_stream *s, int status, p2p_ns now);

/* Streams of a connection whose negotiation took too long are reset. */
void p2p__stream_expire(struct p2p__conn *c, p2p_ns now);

/* Lets those try again that the quota refused, when that is due. */
void p2p__stream_feed(struct p2p__conn *c, p2p_ns now);

#endif
