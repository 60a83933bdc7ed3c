/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The session and its streams, for the files of this folder.
 *
 * A stream is on `all` always; on `ready` while it has something to send; on
 * `rst` while its reset is due; on `ev` while an event waits.
 */
#ifndef P2P_MUX_MPLEX_PRIV_H
#define P2P_MUX_MPLEX_PRIV_H

#include "base/debt.h"
#include "base/list.h"
#include "base/map.h"
#include "base/sendq.h"
#include "mux/mplex/mplex.h"
#include "wire/varint.h"

/* What a message is. A header's lower three bits are 0 for a new stream, else
 * twice this, less one if the receiver of the stream speaks (spec, "Flag
 * Values"). */
enum {
    P2P__MPLEX_NEW_STREAM = 0,
    P2P__MPLEX_MESSAGE = 1,
    P2P__MPLEX_CLOSE = 2,
    P2P__MPLEX_RESET = 3
};

/* The two varints in front of a body, at most. */
#define P2P__MPLEX_HEADER_MAX (2 * P2P__VARINT_MAX)

/* js shifts the id in 31 bits: we go no further. */
#define P2P__MPLEX_ID_END (UINT64_C(1) << 28)

/* Bits of a stream. */
enum {
    P2P__MP_INBOUND = 1 << 0,
    P2P__MP_NEW = 1 << 1,      /* outbound, not announced */
    P2P__MP_ANNOUNCE = 1 << 2, /* announce it without data */
    P2P__MP_FIN_IN = 1 << 3,   /* the peer sends no more */
    P2P__MP_FIN_WANT = 1 << 4, /* we send no more after the queue */
    P2P__MP_FIN_OUT = 1 << 5,  /* and have said so */
    P2P__MP_RST_DUE = 1 << 6,
    P2P__MP_DEAD = 1 << 7,   /* reset, either way */
    P2P__MP_BLOCKED = 1 << 8 /* send() said EAGAIN */
};

struct p2p__mpstream {
    struct p2p__map_node node; /* by key, once announced */
    struct p2p__list all;
    struct p2p__list ready;
    struct p2p__list rst;
    struct p2p__list ev;
    struct p2p__sendq q;
    void *user;
    uint64_t key; /* id << 1, plus 1 if we opened it */
    size_t owed;  /* told and not consumed */
    uint16_t bits;
    uint8_t events;
};

/* Bits of a session. */
enum {
    P2P__M_POISONED = 1 << 0,
    P2P__M_CLOSING = 1 << 1, /* no new streams, either way */
    P2P__M_PAUSED = 1 << 2,  /* the application owes too much */
    P2P__M_EV_DATA = 1 << 3
};

struct p2p__mplex {
    struct p2p__map streams;
    struct p2p__list all;
    struct p2p__list ready;
    struct p2p__list rst;
    struct p2p__list ev;
    struct p2p__quota *quota;
    struct p2p__job *owner;
    struct p2p__mpstream *cur; /* whose body passes, or NULL: drop it */
    struct p2p__slice data;    /* the DATA event */
    size_t owed;               /* over all streams */
    p2p_ns paused_at;
    struct p2p__debt churn;
    struct p2p__debt over; /* refused opens */
    uint64_t next_id;
    uint64_t refused[P2P__CAP_MPLEX_REFUSED]; /* ids whose reset is due */
    uint32_t body_left;
    uint8_t refused_count;
    uint8_t bits;
    uint8_t ends; /* varints of the header that are complete */
    uint8_t header_len;
    uint8_t header[P2P__MPLEX_HEADER_MAX];
};

/* What a stream is charged: its struct and its share of the map. */
#define P2P__MPSTREAM_COST (sizeof(struct p2p__mpstream) + 2 * sizeof(void *))

/* stream.c */

/* A stream that the peer opened. Borrowed from the session. Errors:
 * P2P_ELIMIT, P2P_ENOMEM. */
int p2p__mpstream_accept(struct p2p__mplex *s, uint64_t id,
                         struct p2p__mpstream **out);

/* A stream of ours, not announced. Borrowed from the session. Errors:
 * P2P_ELIMIT, P2P_ENOMEM. */
int p2p__mpstream_open(struct p2p__mplex *s, struct p2p__mpstream **out);

/* Gives a stream of ours its id. Errors: P2P_ELIMIT, P2P_ENOMEM. */
int p2p__mpstream_announce(struct p2p__mplex *s, struct p2p__mpstream *st);

/* Takes the stream off everything, gives its quota back, frees it. */
void p2p__mpstream_free(struct p2p__mplex *s, struct p2p__mpstream *st);

/* The stream with this id that we opened (ours) or the peer, or NULL. */
struct p2p__mpstream *p2p__mpstream_find(const struct p2p__mplex *s,
                                         uint64_t id, bool ours);

/* Adds events (P2P__WAITS_…) to what next() tells. */
void p2p__mpstream_tell(struct p2p__mplex *s, struct p2p__mpstream *st,
                        unsigned events);

/* Puts the stream on `ready` if it has something to send. */
void p2p__mpstream_schedule(struct p2p__mplex *s, struct p2p__mpstream *st);

/* Nothing moves any more: drops the queue and what is owed. */
void p2p__mpstream_kill(struct p2p__mplex *s, struct p2p__mpstream *st);

/* Tells CLOSED if both directions ended. */
void p2p__mpstream_settle(struct p2p__mplex *s, struct p2p__mpstream *st);

/* n bytes (at most st->owed) are dealt with. */
void p2p__mpstream_paid(struct p2p__mplex *s, struct p2p__mpstream *st,
                        size_t n);

/* rx.c, tx.c: the operations of port/sess.h. */

int p2p__mplex_rx(void *sess, struct p2p__slice *in, p2p_ns now);
int p2p__mplex_tx(void *sess, struct p2p__outbuf *out, p2p_ns now);

/* Whether next() has something to tell. */
static inline bool p2p__mplex_has_event(const struct p2p__mplex *s)
{
    return s->bits & P2P__M_EV_DATA || !p2p__list_empty(&s->ev);
}

#endif
