/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where we can be reached: a listener on all interfaces is told as the
 * addresses of each. Loopback is told only where there is nothing else. */
#include "host/autonat.h"
#include "host/mapped.h"
#include "wire/ipnet.h"

struct collector {
    const struct p2p_host *host;
    struct p2p_multiaddr *out;
    size_t cap;
    size_t count;
};

/* Adds an address with our id behind it; none where it is empty. */
static void push(struct collector *c, struct p2p_multiaddr *ma)
{
    if (ma->len == 0 ||
        p2p_multiaddr_append_peer(ma, &c->host->swarm->self) != 0) {
        return;
    }
    if (c->count < c->cap) {
        c->out[c->count] = *ma;
    }
    c->count++;
}

size_t p2p__host_ifaces(const struct p2p_host *h,
                        struct p2p__iface out[P2P__ROAM_IFACES])
{
    const int n =
        h->world->ifaces->list(h->world->ifaces, out, P2P__ROAM_IFACES);

    return n < 0 ? 0 : p2p__min((size_t)n, P2P__ROAM_IFACES);
}

/* Bits that the addresses of an interface's link have in common. One that
 * stands alone, as clouds and DHCPv6 give it, says nothing of its link: a link
 * of IPv6 has 64 then, as nearly all have, and one of IPv4 nobody else. */
static unsigned link_bits(const struct p2p__iface *i)
{
    const unsigned alone = i->addr.family == 4 ? 32 : 128;

    if (i->prefix > 0 && i->prefix < alone) {
        return i->prefix;
    }
    return i->addr.family == 4 ? 32 : 64;
}

bool p2p__host_is_on_link(const struct p2p_host *h, const struct p2p__addr *a)
{
    struct p2p__iface ifaces[P2P__ROAM_IFACES];
    const size_t n = p2p__host_ifaces(h, ifaces);
    bool is = false;

    for (size_t i = 0; i < n && !is; i++) {
        is = ifaces[i].addr.family == a->family &&
             p2p__ip_alike(ifaces[i].addr.ip, a->ip, link_bits(&ifaces[i]));
    }
    return is;
}

/* Every address of the family of a listener on all interfaces. */
static void expand(const struct p2p_host *h,
                   const struct p2p__swarm_listener *l,
                   void (*each)(void *user, const struct p2p_multiaddr *ma),
                   void *user)
{
    struct p2p__iface ifaces[P2P__ROAM_IFACES];
    const size_t n = p2p__host_ifaces(h, ifaces);
    struct p2p_multiaddr ma;
    size_t found = 0;

    for (int pass = 0; pass < 2 && found == 0; pass++) {
        for (size_t i = 0; i < n; i++) {
            const struct p2p__addr *a = &ifaces[i].addr;

            if (a->family != l->at.family ||
                ifaces[i].loopback != (pass == 1) ||
                (a->family == 6 && a->ip[0] == 0xfe)) {
                continue;
            }
            p2p__listener_maddr(l, a, &ma);
            each(user, &ma);
            found++;
        }
    }
}

void p2p__host_listen_addrs(const struct p2p_host *h,
                            void (*each)(void *user,
                                         const struct p2p_multiaddr *ma),
                            void *user)
{
    struct p2p_multiaddr ma;

    P2P__LIST_EACH (it, &h->swarm->listeners) {
        const struct p2p__swarm_listener *l =
            P2P__CONTAINER(it, struct p2p__swarm_listener, link);

        if (p2p__addr_is_any(&l->at)) {
            expand(h, l, each, user);
        } else {
            p2p__listener_maddr(l, NULL, &ma);
            each(user, &ma);
        }
    }
}

/* Adds the address of a listener, or at a gateway, if others may have it. */
static void add(void *user, const struct p2p_multiaddr *ma)
{
    struct collector *c = user;
    struct p2p_multiaddr told = *ma;

    if (p2p__host_autonat_may_tell(c->host, ma)) {
        push(c, &told);
    }
}

/* All that we know of. */
static void gather(struct collector *c)
{
    const struct p2p_host *h = c->host;
    struct p2p_multiaddr ma;

    p2p__host_listen_addrs(h, add, c);
    for (size_t i = 0; p2p__host_mapped_addr(h, i, &ma); i++) {
        add(c, &ma);
    }
    for (size_t i = 0; p2p__host_autonat_addr(h, i, &ma); i++) {
        push(c, &ma);
    }
    for (size_t i = 0; p2p__host_reserved_addr(h, i, &ma); i++) {
        push(c, &ma);
    }
}

/* What the owner makes of them. */
static void announced(const struct p2p_host *h, struct collector *c)
{
    struct p2p_multiaddr own[P2P__CAP_OWN_ADDRS], made[P2P__CAP_OWN_ADDRS];
    struct collector all = {.host = h, .out = own, .cap = P2P__CAP_OWN_ADDRS};
    size_t n;

    gather(&all);
    n = p2p__min(all.count, all.cap);
    for (size_t i = 0; i < n; i++) {
        p2p_multiaddr_strip_peer(&own[i]);
    }
    n = h->announce(h->announce_user, own, n, made, P2P__CAP_OWN_ADDRS);
    for (size_t i = 0; i < n && i < P2P__CAP_OWN_ADDRS; i++) {
        push(c, &made[i]);
    }
}

size_t p2p_host_addrs(const struct p2p_host *host, struct p2p_multiaddr *out,
                      size_t cap)
{
    struct collector c = {.host = host, .out = out, .cap = cap};

    if (host->announce != NULL) {
        announced(host, &c);
    } else {
        gather(&c);
    }
    return c.count;
}

void p2p__host_addrs_changed(struct p2p_host *h)
{
    if (h->mapper != NULL) {
        h->mapper->look(h->mapper);
    }
    p2p__host_autonat_look(h);
    p2p__host_mdns_addrs(h);
    p2p__host_identify_push(h);
    p2p__host_kad_addrs(h, p2p__host_now(h));
    p2p__host_roam_tell(h);
}
