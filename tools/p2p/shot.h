/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A host that has one conversation with the peer at a multiaddr, and ends. */
#ifndef TOOLS_P2P_SHOT_H
#define TOOLS_P2P_SHOT_H

#include <stdbool.h>
#include <stdint.h>

#include <p2p/p2p.h>

#include "network.h"

struct shot {
    bool ended; /* the host goes, and what is said to it is its end */
    struct p2p_key *key;
    struct p2p_loop *loop;
    struct p2p_host *host;
    struct p2p_pubsub *pubsub;
    struct network network;
    struct p2p_timer *timer;
    struct p2p_timer *look; /* the conversation's own */
    struct p2p_peer_id peer;
    const char *addr;
    const char *topic;
    const char *text;
    uint64_t up;
    uint64_t down;
    uint32_t left;
    int code;
    bool forever;                      /* not ended after a minute */
    int (*prepare)(struct shot *s);    /* before the dial; may be NULL */
    void (*connected)(struct shot *s); /* the peer is there */
};

/* Runs a conversation with the peer at s->addr; the exit code. */
int shot_run(struct shot *s);

/* Ends it with an exit code. */
void shot_end(struct shot *s, int code);

/* Says what is wrong; returns the exit code 1. */
int shot_complain(const char *what, int status);

/* Says how a command is used; returns the exit code 2. */
int shot_usage(const char *text);

#endif
