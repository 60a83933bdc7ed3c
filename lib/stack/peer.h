/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A peer: who it is, where it may be, the connections with it, and the streams
 * that wait for one. The book keeps peers by id; those that nothing holds are
 * forgotten when there are too many, the longest unused first.
 */
#ifndef P2P_STACK_PEER_H
#define P2P_STACK_PEER_H

#include "base/list.h"
#include "base/map.h"
#include "base/quota.h"
#include "base/turn.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"
#include "port/net.h"

struct p2p__swarm;
struct p2p__conn;
struct p2p__dial;

/* Where an address came from; a better source keeps it longer, and has it
 * dialed first. */
enum p2p__addr_source {
    P2P__ADDR_HEARSAY, /* of anybody: a DHT, who names a relay */
    P2P__ADDR_MDNS,
    P2P__ADDR_IDENTIFY,
    P2P__ADDR_RECORD, /* signed by the peer */
    P2P__ADDR_USER    /* by hand: does not expire */
};

struct p2p__peer_addr {
    struct p2p__list link;
    p2p_ns expires;
    uint8_t source;
    uint16_t len;
    uint8_t bytes[]; /* multiaddr, without /p2p */
};

struct p2p__peer {
    struct p2p__map_node node;
    struct p2p__list link;    /* the book's: idle ones at the front */
    struct p2p__list conns;   /* open ones, the primary first */
    struct p2p__list waiting; /* streams without a connection */
    struct p2p__list addrs;   /* newest first */
    struct p2p__swarm *swarm;
    struct p2p__dial *dial;
    struct p2p__timer redial;
    struct p2p__timer waiter; /* ends streams that waited too long */
    struct p2p__quota quota;
    struct p2p_peer_id id;
    uint32_t refs; /* connections, dials, streams, the host */
    uint32_t n_addrs;
    uint32_t n_waiting;
    uint32_t failures; /* dials that failed in a row */
    p2p_ns backoff_until;
    bool guarded;   /* protected, whether it is kept or not */
    bool held;      /* a reservation is on its connection: not trimmed */
    bool keep;      /* protected, and dialed again when it goes away */
    bool announced; /* peer_up was told */
    void *user;     /* the host's pubsub, about this peer */
    void *identify; /* the host's identify, about this peer */
};

struct p2p__book {
    struct p2p__map map;
    struct p2p__list idle; /* refs == 0, oldest first */
    struct p2p__list busy;
    size_t n_idle;
};

/* An empty book. */
void p2p__book_init(struct p2p__book *b, const uint64_t seed[2]);

/* Frees all peers; none may be held. */
void p2p__book_fini(struct p2p__book *b);

/* The peer with this id, or NULL. Does not count a reference. */
struct p2p__peer *p2p__book_find(const struct p2p__book *b,
                                 const struct p2p_peer_id *id);

/* The peer with this id, made if it is new; counts a reference. Or NULL. */
struct p2p__peer *p2p__peer_get(struct p2p__swarm *swarm,
                                const struct p2p_peer_id *id);

/* Counts a reference. */
struct p2p__peer *p2p__peer_ref(struct p2p__peer *peer);

/* Drops a reference; an idle peer may be forgotten at any time after it. */
void p2p__peer_unref(struct p2p__peer *peer);

/* Whether the connection manager leaves it alone, and there is room for it that
 * strangers do not have. */
static inline bool p2p__peer_is_protected(const struct p2p__peer *peer)
{
    return peer->keep || peer->guarded;
}

/* Protects a peer whether it is kept or not, or does so no more; while it does,
 * that is a reference. */
void p2p__peer_guard(struct p2p__peer *peer, bool on);

/* Notes where a protected peer is connected from: when it is that, or has
 * become protected. */
void p2p__peer_met(struct p2p__peer *peer);

/* A peer that is kept is not any more: no dial to it for that alone goes on,
 * and its reference is dropped. Harmless for another. */
void p2p__peer_let_go(struct p2p__peer *peer);

/*
 * Notes an address (without /p2p) until now + ttl. A known one is renewed.
 * When there are too many the one of the worst source that expires first goes.
 * Errors: P2P_ELIMIT (nothing worse to drop), P2P_ENOMEM, P2P_EINVAL.
 */
int p2p__peer_add_addr(struct p2p__peer *peer, const void *maddr, size_t len,
                       enum p2p__addr_source source, p2p_ns expires);

/* Whether an address is known of a peer. */
bool p2p__peer_has_addr(const struct p2p__peer *peer, const void *maddr,
                        size_t len);

/* Drops what has expired. */
void p2p__peer_prune(struct p2p__peer *peer, p2p_ns now);

/* Over which connections something may go. */
enum p2p__path {
    P2P__PATH_WHOLE, /* not over those that a relay limits */
    P2P__PATH_ANY,
    P2P__PATH_DIRECT /* not over a relay */
};

/* The connection that new streams use, or NULL. */
struct p2p__conn *p2p__peer_primary(const struct p2p__peer *peer);

/* The same among the connections of a path. */
struct p2p__conn *p2p__peer_conn(const struct p2p__peer *peer,
                                 enum p2p__path path);

#endif
