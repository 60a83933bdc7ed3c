/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A relay's books: who has a reservation, until when, and how many circuits
 * each peer is an end of. It decides; streams and bytes are its owner's.
 *
 * A reservation holds as long as the peer stays connected, and no longer than
 * it was granted for. A circuit that began under one outlives it.
 * Spec: libp2p circuit relay v2, "Hop Protocol".
 */
#ifndef P2P_PROTO_RELAY_LEDGER_H
#define P2P_PROTO_RELAY_LEDGER_H

#include "base/list.h"
#include "base/map.h"
#include "proto/fair/rates.h"
#include "proto/relay/caps.h"
#include "proto/relay/msg.h"

/* The numbers of a relay; 0 is the default, which caps.h has. */
struct p2p__relay_limits {
    uint32_t reservations;
    uint32_t reservations_per_addr;
    uint32_t reservation_s;
    uint32_t circuits;
    uint32_t circuits_per_peer;
    uint32_t circuit_s;
    uint64_t circuit_bytes;
};

/* A peer with a reservation, or at an end of a circuit. Private. */
struct p2p__relay_peer {
    struct p2p__map_node node;
    struct p2p__list link; /* ledger->reserved, the first to expire first */
    struct p2p_peer_id id;
    struct p2p__fair_key addr; /* it reserved from there */
    p2p_ns expires;            /* of the reservation; 0: none */
    uint32_t circuits;
    uint32_t guests; /* of them, to it and by guests */
};

/* All members are private. */
struct p2p__relay_ledger {
    struct p2p__relay_limits limits;
    struct p2p__rates reserves; /* requests for reservations */
    struct p2p__rates connects; /* and for circuits */
    struct p2p__map peers;
    struct p2p__list reserved;
    uint32_t n_reserved;
    uint32_t n_circuits;
};

/* The two ways through a circuit. */
enum p2p__relay_way { P2P__RELAY_THERE, P2P__RELAY_BACK, P2P__RELAY_WAYS };

/* A circuit: who are its ends, and what is left to it. */
struct p2p__relay_circuit {
    struct p2p__relay_peer *from; /* who asked for it; NULL: ended */
    struct p2p__relay_peer *to;
    p2p_ns ends;                    /* at the latest */
    uint64_t left[P2P__RELAY_WAYS]; /* bytes */
    bool guest;                     /* who asked for it is one */
};

/* Empty books. `seed`: see base/map.h. */
void p2p__relay_ledger_init(struct p2p__relay_ledger *l,
                            const struct p2p__relay_limits *limits,
                            const uint64_t seed[2]);

/* Ends them; no circuit is left by then. */
void p2p__relay_ledger_fini(struct p2p__relay_ledger *l);

/* Counts a request, a RESERVE or a CONNECT, before it is looked at any further.
 * Returns P2P__RELAY_OK, or _RESOURCE_LIMIT_EXCEEDED: there are too many of the
 * peer, of where it is, or of all. */
enum p2p__relay_status p2p__relay_ledger_asked(struct p2p__relay_ledger *l,
                                               enum p2p__relay_type request,
                                               const struct p2p__fair_who *who,
                                               p2p_ns now);

/* Makes or refreshes the reservation of a peer that is connected from
 * who->at. Returns P2P__RELAY_OK, _RESERVATION_REFUSED (a limit), or
 * _RESOURCE_LIMIT_EXCEEDED (no memory). */
enum p2p__relay_status p2p__relay_ledger_reserve(
    struct p2p__relay_ledger *l, const struct p2p__fair_who *who, p2p_ns now);

/* The peer is connected no more: its reservation ends. */
void p2p__relay_ledger_leave(struct p2p__relay_ledger *l,
                             const struct p2p_peer_id *id);

/* Whether a peer has a reservation now. */
bool p2p__relay_ledger_has(const struct p2p__relay_ledger *l,
                           const struct p2p_peer_id *id, p2p_ns now);

/*
 * Begins a circuit. Returns P2P__RELAY_OK, _NO_RESERVATION,
 * _PERMISSION_DENIED (a peer with itself) or _RESOURCE_LIMIT_EXCEEDED.
 */
enum p2p__relay_status p2p__relay_ledger_connect(struct p2p__relay_ledger *l,
                                                 const struct p2p_peer_id *from,
                                                 const struct p2p_peer_id *to,
                                                 struct p2p__relay_circuit *c,
                                                 p2p_ns now);

/* Whether a peer has room for one more circuit by a guest: one whom its owner
 * would give no reservation. */
bool p2p__relay_ledger_admits(const struct p2p__relay_ledger *l,
                              const struct p2p_peer_id *to);

/* Counts a circuit that has begun as one by a guest. */
void p2p__relay_circuit_guest(struct p2p__relay_circuit *c);

/* What both ends are told of its limits. */
void p2p__relay_ledger_limit(const struct p2p__relay_ledger *l,
                             struct p2p__relay_limit *out);

/* Lets bytes through. P2P_ELIMIT: more than are left; the circuit ends. */
int p2p__relay_circuit_pass(struct p2p__relay_circuit *c,
                            enum p2p__relay_way way, size_t bytes);

/* Ends a circuit; twice is harmless. */
void p2p__relay_ledger_disconnect(struct p2p__relay_ledger *l,
                                  struct p2p__relay_circuit *c);

/* When the next reservation expires. */
p2p_ns p2p__relay_ledger_deadline(const struct p2p__relay_ledger *l);

/* Drops one reservation that has expired and tells whose it was; false: none
 * has. Call it until then. */
bool p2p__relay_ledger_expire(struct p2p__relay_ledger *l, p2p_ns now,
                              struct p2p_peer_id *whose);

#endif
