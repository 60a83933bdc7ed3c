/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The mesh of one topic: v1.0 "Mesh maintenance" with v1.1's scores, outbound
 * quota and opportunistic grafting.
 *
 * The happy path: between d_lo and d_hi links nothing happens. Below, peers
 * are grafted at random up to d; from d_hi on, all but d are pruned, where
 * the best d_score and at least d_out that we dialed stay.
 */
#include "proto/gossip/mesh.h"

#include "proto/gossip/backoff.h"
#include "proto/gossip/event.h"
#include "proto/gossip/lazy.h"
#include "proto/gossip/member.h"
#include "proto/gossip/pick.h"
#include "proto/gossip/score.h"

void p2p__gossip_mesh_add(struct p2p__gossip *g, struct p2p__gossip_member *m,
                          bool say, p2p_ns now)
{
    assert(m->topic->subscribed && m->place != P2P__GOSSIP_MESH);
    p2p__gossip_member_place(m, P2P__GOSSIP_MESH);
    p2p__gossip_lazy_welcome(g, m);
    p2p__gossip_score_graft(g, m, now);
    p2p__gossip_event_push(g, P2P__GOSSIP_GRAFTED, m->peer, m->topic);
    g->stats.grafts++;
    p2p__gossip_member_say(
        g, m, say ? P2P__GOSSIP_SAY_GRAFT : P2P__GOSSIP_SAY_NOTHING);
}

void p2p__gossip_mesh_remove(struct p2p__gossip *g,
                             struct p2p__gossip_member *m,
                             enum p2p__gossip_word word, p2p_ns now)
{
    assert(m->place == P2P__GOSSIP_MESH);
    p2p__gossip_score_prune(g, m, now);
    p2p__gossip_member_place(m, P2P__GOSSIP_NOWHERE);
    p2p__gossip_event_push(g, P2P__GOSSIP_PRUNED, m->peer, m->topic);
    g->stats.prunes++;
    p2p__gossip_member_say(g, m, word);
}

/* Ends a link of our own will. */
static void prune(struct p2p__gossip *g, struct p2p__gossip_member *m,
                  p2p_ns now)
{
    p2p__gossip_backoff_add(m, g->cfg.params.backoff_ms, now);
    p2p__gossip_mesh_remove(g, m, P2P__GOSSIP_SAY_PRUNE, now);
}

void p2p__gossip_mesh_drop(struct p2p__gossip *g, struct p2p__gossip_member *m)
{
    if (m->place == P2P__GOSSIP_MESH) {
        m->tally.grafted = 0;
        m->peer->topics_fresh = false;
        p2p__gossip_event_push(g, P2P__GOSSIP_PRUNED, m->peer, m->topic);
        g->stats.prunes++;
    }
    if (m->place == P2P__GOSSIP_MESH || m->place == P2P__GOSSIP_FANOUT) {
        p2p__gossip_member_place(m, P2P__GOSSIP_NOWHERE);
    }
}

/* Grafts up to `need` members at random that fulfil the wish. */
static void graft_some(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                       const struct p2p__gossip_wish *wish, size_t need)
{
    size_t count = p2p__min(p2p__gossip_pick(g, t, wish), need);

    p2p__gossip_shuffle(g, 0, count);
    for (size_t i = 0; i < count; i++) {
        p2p__gossip_mesh_add(g, p2p__gossip_picked(g, i), true, wish->now);
    }
}

/* What every candidate of a mesh must fulfil. */
static struct p2p__gossip_wish graftable(p2p_ns now)
{
    return (struct p2p__gossip_wish){.now = now, .graft = true};
}

void p2p__gossip_mesh_join(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                           p2p_ns now)
{
    const struct p2p__gossip_wish wish = graftable(now);

    assert(t->subscribed);
    t->fanout_until = 0;
    P2P__LIST_EACH_SAFE (l, &t->placed) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_place);

        assert(m->place == P2P__GOSSIP_FANOUT);
        if (p2p__gossip_score_of(g, m->peer, now) < 0 ||
            !p2p__gossip_backoff_over(g, m, now)) {
            p2p__gossip_member_place(m, P2P__GOSSIP_NOWHERE);
        } else {
            p2p__gossip_mesh_add(g, m, true, now);
        }
    }
    if (t->placed_count < g->cfg.params.d) {
        graft_some(g, t, &wish, g->cfg.params.d - t->placed_count);
    }
}

void p2p__gossip_mesh_leave(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                            p2p_ns now)
{
    P2P__LIST_EACH_SAFE (l, &t->placed) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_place);

        p2p__gossip_backoff_add(m, g->cfg.params.unsub_backoff_ms, now);
        p2p__gossip_mesh_remove(g, m, P2P__GOSSIP_SAY_LEAVE, now);
    }
    assert(t->placed_count == 0);
}

void p2p__gossip_mesh_offer(struct p2p__gossip *g, struct p2p__gossip_member *m,
                            p2p_ns now)
{
    if (m->topic->subscribed && m->subscribed &&
        m->place == P2P__GOSSIP_NOWHERE &&
        m->topic->placed_count < g->cfg.params.d_lo &&
        p2p__gossip_backoff_over(g, m, now) &&
        p2p__gossip_score_of(g, m->peer, now) >= 0) {
        p2p__gossip_mesh_add(g, m, true, now);
    }
}

/* Peers with a negative score have no place in a mesh. */
static void prune_negative(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                           p2p_ns now)
{
    P2P__LIST_EACH_SAFE (l, &t->placed) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_place);

        if (p2p__gossip_score_of(g, m->peer, now) < 0) {
            prune(g, m, now);
        }
    }
}

/* Brings the best `n` of what is picked to the front. */
static void best_first(struct p2p__gossip *g, size_t n, p2p_ns now)
{
    for (size_t i = 0; i < n && i < g->picked_count; i++) {
        for (size_t j = i + 1; j < g->picked_count; j++) {
            void *a = g->picked[i];

            if (p2p__gossip_score_of(g, p2p__gossip_picked(g, j)->peer, now) >
                p2p__gossip_score_of(g, p2p__gossip_picked(g, i)->peer, now)) {
                g->picked[i] = g->picked[j];
                g->picked[j] = a;
            }
        }
    }
}

/* Of the first `keep` that are picked, the last that we did not dial. */
static size_t last_inbound(const struct p2p__gossip *g, size_t keep)
{
    size_t i = keep;

    while (i > 0 && p2p__gossip_picked(g, i - 1)->peer->outbound) {
        i--;
    }
    assert(i > 0);
    return i - 1;
}

/* Changes the first `keep` until d_out of them are peers that we dialed. */
static void enough_outbound(struct p2p__gossip *g, size_t keep)
{
    size_t have = 0;

    for (size_t i = 0; i < keep; i++) {
        have += p2p__gossip_picked(g, i)->peer->outbound;
    }
    for (size_t i = keep; i < g->picked_count; i++) {
        void *other = g->picked[i];
        size_t at;

        if (have >= g->cfg.params.d_out) {
            return;
        }
        if (p2p__gossip_picked(g, i)->peer->outbound) {
            at = last_inbound(g, keep);
            g->picked[i] = g->picked[at];
            g->picked[at] = other;
            have++;
        }
    }
}

/* From d_hi on: down to d. */
static void prune_excess(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                         p2p_ns now)
{
    const struct p2p__gossip_params *p = &g->cfg.params;

    p2p__gossip_pick_begin(g);
    P2P__LIST_EACH (l, &t->placed) {
        if (p2p__gossip_pick_add(g, P2P__MEMBER(l, in_place)) != 0) {
            return;
        }
    }
    p2p__gossip_shuffle(g, 0, g->picked_count);
    best_first(g, p->d_score, now);
    p2p__gossip_shuffle(g, p->d_score, g->picked_count);
    enough_outbound(g, p->d);
    for (size_t i = p->d; i < g->picked_count; i++) {
        prune(g, p2p__gossip_picked(g, i), now);
    }
}

/* Enough links, but too few that we dialed: v1.1 "Outbound Mesh Quotas". */
static void graft_outbound(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                           p2p_ns now)
{
    struct p2p__gossip_wish wish = graftable(now);
    size_t have = 0;

    P2P__LIST_EACH (l, &t->placed) {
        have += P2P__MEMBER(l, in_place)->peer->outbound;
    }
    if (have < g->cfg.params.d_out) {
        wish.outbound = true;
        graft_some(g, t, &wish, g->cfg.params.d_out - have);
    }
}

/* The score in the middle of the mesh: as many are below as are above. */
static double median(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                     p2p_ns now)
{
    size_t n = 0;

    p2p__gossip_pick_begin(g);
    P2P__LIST_EACH (l, &t->placed) {
        if (p2p__gossip_pick_add(g, P2P__MEMBER(l, in_place)) != 0) {
            break;
        }
    }
    n = g->picked_count;
    if (n == 0) {
        return 0;
    }
    /* The best half in front: the last of it is the median. */
    best_first(g, n - n / 2, now);
    return p2p__gossip_score_of(g, p2p__gossip_picked(g, n - n / 2 - 1)->peer,
                                now);
}

/* A mesh of mediocre peers gets a few better ones: v1.1 "Opportunistic
 * Grafting". */
static void graft_better(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                         p2p_ns now)
{
    const struct p2p__gossip_params *p = &g->cfg.params;
    struct p2p__gossip_wish wish = graftable(now);

    if (!g->scoring || p->opportunistic_ticks == 0 ||
        g->beat % p->opportunistic_ticks != 0 || t->placed_count <= 1) {
        return;
    }
    wish.min = median(g, t, now);
    wish.above = true;
    if (wish.min < g->score.opportunistic_graft) {
        graft_some(g, t, &wish, p->opportunistic_peers);
    }
}

void p2p__gossip_mesh_beat(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                           p2p_ns now)
{
    const struct p2p__gossip_params *p = &g->cfg.params;
    const struct p2p__gossip_wish wish = graftable(now);

    assert(t->subscribed);
    prune_negative(g, t, now);
    if (t->placed_count < p->d_lo) {
        graft_some(g, t, &wish, p->d - t->placed_count);
    }
    if (t->placed_count >= p->d_hi && t->placed_count > p->d) {
        prune_excess(g, t, now);
    }
    if (t->placed_count >= p->d_lo) {
        graft_outbound(g, t, now);
    }
    graft_better(g, t, now);
}
