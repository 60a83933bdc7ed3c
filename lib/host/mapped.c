/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See mapped.h. */
#include "host/mapped.h"

static const struct p2p__swarm_listener *listener_of(struct p2p__list *it)
{
    return P2P__CONTAINER(it, struct p2p__swarm_listener, link);
}

static bool is_udp(const struct p2p__swarm_listener *l)
{
    return l->via->ops->port_code == P2P_MULTIADDR_UDP;
}

int p2p__host_mapper_set(struct p2p_host *h, struct p2p__mapper *m)
{
    if (h->mapper != NULL && m != NULL) {
        return P2P_EINVAL;
    }
    h->mapper = m;
    return 0;
}

void p2p__host_mapper_changed(struct p2p_host *h)
{
    p2p__host_addrs_changed(h);
}

/* Whether a listener is at a port of the list. */
static bool is_at(const struct p2p__swarm_listener *l,
                  const struct p2p__mapped *m)
{
    return l->at.family == 4 && is_udp(l) == m->udp && l->at.port == m->port;
}

size_t p2p__host_mapper_ports(const struct p2p_host *h,
                              const struct p2p__addr *own,
                              struct p2p__mapped *out, size_t cap)
{
    size_t n = 0;

    P2P__LIST_EACH (it, &h->swarm->listeners) {
        const struct p2p__swarm_listener *l = listener_of(it);
        size_t i = 0;

        if (l->at.family != 4 ||
            (!p2p__addr_is_any(&l->at) && !p2p__addr_same_ip(&l->at, own))) {
            continue;
        }
        while (i < n && !is_at(l, &out[i])) {
            i++;
        }
        if (i == n && n < cap) {
            out[n++] =
                (struct p2p__mapped){.udp = is_udp(l), .port = l->at.port};
        }
    }
    return n;
}

bool p2p__host_mapped_addr(const struct p2p_host *h, size_t index,
                           struct p2p_multiaddr *out)
{
    for (size_t i = 0; h->mapper != NULL && i < h->mapper->n; i++) {
        P2P__LIST_EACH (it, &h->swarm->listeners) {
            const struct p2p__swarm_listener *l = listener_of(it);

            if (is_at(l, &h->mapper->list[i]) && index-- == 0) {
                p2p__listener_outside(l, &h->mapper->list[i].outer, out);
                return true;
            }
        }
    }
    return false;
}
