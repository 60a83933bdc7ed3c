/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * mDNS on the host: our addresses go out, what is found goes into the book of
 * peers, to the application, and, if it was asked for, is dialed. A peer that
 * both ends find is dialed by the one with the smaller id at once and by the
 * other after a while, so that most pairs dial once.
 */
#include "proto/mdns/mdns.h"

#include "base/mem.h"
#include "host/internal.h"
#include "proto/mdns/service.h"
#include "wire/maddr.h"

/* What was found is believed for so long, whatever it says. */
#define TTL_MAX P2P__SEC(600)
/* How long the end with the larger id waits for the other one's dial. */
#define WAIT_NS P2P__SEC(1)

/* A peer that is to be dialed, unless it dials us first. */
struct waiting {
    struct p2p__list link;
    struct p2p__peer *peer; /* counted */
    p2p_ns at;
};

struct p2p__host_mdns {
    struct p2p_host *host;
    struct p2p__mdns_service *service;
    struct p2p__timer timer;
    struct p2p__list waiting; /* the earliest first */
    size_t n_waiting;
};

static void drop(struct p2p__host_mdns *m, struct waiting *w)
{
    p2p__list_remove(&w->link);
    m->n_waiting--;
    p2p__peer_unref(w->peer);
    p2p__free(w);
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__host_mdns *m =
        P2P__CONTAINER(timer, struct p2p__host_mdns, timer);
    struct p2p__list *link = p2p__list_first(&m->waiting);

    while (link != NULL) {
        struct waiting *w = P2P__CONTAINER(link, struct waiting, link);

        if (w->at > now) {
            p2p__timer_set(timer, w->at);
            return;
        }
        (void)p2p__dial_peer(m->host->swarm, w->peer, now);
        drop(m, w);
        link = p2p__list_first(&m->waiting);
    }
}

/* Dials later; at once when too many wait already. */
static void dial_later(struct p2p__host_mdns *m, struct p2p__peer *peer,
                       p2p_ns now)
{
    struct waiting *w =
        m->n_waiting < P2P__CAP_MDNS_WAITING ? p2p__zalloc(sizeof *w) : NULL;

    if (w == NULL) {
        (void)p2p__dial_peer(m->host->swarm, peer, now);
        return;
    }
    w->peer = p2p__peer_ref(peer);
    w->at = p2p__ns_after(now, WAIT_NS);
    p2p__list_init(&w->link);
    p2p__list_push(&m->waiting, &w->link);
    m->n_waiting++;
    if (!m->timer.node.armed) {
        p2p__timer_set(&m->timer, w->at);
    }
}

static void dial(struct p2p__host_mdns *m, struct p2p__peer *peer, p2p_ns now)
{
    const struct p2p__swarm *s = m->host->swarm;

    if (p2p__peer_primary(peer) != NULL) {
        return;
    }
    if (p2p_peer_id_compare(&s->self, &peer->id) < 0) {
        (void)p2p__dial_peer(m->host->swarm, peer, now);
    } else {
        dial_later(m, peer, now);
    }
}

static void on_found(void *user, const struct p2p__mdns_ev *ev, p2p_ns now)
{
    struct p2p__host_mdns *m = user;
    struct p2p_host *h = m->host;
    struct p2p__peer *peer = p2p__peer_get(h->swarm, ev->id);
    p2p_ns expires = p2p__ns_after(now, p2p__ns_min(ev->ttl, TTL_MAX));

    if (peer == NULL) {
        return;
    }
    for (size_t i = 0; i < ev->count; i++) {
        (void)p2p__peer_add_addr(peer, ev->addrs[i].bytes, ev->addrs[i].len,
                                 P2P__ADDR_MDNS, expires);
    }
    if (h->events->found != NULL) {
        h->events->found(h->user, ev->id, ev->addrs, ev->count);
    }
    if (h->mdns_dial) {
        dial(m, peer, now);
    }
    p2p__peer_unref(peer);
}

static void on_self(void *user, const struct p2p__mdns_ev *ev, p2p_ns now)
{
    const struct p2p__host_mdns *m = user;

    p2p__host_twin_found(m->host, ev->addrs, ev->count, now);
}

static void on_moved(void *user, p2p_ns now)
{
    const struct p2p__host_mdns *m = user;

    p2p__host_roam_stir(m->host, now);
}

static int start(struct p2p__host_mdns *m, const struct p2p_host_config *cfg)
{
    struct p2p_host *h = m->host;
    const struct p2p__mdns_service_cfg sc = {
        .core = {.self = h->swarm->self,
                 .forms = (cfg->mdns ? P2P__MDNS_TODAY : 0U) |
                          (cfg->mdns_2021 ? P2P__MDNS_2021 : 0U),
                 .interval = P2P__SEC((p2p_ns)cfg->mdns_interval_s),
                 .env = &h->env},
        .net = h->world->net,
        .ifaces = h->world->ifaces,
        .runq = h->world->q,
        .user = m,
        .found = on_found,
        .self = on_self,
        .moved = on_moved};

    return p2p__mdns_service_new(&sc, p2p__host_now(h), &m->service);
}

int p2p__host_mdns_init(struct p2p_host *h, const struct p2p_host_config *cfg)
{
    struct p2p__host_mdns *m;

    if (!cfg->mdns && !cfg->mdns_2021) {
        return 0;
    }
    m = p2p__zalloc(sizeof *m);
    if (m == NULL) {
        return P2P_ENOMEM;
    }
    m->host = h;
    p2p__list_init(&m->waiting);
    p2p__timer_init(&m->timer, h->world->q, on_due);
    h->mdns = m;
    return start(m, cfg);
}

void p2p__host_mdns_fini(struct p2p_host *h)
{
    struct p2p__host_mdns *m = h->mdns;

    if (m == NULL) {
        return;
    }
    P2P__LIST_EACH_SAFE (it, &m->waiting) {
        drop(m, P2P__CONTAINER(it, struct waiting, link));
    }
    p2p__timer_fini(&m->timer);
    p2p__mdns_service_free(m->service);
    p2p__free(m);
    h->mdns = NULL;
}

void p2p__host_mdns_addrs(struct p2p_host *h)
{
    struct p2p_multiaddr addrs[P2P__CAP_OWN_ADDRS];
    size_t all, n = 0;

    if (h->mdns == NULL || h->mdns->service == NULL) {
        return;
    }
    all = p2p__min(p2p_host_addrs(h, addrs, P2P__CAP_OWN_ADDRS),
                   P2P__CAP_OWN_ADDRS);
    for (size_t i = 0; i < all; i++) {
        /* Nobody on this link needs a relay to reach us. */
        if (!p2p__maddr_has(&addrs[i], P2P_MULTIADDR_CIRCUIT)) {
            addrs[n] = addrs[i];
            p2p_multiaddr_strip_peer(&addrs[n++]);
        }
    }
    p2p__mdns_service_set_addrs(h->mdns->service, addrs, n, p2p__host_now(h));
}

void p2p__host_mdns_look(struct p2p_host *h)
{
    if (h->mdns != NULL) {
        p2p__mdns_service_look(h->mdns->service, p2p__host_now(h));
    }
}

void p2p__host_mdns_again(struct p2p_host *h)
{
    if (h->mdns != NULL) {
        p2p__mdns_service_again(h->mdns->service, p2p__host_now(h));
    }
}

void p2p__host_mdns_gone(struct p2p_host *h, const struct p2p_peer_id *id,
                         p2p_ns now)
{
    if (h->mdns != NULL) {
        p2p__mdns_service_forget(h->mdns->service, id, now);
    }
}
