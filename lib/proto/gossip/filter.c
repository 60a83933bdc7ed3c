/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The peer filter. The happy path: asked once for each member, whose bit
 * `barred` the rest of the core looks at; asked again when the application
 * says that its mind changed, and what follows from another answer is done
 * here. Possible failure modes: none; no memory is needed to keep one out.
 */
#include "proto/gossip/filter.h"

#include "proto/gossip/announce.h"
#include "proto/gossip/backoff.h"
#include "proto/gossip/event.h"
#include "proto/gossip/lazy.h"
#include "proto/gossip/member.h"
#include "proto/gossip/mesh.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/promise.h"
#include "proto/gossip/tx.h"

bool p2p__gossip_ask(const struct p2p__gossip *g,
                     const struct p2p__gossip_peer *peer,
                     const struct p2p__gossip_topic *topic)
{
    const struct p2p__slice name = p2p__slice_of(topic->name, topic->name_len);

    return g->cfg.may_fn == NULL ||
           g->cfg.may_fn(g->cfg.may_user, &peer->id, &name);
}

bool p2p__gossip_may(const struct p2p__gossip *g,
                     const struct p2p__gossip_peer *peer,
                     const struct p2p__gossip_topic *topic)
{
    const struct p2p__gossip_member *m;

    if (g->cfg.may_fn == NULL) {
        return true;
    }
    m = p2p__gossip_member_find(g, peer, topic);
    return m != NULL ? !m->barred : p2p__gossip_ask(g, peer, topic);
}

/* It may no more: to it we left the topic. */
static void bar(struct p2p__gossip *g, struct p2p__gossip_member *m, p2p_ns now)
{
    m->barred = true;
    if (m->place == P2P__GOSSIP_MESH) {
        p2p__gossip_backoff_add(m, g->cfg.params.unsub_backoff_ms, now);
        p2p__gossip_mesh_remove(g, m, P2P__GOSSIP_SAY_LEAVE, now);
    }
    if (m->subscribed) {
        p2p__gossip_member_leave(m);
        p2p__gossip_event_push(g, P2P__GOSSIP_UNSUBSCRIBED, m->peer, m->topic);
    }
}

/* It may now: if it is subscribed, that begins here. Gossip passes members
 * over, so it is told of the messages just before, in the mesh or not. */
static void admit(struct p2p__gossip *g, struct p2p__gossip_member *m,
                  p2p_ns now)
{
    m->barred = false;
    if (!m->said) {
        return;
    }
    p2p__gossip_member_enter(m);
    p2p__gossip_event_push(g, P2P__GOSSIP_SUBSCRIBED, m->peer, m->topic);
    p2p__gossip_mesh_offer(g, m, now);
    if (m->topic->subscribed) {
        p2p__gossip_lazy_welcome(g, m);
    }
}

/* Asks of one peer in the topics where something is noted of it. */
static void recheck_peer(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         p2p_ns now)
{
    bool barred = false;

    P2P__LIST_EACH (l, &peer->members) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_peer);
        bool may = p2p__gossip_ask(g, peer, m->topic);

        if (may && m->barred) {
            admit(g, m, now);
        } else if (!may && !m->barred) {
            bar(g, m, now);
            barred = true;
        }
    }
    if (barred) {
        p2p__gossip_promise_forgive(g, peer);
        p2p__gossip_tx_withdraw(g, peer);
    }
    if (p2p__gossip_announce_stale(g, peer)) {
        p2p__gossip_announce_again(g, peer);
        p2p__gossip_peer_dirty(g, peer);
    }
}

void p2p__gossip_recheck(struct p2p__gossip *g, p2p_ns now)
{
    if (g->cfg.may_fn == NULL) {
        return;
    }
    P2P__LIST_EACH (l, &g->peers) {
        recheck_peer(g, P2P__PEER(l, link), now);
    }
}
