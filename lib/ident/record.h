/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Peer records: the addresses that a peer says it has, signed by itself.
 * Spec: libp2p RFC 0003; domain and type are those that go and js use.
 */
#ifndef P2P_IDENT_RECORD_H
#define P2P_IDENT_RECORD_H

#include "ident/envelope.h"
#include "p2p/multiaddr.h"
#include "wire/pb.h"

/* Addresses of a record that are looked at; those behind are ignored (T17). */
#define P2P__CAP_RECORD_ADDRS 64U

/* A record that was opened; the payload is a part of what it was read from. */
struct p2p__record {
    struct p2p_peer_id peer; /* who signed it and whom it is about: one */
    uint64_t seq;            /* grows with each record of a peer */
    struct p2p__slice payload;
};

/* A walk over the addresses of a record. */
struct p2p__record_walk {
    struct p2p__pb fields;
    size_t seen;
};

/*
 * Opens a sealed record, borrowed, in the form of RFC 0003 or in that of
 * rust-libp2p, whose rendezvous clients and points have no other: the payload
 * is the same, for another domain and of another type.
 * Errors: those of p2p__envelope_open(), and P2P_EPEER: it is about another
 * peer than the one that signed it (T15).
 */
int p2p__record_open(struct p2p__slice in, struct p2p__record *record);

/* The same, where it may have been opened before; proofs may be NULL. */
int p2p__record_open_again(struct p2p__slice in, struct p2p__proofs *proofs,
                           struct p2p__record *record);

/* Whether a record replaces one of the same peer with `known` as its number.
 * An old one must not come back (T19). */
bool p2p__record_newer(const struct p2p__record *record, uint64_t known);

/* Begins a walk over a record that stays as it is. */
void p2p__record_walk_init(struct p2p__record_walk *walk,
                           const struct p2p__record *record);

/* The next address; malformed and unknown ones are passed over. False at the
 * end, or at the cap. */
bool p2p__record_walk_next(struct p2p__record_walk *walk,
                           struct p2p_multiaddr *ma);

/* What goes into a record; all borrowed. */
struct p2p__record_content {
    uint64_t seq; /* greater than in all records before */
    const struct p2p_multiaddr *addrs;
    size_t count; /* at most P2P__CAP_RECORD_ADDRS */
    bool rust;    /* in the form that rust-libp2p has, instead of the RFC's */
};

/*
 * Seals the record of `key`'s own peer into `cap` bytes at buf.
 * Returns the length. Errors: P2P_EINVAL (too many addresses), P2P_ETOOBIG,
 * P2P_ENOMEM, P2P_ECRYPTO.
 */
int p2p__record_seal(const struct p2p_key *key,
                     const struct p2p__record_content *content, uint8_t *buf,
                     size_t cap);

#endif
