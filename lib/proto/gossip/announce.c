/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * g->changes has the topics of our changes by number, oldest first. A topic
 * that we left stays on it until every peer that was there knows.
 */
#include "proto/gossip/announce.h"

#include "proto/gossip/filter.h"
#include "proto/gossip/member.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/rpc.h"
#include "proto/gossip/topic.h"

static struct p2p__gossip_topic *topic_of(struct p2p__list *l)
{
    return P2P__CONTAINER(l, struct p2p__gossip_topic, change_link);
}

/* Takes a topic off the list when everybody knows that we left it. */
static void settle(struct p2p__gossip *g, struct p2p__gossip_topic *t)
{
    if (t->untold == 0 && !t->subscribed) {
        p2p__list_remove(&t->change_link);
        p2p__gossip_topic_check(g, t);
    }
}

void p2p__gossip_announce(struct p2p__gossip *g, struct p2p__gossip_topic *t)
{
    t->change = ++g->change;
    t->untold = g->peer_count;
    p2p__list_remove(&t->change_link);
    p2p__list_push(&g->changes, &t->change_link);
    P2P__LIST_EACH (l, &g->peers) {
        p2p__gossip_peer_dirty(g, P2P__PEER(l, link));
    }
    settle(g, t);
}

void p2p__gossip_announce_enter(struct p2p__gossip *g,
                                struct p2p__gossip_peer *peer)
{
    assert(peer->told == 0);
    P2P__LIST_EACH (l, &g->changes) {
        topic_of(l)->untold++;
    }
    if (p2p__gossip_announce_due(g, peer)) {
        p2p__gossip_peer_dirty(g, peer);
    }
}

void p2p__gossip_announce_again(struct p2p__gossip *g,
                                struct p2p__gossip_peer *peer)
{
    P2P__LIST_EACH (l, &g->changes) {
        topic_of(l)->untold += topic_of(l)->change <= peer->told;
    }
    peer->told = 0;
}

bool p2p__gossip_announce_due(const struct p2p__gossip *g,
                              const struct p2p__gossip_peer *peer)
{
    return !p2p__list_empty(&g->changes) &&
           topic_of(g->changes.prev)->change > peer->told;
}

bool p2p__gossip_announce_stale(const struct p2p__gossip *g,
                                const struct p2p__gossip_peer *peer)
{
    P2P__LIST_EACH (l, &g->changes) {
        const struct p2p__gossip_topic *t = topic_of(l);
        const struct p2p__gossip_member *m =
            p2p__gossip_member_find(g, peer, t);
        bool told = m != NULL && m->told;

        if (told != (t->subscribed && p2p__gossip_may(g, peer, t))) {
            return true;
        }
    }
    return false;
}

void p2p__gossip_announce_prepare(struct p2p__gossip *g,
                                  struct p2p__gossip_peer *peer)
{
    if (g->cfg.may_fn == NULL || !p2p__gossip_announce_due(g, peer)) {
        return;
    }
    P2P__LIST_EACH (l, &g->changes) {
        struct p2p__gossip_member *m;

        if (topic_of(l)->subscribed && topic_of(l)->change > peer->told) {
            (void)p2p__gossip_member_get(g, peer, topic_of(l), &m);
        }
    }
}

static void put_sub(struct p2p__pbw *w, const struct p2p__gossip_topic *t,
                    bool subscribed)
{
    size_t mark = p2p__pbw_open(w, P2P__RPC_SUBSCRIPTIONS);

    p2p__pbw_uint(w, P2P__RPC_SUB_SUBSCRIBE, subscribed);
    p2p__pbw_bytes(w, P2P__RPC_SUB_TOPIC, t->name, t->name_len);
    p2p__pbw_close(w, mark);
}

/* The same for one whom a filter may keep out of the topic. false: not now,
 * for lack of a member. */
static bool put_filtered(const struct p2p__gossip *g,
                         const struct p2p__gossip_peer *peer,
                         const struct p2p__gossip_topic *t, struct p2p__pbw *w)
{
    const struct p2p__gossip_member *m = p2p__gossip_member_find(g, peer, t);

    if (m == NULL) {
        return !t->subscribed;
    }
    if (m->told || (t->subscribed && !m->barred)) {
        put_sub(w, t, t->subscribed && !m->barred);
    }
    return true;
}

uint64_t p2p__gossip_announce_write(const struct p2p__gossip *g,
                                    const struct p2p__gossip_peer *peer,
                                    struct p2p__pbw *w, size_t cap)
{
    uint64_t told = peer->told;

    P2P__LIST_EACH (l, &g->changes) {
        const struct p2p__gossip_topic *t = topic_of(l);

        if (t->change <= peer->told) {
            continue;
        }
        if (w->len >= cap) {
            break;
        }
        if (g->cfg.may_fn == NULL) {
            put_sub(w, t, t->subscribed);
        } else if (!put_filtered(g, peer, t, w)) {
            break;
        }
        told = t->change;
    }
    return told;
}

/* Notes what the peer knows of a topic now. */
static void note(const struct p2p__gossip *g,
                 const struct p2p__gossip_peer *peer,
                 const struct p2p__gossip_topic *t)
{
    struct p2p__gossip_member *m =
        g->cfg.may_fn != NULL ? p2p__gossip_member_find(g, peer, t) : NULL;

    if (m != NULL) {
        m->told = t->subscribed && !m->barred;
    }
}

/* Counts the peer out of those who do not know, up to a number. */
static void settle_all(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                       uint64_t told)
{
    P2P__LIST_EACH_SAFE (l, &g->changes) {
        struct p2p__gossip_topic *t = topic_of(l);

        if (t->change > peer->told && t->change <= told) {
            assert(t->untold > 0);
            t->untold--;
            settle(g, t);
        }
    }
    peer->told = told;
}

void p2p__gossip_announce_told(struct p2p__gossip *g,
                               struct p2p__gossip_peer *peer, uint64_t told)
{
    P2P__LIST_EACH (l, &g->changes) {
        if (topic_of(l)->change > peer->told && topic_of(l)->change <= told) {
            note(g, peer, topic_of(l));
        }
    }
    settle_all(g, peer, told);
}

void p2p__gossip_announce_leave(struct p2p__gossip *g,
                                struct p2p__gossip_peer *peer)
{
    settle_all(g, peer, g->change);
}
