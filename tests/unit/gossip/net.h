/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Many gossip cores in one process, on links with a latency and a rate, in
 * virtual time. Streams do not lose bytes, so a lost message is one that the
 * network swallows whole; control is never lost.
 */
#ifndef TESTS_UNIT_GOSSIP_NET_H
#define TESTS_UNIT_GOSSIP_NET_H

#include "base/heap.h"
#include "base/map.h"
#include "proto/gossip/gossip.h"
#include "test_env.h"

#define NET_NODES 100

struct net_node {
    unsigned index;
    struct test_env env;
    struct p2p__quota quota;
    struct p2p__gossip *g;
    struct p2p_key *key;
    struct p2p_peer_id id;
    struct p2p__gossip_peer *peers[NET_NODES]; /* by node; NULL: no link */
    p2p_ns busy[NET_NODES]; /* until when the way to a node is busy */
    unsigned got;
    unsigned graylisted;
    bool knows[NET_NODES]; /* `gated`: which nodes may, as it sees it */
};

struct net_cfg {
    unsigned nodes;
    unsigned links;        /* that each node dials */
    unsigned loss_percent; /* of messages */
    uint64_t seed;
    uint32_t strip; /* bit n: field n of control messages is cut out */
    bool flood;
    bool scoring;
    bool gated; /* nodes have to do with those alone that they know */
    enum p2p__gossip_version version;
};

struct net {
    struct net_cfg cfg;
    struct net_node nodes[NET_NODES];
    struct p2p__rng rng;
    struct p2p__heap flying;
    p2p_ns now;
    uint64_t hash; /* of all that was delivered, in order */
    uint64_t frames, bytes;
};

#define NET_TOPIC "topic"

/* Nodes with their links, all subscribed. */
void net_init(struct net *n, const struct net_cfg *cfg);

/* Frees all; checks that every quota was given back. */
void net_fini(struct net *n);

/* Makes and breaks one link; `a` dials. Harmless when it is there or not. */
void net_link(struct net *n, unsigned a, unsigned b);
void net_cut(struct net *n, unsigned a, unsigned b);

/* Runs for so long. */
void net_run(struct net *n, uint64_t ms);

/* Node a comes to know b, or knows it no more, and asks itself again. */
void net_know(struct net *n, unsigned a, unsigned b, bool knows);

/* A node says something; everybody else is to hear it. */
void net_publish(struct net *n, unsigned node, size_t len);

/* Messages that nodes got, all together. */
unsigned net_got(const struct net *n);

/* Whether node a has b in its mesh; and how many it has there. */
bool net_has(const struct net *n, unsigned a, unsigned b);
size_t net_degree(const struct net *n, unsigned a);

/* Links that are in the mesh of one end alone. */
unsigned net_lopsided(const struct net *n);

#endif
