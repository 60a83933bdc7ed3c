/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The session and its streams, for the files of this folder.
 *
 * A stream is on `all` always; on `ready` while it has something to send and
 * may (before it was announced: on `waiting`, for room in the ACK backlog); on
 * `ctl` while a control frame is due; on `ev` while an event waits. So no call
 * looks at a stream that has nothing to do.
 *
 * Receive window: left + unconsumed + credit == max, where `left` is what the
 * peer may still send and `credit` what was consumed and not granted again.
 */
#ifndef P2P_MUX_YAMUX_PRIV_H
#define P2P_MUX_YAMUX_PRIV_H

#include "base/debt.h"
#include "base/list.h"
#include "base/map.h"
#include "base/sendq.h"
#include "mux/yamux/frame.h"
#include "mux/yamux/yamux.h"

/* Bits of a stream. */
enum {
    P2P__YS_INBOUND = 1 << 0,
    P2P__YS_NEW = 1 << 1,      /* outbound, not announced: id is 0 */
    P2P__YS_ANNOUNCE = 1 << 2, /* send the SYN without data */
    P2P__YS_UNACKED = 1 << 3,  /* in: our ACK is due; out: the peer's is */
    P2P__YS_FIN_IN = 1 << 4,   /* the peer sends no more */
    P2P__YS_FIN_WANT = 1 << 5, /* we send no more after the queue */
    P2P__YS_FIN_OUT = 1 << 6,  /* and have said so */
    P2P__YS_RST_DUE = 1 << 7,
    P2P__YS_DEAD = 1 << 8,        /* reset, either way */
    P2P__YS_BLOCKED = 1 << 9,     /* send() said EAGAIN */
    P2P__YS_WINDOW_DUE = 1 << 10, /* half of the window was consumed */
    P2P__YS_SYN_DUE = 1 << 11     /* has an id; the first frame says SYN */
};

struct p2p__ystream {
    struct p2p__map_node node; /* by id, while id != 0 */
    struct p2p__list all;
    struct p2p__list out; /* on ready or waiting */
    struct p2p__list ctl;
    struct p2p__list ev;
    struct p2p__sendq q;
    void *user;
    p2p_ns epoch; /* of the last window update */
    uint32_t id;
    uint32_t send_window;
    uint32_t left;
    uint32_t max;
    uint32_t credit;
    uint32_t code; /* of the RST, either way */
    uint16_t bits;
    uint8_t events;
};

/* Bits of a session. */
enum {
    P2P__Y_DIALER = 1 << 0,
    P2P__Y_POISONED = 1 << 1,
    P2P__Y_GOAWAY_DUE = 1 << 2,
    P2P__Y_GOAWAY_OUT = 1 << 3, /* we take no new streams */
    P2P__Y_GOAWAY_IN = 1 << 4,  /* the peer takes none */
    P2P__Y_EV_GOAWAY = 1 << 5,
    P2P__Y_EV_PONG = 1 << 6,
    P2P__Y_EV_DATA = 1 << 7,
    P2P__Y_PONG_DUE = 1 << 8,
    P2P__Y_PING_DUE = 1 << 9,
    P2P__Y_PING_SENT = 1 << 10,
    P2P__Y_PING_TELL = 1 << 11, /* somebody waits for the PONG */
    P2P__Y_PROBED = 1 << 12,    /* silent: answer, or you are dead */
    P2P__Y_BODY_FIN = 1 << 13   /* FIN follows the body */
};

/* Ids whose RST is due; allocated for the first, freed after the last. */
struct p2p__yrefused {
    uint32_t count;
    uint32_t ids[P2P__CAP_YAMUX_REFUSED];
};

struct p2p__yamux {
    struct p2p__map streams;
    struct p2p__list all;
    struct p2p__list ctl;
    struct p2p__list ready;
    struct p2p__list waiting;
    struct p2p__list ev;
    struct p2p__quota *quota;
    struct p2p__job *owner;
    const struct p2p__yamux_tune *tune;
    struct p2p__yrefused *refused;
    struct p2p__ystream *cur; /* whose body passes, or NULL: drop it */
    uint8_t *data;            /* the DATA event */
    struct p2p__slab *data_slab;
    p2p_ns last_rx;
    p2p_ns ping_at; /* when our last ping was sent, or a probe was due */
    struct p2p__debt churn;
    struct p2p__debt pings;
    uint32_t data_len;
    uint32_t body_left;
    uint32_t next_id;
    uint32_t rtt_us; /* 0: not measured */
    uint32_t pong_value;
    uint32_t goaway_out;
    uint32_t goaway_in;
    uint16_t unacked_out;
    uint16_t unacked_in;
    uint16_t bits;
    uint8_t header_len; /* 12 while a body passes */
    uint8_t header[P2P__YAMUX_HEADER_BYTES];
};

/* What a stream is charged: its struct and its share of the map. */
#define P2P__YSTREAM_COST (sizeof(struct p2p__ystream) + 2 * sizeof(void *))

/* What a session is charged: its struct, and the list of refused ids, so that
 * a stream can be refused when nothing is left. */
#define P2P__YAMUX_COST \
    (sizeof(struct p2p__yamux) + sizeof(struct p2p__yrefused))

/* stream.c */

/*
 * A stream on `all`, charged; id 0: outbound, not announced. Borrowed from the
 * session. Errors: P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__ystream_new(struct p2p__yamux *s, uint32_t id,
                     struct p2p__ystream **out, p2p_ns now);

/* Moves streams that wait for room in the ACK backlog to `ready` and gives
 * them their ids; what cannot get one (memory, ids run out) is reset. */
void p2p__ystream_admit(struct p2p__yamux *s);

/* Takes the stream off everything, gives its quota back, frees it. */
void p2p__ystream_free(struct p2p__yamux *s, struct p2p__ystream *st);

/* The stream with this id, or NULL. */
struct p2p__ystream *p2p__ystream_find(const struct p2p__yamux *s, uint32_t id);

/* Adds events (P2P__WAITS_…) to what next() tells. */
void p2p__ystream_tell(struct p2p__yamux *s, struct p2p__ystream *st,
                       unsigned events);

/* Puts the stream on `ready` or `waiting` if it has something to send. */
void p2p__ystream_schedule(struct p2p__yamux *s, struct p2p__ystream *st);

/* Puts the stream on `ctl`: a control frame is due. */
void p2p__ystream_control(struct p2p__yamux *s, struct p2p__ystream *st);

/* The stream counts as acknowledged, in whatever way; frees the backlog. */
void p2p__ystream_acked(struct p2p__yamux *s, struct p2p__ystream *st);

/* Nothing moves any more: drops the queue and all that was due. */
void p2p__ystream_kill(struct p2p__yamux *s, struct p2p__ystream *st);

/* Tells CLOSED if both directions ended. */
void p2p__ystream_settle(struct p2p__yamux *s, struct p2p__ystream *st);

/* window.c */

/* The delta of the window update that is due, growth included. */
uint32_t p2p__ystream_grant(struct p2p__yamux *s, struct p2p__ystream *st,
                            p2p_ns now);

/* session.c, rx.c, tx.c: the operations of port/sess.h. */

int p2p__yamux_rx(void *sess, struct p2p__slice *in, p2p_ns now);
int p2p__yamux_tx(void *sess, struct p2p__outbuf *out, p2p_ns now);

/* Makes a ping due unless one is under way. */
void p2p__yamux_want_ping(struct p2p__yamux *s);

/* Whether next() has something to tell. */
bool p2p__yamux_has_event(const struct p2p__yamux *s);

#endif
