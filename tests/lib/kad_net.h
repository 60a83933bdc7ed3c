/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Many nodes of the DHT in one world of virtual time: messages take their time,
 * who is gone does not answer. Bytes are those of messages with their lengths,
 * without what streams and connections add.
 */
#ifndef TESTS_LIB_KAD_NET_H
#define TESTS_LIB_KAD_NET_H

#include "proto/kad/kad.h"

struct kad_net;

/* What a node that is not honest answers instead; false: what it should. */
typedef bool (*kad_net_lie)(struct kad_net *net, uint32_t node,
                            const struct p2p__kad_msg *request,
                            struct p2p__pbw *w);

struct kad_net_node {
    struct p2p__kad kad;
    struct p2p__heap_node due;
    uint32_t number; /* of its id, see made_peer.h */
    bool alive;
    bool crowd; /* all such are at one network */
    uint8_t moves;
    kad_net_lie lie;
};

/* How a query ended. */
struct kad_net_result {
    bool done;
    int status;
    size_t count;
    size_t providers;
    uint8_t value[P2P__CAP_KAD_VALUE_BYTES];
    size_t value_len;
    struct p2p__kad_addrs addrs;
    p2p_ns took, began;
};

struct kad_net {
    struct kad_net_node *nodes; /* room for `cap` */
    uint32_t count, cap;
    struct p2p__heap events; /* messages on their way */
    struct p2p__heap dues;
    struct p2p__rng rng;
    p2p_ns now;
    uint64_t asked, bytes; /* questions, and bytes both ways */
    struct p2p__kad_validators validators;
};

/* A world without nodes. Returns owned. */
struct kad_net *kad_net_new(uint32_t cap, uint64_t seed);
void kad_net_free(struct kad_net *net);

/* Adds a node with the id of a number, which has met `via` (UINT32_MAX:
 * nobody). Returns its index. */
uint32_t kad_net_join(struct kad_net *net, uint32_t number, uint32_t via);

/* The same, of one who shares a network with all others that came so. */
uint32_t kad_net_crowd(struct kad_net *net, uint32_t number, uint32_t via);

/* A node is at another port from now on, and nobody at the one before. */
void kad_net_move(struct kad_net *net, uint32_t node);

/* A node is gone without a word. */
void kad_net_kill(struct kad_net *net, uint32_t node);

/* Time passes. */
void kad_net_run(struct kad_net *net, p2p_ns span);

/* Starts a query of a node; the result is valid once it is done. */
int kad_net_start(struct kad_net *net, uint32_t node, enum p2p__kad_goal goal,
                  const char *key, const char *value,
                  struct kad_net_result *result);

/* The same, of a peer's id, and waits until it is done. */
int kad_net_find(struct kad_net *net, uint32_t node, uint32_t number,
                 struct kad_net_result *result);

/* Waits until it is done. Returns its status. */
int kad_net_wait(struct kad_net *net, struct kad_net_result *result);

/* One that is alive, at random. */
uint32_t kad_net_any(struct kad_net *net);

#endif
