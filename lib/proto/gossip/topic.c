/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Topics. The happy path: found by name, made at the first mention, freed
 * with the last reference. Possible failure modes: peers naming more topics
 * than the cap (T29), which are then not known here.
 */
#include "proto/gossip/topic.h"

#include "base/mem.h"

struct p2p__gossip_topic *p2p__gossip_topic_find(const struct p2p__gossip *g,
                                                 const void *name, size_t len)
{
    struct p2p__map_node *n = p2p__map_get(&g->topics_by_name, name, len);

    return n != NULL ? P2P__CONTAINER(n, struct p2p__gossip_topic, node) : NULL;
}

/* Bytes that a topic takes. */
static size_t bytes_of(size_t name_len)
{
    return sizeof(struct p2p__gossip_topic) + name_len;
}

/* An empty topic, charged. */
static struct p2p__gossip_topic *make(struct p2p__gossip *g,
                                      const struct p2p__slice *name)
{
    struct p2p__gossip_topic *t = p2p__zalloc(bytes_of(name->len));

    if (t == NULL) {
        return NULL;
    }
    p2p__list_init(&t->link);
    p2p__list_init(&t->change_link);
    p2p__list_init(&t->peers);
    p2p__list_init(&t->placed);
    p2p__list_init(&t->always);
    p2p__list_init(&t->recent);
    t->serial = ++g->serial;
    t->name_len = (uint16_t)name->len;
    memcpy(t->name, name->p, name->len);
    return t;
}

int p2p__gossip_topic_get(struct p2p__gossip *g, const struct p2p__slice *name,
                          bool ours, struct p2p__gossip_topic **out)
{
    struct p2p__gossip_topic *t;
    int rv;

    if (name->len == 0 || name->len > P2P__CAP_GOSSIP_TOPIC) {
        return P2P_EINVAL;
    }
    *out = p2p__gossip_topic_find(g, name->p, name->len);
    if (*out != NULL) {
        return 0;
    }
    if (!ours && g->topic_count >= P2P__CAP_GOSSIP_TOPICS) {
        g->stats.limited++;
        return P2P_ELIMIT;
    }
    rv = p2p__quota_take(g->cfg.quota, P2P__Q_MEMORY, bytes_of(name->len));
    if (rv != 0) {
        return rv;
    }
    t = make(g, name);
    if (t == NULL ||
        p2p__map_put(&g->topics_by_name, &t->node, t->name, t->name_len)) {
        p2p__free(t);
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, bytes_of(name->len));
        return P2P_ENOMEM;
    }
    p2p__list_push(&g->topics, &t->link);
    g->topic_count++;
    *out = t;
    return 0;
}

void p2p__gossip_topic_free(struct p2p__gossip *g, struct p2p__gossip_topic *t)
{
    assert(g->topic_count > 0);
    p2p__map_remove(&g->topics_by_name, &t->node);
    p2p__list_remove(&t->link);
    p2p__list_remove(&t->change_link);
    p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, bytes_of(t->name_len));
    p2p__free(t->score);
    p2p__free(t);
    g->topic_count--;
}

void p2p__gossip_topic_check(struct p2p__gossip *g, struct p2p__gossip_topic *t)
{
    if (t->refs > 0 || t->subscribed || t->known || t->fanout_until != 0 ||
        t->untold > 0) {
        return;
    }
    assert(t->peer_count == 0 && t->placed_count == 0);
    assert(p2p__list_empty(&t->recent));
    p2p__gossip_topic_free(g, t);
}

struct p2p__gossip_topic *p2p__gossip_topic_ref(struct p2p__gossip_topic *t)
{
    assert(t->refs < UINT32_MAX);
    t->refs++;
    return t;
}

void p2p__gossip_topic_unref(struct p2p__gossip *g, struct p2p__gossip_topic *t)
{
    assert(t->refs > 0);
    t->refs--;
    p2p__gossip_topic_check(g, t);
}

int p2p__gossip_topic_set_score(struct p2p__gossip_topic *t,
                                const struct p2p__gossip_topic_score *score)
{
    if (t->score == NULL) {
        t->score = p2p__alloc(sizeof *t->score);
    }
    if (t->score == NULL) {
        return P2P_ENOMEM;
    }
    *t->score = *score;
    return 0;
}

const struct p2p__gossip_topic_score *p2p__gossip_topic_score(
    const struct p2p__gossip *g, const struct p2p__gossip_topic *t)
{
    return t->score != NULL ? t->score : &g->score.topic;
}
