/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ways between machines of the simulated world: who is at an address, as seen
 * from somewhere, and whether walls and NATs let something pass.
 */
#include <stdlib.h>

#include "site.h"

/* Something went from a port of a walled host to an address. */
struct sent {
    struct p2p__list link;
    struct p2p__addr to;
    uint16_t from;
    bool udp;
};

/* Whether a host's wall lets something in; `from` has its port. */
static bool wall_lets_in(const struct sim_host *h, uint16_t port,
                         const struct p2p__addr *from, bool udp)
{
    P2P__LIST_EACH (it, &h->sent) {
        const struct sent *s = P2P__CONTAINER(it, struct sent, link);

        if (s->udp == udp && s->from == port && s->to.port == from->port &&
            p2p__addr_same_ip(&s->to, from)) {
            return true;
        }
    }
    return !h->walled;
}

/* Something goes from a port of a host: its wall lets the answer in. */
static void note_sent(struct sim_host *h, const struct sim_flow *flow)
{
    struct sent *s;

    if (!h->walled || wall_lets_in(h, flow->port, flow->to, flow->udp)) {
        return;
    }
    s = calloc(1, sizeof *s);
    assert(s != NULL);
    s->to = *flow->to;
    s->from = flow->port;
    s->udp = flow->udp;
    p2p__list_init(&s->link);
    p2p__list_push(&h->sent, &s->link);
}

bool sim_is_near(const struct sim_host *h, const struct p2p__addr *to)
{
    return h->site != NULL && to->ip[0] == h->addr.ip[0];
}

struct sim_mapping *sim_leave(struct sim_host *h, const struct sim_flow *flow,
                              struct p2p__addr *seen)
{
    note_sent(h, flow);
    *seen = h->addr;
    if (h->outside.family != 0) {
        memcpy(seen->ip, h->outside.ip, sizeof seen->ip);
    }
    seen->port = flow->port;
    return h->site == NULL || sim_is_near(h, flow->to)
               ? NULL
               : sim_site_leave(h, flow, seen);
}

enum sim_where sim_locate(const struct sim_host *from,
                          const struct p2p__addr *to, bool udp,
                          struct sim_place *out)
{
    struct sim_site *site = sim_site_at(from->sim, to);

    if (site != NULL) {
        /* No NAT here leads back inside what comes from inside. */
        return site != from->site && sim_site_find(site, to->port, udp, out)
                   ? SIM_FOUND
                   : SIM_LOST;
    }
    *out =
        (struct sim_place){.host = sim_find(from->sim, to), .port = to->port};
    return out->host == NULL ||
                   (out->host->site != NULL && out->host->site != from->site)
               ? SIM_NOWHERE
               : SIM_FOUND;
}

bool sim_lets_in(const struct sim_place *to, const struct p2p__addr *from,
                 bool udp)
{
    return wall_lets_in(to->host, to->port, from, udp) &&
           (to->map == NULL || sim_mapping_lets_in(to->map, from));
}

void sim_wall(struct sim *sim, size_t host)
{
    sim->hosts[host].walled = true;
}

void sim_wall_fini(struct sim_host *h)
{
    struct p2p__list *link;

    while ((link = p2p__list_pop(&h->sent)) != NULL) {
        free(P2P__CONTAINER(link, struct sent, link));
    }
}
