/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Time, turns and the trace of the simulated world: see sim.h. */
#include <stdlib.h>

#include "base/map.h"
#include "site.h"

/* Jobs a host runs in one turn. */
#define TURN_JOBS     64
#define START_WALL_NS 1767225600000000000LL
/* A way inside of a site is so much shorter. */
#define NEARER 40

static const uint64_t trace_seed[2] = {1, 2};

void sim_trace(struct sim *sim, const void *p, size_t len)
{
    const uint64_t words[] = {sim->trace, sim->now,
                              p2p__siphash(trace_seed, p, len)};
    uint8_t step[sizeof words];

    for (size_t i = 0; i < sizeof step; i++) {
        step[i] = (uint8_t)(words[i / 8] >> (i % 8 * 8));
    }
    sim->trace = p2p__siphash(trace_seed, step, sizeof step);
}

void sim_at(struct sim *sim, struct sim_event *ev, p2p_ns at)
{
    ev->node = (struct p2p__heap_node){0};
    p2p__heap_set(&sim->events, &ev->node, at < sim->now ? sim->now : at);
}

void sim_touch(struct sim_host *h, p2p_ns at)
{
    at = at < h->sim->now ? h->sim->now : at;
    if (!h->turn.armed || at < h->turn.at) {
        p2p__heap_set(&h->sim->events, &h->turn, at);
    }
}

static void on_wake(struct p2p__runq *q)
{
    struct sim_host *h = P2P__CONTAINER(q, struct sim_host, q);

    sim_touch(h, h->sim->now);
}

static p2p_ns world_now(const struct p2p__world *w)
{
    union {
        const struct p2p__world *c;
        struct p2p__world *m;
    } u = {.c = w};

    return P2P__CONTAINER(u.m, struct sim_host, world)->sim->now;
}

static void fill(struct p2p__env *env, void *p, size_t len)
{
    p2p__rng_fill(&P2P__CONTAINER(env, struct sim_host, env)->rng, p, len);
}

/* Apart from all else: two map seeds, one trace. */
static void map_seed(struct p2p__env *env, uint64_t seed[2])
{
    struct p2p__rng *rng = &P2P__CONTAINER(env, struct sim_host, env)->maps;

    seed[0] = p2p__rng_next(rng);
    seed[1] = p2p__rng_next(rng);
}

static int64_t wall(struct p2p__env *env)
{
    const struct sim *sim = P2P__CONTAINER(env, struct sim_host, env)->sim;

    return START_WALL_NS + (int64_t)sim->now;
}

static int list_ifaces(struct p2p__ifaces *self, struct p2p__iface *at,
                       size_t cap)
{
    const struct sim_host *h = P2P__CONTAINER(self, struct sim_host, ifaces);

    const struct p2p__iface all[] = {
        {.index = 1,
         .multicast = true,
         .addr = h->iface.family != 0 ? h->iface : h->addr,
         .prefix = h->prefix},
        {.index = 2,
         .loopback = true,
         .addr = {.family = 4, .ip = {127, 0, 0, 1}}},
        {.index = 2, .loopback = true, .addr = {.family = 6, .ip = {[15] = 1}}},
    };

    memcpy(at, all, p2p__min(cap, P2P__COUNT(all)) * sizeof *at);
    return (int)P2P__COUNT(all);
}

static int watch_ifaces(struct p2p__ifaces *self, struct p2p__ifaces_watch *w)
{
    p2p__list_init(&w->link);
    p2p__list_push(&P2P__CONTAINER(self, struct sim_host, ifaces)->watches,
                   &w->link);
    return 0;
}

void sim_watch_ifaces(struct sim *sim, size_t host)
{
    sim->hosts[host].ifaces.watch = watch_ifaces;
}

void sim_rerouted(struct sim *sim, size_t host)
{
    P2P__LIST_EACH_SAFE (it, &sim->hosts[host].watches) {
        struct p2p__ifaces_watch *w =
            P2P__CONTAINER(it, struct p2p__ifaces_watch, link);

        w->rerouted(w, sim->now);
    }
}

void sim_ifaces_changed(struct sim *sim, size_t host)
{
    P2P__LIST_EACH_SAFE (it, &sim->hosts[host].watches) {
        struct p2p__ifaces_watch *w =
            P2P__CONTAINER(it, struct p2p__ifaces_watch, link);

        w->changed(w, sim->now);
    }
}

void sim_move(struct sim *sim, size_t host, uint8_t first)
{
    sim->hosts[host].addr.ip[0] = first;
    sim_ifaces_changed(sim, host);
}

static int64_t slept(struct p2p__env *env)
{
    return P2P__CONTAINER(env, struct sim_host, env)->slept;
}

static void on_log(void *user, enum p2p__log_level level, const char *text)
{
    const struct sim_host *h = user;

    if (h->sim->cfg.log != NULL) {
        h->sim->cfg.log(h->sim, h->index, (int)level, text);
    }
}

static void host_init(struct sim *sim, struct sim_host *h, size_t index)
{
    *h = (struct sim_host){.sim = sim, .index = index, .alive = true};
    h->addr.family = 4;
    h->addr.ip[0] = 10;
    h->addr.ip[1] = (uint8_t)((index + 1) >> 16);
    h->addr.ip[2] = (uint8_t)((index + 1) >> 8);
    h->addr.ip[3] = (uint8_t)(index + 1);
    h->env = (struct p2p__env){.random = fill,
                               .wall_ns = wall,
                               .slept_ns = slept,
                               .map_seed = map_seed,
                               .log = &h->logger};
    h->logger = (struct p2p__logger){
        .level = P2P__LOG_DEBUG, .user = h, .sink = on_log};
    h->ifaces.list = list_ifaces;
    p2p__rng_seed(&h->rng, p2p__rng_next(&sim->rng));
    p2p__rng_seed(&h->maps, sim->cfg.map_seed + index);
    p2p__runq_init(&h->q, on_wake);
    p2p__list_init(&h->listeners);
    p2p__list_init(&h->watches);
    p2p__list_init(&h->udps);
    p2p__list_init(&h->pipes);
    sim_net_init(h);
    h->world = (struct p2p__world){.q = &h->q,
                                   .env = &h->env,
                                   .net = &h->net,
                                   .ifaces = &h->ifaces,
                                   .now = world_now};
}

void sim_init(struct sim *sim, const struct sim_cfg *cfg, size_t n)
{
    *sim = (struct sim){.cfg = *cfg, .now = P2P__SEC(1), .n_hosts = n};
    p2p__heap_init(&sim->events);
    p2p__rng_seed(&sim->rng, cfg->seed);
    sim->hosts = calloc(n, sizeof *sim->hosts);
    assert(sim->hosts != NULL);
    for (size_t i = 0; i < n; i++) {
        host_init(sim, &sim->hosts[i], i);
    }
}

static void drain_events(struct sim *sim);

/* Whether a node of the heap is a host's turn; then which host's. */
static struct sim_host *turn_of(struct sim *sim, struct p2p__heap_node *n)
{
    const char *p = (const char *)n, *from = (const char *)sim->hosts;
    const char *to = (const char *)(sim->hosts + sim->n_hosts);

    if (p < from || p >= to) {
        return NULL;
    }
    return P2P__CONTAINER(n, struct sim_host, turn);
}

static void run_turn(struct sim *sim, struct sim_host *h)
{
    p2p_ns next;

    if (!h->alive) {
        return;
    }
    next = p2p__turn(&h->q, sim->now, TURN_JOBS);
    if (next != P2P_NEVER) {
        sim_touch(h, next);
    }
}

/* Runs the earliest event that is due; false: none. */
static bool step(struct sim *sim, p2p_ns until)
{
    struct p2p__heap_node *n = p2p__heap_first(&sim->events);
    struct sim_host *h;

    if (n == NULL || n->at > until) {
        return false;
    }
    assert(n->at >= sim->now);
    sim->now = n->at;
    p2p__heap_remove(&sim->events, n);
    sim->n_events++;
    h = turn_of(sim, n);
    if (h != NULL) {
        run_turn(sim, h);
    } else {
        struct sim_event *ev = P2P__CONTAINER(n, struct sim_event, node);

        ev->run(sim, ev);
    }
    return true;
}

void sim_run(struct sim *sim, p2p_ns until)
{
    while (step(sim, until)) {
    }
    sim->now = until;
}

bool sim_run_until(struct sim *sim, p2p_ns until, bool (*done)(void *arg),
                   void *arg)
{
    while (!done(arg)) {
        if (!step(sim, until)) {
            return false;
        }
    }
    return true;
}

/* Events left over at the end: run them without their hosts. */
static void drain_events(struct sim *sim)
{
    while (step(sim, P2P_NEVER - 1)) {
    }
}

void sim_fini(struct sim *sim)
{
    for (size_t i = 0; i < sim->n_hosts; i++) {
        struct sim_host *h = &sim->hosts[i];

        h->alive = false;
        sim_net_kill(h);
        sim_wall_fini(h);
        p2p__heap_remove(&sim->events, &h->turn);
    }
    drain_events(sim);
    sim_sites_fini(sim);
    free(sim->hosts);
    sim->hosts = NULL;
}

struct sim_host *sim_find(struct sim *sim, const struct p2p__addr *addr)
{
    /* The high half of the second byte counts addresses of one machine. */
    size_t n = ((size_t)(addr->ip[1] & 15U) << 16) +
               ((size_t)addr->ip[2] << 8) + addr->ip[3];
    struct sim_host *h;

    if (addr->family != 4 || n == 0 || n > sim->n_hosts) {
        return NULL;
    }
    h = &sim->hosts[n - 1];
    if (addr->ip[1] != h->addr.ip[1]) {
        return NULL;
    }
    return addr->ip[0] == h->addr.ip[0] ||
                   (h->outside.family != 0 && addr->ip[0] == h->outside.ip[0])
               ? h
               : NULL;
}

p2p_ns sim_latency(struct sim *sim, bool near)
{
    p2p_ns span = sim->cfg.latency_max - sim->cfg.latency_min;
    p2p_ns way = sim->cfg.latency_min + p2p__rng_below(&sim->rng, span + 1);

    return near ? way / NEARER : way;
}

bool sim_lost(struct sim *sim)
{
    return p2p__rng_below(&sim->rng, 1000) < sim->cfg.loss_permille;
}

bool sim_apart(const struct sim_host *a, const struct sim_host *b)
{
    return a->group != b->group && (a->site == NULL || a->site != b->site);
}

bool sim_connected(const struct sim_host *a, const struct sim_host *b)
{
    return a->alive && b->alive && !sim_apart(a, b);
}

void sim_set_group(struct sim *sim, size_t host, uint32_t group)
{
    sim->hosts[host].group = group;
    sim->hosts[host].cut_at = sim->now;
}

void sim_power_off(struct sim *sim, size_t host)
{
    struct sim_host *h = &sim->hosts[host];

    h->alive = false;
    h->cut_at = sim->now;
    p2p__heap_remove(&sim->events, &h->turn);
}

void sim_revive(struct sim *sim, size_t host)
{
    struct sim_host *h = &sim->hosts[host];

    assert(!h->alive && p2p__list_empty(&h->q.jobs));
    assert(p2p__list_empty(&h->pipes) && p2p__list_empty(&h->listeners));
    h->alive = true;
}
