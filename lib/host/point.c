/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host that is a rendezvous point: off unless its configuration says so.
 * Each stream of a peer has a core of its own; all of them share the registry.
 */
#include "base/config.h"
#include "base/mem.h"
#include "host/attach.h"
#include "p2p/rendezvous.h"
#include "proto/rendezvous/server.h"

struct p2p__host_point {
    struct p2p_host *host;
    struct p2p__rendezvous_registry registry;
    struct p2p__timer timer; /* registrations expire */
    bool (*allow)(void *user, const struct p2p_peer_id *peer); /* or NULL */
    void *user;
};

/* A stream of a peer, as long as there is one. */
struct serving {
    struct p2p__attach a;
    struct p2p__rendezvous_server core;
    struct p2p__host_point *point;
};

static void wait(struct p2p__host_point *p)
{
    p2p__timer_set(&p->timer, p2p__rendezvous_registry_deadline(&p->registry));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__host_point *p =
        P2P__CONTAINER(timer, struct p2p__host_point, timer);

    p2p__rendezvous_registry_expire(&p->registry, now);
    wait(p);
}

static void on_events(void *user, p2p_ns now)
{
    struct serving *s = user;

    (void)now;
    wait(s->point);
}

static void on_done(void *user, int status, p2p_ns now)
{
    struct serving *s = user;

    (void)status;
    (void)now;
    p2p__attach_fini(&s->a);
    p2p__serve_fini(&s->core.serve);
    p2p__free(s);
}

static const struct p2p__attach_cb attach_cb = {
    .events = on_events,
    .done = on_done,
};

static void on_inbound(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct p2p__host_point *p = user;
    const struct p2p_peer_id *peer = &stream->peer->id;
    const struct p2p__addr none = {0};
    const struct p2p__fair_who who = {
        peer, stream->conn != NULL ? &stream->conn->remote : &none};
    struct p2p__rendezvous_server_cfg cfg = {
        .registry = &p->registry, .who = &who, .quota = &stream->peer->quota};
    struct serving *s = NULL;
    const bool allowed = p->allow == NULL || p->allow(p->user, peer);

    if (allowed) {
        s = p2p__zalloc(sizeof *s);
    }
    if (s == NULL) {
        p2p__stream_reset(stream, allowed ? P2P_ENOMEM : P2P_EACCES);
        return;
    }
    s->point = p;
    p2p__attach_init(&s->a, p->host, &attach_cb, s);
    cfg.owner = &s->a.job;
    p2p__rendezvous_server_init(&s->core, &cfg, now);
    p2p__attach_start(&s->a, stream, &p2p__serve_ops, &s->core.serve);
}

/* Makes the part of a host that is a point; it stays until the host ends. 0 or
 * P2P_ENOMEM. */
static int make(struct p2p_host *h, const struct p2p_rendezvous_config *cfg)
{
    struct p2p__rendezvous_registry_cfg registry = {.quota = &h->swarm->quota};
    struct p2p__host_point *p = p2p__zalloc(sizeof *p);

    if (p == NULL) {
        return P2P_ENOMEM;
    }
    p->host = h;
    registry.limits = (struct p2p__rendezvous_limits){
        .registrations = cfg->max_registrations,
        .registrations_per_peer = cfg->max_registrations_per_peer,
        .registrations_per_addr = cfg->max_registrations_per_addr,
        .ttl_s = cfg->max_ttl_s};
    p2p__env_seed(&h->env, registry.seed);
    h->env.random(&h->env, registry.cookie_key, sizeof registry.cookie_key);
    p2p__rendezvous_registry_init(&p->registry, &registry);
    p2p__timer_init(&p->timer, h->world->q, on_due);
    h->point = p;
    return 0;
}

int p2p__host_point_init(struct p2p_host *h,
                         const struct p2p_rendezvous_config *given)
{
    struct p2p_rendezvous_config cfg;
    int rv = 0;

    if (given == NULL) {
        return 0;
    }
    if (p2p__config_read(&cfg, sizeof cfg, given) != 0) {
        return P2P_EINVAL;
    }
    if (h->point == NULL) {
        rv = make(h, &cfg);
    }
    if (rv != 0) {
        return rv;
    }
    h->point->allow = cfg.allow;
    h->point->user = cfg.user;
    return p2p__handlers_set(&h->swarm->handlers, P2P__RENDEZVOUS_PROTOCOL,
                             on_inbound, h->point);
}

int p2p_rendezvous_serve(struct p2p_host *host,
                         const struct p2p_rendezvous_config *cfg)
{
    int rv = p2p__host_point_init(host, cfg);

    if (cfg == NULL) {
        p2p__handlers_remove(&host->swarm->handlers, P2P__RENDEZVOUS_PROTOCOL);
    }
    if (rv == 0) {
        p2p__host_identify_push(host);
    }
    return rv;
}

void p2p__host_point_fini(struct p2p_host *h)
{
    if (h->point != NULL) {
        p2p__timer_fini(&h->point->timer);
        p2p__rendezvous_registry_fini(&h->point->registry);
        p2p__free(h->point);
        h->point = NULL;
    }
}
