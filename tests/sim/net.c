/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pipes and datagrams of the simulated world. A pipe has two ends; bytes that
 * are written leave as segments and arrive in order after the latency, a lost
 * one by RTO later, twice that when it is lost again. Where the way is cut or
 * the machine dark, what is on its way waits at the far end, and the first of
 * it is tried again, less and less often, as TCP does: until the way is free,
 * the machine answers that it knows nothing of it, or the writer gives up. A
 * reader that stopped reading leaves segments in the pipe, and the writer waits
 * when more than SNDBUF is on its way.
 */
#include <stdlib.h>

#include "internal.h"

#define SNDBUF (256U * 1024U)
#define RTO    P2P__MS(200)
/* A quarter of an hour until a pipe breaks, half a minute for a new one. */
#define RTO_MAX   P2P__SEC(120)
#define MAX_TRIES 15
#define SYN_RTO   P2P__SEC(1)
#define SYN_TRIES 5
#define PORT_MIN  49152U

struct end {
    struct p2p__pipe pipe;
    struct p2p__list link; /* host->pipes */
    struct sim_host *host;
    struct end *other; /* NULL: gone */
    struct p2p__addr local;
    struct p2p__addr remote;
    p2p_ns last_arrival; /* of what this end sent: order is kept */
    p2p_ns line_free;    /* bandwidth */
    size_t in_flight;
    uint32_t refs;         /* events that point here, plus the owner */
    struct p2p__list held; /* segments that a stopped reader left */
    bool dialing;          /* not connected yet */
    bool reading;
    bool waiting; /* write said 0 */
    bool cut;     /* the first one that is held is being tried again */
    bool closed;  /* by the owner */
    bool dark;    /* and nobody was told: its machine went off */
};

struct segment {
    struct sim_event ev;
    struct p2p__list link;
    struct end *to;   /* counted */
    struct end *from; /* counted */
    size_t len;       /* 0: the end */
    uint8_t bytes[];
};

/* The first of what is held at `to` is sent once more. */
struct retry {
    struct sim_event ev;
    struct end *to;   /* counted */
    struct end *from; /* counted */
    p2p_ns rto;
    int tries;
};

struct connect {
    struct sim_event ev;
    struct end *end; /* counted */
    int tries;
};

/* Something went from a port of a walled host to an address. */
struct sent {
    struct p2p__list link;
    struct p2p__addr to;
    uint16_t from;
    bool udp;
};

struct sim_listener {
    struct p2p__listener l;
    struct p2p__list link;
    struct sim_host *host;
};

struct sim_udp {
    struct p2p__udp udp;
    struct p2p__list link;
    struct sim_host *host;
    struct p2p__addr at;
    bool grouped;
};

struct datagram {
    struct sim_event ev;
    size_t to;
    struct p2p__addr from;
    uint16_t port;
    bool multicast;
    size_t len;
    uint8_t bytes[];
};

static void end_unref(struct end *e)
{
    assert(e->refs > 0);
    if (--e->refs == 0) {
        assert(e->closed && p2p__list_empty(&e->held));
        free(e);
    }
}

static struct end *of_pipe(const struct p2p__pipe *p)
{
    union {
        const struct p2p__pipe *c;
        struct p2p__pipe *m;
    } u = {.c = p};

    return P2P__CONTAINER(u.m, struct end, pipe);
}

/* Whether a segment gets to an end now. */
static bool reaches(const struct end *from, const struct end *to)
{
    return !to->dark && to->host->alive && to->host->group == from->host->group;
}

/* A segment is done with; the writer learns of it if the wire is whole. */
static void free_segment(struct segment *s)
{
    struct end *from = s->from;

    from->in_flight -= reaches(from, s->to) ? s->len : 0;
    if (from->waiting && !from->closed && from->in_flight <= SNDBUF / 2) {
        from->waiting = false;
        from->pipe.cb->writable(from->pipe.user, from->host->sim->now);
        sim_touch(from->host, from->host->sim->now);
    }
    end_unref(s->to);
    end_unref(from);
    free(s);
}

/* Hands one segment to the reader. */
static void hand_over(struct end *to, struct segment *s)
{
    struct sim *sim = to->host->sim;

    if (s->len == 0) {
        to->pipe.cb->ended(to->pipe.user, 0, sim->now);
    } else {
        sim->bytes += s->len;
        sim_trace(sim, s->bytes, s->len);
        to->pipe.cb->data(to->pipe.user, p2p__slice_of(s->bytes, s->len),
                          sim->now);
    }
    sim_touch(to->host, sim->now);
}

static void release_held(struct end *e)
{
    while (e->reading && !e->closed && !e->cut) {
        struct p2p__list *link = p2p__list_pop(&e->held);
        struct segment *s;

        if (link == NULL) {
            break;
        }
        s = P2P__CONTAINER(link, struct segment, link);
        hand_over(e, s);
        free_segment(s);
    }
}

static void drop_held(struct end *e)
{
    struct p2p__list *link = p2p__list_pop(&e->held);

    while (link != NULL) {
        free_segment(P2P__CONTAINER(link, struct segment, link));
        link = p2p__list_pop(&e->held);
    }
}

/* Nothing of what is held will arrive; the writer may hear why. */
static void give_up(struct retry *r, int status)
{
    struct sim *sim = r->from->host->sim;

    r->to->cut = false;
    drop_held(r->to);
    if (status < 0 && !r->from->closed) {
        r->from->pipe.cb->ended(r->from->pipe.user, status, sim->now);
        sim_touch(r->from->host, sim->now);
    }
}

static void on_retry(struct sim *sim, struct sim_event *ev)
{
    struct retry *r = P2P__CONTAINER(ev, struct retry, ev);
    struct end *to = r->to;

    if (!r->from->host->alive || r->from->dark || (to->closed && !to->dark)) {
        give_up(r, 0);
    } else if (to->dark && to->host->alive) {
        give_up(r, P2P_ERESET);
    } else if (reaches(r->from, to)) {
        to->cut = false;
        release_held(to);
    } else if (++r->tries == MAX_TRIES) {
        give_up(r, P2P_ETIMEDOUT);
    } else {
        r->rto = p2p__ns_min(2 * r->rto, RTO_MAX);
        sim_at(sim, &r->ev, sim->now + r->rto);
        return;
    }
    end_unref(r->to);
    end_unref(r->from);
    free(r);
}

/* The way to an end is cut. */
static void cut(struct end *from, struct end *to)
{
    struct retry *r = calloc(1, sizeof *r);

    assert(r != NULL && !to->cut);
    r->ev.run = on_retry;
    r->to = to;
    r->from = from;
    r->rto = RTO;
    to->refs++;
    from->refs++;
    to->cut = true;
    sim_at(to->host->sim, &r->ev, to->host->sim->now + RTO);
}

/* A segment arrives: it is taken, or held. */
static void on_segment(struct sim *sim, struct sim_event *ev)
{
    struct segment *s = P2P__CONTAINER(ev, struct segment, ev);
    struct end *to = s->to;

    (void)sim;
    if (to->closed && !to->dark) {
        free_segment(s);
        return;
    }
    if (!to->cut && !reaches(s->from, to)) {
        cut(s->from, to);
    }
    if (to->cut || !to->reading || !p2p__list_empty(&to->held)) {
        p2p__list_push(&to->held, &s->link);
        return;
    }
    hand_over(to, s);
    free_segment(s);
}

/* When what is sent now arrives: after all that was sent before. */
static p2p_ns arrival(struct end *e, size_t len)
{
    struct sim *sim = e->host->sim;
    p2p_ns at = sim->now;

    if (sim->cfg.bytes_per_s > 0) {
        at = e->line_free > at ? e->line_free : at;
        at += (p2p_ns)len * P2P__SEC(1) / sim->cfg.bytes_per_s;
        e->line_free = at;
    }
    at += sim_latency(sim);
    for (p2p_ns rto = RTO; rto < RTO_MAX && sim_lost(sim); rto *= 2) {
        at += rto;
    }
    if (at <= e->last_arrival) {
        at = e->last_arrival + 1;
    }
    e->last_arrival = at;
    return at;
}

static void send_segment(struct end *e, const uint8_t *p, size_t len)
{
    struct segment *s = calloc(1, sizeof *s + len);

    assert(s != NULL && e->other != NULL);
    s->ev.run = on_segment;
    p2p__list_init(&s->link);
    s->from = e;
    s->to = e->other;
    e->refs++;
    e->other->refs++;
    s->len = len;
    if (len > 0) {
        memcpy(s->bytes, p, len);
    }
    e->in_flight += len;
    e->host->bytes_sent += len;
    e->host->sim->segments++;
    sim_at(e->host->sim, &s->ev, arrival(e, len));
}

static int pipe_write(struct p2p__pipe *pipe, const uint8_t *buf, size_t len)
{
    struct end *e = of_pipe(pipe);

    assert(!e->closed && !e->waiting);
    if (e->other == NULL || (e->other->closed && reaches(e, e->other))) {
        return P2P_ERESET;
    }
    send_segment(e, buf, len);
    e->waiting = e->in_flight > SNDBUF;
    return e->waiting ? 0 : 1;
}

static size_t pipe_unsent(const struct p2p__pipe *pipe)
{
    return of_pipe(pipe)->in_flight;
}

static p2p_ns pipe_silence(const struct p2p__pipe *pipe)
{
    const struct end *e = of_pipe(pipe);
    p2p_ns since;

    if (e->other == NULL || reaches(e, e->other)) {
        return 0;
    }
    since = e->host->cut_at > e->other->host->cut_at ? e->host->cut_at
                                                     : e->other->host->cut_at;
    return e->host->sim->now - since;
}

struct resume {
    struct sim_event ev;
    struct end *end;
};

static void on_resume(struct sim *sim, struct sim_event *ev)
{
    struct resume *r = P2P__CONTAINER(ev, struct resume, ev);

    (void)sim;
    release_held(r->end);
    end_unref(r->end);
    free(r);
}

static void pipe_read(struct p2p__pipe *pipe, bool on)
{
    struct end *e = of_pipe(pipe);
    struct resume *r;

    e->reading = on;
    if (!on || p2p__list_empty(&e->held)) {
        return;
    }
    r = calloc(1, sizeof *r);
    assert(r != NULL);
    r->ev.run = on_resume;
    r->end = e;
    e->refs++;
    sim_at(e->host->sim, &r->ev, e->host->sim->now);
}

/* The end is closed by its owner: the other one hears of it, unless the
 * machine is off. */
static void shut(struct end *e)
{
    if (e->closed) {
        return;
    }
    e->closed = true;
    e->dark = !e->host->alive;
    p2p__list_remove(&e->link);
    drop_held(e);
    if (e->other != NULL) {
        if (!e->dark && !e->other->closed) {
            send_segment(e, NULL, 0);
        }
        end_unref(e->other);
        e->other = NULL;
    }
    end_unref(e);
}

static void pipe_close(struct p2p__pipe *pipe)
{
    shut(of_pipe(pipe));
}

static void pipe_local(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    *addr = of_pipe(pipe)->local;
}

static void pipe_remote(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    *addr = of_pipe(pipe)->remote;
}

static const struct p2p__pipe_ops pipe_ops = {
    .write = pipe_write,
    .unsent = pipe_unsent,
    .silence = pipe_silence,
    .read = pipe_read,
    .close = pipe_close,
    .local = pipe_local,
    .remote = pipe_remote,
};

static struct end *end_new(struct sim_host *h)
{
    struct end *e = calloc(1, sizeof *e);

    assert(e != NULL);
    e->pipe.ops = &pipe_ops;
    e->host = h;
    e->refs = 1;
    e->local = h->addr;
    p2p__list_init(&e->held);
    p2p__list_init(&e->link);
    p2p__list_push(&h->pipes, &e->link);
    return e;
}

/* Whether a host's wall lets something in; `from` has its port. */
static bool lets_in(const struct sim_host *h, uint16_t port,
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
static void note_sent(struct sim_host *h, uint16_t port,
                      const struct p2p__addr *to, bool udp)
{
    struct sent *s;

    if (!h->walled || lets_in(h, port, to, udp)) {
        return;
    }
    s = calloc(1, sizeof *s);
    assert(s != NULL);
    s->to = *to;
    s->from = port;
    s->udp = udp;
    p2p__list_init(&s->link);
    p2p__list_push(&h->sent, &s->link);
}

/* An end of a host that dials where a dial comes from, from where it goes to:
 * the two become one connection. NULL: none. */
static struct end *find_dialing(struct sim_host *h, const struct end *peer)
{
    P2P__LIST_EACH (it, &h->pipes) {
        struct end *e = P2P__CONTAINER(it, struct end, link);

        if (e->dialing && e->local.port == peer->remote.port &&
            e->remote.port == peer->local.port &&
            p2p__addr_same_ip(&e->remote, &peer->local)) {
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

/* Joins the dialer to a fresh end at the listener's host. */
static void join_ends(struct end *a, struct sim_listener *l)
{
    struct end *b = end_new(l->host);

    a->other = b;
    b->other = a;
    a->refs++;
    b->refs++;
    b->local.port = l->l.addr.port;
    b->remote = a->local;
    if (a->host->outside.family != 0) {
        memcpy(b->remote.ip, a->host->outside.ip, sizeof b->remote.ip);
    }
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
    struct sim_host *to = sim_find(sim, &e->remote);
    struct sim_listener *l;
    struct end *dialing;

    if (e->closed || !e->dialing) {
        goto done;
    }
    if (to == NULL || !sim_connected(e->host, to) ||
        !lets_in(to, e->remote.port, &e->local, false)) {
        if (to != NULL && c->tries < SYN_TRIES) {
            sim_at(sim, &c->ev, sim->now + (SYN_RTO << c->tries++));
            return;
        }
        e->pipe.cb->connected(e->pipe.user, P2P_EUNREACH, sim->now);
        goto done;
    }
    dialing = find_dialing(to, e);
    if (dialing != NULL) {
        meet(e, dialing, sim->now);
        goto done;
    }
    l = find_listener(to, e->remote.port);
    e->dialing = false;
    if (l == NULL) {
        e->pipe.cb->connected(e->pipe.user, P2P_EREFUSED, sim->now);
        goto done;
    }
    join_ends(e, l);
    l->l.cb->accepted(l->l.user, &e->other->pipe, sim->now);
    sim_touch(to, sim->now);
    if (!e->closed) {
        e->pipe.cb->connected(e->pipe.user, 0, sim->now);
    }
done:
    sim_touch(e->host, sim->now);
    end_unref(e);
    free(c);
}

static uint16_t take_port(struct sim_host *h)
{
    if (h->next_port < PORT_MIN) {
        h->next_port = PORT_MIN;
    }
    return h->next_port++;
}

/* When a new connection is there: a round trip, and later if one is lost. */
static p2p_ns greeting(struct sim *sim)
{
    p2p_ns at = sim->now + 2 * sim_latency(sim);

    for (int i = 0; i < SYN_TRIES && sim_lost(sim); i++) {
        at += SYN_RTO << i;
    }
    return at;
}

/* Dials from a port. */
static struct end *dial(struct sim_host *h, uint16_t port,
                        const struct p2p__addr *to)
{
    struct connect *c = calloc(1, sizeof *c);
    struct end *e = end_new(h);

    assert(c != NULL);
    e->remote = *to;
    e->local.port = port;
    e->dialing = true;
    e->refs++;
    note_sent(h, port, to, false);
    c->ev.run = on_connect;
    c->end = e;
    sim_at(h->sim, &c->ev, greeting(h->sim));
    return e;
}

static struct p2p__pipe *net_dial(struct p2p__net *net,
                                  const struct p2p__addr *to,
                                  const struct p2p__pipe_cb *cb, void *user,
                                  int *err)
{
    struct sim_host *h = P2P__CONTAINER(net, struct sim_host, net);
    struct end *e = dial(h, take_port(h), to);

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

static struct p2p__pipe *net_dial_from(struct p2p__net *net,
                                       const struct p2p__leg *leg,
                                       const struct p2p__pipe_cb *cb,
                                       void *user, int *err)
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

static bool net_source(struct p2p__net *net, const struct p2p__addr *to,
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

static struct p2p__listener *net_listen(struct p2p__net *net,
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
    l->l.addr.port = at->port != 0 ? at->port : take_port(h);
    l->host = h;
    p2p__list_push(&h->listeners, &l->link);
    *err = 0;
    return &l->l;
}

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
    struct sim_host *h = &sim->hosts[d->to];

    P2P__LIST_EACH_SAFE (it, &h->udps) {
        struct sim_udp *u = P2P__CONTAINER(it, struct sim_udp, link);

        if (h->alive && u->at.port == d->port &&
            lets_in(h, d->port, &d->from, true) &&
            (u->grouped || !d->multicast)) {
            sim_trace(sim, d->bytes, d->len);
            hand_datagram(u, d);
            sim_touch(h, sim->now);
        }
    }
    free(d);
}

static void send_datagram(struct sim_udp *u, struct sim_host *to,
                          const struct p2p__addr *at, const uint8_t *buf,
                          size_t len)
{
    struct sim *sim = u->host->sim;
    struct datagram *d;

    if (!sim_connected(u->host, to) || (to != u->host && sim_lost(sim))) {
        return;
    }
    d = calloc(1, sizeof *d + len);
    assert(d != NULL);
    d->ev.run = on_datagram;
    d->to = to->index;
    d->from = u->host->addr;
    d->from.port = u->at.port;
    d->port = at->port;
    d->multicast = at->ip[0] >= 224;
    d->len = len;
    memcpy(d->bytes, buf, len);
    sim->datagrams++;
    sim_at(sim, &d->ev, sim->now + sim_latency(sim));
}

static int udp_send(struct p2p__udp *base, const uint8_t *buf, size_t len,
                    const struct p2p__addr *to, uint32_t ifindex)
{
    struct sim_udp *u = P2P__CONTAINER(base, struct sim_udp, udp);
    struct sim *sim = u->host->sim;

    (void)ifindex;
    if (to->ip[0] < 224) {
        struct sim_host *h = sim_find(sim, to);

        note_sent(u->host, u->at.port, to, true);
        if (h != NULL) {
            send_datagram(u, h, to, buf, len);
        }
        return 0;
    }
    for (size_t i = 0; i < sim->n_hosts; i++) {
        if (!p2p__list_empty(&sim->hosts[i].udps)) {
            send_datagram(u, &sim->hosts[i], to, buf, len);
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

static struct p2p__udp *net_udp(struct p2p__net *net,
                                const struct p2p__addr *at, bool shared,
                                const struct p2p__udp_cb *cb, void *user,
                                int *err)
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
    u->at.port = at->port != 0 ? at->port : take_port(h);
    u->udp.addr = u->at;
    p2p__list_push(&h->udps, &u->link);
    *err = 0;
    return &u->udp;
}

void sim_net_init(struct sim_host *h)
{
    h->net = (struct p2p__net){.dial = net_dial,
                               .dial_from = net_dial_from,
                               .source = net_source,
                               .listen = net_listen,
                               .udp = net_udp};
    p2p__list_init(&h->sent);
}

void sim_wall(struct sim *sim, size_t host)
{
    sim->hosts[host].walled = true;
}

void sim_net_fini(struct sim_host *h)
{
    struct p2p__list *link;

    while ((link = p2p__list_pop(&h->sent)) != NULL) {
        free(P2P__CONTAINER(link, struct sent, link));
    }
}

void sim_net_kill(struct sim_host *h)
{
    struct p2p__list *link = p2p__list_first(&h->pipes);

    while (link != NULL) {
        shut(P2P__CONTAINER(link, struct end, link));
        link = p2p__list_first(&h->pipes);
    }
    link = p2p__list_first(&h->listeners);
    while (link != NULL) {
        listener_close(&P2P__CONTAINER(link, struct sim_listener, link)->l);
        link = p2p__list_first(&h->listeners);
    }
    link = p2p__list_first(&h->udps);
    while (link != NULL) {
        udp_close(&P2P__CONTAINER(link, struct sim_udp, link)->udp);
        link = p2p__list_first(&h->udps);
    }
}
