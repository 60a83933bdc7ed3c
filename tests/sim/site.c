/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See site.h. A mapping is made by the first packet that goes out, and a filter
 * remembers the latest PEERS that were sent to. It is forgotten when it was not
 * used for a while; a connection over it is then cut for ever, as nobody tells
 * its ends.
 */
#include "site.h"

#include <stdlib.h>

#define IDLE P2P__SEC(240)
#define KEPT P2P__SEC(7440) /* RFC 5382, REQ-5 */
/* Whom a filter remembers. */
#define PEERS    32U
#define PORT_MIN 1024U

struct sim_mapping {
    struct p2p__list link; /* site->maps */
    struct sim_site *site;
    struct sim_host *host;
    uint16_t inner, outer;
    bool udp;
    bool gone;               /* it is on no list any more */
    uint32_t refs;           /* ends of pipes */
    struct p2p__addr toward; /* whom it is for; family 0: all */
    p2p_ns used;
    p2p_ns gone_at;
    uint32_t n_peers; /* that were ever sent to */
    struct p2p__addr peers[PEERS];
};

struct sim_site {
    struct sim *sim;
    struct sim_nat nat;
    struct p2p__addr outside;
    struct p2p__rng rng; /* of ports */
    struct p2p__list maps;
    struct sim_mapping **ports[2]; /* by the outer port; of TCP, of UDP */
};

struct sim_site *sim_add_site(struct sim *sim, const struct sim_nat *nat)
{
    struct sim_site *s = calloc(1, sizeof *s);
    const size_t number = sim->n_sites + 1;

    assert(s != NULL);
    s->sim = sim;
    s->nat = *nat;
    s->nat.idle = nat->idle != 0 ? nat->idle : IDLE;
    s->nat.kept = nat->kept != 0 ? nat->kept : KEPT;
    s->outside = (struct p2p__addr){
        .family = 4, .ip = {9, (uint8_t)number, (uint8_t)(number >> 8), 1}};
    p2p__rng_seed(&s->rng, sim->cfg.seed + number);
    p2p__list_init(&s->maps);
    for (size_t i = 0; i < 2; i++) {
        s->ports[i] = calloc(UINT16_MAX + 1, sizeof(struct sim_mapping *));
        assert(s->ports[i] != NULL);
    }
    sim->sites = realloc(sim->sites, number * sizeof *sim->sites);
    assert(sim->sites != NULL);
    sim->sites[sim->n_sites++] = s;
    return s;
}

const struct p2p__addr *sim_site_outside(const struct sim_site *site)
{
    return &site->outside;
}

struct sim_site *sim_site_at(const struct sim *sim,
                             const struct p2p__addr *addr)
{
    const size_t number = ((size_t)addr->ip[2] << 8) + addr->ip[1];

    return addr->family == 4 && addr->ip[0] == 9 && addr->ip[3] == 1 &&
                   number > 0 && number <= sim->n_sites
               ? sim->sites[number - 1]
               : NULL;
}

static void forget(struct sim_mapping *m)
{
    p2p__list_remove(&m->link);
    m->site->ports[m->udp][m->outer] = NULL;
    m->gone = true;
    m->gone_at = m->site->sim->now;
    if (m->refs == 0) {
        free(m);
    }
}

/* Forgets a mapping if it was not used for too long. */
static bool is_fresh(struct sim_mapping *m)
{
    const struct sim_nat *nat = &m->site->nat;

    if (m->site->sim->now - m->used <= (m->refs > 0 ? nat->kept : nat->idle)) {
        return true;
    }
    forget(m);
    return false;
}

struct sim_mapping *sim_mapping_ref(struct sim_mapping *m)
{
    if (m != NULL) {
        m->refs++;
    }
    return m;
}

void sim_mapping_unref(struct sim_mapping *m)
{
    if (m != NULL && --m->refs == 0 && m->gone) {
        free(m);
    }
}

void sim_mapping_use(struct sim_mapping *m, p2p_ns now)
{
    if (m != NULL && sim_mapping_holds(m)) {
        m->used = now;
    }
}

bool sim_mapping_holds(struct sim_mapping *m)
{
    return m == NULL || (!m->gone && is_fresh(m));
}

p2p_ns sim_mapping_gone_at(const struct sim_mapping *m)
{
    return m != NULL ? m->gone_at : 0;
}

size_t sim_site_mappings(struct sim_site *site)
{
    size_t n = 0;

    P2P__LIST_EACH_SAFE (it, &site->maps) {
        n += is_fresh(P2P__CONTAINER(it, struct sim_mapping, link));
    }
    return n;
}

static bool same(const struct p2p__addr *a, const struct p2p__addr *b,
                 enum sim_by by)
{
    return by == SIM_BY_NOTHING ||
           (p2p__addr_same_ip(a, b) &&
            (by == SIM_BY_ADDRESS || a->port == b->port));
}

bool sim_mapping_lets_in(const struct sim_mapping *m,
                         const struct p2p__addr *from)
{
    const enum sim_by by = m->site->nat.filtering;

    for (size_t i = 0; i < p2p__min(m->n_peers, PEERS); i++) {
        if (same(&m->peers[i], from, by)) {
            return true;
        }
    }
    return false;
}

/* A filter remembers whom something went to. */
static void note_peer(struct sim_mapping *m, const struct p2p__addr *to)
{
    for (size_t i = 0; i < p2p__min(m->n_peers, PEERS); i++) {
        if (same(&m->peers[i], to, SIM_BY_PORT)) {
            return;
        }
    }
    m->peers[m->n_peers++ % PEERS] = *to;
}

bool sim_site_find(struct sim_site *site, uint16_t outer, bool udp,
                   struct sim_place *out)
{
    struct sim_mapping *m = site->ports[udp][outer];

    if (m == NULL || !is_fresh(m)) {
        return false;
    }
    *out = (struct sim_place){.host = m->host, .port = m->inner, .map = m};
    return true;
}

/* A port that no mapping has. */
static uint16_t free_port(struct sim_site *s, bool udp)
{
    struct sim_place taken;
    uint16_t port;

    do {
        port = (uint16_t)(PORT_MIN +
                          p2p__rng_below(&s->rng, UINT16_MAX - PORT_MIN));
    } while (sim_site_find(s, port, udp, &taken));
    return port;
}

static struct sim_mapping *map_new(struct sim_host *h,
                                   const struct sim_flow *flow)
{
    struct sim_mapping *m = calloc(1, sizeof *m);
    struct sim_site *s = h->site;

    assert(m != NULL);
    m->outer = free_port(s, flow->udp);
    m->site = s;
    m->host = h;
    m->inner = flow->port;
    m->udp = flow->udp;
    m->toward = *flow->to;
    p2p__list_init(&m->link);
    p2p__list_push(&s->maps, &m->link);
    s->ports[m->udp][m->outer] = m;
    return m;
}

static struct sim_mapping *find(struct sim_host *h, const struct sim_flow *flow)
{
    P2P__LIST_EACH_SAFE (it, &h->site->maps) {
        struct sim_mapping *m = P2P__CONTAINER(it, struct sim_mapping, link);

        if (m->host == h && m->inner == flow->port && m->udp == flow->udp &&
            same(&m->toward, flow->to, h->site->nat.mapping) && is_fresh(m)) {
            return m;
        }
    }
    return NULL;
}

struct sim_mapping *sim_site_leave(struct sim_host *h,
                                   const struct sim_flow *flow,
                                   struct p2p__addr *seen)
{
    struct sim_mapping *m = find(h, flow);

    if (m == NULL) {
        m = map_new(h, flow);
    }
    m->used = h->sim->now;
    note_peer(m, flow->to);
    *seen = h->site->outside;
    seen->port = m->outer;
    return m;
}

/* A NAT forgets a machine. */
static void forget_host(struct sim_site *s, const struct sim_host *h)
{
    P2P__LIST_EACH_SAFE (it, &s->maps) {
        struct sim_mapping *m = P2P__CONTAINER(it, struct sim_mapping, link);

        if (m->host == h) {
            forget(m);
        }
    }
}

void sim_settle(struct sim *sim, size_t host, struct sim_site *site)
{
    struct sim_host *h = &sim->hosts[host];

    if (h->site != NULL) {
        forget_host(h->site, h);
    }
    h->site = site;
    /* In many networks: some limits are of a /16. */
    h->addr.ip[0] = site != NULL ? 10 : (uint8_t)(20 + host % 60);
}

void sim_renumber(struct sim *sim, size_t host)
{
    struct sim_host *h = &sim->hosts[host];

    assert(p2p__list_empty(&h->pipes) && p2p__list_empty(&h->listeners));
    if (h->site != NULL) {
        forget_host(h->site, h);
    }
    h->addr.ip[1] = (uint8_t)(h->addr.ip[1] + 16); /* see sim_find() */
}

void sim_sites_fini(struct sim *sim)
{
    for (size_t i = 0; i < sim->n_sites; i++) {
        P2P__LIST_EACH_SAFE (it, &sim->sites[i]->maps) {
            forget(P2P__CONTAINER(it, struct sim_mapping, link));
        }
        free(sim->sites[i]->ports[0]);
        free(sim->sites[i]->ports[1]);
        free(sim->sites[i]);
    }
    free(sim->sites);
}
