/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The heartbeat: v1.0 "Heartbeat" in go's order. The happy path walks the
 * topics that we are in, and the peers only to let go of what has expired.
 * Possible failure modes: the process slept; then one heartbeat makes up for
 * all that were missed.
 */
#include "proto/gossip/author.h"
#include "proto/gossip/event.h"
#include "proto/gossip/history.h"
#include "proto/gossip/lazy.h"
#include "proto/gossip/mesh.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/pick.h"
#include "proto/gossip/promise.h"
#include "proto/gossip/receive.h"

/* So many heartbeats apart, back-offs and old scores are cleared, as in go. */
#define CLEAR_BEATS 15U

/* A larger scratch buffer is not kept for the next large message. */
#define SCRATCH_KEPT (64U * 1024U)

/* Lets go of what peers did not want some heartbeats ago. */
static void expire_unwanted(struct p2p__gossip *g)
{
    uint64_t ttl = g->cfg.params.idontwant_ttl;

    P2P__LIST_EACH (l, &g->peers) {
        struct p2p__gossip_peer *peer = P2P__PEER(l, link);

        if (peer->unwanted.count > 0 && g->beat >= ttl) {
            p2p__gossip_idset_expire(&peer->unwanted, g->beat - ttl + 1);
        }
    }
}

/* The seen ids are remembered for seen_ttl_ms. */
static void expire_seen(struct p2p__gossip *g, p2p_ns now)
{
    p2p_ns ttl = P2P__MS(g->cfg.params.seen_ttl_ms);

    if (now > ttl) {
        p2p__gossip_idset_expire(&g->seen, now - ttl);
    }
}

/* Meshes and fan-outs, and who is told of their messages. */
static void beat_topics(struct p2p__gossip *g, p2p_ns now)
{
    P2P__LIST_EACH_SAFE (l, &g->topics) {
        struct p2p__gossip_topic *t =
            P2P__CONTAINER(l, struct p2p__gossip_topic, link);

        if (t->subscribed) {
            p2p__gossip_mesh_beat(g, t, now);
            p2p__gossip_lazy_emit(g, t, now);
        } else if (t->fanout_until != 0) {
            p2p__gossip_lazy_emit(g, t, now);
            p2p__gossip_fanout_beat(g, t, now);
        }
    }
}

/* Room that the next message can have again; in quiet times all of it, so
 * that a core that nothing happens to holds nothing. */
static void give_room_back(struct p2p__gossip *g)
{
    uint64_t busy = g->stats.received + g->stats.published;

    if (busy == g->busy) {
        p2p__gossip_pick_fini(g);
        p2p__gossip_events_shrink(g);
    }
    if (busy == g->busy || g->scratch_room > SCRATCH_KEPT) {
        p2p__gossip_scratch_fini(g);
    }
    g->busy = busy;
}

static void heartbeat(struct p2p__gossip *g, p2p_ns now)
{
    g->beat++;
    g->stats.heartbeats++;
    p2p__gossip_promise_beat(g, now);
    expire_unwanted(g);
    if (g->beat % CLEAR_BEATS == 0) {
        p2p__gossip_peers_expire(g, now);
        p2p__gossip_authors_expire(g, now);
    }
    beat_topics(g, now);
    p2p__gossip_history_shift(g);
    expire_seen(g, now);
    give_room_back(g);
}

p2p_ns p2p__gossip_deadline(const struct p2p__gossip *g)
{
    return g->next_beat;
}

void p2p__gossip_expire(struct p2p__gossip *g, p2p_ns now)
{
    if (now < g->next_beat) {
        return;
    }
    g->next_beat = p2p__ns_after(now, P2P__MS(g->cfg.params.heartbeat_ms));
    p2p__gossip_pending_expire(g, now);
    heartbeat(g, now);
}
