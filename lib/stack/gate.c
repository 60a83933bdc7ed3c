/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See gate.h. */
#include "stack/gate.h"

#include "base/mem.h"
#include "stack/swarm.h"

void p2p__gate_fini(struct p2p__gate *g)
{
    p2p__free(g->rules);
    g->rules = NULL;
    g->n_rules = 0;
}

static bool same_net(const struct p2p__ipnet *a, const struct p2p__ipnet *b)
{
    return a->family == b->family && a->bits == b->bits &&
           memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

int p2p__gate_rule(struct p2p__gate *g, const struct p2p__ipnet *net,
                   enum p2p__gate_rule_kind kind)
{
    size_t kept = 0;

    if (kind != P2P__GATE_FORGET) {
        void *more =
            p2p__realloc(g->rules, (g->n_rules + 1) * sizeof *g->rules);

        if (more == NULL) {
            return P2P_ENOMEM;
        }
        g->rules = more;
    }
    for (size_t i = 0; i < g->n_rules; i++) {
        if (!same_net(&g->rules[i].net, net)) {
            g->rules[kept++] = g->rules[i];
        }
    }
    if (kind != P2P__GATE_FORGET) {
        g->rules[kept++] = (struct p2p__gate_rule){
            .net = *net, .deny = kind == P2P__GATE_DENY};
    }
    g->n_rules = kept;
    return 0;
}

/* Whether the last rule that fits says no. */
static bool is_denied(const struct p2p__gate *g, const struct p2p__addr *addr)
{
    for (size_t i = g->n_rules; i > 0; i--) {
        if (p2p__ipnet_has(&g->rules[i - 1].net, addr)) {
            return g->rules[i - 1].deny;
        }
    }
    return false;
}

bool p2p__gate_may(struct p2p__swarm *s, const struct p2p__gate_case *one)
{
    const struct p2p__gate *g = &s->gate;

    if (!is_denied(g, one->addr) && (g->may == NULL || g->may(g->user, one))) {
        return true;
    }
    s->refused_gate++;
    return false;
}

bool p2p__gate_may_conn(struct p2p__conn *c, enum p2p__gate_step step,
                        const struct p2p_peer_id *peer)
{
    const struct p2p__gate_case one = {.step = step,
                                       .dialer = c->dialer,
                                       .peer = peer,
                                       .addr = &c->remote,
                                       .place = &c->place};

    return p2p__gate_may(c->swarm, &one);
}
