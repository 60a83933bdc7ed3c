/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two connections of QUIC that talk to each other over a network of dice, on
 * virtual time: datagrams are late, lost, doubled, and overtake each other.
 * End 0 dials; end 1 begins with the first datagram that arrives. Says errors
 * instead of failing a test, so that fuzzers use it too.
 */
#ifndef TESTS_LIB_QUIC_PAIR_H
#define TESTS_LIB_QUIC_PAIR_H

#include "mux/quic/quic.h"
#include "test_env.h"

#define QUIC_PAIR_OUT 65536U

struct quic_pair;

struct quic_end {
    void *sess; /* NULL: not begun, or over */
    struct p2p__quic_shared shared;
    struct p2p__quota quota;
    struct test_env env;
    struct p2p_key *key;
    void *id;
    struct p2p_peer_id self;
    struct p2p__runq runq;
    struct p2p__job job;
    struct p2p__quic_path path; /* as this end sees it */
    bool established;
    struct p2p_peer_id peer; /* proven */
    int err;                 /* why it ended; 0: it did not */
    uint64_t sent;           /* datagrams */
    uint64_t runs;
    size_t largest; /* datagram */
};

struct quic_datagram;

struct quic_pair {
    struct quic_end end[2];
    struct p2p__rng rng;
    struct quic_datagram *wire; /* in the order of arrival */
    p2p_ns now;
    p2p_ns latency;
    p2p_ns jitter;
    unsigned lost_percent;
    unsigned doubled_percent;
    size_t mtu;        /* larger ones are lost */
    uint8_t ecn;       /* what the network makes of those that are marked */
    uint16_t nat_port; /* that end 0 seems to have; 0: its own */
    const struct p2p_peer_id *expected; /* by the dialer; NULL: end 1 */
    /* An event of a stream; called for each. */
    void (*on)(struct quic_pair *p, unsigned side,
               const struct p2p__sess_ev *ev);
    /* Sees, and may change, each datagram that is sent; false: it is lost. */
    bool (*tap)(struct quic_pair *p, unsigned from, uint8_t *bytes,
                size_t *len);
    void *user;
    uint8_t out[QUIC_PAIR_OUT];
};

/* A pair with keys and without connections; 0 or an error. */
int quic_pair_init(struct quic_pair *p, uint64_t seed);

/* Frees all; asserts that the quotas are empty. */
void quic_pair_fini(struct quic_pair *p);

/* Dials. What p2p__quic_new() says. */
int quic_pair_dial(struct quic_pair *p);

/* Ends an end's connection: its last word, then fini. */
void quic_pair_close(struct quic_pair *p, unsigned side);

/* What is due now at both ends: events, then output. */
void quic_pair_pump(struct quic_pair *p);

/* Lets time pass until `at`, or until nothing can happen any more. */
void quic_pair_run(struct quic_pair *p, p2p_ns at);

/* Lets `span` pass. */
void quic_pair_pass(struct quic_pair *p, p2p_ns span);

/* Dials and shakes hands; 0, or why not. */
int quic_pair_shake(struct quic_pair *p);

/* Gives an end a datagram of the test's now. What rx says. */
int quic_pair_feed(struct quic_pair *p, unsigned to, const uint8_t *bytes,
                   size_t len);

#endif
