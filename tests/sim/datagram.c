/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Datagrams of the simulated world. Who is at the address is looked for when
 * one leaves and when it arrives. Multicast reaches the machines of a site, and
 * those outside of all sites each other.
 */
#include <stdlib.h>

#include "site.h"

struct sim_udp {
    struct p2p__udp udp;
    struct p2p__list link;
    struct sim_host *host;
    struct p2p__addr at;
    bool grouped;
};

struct datagram {
    struct sim_event ev;
    size_t sender;
    size_t member; /* of the group that it went to, if it is multicast */
    struct p2p__addr from;
    struct p2p__addr to;
    bool multicast;
    size_t len;
    uint8_t bytes[];
};

static void hand_datagram(struct sim_udp *u, struct datagram *d)
{
    const struct p2p__slice in = p2p__slice_of(d->bytes, d->len);
    const struct p2p__udp_run run = {
        .peer = d->from, .local = u->host->addr, .segment = d->len};
    const p2p_ns now = u->host->sim->now;

    if (u->udp.cb->run != NULL) {
        u->udp.cb->run(u->udp.user, in, &run, now);
    } else {
        u->udp.cb->datagram(u->udp.user, in, &d->from, 1, now);
    }
}

static void on_datagram(struct sim *sim, struct sim_event *ev)
{
    struct datagram *d = P2P__CONTAINER(ev, struct datagram, ev);
    struct sim_place to = {.host = &sim->hosts[d->member], .port = d->to.port};

    if ((!d->multicast &&
         sim_locate(&sim->hosts[d->sender], &d->to, true, &to) != SIM_FOUND) ||
        !to.host->alive || !sim_lets_in(&to, &d->from, true)) {
        free(d);
        return;
    }
    P2P__LIST_EACH_SAFE (it, &to.host->udps) {
        struct sim_udp *u = P2P__CONTAINER(it, struct sim_udp, link);

        if (u->at.port == to.port && (u->grouped || !d->multicast)) {
            sim_trace(sim, d->bytes, d->len);
            hand_datagram(u, d);
            sim_touch(to.host, sim->now);
        }
    }
    free(d);
}

/* A datagram to a machine: one that is lost is NULL. */
static struct datagram *send_datagram(struct sim_udp *u, struct sim_host *to,
                                      const uint8_t *buf, size_t len)
{
    struct sim *sim = u->host->sim;
    struct datagram *d;

    if (!sim_connected(u->host, to) || (to != u->host && sim_lost(sim))) {
        return NULL;
    }
    d = calloc(1, sizeof *d + len);
    assert(d != NULL);
    d->ev.run = on_datagram;
    d->sender = u->host->index;
    d->member = to->index;
    d->from = u->host->addr;
    d->from.port = u->at.port;
    d->len = len;
    memcpy(d->bytes, buf, len);
    sim->datagrams++;
    sim_at(sim, &d->ev,
           sim->now +
               sim_latency(sim, to->site != NULL && to->site == u->host->site));
    return d;
}

static void send_to(struct sim_udp *u, const struct p2p__addr *to,
                    const uint8_t *buf, size_t len)
{
    const struct sim_flow flow = {.port = u->at.port, .to = to, .udp = true};
    struct p2p__addr seen;
    struct sim_place place;
    struct datagram *d;

    (void)sim_leave(u->host, &flow, &seen);
    if (sim_locate(u->host, to, true, &place) != SIM_FOUND) {
        return;
    }
    d = send_datagram(u, place.host, buf, len);
    if (d != NULL) {
        d->from = seen;
        d->to = *to;
    }
}

static int udp_send(struct p2p__udp *base, const uint8_t *buf, size_t len,
                    const struct p2p__addr *to, uint32_t ifindex)
{
    struct sim_udp *u = P2P__CONTAINER(base, struct sim_udp, udp);
    struct sim *sim = u->host->sim;

    (void)ifindex;
    u->host->udp_sent += len;
    if (to->ip[0] < 224) {
        send_to(u, to, buf, len);
        return 0;
    }
    for (size_t i = 0; i < sim->n_hosts; i++) {
        struct datagram *d = NULL;

        if (sim->hosts[i].site == u->host->site &&
            !p2p__list_empty(&sim->hosts[i].udps)) {
            d = send_datagram(u, &sim->hosts[i], buf, len);
        }
        if (d != NULL) {
            d->to = *to;
            d->multicast = true;
        }
    }
    return 0;
}

static size_t udp_send_run(struct p2p__udp *base, const uint8_t *buf,
                           size_t len, const struct p2p__udp_run *run)
{
    for (size_t at = 0; at < len; at += run->segment) {
        (void)udp_send(base, buf + at, p2p__min(run->segment, len - at),
                       &run->peer, 0);
    }
    return len;
}

static int udp_group(struct p2p__udp *base, const struct p2p__addr *group,
                     uint32_t ifindex, bool join)
{
    (void)group;
    (void)ifindex;
    P2P__CONTAINER(base, struct sim_udp, udp)->grouped = join;
    return 0;
}

static void udp_close(struct p2p__udp *base)
{
    struct sim_udp *u = P2P__CONTAINER(base, struct sim_udp, udp);

    p2p__list_remove(&u->link);
    free(u);
}

struct p2p__udp *sim_net_udp(struct p2p__net *net, const struct p2p__addr *at,
                             bool shared, const struct p2p__udp_cb *cb,
                             void *user, int *err)
{
    struct sim_host *h = P2P__CONTAINER(net, struct sim_host, net);
    struct sim_udp *u;

    (void)shared;
    *err = P2P_ENOTSUP;
    if (at->family != 4) {
        return NULL;
    }
    u = calloc(1, sizeof *u);
    assert(u != NULL);
    u->udp = (struct p2p__udp){.cb = cb,
                               .user = user,
                               .send_run = udp_send_run,
                               .send = udp_send,
                               .group = udp_group,
                               .close = udp_close};
    u->host = h;
    u->at = *at;
    u->at.port = at->port != 0 ? at->port : sim_take_port(h);
    u->udp.addr = u->at;
    p2p__list_push(&h->udps, &u->link);
    *err = 0;
    return &u->udp;
}

void sim_udps_fini(struct sim_host *h)
{
    struct p2p__list *link = p2p__list_first(&h->udps);

    while (link != NULL) {
        udp_close(&P2P__CONTAINER(link, struct sim_udp, link)->udp);
        link = p2p__list_first(&h->udps);
    }
}
