/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Birth and death of the core, and the few things that all of it uses. */
#include "base/mem.h"
#include "proto/gossip/author.h"
#include "proto/gossip/event.h"
#include "proto/gossip/history.h"
#include "proto/gossip/member.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/pick.h"
#include "proto/gossip/promise.h"
#include "proto/gossip/receive.h"
#include "proto/gossip/topic.h"

#define FIRST_SCRATCH 2048U
/* The largest message, signed, behind its prefix; and ids of an IHAVE. */
#define SCRATCH_MAX (P2P__CAP_GOSSIP_FRAME + 8192U)

const char *p2p__gossip_protocol(enum p2p__gossip_version version)
{
    static const char *const names[] = {
        [P2P__GOSSIP_FLOODSUB] = "/floodsub/1.0.0",
        [P2P__GOSSIP_V10] = "/meshsub/1.0.0",
        [P2P__GOSSIP_V11] = "/meshsub/1.1.0",
        [P2P__GOSSIP_V12] = "/meshsub/1.2.0",
        [P2P__GOSSIP_V13] = "/meshsub/1.3.0",
    };

    assert((size_t)version < P2P__COUNT(names));
    return names[version];
}

void p2p__gossip_cfg_defaults(struct p2p__gossip_cfg *cfg)
{
    *cfg = (struct p2p__gossip_cfg){.policy = P2P__GOSSIP_STRICT_SIGN};
    p2p__gossip_params_defaults(&cfg->params);
}

static int check(const struct p2p__gossip_cfg *cfg)
{
    if (cfg->policy == P2P__GOSSIP_STRICT_SIGN &&
        (cfg->key == NULL || cfg->self.len == 0)) {
        return P2P_EINVAL;
    }
    if (cfg->score != NULL && p2p__gossip_score_check(cfg->score) != 0) {
        return P2P_EINVAL;
    }
    return p2p__gossip_params_check(&cfg->params);
}

static void init_maps(struct p2p__gossip *g)
{
    struct p2p__map *const maps[] = {&g->peers_by_id,
                                     &g->peers_by_serial,
                                     &g->topics_by_name,
                                     &g->members,
                                     &g->ips,
                                     &g->cache,
                                     &g->cache_alias,
                                     &g->promises_by_fp,
                                     &g->authors_by_id,
                                     &g->pending_by_handle};

    for (size_t i = 0; i < P2P__COUNT(maps); i++) {
        uint64_t seed[2];

        p2p__env_seed(g->env, seed);
        p2p__map_init(maps[i], seed);
    }
}

static void init_lists(struct p2p__gossip *g)
{
    p2p__list_init(&g->peers);
    p2p__list_init(&g->retired);
    p2p__list_init(&g->dirty);
    p2p__list_init(&g->topics);
    p2p__list_init(&g->changes);
    p2p__list_init(&g->pending);
    p2p__list_init(&g->promises);
    p2p__list_init(&g->authors);
    for (size_t i = 0; i < P2P__COUNT(g->history); i++) {
        p2p__list_init(&g->history[i]);
    }
}

/* Copies the configuration and fills in what it left open. */
static void init_cfg(struct p2p__gossip *g, const struct p2p__gossip_cfg *cfg)
{
    g->cfg = *cfg;
    if (g->cfg.id_fn == NULL) {
        g->cfg.id_fn = cfg->policy == P2P__GOSSIP_STRICT_SIGN
                           ? p2p__gossip_id_from_seqno
                           : p2p__gossip_id_content;
    }
    /* Without scoring all scores are 0, and no threshold is above that. */
    p2p__gossip_score_defaults(&g->score);
    g->scoring = cfg->score != NULL;
    if (g->scoring) {
        g->score = *cfg->score;
    }
    g->cfg.score = NULL;
}

int p2p__gossip_new(const struct p2p__gossip_cfg *cfg, struct p2p__env *env,
                    struct p2p__job *owner, p2p_ns now,
                    struct p2p__gossip **out)
{
    struct p2p__gossip *g;
    uint64_t seed;
    int rv = check(cfg);

    if (rv != 0) {
        return rv;
    }
    g = p2p__zalloc(sizeof *g);
    if (g == NULL) {
        return P2P_ENOMEM;
    }
    g->env = env;
    g->owner = owner;
    init_cfg(g, cfg);
    init_maps(g);
    init_lists(g);
    p2p__env_seed(env, &g->seed[0]);
    p2p__env_seed(env, &g->seed[2]);
    env->random(env, &seed, sizeof seed);
    p2p__rng_seed(&g->rng, seed);
    p2p__gossip_idset_init(&g->seen, cfg->quota, P2P__CAP_GOSSIP_SEEN);
    g->decay_from = now;
    g->next_beat = p2p__ns_after(now, P2P__MS(cfg->params.first_ms));
    *out = g;
    return 0;
}

/* Topics that nothing but their list refers to any more. */
static void free_topics(struct p2p__gossip *g)
{
    struct p2p__list *l;

    while ((l = p2p__list_first(&g->topics)) != NULL) {
        struct p2p__gossip_topic *t =
            P2P__CONTAINER(l, struct p2p__gossip_topic, link);

        assert(t->refs == 0);
        p2p__gossip_topic_free(g, t);
    }
}

void p2p__gossip_free(struct p2p__gossip *g)
{
    if (g == NULL) {
        return;
    }
    g->owner = NULL;
    g->scoring = false;
    p2p__gossip_peers_fini(g);
    p2p__gossip_events_fini(g);
    p2p__gossip_pending_fini(g);
    p2p__gossip_history_fini(g);
    p2p__gossip_promise_fini(g);
    p2p__gossip_authors_fini(g);
    p2p__gossip_idset_fini(&g->seen);
    free_topics(g);
    p2p__gossip_scratch_fini(g);
    p2p__gossip_pick_fini(g);
    p2p__free(g);
}

void p2p__gossip_fp_of(const struct p2p__gossip *g, const void *id, size_t len,
                       struct p2p__gossip_fp *out)
{
    out->w[0] = p2p__siphash(&g->seed[0], id, len);
    out->w[1] = p2p__siphash(&g->seed[2], id, len);
}

int p2p__gossip_scratch(struct p2p__gossip *g, size_t len)
{
    size_t room = p2p__max(g->scratch_room, FIRST_SCRATCH);
    uint8_t *scratch;

    if (len <= g->scratch_room) {
        return 0;
    }
    if (len > SCRATCH_MAX) {
        return P2P_ELIMIT;
    }
    while (room < len) {
        room *= 2;
    }
    if (p2p__quota_take(g->cfg.quota, P2P__Q_MEMORY, room - g->scratch_room) !=
        0) {
        return P2P_ELIMIT;
    }
    scratch = p2p__realloc(g->scratch, room);
    if (scratch == NULL) {
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, room - g->scratch_room);
        return P2P_ENOMEM;
    }
    g->scratch = scratch;
    g->scratch_room = room;
    return 0;
}

void p2p__gossip_scratch_fini(struct p2p__gossip *g)
{
    p2p__free(g->scratch);
    p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, g->scratch_room);
    g->scratch = NULL;
    g->scratch_room = 0;
}

size_t p2p__gossip_topic_peers(const struct p2p__gossip *g, const void *topic,
                               size_t topic_len, bool mesh,
                               struct p2p_peer_id *out, size_t cap)
{
    const struct p2p__gossip_topic *t =
        p2p__gossip_topic_find(g, topic, topic_len);
    size_t count = 0;

    if (t == NULL) {
        return 0;
    }
    P2P__LIST_EACH (l, &t->peers) {
        const struct p2p__gossip_member *m = P2P__MEMBER(l, in_topic);

        if (mesh && m->place != P2P__GOSSIP_MESH) {
            continue;
        }
        if (count < cap) {
            out[count] = m->peer->id;
        }
        count++;
    }
    return count;
}

const struct p2p__gossip_stats *p2p__gossip_stats(const struct p2p__gossip *g)
{
    return &g->stats;
}
