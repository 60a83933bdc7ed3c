/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Which limits were hit, how often, and by whom last. A limit is a row: those
 * of the quota tree, a scope and a kind each, and those that are counted
 * elsewhere. What is counted is told in a later turn, and not more often than
 * once a second: a flood of refusals must not be one of events.
 */
#ifndef P2P_STACK_REFUSALS_H
#define P2P_STACK_REFUSALS_H

#include "base/quota.h"
#include "base/turn.h"
#include "p2p/peer_id.h"
#include "stack/transports.h"

struct p2p__swarm;
struct p2p__conn;

/* Scopes of the quota tree whose limits have rows: X(NAME, text). */
#define P2P__SCOPE_MAP(X)     \
    X(HOST, "host")           \
    X(TRANSIENT, "transient") \
    X(PEER, "peer")           \
    X(CONN, "connection")

enum p2p__scope {
#define P2P__SCOPE_ENUM(name, text) P2P__SCOPE_##name,
    P2P__SCOPE_MAP(P2P__SCOPE_ENUM)
#undef P2P__SCOPE_ENUM
        P2P__SCOPE_COUNT
};

/* Limits beside the tree: X(NAME, scope, what). */
#define P2P__REFUSAL_MAP(X)                                            \
    X(HANDSHAKES, "transient", "handshakes")                           \
    X(HANDSHAKES_OF_ADDR, "address", "handshakes")                     \
    X(PEER_CONNS, "peer", "connections")                               \
    X(UNRESERVED, "host", "inbound connections of strangers")          \
    X(DIALS, "host", "dials that wait")                                \
    X(STREAMS_WAITING, "peer", "streams without a connection")         \
    X(STREAMS_NEGOTIATING, "connection", "streams without a protocol") \
    X(PROTOCOL_STREAMS_IN, "protocol", "inbound streams")

enum p2p__refusal {
    P2P__REFUSED_TREE = P2P__SCOPE_COUNT * P2P__Q_COUNT - 1,
#define P2P__REFUSAL_ENUM(name, scope, what) P2P__REFUSED_##name,
    P2P__REFUSAL_MAP(P2P__REFUSAL_ENUM)
#undef P2P__REFUSAL_ENUM
        P2P__REFUSAL_COUNT
};

struct p2p__refusal_row {
    uint64_t count;
    uint64_t untold;         /* of these */
    struct p2p_peer_id peer; /* of the last one; len 0: not known */
    struct p2p__addr addr;   /* of the last one; family 0: not known */
    uint32_t port_code;      /* of its transport: P2P_MULTIADDR_TCP or _UDP */
};

struct p2p__refusals {
    struct p2p__quota_watch watch; /* of the host's scope */
    struct p2p__timer teller;
    p2p_ns told_at;
    struct p2p__refusal_row rows[P2P__REFUSAL_COUNT];
};

/* Begins to watch the host's scope of a swarm. */
void p2p__refusals_init(struct p2p__swarm *s);

/* Ends it. */
void p2p__refusals_fini(struct p2p__swarm *s);

/* Counts what a limit beside the tree refused: to a connection, or (NULL) to
 * ourselves. */
void p2p__refused(struct p2p__swarm *s, enum p2p__refusal what,
                  const struct p2p__conn *c);

/* The same, to an address that came by a transport. */
void p2p__refused_at(struct p2p__swarm *s, enum p2p__refusal what,
                     const struct p2p__via *via, const struct p2p__addr *from);

/* The row of a scope and a kind. */
static inline unsigned p2p__refusal_of(enum p2p__scope scope,
                                       enum p2p__quota_kind k)
{
    return (unsigned)scope * P2P__Q_COUNT + (unsigned)k;
}

/* Texts of a row: "peer" and "inbound streams". */
const char *p2p__refusal_scope(unsigned row);
const char *p2p__refusal_what(unsigned row);

#endif
