/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* P1 to P4 of gossipsub 1.1, "The Score Function". */
#include "proto/gossip/tally.h"

double p2p__gossip_decay(double x, double factor, uint64_t steps, double zero)
{
    double power = factor;

    assert(factor >= 0 && factor <= 1);
    if (factor == 1 || x == 0) {
        return x;
    }
    while (steps > 0 && x != 0) {
        if (steps & 1U) {
            x *= power;
        }
        power *= power;
        steps >>= 1U;
    }
    return x < zero ? 0 : x;
}

void p2p__gossip_tally_decay(struct p2p__gossip_tally *t,
                             const struct p2p__gossip_topic_score *p,
                             double zero, uint64_t step)
{
    uint64_t n = step - t->step;

    assert(step >= t->step);
    t->step = step;
    if (n == 0) {
        return;
    }
    t->first = p2p__gossip_decay(t->first, p->p2_decay, n, zero);
    t->delivered = p2p__gossip_decay(t->delivered, p->p3_decay, n, zero);
    t->failures = p2p__gossip_decay(t->failures, p->p3b_decay, n, zero);
    t->invalid = p2p__gossip_decay(t->invalid, p->p4_decay, n, zero);
}

bool p2p__gossip_tally_empty(const struct p2p__gossip_tally *t)
{
    return t->failures == 0 && t->invalid == 0;
}

bool p2p__gossip_tally_active(const struct p2p__gossip_tally *t,
                              const struct p2p__gossip_topic_score *p,
                              p2p_ns now)
{
    return t->grafted != 0 && now - t->grafted > P2P__MS(p->p3_activation_ms);
}

/* How far deliveries are below what is expected. */
static double deficit(const struct p2p__gossip_tally *t,
                      const struct p2p__gossip_topic_score *p, p2p_ns now)
{
    if (!p2p__gossip_tally_active(t, p, now) ||
        t->delivered >= p->p3_threshold) {
        return 0;
    }
    return p->p3_threshold - t->delivered;
}

/* P1: whole quanta in the mesh. */
static double time_in_mesh(const struct p2p__gossip_tally *t,
                           const struct p2p__gossip_topic_score *p, p2p_ns now)
{
    double quanta;

    if (t->grafted == 0 || p->p1_quantum_ms == 0) {
        return 0;
    }
    quanta = (double)((now - t->grafted) / P2P__MS(p->p1_quantum_ms));
    return quanta < p->p1_cap ? quanta : p->p1_cap;
}

double p2p__gossip_tally_score(const struct p2p__gossip_tally *t,
                               const struct p2p__gossip_topic_score *p,
                               p2p_ns now)
{
    double p3 = deficit(t, p, now);
    double sum = time_in_mesh(t, p, now) * p->p1_weight;

    sum += t->first * p->p2_weight;
    sum += p3 * p3 * p->p3_weight;
    sum += t->failures * p->p3b_weight;
    sum += t->invalid * t->invalid * p->p4_weight;
    return sum * p->weight;
}

void p2p__gossip_tally_graft(struct p2p__gossip_tally *t, p2p_ns now)
{
    assert(t->grafted == 0);
    t->grafted = now > 0 ? now : 1;
}

void p2p__gossip_tally_prune(struct p2p__gossip_tally *t,
                             const struct p2p__gossip_topic_score *p,
                             p2p_ns now)
{
    double p3 = deficit(t, p, now);

    t->failures += p3 * p3;
    t->grafted = 0;
}
