/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Members. The happy path: made when a peer subscribes, on the topic's list
 * of peers, and on one of `placed` and `always`. Possible failure modes: a
 * peer that would have more of them than the cap.
 */
#include "proto/gossip/member.h"

#include "base/mem.h"
#include "proto/gossip/filter.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/topic.h"

struct p2p__gossip_member *p2p__gossip_member_find(
    const struct p2p__gossip *g, const struct p2p__gossip_peer *peer,
    const struct p2p__gossip_topic *topic)
{
    const uint64_t key[2] = {peer->key, topic->serial};
    struct p2p__map_node *n = p2p__map_get(&g->members, key, sizeof key);

    return n != NULL ? P2P__MEMBER(n, node) : NULL;
}

/* An empty member, on its peer's list. */
static struct p2p__gossip_member *make(struct p2p__gossip_peer *peer,
                                       struct p2p__gossip_topic *topic)
{
    struct p2p__gossip_member *m = p2p__zalloc(sizeof *m);

    if (m == NULL) {
        return NULL;
    }
    m->key[0] = peer->key;
    m->key[1] = topic->serial;
    m->peer = peer;
    m->topic = topic;
    p2p__list_init(&m->in_peer);
    p2p__list_init(&m->in_topic);
    p2p__list_init(&m->in_place);
    p2p__list_init(&m->in_words);
    p2p__list_init(&m->in_lazy);
    return m;
}

int p2p__gossip_member_get(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                           struct p2p__gossip_topic *topic,
                           struct p2p__gossip_member **out)
{
    struct p2p__gossip_member *m;

    *out = p2p__gossip_member_find(g, peer, topic);
    if (*out != NULL) {
        return 0;
    }
    if (peer->member_count >= P2P__CAP_GOSSIP_PEER_MEMBERS ||
        p2p__gossip_peer_take(peer, sizeof *m) != 0) {
        g->stats.limited++;
        return P2P_ELIMIT;
    }
    m = make(peer, topic);
    if (m == NULL ||
        p2p__map_put(&g->members, &m->node, m->key, sizeof m->key) != 0) {
        p2p__free(m);
        p2p__gossip_peer_give(peer, sizeof *m);
        return P2P_ENOMEM;
    }
    m->barred = !p2p__gossip_ask(g, peer, topic);
    m->tally.step = peer->behaviour.step;
    p2p__list_push(&peer->members, &m->in_peer);
    p2p__gossip_topic_ref(topic);
    peer->member_count++;
    *out = m;
    return 0;
}

void p2p__gossip_member_said(struct p2p__gossip_member *m, bool said)
{
    assert(!m->subscribed);
    if (said && !m->said) {
        m->peer->topic_count++;
    } else if (!said && m->said) {
        assert(m->peer->topic_count > 0);
        m->peer->topic_count--;
    }
    m->said = said;
}

void p2p__gossip_member_enter(struct p2p__gossip_member *m)
{
    const struct p2p__gossip_peer *p = m->peer;

    assert(m->said && !m->barred);
    assert(!m->subscribed && m->place == P2P__GOSSIP_NOWHERE);
    m->subscribed = true;
    p2p__list_push(&m->topic->peers, &m->in_topic);
    m->topic->peer_count++;
    if (p->direct || p->version == P2P__GOSSIP_FLOODSUB) {
        m->place = P2P__GOSSIP_ALWAYS;
        p2p__list_push(&m->topic->always, &m->in_place);
    }
}

void p2p__gossip_member_place(struct p2p__gossip_member *m,
                              enum p2p__gossip_place place)
{
    assert(m->subscribed && m->place != P2P__GOSSIP_ALWAYS);
    assert(place != P2P__GOSSIP_ALWAYS);
    if (m->place == P2P__GOSSIP_NOWHERE && place != P2P__GOSSIP_NOWHERE) {
        p2p__list_push(&m->topic->placed, &m->in_place);
        m->topic->placed_count++;
    } else if (m->place != P2P__GOSSIP_NOWHERE &&
               place == P2P__GOSSIP_NOWHERE) {
        assert(m->topic->placed_count > 0);
        p2p__list_remove(&m->in_place);
        m->topic->placed_count--;
    }
    m->place = (uint8_t)place;
}

void p2p__gossip_member_leave(struct p2p__gossip_member *m)
{
    if (!m->subscribed) {
        return;
    }
    if (m->place == P2P__GOSSIP_ALWAYS) {
        p2p__list_remove(&m->in_place);
        m->place = P2P__GOSSIP_NOWHERE;
    } else {
        p2p__gossip_member_place(m, P2P__GOSSIP_NOWHERE);
    }
    assert(m->topic->peer_count > 0);
    m->subscribed = false;
    p2p__list_remove(&m->in_topic);
    p2p__list_remove(&m->in_lazy);
    m->topic->peer_count--;
}

void p2p__gossip_member_say(struct p2p__gossip *g, struct p2p__gossip_member *m,
                            enum p2p__gossip_word word)
{
    bool unsaid =
        m->word == P2P__GOSSIP_SAY_GRAFT &&
        (word == P2P__GOSSIP_SAY_PRUNE || word == P2P__GOSSIP_SAY_LEAVE);

    p2p__list_remove(&m->in_words);
    /* A GRAFT that never went out needs no PRUNE. */
    m->word = (uint8_t)(unsaid ? P2P__GOSSIP_SAY_NOTHING : word);
    if (m->word != P2P__GOSSIP_SAY_NOTHING) {
        assert(m->peer->connected);
        p2p__list_push(&m->peer->words, &m->in_words);
        p2p__gossip_peer_dirty(g, m->peer);
    }
}

void p2p__gossip_member_free(struct p2p__gossip *g,
                             struct p2p__gossip_member *m)
{
    struct p2p__gossip_topic *t = m->topic;

    p2p__gossip_member_leave(m);
    p2p__gossip_member_said(m, false);
    p2p__list_remove(&m->in_peer);
    p2p__list_remove(&m->in_words);
    p2p__list_remove(&m->in_lazy);
    p2p__map_remove(&g->members, &m->node);
    assert(m->peer->member_count > 0);
    m->peer->member_count--;
    p2p__gossip_peer_give(m->peer, sizeof *m);
    p2p__free(m);
    p2p__gossip_topic_unref(g, t);
}

void p2p__gossip_member_check(struct p2p__gossip *g,
                              struct p2p__gossip_member *m, p2p_ns now)
{
    if (m->backoff_until != 0 && m->backoff_until <= now) {
        m->backoff_until = 0;
    }
    if (!m->said && !m->told && m->word == P2P__GOSSIP_SAY_NOTHING &&
        m->backoff_until == 0 && p2p__gossip_tally_empty(&m->tally)) {
        p2p__gossip_member_free(g, m);
    }
}
