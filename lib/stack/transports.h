/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The transports of a host: which one an address is of. */
#ifndef P2P_STACK_TRANSPORTS_H
#define P2P_STACK_TRANSPORTS_H

#include "port/transport.h"
#include "wire/maddr.h"

/* Transports that a host may have. */
#define P2P__SWARM_TRANSPORTS 8U

/* TCP, with nothing on it. */
extern const struct p2p_transport p2p__tcp_transport;

/* A transport of a host. */
struct p2p__via {
    const struct p2p_transport *ops;
    void *host; /* what it has for all connections; owned */
};

struct p2p__transports {
    struct p2p__via list[P2P__SWARM_TRANSPORTS];
    size_t count;
};

/*
 * Makes what the host needs for each transport of a list with NULL at the end,
 * borrowed for the call; a list that is NULL: TCP alone.
 * Errors: P2P_EINVAL (an empty list, too many), P2P_ENOMEM, P2P_ECRYPTO; what
 * was made until then ends with fini.
 */
int p2p__transports_init(struct p2p__transports *t,
                         const struct p2p_transport *const *list,
                         const struct p2p__transport_cfg *cfg);

/* Frees what the transports have; no connection is left by then. */
void p2p__transports_fini(struct p2p__transports *t);

/* The one that a multiaddr without /p2p/ID, whose waist is `w`, is of, valid
 * until fini; NULL: none. */
const struct p2p__via *p2p__transports_find(const struct p2p__transports *t,
                                            const struct p2p_multiaddr *ma,
                                            const struct p2p__maddr_waist *w);

#endif
