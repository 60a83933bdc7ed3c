/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Subscriptions, GRAFT and PRUNE of a peer.
 *
 * The happy path: a peer subscribes, grafts us into its mesh, and we take it
 * into ours. Possible failure modes, from v1.1 and go: unknown topics are
 * ignored, since an answer would be an amplifier (T30); too early, with a bad
 * score, or into a full mesh without our having dialed, the answer is PRUNE;
 * and to who may not be in the topic, as from one who left it: nobody's fault.
 */
#include "proto/gossip/announce.h"
#include "proto/gossip/backoff.h"
#include "proto/gossip/control.h"
#include "proto/gossip/event.h"
#include "proto/gossip/member.h"
#include "proto/gossip/mesh.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/rpc.h"
#include "proto/gossip/score.h"
#include "proto/gossip/topic.h"

/* The topic that a peer subscribes to, if we care to know. */
static struct p2p__gossip_topic *wanted_topic(struct p2p__gossip *g,
                                              struct p2p__gossip_peer *peer,
                                              const struct p2p__slice *name)
{
    struct p2p__gossip_topic *t = p2p__gossip_topic_find(g, name->p, name->len);
    bool known = t != NULL && (t->subscribed || t->known);

    if (g->cfg.known_topics_only && !known) {
        return NULL;
    }
    if (peer->topic_count >= P2P__CAP_GOSSIP_PEER_TOPICS) {
        g->stats.limited++;
        return NULL;
    }
    if (t == NULL && p2p__gossip_topic_get(g, name, false, &t) != 0) {
        return NULL;
    }
    return t;
}

/* Notes a subscription, of who may be there or not; NULL: not noted. */
static struct p2p__gossip_member *subscribe(struct p2p__gossip *g,
                                            struct p2p__gossip_peer *peer,
                                            const struct p2p__slice *name)
{
    struct p2p__gossip_topic *t = p2p__gossip_topic_find(g, name->p, name->len);
    struct p2p__gossip_member *m =
        t != NULL ? p2p__gossip_member_find(g, peer, t) : NULL;

    if (m != NULL && m->said) {
        return m;
    }
    t = wanted_topic(g, peer, name);
    if (t == NULL) {
        return NULL;
    }
    if (p2p__gossip_member_get(g, peer, t, &m) != 0) {
        p2p__gossip_topic_check(g, t);
        return NULL;
    }
    p2p__gossip_member_said(m, true);
    if (!m->barred) {
        p2p__gossip_member_enter(m);
        p2p__gossip_event_push(g, P2P__GOSSIP_SUBSCRIBED, peer, t);
    }
    return m;
}

/* Notes that a subscription is over. */
static void unsubscribe(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                        const struct p2p__slice *name, p2p_ns now)
{
    struct p2p__gossip_topic *t = p2p__gossip_topic_find(g, name->p, name->len);
    struct p2p__gossip_member *m =
        t != NULL ? p2p__gossip_member_find(g, peer, t) : NULL;

    if (m == NULL || !m->said) {
        return;
    }
    if (m->place == P2P__GOSSIP_MESH) {
        p2p__gossip_mesh_remove(g, m, P2P__GOSSIP_SAY_NOTHING, now);
    }
    if (m->subscribed) {
        p2p__gossip_member_leave(m);
        p2p__gossip_event_push(g, P2P__GOSSIP_UNSUBSCRIBED, peer, t);
    }
    p2p__gossip_member_said(m, false);
    p2p__gossip_member_check(g, m, now);
}

int p2p__gossip_on_sub(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                       const struct p2p__slice *body, p2p_ns now)
{
    struct p2p__gossip_member *m;
    struct p2p__rpc_sub sub;
    int rv = p2p__rpc_sub_read(*body, &sub);

    if (rv != 0) {
        return rv;
    }
    if (++p2p__gossip_peer_counts(g, peer)->subs > P2P__CAP_GOSSIP_PEER_SUBS) {
        g->stats.limited++;
        return 0;
    }
    if (!sub.subscribe) {
        unsubscribe(g, peer, &sub.topic, now);
        return 0;
    }
    m = subscribe(g, peer, &sub.topic);
    if (m != NULL) {
        p2p__gossip_mesh_offer(g, m, now);
    }
    return 0;
}

/* A GRAFT within the back-off: P7, twice when it is a flood; and the back-off
 * begins anew. */
static void too_early(struct p2p__gossip *g, struct p2p__gossip_member *m,
                      p2p_ns now)
{
    const struct p2p__gossip_params *p = &g->cfg.params;
    p2p_ns left = m->backoff_until - now;
    bool flood = left + P2P__MS(p->graft_flood_ms) > P2P__MS(p->backoff_ms);

    p2p__gossip_score_penalty(g, m->peer, flood ? 2 : 1, now);
    p2p__gossip_backoff_add(m, p->backoff_ms, now);
}

/* Whether the peer may come into the mesh; else why not was dealt with. */
static bool may_join(struct p2p__gossip *g, struct p2p__gossip_member *m,
                     p2p_ns now)
{
    if (m->place == P2P__GOSSIP_ALWAYS) {
        return false;
    }
    if (p2p__gossip_backoff_runs(m, now)) {
        too_early(g, m, now);
        return false;
    }
    if (p2p__gossip_score_of(g, m->peer, now) < 0 ||
        (m->topic->placed_count >= g->cfg.params.d_hi && !m->peer->outbound)) {
        p2p__gossip_backoff_add(m, g->cfg.params.backoff_ms, now);
        return false;
    }
    return true;
}

int p2p__gossip_on_graft(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *body, p2p_ns now)
{
    struct p2p__gossip_topic *t;
    struct p2p__gossip_member *m;
    struct p2p__rpc_topic graft;
    int rv = p2p__rpc_topic_read(*body, &graft);

    if (rv != 0) {
        return rv;
    }
    t = p2p__gossip_topic_find(g, graft.topic.p, graft.topic.len);
    if (t == NULL || !t->subscribed || peer->version == P2P__GOSSIP_FLOODSUB) {
        return 0;
    }
    /* Who grafts us is in the topic, said or not. */
    m = subscribe(g, peer, &graft.topic);
    if (m == NULL) {
        return 0;
    }
    if (m->barred) {
        p2p__gossip_backoff_add(m, g->cfg.params.unsub_backoff_ms, now);
        p2p__gossip_member_say(g, m, P2P__GOSSIP_SAY_LEAVE);
        return 0;
    }
    if (m->place == P2P__GOSSIP_MESH) {
        /* It asked too: our own GRAFT, if it still waits, is not needed. */
        if (m->word == P2P__GOSSIP_SAY_GRAFT) {
            p2p__gossip_member_say(g, m, P2P__GOSSIP_SAY_NOTHING);
        }
        return 0;
    }
    if (may_join(g, m, now)) {
        p2p__gossip_mesh_add(g, m, false, now);
    } else {
        p2p__gossip_member_say(g, m, P2P__GOSSIP_SAY_PRUNE);
    }
    return 0;
}

int p2p__gossip_on_prune(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *body, p2p_ns now)
{
    struct p2p__gossip_topic *t;
    struct p2p__gossip_member *m;
    struct p2p__rpc_topic prune;
    int rv = p2p__rpc_topic_read(*body, &prune);

    if (rv != 0) {
        return rv;
    }
    t = p2p__gossip_topic_find(g, prune.topic.p, prune.topic.len);
    if (t == NULL || !t->subscribed || peer->version == P2P__GOSSIP_FLOODSUB ||
        p2p__gossip_member_get(g, peer, t, &m) != 0) {
        return 0;
    }
    if (m->place == P2P__GOSSIP_MESH) {
        p2p__gossip_mesh_remove(g, m, P2P__GOSSIP_SAY_NOTHING, now);
    }
    p2p__gossip_backoff_said(g, m, prune.backoff_s, now);
    return 0;
}
