/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See budget.h. Of all peers, the one that was not heard of for longest makes
 * room for another; whom that helps is still bound by what all may have.
 */
#include "proto/dcutr/budget.h"

#include "base/mem.h"

void p2p__dcutr_budget_init(struct p2p__dcutr_budget *b, const uint64_t seed[2])
{
    p2p__map_init(&b->peers, seed);
    p2p__list_init(&b->order);
    p2p__bucket_init(&b->total, P2P__CAP_DCUTR_TOTAL_BURST,
                     P2P__SEC(P2P__CAP_DCUTR_TOTAL_S));
}

static void forget(struct p2p__dcutr_budget *b, struct p2p__list *link)
{
    struct p2p__dcutr_spender *s =
        P2P__CONTAINER(link, struct p2p__dcutr_spender, link);

    p2p__list_remove(link);
    p2p__map_remove(&b->peers, &s->node);
    p2p__free(s);
}

void p2p__dcutr_budget_fini(struct p2p__dcutr_budget *b)
{
    P2P__LIST_EACH_SAFE (it, &b->order) {
        forget(b, it);
    }
    p2p__map_fini(&b->peers);
}

/* The books of a peer, made if it is new; NULL: no memory. */
static struct p2p__dcutr_spender *spender(struct p2p__dcutr_budget *b,
                                          const struct p2p_peer_id *id)
{
    struct p2p__map_node *n = p2p__map_get(&b->peers, id->bytes, id->len);
    struct p2p__dcutr_spender *s;

    if (n != NULL) {
        s = P2P__CONTAINER(n, struct p2p__dcutr_spender, node);
        p2p__list_remove(&s->link);
        p2p__list_push(&b->order, &s->link);
        return s;
    }
    s = p2p__zalloc(sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->id = *id;
    p2p__bucket_init(&s->bucket, P2P__CAP_DCUTR_PEER_BURST,
                     P2P__SEC(P2P__CAP_DCUTR_PEER_S));
    if (p2p__map_put(&b->peers, &s->node, s->id.bytes, s->id.len) != 0) {
        p2p__free(s);
        return NULL;
    }
    p2p__list_init(&s->link);
    p2p__list_push(&b->order, &s->link);
    if (b->peers.count > P2P__CAP_DCUTR_PEERS) {
        struct p2p__list *first = p2p__list_first(&b->order);

        assert(first != NULL); /* s is there, if nobody else */
        forget(b, first);
    }
    return s;
}

int p2p__dcutr_budget_take(struct p2p__dcutr_budget *b,
                           const struct p2p_peer_id *id, p2p_ns now)
{
    struct p2p__dcutr_spender *s = spender(b, id);

    if (s == NULL) {
        return P2P_ENOMEM;
    }
    if (now < p2p__bucket_ready(&b->total)) {
        return P2P_ELIMIT;
    }
    if (!p2p__bucket_take(&s->bucket, now)) {
        return P2P_ELIMIT;
    }
    (void)p2p__bucket_take(&b->total, now);
    return 0;
}
