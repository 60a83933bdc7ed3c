/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Fan-outs: peers through whom we publish in topics that we are not
 * subscribed to. Only used without flood publishing, which reaches everybody
 * at once. It ends a while after the last publication.
 */
#include "proto/gossip/member.h"
#include "proto/gossip/mesh.h"
#include "proto/gossip/pick.h"
#include "proto/gossip/score.h"
#include "proto/gossip/topic.h"

/* Adds members at random until there are d. */
static void fill(struct p2p__gossip *g, struct p2p__gossip_topic *t, p2p_ns now)
{
    const struct p2p__gossip_wish wish = {.now = now,
                                          .min = g->score.publish_threshold};
    size_t need, count;

    if (t->placed_count >= g->cfg.params.d) {
        return;
    }
    need = g->cfg.params.d - t->placed_count;
    count = p2p__min(p2p__gossip_pick(g, t, &wish), need);
    p2p__gossip_shuffle(g, 0, count);
    for (size_t i = 0; i < count; i++) {
        p2p__gossip_member_place(p2p__gossip_picked(g, i), P2P__GOSSIP_FANOUT);
    }
}

void p2p__gossip_fanout_use(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                            p2p_ns now)
{
    assert(!t->subscribed);
    if (t->placed_count == 0) {
        fill(g, t, now);
    }
    t->fanout_until = p2p__ns_after(now, P2P__MS(g->cfg.params.fanout_ttl_ms));
}

void p2p__gossip_fanout_beat(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                             p2p_ns now)
{
    bool over = t->fanout_until <= now;

    assert(!t->subscribed);
    P2P__LIST_EACH_SAFE (l, &t->placed) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_place);

        if (over || p2p__gossip_score_of(g, m->peer, now) <
                        g->score.publish_threshold) {
            p2p__gossip_member_place(m, P2P__GOSSIP_NOWHERE);
        }
    }
    if (over) {
        t->fanout_until = 0;
        p2p__gossip_topic_check(g, t);
        return;
    }
    fill(g, t, now);
}
