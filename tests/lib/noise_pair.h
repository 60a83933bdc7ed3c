/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two Noise channels that talk to each other in memory, with fixed keys: end 0
 * dials. Says errors instead of failing a test, so that fuzzers use it too.
 */
#ifndef TESTS_LIB_NOISE_PAIR_H
#define TESTS_LIB_NOISE_PAIR_H

#include "chan/noise/noise.h"
#include "chunker.h"
#include "test_env.h"

/* Room for what an end has to send and nobody has taken yet, in bytes. */
#define NOISE_PAIR_WIRE 262144U

struct noise_end {
    struct p2p__noise n;
    struct p2p__quota quota;
    struct test_env env;
    struct p2p_key *key;
    struct p2p__noise_id *id;
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

struct noise_pair {
    struct p2p__crypto *crypto;
    struct noise_end ends[2];
};

/* Ends with keys of their own, without channels. Returns 0 or an error. */
int noise_pair_init(struct noise_pair *p);

/* Frees both ends; asserts that their quotas are empty. */
void noise_pair_fini(struct noise_pair *p);

/* What noise_end_start() would start an end with: change what matters. */
struct p2p__sec_cfg noise_pair_cfg(struct noise_pair *p, int end);

/* Starts an end's channel at moment 0. Returns what init says. */
int noise_end_start(struct noise_end *e, const struct p2p__sec_cfg *cfg);

/* Starts both with the usual configuration. */
int noise_pair_start(struct noise_pair *p);

/* Draws what an end has to send to its wire, as much as fits; `room` bytes at
 * a time (0: as much as there is). */
int noise_end_draw(struct noise_end *e, size_t room);

/* Gives bytes to an end as the stack would, each piece in memory of its own
 * size. c == NULL: all at once. Returns what rx says. */
int noise_end_feed(struct noise_end *e, const uint8_t *bytes, size_t len,
                   struct chunker *c);

/* Draws and feeds both ways until both are silent, or one end fails. */
int noise_pair_run(struct noise_pair *p, struct chunker *c);

#endif
