/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses with a count of peers, made at the first, freed at the last. */
#include "proto/gossip/colocation.h"

#include "base/mem.h"

#define IP_MAX      16U
#define NETWORK_LEN 8U /* bytes of a /64 */

struct p2p__gossip_ip {
    struct p2p__map_node node; /* g->ips */
    uint32_t count;
    uint8_t len;
    uint8_t bytes[IP_MAX];
};

/* Counts under one key; NULL without memory. */
static struct p2p__gossip_ip *enter(struct p2p__gossip *g, const uint8_t *key,
                                    size_t len)
{
    struct p2p__map_node *n = p2p__map_get(&g->ips, key, len);
    struct p2p__gossip_ip *ip;

    if (n != NULL) {
        ip = P2P__CONTAINER(n, struct p2p__gossip_ip, node);
        ip->count++;
        return ip;
    }
    if (p2p__quota_take(g->cfg.quota, P2P__Q_MEMORY, sizeof *ip) != 0) {
        return NULL;
    }
    ip = p2p__zalloc(sizeof *ip);
    if (ip != NULL) {
        assert(len <= IP_MAX);
        ip->len = (uint8_t)len;
        ip->count = 1;
        memcpy(ip->bytes, key, len);
    }
    if (ip == NULL || p2p__map_put(&g->ips, &ip->node, ip->bytes, len) != 0) {
        p2p__free(ip);
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, sizeof *ip);
        return NULL;
    }
    return ip;
}

static void leave(struct p2p__gossip *g, struct p2p__gossip_ip *ip)
{
    if (ip == NULL) {
        return;
    }
    assert(ip->count > 0);
    if (--ip->count == 0) {
        p2p__map_remove(&g->ips, &ip->node);
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, sizeof *ip);
        p2p__free(ip);
    }
}

int p2p__gossip_colocation_enter(struct p2p__gossip *g,
                                 struct p2p__gossip_peer *peer,
                                 const uint8_t *ip, size_t len)
{
    assert(peer->ip[0] == NULL && peer->ip[1] == NULL);
    if (len == 0) {
        return 0;
    }
    peer->ip[0] = enter(g, ip, len);
    if (peer->ip[0] != NULL && len == IP_MAX) {
        peer->ip[1] = enter(g, ip, NETWORK_LEN);
    }
    if (peer->ip[0] == NULL || (len == IP_MAX && peer->ip[1] == NULL)) {
        p2p__gossip_colocation_leave(g, peer);
        return P2P_ENOMEM;
    }
    return 0;
}

void p2p__gossip_colocation_leave(struct p2p__gossip *g,
                                  struct p2p__gossip_peer *peer)
{
    leave(g, peer->ip[0]);
    leave(g, peer->ip[1]);
    peer->ip[0] = NULL;
    peer->ip[1] = NULL;
}

double p2p__gossip_colocation(const struct p2p__gossip_peer *peer,
                              uint32_t threshold)
{
    double sum = 0;

    for (size_t i = 0; i < P2P__COUNT(peer->ip); i++) {
        if (peer->ip[i] != NULL && peer->ip[i]->count > threshold) {
            double surplus = peer->ip[i]->count - threshold;

            sum += surplus * surplus;
        }
    }
    return sum;
}
