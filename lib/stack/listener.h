/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A place where we take connections, of one transport. */
#ifndef P2P_STACK_LISTENER_H
#define P2P_STACK_LISTENER_H

#include "base/list.h"
#include "p2p/multiaddr.h"
#include "port/net.h"

struct p2p__conn;
struct p2p__swarm;
struct p2p__via;

struct p2p__swarm_listener {
    struct p2p__list link; /* swarm->listeners, in the order they came */
    struct p2p__swarm *swarm;
    struct p2p__listener *l;
    const struct p2p__via *via;
    struct p2p__addr at; /* as bound: the port is filled in */
    uint16_t rest_len;
    uint8_t rest[]; /* what is behind the port */
};

/*
 * Listens at a multiaddr without a name and without /p2p/ID.
 * Errors: P2P_ENOTSUP (of no transport of ours, or a name), P2P_EADDRINUSE,
 * P2P_EACCES, P2P_ELIMIT, P2P_ENOMEM, …
 */
int p2p__listener_open(struct p2p__swarm *s, const struct p2p_multiaddr *ma);

/* Takes a pipe that came in over a transport, at a multiaddr, if limits and
 * gate let it; else it is closed. */
void p2p__swarm_accept(struct p2p__swarm *s, const struct p2p__via *via,
                       const struct p2p_multiaddr *at, struct p2p__pipe *pipe,
                       p2p_ns now);

/* The address of a listener, with the IP of another if `ip` is not NULL. */
void p2p__listener_maddr(const struct p2p__swarm_listener *l,
                         const struct p2p__addr *ip, struct p2p_multiaddr *out);

/* The same as seen from outside: at another IP address and port. */
void p2p__listener_outside(const struct p2p__swarm_listener *l,
                           const struct p2p__addr *at,
                           struct p2p_multiaddr *out);

/* A listener of a transport whose address a dial to another may come from, so
 * that who is dialed sees where we can be dialed; NULL: none. */
struct p2p__swarm_listener *p2p__listener_towards(const struct p2p__swarm *s,
                                                  const struct p2p__via *via,
                                                  const struct p2p__addr *to);

/* Whether our end of a connection is at the port of a listener of its
 * transport. */
bool p2p__listener_is_at(const struct p2p__conn *c);

/* Ends and frees all listeners of a swarm. */
void p2p__listeners_close(struct p2p__swarm *s);

#endif
