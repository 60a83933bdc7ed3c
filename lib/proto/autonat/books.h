/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An AutoNAT server's books: who asked lately, and what is being worked on.
 * They decide whether a request is served, and which of its addresses may be
 * dialed; dialing is the owner's.
 *
 * Whoever is served makes us dial somebody: so requests are counted, of a
 * peer, of an IP address (of IPv6 a /64), and of all; and nobody is dialed who
 * cannot be an asker in the internet (T34).
 * Spec: libp2p autonat-v1, "AutoNAT Protocol"; autonat-v2, "AutoNAT V2
 * Protocol", "Amplification Attack Prevention".
 */
#ifndef P2P_PROTO_AUTONAT_BOOKS_H
#define P2P_PROTO_AUTONAT_BOOKS_H

#include "base/list.h"
#include "proto/autonat/msg_v1.h"
#include "proto/fair/rates.h"

/* The numbers of a server; 0 is the default, which caps.h has. */
struct p2p__autonat_limits {
    uint32_t rate_peer; /* requests a minute, of one peer */
    uint32_t rate_addr; /* of one IP address */
    uint32_t rate_all;
    uint32_t rate_other; /* of all that want another address dialed */
    uint32_t dials;      /* at once */
    uint32_t dials_per_peer;
    bool private_addrs; /* also others than those of the internet, for askers
                         * that are not there either: for tests */
};

/* All members are private. */
struct p2p__autonat_books {
    struct p2p__autonat_limits limits;
    struct p2p__rates asked;
    struct p2p__bucket other;
    struct p2p__list work; /* the requests that are worked on */
    uint32_t dials;        /* of them */
};

/* A request that is worked on; it stays where it is. All zero: there is none.
 * All members are private. */
struct p2p__autonat_work {
    struct p2p__list link;
    struct p2p_peer_id id; /* of the asker */
    bool begun;
};

/* Empty books. `seed`: see base/map.h. */
void p2p__autonat_books_init(struct p2p__autonat_books *b,
                             const struct p2p__autonat_limits *limits,
                             const uint64_t seed[2]);

/* Ends them; nothing is worked on by then. */
void p2p__autonat_books_fini(struct p2p__autonat_books *b);

/* Begins the work on a request of a peer that is connected from who->at.
 * Errors: P2P_ELIMIT, P2P_ENOMEM; then there is nothing to end. */
int p2p__autonat_books_begin(struct p2p__autonat_books *b,
                             const struct p2p__fair_who *who,
                             struct p2p__autonat_work *work, p2p_ns now);

/* Whether one more request may have another address than the asker's dialed;
 * counts it. */
bool p2p__autonat_books_may_charge(struct p2p__autonat_books *b, p2p_ns now);

/* Ends the work; twice is harmless. */
void p2p__autonat_books_end(struct p2p__autonat_books *b,
                            struct p2p__autonat_work *work);

/* Whether a server would dial there for who asks from `from`: an IP address and
 * a port, of the internet unless the configuration says otherwise and he is
 * not there himself; and not over a relay. */
bool p2p__autonat_may_dial(const struct p2p__autonat_books *b,
                           const struct p2p__addr *from,
                           const struct p2p_multiaddr *ma);

/* The next address of a request of v2 from `from` that may be dialed, without
 * /p2p/ID; its index, or negative: there is none among those that are looked
 * at. */
int p2p__autonat_v2_target(const struct p2p__autonat_books *b,
                           const struct p2p__addr *from,
                           struct p2p__autonat_walk *walk,
                           struct p2p_multiaddr *ma);

/* Where a request of v1 from `from` wants to be dialed, at most `cap`: the
 * IP address is always the asker's own. Without /p2p/ID; none comes twice. */
size_t p2p__autonat_v1_targets(const struct p2p__autonat_books *b,
                               const struct p2p__autonat_told *told,
                               const struct p2p__addr *from,
                               struct p2p_multiaddr *out, size_t cap);

#endif
