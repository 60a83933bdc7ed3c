/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Dials and listeners of the simulated world. A dial takes a round trip; what
 * walls and NATs do not let in is tried again as TCP does, for half a minute.
 * Two that dial each other at the same time, each from where the other one
 * dials to, get one connection.
 */
#include <stdlib.h>

#include "pipe.h"

#define SYN_RTO   P2P__SEC(1)
#define SYN_TRIES 5
#define PORT_MIN  49152U

struct connect {
    struct sim_event ev;
    struct end *end; /* counted */
    int tries;
};

struct sim_listener {
    struct p2p__listener l;
    struct p2p__list link;
    struct sim_host *host;
};

/* An end that dials where a dial comes from, from the place that it goes to:
 * the two become one connection. NULL: none. */
static struct end *find_dialing(const struct sim_place *to,
                                const struct end *peer)
{
    P2P__LIST_EACH (it, &to->host->pipes) {
        struct end *e = P2P__CONTAINER(it, struct end, link);

        if (e->dialing && e->local.port == to->port &&
            e->seen.port == peer->remote.port &&
            e->remote.port == peer->seen.port &&
            p2p__addr_same_ip(&e->remote, &peer->seen)) {
            return e;
        }
    }
    return NULL;
}

static struct sim_listener *find_listener(struct sim_host *h, uint16_t port)
{
    P2P__LIST_EACH (it, &h->listeners) {
        struct sim_listener *l = P2P__CONTAINER(it, struct sim_listener, link);

        if (l->l.addr.port == port) {
            return l;
        }
    }
    return NULL;
}

/* Joins the dialer to a fresh end at the listener's host, which was found at
 * `to`. */
static void join_ends(struct end *a, struct sim_listener *l,
                      const struct sim_place *to)
{
    struct end *b = sim_end_new(l->host);

    a->other = b;
    b->other = a;
    a->refs++;
    b->refs++;
    b->local.port = l->l.addr.port;
    b->remote = a->seen;
    b->seen = a->remote;
    b->map = sim_mapping_ref(to->map);
}

/* Two ends that dialed each other are connected. */
static void meet(struct end *a, struct end *b, p2p_ns now)
{
    a->other = b;
    b->other = a;
    a->refs++;
    b->refs++;
    a->dialing = b->dialing = false;
    b->pipe.cb->connected(b->pipe.user, 0, now);
    sim_touch(b->host, now);
    if (!a->closed) {
        a->pipe.cb->connected(a->pipe.user, 0, now);
    }
}

static void on_connect(struct sim *sim, struct sim_event *ev)
{
    struct connect *c = P2P__CONTAINER(ev, struct connect, ev);
    struct end *e = c->end;
    struct sim_listener *l;
    struct sim_place to;
    struct end *dialing;
    enum sim_where where;

    if (e->closed || !e->dialing) {
        goto done;
    }
    where = sim_locate(e->host, &e->remote, false, &to);
    if (where != SIM_FOUND || !sim_connected(e->host, to.host) ||
        !sim_lets_in(&to, &e->seen, false)) {
        if (where != SIM_NOWHERE && c->tries < SYN_TRIES) {
            sim_at(sim, &c->ev, sim->now + (SYN_RTO << c->tries++));
            return;
        }
        e->pipe.cb->connected(e->pipe.user, P2P_EUNREACH, sim->now);
        goto done;
    }
    dialing = find_dialing(&to, e);
    if (dialing != NULL) {
        meet(e, dialing, sim->now);
        goto done;
    }
    l = find_listener(to.host, to.port);
    e->dialing = false;
    if (l == NULL) {
        e->pipe.cb->connected(e->pipe.user, P2P_EREFUSED, sim->now);
        goto done;
    }
    join_ends(e, l, &to);
    l->l.cb->accepted(l->l.user, &e->other->pipe, sim->now);
    sim_touch(to.host, sim->now);
    if (!e->closed) {
        e->pipe.cb->connected(e->pipe.user, 0, sim->now);
    }
done:
    sim_touch(e->host, sim->now);
    sim_end_unref(e);
    free(c);
}

uint16_t sim_take_port(struct sim_host *h)
{
    if (h->next_port < PORT_MIN) {
        h->next_port = PORT_MIN;
    }
    return h->next_port++;
}

/* When a new connection is there: a round trip, and later if one is lost. */
static p2p_ns greeting(struct sim *sim, bool near)
{
    p2p_ns at = sim->now + 2 * sim_latency(sim, near);

    for (int i = 0; i < SYN_TRIES && sim_lost(sim); i++) {
        at += SYN_RTO << i;
    }
    return at;
}

/* Dials from a port. */
static struct end *dial(struct sim_host *h, uint16_t port,
                        const struct p2p__addr *to)
{
    const struct sim_flow flow = {.port = port, .to = to};
    struct connect *c = calloc(1, sizeof *c);
    struct end *e = sim_end_new(h);

    assert(c != NULL);
    e->remote = *to;
    e->local.port = port;
    e->dialing = true;
    e->refs++;
    e->map = sim_mapping_ref(sim_leave(h, &flow, &e->seen));
    c->ev.run = on_connect;
    c->end = e;
    sim_at(h->sim, &c->ev, greeting(h->sim, sim_is_near(h, to)));
    return e;
}

struct p2p__pipe *sim_net_dial(struct p2p__net *net, const struct p2p__addr *to,
                               const struct p2p__pipe_cb *cb, void *user,
                               int *err)
{
    struct sim_host *h = P2P__CONTAINER(net, struct sim_host, net);
    struct end *e = dial(h, sim_take_port(h), to);

    *err = 0;
    e->pipe.cb = cb;
    e->pipe.user = user;
    return &e->pipe;
}

/* Whether a host has a connection from a port to an address. */
static bool is_connected(const struct sim_host *h, uint16_t port,
                         const struct p2p__addr *to)
{
    P2P__LIST_EACH (it, &h->pipes) {
        const struct end *e = P2P__CONTAINER(it, struct end, link);

        if (e->local.port == port && e->remote.port == to->port &&
            p2p__addr_same_ip(&e->remote, to)) {
            return true;
        }
    }
    return false;
}

struct p2p__pipe *sim_net_dial_from(struct p2p__net *net,
                                    const struct p2p__leg *leg,
                                    const struct p2p__pipe_cb *cb, void *user,
                                    int *err)
{
    struct sim_host *h = P2P__CONTAINER(net, struct sim_host, net);
    struct end *e;

    *err = P2P_EADDRINUSE;
    if (is_connected(h, leg->from->addr.port, leg->to)) {
        return NULL;
    }
    e = dial(h, leg->from->addr.port, leg->to);
    *err = 0;
    e->pipe.cb = cb;
    e->pipe.user = user;
    return &e->pipe;
}

bool sim_net_source(struct p2p__net *net, const struct p2p__addr *to,
                    struct p2p__addr *from)
{
    *from = P2P__CONTAINER(net, struct sim_host, net)->addr;
    return to->family == from->family;
}

static void listener_close(struct p2p__listener *base)
{
    struct sim_listener *l = P2P__CONTAINER(base, struct sim_listener, l);

    p2p__list_remove(&l->link);
    free(l);
}

struct p2p__listener *sim_net_listen(struct p2p__net *net,
                                     const struct p2p__addr *at,
                                     const struct p2p__listener_cb *cb,
                                     void *user, int *err)
{
    struct sim_host *h = P2P__CONTAINER(net, struct sim_host, net);
    struct sim_listener *l;

    *err = P2P_EADDRINUSE;
    if (at->family != 4 ||
        (at->port != 0 && find_listener(h, at->port) != NULL)) {
        return NULL;
    }
    l = calloc(1, sizeof *l);
    assert(l != NULL);
    l->l = (struct p2p__listener){
        .cb = cb, .user = user, .addr = *at, .close = listener_close};
    l->l.addr.port = at->port != 0 ? at->port : sim_take_port(h);
    l->host = h;
    p2p__list_push(&h->listeners, &l->link);
    *err = 0;
    return &l->l;
}

void sim_listeners_fini(struct sim_host *h)
{
    struct p2p__list *link = p2p__list_first(&h->listeners);

    while (link != NULL) {
        listener_close(&P2P__CONTAINER(link, struct sim_listener, link)->l);
        link = p2p__list_first(&h->listeners);
    }
}
