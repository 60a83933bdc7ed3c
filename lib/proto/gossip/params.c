/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Defaults of gossipsub's numbers, and the rules between them. */
#include "proto/gossip/params.h"

#define HISTORY_MAX 16U

void p2p__gossip_params_defaults(struct p2p__gossip_params *p)
{
    *p = (struct p2p__gossip_params){
        .d = 6,
        .d_lo = 4,
        .d_hi = 12,
        .d_out = 2,
        .d_score = 4,
        .d_lazy = 6,
        .gossip_percent = 25,
        .history = 5,
        .history_gossip = 3,
        .heartbeat_ms = 1000,
        .first_ms = 100,
        .fanout_ttl_ms = 60000,
        .backoff_ms = 60000,
        .unsub_backoff_ms = 10000,
        .graft_flood_ms = 10000,
        .seen_ttl_ms = 120000,
        .seqno_retain_ms = 3600000,
        .promise_ms = 3000,
        .opportunistic_ticks = 60,
        .opportunistic_peers = 2,
        .idontwant_bytes = 1024,
        .idontwant_ttl = 3,
        .validate_ms = 10000,
        .flood_publish = true,
    };
}

/* v1.0 and v1.1: what must hold between the degrees. All zero is a
 * bootstrapper, which is in no mesh. */
static bool degrees_ok(const struct p2p__gossip_params *p)
{
    if (p->d == 0 && p->d_lo == 0 && p->d_hi == 0 && p->d_out == 0) {
        return true;
    }
    return p->d > 0 && p->d_lo <= p->d && p->d <= p->d_hi &&
           p->d_score <= p->d && p->d_out < p->d_lo &&
           2 * (uint64_t)p->d_out <= p->d;
}

int p2p__gossip_params_check(const struct p2p__gossip_params *p)
{
    bool history = p->history > 0 && p->history <= HISTORY_MAX &&
                   p->history_gossip <= p->history;
    bool times = p->heartbeat_ms > 0 && p->seen_ttl_ms > 0 &&
                 p->promise_ms > 0 && p->validate_ms > 0 && p->backoff_ms > 0 &&
                 p->unsub_backoff_ms > 0;

    if (!degrees_ok(p) || !history || !times || p->gossip_percent > 100) {
        return P2P_EINVAL;
    }
    return 0;
}

/*
 * Why these: P4 needs 4 invalid messages at once to reach the graylist
 * (-10 * 4^2 = -160 < -80 twice over), one costs the place in the mesh. P7
 * forgives 6 (js' and go's nodes of another id function break promises
 * without ill will), then squares. P6 starts at 10 peers an address: a NAT or
 * a test machine is no attack. P1 and P2 stay below what one invalid message
 * costs.
 */
void p2p__gossip_score_defaults(struct p2p__gossip_score_params *p)
{
    *p = (struct p2p__gossip_score_params){
        .topic = {.weight = 1,
                  .p1_weight = 0.01,
                  .p1_quantum_ms = 1000,
                  .p1_cap = 300,
                  .p2_weight = 0.5,
                  .p2_decay = 0.99,
                  .p2_cap = 10,
                  .p3_decay = 0.9,
                  .p3_window_ms = 2000,
                  .p3_activation_ms = 30000,
                  .p3b_decay = 0.9,
                  .p4_weight = -10,
                  .p4_decay = 0.99},
        .topic_cap = 20,
        .app_weight = 1,
        .ip_weight = -1,
        .ip_threshold = 10,
        .behaviour_weight = -1,
        .behaviour_threshold = 6,
        .behaviour_decay = 0.95,
        .decay_ms = 1000,
        .decay_zero = 0.01,
        .retain_ms = 600000,
        .gossip_threshold = -10,
        .publish_threshold = -40,
        .graylist_threshold = -80,
        .opportunistic_graft = 1,
    };
}

/* Whether a number is usable at all: not NaN, not infinite. */
static bool finite_number(double x)
{
    return x - x == 0;
}

static bool reward(double w)
{
    return finite_number(w) && w >= 0;
}

static bool penalty(double w)
{
    return finite_number(w) && w <= 0;
}

/* A decay matters where there is a weight, and is then between 0 and 1. */
static bool decay_ok(double w, double d)
{
    return w == 0 || (d > 0 && d <= 1);
}

/* Whether every one of `count` numbers can be a reward, or a cap. */
static bool rewards(const double *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!reward(w[i])) {
            return false;
        }
    }
    return true;
}

int p2p__gossip_topic_score_check(const struct p2p__gossip_topic_score *t)
{
    const double plus[] = {t->weight, t->p1_weight, t->p2_weight,   t->p1_cap,
                           t->p2_cap, t->p3_cap,    t->p3_threshold};
    bool minus = penalty(t->p3_weight) && penalty(t->p3b_weight) &&
                 penalty(t->p4_weight);
    bool decays = decay_ok(t->p2_weight, t->p2_decay) &&
                  decay_ok(t->p3_weight, t->p3_decay) &&
                  decay_ok(t->p3b_weight, t->p3b_decay) &&
                  decay_ok(t->p4_weight, t->p4_decay);

    if (!rewards(plus, P2P__COUNT(plus)) || !minus || !decays ||
        t->p3_threshold > t->p3_cap ||
        (t->p1_weight > 0 && t->p1_quantum_ms == 0)) {
        return P2P_EINVAL;
    }
    return 0;
}

/* graylist <= publish <= gossip <= 0 <= opportunistic. */
static bool thresholds_ok(const struct p2p__gossip_score_params *p)
{
    return penalty(p->graylist_threshold) &&
           p->graylist_threshold <= p->publish_threshold &&
           p->publish_threshold <= p->gossip_threshold &&
           p->gossip_threshold <= 0 && reward(p->opportunistic_graft);
}

int p2p__gossip_score_check(const struct p2p__gossip_score_params *p)
{
    bool weights = reward(p->topic_cap) && finite_number(p->app_weight) &&
                   penalty(p->ip_weight) && penalty(p->behaviour_weight) &&
                   reward(p->behaviour_threshold) &&
                   decay_ok(p->behaviour_weight, p->behaviour_decay);

    if (!weights || !thresholds_ok(p) || p->decay_ms == 0 ||
        !(p->decay_zero > 0 && p->decay_zero < 1)) {
        return P2P_EINVAL;
    }
    return p2p__gossip_topic_score_check(&p->topic);
}
