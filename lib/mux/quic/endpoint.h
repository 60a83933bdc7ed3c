/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host's QUIC: sockets, and the connections behind them as pipes of
 * port/net.h. A datagram finds its connection by the id that it names, in one
 * look at one map, whatever socket it came by.
 *
 * Happy path: a client's first datagram makes a pipe, which the stack accepts
 * and attaches a session to; from then on datagrams go to the pipe's `data`,
 * and what a tx wrote to its `write`, in runs. A dial uses a socket that is
 * bound to no address in particular: a listening one if there is one. The
 * system chooses from which address a dial goes; a client is answered from the
 * address that it found.
 *
 * Failure modes. Too many handshakes, or one of the same address that may be
 * forged: clients must show first that their address is theirs (retry). Nobody
 * wants it: refused in one datagram. A datagram of a connection that is not
 * known: a stateless reset, so many a second. The socket is full: the pipe
 * keeps what is left of a tx, and waits.
 *
 * A pipe that was closed lingers for three probe time-outs: it answers what is
 * under way with its last word, and holds that and its ids.
 */
#ifndef P2P_MUX_QUIC_ENDPOINT_H
#define P2P_MUX_QUIC_ENDPOINT_H

#include "base/bucket.h"
#include "mux/quic/reply.h"
#include "port/transport.h"

/* Handshakes under way above which a client must show that its address is its
 * own. */
#define P2P__CAP_QUIC_UNPROVEN 32U

/* Closed connections that linger; the oldest is forgotten. */
#define P2P__CAP_QUIC_LINGERING 1024U

/* Answers to strangers: so many at once, then so many a second. */
#define P2P__CAP_QUIC_REPLIES_BURST   256U
#define P2P__CAP_QUIC_REPLIES_PER_SEC 1000U

/* Clients that are asked for a proof: so many at once, then so many a second.
 * More than of other answers, for they keep nothing, are shorter than what they
 * answer, and whoever gets none among forged ones cannot connect. */
#define P2P__CAP_QUIC_RETRIES_BURST   4096U
#define P2P__CAP_QUIC_RETRIES_PER_SEC 25000U

/* The longest last word that lingers, in bytes. */
#define P2P__QUIC_LAST_WORD_BYTES 128U

/* What a host has. */
struct p2p__quic_host {
    struct p2p__transport_cfg cfg;
    struct p2p__tls_id *id;
    struct p2p__quic_shared shared;
    struct p2p__job job;        /* tells dials that they are connected */
    struct p2p__list sockets;   /* struct p2p__qsocket */
    struct p2p__list dialed;    /* pipes that were not told yet */
    struct p2p__list lingering; /* closed pipes, the oldest first */
    struct p2p__list unproven;  /* pipes of clients that showed no token */
    struct p2p__bucket replies;
    struct p2p__bucket retries;
    struct p2p__qpipe *current; /* whose callback runs */
    size_t n_lingering;
    size_t n_shaking; /* inbound pipes in their handshake */
};

/* A socket: a listener's, or for dials alone. */
struct p2p__qsocket {
    struct p2p__listener l; /* its cb is NULL: it does not listen */
    struct p2p__list link;
    struct p2p__list full; /* pipes that wait for room */
    struct p2p__quic_host *host;
    struct p2p__udp *udp;
    size_t n_pipes; /* that need it, lingering ones too */
};

/* A connection; see pipe.c. */
struct p2p__qpipe {
    struct p2p__pipe pipe;
    struct p2p__list link;   /* dialed, unproven or lingering */
    struct p2p__list full;   /* of the socket */
    struct p2p__timer timer; /* the end of lingering */
    struct p2p__list routes; /* while it lingers */
    struct p2p__qsocket *socket;
    struct p2p__quic_path path;
    void *sess; /* borrowed; NULL: none yet, or closed */
    struct p2p__quic_first first;
    struct p2p_peer_id expected;
    uint8_t *kept; /* of a tx, when the socket was full */
    size_t kept_len;
    struct p2p__quic_run kept_runs[P2P__QUIC_RUNS];
    size_t n_kept_runs;
    uint32_t asked; /* datagrams since it lingers */
    uint16_t last_len;
    bool dialer;
    bool heard; /* something came for it */
    bool shaking;
    bool lingers;
    uint8_t last[P2P__QUIC_LAST_WORD_BYTES];
};

/* The transport's table: see port/transport.h. */
extern const struct p2p_transport p2p__quic_transport;

/* A host's QUIC; and its end, after all pipes and listeners were closed.
 * Errors: P2P_ENOMEM, P2P_ECRYPTO. */
int p2p__quic_host_new(const struct p2p__transport_cfg *cfg, void **host);
void p2p__quic_host_free(void *host);

/* pipe.c */

/* A pipe by a socket: not on any list. NULL: no memory, or over a limit. */
struct p2p__qpipe *p2p__qpipe_new(struct p2p__qsocket *s,
                                  const struct p2p__addr *remote);

/* Frees it at once, and lets go of its socket. */
void p2p__qpipe_free(struct p2p__qpipe *p);

/* Lets a closed pipe linger for a while; one too many sends the oldest. */
void p2p__qpipe_linger(struct p2p__qpipe *p, p2p_ns now, p2p_ns span);

/* Hands one datagram to a pipe. */
void p2p__qpipe_arrive(struct p2p__qpipe *p, struct p2p__slice in,
                       const struct p2p__udp_run *run, p2p_ns now);

/* Sends what is kept; false: the socket is full again. */
bool p2p__qpipe_drain(struct p2p__qpipe *p, p2p_ns now);

/* p2p__transport_own's attach. */
int p2p__qpipe_attach(struct p2p__pipe *pipe, const struct p2p__sess_cfg *cfg,
                      void **sess, p2p_ns now);

/* Which address of ours a run came to; the socket's, if it is not told. */
struct p2p__addr p2p__qsocket_local(const struct p2p__qsocket *s,
                                    const struct p2p__udp_run *run);

/* A socket by which an address can be reached, and the address of ours that the
 * system sends from then, without one where it does not say. Errors: those of
 * p2p__net's udp. */
struct p2p__qsocket *p2p__qsocket_for(struct p2p__quic_host *h,
                                      const struct p2p__addr *to,
                                      struct p2p__addr *from, int *err);

/* Lets go of a socket that one pipe less needs, or that listens no more. */
void p2p__qsocket_release(struct p2p__qsocket *s);

#endif
