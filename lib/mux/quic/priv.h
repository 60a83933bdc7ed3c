/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The session and its streams, for the files of this folder.
 *
 * A stream has two owners: the application, until it has pulled CLOSED, and
 * ngtcp2, from the announcement until it says that the stream is closed, since
 * it points into what was sent. The struct goes with the second of them.
 * It is on `all` always; on `out` (of ready, or before it was announced of
 * waiting) while it has something to send; on `ev` (of fresh before OPENED was
 * told, else of events) while an event waits.
 *
 * ngtcp2 calls back while it reads; what it calls is in calls.c, notes what
 * happened, and never ends anything. Data that came is copied into pieces, for
 * ngtcp2 lends it for the callback alone.
 */
#ifndef P2P_MUX_QUIC_PRIV_H
#define P2P_MUX_QUIC_PRIV_H

#include <gnutls/gnutls.h>

#include "base/debt.h"
#include "base/list.h"
#include "base/sendq.h"
#include "mux/quic/compat.h"
#include "mux/quic/quic.h"
#include "tlsid/tlsid.h"

/* Bits of a stream. */
enum {
    P2P__QS_INBOUND = 1 << 0,
    P2P__QS_FIN_WANT = 1 << 1, /* we send no more after the queue */
    P2P__QS_FIN_OUT = 1 << 2,  /* and have said so */
    P2P__QS_STOPPED = 1 << 3,  /* the peer reads no more */
    P2P__QS_DEAD = 1 << 4,     /* reset, either way */
    P2P__QS_BLOCKED = 1 << 5,  /* send() said EAGAIN */
    P2P__QS_STUCK = 1 << 6,    /* its window is shut */
    P2P__QS_HELD = 1 << 7,     /* ngtcp2 knows it */
    P2P__QS_LEFT = 1 << 8,     /* the application does not any more */
    P2P__QS_ABORTED = 1 << 9   /* the peer reset it */
};

struct p2p__qstream {
    struct p2p__list all;
    struct p2p__list out;
    struct p2p__list ev;
    struct p2p__sendq q;
    struct p2p__sendq_mark sent;
    void *user;
    int64_t id; /* -1: not announced */
    uint64_t code;
    size_t owed;   /* told of, not consumed */
    size_t pieces; /* that wait for next() */
    uint16_t bits;
    uint8_t events;
};

/* Data that came, at the front of a slab that holds its bytes too. */
struct p2p__qpiece {
    struct p2p__slab *next;
    struct p2p__qstream *st;
    size_t len;
};

/* Bits of a session. */
enum {
    P2P__QC_DIALER = 1 << 0,
    P2P__QC_POISONED = 1 << 1,
    P2P__QC_ESTABLISHED = 1 << 2,
    P2P__QC_PEER_TOLD = 1 << 3, /* the security event was pulled */
    P2P__QC_GOAWAY = 1 << 4,    /* no new streams, either way */
    P2P__QC_CLOSED = 1 << 5,    /* and have said so, or need not */
    P2P__QC_PONG_DUE = 1 << 6,
    P2P__QC_SETTLED = 1 << 7,   /* the end of our handshake went out */
    P2P__QC_NO_MEMORY = 1 << 8, /* for what the peer has to be told */
    P2P__QC_PROBES = 1 << 9     /* the next tx says something */
};

struct p2p__quic {
    ngtcp2_crypto_conn_ref ref;
    ngtcp2_mem mem;
    ngtcp2_conn *conn;
    gnutls_session_t tls; /* NULL: the handshake is over */
    struct p2p__quic_shared *shared;
    struct p2p__cert_owner *peer; /* until the event was pulled */
    struct p2p__quota *quota;
    struct p2p__env *env;
    struct p2p__job *owner;
    void *user;
    struct p2p__list routes;
    struct p2p__list all;
    struct p2p__list ready;
    struct p2p__list waiting; /* for the peer to let us open more */
    struct p2p__list fresh;
    struct p2p__list events;
    struct p2p__slab *pieces; /* the first, or NULL */
    struct p2p__slab *last_piece;
    struct p2p__slab *lent; /* of the last DATA event */
    p2p_ns now;             /* of the call that is under way */
    p2p__ng_error why;      /* what a close says */
    struct p2p__debt churn;
    struct p2p__quic_path arrival;
    struct p2p__quic_run runs[P2P__QUIC_RUNS];
    struct p2p_peer_id expected;
    size_t n_runs;
    uint32_t credits; /* streams that the peer may open in place of others */
    uint32_t crypto_bytes;
    int refusal; /* what is wrong, if it is not ngtcp2 that says so */
    uint16_t bits;
    uint8_t ecn; /* of what arrives */
    uint8_t binding[P2P__TLS_BINDING_BYTES];
};

/* What a stream and a session are charged. */
#define P2P__QSTREAM_COST sizeof(struct p2p__qstream)
#define P2P__QUIC_COST    (sizeof(struct p2p__quic) + P2P__QUIC_KEYS_BYTES)

/* The moment of a call: not before that of the one before it, which ngtcp2
 * would not survive. Who closes may know an older one. */
static inline p2p_ns p2p__quic_at(struct p2p__quic *q, p2p_ns now)
{
    q->now = now > q->now ? now : q->now;
    return q->now;
}

/* mem.c */

/* ngtcp2's heap: ours, charged to the session's quota. */
void p2p__quic_mem_init(struct p2p__quic *q);

/* path.c */

/* ngtcp2's form of a path, in `ps`. */
void p2p__quic_path_to(const struct p2p__quic_path *path,
                       ngtcp2_path_storage *ps);

/* Our form of a path of ngtcp2's. */
void p2p__quic_path_from(const ngtcp2_path *from, struct p2p__quic_path *path);

/* Our form of a connection id, and ngtcp2's. */
struct p2p__quic_id p2p__quic_id_from(const ngtcp2_cid *cid);
ngtcp2_cid p2p__quic_id_to(const struct p2p__quic_id *id);

/* tls.c */

/* Opens a session of GnuTLS and hands it to ngtcp2, charged; looks at the
 * peer's certificate when it comes. Errors: P2P_ELIMIT, P2P_ENOMEM. */
int p2p__quic_tls_open(struct p2p__quic *q);

/* The handshake is over: keeps what it bound to. 0 or P2P_ECRYPTO. */
int p2p__quic_tls_done(struct p2p__quic *q);

/* Frees the session of GnuTLS, if there is one. */
void p2p__quic_tls_free(struct p2p__quic *q);

/* calls.c */

/* Has ngtcp2 speak before we are silent for too long. */
void p2p__quic_set_keepalive(ngtcp2_conn *conn);

/* What ngtcp2 calls. */
extern const ngtcp2_callbacks p2p__quic_callbacks;

/* frames.c */

/* Whether frames take back connection ids that the peer gave us
 * (NEW_CONNECTION_ID that retires others). */
bool p2p__quic_takes_back(struct p2p__slice frames);

/* stream.c */

/* A stream on `all`, charged; id -1: outbound, not announced. Borrowed from
 * the session. Errors: P2P_ELIMIT, P2P_ENOMEM. */
int p2p__qstream_new(struct p2p__quic *q, int64_t id,
                     struct p2p__qstream **out);

/* Takes the stream off everything, gives its quota back, frees it. */
void p2p__qstream_free(struct p2p__quic *q, struct p2p__qstream *st);

/* ngtcp2 knows it no more. */
void p2p__qstream_unhold(struct p2p__quic *q, struct p2p__qstream *st);

/* The application has pulled CLOSED. */
void p2p__qstream_leave(struct p2p__quic *q, struct p2p__qstream *st);

/* Adds events (P2P__WAITS_…) to what next() tells, unless CLOSED is among those
 * that it will tell already. */
void p2p__qstream_tell(struct p2p__quic *q, struct p2p__qstream *st,
                       unsigned events);

/* Puts the stream on `ready` or `waiting` if it has something to send. */
void p2p__qstream_schedule(struct p2p__quic *q, struct p2p__qstream *st);

/* Tells WRITABLE if send() said EAGAIN and there is room again. */
void p2p__qstream_relieve(struct p2p__quic *q, struct p2p__qstream *st);

/* Nothing moves any more: drops what was not sent, and tells `events`. */
void p2p__qstream_kill(struct p2p__quic *q, struct p2p__qstream *st,
                       unsigned events);

/* Bytes that were not sent yet. */
size_t p2p__qstream_unsent(const struct p2p__qstream *st);

/* One more of the peer's streams may be opened; `churn`: since one was aborted
 * or refused. */
void p2p__quic_credit(struct p2p__quic *q, bool churn);

/* When credits can be handed out; P2P_NEVER: there are none. */
p2p_ns p2p__quic_grant_at(const struct p2p__quic *q);

/* Hands out the credits, if it is time. */
void p2p__quic_grant(struct p2p__quic *q);

/* rx.c, tx.c: the operations of port/sess.h. */

int p2p__quic_rx(void *sess, struct p2p__slice *in, p2p_ns now);
int p2p__quic_tx(void *sess, struct p2p__outbuf *out, p2p_ns now);

/* Copies data that came into a piece. 0, P2P_ELIMIT or P2P_ENOMEM. */
int p2p__quic_piece_add(struct p2p__quic *q, struct p2p__qstream *st,
                        const uint8_t *data, size_t len);

/* Frees a piece and gives its quota back. NULL is fine. */
void p2p__quic_piece_free(struct p2p__quic *q, struct p2p__slab *slab);

/* The session is at its end, for what ngtcp2 says (< 0) or for q->refusal.
 * Returns ours for it. */
int p2p__quic_fail(struct p2p__quic *q, int liberr);

/* Whether next() has something to tell. */
bool p2p__quic_has_event(const struct p2p__quic *q);

#endif
