/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Scores. The happy path: a counter catches up with the decay, is counted up,
 * and the sum over the peer's topics is marked stale; the sum is made again
 * when somebody asks, at most once a step while nothing is counted.
 * Possible failure modes: no memory for the member of a topic that a peer
 * sent rubbish in; then P7 is charged instead of P4.
 */
#include "proto/gossip/score.h"

#include "proto/gossip/colocation.h"
#include "proto/gossip/member.h"
#include "proto/gossip/topic.h"

uint64_t p2p__gossip_step(const struct p2p__gossip *g, p2p_ns now)
{
    assert(now >= g->decay_from);
    return (now - g->decay_from) / P2P__MS(g->score.decay_ms);
}

/* The member's tally, decayed up to now, about to be changed. */
static struct p2p__gossip_tally *tally_of(const struct p2p__gossip *g,
                                          struct p2p__gossip_member *m,
                                          p2p_ns now)
{
    p2p__gossip_tally_decay(&m->tally, p2p__gossip_topic_score(g, m->topic),
                            g->score.decay_zero, p2p__gossip_step(g, now));
    m->peer->topics_fresh = false;
    return &m->tally;
}

/* P7's counter, decayed up to now. */
static struct p2p__gossip_behaviour *behaviour_of(const struct p2p__gossip *g,
                                                  struct p2p__gossip_peer *peer,
                                                  p2p_ns now)
{
    struct p2p__gossip_behaviour *b = &peer->behaviour;
    uint64_t step = p2p__gossip_step(g, now);

    assert(step >= b->step);
    b->penalty = p2p__gossip_decay(b->penalty, g->score.behaviour_decay,
                                   step - b->step, g->score.decay_zero);
    b->step = step;
    return b;
}

/* P1 to P4 over all topics. */
static double topics_score(const struct p2p__gossip *g,
                           struct p2p__gossip_peer *peer, p2p_ns now)
{
    uint64_t step = p2p__gossip_step(g, now);
    double sum = 0;

    if (peer->topics_fresh && peer->topics_step == step) {
        return peer->topics_score;
    }
    P2P__LIST_EACH (l, &peer->members) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_peer);
        const struct p2p__gossip_tally *t = tally_of(g, m, now);

        sum += p2p__gossip_tally_score(t, p2p__gossip_topic_score(g, m->topic),
                                       now);
    }
    if (g->score.topic_cap > 0 && sum > g->score.topic_cap) {
        sum = g->score.topic_cap;
    }
    peer->topics_score = sum;
    peer->topics_step = step;
    peer->topics_fresh = true;
    return sum;
}

/* P7, weighted: squares what is above the threshold. */
static double behaviour_score(const struct p2p__gossip *g,
                              struct p2p__gossip_peer *peer, p2p_ns now)
{
    double excess =
        behaviour_of(g, peer, now)->penalty - g->score.behaviour_threshold;

    return excess > 0 ? excess * excess * g->score.behaviour_weight : 0;
}

/* P6, weighted. */
static double colocation_score(const struct p2p__gossip *g,
                               const struct p2p__gossip_peer *peer)
{
    return p2p__gossip_colocation(peer, g->score.ip_threshold) *
           g->score.ip_weight;
}

double p2p__gossip_score_of(const struct p2p__gossip *g,
                            struct p2p__gossip_peer *peer, p2p_ns now)
{
    if (!g->scoring) {
        return 0;
    }
    return topics_score(g, peer, now) +
           peer->behaviour.app * g->score.app_weight +
           colocation_score(g, peer) + behaviour_score(g, peer, now);
}

void p2p__gossip_score(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                       p2p_ns now, struct p2p__gossip_score_view *out)
{
    *out = (struct p2p__gossip_score_view){0};
    if (!g->scoring) {
        return;
    }
    out->topics = topics_score(g, peer, now);
    out->app = peer->behaviour.app * g->score.app_weight;
    out->colocation = colocation_score(g, peer);
    out->behaviour = behaviour_score(g, peer, now);
    out->score = p2p__gossip_score_of(g, peer, now);
}

void p2p__gossip_app_score(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                           double score)
{
    (void)g;
    peer->behaviour.app = score;
}

void p2p__gossip_score_graft(const struct p2p__gossip *g,
                             struct p2p__gossip_member *m, p2p_ns now)
{
    if (g->scoring) {
        p2p__gossip_tally_graft(tally_of(g, m, now), now);
    }
}

void p2p__gossip_score_prune(const struct p2p__gossip *g,
                             struct p2p__gossip_member *m, p2p_ns now)
{
    if (g->scoring) {
        p2p__gossip_tally_prune(tally_of(g, m, now),
                                p2p__gossip_topic_score(g, m->topic), now);
    }
}

/* Counts up, but not above the cap. */
static void count(double *counter, double cap)
{
    *counter = *counter + 1 < cap ? *counter + 1 : cap;
}

void p2p__gossip_score_first(const struct p2p__gossip *g,
                             struct p2p__gossip_member *m, p2p_ns now)
{
    const struct p2p__gossip_topic_score *p;

    if (g->scoring) {
        p = p2p__gossip_topic_score(g, m->topic);
        count(&tally_of(g, m, now)->first, p->p2_cap);
        p2p__gossip_score_near(g, m, now);
    }
}

void p2p__gossip_score_near(const struct p2p__gossip *g,
                            struct p2p__gossip_member *m, p2p_ns now)
{
    if (g->scoring && m->place == P2P__GOSSIP_MESH) {
        count(&tally_of(g, m, now)->delivered,
              p2p__gossip_topic_score(g, m->topic)->p3_cap);
    }
}

void p2p__gossip_score_invalid(struct p2p__gossip *g,
                               struct p2p__gossip_peer *peer,
                               struct p2p__gossip_topic *topic, p2p_ns now)
{
    struct p2p__gossip_member *m;

    if (!g->scoring) {
        return;
    }
    if (p2p__gossip_member_get(g, peer, topic, &m) != 0) {
        p2p__gossip_score_penalty(g, peer, 1, now);
        return;
    }
    tally_of(g, m, now)->invalid += 1;
}

void p2p__gossip_score_penalty(const struct p2p__gossip *g,
                               struct p2p__gossip_peer *peer, uint32_t n,
                               p2p_ns now)
{
    if (g->scoring) {
        behaviour_of(g, peer, now)->penalty += n;
    }
}

bool p2p__gossip_score_retire(const struct p2p__gossip *g,
                              struct p2p__gossip_peer *peer, p2p_ns now)
{
    bool bad;

    if (!g->scoring) {
        return false;
    }
    bad = p2p__gossip_score_of(g, peer, now) < 0;
    P2P__LIST_EACH (l, &peer->members) {
        struct p2p__gossip_tally *t = &P2P__MEMBER(l, in_peer)->tally;

        assert(t->grafted == 0);
        t->first = 0;
        t->delivered = 0;
        if (!bad) {
            t->failures = 0;
            t->invalid = 0;
        }
    }
    peer->topics_fresh = false;
    return bad;
}

void p2p__gossip_score_return(const struct p2p__gossip *g,
                              struct p2p__gossip_peer *peer, p2p_ns now)
{
    uint64_t step;

    if (!g->scoring) {
        return;
    }
    step = p2p__gossip_step(g, now);
    peer->behaviour.step = step;
    peer->topics_fresh = false;
    P2P__LIST_EACH (l, &peer->members) {
        P2P__MEMBER(l, in_peer)->tally.step = step;
    }
}
