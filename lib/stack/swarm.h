/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * All connections of a host: listeners, dials, peers, protocol handlers, and
 * what they share. The swarm knows sessions and streams, not what is said on
 * them; the host above wires protocols to it by handlers and these calls.
 */
#ifndef P2P_STACK_SWARM_H
#define P2P_STACK_SWARM_H

#include "base/rng.h"
#include "chan/pnet/pnet.h"
#include "crypto/crypto.h"
#include "ident/proofs.h"
#include "p2p/key.h"
#include "port/dns.h"
#include "port/env.h"
#include "port/sec.h"
#include "stack/conn.h"
#include "stack/dial.h"
#include "stack/familiar.h"
#include "stack/gate.h"
#include "stack/handlers.h"
#include "stack/limits.h"
#include "stack/listener.h"
#include "stack/peer.h"
#include "stack/refusals.h"
#include "stack/stream.h"
#include "stack/traffic.h"
#include "stack/transports.h"

/* Security protocols that a host may have. */
#define P2P__SWARM_SECURITIES 4U

/* Bytes that one connection writes a turn: one noise record and a bit. */
#define P2P__SWARM_OUT_BYTES (64U * 1024U)

/* Whether dials of TCP come from where we listen; see dial_from in port/net.h.
 * What others then see of us is where we can be dialed, NATs permitting. */
enum p2p__lend {
    P2P__LEND_NEVER,
    P2P__LEND_PUBLIC, /* those to public addresses */
    P2P__LEND_ALWAYS
};

/* What happens to connections and peers. All but the last are required. */
struct p2p__swarm_cb {
    void (*conn_open)(void *user, struct p2p__conn *c, p2p_ns now);
    void (*conn_closed)(void *user, struct p2p__conn *c, int why, p2p_ns now);
    /* The first connection with a peer opened; the last one closed. */
    void (*peer_up)(void *user, struct p2p__peer *peer, p2p_ns now);
    void (*peer_down)(void *user, struct p2p__peer *peer, p2p_ns now);
    /* Another connection carries the peer's new streams from now on. */
    void (*peer_moved)(void *user, struct p2p__peer *peer, p2p_ns now);
    /* A round trip was measured. */
    void (*pong)(void *user, struct p2p__conn *c, p2p_ns now);
    /* The other end proved to have our own key; the connection ends. */
    void (*self)(void *user, struct p2p__conn *c, p2p_ns now);
    /* A limit refused something since this was called for it the last time. */
    void (*limited)(void *user, unsigned row,
                    const struct p2p__refusal_row *what);
    /* A connection goes on from another address of ours. */
    void (*conn_moved)(void *user, struct p2p__conn *c, p2p_ns now);
};

struct p2p__swarm_cfg {
    struct p2p__runq *q; /* borrowed, as all below */
    struct p2p__env *env;
    struct p2p__net *net;
    struct p2p__resolver *dns;
    const struct p2p_key *key;
    const struct p2p__limits *limits;
    const struct p2p__swarm_cb *cb;
    void *user;
    /* In the order of preference, NULL at the end; NULL: Noise. */
    const struct p2p_security *const *security;
    /* The key of a private network, copied; NULL: everybody is welcome. */
    const uint8_t *psk;
    /* NULL at the end; NULL: TCP. */
    const struct p2p_transport *const *transports;
    bool mplex;    /* offer and accept mplex after yamux */
    bool no_yamux; /* mplex alone: for tests */
};

struct p2p__swarm {
    struct p2p__runq *q;
    struct p2p__env *env;
    struct p2p__net *net;
    struct p2p__resolver *dns;
    struct p2p__crypto *crypto;
    struct p2p__proofs proofs; /* of peers */
    struct p2p__swarm_security {
        const struct p2p_security *ops;
        void *id; /* the host's; owned */
    } security[P2P__SWARM_SECURITIES];
    /* Their names, for negotiators. */
    const char *security_names[P2P__SWARM_SECURITIES];
    struct p2p__transports transports;
    struct p2p__via circuit; /* the host's way over relays; ops NULL: none */
    struct p2p__gate gate;   /* as it is: everything may pass */
    const struct p2p__swarm_cb *cb;
    void *user;
    struct p2p_peer_id self;
    struct p2p__limits limits;
    struct p2p__quota quota;
    struct p2p__quota transient; /* connections whose peer is not known yet */
    struct p2p__refusals refusals;
    struct p2p__book book;
    struct p2p__familiar familiar;
    struct p2p__handlers handlers;
    struct p2p__list conns;   /* all, in the order they began */
    struct p2p__list pending; /* inbound handshakes, as they began */
    struct p2p__list listeners;
    struct p2p__list dials; /* under way */
    struct p2p__list dial_queue;
    struct p2p__timer trimmer; /* the connection manager's */
    struct p2p__rng rng;
    const char *muxers[3]; /* our order of preference, NULL at the end */
    uint32_t n_muxers;
    uint32_t n_securities;
    uint32_t n_conns;
    uint32_t n_open;
    uint32_t n_pending;
    uint32_t n_dials;
    uint32_t n_dial_queue;
    uint64_t refused_gate; /* counters that people see */
    uint64_t trimmed;
    struct p2p__traffic traffic[P2P__TRAFFIC_ROWS];
    enum p2p__lend lend;
    bool closing;
    bool is_private; /* psk is the key of a network */
    uint8_t psk[P2P__PNET_KEY];
    uint8_t out[P2P__SWARM_OUT_BYTES]; /* lent to a flush */
};

/*
 * A swarm without listeners or connections. Returns owned.
 * Errors: P2P_ENOMEM, P2P_ECRYPTO, P2P_EINVAL.
 */
int p2p__swarm_new(const struct p2p__swarm_cfg *cfg, struct p2p__swarm **out);

/* Ends listeners, connections, dials and waiting streams now; streams hear
 * `closed`. Harmless when it was done already. */
void p2p__swarm_close(struct p2p__swarm *s, p2p_ns now);

/* Closes, and frees everything; the quota must be given back by then. */
void p2p__swarm_free(struct p2p__swarm *s, p2p_ns now);

/* A connection finished its upgrade: it joins its peer, or is refused. */
void p2p__swarm_opened(struct p2p__swarm *s, struct p2p__conn *c, p2p_ns now);

/* A connection takes no new streams any more: others carry them now. */
void p2p__swarm_moved(struct p2p__swarm *s, struct p2p__conn *c, p2p_ns now);

/* The handshake told who the peer is. 0, or P2P_EGATED, P2P_ELIMIT, P2P_ESELF,
 * P2P_ENOMEM: the connection ends. */
int p2p__swarm_secured(struct p2p__swarm *s, struct p2p__conn *c,
                       const struct p2p_peer_id *id);

/* A connection is about to be freed. */
void p2p__swarm_closed(struct p2p__swarm *s, struct p2p__conn *c, p2p_ns now);

/* Closes all connections with a peer, and lets it go if it was kept; 0, or
 * P2P_ENOTFOUND: neither. */
int p2p__swarm_disconnect(struct p2p__swarm *s, const struct p2p_peer_id *id);

#endif
