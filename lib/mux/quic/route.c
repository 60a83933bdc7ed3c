/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which connection a datagram is for: a map of the ids that lead to them. */
#include "base/mem.h"
#include "mux/quic/priv.h"

void p2p__quic_shared_init(struct p2p__quic_shared *shared,
                           struct p2p__env *env, struct p2p__tls_id *id)
{
    uint64_t seed[2];

    p2p__env_seed(env, seed);
    shared->env = env;
    shared->id = id;
    p2p__map_init(&shared->routes, seed);
    env->random(env, shared->reset_key, sizeof shared->reset_key);
}

void p2p__quic_shared_fini(struct p2p__quic_shared *shared)
{
    assert(shared->routes.count == 0);
    p2p__map_fini(&shared->routes);
    p2p__wipe(shared, sizeof *shared);
}

int p2p__quic_route_add(struct p2p__quic_shared *shared,
                        struct p2p__quota *quota, struct p2p__list *list,
                        const struct p2p__quic_id *id, void *user)
{
    struct p2p__quic_route *r;
    int rv;

    if (p2p__map_get(&shared->routes, id->bytes, id->len) != NULL) {
        return P2P_EEXIST;
    }
    rv = p2p__quota_take(quota, P2P__Q_MEMORY, sizeof *r);
    if (rv != 0) {
        return rv;
    }
    r = p2p__zalloc(sizeof *r);
    if (r != NULL) {
        r->id = *id;
        r->user = user;
    }
    if (r == NULL ||
        p2p__map_put(&shared->routes, &r->node, r->id.bytes, r->id.len) != 0) {
        p2p__quota_give(quota, P2P__Q_MEMORY, sizeof *r);
        p2p__free(r);
        return P2P_ENOMEM;
    }
    p2p__list_init(&r->link);
    p2p__list_push(list, &r->link);
    return 0;
}

void p2p__quic_routes_drop(struct p2p__quic_shared *shared,
                           struct p2p__quota *quota, struct p2p__list *list)
{
    struct p2p__list *link = p2p__list_pop(list);

    assert(shared->routes.count > 0 || link == NULL);
    while (link != NULL) {
        struct p2p__quic_route *r =
            P2P__CONTAINER(link, struct p2p__quic_route, link);

        p2p__map_remove(&shared->routes, &r->node);
        p2p__quota_give(quota, P2P__Q_MEMORY, sizeof *r);
        p2p__free(r);
        link = p2p__list_pop(list);
    }
}

void p2p__quic_routes_move(void *sess, struct p2p__quota *quota,
                           struct p2p__list *list)
{
    struct p2p__quic *q = sess;

    P2P__LIST_EACH_SAFE (it, &q->routes) {
        if (p2p__quota_take(quota, P2P__Q_MEMORY,
                            sizeof(struct p2p__quic_route)) == 0) {
            p2p__list_remove(it);
            p2p__list_push(list, it);
            p2p__quota_give(q->quota, P2P__Q_MEMORY,
                            sizeof(struct p2p__quic_route));
        }
    }
}

void *p2p__quic_route_find(const struct p2p__quic_shared *shared,
                           const uint8_t *id, size_t len)
{
    struct p2p__map_node *n = p2p__map_get(&shared->routes, id, len);

    return n == NULL ? NULL
                     : P2P__CONTAINER(n, struct p2p__quic_route, node)->user;
}

void p2p__quic_reset_token(const struct p2p__quic_shared *shared,
                           const struct p2p__quic_id *id, uint8_t token[16])
{
    const ngtcp2_cid cid = p2p__quic_id_to(id);

    if (ngtcp2_crypto_generate_stateless_reset_token(
            token, shared->reset_key, sizeof shared->reset_key, &cid) != 0) {
        memset(token, 0, NGTCP2_STATELESS_RESET_TOKENLEN);
    }
}
