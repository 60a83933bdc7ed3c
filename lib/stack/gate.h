/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The gate is asked before a connection costs anything more: at dial, accept,
 * secured and open. It is rules about networks, looked at one after another,
 * and then whoever else wants to say no.
 */
#ifndef P2P_STACK_GATE_H
#define P2P_STACK_GATE_H

#include "p2p/peer_id.h"
#include "port/net.h"
#include "stack/place.h"
#include "wire/ipnet.h"

struct p2p__swarm;
struct p2p__conn;

enum p2p__gate_step {
    P2P__GATE_DIAL,
    P2P__GATE_ACCEPT,
    P2P__GATE_SECURED,
    P2P__GATE_OPEN
};

/* What is asked; all is borrowed for the call. */
struct p2p__gate_case {
    enum p2p__gate_step step;
    bool dialer;
    const struct p2p_peer_id *peer; /* NULL: not known */
    const struct p2p__addr *addr;   /* the other end */
    const struct p2p__place *place; /* how it is reached */
};

struct p2p__gate {
    struct p2p__gate_rule {
        struct p2p__ipnet net;
        bool deny;
    } * rules; /* the last one that fits decides */
    size_t n_rules;
    /* NULL: nobody else is asked. */
    bool (*may)(void *user, const struct p2p__gate_case *one);
    void *user;
};

/* What became of a rule. */
enum p2p__gate_rule_kind { P2P__GATE_FORGET, P2P__GATE_ALLOW, P2P__GATE_DENY };

/* Frees the rules. */
void p2p__gate_fini(struct p2p__gate *g);

/* Makes a rule the last one; there is one for a network at most. 0, or
 * P2P_ENOMEM and all is as it was. */
int p2p__gate_rule(struct p2p__gate *g, const struct p2p__ipnet *net,
                   enum p2p__gate_rule_kind kind);

/* Whether a connection may go on; a no is counted. */
bool p2p__gate_may(struct p2p__swarm *s, const struct p2p__gate_case *one);

/* The same of a connection whose peer is known. */
bool p2p__gate_may_conn(struct p2p__conn *c, enum p2p__gate_step step,
                        const struct p2p_peer_id *peer);

#endif
