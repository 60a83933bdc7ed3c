/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Spreading. The happy path costs a reference in the queue of each peer of
 * the mesh. Possible failure modes: a full queue, and then that peer learns
 * of the message by gossip.
 */
#include "proto/gossip/forward.h"

#include "proto/gossip/member.h"
#include "proto/gossip/mesh.h"
#include "proto/gossip/msg.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/score.h"
#include "proto/gossip/tx.h"

/* Whether the peer wrote the message. */
static bool is_author(const struct p2p__gossip_peer *peer,
                      const struct p2p__gossip_msg *msg)
{
    const struct p2p__slice *from = &msg->view.from;

    return from->len > 0 && from->len == peer->id.len &&
           memcmp(from->p, peer->id.bytes, from->len) == 0;
}

/* Whether one that is not in a mesh may be sent messages. */
static bool publishable(const struct p2p__gossip *g,
                        struct p2p__gossip_peer *peer, p2p_ns now)
{
    return peer->direct ||
           p2p__gossip_score_of(g, peer, now) >= g->score.publish_threshold;
}

/* Queues for one peer unless it has the message, wrote it or declined it.
 * Returns 1 if it was queued. */
static int give(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                struct p2p__gossip_msg *msg)
{
    if (is_author(peer, msg) || p2p__gossip_msg_has(msg, peer->serial)) {
        return 0;
    }
    if (p2p__gossip_peer_declined(g, peer, msg)) {
        g->stats.suppressed++;
        return 0;
    }
    return p2p__gossip_tx_push(g, peer, msg, msg->via == 0) == 0;
}

/* To those who get every message. */
static int give_always(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                       p2p_ns now)
{
    int count = 0;

    P2P__LIST_EACH (l, &msg->topic->always) {
        struct p2p__gossip_peer *peer = P2P__MEMBER(l, in_place)->peer;

        if (publishable(g, peer, now)) {
            count += give(g, peer, msg);
        }
    }
    return count;
}

/* Through mesh or fan-out. */
static int give_placed(struct p2p__gossip *g, struct p2p__gossip_msg *msg)
{
    int count = 0;

    P2P__LIST_EACH (l, &msg->topic->placed) {
        count += give(g, P2P__MEMBER(l, in_place)->peer, msg);
    }
    return count;
}

void p2p__gossip_forward(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                         p2p_ns now)
{
    (void)give_always(g, msg, now);
    (void)give_placed(g, msg);
}

int p2p__gossip_spread(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                       p2p_ns now)
{
    int count = 0;

    assert(msg->via == 0);
    if (!g->cfg.params.flood_publish) {
        if (!msg->topic->subscribed) {
            p2p__gossip_fanout_use(g, msg->topic, now);
        }
        count = give_always(g, msg, now);
        return count + give_placed(g, msg);
    }
    P2P__LIST_EACH (l, &msg->topic->peers) {
        struct p2p__gossip_peer *peer = P2P__MEMBER(l, in_topic)->peer;

        if (publishable(g, peer, now)) {
            count += give(g, peer, msg);
        }
    }
    return count;
}

void p2p__gossip_decline(struct p2p__gossip *g,
                         const struct p2p__gossip_msg *msg,
                         const struct p2p__gossip_peer *via)
{
    if (msg->view.data.len < g->cfg.params.idontwant_bytes) {
        return;
    }
    P2P__LIST_EACH (l, &msg->topic->placed) {
        struct p2p__gossip_peer *peer = P2P__MEMBER(l, in_place)->peer;

        if (peer != via && peer->version >= P2P__GOSSIP_V12) {
            const struct p2p__slice id = p2p__gossip_msg_id(msg, peer);

            (void)p2p__gossip_tx_idontwant(g, peer, &id);
        }
    }
}
