/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * IHAVE. The happy path: at a heartbeat peers are chosen and put a member on
 * their list `lazy`; when their frame is made, the ids of the window are
 * written into it in random order, but for what they sent us themselves.
 * A peer that does not read is still owed one IHAVE a topic, not many.
 *
 * Who comes into a mesh is told at once: heartbeats pass members over, and
 * what went through the mesh just before would never reach it. What waits to be
 * sent to the peer goes first: IHAVE would make it ask for that, too.
 */
#include "proto/gossip/lazy.h"

#include "proto/gossip/history.h"
#include "proto/gossip/member.h"
#include "proto/gossip/msg.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/pick.h"
#include "proto/gossip/rpc.h"

#define PERCENT 100U

/* Whether the message is of the heartbeats that IHAVE names. */
static bool in_window(const struct p2p__gossip *g,
                      const struct p2p__gossip_msg *msg)
{
    return msg->beat + g->cfg.params.history_gossip >= g->beat;
}

/* Whether the topic has anything to name. */
static bool has_news(const struct p2p__gossip *g,
                     const struct p2p__gossip_topic *t)
{
    return !p2p__list_empty(&t->recent) &&
           in_window(g, P2P__MSG(t->recent.prev, in_topic));
}

static void owe(struct p2p__gossip *g, struct p2p__gossip_member *m)
{
    if (p2p__list_empty(&m->in_lazy)) {
        p2p__list_push(&m->peer->lazy, &m->in_lazy);
    }
    p2p__gossip_peer_dirty(g, m->peer);
}

void p2p__gossip_lazy_welcome(struct p2p__gossip *g,
                              struct p2p__gossip_member *m)
{
    if (has_news(g, m->topic)) {
        owe(g, m);
    } else {
        p2p__list_remove(&m->in_lazy);
    }
}

void p2p__gossip_lazy_emit(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                           p2p_ns now)
{
    const struct p2p__gossip_wish wish = {.now = now,
                                          .min = g->score.gossip_threshold};
    size_t count, target;

    if (!has_news(g, t)) {
        return;
    }
    count = p2p__gossip_pick(g, t, &wish);
    target = count * g->cfg.params.gossip_percent / PERCENT;
    target = p2p__min(count, p2p__max(target, g->cfg.params.d_lazy));
    p2p__gossip_shuffle(g, 0, target);
    for (size_t i = 0; i < target; i++) {
        owe(g, p2p__gossip_picked(g, i));
    }
}

bool p2p__gossip_lazy_due(const struct p2p__gossip_peer *peer)
{
    return !p2p__list_empty(&peer->lazy) && peer->own.count == 0 &&
           peer->forward.count == 0;
}

/* Gathers a topic's messages for the peer, newest first, then shuffles. */
static int gather(struct p2p__gossip *g, const struct p2p__gossip_peer *peer,
                  const struct p2p__gossip_topic *t)
{
    size_t from = g->picked_count;

    for (struct p2p__list *l = t->recent.prev; l != &t->recent; l = l->prev) {
        struct p2p__gossip_msg *msg = P2P__MSG(l, in_topic);

        if (!in_window(g, msg)) {
            break;
        }
        if (!p2p__gossip_msg_has(msg, peer->serial) &&
            p2p__gossip_pick_add(g, msg) != 0) {
            return P2P_ENOMEM;
        }
    }
    p2p__gossip_shuffle(g, from, P2P__CAP_GOSSIP_IHAVE_IDS);
    g->picked_count =
        p2p__min(g->picked_count, from + P2P__CAP_GOSSIP_IHAVE_IDS);
    return 0;
}

int p2p__gossip_lazy_prepare(struct p2p__gossip *g,
                             const struct p2p__gossip_peer *peer)
{
    p2p__gossip_pick_begin(g);
    if (!p2p__gossip_lazy_due(peer)) {
        return 0;
    }
    P2P__LIST_EACH (l, &peer->lazy) {
        int rv = gather(g, peer, P2P__MEMBER(l, in_lazy)->topic);

        if (rv != 0) {
            return rv;
        }
    }
    return 0;
}

/* One IHAVE: the messages of m's topic from the i-th on. Returns behind
 * them. */
static size_t put_ihave(const struct p2p__gossip *g,
                        const struct p2p__gossip_member *m, size_t i,
                        struct p2p__pbw *w, size_t cap)
{
    const struct p2p__gossip_topic *t = m->topic;
    size_t mark = p2p__pbw_open(w, P2P__RPC_CTL_IHAVE);

    p2p__pbw_bytes(w, P2P__RPC_TOPIC, t->name, t->name_len);
    while (i < g->picked_count) {
        const struct p2p__gossip_msg *msg = g->picked[i];

        if (msg->topic != t) {
            break;
        }
        if (w->len < cap) {
            const struct p2p__slice id = p2p__gossip_msg_id(msg, m->peer);

            p2p__pbw_bytes(w, P2P__RPC_IHAVE_IDS, id.p, id.len);
        }
        i++;
    }
    p2p__pbw_close(w, mark);
    return i;
}

size_t p2p__gossip_lazy_write(const struct p2p__gossip *g,
                              const struct p2p__gossip_peer *peer,
                              struct p2p__pbw *w, size_t cap)
{
    size_t members = 0;
    size_t i = 0;

    if (!p2p__gossip_lazy_due(peer)) {
        return 0;
    }
    P2P__LIST_EACH (l, &peer->lazy) {
        const struct p2p__gossip_member *m = P2P__MEMBER(l, in_lazy);
        const struct p2p__gossip_msg *msg =
            i < g->picked_count ? g->picked[i] : NULL;

        if (w->len >= cap) {
            break;
        }
        if (msg != NULL && msg->topic == m->topic) {
            i = put_ihave(g, m, i, w, cap);
        }
        members++;
    }
    return members;
}
