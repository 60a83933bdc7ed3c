/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Peers. The happy path: a record is made at the first connection and freed
 * after the last; one with a bad score or a running back-off is retired
 * instead, moved from its own quota to ours, and found again by its id.
 * Possible failure modes: caps and quotas, at which a new peer is refused and
 * a retired one forgotten.
 */
#include "proto/gossip/peer.h"

#include "base/mem.h"
#include "proto/gossip/announce.h"
#include "proto/gossip/colocation.h"
#include "proto/gossip/event.h"
#include "proto/gossip/filter.h"
#include "proto/gossip/lazy.h"
#include "proto/gossip/member.h"
#include "proto/gossip/mesh.h"
#include "proto/gossip/msg.h"
#include "proto/gossip/score.h"
#include "proto/gossip/tx.h"

int p2p__gossip_peer_take(struct p2p__gossip_peer *peer, size_t bytes)
{
    int rv = p2p__quota_take(peer->quota, P2P__Q_MEMORY, bytes);

    if (rv == 0) {
        peer->held += bytes;
    }
    return rv;
}

void p2p__gossip_peer_give(struct p2p__gossip_peer *peer, size_t bytes)
{
    assert(peer->held >= bytes);
    peer->held -= bytes;
    p2p__quota_give(peer->quota, P2P__Q_MEMORY, bytes);
}

struct p2p__gossip_peer *p2p__gossip_peer_by_serial(const struct p2p__gossip *g,
                                                    uint64_t serial)
{
    struct p2p__map_node *n =
        p2p__map_get(&g->peers_by_serial, &serial, sizeof serial);

    return n != NULL ? P2P__PEER(n, serial_node) : NULL;
}

/* The record with this id, connected or retired, or NULL. */
static struct p2p__gossip_peer *find(const struct p2p__gossip *g,
                                     const struct p2p_peer_id *id)
{
    struct p2p__map_node *n = p2p__map_get(&g->peers_by_id, id->bytes, id->len);

    return n != NULL ? P2P__PEER(n, node) : NULL;
}

struct p2p__gossip_peer *p2p__gossip_peer_find(const struct p2p__gossip *g,
                                               const struct p2p_peer_id *id)
{
    struct p2p__gossip_peer *p = find(g, id);

    return p != NULL && p->connected ? p : NULL;
}

void *p2p__gossip_peer_user(const struct p2p__gossip_peer *peer)
{
    return peer->user;
}

void p2p__gossip_peer_dirty(struct p2p__gossip *g,
                            struct p2p__gossip_peer *peer)
{
    assert(peer->connected);
    if (!peer->stalled && p2p__list_empty(&peer->dirty)) {
        p2p__list_push(&g->dirty, &peer->dirty);
        p2p__mark(g->owner);
    }
}

struct p2p__gossip_counts *p2p__gossip_peer_counts(
    const struct p2p__gossip *g, struct p2p__gossip_peer *peer)
{
    if (peer->counts.beat != g->beat) {
        peer->counts = (struct p2p__gossip_counts){.beat = g->beat};
    }
    return &peer->counts;
}

bool p2p__gossip_peer_declined(const struct p2p__gossip *g,
                               const struct p2p__gossip_peer *peer,
                               const struct p2p__gossip_msg *msg)
{
    const struct p2p__gossip_id_entry *e =
        p2p__gossip_idset_get(&peer->unwanted, &msg->fp);

    if (e == NULL && msg->alias_len > 0) {
        e = p2p__gossip_idset_get(&peer->unwanted, &msg->alias);
    }
    return e != NULL && e->stamp + g->cfg.params.idontwant_ttl > g->beat;
}

/* Makes an empty record, charged to the peer's quota. */
static int make(struct p2p__gossip *g, const struct p2p__gossip_peer_info *info,
                struct p2p__gossip_peer **out)
{
    struct p2p__gossip_peer *p;

    if (p2p__quota_take(info->quota, P2P__Q_MEMORY, sizeof *p) != 0) {
        return P2P_ELIMIT;
    }
    p = p2p__zalloc(sizeof *p);
    if (p == NULL) {
        p2p__quota_give(info->quota, P2P__Q_MEMORY, sizeof *p);
        return P2P_ENOMEM;
    }
    p->id = info->id;
    p->key = ++g->serial;
    p->quota = info->quota;
    p->held = sizeof *p;
    p2p__list_init(&p->link);
    p2p__list_init(&p->dirty);
    p2p__list_init(&p->members);
    p2p__list_init(&p->words);
    p2p__list_init(&p->lazy);
    if (p2p__map_put(&g->peers_by_id, &p->node, p->id.bytes, p->id.len) != 0) {
        p2p__quota_give(info->quota, P2P__Q_MEMORY, sizeof *p);
        p2p__free(p);
        return P2P_ENOMEM;
    }
    *out = p;
    return 0;
}

/* Frees a record that is on no list of g's. */
static void forget(struct p2p__gossip *g, struct p2p__gossip_peer *p)
{
    struct p2p__list *l;

    assert(!p->connected);
    while ((l = p2p__list_first(&p->members)) != NULL) {
        p2p__gossip_member_free(g, P2P__MEMBER(l, in_peer));
    }
    p2p__gossip_colocation_leave(g, p);
    p2p__map_remove(&g->peers_by_id, &p->node);
    p2p__list_remove(&p->link);
    assert(p->held == sizeof *p);
    p2p__quota_give(p->quota, P2P__Q_MEMORY, sizeof *p);
    p2p__free(p);
}

/* Forgets a retired peer. */
static void forget_retired(struct p2p__gossip *g, struct p2p__gossip_peer *p)
{
    assert(g->retired_count > 0);
    g->retired_count--;
    forget(g, p);
}

/* Moves what a record holds from one quota to another, or P2P_ELIMIT. */
static int move_quota(struct p2p__gossip_peer *p, struct p2p__quota *to)
{
    uint64_t held = p->held;

    p2p__quota_give(p->quota, P2P__Q_MEMORY, held);
    if (p2p__quota_take(to, P2P__Q_MEMORY, held) == 0) {
        p->quota = to;
        return 0;
    }
    /* It was there a moment ago, and nothing ran in between. */
    (void)p2p__quota_take(p->quota, P2P__Q_MEMORY, held);
    return P2P_ELIMIT;
}

/* Takes a retired record back into use. */
static int revive(struct p2p__gossip *g, struct p2p__gossip_peer *p,
                  const struct p2p__gossip_peer_info *info, p2p_ns now)
{
    int rv = move_quota(p, info->quota);

    if (rv != 0) {
        return rv;
    }
    g->retired_count--;
    p2p__list_remove(&p->link);
    p2p__gossip_colocation_leave(g, p);
    p2p__gossip_score_return(g, p, now);
    P2P__LIST_EACH (l, &p->members) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_peer);

        m->barred = !p2p__gossip_ask(g, p, m->topic);
    }
    return 0;
}

/* The record for a new connection: fresh or revived. */
static int record(struct p2p__gossip *g,
                  const struct p2p__gossip_peer_info *info, p2p_ns now,
                  struct p2p__gossip_peer **out)
{
    int rv;

    *out = find(g, &info->id);
    if (*out != NULL) {
        return (*out)->connected ? P2P_EEXIST : revive(g, *out, info, now);
    }
    rv = make(g, info, out);
    if (rv == 0) {
        p2p__gossip_score_return(g, *out, now);
    }
    return rv;
}

/* Fills in what belongs to the connection. */
static void connect_peer(struct p2p__gossip_peer *p,
                         const struct p2p__gossip_peer_info *info)
{
    p->connected = true;
    p->version = (uint8_t)info->version;
    p->outbound = info->outbound;
    p->direct = info->direct;
    p->user = info->user;
    p->told = 0;
    p->stalled = false;
    p->graylisted = false;
    p->alias_ids = false;
    p->counts = (struct p2p__gossip_counts){0};
    p2p__gossip_lane_init(&p->own, 2 * P2P__CAP_GOSSIP_QUEUE,
                          2 * P2P__CAP_GOSSIP_QUEUE_BYTES);
    p2p__gossip_lane_init(&p->forward, P2P__CAP_GOSSIP_QUEUE,
                          P2P__CAP_GOSSIP_QUEUE_BYTES);
    p2p__gossip_idset_init(&p->unwanted, p->quota, P2P__CAP_GOSSIP_UNWANTED);
}

int p2p__gossip_peer_add(struct p2p__gossip *g,
                         const struct p2p__gossip_peer_info *info, p2p_ns now,
                         struct p2p__gossip_peer **out)
{
    bool ip_ok = info->ip_len == 0 || info->ip_len == 4 || info->ip_len == 16;
    struct p2p__gossip_peer *p;
    int rv;

    if (info->id.len == 0 || !ip_ok) {
        return P2P_EINVAL;
    }
    if (g->peer_count >= P2P__CAP_GOSSIP_PEERS) {
        g->stats.limited++;
        return P2P_ELIMIT;
    }
    rv = record(g, info, now, &p);
    if (rv != 0) {
        return rv;
    }
    p->serial = ++g->serial;
    if (p2p__gossip_colocation_enter(g, p, info->ip, info->ip_len) != 0 ||
        p2p__map_put(&g->peers_by_serial, &p->serial_node, &p->serial,
                     sizeof p->serial) != 0) {
        forget(g, p);
        return P2P_ENOMEM;
    }
    connect_peer(p, info);
    p2p__list_push(&g->peers, &p->link);
    g->peer_count++;
    p2p__gossip_announce_enter(g, p);
    *out = p;
    return 0;
}

void p2p__gossip_peer_version(struct p2p__gossip *g,
                              struct p2p__gossip_peer *peer,
                              enum p2p__gossip_version version)
{
    bool moves = (peer->version == P2P__GOSSIP_FLOODSUB) !=
                 (version == P2P__GOSSIP_FLOODSUB);

    P2P__LIST_EACH (l, &peer->members) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_peer);

        if (moves && m->subscribed) {
            p2p__gossip_mesh_drop(g, m);
            p2p__gossip_member_say(g, m, P2P__GOSSIP_SAY_NOTHING);
            p2p__gossip_member_leave(m);
            peer->version = (uint8_t)version;
            p2p__gossip_member_enter(m);
        }
    }
    peer->version = (uint8_t)version;
}

void p2p__gossip_peer_alias(struct p2p__gossip *g,
                            struct p2p__gossip_peer *peer, bool alias)
{
    peer->alias_ids = alias && g->cfg.alias_fn != NULL;
}

void p2p__gossip_peer_restart(struct p2p__gossip *g,
                              struct p2p__gossip_peer *peer)
{
    assert(peer->connected);
    if (peer->sending_control != NULL) {
        p2p__gossip_tx_release(g, peer);
    }
    p2p__gossip_announce_again(g, peer);
    P2P__LIST_EACH (l, &peer->members) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_peer);

        if (m->place == P2P__GOSSIP_MESH) {
            p2p__gossip_member_say(g, m, P2P__GOSSIP_SAY_GRAFT);
            p2p__gossip_lazy_welcome(g, m);
        }
    }
    p2p__gossip_peer_dirty(g, peer);
}

/* Drops what waits to be sent. */
static void drop_output(struct p2p__gossip *g, struct p2p__gossip_peer *p)
{
    p2p__gossip_tx_drop(g, p);
    p2p__gossip_peer_give(p, p2p__gossip_idbuf_fini(&p->iwant));
    p2p__gossip_peer_give(p, p2p__gossip_idbuf_fini(&p->idontwant));
    p2p__list_remove(&p->dirty);
}

/* Takes the peer out of its topics. Returns until when a back-off runs. */
static p2p_ns leave_topics(struct p2p__gossip *g, struct p2p__gossip_peer *p,
                           p2p_ns now)
{
    p2p_ns until = now;

    P2P__LIST_EACH (l, &p->members) {
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_peer);

        if (m->subscribed) {
            p2p__gossip_event_push(g, P2P__GOSSIP_UNSUBSCRIBED, p, m->topic);
        }
        if (m->place == P2P__GOSSIP_MESH) {
            p2p__gossip_score_prune(g, m, now);
        }
        p2p__gossip_member_leave(m);
        p2p__gossip_member_said(m, false);
        m->told = false;
        p2p__list_remove(&m->in_words);
        m->word = P2P__GOSSIP_SAY_NOTHING;
        until = m->backoff_until > until ? m->backoff_until : until;
    }
    return until;
}

/* Frees members that need not be remembered. */
static void check_members(struct p2p__gossip *g, struct p2p__gossip_peer *p,
                          p2p_ns now)
{
    P2P__LIST_EACH_SAFE (l, &p->members) {
        p2p__gossip_member_check(g, P2P__MEMBER(l, in_peer), now);
    }
}

/* Keeps the record for later, or frees it. */
static void retire(struct p2p__gossip *g, struct p2p__gossip_peer *p,
                   p2p_ns until, p2p_ns now)
{
    if (p2p__gossip_score_retire(g, p, now)) {
        p2p_ns retain = p2p__ns_after(now, P2P__MS(g->score.retain_ms));

        until = retain > until ? retain : until;
    }
    check_members(g, p, now);
    p->forget_at = until;
    if (until <= now || move_quota(p, g->cfg.quota) != 0) {
        forget(g, p);
        return;
    }
    if (g->retired_count >= P2P__CAP_GOSSIP_RETAINED) {
        forget_retired(g, P2P__PEER(p2p__list_first(&g->retired), link));
    }
    p2p__list_push(&g->retired, &p->link);
    g->retired_count++;
}

void p2p__gossip_peer_remove(struct p2p__gossip *g,
                             struct p2p__gossip_peer *peer, p2p_ns now)
{
    p2p_ns until;

    assert(peer->connected && g->peer_count > 0);
    drop_output(g, peer);
    p2p__gossip_idset_fini(&peer->unwanted);
    until = leave_topics(g, peer, now);
    p2p__gossip_announce_leave(g, peer);
    p2p__map_remove(&g->peers_by_serial, &peer->serial_node);
    p2p__list_remove(&peer->link);
    peer->connected = false;
    peer->user = NULL;
    g->peer_count--;
    retire(g, peer, until, now);
}

void p2p__gossip_peers_expire(struct p2p__gossip *g, p2p_ns now)
{
    P2P__LIST_EACH (l, &g->peers) {
        check_members(g, P2P__PEER(l, link), now);
    }
    P2P__LIST_EACH_SAFE (l, &g->retired) {
        struct p2p__gossip_peer *p = P2P__PEER(l, link);

        if (p->forget_at <= now) {
            forget_retired(g, p);
        }
    }
}

void p2p__gossip_peers_fini(struct p2p__gossip *g)
{
    struct p2p__list *l;

    while ((l = p2p__list_first(&g->peers)) != NULL) {
        p2p__gossip_peer_remove(g, P2P__PEER(l, link), 0);
    }
    while ((l = p2p__list_first(&g->retired)) != NULL) {
        forget_retired(g, P2P__PEER(l, link));
    }
}
