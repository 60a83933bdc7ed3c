/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See p2p/portmap.h. Happy path: the job looks who the gateway is and what the
 * host listens at, the leases say what to ask, a method asks it, and what is
 * held then becomes the host's. Failure modes: no gateway, none that does
 * anything, one that is gone: the leases know what to do about it.
 */
#include <arpa/inet.h>

#include "base/config.h"
#include "base/mem.h"
#include "portmap/internal.h"
#include "uv/loop.h"
#include "wire/addr_class.h"
#include "wire/maddr.h"

/* How often gateway and interfaces are looked at. */
#define LOOK_NS P2P__SEC(30)

/* After a look that failed; then twice as long. */
#define BLIND_NS P2P__SEC(1)

/* How long taking away may take. */
#define CLOSE_NS P2P__SEC(5)

_Static_assert(P2P__MAPPED_MAX >= P2P__CAP_PORTMAP_PORTS,
               "a host has room for what a gateway lets in");

void p2p__portmap_answered(struct p2p_portmap *pm,
                           const struct p2p__portmap_answer *answer)
{
    pm->failed += answer->outcome == P2P__PORTMAP_DONE ? 0 : 1;
    p2p__leases_answer(&pm->leases, answer, p2p__host_now(pm->host));
    p2p__mark(&pm->job);
}

void p2p__portmap_failed(struct p2p_portmap *pm,
                         enum p2p__portmap_outcome outcome, const char *why)
{
    const struct p2p__portmap_answer answer = {.outcome = outcome, .why = why};

    assert(outcome != P2P__PORTMAP_DONE && why != NULL);
    p2p__portmap_answered(pm, &answer);
}

/* Who the gateway is, and what we are to it. Who cannot look, as without a file
 * descriptor, keeps what he knows; so does who finds no way to it for now. */
static struct p2p__addr find_gateway(struct p2p_portmap *pm,
                                     struct p2p__addr *own)
{
    struct p2p__net *net = pm->host->world->net;
    const struct p2p__addr none = {0};
    struct p2p__addr gateway = pm->given;
    const int rv = gateway.family != 0 ? 0 : p2p__portmap_route(&gateway);
    const bool can = rv == 0 && net->source != NULL &&
                     net->source(net, &gateway, own) && own->family == 4;
    const bool known = p2p__addr_same_ip(&gateway, &pm->leases.gateway);

    pm->blind = rv == P2P_ENOTFOUND || can ? 0 : pm->blind + 1;
    if (rv == P2P_EIO || (rv == 0 && !can && (known || pm->is_public))) {
        *own = pm->own;
        return pm->leases.gateway;
    }
    if (!can) {
        *own = none;
        pm->is_public = false;
        return none;
    }
    pm->is_public = p2p__addr_class(own) == P2P__ADDR_PUBLIC;
    return pm->is_public ? none : gateway;
}

/* When to look again: soon, then less so, where it did not help. */
static p2p_ns look_again(const struct p2p_portmap *pm)
{
    return pm->blind == 0
               ? LOOK_NS
               : p2p__ns_min(LOOK_NS, BLIND_NS << p2p__min(pm->blind - 1, 5));
}

/* Looks at gateway and ports anew. */
static void look(struct p2p_portmap *pm, p2p_ns now)
{
    const struct p2p__addr none = {0};
    struct p2p__mapped at[P2P__CAP_PORTMAP_PORTS];
    struct p2p__portmap_port ports[P2P__CAP_PORTMAP_PORTS];
    struct p2p__addr own, gateway;
    size_t n;

    gateway = find_gateway(pm, &own);
    if (!p2p__addr_same_ip(&own, &pm->own)) {
        p2p__leases_gateway(&pm->leases, &none, now); /* what it has leads to
                                                       * where we are not */
    }
    pm->own = own;
    p2p__leases_gateway(&pm->leases, &gateway, now);
    n = p2p__host_mapper_ports(pm->host, &own, at, P2P__COUNT(at));
    for (size_t i = 0; i < n; i++) {
        ports[i] =
            (struct p2p__portmap_port){.udp = at[i].udp, .port = at[i].port};
    }
    p2p__leases_want(&pm->leases, ports, n, now);
    p2p__timer_set(&pm->look_timer, p2p__ns_after(now, look_again(pm)));
}

static void ask(struct p2p_portmap *pm, const struct p2p__portmap_order *order,
                p2p_ns now)
{
    pm->asked++;
    switch (order->method) {
        case P2P__PORTMAP_PCP:
            p2p__portmap_pcp_ask(pm, order, now);
            break;
        case P2P__PORTMAP_NATPMP:
            p2p__portmap_natpmp_ask(pm, order, now);
            break;
        default:
            p2p__portmap_upnp_ask(pm, order, now);
            break;
    }
}

static void log_row(const struct p2p_portmap *pm, const struct p2p__lease *row)
{
    char text[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_multiaddr ma;

    if (row->held) {
        p2p__maddr_from_addr(
            &row->outer, row->inner.udp ? P2P_MULTIADDR_UDP : P2P_MULTIADDR_TCP,
            &ma);
    }
    P2P__LOG(pm->host->env.log, INFO, "portmap.port %s/%u at=%s told=%d",
             row->inner.udp ? "udp" : "tcp", row->inner.port,
             row->held ? p2p_multiaddr_text(&ma, text) : "-", row->told);
}

static bool same(const struct p2p__mapped *a, const struct p2p__mapped *b)
{
    return a->udp == b->udp && a->port == b->port &&
           a->outer.port == b->outer.port &&
           p2p__addr_same_ip(&a->outer, &b->outer);
}

/* Notes a port of which others are told; whether it was there before. */
static bool note(struct p2p__mapper *m, const struct p2p__lease *row,
                 size_t before)
{
    const struct p2p__mapped now = {
        .udp = row->inner.udp, .port = row->inner.port, .outer = row->outer};
    const bool known = m->n < before && same(&m->list[m->n], &now);

    m->list[m->n++] = now;
    return known;
}

/* The host gets to know what is held, if that is something else. */
static void publish(struct p2p_portmap *pm)
{
    const size_t before = pm->mapper.n;
    bool differs = false;

    pm->mapper.n = 0;
    for (size_t i = 0; i < pm->leases.n; i++) {
        const struct p2p__lease *row = &pm->leases.rows[i];

        log_row(pm, row);
        if (row->told && !note(&pm->mapper, row, before)) {
            differs = true;
        }
    }
    if (differs || pm->mapper.n != before) {
        p2p__host_mapper_changed(pm->host);
    }
    if (pm->changed != NULL) {
        pm->changed(pm->user);
    }
}

/* It is closed: frees it, and tells. */
static void finish(struct p2p_portmap *pm)
{
    void (*closed)(void *user) = pm->closed;
    void *user = pm->closed_user;

    p2p_portmap_free(pm);
    if (closed != NULL) {
        closed(user);
    }
}

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p_portmap *pm = P2P__CONTAINER(job, struct p2p_portmap, job);
    struct p2p__portmap_order order;

    if (pm->looks && !pm->closing) {
        look(pm, now);
    }
    if (pm->woke) {
        p2p__leases_again(&pm->leases, now);
    }
    pm->looks = pm->woke = false;
    while (p2p__leases_next(&pm->leases, &order, now)) {
        ask(pm, &order, now);
    }
    if (p2p__leases_changed(&pm->leases)) {
        publish(pm);
    }
    if (pm->closing && p2p__leases_idle(&pm->leases)) {
        finish(pm);
        return;
    }
    p2p__timer_set(&pm->timer, p2p__leases_deadline(&pm->leases));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    (void)now;
    p2p__mark(&P2P__CONTAINER(timer, struct p2p_portmap, timer)->job);
}

static void on_look(struct p2p__mapper *m)
{
    struct p2p_portmap *pm = P2P__CONTAINER(m, struct p2p_portmap, mapper);

    pm->looks = true;
    p2p__mark(&pm->job);
}

static void on_woke(struct p2p__mapper *m)
{
    P2P__CONTAINER(m, struct p2p_portmap, mapper)->woke = true;
    on_look(m);
}

static void on_look_due(struct p2p__timer *timer, p2p_ns now)
{
    (void)now;
    on_look(&P2P__CONTAINER(timer, struct p2p_portmap, look_timer)->mapper);
}

static void on_end(struct p2p__timer *timer, p2p_ns now)
{
    (void)now;
    finish(P2P__CONTAINER(timer, struct p2p_portmap, end_timer));
}

/* The gateway that a config names; false: it is no address. */
static bool read_gateway(const char *text, struct p2p__addr *out)
{
    *out = (struct p2p__addr){0};
    if (text == NULL) {
        return true;
    }
    out->family = 4;
    return inet_pton(AF_INET, text, out->ip) == 1;
}

int p2p__portmap_new(struct p2p_loop *loop, struct p2p_host *host,
                     const struct p2p_portmap_config *given,
                     struct p2p_portmap **out)
{
    static const struct p2p_portmap_config defaults = P2P_PORTMAP_CONFIG_INIT;
    struct p2p__runq *q = host->world->q;
    struct p2p_portmap_config cfg;
    struct p2p__addr gateway;
    struct p2p_portmap *pm;
    int rv =
        p2p__config_read(&cfg, sizeof cfg, given != NULL ? given : &defaults);

    *out = NULL;
    if (rv != 0 || !read_gateway(cfg.gateway, &gateway)) {
        return P2P_EINVAL;
    }
    pm = p2p__zalloc(sizeof *pm);
    if (pm == NULL) {
        return P2P_ENOMEM;
    }
    pm->mapper.look = on_look;
    pm->mapper.woke = on_woke;
    rv = p2p__host_mapper_set(host, &pm->mapper);
    if (rv != 0) {
        p2p__free(pm);
        return rv;
    }
    pm->loop = loop;
    pm->host = host;
    pm->given = gateway;
    pm->changed = cfg.changed;
    pm->user = cfg.user;
    p2p__leases_init(&pm->leases,
                     &(struct p2p__leases_cfg){
                         .lifetime_s = cfg.lifetime_s,
                         .without = {cfg.no_pcp, cfg.no_natpmp, cfg.no_upnp},
                         .private_addrs = cfg.private_addrs,
                         .env = &host->env});
    p2p__job_init(&pm->job, q, on_job);
    p2p__timer_init(&pm->timer, q, on_due);
    p2p__timer_init(&pm->look_timer, q, on_look_due);
    p2p__timer_init(&pm->end_timer, q, on_end);
    p2p__portmap_pcp_init(pm);
    p2p__portmap_natpmp_init(pm);
    p2p__portmap_upnp_init(pm);
    p2p__portmap_listen(pm);
    on_look(&pm->mapper);
    *out = pm;
    return 0;
}

int p2p_portmap_new(struct p2p_loop *loop, struct p2p_host *host,
                    const struct p2p_portmap_config *cfg,
                    struct p2p_portmap **out)
{
    return p2p__portmap_new(loop, host, cfg, out);
}

void p2p_portmap_close(struct p2p_portmap *portmap, void (*done)(void *user),
                       void *user)
{
    if (portmap == NULL || portmap->closing) {
        return;
    }
    portmap->closing = true;
    portmap->closed = done;
    portmap->closed_user = user;
    portmap->changed = NULL;
    p2p__leases_stop(&portmap->leases);
    p2p__timer_set(&portmap->end_timer,
                   p2p__ns_after(p2p__host_now(portmap->host), CLOSE_NS));
    p2p__mark(&portmap->job);
}

void p2p_portmap_free(struct p2p_portmap *portmap)
{
    if (portmap == NULL) {
        return;
    }
    p2p__portmap_pcp_fini(portmap);
    p2p__portmap_natpmp_fini(portmap);
    p2p__portmap_upnp_fini(portmap);
    if (portmap->announced != NULL) {
        portmap->announced->close(portmap->announced);
    }
    p2p__timer_fini(&portmap->timer);
    p2p__timer_fini(&portmap->look_timer);
    p2p__timer_fini(&portmap->end_timer);
    p2p__job_fini(&portmap->job);
    (void)p2p__host_mapper_set(portmap->host, NULL);
    if (portmap->mapper.n > 0) {
        p2p__host_mapper_changed(portmap->host);
    }
    p2p__free(portmap);
}
