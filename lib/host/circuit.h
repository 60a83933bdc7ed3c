/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A circuit: a pipe over a stream to a relay, on which security and a muxer go
 * as on TCP's. One deep: the stream is never over a circuit itself.
 */
#ifndef P2P_HOST_CIRCUIT_H
#define P2P_HOST_CIRCUIT_H

#include "host/exchange.h"

/* The transport behind /p2p-circuit; its host is the struct p2p_host. */
extern const struct p2p_transport p2p__circuit_transport;

/*
 * Takes a circuit that a relay brought, by the stop stream of an exchange that
 * said yes; the exchange is left empty. It is given to the swarm as a
 * connection that came in, or ended.
 */
void p2p__circuit_accept(struct p2p_host *h, struct p2p__exchange *x,
                         bool limited, p2p_ns now);

#endif
