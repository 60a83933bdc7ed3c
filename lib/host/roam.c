/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host on a machine whose addresses come and go. Happy path: the world says
 * that something changed, a moment later our addresses are looked at, and
 * whoever depends on them is told: mDNS, connections, reservations, AutoNAT,
 * identify, the application. Where only the way out is another one, the others
 * are asked whether they still hear us. Failure mode: the world cannot say so;
 * then they are looked at every few seconds.
 */
#include "stack/roam.h"

#include "base/map.h"
#include "base/mem.h"
#include "host/autonat.h"
#include "host/mapped.h"
#include "stack/wander.h"

struct p2p__host_roam {
    struct p2p_host *host;
    struct p2p__ifaces_watch watch;
    struct p2p__timer timer;
    struct p2p__job job; /* perhaps there is something to tell */
    uint64_t told;       /* a hash of what the application knows */
    struct p2p__roam core;
};

static int64_t slept_ns(const struct p2p_host *h)
{
    struct p2p__env *env = h->world_env;

    return env->slept_ns == NULL ? 0 : env->slept_ns(env);
}

static void set_timer(struct p2p__host_roam *r)
{
    p2p__timer_set(&r->timer, p2p__roam_deadline(&r->core));
}

static void on_changed(struct p2p__ifaces_watch *watch, p2p_ns now)
{
    struct p2p__host_roam *r =
        P2P__CONTAINER(watch, struct p2p__host_roam, watch);

    p2p__roam_stir(&r->core, now);
    set_timer(r);
}

static void on_rerouted(struct p2p__ifaces_watch *watch, p2p_ns now)
{
    struct p2p__host_roam *r =
        P2P__CONTAINER(watch, struct p2p__host_roam, watch);

    p2p__roam_reroute(&r->core, now);
    set_timer(r);
}

/* There are other addresses now. */
static void moved(struct p2p__host_roam *r, p2p_ns now)
{
    struct p2p_host *h = r->host;

    P2P__LOG(h->env.log, INFO, "roam.moved: this machine's addresses changed");
    p2p__host_mdns_look(h);
    p2p__wander_moved(h->swarm, &r->core, now);
    p2p__host_reserve_moved(h, now);
    p2p__host_addrs_changed(h);
}

/* Nothing was heard for a while. */
static void woke(struct p2p_host *h, p2p_ns now)
{
    P2P__LOG(h->env.log, INFO, "roam.woke: time passed, connections are asked");
    p2p__wander_woke(h->swarm, now);
    p2p__host_reserve_moved(h, now);
    p2p__host_mdns_again(h);
    if (h->mapper != NULL) {
        h->mapper->woke(h->mapper);
    }
    p2p__host_addrs_changed(h);
}

/* What we send goes another way: those at the end of it may not hear us. */
static void rerouted(struct p2p_host *h, p2p_ns now)
{
    P2P__LOG(h->env.log, INFO,
             "roam.rerouted: the way out is another, connections are asked");
    p2p__wander_woke(h->swarm, now);
    p2p__host_reserve_moved(h, now);
    if (h->mapper != NULL) {
        h->mapper->woke(h->mapper);
    }
}

static void look(struct p2p__host_roam *r, p2p_ns now)
{
    struct p2p__iface own[P2P__ROAM_IFACES];
    struct p2p__ifaces *ifaces = r->host->world->ifaces;
    const int found = ifaces->list(ifaces, own, P2P__ROAM_IFACES);
    const unsigned news = p2p__roam_look(&r->core, own, found, now);

    if ((news & P2P__ROAM_ADDRS) != 0) {
        moved(r, now);
    }
    if ((news & P2P__ROAM_ROUTES) != 0) {
        rerouted(r->host, now);
    }
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__host_roam *r =
        P2P__CONTAINER(timer, struct p2p__host_roam, timer);

    if (p2p__roam_tick(&r->core, slept_ns(r->host), now) & P2P__ROAM_WOKE) {
        woke(r->host, now);
    }
    if (p2p__roam_is_due(&r->core, now)) {
        look(r, now);
    }
    set_timer(r);
}

/* A hash of what we tell of ourselves. */
static uint64_t hash(const struct p2p_host *h)
{
    static const uint64_t seed[2] = {0, 0}; /* nobody gains by a collision */
    struct p2p_multiaddr addrs[P2P__CAP_OWN_ADDRS];
    const size_t n = p2p__min(p2p_host_addrs(h, addrs, P2P__CAP_OWN_ADDRS),
                              P2P__CAP_OWN_ADDRS);
    uint64_t sum = n;

    for (size_t i = 0; i < n; i++) {
        sum = sum * 31 + p2p__siphash(seed, addrs[i].bytes, addrs[i].len);
    }
    return sum;
}

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p__host_roam *r = P2P__CONTAINER(job, struct p2p__host_roam, job);
    const uint64_t is = hash(r->host);

    (void)now;
    if (is != r->told) {
        r->told = is;
        r->host->events->addrs_changed(r->host->user);
    }
}

void p2p__host_roam_told(struct p2p_host *h)
{
    if (h->roam != NULL && h->events->addrs_changed != NULL) {
        h->roam->told = hash(h);
    }
}

void p2p__host_roam_tell(struct p2p_host *h)
{
    if (h->roam != NULL && h->events->addrs_changed != NULL) {
        p2p__mark(&h->roam->job);
    }
}

void p2p__host_roam_stir(struct p2p_host *h, p2p_ns now)
{
    on_changed(&h->roam->watch, now);
}

int p2p__host_roam_init(struct p2p_host *h)
{
    struct p2p__ifaces *ifaces = h->world->ifaces;
    const p2p_ns now = p2p__host_now(h);
    struct p2p__host_roam *r = p2p__zalloc(sizeof *r);
    bool watched;

    if (r == NULL) {
        return P2P_ENOMEM;
    }
    r->host = h;
    r->watch.changed = on_changed;
    r->watch.rerouted = on_rerouted;
    p2p__list_init(&r->watch.link);
    p2p__timer_init(&r->timer, h->world->q, on_due);
    p2p__job_init(&r->job, h->world->q, on_job);
    watched = ifaces->watch != NULL && ifaces->watch(ifaces, &r->watch) == 0;
    p2p__roam_init(&r->core, watched, slept_ns(h), now);
    h->roam = r;
    set_timer(r);
    return 0;
}

void p2p__host_roam_fini(struct p2p_host *h)
{
    struct p2p__host_roam *r = h->roam;

    if (r == NULL) {
        return;
    }
    p2p__list_remove(&r->watch.link);
    p2p__timer_fini(&r->timer);
    p2p__job_fini(&r->job);
    p2p__free(r);
    h->roam = NULL;
}
