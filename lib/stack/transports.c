/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See transports.h; TCP's own table is here. */
#include "stack/transports.h"

/* Where several transports lead to a peer, what is quickest goes first. */
#define TCP_RANK 10U

static bool tcp_speaks(const struct p2p_multiaddr *ma, size_t at)
{
    return at == ma->len;
}

const struct p2p_transport p2p__tcp_transport = {
    .name = "tcp",
    .port_code = P2P_MULTIADDR_TCP,
    .rank = TCP_RANK,
    .speaks = tcp_speaks,
};

int p2p__transports_init(struct p2p__transports *t,
                         const struct p2p_transport *const *list,
                         const struct p2p__transport_cfg *cfg)
{
    const struct p2p_transport *const tcp[] = {&p2p__tcp_transport, NULL};
    int rv = 0;

    for (list = list != NULL ? list : tcp; rv == 0 && *list != NULL; list++) {
        struct p2p__via *one = &t->list[t->count];

        if (t->count == P2P__SWARM_TRANSPORTS) {
            return P2P_EINVAL;
        }
        t->count++;
        one->ops = *list;
        if (one->ops->host_new != NULL) {
            struct p2p__transport_cfg own = *cfg;

            own.self = one->ops;
            rv = one->ops->host_new(&own, &one->host);
        }
    }
    return t->count > 0 ? rv : P2P_EINVAL;
}

void p2p__transports_fini(struct p2p__transports *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->list[i].host != NULL) {
            t->list[i].ops->host_free(t->list[i].host);
        }
    }
    t->count = 0;
}

const struct p2p__via *p2p__transports_find(const struct p2p__transports *t,
                                            const struct p2p_multiaddr *ma,
                                            const struct p2p__maddr_waist *w)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct p2p_transport *ops = t->list[i].ops;

        if (ops->port_code == w->port_code && ops->speaks(ma, w->rest)) {
            return &t->list[i];
        }
    }
    return NULL;
}
