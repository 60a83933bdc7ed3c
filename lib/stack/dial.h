/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Dials: several addresses of a peer raced with a head start each, names
 * resolved beside that, a bounded number under way, back-off after failure.
 *
 * Happy path: p2p__dial_peer() collects targets in the order of their
 * transports' ranks, asks for names, starts one attempt and the next one
 * HEAD_START later or as soon as one failed; what a name leads to joins the
 * targets; the first connection that opens wins and
 * the others are closed. Failure: when neither attempt nor name is left the
 * callbacks get the most telling error and the peer backs off.
 */
#ifndef P2P_STACK_DIAL_H
#define P2P_STACK_DIAL_H

#include "base/list.h"
#include "base/turn.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"
#include "port/net.h"
#include "stack/limits.h"
#include "stack/names.h"
#include "stack/peer.h"
#include "stack/place.h"

struct p2p__swarm;
struct p2p__peer;
struct p2p__conn;

/* Told once how a dial ended: conn is NULL when status < 0. */
typedef void p2p__dial_done(void *user, int status, struct p2p__conn *c,
                            p2p_ns now);

/* How a dial goes about it. Those through NATs come from where we listen, try
 * all addresses at once, and some of them again while they are refused: the
 * other end's NAT may not expect us yet. Spec: libp2p DCUtR (r1). */
enum p2p__dial_way {
    P2P__DIAL_PLAIN,
    P2P__DIAL_APART,     /* plain, from any port: NATs remember what led
                            nowhere, and a punch may follow */
    P2P__DIAL_AS_CLIENT, /* through NATs */
    P2P__DIAL_AS_SERVER /* and the peer takes the dialer's part; over transports
                           of their own nothing is dialed, see knock.h */
};

/* Where a dial goes. */
struct p2p__dial_target {
    struct p2p__addr addr;
    struct p2p__place place;
};

struct p2p__dial {
    struct p2p__list link; /* swarm->dials or ->dial_queue */
    struct p2p__timer timer;
    struct p2p__swarm *swarm;
    struct p2p__peer *peer;      /* counted; NULL: whoever answers */
    struct p2p_peer_id expected; /* who must answer, when peer is NULL */
    struct p2p__dial_target targets[P2P__CAP_DIAL_ADDRS];
    struct p2p__names names;
    p2p__dial_done *done;
    void *user;
    uint32_t n_targets;
    uint32_t next;    /* the first target not tried yet */
    uint32_t running; /* attempts under way */
    uint8_t way;      /* enum p2p__dial_way */
    uint8_t rounds;   /* through all targets, but for the first */
    int err;          /* the most telling one so far */
    bool active;
    bool unwanted; /* it ends in its next turn */
};

/*
 * Dials a peer at the addresses that the book has of it, unless it is
 * connected by a connection of the path, or being dialed. Who wants better
 * than there is, or no relay, dials no circuits. Errors: P2P_ENOADDR,
 * P2P_ELIMITED (the same, but connected), P2P_ELIMIT (queue full or backing
 * off), P2P_ENOMEM, P2P_ESELF.
 */
int p2p__dial_for(struct p2p__peer *peer, enum p2p__path path, p2p_ns now);

/* The same where a connection that no relay limits will do. */
int p2p__dial_peer(struct p2p__swarm *s, struct p2p__peer *peer, p2p_ns now);

/*
 * Dials one multiaddr, with or without /p2p/ID, and tells `done` (may be
 * NULL), never before this returned. Errors: P2P_EFORMAT, P2P_ENOTSUP (no
 * transport of ours), P2P_ELIMIT, P2P_ENOMEM, P2P_ESELF.
 */
int p2p__dial_addr(struct p2p__swarm *s, const struct p2p_multiaddr *ma,
                   p2p__dial_done *done, void *user, p2p_ns now);

/* A dial to a peer at these addresses, whatever else is known of it. */
struct p2p__dial_order {
    const struct p2p_peer_id *peer;
    const struct p2p_multiaddr *addrs;
    size_t n_addrs;
    enum p2p__dial_way way;
    p2p__dial_done *done; /* may be NULL */
    void *user;
};

/*
 * Begins it at once, beside a dial to the peer that may be under way; *out is
 * valid until `done` is told, which is never before this returned. Addresses
 * that are of none of our transports are left out.
 * Errors: P2P_ENOADDR (none is left), P2P_ELIMIT, P2P_ENOMEM, P2P_ECLOSED.
 */
int p2p__dial_these(struct p2p__swarm *s, const struct p2p__dial_order *order,
                    struct p2p__dial **out, p2p_ns now);

/* Ends a dial of an order; `done` is not told. */
void p2p__dial_cancel(struct p2p__dial *d, p2p_ns now);

/*
 * Adds where a multiaddr, with or without /p2p/ID, leads to.
 * Errors: P2P_ENOTSUP (no transport of ours), P2P_ELIMIT, P2P_ENOMEM, what a
 * resolver says.
 */
int p2p__dial_add_maddr(struct p2p__dial *d, const struct p2p_multiaddr *ma,
                        p2p_ns now);

/* Puts a target where its transport's rank wants it, behind those that were
 * tried; too many are left out. 0 or P2P_ENOMEM. */
int p2p__dial_add_target(struct p2p__dial *d, const struct p2p__via *via,
                         const struct p2p_multiaddr *ma,
                         const struct p2p__addr *a);

/* A name of a dial was resolved, or led nowhere: status < 0. */
void p2p__dial_named(struct p2p__dial *d, int status, p2p_ns now);

/* Who must answer a dial (or NULL), valid as long as that; NULL: anybody. */
const struct p2p_peer_id *p2p__dial_expected(const struct p2p__dial *d);

/* An attempt of a dial opened, or ended with status < 0. */
void p2p__dial_attempt_done(struct p2p__dial *d, struct p2p__conn *c,
                            int status, p2p_ns now);

/* Ends a dial now; its owner is not told. */
void p2p__dial_free(struct p2p__dial *d);

/* A peer is kept no more: the dial to it ends in a later turn, unless somebody
 * asked for it, or a stream waits for it. */
void p2p__dial_unwant(struct p2p__dial *d);

/* A dial that is under way waits for the one to this peer, a relay: that begins
 * beside those that are under way, if it has not; it need not wait for them. */
void p2p__dial_hurry(struct p2p__peer *peer, p2p_ns now);

/* The timer of a peer that is to be kept went off: dial it again. */
void p2p__dial_redial_due(struct p2p__timer *t, p2p_ns now);

/* A kept peer is gone or could not be dialed: try again after its back-off. */
void p2p__dial_schedule(struct p2p__peer *peer, p2p_ns now);

#endif
