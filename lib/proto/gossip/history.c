/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The history: a ring of lists, one a heartbeat, and two maps. */
#include "proto/gossip/history.h"

#include "proto/gossip/msg.h"

int p2p__gossip_history_list(struct p2p__gossip *g, struct p2p__gossip_msg *msg)
{
    bool alias =
        msg->alias_len > 0 &&
        p2p__map_get(&g->cache_alias, &msg->alias, sizeof msg->alias) == NULL;

    assert(!msg->listed);
    if (p2p__map_put(&g->cache, &msg->by_fp, &msg->fp, sizeof msg->fp) != 0) {
        return P2P_ENOMEM;
    }
    if (alias && p2p__map_put(&g->cache_alias, &msg->by_alias, &msg->alias,
                              sizeof msg->alias) != 0) {
        alias = false;
    }
    if (!alias) {
        msg->by_alias.key = NULL;
    }
    msg->listed = true;
    p2p__gossip_msg_ref(msg);
    return 0;
}

void p2p__gossip_history_unlist(struct p2p__gossip *g,
                                struct p2p__gossip_msg *msg)
{
    assert(msg->listed && !msg->cached);
    p2p__map_remove(&g->cache, &msg->by_fp);
    if (msg->by_alias.key != NULL) {
        p2p__map_remove(&g->cache_alias, &msg->by_alias);
        msg->by_alias.key = NULL;
    }
    msg->listed = false;
    p2p__gossip_msg_unref(g, msg);
}

struct p2p__gossip_msg *p2p__gossip_history_find(
    const struct p2p__gossip *g, const struct p2p__gossip_fp *fp)
{
    struct p2p__map_node *n = p2p__map_get(&g->cache, fp, sizeof *fp);

    if (n != NULL) {
        return P2P__MSG(n, by_fp);
    }
    n = p2p__map_get(&g->cache_alias, fp, sizeof *fp);
    return n != NULL ? P2P__MSG(n, by_alias) : NULL;
}

/* The list of a heartbeat. */
static struct p2p__list *slot(struct p2p__gossip *g, uint64_t beat)
{
    return &g->history[beat % g->cfg.params.history];
}

static void drop(struct p2p__gossip *g, struct p2p__gossip_msg *msg)
{
    uint32_t bytes = p2p__gossip_msg_bytes(msg);

    assert(msg->cached && g->cached_count > 0 && g->cached_bytes >= bytes);
    p2p__list_remove(&msg->in_history);
    p2p__list_remove(&msg->in_topic);
    msg->cached = false;
    g->cached_count--;
    g->cached_bytes -= bytes;
    p2p__gossip_history_unlist(g, msg);
}

/* Drops the oldest message of all. */
static void drop_oldest(struct p2p__gossip *g)
{
    for (uint32_t i = 1; i <= g->cfg.params.history; i++) {
        struct p2p__list *l = p2p__list_first(slot(g, g->beat + i));

        if (l != NULL) {
            drop(g, P2P__MSG(l, in_history));
            return;
        }
    }
    assert(g->cached_count == 0);
}

void p2p__gossip_history_put(struct p2p__gossip *g, struct p2p__gossip_msg *msg)
{
    uint32_t bytes = p2p__gossip_msg_bytes(msg);

    assert(msg->listed && !msg->cached);
    while (g->cached_count >= P2P__CAP_GOSSIP_CACHE ||
           (g->cached_count > 0 &&
            g->cached_bytes + bytes > P2P__CAP_GOSSIP_CACHE_BYTES)) {
        drop_oldest(g);
        g->stats.limited++;
    }
    msg->cached = true;
    msg->beat = g->beat;
    p2p__list_push(slot(g, g->beat), &msg->in_history);
    p2p__list_push(&msg->topic->recent, &msg->in_topic);
    g->cached_count++;
    g->cached_bytes += bytes;
}

/* Drops all messages of a list. */
static void drop_all(struct p2p__gossip *g, struct p2p__list *list)
{
    struct p2p__list *l;

    while ((l = p2p__list_first(list)) != NULL) {
        drop(g, P2P__MSG(l, in_history));
    }
}

void p2p__gossip_history_shift(struct p2p__gossip *g)
{
    drop_all(g, slot(g, g->beat));
}

void p2p__gossip_history_fini(struct p2p__gossip *g)
{
    for (uint32_t i = 0; i < g->cfg.params.history; i++) {
        drop_all(g, &g->history[i]);
    }
}
