/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several hosts on one loop that all talk to one peer: what benches share. */
#ifndef TOOLS_P2P_CROWD_H
#define TOOLS_P2P_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p2p/p2p.h>

#include "security.h"

struct crowd;
struct echo;

/* One host of the crowd. */
struct member {
    struct crowd *crowd;
    struct p2p_key *key;
    struct p2p_host *host;
    uint64_t started_ns; /* when its dial began */
    struct echo *echoes; /* of bench-echo; owned */
    bool connected;
};

/* What a bench does when something happened to a member. */
struct crowd_cb {
    /* Connected, and the peer has told who it is. */
    void (*ready)(struct member *m);
    /* The connection is gone; NULL: that ends the bench. */
    void (*gone)(struct member *m);
};

struct crowd {
    const struct crowd_cb *cb;
    const char *addr; /* the peer's, with /p2p/ID */
    struct p2p_peer_id peer;
    const struct p2p_security *security[SECURITY_MAX]; /* empty: Noise */
    struct p2p_loop *loop;
    struct member *members;
    uint64_t *sample_us; /* room for `want`; see crowd_sample() */
    uint32_t n_members;
    uint32_t want; /* connections, pings, echoes */
    uint32_t par;
    uint32_t begun;
    uint32_t done;
    int code;   /* exit code */
    bool ended; /* what happens now is no failure */
};

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t crowd_now_ns(void);

/* Reads `MA [-n N] [--par P] [--security LIST]`; 0, or 2 after it printed
 * `usage`. */
int crowd_parse(struct crowd *c, int argc, char **argv, const char *usage);

/* Makes the loop and `n` hosts. 0, or 1 after it said what failed. */
int crowd_start(struct crowd *c, uint32_t n);

/* Dials from a member; cb->ready follows. */
void crowd_dial(struct member *m);

/* Notes one measured time and counts it. */
void crowd_sample(struct crowd *c, uint64_t us);

/* Ends the loop with an exit code; text says why if it is not 0. */
void crowd_end(struct crowd *c, const char *text, int status);

/* Prints what was measured as one JSON object of that type. */
void crowd_print(struct crowd *c, const char *type, uint64_t took_ns);

/* Frees everything; the exit code. */
int crowd_free(struct crowd *c);

#endif
