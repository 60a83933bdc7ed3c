/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A transport: how a connection is made at an address, up to where security
 * begins. TCP is the library's; others are libraries of their own. There are
 * three kinds:
 *
 *   over TCP       channels (see chan.h) between the pipe and security, such
 *                  as those of WebSocket; TCP itself has none
 *   of its own     connections that are secure and multiplexed by themselves,
 *                  such as those of QUIC: `own` says how they are made
 *   over a relay   pipes over streams of the host, treated as TCP's: `dial`
 */
#ifndef P2P_PORT_TRANSPORT_H
#define P2P_PORT_TRANSPORT_H

#include "p2p/multiaddr.h"
#include "port/chan.h"
#include "port/net.h"
#include "port/sec.h"
#include "port/sess.h"

/* What a transport's part of a host is made with; all is borrowed until
 * host_free(). */
struct p2p__transport_cfg {
    const struct p2p_transport *self; /* whose part it is */
    struct p2p__runq *q;
    struct p2p__env *env;
    struct p2p__net *net;
    struct p2p__crypto *crypto;
    struct p2p__quota *quota; /* the host's */
    const struct p2p_key *key;
};

/* A connection whose channels are to be made. */
struct p2p__transport_conn {
    void *host; /* what host_new() made */
    bool dialer;
    /* The address that was dialed, or that is listened at; without /p2p/ID.
     * Borrowed for the call. */
    const struct p2p_multiaddr *addr;
    struct p2p__quota *quota; /* the connection's scope; borrowed until fini */
    struct p2p__env *env;     /* borrowed until fini */
    struct p2p__job *owner;   /* marked when there is output */
};

/*
 * Connections of another network than TCP's. The pipe and the session are two
 * sides of one: what the pipe's `data` brings is given to the session's rx, a
 * datagram a call, and what one tx of the session writes goes to the pipe's
 * write whole. The pipe is closed before the session's fini.
 */
struct p2p__transport_own {
    /* As p2p__net's listen and dial; `expected` (or NULL) is copied. */
    struct p2p__listener *(*listen)(void *host, const struct p2p__addr *at,
                                    const struct p2p__listener_cb *cb,
                                    void *user, int *err);
    struct p2p__pipe *(*dial)(void *host, const struct p2p__addr *to,
                              const struct p2p_peer_id *expected,
                              const struct p2p__pipe_cb *cb, void *user,
                              int *err);
    /* The session of a pipe that connected or was accepted, before anything
     * moves. Returns owned: session->fini() it. Errors: P2P_ELIMIT,
     * P2P_ENOMEM, P2P_ECRYPTO. */
    int (*attach)(struct p2p__pipe *pipe, const struct p2p__sess_cfg *cfg,
                  void **sess, p2p_ns now);
    /* Sends bytes that mean nothing to an address, from where dials come: NATs
     * on our side expect an answer then. NULL: cannot be. */
    void (*knock)(void *host, const struct p2p__addr *to, const uint8_t *bytes,
                  size_t len);
    const struct p2p__sess_ops *session;
    /* What next() and binding() say of the session: who the peer is. Before
     * that it has no event about streams. Of chan the name alone is read; the
     * rest is not called. */
    const struct p2p_security *security;
};

/* What a transport that makes its own pipes dials. */
struct p2p__transport_dial {
    const struct p2p_multiaddr *addr;   /* without /p2p/ID; for the call */
    const struct p2p_peer_id *expected; /* NULL: whoever answers */
};

struct p2p_transport {
    const char *name;   /* constant: what people see, "quic-v1" */
    uint32_t port_code; /* P2P_MULTIADDR_TCP or _UDP */
    unsigned rank;      /* of the addresses of a peer the smaller goes first */
    /* Whether all behind the port, from byte `at`, is this transport's. */
    bool (*speaks)(const struct p2p_multiaddr *ma, size_t at);
    /* What a host has for all connections: returns owned, host_free() it.
     * NULL: nothing, `host` is NULL then. */
    int (*host_new)(const struct p2p__transport_cfg *cfg, void **host);
    void (*host_free)(void *host);
    /*
     * Makes the channels of a connection, the lowest first: called with index
     * 0, 1, … until it returns 0; 1: it set both. Returns owned: ops->fini()
     * and p2p__free() it. Negative: the connection ends. NULL: no channels.
     */
    int (*channel)(const struct p2p__transport_conn *conn, unsigned index,
                   const struct p2p__chan_ops **ops, void **chan, p2p_ns now);
    const struct p2p__transport_own *own; /* NULL: over TCP */
    /* Over a relay: as p2p__net's dial. NULL: pipes are the network's. */
    struct p2p__pipe *(*dial)(void *host, const struct p2p__transport_dial *to,
                              const struct p2p__pipe_cb *cb, void *user,
                              int *err);
    /* Whether a host may listen with it: 0, or why not. NULL: it may. */
    int (*may_listen)(const void *host);
};

#endif
