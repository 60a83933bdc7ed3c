/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See bus.h: the peers, as they are told of. */
#include "mesh/bus/inner.h"

#include <stdlib.h>

#include "mesh/bus/relays.h"

/* The connection that is told of a peer: a direct one, if there is one. */
static const struct p2p_conn_info *conn_of(const struct p2p_conn_info *conns,
                                           size_t n,
                                           const struct p2p_peer_id *id)
{
    const struct p2p_conn_info *best = NULL;
    struct p2p_peer_id via;

    for (size_t i = 0; i < n; i++) {
        if (p2p_peer_id_equal(&conns[i].peer, id) &&
            (best == NULL || um_relays_via(&best->addr, &via))) {
            best = &conns[i];
        }
    }
    return best;
}

/* Tells one peer, with its connection if it has one. */
static void tell(const struct um_bus *bus, const struct um_bus_entry *e,
                 const struct p2p_conn_info *c,
                 void (*each)(void *, const struct um_bus_peer *), void *user)
{
    char addr[P2P_MULTIADDR_TEXT_MAX] = "";
    struct um_bus_peer p = {.id = e->id,
                            .agent = e->agent,
                            .addr = addr,
                            .transport = "",
                            .security = "",
                            .muxer = "",
                            .connected = e->connected};

    if (c != NULL) {
        (void)p2p_multiaddr_text(&c->addr, addr);
        p.transport = c->transport;
        p.security = c->security;
        p.muxer = c->muxer;
        p.outbound = c->outbound;
        p.limited = c->limited;
        (void)um_relays_via(&c->addr, &p.via);
        p.rtt_us = e->rtt_us > 0 ? e->rtt_us : c->rtt_us;
    }
    p.since_ms = (p2p_loop_now_ns(bus->cfg.loop) - e->changed_ns) / 1000000U;
    each(user, &p);
}

void um_bus_peers(struct um_bus *bus,
                  void (*each)(void *user, const struct um_bus_peer *peer),
                  void *user)
{
    size_t n;
    struct p2p_conn_info *conns = um_bus_conns(bus, &n);

    for (int pass = 1; pass >= 0; pass--) {
        for (const struct um_bus_entry *e = bus->peers; e != NULL;
             e = e->next) {
            if (e->connected == (pass == 1)) {
                tell(bus, e, conn_of(conns, n, &e->id), each, user);
            }
        }
    }
    free(conns);
}

void um_bus_ways(const struct um_bus *bus, const struct p2p_peer_id *peer,
                 void (*each)(void *user, const char *addr), void *user)
{
    const struct um_bus_entry *e = um_bus_find(bus, peer);

    if (e != NULL) {
        um_kept_tell(&e->kept, &e->id, each, user);
    }
}

/* A measurement under way: its peer may be forgotten meanwhile. */
struct measure {
    struct um_bus *bus;
    struct p2p_peer_id peer;
};

static void on_measured(void *user, int status, uint64_t rtt_us)
{
    struct measure *m = user;
    struct um_bus_entry *e = um_bus_find(m->bus, &m->peer);

    if (e != NULL) {
        e->measuring = false;
        e->rtt_us = status == 0 ? rtt_us : e->rtt_us;
    }
    free(m);
}

void um_bus_measure(struct um_bus *bus, const struct p2p_peer_id *peer)
{
    struct um_bus_entry *e = um_bus_find(bus, peer);
    struct measure *m;

    if (e == NULL || !e->connected || e->measuring) {
        return;
    }
    m = malloc(sizeof *m);
    if (m == NULL) {
        return;
    }
    *m = (struct measure){bus, *peer};
    e->measuring = p2p_host_ping(bus->host, peer, 1, on_measured, m) == 0;
    if (!e->measuring) {
        free(m);
    }
}
