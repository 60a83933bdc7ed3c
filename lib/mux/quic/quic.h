/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * QUIC v1: one connection, secure and multiplexed by itself, on ngtcp2 and
 * GnuTLS. RFC 9000, 9001, 9002; libp2p/specs quic, tls.
 *
 * A session without I/O. It is given datagrams, one a call of rx, after
 * p2p__quic_arrives() said by which path each came; tx writes datagrams side by
 * side, and p2p__quic_runs() tells how to part them: a run is of one path and
 * of equal sizes, but for its last. It is driven through p2p__quic_ops
 * (port/sess.h); who the peer is, p2p__quic_security's next() tells, and before
 * that was pulled no event of a stream comes.
 *
 * What differs from a session over a pipe: a stream's bytes are held until the
 * peer has acknowledged them; CLOSED comes when it has, or at once after a
 * reset. Go-away means that no new streams are opened or taken; the connection
 * is ended for the peer by p2p__quic_close(). A peer that wants to read no more
 * of a stream (STOP_SENDING) makes send() say P2P_ERESET, and what it sends
 * still comes. A stream is announced by its first byte or its end: a send of no
 * bytes says nothing.
 */
#ifndef P2P_MUX_QUIC_H
#define P2P_MUX_QUIC_H

#include "base/map.h"
#include "port/net.h"
#include "port/sec.h"
#include "port/sess.h"

#define P2P__QUIC_PROTOCOL "/quic-v1"

/* Bytes of the connection ids that we give ourselves, and of the longest. */
#define P2P__QUIC_ID_BYTES 8U
#define P2P__QUIC_ID_MAX   20U

/* Streams of the peer's that can be open at once. */
#define P2P__CAP_QUIC_STREAMS 256U

/* What a peer may send ahead at first, on a stream and on all. */
#define P2P__QUIC_WINDOW_BYTES      (256U * 1024)
#define P2P__QUIC_CONN_WINDOW_BYTES (512U * 1024)

/* Windows grow no further, in bytes: on a stream, and on all of them (where
 * what was told of counts no more, consumed or not). */
#define P2P__CAP_QUIC_WINDOW_BYTES      (16U * 1024 * 1024)
#define P2P__CAP_QUIC_CONN_WINDOW_BYTES (24U * 1024 * 1024)

/* Bytes that wait on a stream to be sent before send() says EAGAIN. */
#define P2P__CAP_QUIC_QUEUED_BYTES (256U * 1024)

/* Bytes of a stream that were sent and that the peer has not acknowledged,
 * before send() says EAGAIN. */
#define P2P__CAP_QUIC_HELD_BYTES (6U * 1024 * 1024)

/* Bytes of TLS that a peer may send: a handshake with the longest certificate,
 * and tickets that nobody reads. */
#define P2P__CAP_QUIC_CRYPTO_BYTES 34816U

/* Streams of the peer's that were aborted or refused: so many at once, then so
 * many a second; until that is paid off it may open no more in their place. */
#define P2P__CAP_QUIC_CHURN_BURST   1000U
#define P2P__CAP_QUIC_CHURN_PER_SEC 100U

/* A session of GnuTLS, from the start until the handshake is over, and the
 * keys of a connection, as they are charged: measured. In bytes. */
#define P2P__QUIC_TLS_BYTES  16384U
#define P2P__QUIC_KEYS_BYTES 4096U

/* How long a handshake may take, how long a connection may be silent, and
 * after which silence we make ourselves heard. That begins the silence anew
 * (RFC 9000, 10.1): a dead peer is noticed after both, which are 30 s (T6). */
#define P2P__QUIC_HANDSHAKE_NS P2P__SEC(10)
#define P2P__QUIC_IDLE_NS      P2P__SEC(20)
#define P2P__QUIC_KEEPALIVE_NS P2P__SEC(10)

/* Runs of datagrams that one tx makes, at most. */
#define P2P__QUIC_RUNS 4U

/* Datagrams in a run, at most, and their bytes: what UDP_SEGMENT takes. */
#define P2P__QUIC_RUN_DATAGRAMS 64U
#define P2P__QUIC_RUN_BYTES     65000U

struct p2p__tls_id;

/* Where a datagram is sent from and to, or came to and from: the socket's
 * address, and that of the peer. */
struct p2p__quic_path {
    struct p2p__addr local;
    struct p2p__addr remote;
};

/* A connection id, by which a datagram finds its connection. */
struct p2p__quic_id {
    uint8_t len;
    uint8_t bytes[P2P__QUIC_ID_MAX];
};

/* A place in the map of ids. */
struct p2p__quic_route {
    struct p2p__map_node node;
    struct p2p__list link; /* of the connection's */
    void *user;            /* of the connection's configuration */
    struct p2p__quic_id id;
};

/* What a datagram is, before one looks for its connection. */
enum p2p__quic_kind {
    P2P__QUIC_JUNK,         /* none of QUIC's */
    P2P__QUIC_SHORT,        /* of a connection that there is, or was */
    P2P__QUIC_LONG,         /* of a handshake, perhaps its first */
    P2P__QUIC_OTHER_VERSION /* one that we do not speak */
};

/* What all connections of a host share. */
struct p2p__quic_shared {
    struct p2p__env *env;   /* borrowed */
    struct p2p__tls_id *id; /* borrowed */
    struct p2p__map routes; /* connection ids: struct p2p__quic_route */
    uint8_t reset_key[32];  /* of tokens for stateless resets */
};

/* A client's first datagram, as far as it was looked at. */
struct p2p__quic_first {
    uint32_t version;
    struct p2p__quic_id dcid;     /* chosen by the client, or by our retry */
    struct p2p__quic_id scid;     /* the client's own */
    struct p2p__quic_id original; /* before our retry; len 0: there was none */
    struct p2p__slice token;      /* ours, and good; borrowed for the call */
};

struct p2p__quic_cfg {
    struct p2p__sess_cfg sess;
    struct p2p__quic_shared *shared;     /* borrowed until fini */
    struct p2p__quic_path path;          /* the first */
    const struct p2p_peer_id *expected;  /* copied; NULL: anybody */
    const struct p2p__quic_first *first; /* of a client; NULL: we dial */
    void *user;                          /* of the routes */
};

/* Datagrams that tx wrote, one behind the other. */
struct p2p__quic_run {
    size_t len;     /* bytes of all */
    size_t segment; /* bytes of each, but for the last */
    uint8_t ecn;    /* 0, or a code point to send with */
    struct p2p__quic_path path;
};

/* The session's operations; `sess` is what p2p__quic_new() gave. */
extern const struct p2p__sess_ops p2p__quic_ops;

/* Who the peer is: next() and binding() of such a session, and what a host
 * has (a struct p2p__tls_id). It starts nothing. */
extern const struct p2p_security p2p__quic_security;

/* What connections share: no routes, a new key. Borrows
 * both until fini. */
void p2p__quic_shared_init(struct p2p__quic_shared *shared,
                           struct p2p__env *env, struct p2p__tls_id *id);

/* Ends it; no connection is left. */
void p2p__quic_shared_fini(struct p2p__quic_shared *shared);

/* Puts a route to `user` for an id into the map and on `list`; charges
 * `quota`. Errors: P2P_EEXIST, P2P_ELIMIT, P2P_ENOMEM. */
int p2p__quic_route_add(struct p2p__quic_shared *shared,
                        struct p2p__quota *quota, struct p2p__list *list,
                        const struct p2p__quic_id *id, void *user);

/* Takes out and frees all routes of a list. */
void p2p__quic_routes_drop(struct p2p__quic_shared *shared,
                           struct p2p__quota *quota, struct p2p__list *list);

/* Moves a session's routes to `list`, charged to `quota` from now on; those
 * that it has no room for are dropped. */
void p2p__quic_routes_move(void *sess, struct p2p__quota *quota,
                           struct p2p__list *list);

/* Whom a datagram for this id is for, or NULL. */
void *p2p__quic_route_find(const struct p2p__quic_shared *shared,
                           const uint8_t *id, size_t len);

/* The token by which the peer knows that we forgot a connection. */
void p2p__quic_reset_token(const struct p2p__quic_shared *shared,
                           const struct p2p__quic_id *id, uint8_t token[16]);

/* What a datagram is; fills version and ids of `first`. */
enum p2p__quic_kind p2p__quic_look(const struct p2p__slice *in,
                                   struct p2p__quic_first *first);

/* Whether a datagram may begin a connection; fills `first`, whose token is the
 * client's and not looked at: it borrows from `in`. */
bool p2p__quic_is_first(const struct p2p__slice *in,
                        struct p2p__quic_first *first);

/*
 * A connection that begins at `now`; one that dials has output at once. All
 * its memory is charged. Returns owned: ops.fini() frees it.
 * Errors: P2P_ELIMIT, P2P_ENOMEM, P2P_EINVAL (*out is NULL then).
 */
int p2p__quic_new(const struct p2p__quic_cfg *cfg, void **out, p2p_ns now);

/* The next datagrams given to rx came by this path, with this code point of
 * ECN. */
void p2p__quic_arrives(void *sess, const struct p2p__quic_path *path,
                       uint8_t ecn);

/* How what the last tx wrote is to be sent; valid until the next tx. */
const struct p2p__quic_run *p2p__quic_runs(const void *sess, size_t *count);

/* Whether the peer ended the connection, so that nothing need be said. */
bool p2p__quic_ended(const void *sess);

/*
 * Writes the datagram that ends the connection for the peer, unless that was
 * said already or the peer said it: one run then. Afterwards only fini.
 */
void p2p__quic_close(void *sess, struct p2p__outbuf *out, p2p_ns now);

/* After how long nothing of the connection is under way any more: three probe
 * time-outs. */
p2p_ns p2p__quic_linger(const void *sess);

/*
 * A connection that we dialed goes on over another path of ours, when that is
 * found to work, or, as there is nothing to lose, `at_once`. RFC 9000, 9.
 * Errors: P2P_EAGAIN (the peer gave no id for it yet), P2P_ENOTSUP (it does not
 * want that, or the handshake or all is over).
 */
int p2p__quic_move(void *sess, const struct p2p__quic_path *path, bool at_once,
                   p2p_ns now);

/* The path that it goes by now. */
void p2p__quic_path_of(const void *sess, struct p2p__quic_path *path);

/* The stream's id on the wire, or -1 before it was announced. */
int64_t p2p__quic_stream_id(const void *stream);

/* Changes our sending key now: what a long connection does by itself. 0 or
 * P2P_ESTATE. */
int p2p__quic_update_key(void *sess, p2p_ns now);

#endif
