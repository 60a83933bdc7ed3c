/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two channels of a security protocol that talk to each other in memory, with
 * fixed keys: end 0 dials. Says errors instead of failing a test, so that
 * fuzzers use it too.
 */
#ifndef TESTS_LIB_SEC_PAIR_H
#define TESTS_LIB_SEC_PAIR_H

#include "chan/noise/noise.h"
#include "chunker.h"
#include "ident/proofs.h"
#include "test_env.h"

/* Room for what an end has to send and nobody has taken yet, in bytes. */
#define SEC_PAIR_WIRE 262144U

struct sec_end {
    const struct p2p_security *ops;
    void *chan;          /* NULL: none yet */
    struct p2p__noise n; /* what chan is if the protocol is Noise */
    struct p2p__quota quota;
    struct test_env env;
    struct p2p_key *key;
    void *id;
    struct p2p_peer_id peer; /* our own */
    struct p2p__sec_ev ev;   /* of the handshake, pubkey without bytes */
    uint8_t pubkey[P2P_PUBKEY_MAX];
    size_t pubkey_len;
    bool established;
    struct p2p__src src;
    const uint8_t *app; /* what the layer above wants to send */
    size_t app_len;
    uint8_t *got; /* what came up */
    size_t got_len;
    size_t got_cap;
    uint8_t *wire; /* drawn, not taken yet */
    size_t wire_len;
};

struct sec_pair {
    struct p2p__crypto *crypto;
    struct p2p__proofs proofs;
    struct sec_end ends[2];
};

/* Ends with keys of their own, without channels, for Noise. Returns 0 or an
 * error. */
int sec_pair_init(struct sec_pair *p);

/* The same for another protocol. */
int sec_pair_init_for(struct sec_pair *p, const struct p2p_security *ops);

/* Frees both ends; asserts that their quotas are empty. */
void sec_pair_fini(struct sec_pair *p);

/* What sec_end_start() would start an end with: change what matters. */
struct p2p__sec_cfg sec_pair_cfg(struct sec_pair *p, int end);

/* Starts an end's channel at moment 0. Returns what init says. */
int sec_end_start(struct sec_end *e, const struct p2p__sec_cfg *cfg);

/* Starts both with the usual configuration. */
int sec_pair_start(struct sec_pair *p);

/* Draws what an end has to send to its wire, as much as fits; `room` bytes at
 * a time (0: as much as there is). */
int sec_end_draw(struct sec_end *e, size_t room);

/* Gives bytes to an end as the stack would, each piece in memory of its own
 * size. c == NULL: all at once. Returns what rx says. */
int sec_end_feed(struct sec_end *e, const uint8_t *bytes, size_t len,
                 struct chunker *c);

/* Draws and feeds both ways until both are silent, or one end fails. */
int sec_pair_run(struct sec_pair *p, struct chunker *c);

#endif
