/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Racing addresses, one dial at a time a peer: see dial.h. */
#include "stack/dial.h"

#include "base/mem.h"
#include "stack/dnsaddr.h"
#include "stack/stream.h"
#include "stack/swarm.h"
#include "wire/addr_class.h"
#include "wire/maddr.h"

/* How long an attempt runs alone before the next address is tried too. */
#define HEAD_START_NS P2P__MS(250)
/* How long a dial through NATs waits before it begins anew, and how often. */
#define ROUND_PAUSE_NS   P2P__MS(100)
#define BACKOFF_FIRST_NS P2P__SEC(1)
#define BACKOFF_LAST_NS  P2P__SEC(300)

/* Dials under way, and the one that each of them may wait for. */
#define HURRIED 2U

static void step(struct p2p__dial *d, p2p_ns now);

static void on_due(struct p2p__timer *t, p2p_ns now)
{
    step(P2P__CONTAINER(t, struct p2p__dial, timer), now);
}

/* A dial that stands in the queue; NULL when that is full, or it ends. */
static struct p2p__dial *dial_new(struct p2p__swarm *s, struct p2p__peer *peer,
                                  int *err)
{
    struct p2p__dial *d;

    *err = P2P_ECLOSED;
    if (s->closing) {
        return NULL;
    }
    *err = P2P_ELIMIT;
    if (s->n_dial_queue >= P2P__CAP_DIAL_QUEUE) {
        p2p__refused(s, P2P__REFUSED_DIALS, NULL);
        return NULL;
    }
    *err = P2P_ENOMEM;
    d = p2p__zalloc(sizeof *d);
    if (d == NULL) {
        return NULL;
    }
    d->swarm = s;
    d->err = P2P_ENOADDR;
    p2p__list_init(&d->link);
    p2p__timer_init(&d->timer, s->q, on_due);
    p2p__names_init(&d->names, s->q);
    if (peer != NULL) {
        d->peer = p2p__peer_ref(peer);
        peer->dial = d;
    }
    p2p__list_push(&s->dial_queue, &d->link);
    s->n_dial_queue++;
    *err = 0;
    return d;
}

/* Connections still on their way for this dial end. */
static void abandon_attempts(struct p2p__dial *d)
{
    P2P__LIST_EACH (it, &d->swarm->conns) {
        struct p2p__conn *c = P2P__CONTAINER(it, struct p2p__conn, link);

        if (c->dial == d) {
            c->dial = NULL;
            p2p__conn_fail(c, P2P_ECANCELED);
        }
    }
}

void p2p__dial_free(struct p2p__dial *d)
{
    struct p2p__swarm *s = d->swarm;

    p2p__names_fini(&d->names, s->dns);
    for (uint32_t i = 0; i < d->n_targets; i++) {
        p2p__place_fini(&d->targets[i].place);
    }
    abandon_attempts(d);
    p2p__list_remove(&d->link);
    if (d->active) {
        s->n_dials--;
    } else {
        s->n_dial_queue--;
    }
    if (d->peer != NULL) {
        d->peer->dial = NULL;
        p2p__peer_unref(d->peer);
    }
    p2p__timer_fini(&d->timer);
    p2p__free(d);
}

/* A dial of the queue is under way, and begins in the next turn. */
static void activate(struct p2p__dial *d, p2p_ns now)
{
    p2p__list_remove(&d->link);
    p2p__list_push(&d->swarm->dials, &d->link);
    d->swarm->n_dial_queue--;
    d->swarm->n_dials++;
    d->active = true;
    p2p__timer_set(&d->timer, now);
}

/* Lets the next dials of the queue begin. */
static void start_queued(struct p2p__swarm *s, p2p_ns now)
{
    while (!s->closing && s->n_dials < P2P__CAP_DIAL_ACTIVE) {
        struct p2p__list *link = p2p__list_first(&s->dial_queue);

        if (link == NULL) {
            break;
        }
        activate(P2P__CONTAINER(link, struct p2p__dial, link), now);
    }
}

void p2p__dial_hurry(struct p2p__peer *peer, p2p_ns now)
{
    struct p2p__dial *d = peer->dial;

    if (d == NULL || d->active || d->swarm->closing) {
        return;
    }
    if (d->swarm->n_dials < HURRIED * P2P__CAP_DIAL_ACTIVE) {
        activate(d, now);
    } else {
        p2p__list_remove(&d->link);
        p2p__list_push_front(&d->swarm->dial_queue, &d->link);
    }
}

static void back_off(struct p2p__peer *peer, p2p_ns now)
{
    p2p_ns span = BACKOFF_FIRST_NS << (peer->failures < 9 ? peer->failures : 9);
    struct p2p__rng *rng = &peer->swarm->rng;

    span = p2p__ns_min(span, BACKOFF_LAST_NS);
    span = span / 2 + p2p__rng_below(rng, span / 2 + 1);
    peer->failures++;
    peer->backoff_until = p2p__ns_after(now, span);
}

/* The streams that waited for this dial hear why there is no connection. */
static void fail_waiting(struct p2p__peer *peer, int status, p2p_ns now)
{
    struct p2p__list *link = p2p__list_first(&peer->waiting);

    while (link != NULL) {
        p2p__stream_end(P2P__CONTAINER(link, struct p2p_stream, link), status,
                        now);
        link = p2p__list_first(&peer->waiting);
    }
}

/* Tells how it ended and frees the dial. */
static void finish(struct p2p__dial *d, struct p2p__conn *c, int status,
                   p2p_ns now)
{
    struct p2p__swarm *s = d->swarm;
    struct p2p__peer *peer = d->peer;
    p2p__dial_done *done = d->done;
    void *user = d->user;

    if (peer != NULL) {
        p2p__peer_ref(peer);
    }
    p2p__dial_free(d);
    if (peer != NULL && status < 0 &&
        p2p__peer_conn(peer, P2P__PATH_DIRECT) == NULL) {
        back_off(peer, now);
        fail_waiting(peer, status, now);
        if (peer->keep && p2p__peer_primary(peer) == NULL) {
            p2p__dial_schedule(peer, now);
        }
    }
    if (done != NULL) {
        done(user, status, c, now);
    }
    if (peer != NULL) {
        p2p__peer_unref(peer);
    }
    start_queued(s, now);
}

/* Which of two failures says more. */
static int more_telling(int a, int b)
{
    static const int order[] = {P2P_EPEER,    P2P_EGATED,    P2P_EAUTH,
                                P2P_ESELF,    P2P_EPROTO,    P2P_ENOPROTO,
                                P2P_ELIMIT,   P2P_ETIMEDOUT, P2P_EREFUSED,
                                P2P_EUNREACH, P2P_ENOTFOUND};

    for (size_t i = 0; i < P2P__COUNT(order); i++) {
        if (a == order[i] || b == order[i]) {
            return order[i];
        }
    }
    return b;
}

const struct p2p_peer_id *p2p__dial_expected(const struct p2p__dial *d)
{
    if (d == NULL) {
        return NULL;
    }
    if (d->peer != NULL) {
        return &d->peer->id;
    }
    return d->expected.len > 0 ? &d->expected : NULL;
}

/* Whether a dial is one through NATs. */
static bool is_punch(const struct p2p__dial *d)
{
    return d->way == P2P__DIAL_AS_CLIENT || d->way == P2P__DIAL_AS_SERVER;
}

/*
 * Whether a dial of TCP comes from where we listen. One that need not does so
 * every other time: two hosts that dial each other so at the same moment meet
 * in one connection, in which both would take the dialer's part.
 */
static bool is_from_listener(const struct p2p__dial *d,
                             const struct p2p__addr *to)
{
    if (d->swarm->net->dial_from == NULL) {
        return false;
    }
    if (d->way != P2P__DIAL_PLAIN) {
        return is_punch(d);
    }
    return d->swarm->lend != P2P__LEND_NEVER &&
           (d->swarm->lend == P2P__LEND_ALWAYS ||
            p2p__addr_class(to) == P2P__ADDR_PUBLIC) &&
           (d->peer == NULL || d->peer->failures % 2 == 0);
}

static struct p2p__pipe *dial_tcp(const struct p2p__dial *d,
                                  const struct p2p__dial_target *to,
                                  struct p2p__conn *c, int *err)
{
    struct p2p__net *net = d->swarm->net;
    const struct p2p__swarm_listener *from =
        is_from_listener(d, &to->addr)
            ? p2p__listener_towards(d->swarm, to->place.via, &to->addr)
            : NULL;
    struct p2p__pipe *pipe = NULL;

    if (from != NULL) {
        const struct p2p__leg leg = {.from = from->l, .to = &to->addr};

        pipe = net->dial_from(net, &leg, &p2p__conn_pipe_cb, c, err);
    }
    if (from == NULL || (pipe == NULL && !is_punch(d))) {
        pipe = net->dial(net, &to->addr, &p2p__conn_pipe_cb, c, err);
    }
    return pipe;
}

static struct p2p__pipe *dial_pipe(const struct p2p__dial *d,
                                   const struct p2p__dial_target *to,
                                   struct p2p__conn *c, int *err)
{
    const struct p2p__via *via = to->place.via;
    const struct p2p__transport_own *own = via->ops->own;
    struct p2p_multiaddr ma;

    if (via->ops->dial != NULL) {
        const struct p2p__transport_dial what = {
            .addr = &ma, .expected = p2p__dial_expected(d)};

        p2p__place_given(&to->place, &to->addr, &ma);
        return via->ops->dial(via->host, &what, &p2p__conn_pipe_cb, c, err);
    }
    return own != NULL ? own->dial(via->host, &to->addr, p2p__dial_expected(d),
                                   &p2p__conn_pipe_cb, c, err)
                       : dial_tcp(d, to, c, err);
}

/* Whether it is the address of nobody, also as IPv4 inside IPv6: systems
 * connect who dials it to themselves, past rules for their loopback. */
static bool is_nobody(const struct p2p__addr *addr)
{
    static const uint8_t mapped[16] = {[10] = 0xff, 0xff};

    return p2p__addr_is_any(addr) ||
           (addr->family == 6 && memcmp(addr->ip, mapped, 16) == 0);
}

/* Starts one connection; 0, or why not. */
static int attempt(struct p2p__dial *d, const struct p2p__dial_target *to)
{
    struct p2p__swarm *s = d->swarm;
    const struct p2p__gate_case one = {.step = P2P__GATE_DIAL,
                                       .dialer = true,
                                       .peer = p2p__dial_expected(d),
                                       .addr = &to->addr,
                                       .place = &to->place};
    struct p2p_multiaddr at;
    struct p2p__conn *c;
    struct p2p__pipe *pipe;
    int err = 0;

    if (to->place.via->ops->dial == NULL && is_nobody(&to->addr)) {
        return P2P_EUNREACH;
    }
    if (!p2p__gate_may(s, &one)) {
        return P2P_EGATED;
    }
    p2p__place_given(&to->place, &to->addr, &at);
    c = p2p__conn_new(s, d->way != P2P__DIAL_AS_SERVER, to->place.via, &at);
    if (c == NULL) {
        return P2P_ELIMIT;
    }
    c->state = P2P__CONN_DIALING;
    c->remote = to->addr;
    pipe = dial_pipe(d, to, c, &err);
    if (pipe == NULL) {
        p2p__conn_free(c, 0);
        return err;
    }
    p2p__conn_set_pipe(c, pipe);
    c->dial = d;
    return 0;
}

/* Whether it was given up, and nobody came since to whom it matters. */
static bool is_unwanted(const struct p2p__dial *d)
{
    return d->unwanted && !d->peer->keep && p2p__list_empty(&d->peer->waiting);
}

/* Begins a dial through NATs anew, if it was refused and may. */
static bool begin_anew(struct p2p__dial *d, p2p_ns now)
{
    if (!is_punch(d) || d->err != P2P_EREFUSED ||
        d->rounds == P2P__CAP_DIAL_ROUNDS) {
        return false;
    }
    d->rounds++;
    d->next = 0;
    p2p__timer_set(&d->timer, p2p__ns_after(now, ROUND_PAUSE_NS));
    return true;
}

/* An attempt is under way, for as long as one may be. */
static void watch_attempt(struct p2p__dial *d, p2p_ns now)
{
    struct p2p__conn *c =
        P2P__CONTAINER(d->swarm->conns.prev, struct p2p__conn, link);

    c->deadline = p2p__ns_after(now, d->swarm->limits.dial_ns);
    p2p__conn_arm(c, c->deadline);
    d->running++;
}

/* Tries the next addresses, until one is under way; through NATs all. */
static void step(struct p2p__dial *d, p2p_ns now)
{
    if (is_unwanted(d)) {
        finish(d, NULL, P2P_ECANCELED, now);
        return;
    }
    if (!d->active) {
        return; /* its turn has not come */
    }
    while (d->next < d->n_targets) {
        int rv = attempt(d, &d->targets[d->next++]);

        if (rv != 0) {
            d->err = more_telling(d->err, rv);
            continue;
        }
        watch_attempt(d, now);
        if (!is_punch(d)) {
            p2p__timer_set(&d->timer, p2p__ns_after(now, HEAD_START_NS));
            return;
        }
    }
    if (d->running == 0 && d->names.running == 0 && !begin_anew(d, now)) {
        finish(d, NULL, d->err, now);
    }
}

void p2p__dial_attempt_done(struct p2p__dial *d, struct p2p__conn *c,
                            int status, p2p_ns now)
{
    assert(d->running > 0);
    d->running--;
    if (status == 0) {
        finish(d, c, 0, now);
        return;
    }
    d->err = more_telling(d->err, status);
    p2p__timer_set(&d->timer, now); /* the next address need not wait */
}

int p2p__dial_add_target(struct p2p__dial *d, const struct p2p__via *via,
                         const struct p2p_multiaddr *ma,
                         const struct p2p__addr *a)
{
    struct p2p__dial_target one = {.addr = *a};
    uint32_t at = d->n_targets;

    if (at == P2P__CAP_DIAL_ADDRS ||
        (d->way == P2P__DIAL_AS_SERVER && via->ops->own != NULL)) {
        return 0;
    }
    if (p2p__place_init(&one.place, via, ma) != 0) {
        return P2P_ENOMEM;
    }
    while (at > d->next &&
           d->targets[at - 1].place.via->ops->rank > via->ops->rank) {
        d->targets[at] = d->targets[at - 1];
        at--;
    }
    d->targets[at] = one;
    d->n_targets++;
    return 0;
}

void p2p__dial_named(struct p2p__dial *d, int status, p2p_ns now)
{
    d->err = status < 0 ? more_telling(d->err, status) : d->err;
    if (d->active && !(d->running > 0 && d->timer.node.armed)) {
        p2p__timer_set(&d->timer, now);
    }
}

/* Adds what a name's TXT records lead to; to who is expected alone. */
static int add_dnsaddr(struct p2p__dial *d, const struct p2p_multiaddr *given,
                       p2p_ns now)
{
    const struct p2p_peer_id *expected = p2p__dial_expected(d);
    struct p2p_multiaddr ma = *given;
    int rv = 0;

    if (expected != NULL) {
        rv = p2p_multiaddr_append_peer(&ma, expected);
    }
    return rv != 0 ? rv : p2p__names_add(d, &ma, NULL, NULL, now);
}

/* Adds a circuit, whose relay is dialed when its turn comes. */
static int add_circuit(struct p2p__dial *d, const struct p2p_multiaddr *ma)
{
    const struct p2p__via *via = &d->swarm->circuit;
    const struct p2p__addr none = {0};
    struct p2p_multiaddr relay;
    int rv = p2p__maddr_relay(ma, &relay);

    if (rv == 0 && via->ops == NULL) {
        rv = P2P_ENOTSUP;
    }
    return rv != 0 ? rv : p2p__dial_add_target(d, via, ma, &none);
}

int p2p__dial_add_maddr(struct p2p__dial *d, const struct p2p_multiaddr *given,
                        p2p_ns now)
{
    struct p2p_multiaddr ma = *given;
    struct p2p__maddr_waist t;
    const struct p2p__via *via = NULL;

    if (p2p__maddr_has(given, P2P_MULTIADDR_CIRCUIT)) {
        p2p_multiaddr_strip_peer(&ma);
        return add_circuit(d, &ma);
    }
    if (p2p__dnsaddr_is(given)) {
        return add_dnsaddr(d, given, now);
    }
    p2p_multiaddr_strip_peer(&ma);
    if (p2p__maddr_waist(&ma, &t) == 0 && t.zone[0] == '\0') {
        via = p2p__transports_find(&d->swarm->transports, &ma, &t);
    }
    if (via == NULL) {
        return P2P_ENOTSUP;
    }
    if (t.name[0] != '\0') {
        return p2p__names_add(d, &ma, via, &t, now);
    }
    return p2p__dial_add_target(d, via, &ma, &t.addr);
}

/* Reads an address of a peer; false: it is none, or not to be dialed. */
static bool read_addr(struct p2p__list *link, bool direct,
                      struct p2p_multiaddr *ma)
{
    const struct p2p__peer_addr *a =
        P2P__CONTAINER(link, struct p2p__peer_addr, link);

    return p2p_multiaddr_from_bytes(a->bytes, a->len, ma) == 0 &&
           !(direct && p2p__maddr_has(ma, P2P_MULTIADDR_CIRCUIT));
}

static bool has_addr(const struct p2p__peer *peer, bool direct)
{
    struct p2p_multiaddr ma;

    P2P__LIST_EACH (it, &peer->addrs) {
        if (read_addr(it, direct, &ma)) {
            return true;
        }
    }
    return false;
}

/* Whether a dial may bring a connection that is not over a relay. */
static bool may_be_direct(const struct p2p__dial *d)
{
    for (uint32_t i = 0; i < d->n_targets; i++) {
        if (d->targets[i].place.via->ops->dial == NULL) {
            return true;
        }
    }
    return d->names.running > 0;
}

/* Adds what the book knows of its peer from a source: so many at most. */
static void add_from(struct p2p__dial *d, unsigned source, unsigned most,
                     bool direct, p2p_ns now)
{
    struct p2p_multiaddr ma;

    P2P__LIST_EACH (it, &d->peer->addrs) {
        if (most > 0 &&
            P2P__CONTAINER(it, struct p2p__peer_addr, link)->source == source &&
            read_addr(it, direct, &ma) &&
            p2p__dial_add_maddr(d, &ma, now) == 0) {
            most--;
        }
    }
}

/* Adds what the book knows of its peer: what anybody says comes last, and is
 * little, so that lies keep nothing else out. */
static void add_addrs(struct p2p__dial *d, bool direct, p2p_ns now)
{
    for (unsigned i = P2P__ADDR_USER; i > P2P__ADDR_HEARSAY; i--) {
        add_from(d, i, P2P__CAP_PEER_ADDRS, direct, now);
    }
    add_from(d, P2P__ADDR_HEARSAY, P2P__CAP_DIAL_HEARSAY, direct, now);
}

int p2p__dial_for(struct p2p__peer *peer, enum p2p__path path, p2p_ns now)
{
    struct p2p__swarm *s = peer->swarm;
    const bool connected = p2p__peer_primary(peer) != NULL;
    const bool direct = connected || path == P2P__PATH_DIRECT;
    struct p2p__dial *d = peer->dial;
    int err;

    if (p2p_peer_id_equal(&peer->id, &s->self)) {
        return P2P_ESELF;
    }
    if (p2p__peer_conn(peer, path) != NULL ||
        (d != NULL && (path != P2P__PATH_DIRECT || may_be_direct(d)))) {
        return 0;
    }
    p2p__peer_prune(peer, now);
    if (!has_addr(peer, direct)) {
        return connected ? P2P_ELIMITED : P2P_ENOADDR;
    }
    if (d != NULL) { /* circuits alone, which may wait for this very peer */
        add_addrs(d, direct, now);
        p2p__timer_set(&d->timer, now);
        return 0;
    }
    if (now < peer->backoff_until) {
        return P2P_ELIMIT;
    }
    d = dial_new(s, peer, &err);
    if (d == NULL) {
        return err;
    }
    add_addrs(d, direct, now);
    start_queued(s, now);
    return 0;
}

int p2p__dial_peer(struct p2p__swarm *s, struct p2p__peer *peer, p2p_ns now)
{
    assert(peer->swarm == s);
    (void)s;
    return p2p__dial_for(peer, P2P__PATH_WHOLE, now);
}

/* The peer that a multiaddr names: NULL and 0 when it names none. */
static int named_peer(struct p2p__swarm *s, const struct p2p_multiaddr *ma,
                      struct p2p__peer **out)
{
    struct p2p_peer_id id;

    *out = NULL;
    if (!p2p_multiaddr_peer(ma, &id)) {
        return 0;
    }
    if (p2p_peer_id_equal(&id, &s->self)) {
        return P2P_ESELF;
    }
    *out = p2p__peer_get(s, &id);
    return *out == NULL ? P2P_ENOMEM : 0;
}

int p2p__dial_addr(struct p2p__swarm *s, const struct p2p_multiaddr *ma,
                   p2p__dial_done *done, void *user, p2p_ns now)
{
    struct p2p__peer *peer;
    struct p2p__dial *d;
    int rv = named_peer(s, ma, &peer);

    if (rv != 0) {
        return rv;
    }
    d = dial_new(s, peer != NULL && peer->dial == NULL ? peer : NULL, &rv);
    if (d != NULL && peer != NULL && d->peer == NULL) {
        d->expected = peer->id; /* another dial to it is under way */
    }
    if (peer != NULL) {
        p2p__peer_unref(peer);
    }
    if (d == NULL) {
        return rv;
    }
    d->done = done;
    d->user = user;
    rv = p2p__dial_add_maddr(d, ma, now);
    if (rv != 0) {
        p2p__dial_free(d);
        return rv;
    }
    start_queued(s, now);
    return 0;
}

int p2p__dial_these(struct p2p__swarm *s, const struct p2p__dial_order *order,
                    struct p2p__dial **out, p2p_ns now)
{
    int rv = s->n_dials < HURRIED * P2P__CAP_DIAL_ACTIVE ? 0 : P2P_ELIMIT;
    struct p2p__dial *d = rv == 0 ? dial_new(s, NULL, &rv) : NULL;

    *out = NULL;
    if (d == NULL) {
        return rv;
    }
    d->expected = *order->peer;
    d->way = (uint8_t)order->way;
    for (size_t i = 0; i < order->n_addrs; i++) {
        (void)p2p__dial_add_maddr(d, &order->addrs[i], now);
    }
    if (!may_be_direct(d)) {
        p2p__dial_free(d);
        return P2P_ENOADDR;
    }
    d->done = order->done;
    d->user = order->user;
    activate(d, now);
    *out = d;
    return 0;
}

void p2p__dial_cancel(struct p2p__dial *d, p2p_ns now)
{
    struct p2p__swarm *s = d->swarm;

    p2p__dial_free(d);
    start_queued(s, now);
}

void p2p__dial_schedule(struct p2p__peer *peer, p2p_ns now)
{
    if (peer->backoff_until <= now) {
        back_off(peer, now);
    }
    p2p__timer_set(&peer->redial, peer->backoff_until);
}

void p2p__dial_unwant(struct p2p__dial *d)
{
    if (d->done == NULL) {
        d->unwanted = true;
        p2p__timer_set(&d->timer, 0);
    }
}

void p2p__dial_redial_due(struct p2p__timer *t, p2p_ns now)
{
    struct p2p__peer *peer = P2P__CONTAINER(t, struct p2p__peer, redial);

    if (!peer->keep || p2p__peer_primary(peer) != NULL) {
        return;
    }
    if (p2p__dial_peer(peer->swarm, peer, now) != 0) {
        p2p__dial_schedule(peer, now);
    }
}
