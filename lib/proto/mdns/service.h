/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * mDNS discovery on the world: sockets, groups and interfaces around the core
 * of mdns.h. The sockets are shared with whoever else on this host speaks
 * mDNS. Interfaces come and go: they are looked at every few seconds, and so
 * is a socket that could not be opened.
 *
 * All interfaces that can do multicast are used; loopback is one of them when
 * there is no other, for then all peers are on this host.
 */
#ifndef P2P_PROTO_MDNS_SERVICE_H
#define P2P_PROTO_MDNS_SERVICE_H

#include "port/ifaces.h"
#include "port/net.h"
#include "proto/mdns/mdns.h"

/* How often interfaces are looked at. */
#define P2P__MDNS_RESCAN P2P__SEC(5)

struct p2p__mdns_service_cfg {
    struct p2p__mdns_cfg core;  /* its owner is set by the service */
    struct p2p__net *net;       /* borrowed until free */
    struct p2p__ifaces *ifaces; /* borrowed until free */
    struct p2p__runq *runq;     /* borrowed until free */
    bool ip6;                   /* speak on ff02::fb too */
    void *user;                 /* what the calls below get */
    /* A peer was found; the event is valid until the call returns. */
    void (*found)(void *user, const struct p2p__mdns_ev *ev, p2p_ns now);
    /* Somebody, perhaps we, said our own id; as found, may be NULL. */
    void (*self)(void *user, const struct p2p__mdns_ev *ev, p2p_ns now);
    /* Addresses of this host changed; may be NULL. To be answered by
     * p2p__mdns_service_set_addrs(). */
    void (*moved)(void *user, p2p_ns now);
};

/* Counters: datagrams, but for `found`, which counts calls. */
struct p2p__mdns_stat {
    uint64_t received;
    uint64_t ignored; /* of those: malformed, too many, not of this link */
    uint64_t sent;
    uint64_t unsent; /* an interface did not take it */
    uint64_t found;
};

struct p2p__mdns_service;

/*
 * Opens sockets, joins groups and asks. None of `found` and `moved` comes
 * before this has returned.
 * Returns owned: p2p__mdns_service_free() it.
 * Errors: P2P_ENOMEM, P2P_EINVAL (see p2p__mdns_init()). A socket that cannot
 * be opened is no error: it is tried again.
 */
int p2p__mdns_service_new(const struct p2p__mdns_service_cfg *cfg, p2p_ns now,
                          struct p2p__mdns_service **out);

/* Leaves and closes; takes the service, NULL is fine. Not to be called from
 * `found` or `moved`. */
void p2p__mdns_service_free(struct p2p__mdns_service *s);

/* See p2p__mdns_set_addrs(). */
void p2p__mdns_service_set_addrs(struct p2p__mdns_service *s,
                                 const struct p2p_multiaddr *addrs,
                                 size_t count, p2p_ns now);

/* See p2p__mdns_ask(). */
void p2p__mdns_service_ask(struct p2p__mdns_service *s, p2p_ns now);

/* Looks at the interfaces now: joins, leaves, and asks on new ones. */
void p2p__mdns_service_look(struct p2p__mdns_service *s, p2p_ns now);

/* The same, and p2p__mdns_again(). */
void p2p__mdns_service_again(struct p2p__mdns_service *s, p2p_ns now);

/* See p2p__mdns_forget(). */
void p2p__mdns_service_forget(struct p2p__mdns_service *s,
                              const struct p2p_peer_id *id, p2p_ns now);

/* The counters; valid until free. */
const struct p2p__mdns_stat *p2p__mdns_service_stat(
    const struct p2p__mdns_service *s);

/* Why the last socket that was wanted is not open: 0 if all are. */
int p2p__mdns_service_error(const struct p2p__mdns_service *s);

#endif
