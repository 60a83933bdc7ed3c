/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Candidates and chance. */
#include "proto/gossip/pick.h"

#include "base/mem.h"
#include "proto/gossip/backoff.h"
#include "proto/gossip/member.h"
#include "proto/gossip/score.h"

#define FIRST_ROOM 64U

void p2p__gossip_pick_fini(struct p2p__gossip *g)
{
    p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY,
                    g->picked_room * sizeof *g->picked);
    p2p__free(g->picked);
    g->picked = NULL;
    g->picked_room = 0;
    g->picked_count = 0;
}

void p2p__gossip_pick_begin(struct p2p__gossip *g)
{
    g->picked_count = 0;
}

int p2p__gossip_pick_add(struct p2p__gossip *g, void *what)
{
    if (g->picked_count == g->picked_room) {
        size_t room = g->picked_room == 0 ? FIRST_ROOM : 2 * g->picked_room;
        size_t more = (room - g->picked_room) * sizeof *g->picked;
        void **picked;

        if (p2p__quota_take(g->cfg.quota, P2P__Q_MEMORY, more) != 0) {
            return P2P_ENOMEM;
        }
        picked = p2p__realloc(g->picked, room * sizeof *g->picked);
        if (picked == NULL) {
            p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, more);
            return P2P_ENOMEM;
        }
        g->picked = picked;
        g->picked_room = room;
    }
    g->picked[g->picked_count++] = what;
    return 0;
}

static bool fulfils(const struct p2p__gossip *g, struct p2p__gossip_member *m,
                    const struct p2p__gossip_wish *wish)
{
    double score;

    if (m->place != P2P__GOSSIP_NOWHERE ||
        (wish->outbound && !m->peer->outbound) ||
        (wish->graft && !p2p__gossip_backoff_over(g, m, wish->now))) {
        return false;
    }
    score = p2p__gossip_score_of(g, m->peer, wish->now);
    return wish->above ? score > wish->min : score >= wish->min;
}

size_t p2p__gossip_pick(struct p2p__gossip *g,
                        const struct p2p__gossip_topic *t,
                        const struct p2p__gossip_wish *wish)
{
    p2p__gossip_pick_begin(g);
    P2P__LIST_EACH (l, &t->peers) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_topic);

        if (fulfils(g, m, wish) && p2p__gossip_pick_add(g, m) != 0) {
            break;
        }
    }
    return g->picked_count;
}

void p2p__gossip_shuffle(struct p2p__gossip *g, size_t from, size_t n)
{
    for (size_t i = from; i < from + n && i + 1 < g->picked_count; i++) {
        size_t j = i + (size_t)p2p__rng_below(&g->rng, g->picked_count - i);
        void *swap = g->picked[i];

        g->picked[i] = g->picked[j];
        g->picked[j] = swap;
    }
}
