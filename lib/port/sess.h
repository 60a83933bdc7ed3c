/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A session is a set of streams over one connection: yamux, mplex, QUIC.
 *
 * Inbound: while (in.len > 0) { rx(in); while (next(&ev)) handle(ev); }
 * rx stops consuming as soon as there is an event to pull, so a session never
 * queues events about data: ev.data is borrowed from `in`, until the next
 * call on the session.
 * Outbound: tx(out) writes control first, then a fair share of every stream
 * that has bytes and window. "Control is state": window updates, ping answers,
 * resets are bits that become frames when there is room. tx makes events too
 * (WRITABLE, CLOSED): pull them with next() after it. If it left output for
 * want of room, it marked the owner again. After a poisoning return one more
 * tx draws the last word (a go-away), then fini.
 *
 * A stream handle belongs to the session; it is valid until the event CLOSED
 * about it was pulled, or fini. `user` is the caller's, kept with the stream.
 * After reset() of a handle no event but CLOSED comes for it.
 * CLOSED comes once both directions ended (FIN or reset), and is the moment
 * when the stream's quota has been given back.
 */
#ifndef P2P_PORT_SESS_H
#define P2P_PORT_SESS_H

#include "base/list.h"
#include "base/quota.h"
#include "base/slice.h"
#include "base/turn.h"
#include "port/env.h"

enum p2p__sess_ev_type {
    P2P__SESS_OPENED,   /* the peer opened `stream`; set its user */
    P2P__SESS_DATA,     /* data arrived; consume() it when it is dealt with */
    P2P__SESS_WRITABLE, /* send() said P2P_EAGAIN and there is room again */
    P2P__SESS_FIN,      /* the peer will send no more on `stream` */
    P2P__SESS_RESET,    /* the peer reset `stream`; code tells why */
    P2P__SESS_CLOSED,   /* the handle goes away with the next call */
    P2P__SESS_PONG,     /* a ping came back; code is the round trip in ns */
    P2P__SESS_GOAWAY    /* the peer opens and takes no new streams */
};

/*
 * Events of a stream that wait to be told, as bits of one byte: each waits
 * once, and the lowest is told first. OPENED comes before all data, the others
 * after it.
 */
enum {
    P2P__WAITS_OPENED = 1 << P2P__SESS_OPENED,
    P2P__WAITS_WRITABLE = 1 << P2P__SESS_WRITABLE,
    P2P__WAITS_FIN = 1 << P2P__SESS_FIN,
    P2P__WAITS_RESET = 1 << P2P__SESS_RESET,
    P2P__WAITS_CLOSED = 1 << P2P__SESS_CLOSED
};

/* Takes the first of the events that wait out of `events`, which has one. */
static inline enum p2p__sess_ev_type p2p__sess_ev_take(uint8_t *events)
{
    unsigned type = P2P__SESS_OPENED;

    assert(*events != 0 && *events < 2 * P2P__WAITS_CLOSED);
    while (!(*events & 1U << type)) {
        type++;
    }
    *events &= (uint8_t)(*events - 1);
    return (enum p2p__sess_ev_type)type;
}

/* Takes back what waits of a stream that the application has reset, but for
 * CLOSED; `ev` is its place among those of which something waits. */
static inline void p2p__sess_ev_cut(uint8_t *events, struct p2p__list *ev)
{
    *events &= P2P__WAITS_CLOSED;
    if (*events == 0) {
        p2p__list_remove(ev);
    }
}

struct p2p__sess_ev {
    enum p2p__sess_ev_type type;
    void *stream;
    void *user;
    struct p2p__slice data;
    uint64_t code;
};

/* What the session's creator gives to every kind of session. */
struct p2p__sess_cfg {
    bool dialer;              /* we dialed: decides the parity of ids */
    struct p2p__quota *quota; /* the connection's scope, borrowed */
    struct p2p__env *env;     /* borrowed */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
};

struct p2p__sess_ops {
    const char *protocol; /* constant: "/yamux/1.0.0" */
    /* Consumes of `in` until an event waits; while one waits, nothing.
     * Negative: poisoned. */
    int (*rx)(void *sess, struct p2p__slice *in, p2p_ns now);
    /* Writes frames while there is room. Negative: poisoned. */
    int (*tx)(void *sess, struct p2p__outbuf *out, p2p_ns now);
    /* Pulls one event; false: none. */
    bool (*next)(void *sess, struct p2p__sess_ev *ev);
    p2p_ns (*deadline)(const void *sess);
    int (*expire)(void *sess, p2p_ns now);
    /* Opens a stream; nothing goes out before the first send or finish (a send
     * of no bytes announces the stream alone, but not in QUIC). Errors:
     * P2P_ELIMIT, P2P_ENOMEM, P2P_ECLOSED (after go-away). */
    int (*open)(void *sess, void *user, void **stream, p2p_ns now);
    void (*set_user)(void *sess, void *stream, void *user);
    /* Queues all of data, or none of it: P2P_EAGAIN at high water (WRITABLE
     * follows at half), P2P_ELIMIT, P2P_ENOMEM, P2P_ECLOSED after finish,
     * P2P_ERESET. An empty queue takes a message of any size. */
    int (*send)(void *sess, void *stream, const struct p2p__slice *data);
    /* The application dealt with n bytes of DATA: the window opens again. */
    void (*consume)(void *sess, void *stream, size_t n);
    /* No more will be sent; what is queued goes first. */
    void (*finish)(void *sess, void *stream);
    /* Drops what is queued and tells the peer. */
    void (*reset)(void *sess, void *stream, uint64_t code);
    /* Asks the peer for a PONG; P2P_ENOTSUP where the protocol has no ping. */
    int (*ping)(void *sess, p2p_ns now);
    /* Has the peer say something at once, if it is there. 0, or P2P_EAGAIN:
     * nothing more can be said now. NULL: a ping does. */
    int (*probe)(void *sess, p2p_ns now);
    /* The peer last took bytes of ours at `at`: a sign of life, though it says
     * nothing. Called before expire(). NULL: does not matter. */
    void (*alive)(void *sess, p2p_ns at);
    /* Says go-away (code 0: normal) in the next tx. */
    void (*goaway)(void *sess, uint64_t code);
    /* Bytes waiting to be sent on the stream. */
    size_t (*queued)(const void *sess, const void *stream);
    /* Whether the pipe should be read: false while the application owes
     * more than a protocol without windows may pile up; what was read already
     * may still go in. The owner is marked when it turns true again. NULL:
     * always. */
    bool (*want_read)(const void *sess);
    /* Frees everything, from any state; gives all quota back. */
    void (*fini)(void *sess);
};

#endif
