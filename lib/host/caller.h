/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Calls back: dials peers by a swarm of its own, which listens nowhere and has
 * a key of its own. So what comes of it is a new connection, which nobody
 * mistakes for one of the host's, and from another port: a NAT that filters by
 * address and port does not let it in for the sake of one that there is. One
 * that filters by address alone does, if the peer dialed us from the port that
 * it listens at, as QUIC does: our IP address is the same.
 */
#ifndef P2P_HOST_CALLER_H
#define P2P_HOST_CALLER_H

#include "host/attach.h"
#include "proto/autonat/back.h"

struct p2p__caller {
    struct p2p_host *host;
    struct p2p__swarm *swarm; /* NULL: not made yet */
    struct p2p_key *key;
};

/* What a call came to. */
enum p2p__call_outcome {
    P2P__CALL_REACHED,
    P2P__CALL_NOT_REACHED,
    P2P__CALL_NOT_HEARD /* reached, but the nonce was not taken */
};

/* What happens. */
struct p2p__call_cb {
    /* Once. `at`: where it was reached, or NULL. */
    void (*outcome)(void *user, enum p2p__call_outcome outcome,
                    const struct p2p_multiaddr *at, p2p_ns now);
    /* Afterwards: nothing is under way any more. Last. */
    void (*ended)(void *user, p2p_ns now);
};

/* A call. All members are private. */
struct p2p__call {
    struct p2p__caller *caller;
    const struct p2p__call_cb *cb; /* NULL: nothing is under way */
    void *user;
    struct p2p_peer_id id;
    struct p2p__attach a;
    struct p2p__autonat_back back;
    uint64_t nonce;
    bool says; /* there is a nonce to be said */
    bool told;
};

/* Whom to call, and where. */
struct p2p__call_want {
    const struct p2p_peer_id *id;
    const struct p2p_multiaddr *addrs; /* without /p2p/ID */
    size_t n_addrs;                    /* > 0 */
    bool says;                         /* v2: the nonce is to be said */
    uint64_t nonce;
};

/* A caller with the host's transports and securities; `dial_s`: how long a
 * call may take to get through. Errors: as p2p__swarm_new(). */
int p2p__caller_init(struct p2p__caller *c, struct p2p_host *h,
                     const struct p2p_host_config *cfg, uint32_t dial_s);

/* Ends all calls, which hear of it, and frees what it has; twice is harmless.
 */
void p2p__caller_fini(struct p2p__caller *c);

/* Whether it has the transport of an address. */
bool p2p__caller_can(const struct p2p__caller *c,
                     const struct p2p_multiaddr *ma);

/* Calls; one at a time a peer. 0, or why not: then nothing is told. */
int p2p__call(struct p2p__call *call, struct p2p__caller *c,
              const struct p2p__call_want *want, const struct p2p__call_cb *cb,
              void *user);

#endif
