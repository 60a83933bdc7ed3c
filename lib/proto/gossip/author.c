/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For each author the largest number of this epoch, of the last, and of all
 * before; an epoch is as long as ids are remembered. The happy path compares
 * and raises. Possible failure modes: more authors than the cap, and then the
 * one that was silent longest is forgotten.
 */
#include "proto/gossip/author.h"

#include "base/mem.h"

struct author {
    struct p2p__map_node node; /* g->authors_by_id */
    struct p2p__list link;     /* g->authors, silent longest first */
    uint64_t floor;            /* at or below: a replay */
    uint64_t last;
    uint64_t current;
    p2p_ns since; /* when the current epoch began */
    p2p_ns heard;
    uint8_t id[P2P_PEER_ID_MAX];
};

static struct author *author_of(struct p2p__list *l)
{
    return P2P__CONTAINER(l, struct author, link);
}

static void drop(struct p2p__gossip *g, struct author *a)
{
    assert(g->author_count > 0);
    p2p__map_remove(&g->authors_by_id, &a->node);
    p2p__list_remove(&a->link);
    p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, sizeof *a);
    p2p__free(a);
    g->author_count--;
}

/* A fresh entry; NULL without memory. */
static struct author *make(struct p2p__gossip *g, const struct p2p__slice *from,
                           p2p_ns now)
{
    struct author *a;

    assert(from->len <= sizeof a->id);
    if (g->author_count >= P2P__CAP_GOSSIP_AUTHORS) {
        g->stats.limited++;
        drop(g, author_of(p2p__list_first(&g->authors)));
    }
    if (p2p__quota_take(g->cfg.quota, P2P__Q_MEMORY, sizeof *a) != 0) {
        return NULL;
    }
    a = p2p__zalloc(sizeof *a);
    if (a != NULL) {
        memcpy(a->id, from->p, from->len);
        a->since = now;
    }
    if (a == NULL ||
        p2p__map_put(&g->authors_by_id, &a->node, a->id, from->len) != 0) {
        p2p__free(a);
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, sizeof *a);
        return NULL;
    }
    p2p__list_push(&g->authors, &a->link);
    g->author_count++;
    return a;
}

/* Begins new epochs until now lies in the current one. */
static void rotate(const struct p2p__gossip *g, struct author *a, p2p_ns now)
{
    p2p_ns epoch = P2P__MS(g->cfg.params.seen_ttl_ms);

    for (int i = 0; i < 2 && now - a->since >= epoch; i++) {
        a->floor = a->last;
        a->last = a->current;
        a->since += epoch;
    }
    if (now - a->since >= epoch) {
        a->floor = a->current;
        a->since = now;
    }
}

int p2p__gossip_author_note(struct p2p__gossip *g,
                            const struct p2p__gossip_view *v, p2p_ns now)
{
    struct p2p__map_node *n;
    struct author *a;
    uint64_t seqno = 0;

    if (!g->cfg.increasing_seqno || v->from.len == 0) {
        return 0;
    }
    for (size_t i = 0; i < v->seqno.len; i++) {
        seqno = seqno << 8U | v->seqno.p[i];
    }
    n = p2p__map_get(&g->authors_by_id, v->from.p, v->from.len);
    a = n != NULL ? P2P__CONTAINER(n, struct author, node)
                  : make(g, &v->from, now);
    if (a == NULL) {
        return 0;
    }
    rotate(g, a, now);
    if (seqno <= a->floor) {
        return P2P_EDUP;
    }
    a->current = seqno > a->current ? seqno : a->current;
    a->heard = now;
    p2p__list_remove(&a->link);
    p2p__list_push(&g->authors, &a->link);
    return 0;
}

void p2p__gossip_authors_expire(struct p2p__gossip *g, p2p_ns now)
{
    p2p_ns retain = P2P__MS(g->cfg.params.seqno_retain_ms);
    struct p2p__list *l;

    while ((l = p2p__list_first(&g->authors)) != NULL &&
           p2p__ns_after(author_of(l)->heard, retain) <= now) {
        drop(g, author_of(l));
    }
}

void p2p__gossip_authors_fini(struct p2p__gossip *g)
{
    struct p2p__list *l;

    while ((l = p2p__list_first(&g->authors)) != NULL) {
        drop(g, author_of(l));
    }
}
