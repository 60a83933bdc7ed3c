/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A connection: a pipe, the channels on it, and the session on top.
 *
 * Happy path: the pipe's bytes climb through the channels into the session,
 * whose events go to the streams; whoever has output marks the connection's
 * job, and the job pulls once through all layers into the swarm's out buffer
 * and writes once. Failure: p2p__conn_fail() notes the reason and marks the
 * job; the job draws the last word, closes the pipe, tells the streams and the
 * swarm, and frees. So nothing is freed below a caller.
 *
 * A peer that sends but never reads fills its pipe. While the pipe is full,
 * conn looks every now and then whether the peer took anything; one that did
 * not for limits.stall_ns is cut off. Who reads slowly lives.
 */
#ifndef P2P_STACK_CONN_H
#define P2P_STACK_CONN_H

#include "base/quota.h"
#include "base/turn.h"
#include "p2p/peer_id.h"
#include "port/chan.h"
#include "port/net.h"
#include "port/sess.h"
#include "stack/place.h"

/* A transport's two, pnet, and a negotiator before and after security. */
#define P2P__CONN_LAYERS 6U

struct p2p__swarm;
struct p2p__peer;
struct p2p__dial;
struct p2p__multistream;
struct p2p_security;

enum p2p__conn_state {
    P2P__CONN_DIALING,   /* the pipe is not connected yet */
    P2P__CONN_UPGRADING, /* channels negotiate */
    P2P__CONN_OPEN,      /* the session runs */
    P2P__CONN_DRAINING   /* go-away said; no new streams; closes soon */
};

struct p2p__layer {
    const struct p2p__chan_ops *ops;
    void *chan; /* NULL: took itself out */
};

struct p2p__conn {
    struct p2p__job job;
    struct p2p__timer timer;
    struct p2p__list link;      /* swarm->conns */
    struct p2p__list peer_link; /* peer->conns, when open */
    struct p2p__list pending;   /* swarm->pending, until it is open */
    struct p2p__list streams;
    struct p2p__list negotiating; /* streams without a protocol yet */
    struct p2p__swarm *swarm;
    struct p2p__pipe *pipe;
    struct p2p__peer *peer; /* counted; NULL until secured */
    struct p2p__dial *dial; /* who started it, until open or failed */
    struct p2p__layer layers[P2P__CONN_LAYERS];
    struct p2p__multistream *ms; /* the layer that negotiates now, or NULL */
    const struct p2p_security *security; /* of secured; NULL: none yet */
    void *secured; /* the channel that proves who the peer is */
    const struct p2p__sess_ops *sess_ops;
    void *sess;
    struct p2p__quota quota;
    struct p2p__addr remote;
    struct p2p__place place; /* dialed, or listened at; its transport */
    p2p_ns opened_at;
    p2p_ns deadline;   /* of the upgrade or the drain; P2P_NEVER */
    p2p_ns starved_at; /* when streams try again; P2P_NEVER */
    p2p_ns spare_at;   /* the next look whether it is in use; P2P_NEVER */
    p2p_ns stall_at;   /* the next look at a pipe that is full; P2P_NEVER */
    p2p_ns listen_at;  /* the next look whether it is silent; P2P_NEVER */
    p2p_ns adrift_at;  /* our address is gone: its end; P2P_NEVER */
    p2p_ns dead_at;    /* it is asked, and dead if silent then; P2P_NEVER */
    p2p_ns ask_at;     /* it is asked again, and all counts; P2P_NEVER */
    uint64_t written;  /* to the pipe, and how much of it the peer had taken */
    uint64_t taken;    /* when it was last seen to take any: */
    p2p_ns took_at;    /* then */
    p2p_ns full_at;    /* when the pipe was last found to be full */
    p2p_ns ping_sent;  /* unused where the session has no ping */
    uint64_t rtt_ns;   /* of the last ping; 0: not known */
    uint32_t stream_count;
    uint32_t negotiating_in;
    int err; /* why it ends; 0: it does not */
    uint8_t n_layers;
    uint8_t state;
    bool dialer;
    bool blocked;   /* the pipe said: wait for writable */
    bool early_mux; /* the muxer was agreed on inside the handshake */
    bool paused;    /* reading is stopped */
    bool starved;   /* the quota refused what a stream sends */
    bool relayed;   /* over a stream to a relay */
    bool limited;   /* and the relay cuts it: see port/net.h */
    void *user;     /* the host's, about this connection */
};

/*
 * A connection over a pipe that is connected already (dialer false) or is
 * being dialed, by a transport, at a multiaddr that is dialed or listened at.
 * Returns NULL where a limit or memory says no.
 */
struct p2p__conn *p2p__conn_new(struct p2p__swarm *swarm, bool dialer,
                                const struct p2p__via *via,
                                const struct p2p_multiaddr *at);

/* The other end's address. */
void p2p__conn_maddr(const struct p2p__conn *c, struct p2p_multiaddr *out);

/* Gives a dialed connection its pipe. */
void p2p__conn_set_pipe(struct p2p__conn *c, struct p2p__pipe *pipe);

/* Begins the upgrade of a connected pipe. */
void p2p__conn_start(struct p2p__conn *c, p2p_ns now);

/* What pipes call back. */
extern const struct p2p__pipe_cb p2p__conn_pipe_cb;

/* Ends the connection soon, for the reason `err` (< 0). The first one stays.
 */
void p2p__conn_fail(struct p2p__conn *c, int err);

/* Says go-away, opens no more streams, and closes after a short while. */
void p2p__conn_drain(struct p2p__conn *c, p2p_ns now);

/*
 * Another connection carries the peer's new streams: this one closes as soon
 * as nothing is under way on it. Not earlier: go and rust end a connection, and
 * all streams on it, at the first go-away.
 */
void p2p__conn_spare(struct p2p__conn *c, p2p_ns now);

/* Asks whether the peer is still there: the connection ends soon if nothing
 * comes. What comes at once may have been waiting for us to read it: it is
 * asked again, unless it is an answer. mplex cannot ask; there the system's
 * word has to do. */
void p2p__conn_probe(struct p2p__conn *c, p2p_ns now);

/* Puts a channel (allocated, initialised) on top of the others; takes it. */
void p2p__conn_push(struct p2p__conn *c, const struct p2p__chan_ops *ops,
                    void *chan);

/* Takes a channel out and frees it: it did its job. */
void p2p__conn_drop(struct p2p__conn *c, const void *chan);

/* Sets the session, which may bring nothing yet; see p2p__conn_open(). */
void p2p__conn_set_session(struct p2p__conn *c, const struct p2p__sess_ops *ops,
                           void *sess);

/* Opens a connection that has its session and whose peer is known. */
void p2p__conn_open(struct p2p__conn *c, p2p_ns now);

/* Makes sure that the timer goes off at `at` or before. */
void p2p__conn_arm(struct p2p__conn *c, p2p_ns at);

/* Ends and frees at once, with all its streams: when the swarm ends. */
void p2p__conn_free(struct p2p__conn *c, p2p_ns now);

#endif
