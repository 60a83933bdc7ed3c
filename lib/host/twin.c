/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Another host with our key: a copied state folder. Happy path: there is none.
 * mDNS brings an answer with our id and an address that is not ours; who is
 * there is asked by a handshake, which proves the key; a handshake that ends
 * with our own id, at an address that is not ours, is told to the application.
 * Failure modes: an answer is forged, then nobody proves anything; one dial and
 * one event a while, whatever is said.
 */
#include "host/internal.h"
#include "wire/maddr.h"

/* Between two dials for this reason, and between two events. */
#define PAUSE P2P__SEC(60)

/* Whether an address is of this machine; loopback is, whatever its number. */
static bool is_local(const struct p2p_host *h, const struct p2p__addr *a)
{
    struct p2p__iface ifaces[P2P__ROAM_IFACES];
    const size_t n = p2p__host_ifaces(h, ifaces);

    for (size_t i = 0; i < n; i++) {
        if (p2p__addr_same_ip(&ifaces[i].addr, a)) {
            return true;
        }
    }
    return a->family == 4 && a->ip[0] == 127;
}

/* Whether one of our listeners is there. */
static bool is_own(const struct p2p_host *h, const struct p2p__addr *a)
{
    P2P__LIST_EACH (it, &h->swarm->listeners) {
        const struct p2p__addr *l =
            &P2P__CONTAINER(it, struct p2p__swarm_listener, link)->at;

        if (l->family == a->family && l->port == a->port &&
            (p2p__addr_same_ip(l, a) ||
             (p2p__addr_is_any(l) && is_local(h, a)))) {
            return true;
        }
    }
    return false;
}

void p2p__host_twin_found(struct p2p_host *h, const struct p2p_multiaddr *addrs,
                          size_t count, p2p_ns now)
{
    for (size_t i = 0; i < count; i++) {
        struct p2p__maddr_waist t;

        if (now < h->twin_dial_at || p2p__maddr_waist(&addrs[i], &t) != 0 ||
            t.port_code != P2P_MULTIADDR_TCP || t.name[0] != '\0' ||
            is_own(h, &t.addr)) {
            continue;
        }
        h->twin_dial_at = p2p__ns_after(now, PAUSE);
        (void)p2p__dial_addr(h->swarm, &addrs[i], NULL, NULL, now);
    }
}

void p2p__host_twin(struct p2p_host *h, const struct p2p__conn *c, p2p_ns now)
{
    struct p2p_multiaddr at;

    /* Our own dial to ourselves. What comes from this machine by a port of
     * the system's choice may be that too. */
    if (c->dialer ? is_own(h, &c->remote) : is_local(h, &c->remote)) {
        return;
    }
    if (now < h->twin_event_at || h->events->twin == NULL) {
        return;
    }
    h->twin_event_at = p2p__ns_after(now, PAUSE);
    p2p__conn_maddr(c, &at);
    h->events->twin(h->user, &at);
}
