/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Numbers of gossipsub: overlay, gossip and scores. Defaults are those of the
 * spec; where go-libp2p-pubsub differs, the comment says so.
 */
#ifndef P2P_PROTO_GOSSIP_PARAMS_H
#define P2P_PROTO_GOSSIP_PARAMS_H

#include "base/types.h"

/* v1.0 "Parameters", v1.1 "Overview of New Parameters". */
struct p2p__gossip_params {
    uint32_t d;                /* 6: links wanted in a mesh */
    uint32_t d_lo;             /* 4: below, graft (go: 5) */
    uint32_t d_hi;             /* 12: from here on, prune down to d */
    uint32_t d_out;            /* 2: links that we dialed; < d_lo, <= d / 2 */
    uint32_t d_score;          /* 4: best peers that pruning keeps */
    uint32_t d_lazy;           /* 6: peers that get IHAVE, at least */
    uint32_t gossip_percent;   /* 25: of the others get IHAVE */
    uint32_t history;          /* 5: heartbeats that answer IWANT; <= 16 */
    uint32_t history_gossip;   /* 3: heartbeats that IHAVE names */
    uint32_t heartbeat_ms;     /* 1000 */
    uint32_t first_ms;         /* 100: the first heartbeat */
    uint32_t fanout_ttl_ms;    /* 60000 */
    uint32_t backoff_ms;       /* 60000: after PRUNE */
    uint32_t unsub_backoff_ms; /* 10000: after PRUNE for leaving */
    uint32_t graft_flood_ms;   /* 10000: a GRAFT so early costs twice */
    uint32_t seen_ttl_ms;      /* 120000 */
    uint32_t seqno_retain_ms;  /* 3600000: silent authors are forgotten */
    uint32_t promise_ms;       /* 3000: IWANT must be answered by then */
    uint32_t opportunistic_ticks; /* 60 heartbeats; 0: off */
    uint32_t opportunistic_peers; /* 2 */
    uint32_t idontwant_bytes;     /* 1024 as go (js: 512): a smaller message
                                   * costs less than telling it d_hi times */
    uint32_t idontwant_ttl;       /* 3 heartbeats */
    uint32_t validate_ms;         /* 10000: then a message is ignored */
    bool flood_publish;           /* true: own messages to all subscribers */
};

/* A topic's share of the score, v1.1 "The Score Function", P1 to P4. */
struct p2p__gossip_topic_score {
    double weight;
    /* P1: time in the mesh. weight >= 0 */
    double p1_weight;
    uint32_t p1_quantum_ms;
    double p1_cap;
    /* P2: first deliveries. weight >= 0 */
    double p2_weight, p2_decay, p2_cap;
    /* P3: too few deliveries in the mesh. weight <= 0 */
    double p3_weight, p3_decay, p3_cap, p3_threshold;
    uint32_t p3_window_ms;     /* a copy that comes so late counts too */
    uint32_t p3_activation_ms; /* in the mesh, before P3 counts */
    /* P3b: left the mesh with a deficit. weight <= 0 */
    double p3b_weight, p3b_decay;
    /* P4: invalid messages. weight <= 0 */
    double p4_weight, p4_decay;
};

struct p2p__gossip_score_params {
    struct p2p__gossip_topic_score topic; /* where subscribe() gave none */
    double topic_cap;                     /* of P1 to P4 together; 0: none */
    double app_weight;                    /* P5 */
    double ip_weight;                     /* P6 <= 0 */
    uint32_t ip_threshold;                /* peers per address for free */
    double behaviour_weight;              /* P7 <= 0 */
    double behaviour_threshold;
    double behaviour_decay;
    uint32_t decay_ms;  /* one decay step */
    double decay_zero;  /* a counter below it is 0 */
    uint32_t retain_ms; /* a bad score outlives the connection */
    /* Thresholds, graylist <= publish <= gossip <= 0 <= opportunistic. */
    double gossip_threshold;    /* below: no IHAVE, IWANT to or from it */
    double publish_threshold;   /* below: not flooded, not in a fan-out */
    double graylist_threshold;  /* below: its RPCs are ignored */
    double opportunistic_graft; /* median below: try better peers */
};

/* The defaults above. */
void p2p__gossip_params_defaults(struct p2p__gossip_params *p);

/* Errors: P2P_EINVAL: they contradict each other. */
int p2p__gossip_params_check(const struct p2p__gossip_params *p);

/*
 * Scores that punish misbehaviour only: P1 and P2 small, P3 off (it needs to
 * know a topic's rate), P4, P6 and P7 on. Mild enough that no honest peer of
 * another implementation is ever graylisted.
 */
void p2p__gossip_score_defaults(struct p2p__gossip_score_params *p);

/* Errors: P2P_EINVAL: a sign, an order or a decay is impossible. */
int p2p__gossip_score_check(const struct p2p__gossip_score_params *p);
int p2p__gossip_topic_score_check(const struct p2p__gossip_topic_score *t);

#endif
