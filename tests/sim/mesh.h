/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Many whole hosts that share one topic, on machines that come and go, on a
 * network that loses, delays, and falls into two for a while. What they
 * should hear of each other is counted and compared with what they did.
 */
#ifndef TESTS_SIM_MESH_H
#define TESTS_SIM_MESH_H

#include "simhost.h"
#include "tally.h"

#define MESH_TOPIC "mesh"
/* What gossipsub wants at least, lib/proto/gossip/params.h. */
#define MESH_D_LO 4U

/* A host is to hear all that is said once it has been up for so long. */
#define MESH_SETTLE P2P__SEC(5)
/* The last part of a run in which no machine goes away. */
#define MESH_QUIET P2P__SEC(30)

struct mesh_cfg {
    struct sim_cfg net;
    size_t hosts;
    unsigned degree; /* neighbours that each host dials and keeps */
    p2p_ns length;
    p2p_ns every;           /* between two messages */
    unsigned churn_percent; /* of the hosts go away, and come back */
    p2p_ns cut_for;         /* the two sides are apart for so long; 0: never */
    p2p_ns heal; /* after that, all must hear all again within so long */
    bool trace;  /* print the trace each second */
};

struct mesh;

struct mesh_neighbour {
    uint32_t node;
    struct p2p_peer_id id; /* that it had when we started */
};

/* A machine with its host. */
struct mesh_node {
    struct simhost h;
    struct mesh *mesh;
    struct p2p_peer_id id; /* of its key */
    struct mesh_neighbour *neighbours;
    p2p_ns up_since; /* P2P_NEVER: it is down */
    unsigned side;   /* 1: it is cut off with the others of that side */
};

/* Links of the mesh at one moment. */
struct mesh_links {
    size_t hosts;    /* that have been up for a while */
    size_t links;    /* theirs */
    size_t thin;     /* of them, with fewer than D_LO though peers are there */
    size_t lopsided; /* links that only one end has */
    size_t nowhere;  /* links to hosts that are gone or cut off */
};

struct mesh {
    struct mesh_cfg cfg;
    struct sim sim;
    struct p2p__rng rng; /* of the scenario, apart from the network's */
    struct mesh_node *nodes;
    struct tally tally;
    struct mesh_links apart; /* just before the sides meet again */
    struct mesh_links end;
    p2p_ns began; /* of the run */
    p2p_ns cut_at;
    p2p_ns healed_at;
    p2p_ns last_torn; /* since then all heard all again; 0: always */
    uint64_t far;     /* deliveries that no path of links led to */
    bool *reach;      /* of the message at hand, by host */
    unsigned went;    /* machines that went away … */
    unsigned dark;    /* … of these without a word */
    unsigned fresh;   /* … and of these came back with another key */
    uint64_t held;    /* what the ledger found: bytes, connections, streams */
};

/* Makes the hosts; they start during the first seconds of the run. */
void mesh_init(struct mesh *m, const struct mesh_cfg *cfg);

/* Runs it all, and counts. */
void mesh_run(struct mesh *m);

/* Everybody lets go of everybody; what is still held then is in m->held. */
void mesh_part(struct mesh *m);

/* Ends all hosts, each of which asserts that its quota is back at zero. */
void mesh_fini(struct mesh *m);

#endif
