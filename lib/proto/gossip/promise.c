/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A list of promises by time and a map by message. The few peers that promise
 * the same message share an entry. Possible failure modes: caps and memory,
 * at which a promise is not watched.
 */
#include "proto/gossip/promise.h"

#include "base/mem.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/score.h"

#define PEERS_MAX 4U

struct promise {
    struct p2p__map_node node; /* g->promises_by_fp */
    struct p2p__list link;     /* g->promises */
    struct p2p__gossip_fp fp;
    p2p_ns due;
    uint64_t peers[PEERS_MAX]; /* serials */
    uint32_t count;
};

static struct promise *find(const struct p2p__gossip *g,
                            const struct p2p__gossip_fp *fp)
{
    struct p2p__map_node *n = p2p__map_get(&g->promises_by_fp, fp, sizeof *fp);

    return n != NULL ? P2P__CONTAINER(n, struct promise, node) : NULL;
}

static void drop(struct p2p__gossip *g, struct promise *p)
{
    assert(g->promise_count > 0);
    p2p__map_remove(&g->promises_by_fp, &p->node);
    p2p__list_remove(&p->link);
    p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, sizeof *p);
    p2p__free(p);
    g->promise_count--;
}

/* A promise without peers; NULL at the cap or without memory. */
static struct promise *make(struct p2p__gossip *g,
                            const struct p2p__gossip_fp *fp, p2p_ns now)
{
    struct promise *p;

    if (g->promise_count >= P2P__CAP_GOSSIP_PROMISES ||
        p2p__quota_take(g->cfg.quota, P2P__Q_MEMORY, sizeof *p) != 0) {
        g->stats.limited++;
        return NULL;
    }
    p = p2p__zalloc(sizeof *p);
    if (p != NULL) {
        p->fp = *fp;
        p->due = p2p__ns_after(now, P2P__MS(g->cfg.params.promise_ms));
    }
    if (p == NULL ||
        p2p__map_put(&g->promises_by_fp, &p->node, &p->fp, sizeof p->fp) != 0) {
        p2p__free(p);
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, sizeof *p);
        return NULL;
    }
    p2p__list_push(&g->promises, &p->link);
    g->promise_count++;
    return p;
}

void p2p__gossip_promise_add(struct p2p__gossip *g,
                             const struct p2p__gossip_peer *peer,
                             const struct p2p__gossip_fp *fp, p2p_ns now)
{
    struct promise *p;

    if (!g->scoring) {
        return;
    }
    p = find(g, fp);
    if (p == NULL) {
        p = make(g, fp, now);
    }
    if (p == NULL || p->count == PEERS_MAX) {
        return;
    }
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->peers[i] == peer->serial) {
            return;
        }
    }
    p->peers[p->count++] = peer->serial;
}

void p2p__gossip_promise_kept(struct p2p__gossip *g,
                              const struct p2p__gossip_fp *fp)
{
    struct promise *p;

    if (g->promise_count == 0) {
        return;
    }
    p = find(g, fp);
    if (p != NULL) {
        drop(g, p);
    }
}

void p2p__gossip_promise_forgive(struct p2p__gossip *g,
                                 const struct p2p__gossip_peer *peer)
{
    P2P__LIST_EACH_SAFE (l, &g->promises) {
        struct promise *p = P2P__CONTAINER(l, struct promise, link);
        uint32_t kept = 0;

        for (uint32_t i = 0; i < p->count; i++) {
            if (p->peers[i] != peer->serial) {
                p->peers[kept++] = p->peers[i];
            }
        }
        p->count = kept;
        if (kept == 0) {
            drop(g, p);
        }
    }
}

/* All who promised it pay. */
static void punish(struct p2p__gossip *g, const struct promise *p, p2p_ns now)
{
    for (uint32_t i = 0; i < p->count; i++) {
        struct p2p__gossip_peer *peer =
            p2p__gossip_peer_by_serial(g, p->peers[i]);

        g->stats.broken_promises++;
        if (peer != NULL) {
            p2p__gossip_score_penalty(g, peer, 1, now);
        }
    }
}

void p2p__gossip_promise_beat(struct p2p__gossip *g, p2p_ns now)
{
    struct p2p__list *l;

    while ((l = p2p__list_first(&g->promises)) != NULL) {
        struct promise *p = P2P__CONTAINER(l, struct promise, link);

        if (p->due > now) {
            return;
        }
        punish(g, p, now);
        drop(g, p);
    }
}

void p2p__gossip_promise_fini(struct p2p__gossip *g)
{
    struct p2p__list *l;

    while ((l = p2p__list_first(&g->promises)) != NULL) {
        drop(g, P2P__CONTAINER(l, struct promise, link));
    }
}
