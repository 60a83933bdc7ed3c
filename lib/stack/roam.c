/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses and sleep of a machine that moves: see roam.h. */
#include "stack/roam.h"

void p2p__roam_init(struct p2p__roam *r, bool watched, int64_t slept_ns,
                    p2p_ns now)
{
    *r = (struct p2p__roam){.tick_at = p2p__ns_after(now, P2P__ROAM_TICK_NS),
                            .look_at = now,
                            .by = P2P_NEVER,
                            .slept = slept_ns,
                            .watched = watched};
}

void p2p__roam_stir(struct p2p__roam *r, p2p_ns now)
{
    if (r->by == P2P_NEVER) {
        r->by = p2p__ns_after(now, P2P__ROAM_LONGEST_NS);
    }
    r->look_at = p2p__ns_min(p2p__ns_after(now, P2P__ROAM_SETTLE_NS), r->by);
}

void p2p__roam_reroute(struct p2p__roam *r, p2p_ns now)
{
    r->rerouted = true;
    p2p__roam_stir(r, now);
}

p2p_ns p2p__roam_deadline(const struct p2p__roam *r)
{
    return p2p__ns_min(r->tick_at, r->look_at);
}

unsigned p2p__roam_tick(struct p2p__roam *r, int64_t slept_ns, p2p_ns now)
{
    const bool late =
        now > p2p__ns_after(p2p__roam_deadline(r), P2P__ROAM_SLEPT_NS);
    const bool slept = slept_ns - r->slept > (int64_t)P2P__ROAM_SLEPT_NS;

    if (!late && !slept && now < r->tick_at) {
        return 0; /* short naps add up until the next tick */
    }
    r->slept = slept_ns;
    r->tick_at = p2p__ns_after(now, P2P__ROAM_TICK_NS);
    if (!late && !slept) {
        return 0;
    }
    p2p__roam_stir(r, now);
    return P2P__ROAM_WOKE;
}

bool p2p__roam_is_due(const struct p2p__roam *r, p2p_ns now)
{
    return now >= r->look_at;
}

/* Whether two entries mean the same to us. */
static bool is_same(const struct p2p__iface *a, const struct p2p__iface *b)
{
    return a->index == b->index && a->loopback == b->loopback &&
           a->multicast == b->multicast &&
           p2p__addr_same_ip(&a->addr, &b->addr);
}

/* Whether a route is news now; if it is too soon, there is a look when it is
 * not. */
static unsigned look_at_routes(struct p2p__roam *r, p2p_ns now)
{
    if (!r->rerouted) {
        return 0;
    }
    if (now < r->routes_at) {
        r->look_at = p2p__ns_min(r->look_at, r->routes_at);
        return 0;
    }
    r->rerouted = false;
    r->routes_at = p2p__ns_after(now, P2P__ROAM_ROUTES_NS);
    return P2P__ROAM_ROUTES;
}

unsigned p2p__roam_look(struct p2p__roam *r, const struct p2p__iface *own,
                        int found, p2p_ns now)
{
    const bool knew = r->knows;
    size_t n;
    bool changed;

    if (found < 0) {
        r->by = P2P_NEVER;
        r->look_at = p2p__ns_after(now, P2P__ROAM_UNWATCHED_NS);
        return look_at_routes(r, now);
    }
    n = p2p__min((size_t)found, P2P__ROAM_IFACES);
    r->partial = (size_t)found > n;
    changed = n != r->n;
    for (size_t i = 0; i < n; i++) {
        changed = changed || !is_same(&r->own[i], &own[i]);
        r->own[i] = own[i];
    }
    r->n = n;
    r->knows = true;
    r->by = P2P_NEVER;
    r->look_at = p2p__ns_after(
        now, r->watched ? P2P__ROAM_WATCHED_NS : P2P__ROAM_UNWATCHED_NS);
    return (knew && changed ? P2P__ROAM_ADDRS : 0) | look_at_routes(r, now);
}

bool p2p__roam_has(const struct p2p__roam *r, const struct p2p__addr *addr)
{
    for (size_t i = 0; i < r->n; i++) {
        if (p2p__addr_same_ip(&r->own[i].addr, addr)) {
            return true;
        }
    }
    return r->partial;
}
