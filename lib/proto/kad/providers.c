/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See providers.h. A key is there as long as somebody provides it. Failure
 * modes: limits; who is there stays. */
#include "proto/kad/providers.h"

#include "base/mem.h"

struct provided {
    struct p2p__map_node node;
    struct p2p__list providers; /* the newest first */
    uint32_t count;
    size_t len;
    uint8_t key[];
};

struct provider {
    struct p2p__list link; /* provided->providers */
    struct p2p__heap_node ends;
    struct provided *of;
    struct p2p__share share;
    size_t charged;
    struct p2p__kad_peer peer;
};

void p2p__kad_providers_init(struct p2p__kad_providers *p,
                             const struct p2p__kad_providers_cfg *cfg)
{
    struct p2p__kad_providers_limits *l = &p->cfg.limits;

    *p = (struct p2p__kad_providers){.cfg = *cfg};
    l->providers = l->providers > 0 ? l->providers : P2P__CAP_KAD_PROVIDED;
    l->per_key = l->per_key > 0 ? l->per_key : P2P__CAP_KAD_PER_KEY;
    l->keys_of_peer =
        l->keys_of_peer > 0 ? l->keys_of_peer : P2P__CAP_KAD_KEYS_OF_PEER;
    l->ttl_s = l->ttl_s > 0 ? l->ttl_s : P2P__CAP_KAD_TTL_S;
    p2p__map_init(&p->map, cfg->seed);
    p2p__heap_init(&p->expiry);
    p2p__owners_init(
        &p->owners, cfg->seed, l->keys_of_peer,
        (uint32_t)p2p__max(l->keys_of_peer, P2P__CAP_KAD_PROVIDED_PER_ADDR));
}

static struct provided *find(const struct p2p__kad_providers *p,
                             struct p2p__slice key)
{
    struct p2p__map_node *n = p2p__map_get(&p->map, key.p, key.len);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct provided, node);
}

static struct provider *of(struct p2p__list *link)
{
    return P2P__CONTAINER(link, struct provider, link);
}

/* Forgets a key that nobody provides. */
static void put_key(struct p2p__kad_providers *p, struct provided *k)
{
    if (k->count == 0) {
        p2p__map_remove(&p->map, &k->node);
        p2p__free(k);
    }
}

static void drop(struct p2p__kad_providers *p, struct provider *e)
{
    assert(p->count > 0 && e->of->count > 0);
    p2p__list_remove(&e->link);
    p2p__heap_remove(&p->expiry, &e->ends);
    p->ours -= e->share.peer == NULL;
    p2p__owners_give(&p->owners, &e->share);
    p2p__quota_give(p->cfg.quota, P2P__Q_MEMORY, e->charged);
    e->of->count--;
    p->count--;
    p2p__free(e);
}

void p2p__kad_providers_fini(struct p2p__kad_providers *p)
{
    p2p__kad_providers_expire(p, P2P_NEVER);
    assert(p->count == 0);
    p2p__owners_fini(&p->owners);
    p2p__map_fini(&p->map);
}

/* The key, made if it is new; NULL: no memory. */
static struct provided *get_key(struct p2p__kad_providers *p,
                                struct p2p__slice key)
{
    struct provided *k = find(p, key);

    if (k != NULL) {
        return k;
    }
    k = p2p__zalloc(sizeof *k + key.len);
    if (k == NULL) {
        return NULL;
    }
    p2p__list_init(&k->providers);
    memcpy(k->key, key.p, key.len);
    k->len = key.len;
    if (p2p__map_put(&p->map, &k->node, k->key, k->len) != 0) {
        p2p__free(k);
        return NULL;
    }
    return k;
}

/* The one that a newcomer at an address takes the place of: the oldest near
 * it, if there are enough of them. */
static struct provider *replaced_by(const struct provided *k,
                                    const struct p2p__addr *at)
{
    struct provider *oldest = NULL;
    uint32_t n = 0;

    P2P__LIST_EACH (it, &k->providers) {
        assert(it != NULL);
        if (p2p__kad_same_net(&of(it)->peer.at, at)) {
            oldest = of(it);
            n++;
        }
    }
    return n >= P2P__CAP_KAD_KEY_GROUP ? oldest : NULL;
}

static struct provider *find_in(const struct provided *k,
                                const struct p2p_peer_id *id)
{
    P2P__LIST_EACH (it, &k->providers) {
        if (p2p_peer_id_equal(&of(it)->peer.id, id)) {
            return of(it);
        }
    }
    return NULL;
}

/* Whether there is room for one more, when `gone` of others have gone. */
static bool has_room(const struct p2p__kad_providers *p,
                     const struct provided *k, bool ours, unsigned gone)
{
    if (ours) {
        return p->ours < p->cfg.limits.providers;
    }
    return k->count - gone < p->cfg.limits.per_key &&
           p->count - p->ours - gone < p->cfg.limits.providers;
}

/* Adds one who was not there, in the place of another if it is near enough of
 * them. 0, P2P_ELIMIT or P2P_ENOMEM. */
static int enter(struct p2p__kad_providers *p, struct provided *k,
                 const struct p2p__kad_peer *peer, struct provider **out)
{
    const size_t charged =
        sizeof(struct provider) + sizeof(struct provided) + k->len;
    const struct p2p__fair_who who = {&peer->id, &peer->at};
    const bool ours = p2p_peer_id_equal(&peer->id, &p->cfg.self);
    struct provider *e, *old = replaced_by(k, &peer->at);
    int rv;

    if (!has_room(p, k, ours, old != NULL) ||
        p2p__quota_take(p->cfg.quota, P2P__Q_MEMORY, charged) != 0) {
        return P2P_ELIMIT;
    }
    e = p2p__zalloc(sizeof *e);
    rv = e == NULL
             ? P2P_ENOMEM
             : p2p__owners_take(&p->owners, ours ? NULL : &who,
                                old != NULL ? &old->share : NULL, &e->share);
    if (rv != 0) {
        p2p__free(e);
        p2p__quota_give(p->cfg.quota, P2P__Q_MEMORY, charged);
        return rv;
    }
    if (old != NULL) {
        drop(p, old);
    }
    e->charged = charged;
    e->of = k;
    p2p__list_init(&e->link);
    k->count++;
    p->count++;
    p->ours += ours;
    *out = e;
    return 0;
}

/* One who is there may be elsewhere by now: it counts there. */
static int move(struct p2p__kad_providers *p, struct provider *e,
                const struct p2p__kad_peer *peer)
{
    const struct p2p__fair_who who = {&peer->id, &peer->at};
    struct p2p__share share;
    int rv;

    if (e->share.peer == NULL) {
        return 0;
    }
    rv = p2p__owners_take(&p->owners, &who, &e->share, &share);
    if (rv == 0) {
        p2p__owners_give(&p->owners, &e->share);
        e->share = share;
    }
    return rv;
}

int p2p__kad_providers_add(struct p2p__kad_providers *p, struct p2p__slice key,
                           const struct p2p__kad_peer *peer, p2p_ns now)
{
    struct provided *k;
    struct provider *e;
    int rv;

    if (key.len == 0 || key.len > P2P__CAP_KAD_KEY_BYTES) {
        return P2P_ETOOBIG;
    }
    k = get_key(p, key);
    if (k == NULL) {
        return P2P_ENOMEM;
    }
    e = find_in(k, &peer->id);
    rv = e != NULL ? move(p, e, peer) : enter(p, k, peer, &e);
    if (rv == 0) {
        e->peer = *peer;
        assert(e->of == k && k->count > 0);
        p2p__list_remove(&e->link);
        p2p__list_push_front(&k->providers, &e->link);
        p2p__heap_set(&p->expiry, &e->ends,
                      p2p__ns_after(now, P2P__SEC(p->cfg.limits.ttl_s)));
    }
    put_key(p, k);
    return rv;
}

void p2p__kad_providers_walk_init(struct p2p__kad_providers_walk *walk,
                                  const struct p2p__kad_providers *p,
                                  struct p2p__slice key, p2p_ns now)
{
    struct provided *k = find(p, key);

    *walk = (struct p2p__kad_providers_walk){.now = now};
    if (k != NULL) {
        walk->head = &k->providers;
        walk->at = k->providers.next;
    }
}

const struct p2p__kad_peer *p2p__kad_providers_walk_next(
    struct p2p__kad_providers_walk *walk)
{
    while (walk->at != walk->head) {
        const struct provider *e = of(walk->at);

        walk->at = walk->at->next;
        if (e->ends.at > walk->now) {
            return &e->peer;
        }
    }
    return NULL;
}

p2p_ns p2p__kad_providers_deadline(const struct p2p__kad_providers *p)
{
    const struct p2p__heap_node *n = p2p__heap_first(&p->expiry);

    return n == NULL ? P2P_NEVER : n->at;
}

void p2p__kad_providers_expire(struct p2p__kad_providers *p, p2p_ns now)
{
    struct p2p__heap_node *n = p2p__heap_first(&p->expiry);

    while (n != NULL && n->at <= now) {
        struct provider *e = P2P__CONTAINER(n, struct provider, ends);
        struct provided *k = e->of;

        drop(p, e);
        put_key(p, k);
        n = p2p__heap_first(&p->expiry);
    }
}
