/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See listener.h. Failure modes: who comes is too many, or the gate says no:
 * then the connection ends before a byte of it was read. */
#include "stack/listener.h"

#include "base/mem.h"
#include "stack/swarm.h"

/* How many handshakes from this address are under way. */
static uint32_t pending_from(const struct p2p__swarm *s,
                             const struct p2p__addr *from)
{
    uint32_t count = 0;

    P2P__LIST_EACH (it, &s->pending) {
        const struct p2p__conn *c =
            P2P__CONTAINER(it, struct p2p__conn, pending);

        count += p2p__addr_same_ip(&c->remote, from) ? 1 : 0;
    }
    return count;
}

/* How long a handshake has begun before another may take its place. */
#define PATIENCE_NS P2P__SEC(1)

/* Whether a handshake under way is not one of just now. */
static bool had_its_time(const struct p2p__swarm *s, const struct p2p__conn *c,
                         p2p_ns now)
{
    return c->deadline - s->limits.upgrade_ns + PATIENCE_NS <= now;
}

/* Whether somebody protected was connected at where a pipe comes from, and it
 * does come from there: who comes by a circuit has its relay's address, which
 * tells nothing. */
static bool is_familiar(const struct p2p__swarm *s, const struct p2p__pipe *p,
                        bool relayed, const struct p2p__addr *from)
{
    return !relayed && !p->unproven && p2p__familiar_has(&s->familiar, from);
}

/* The first of the handshakes of strangers, if it had its time or somebody
 * familiar is here; or the first one of all that had its time; or NULL. */
static struct p2p__conn *expendable(const struct p2p__swarm *s, bool familiar,
                                    p2p_ns now)
{
    struct p2p__list *first = p2p__list_first(&s->pending);
    struct p2p__conn *c = NULL;

    P2P__LIST_EACH (it, &s->pending) {
        c = P2P__CONTAINER(it, struct p2p__conn, pending);
        if (!familiar && !had_its_time(s, c, now)) {
            break; /* nor had those behind it */
        }
        if (!is_familiar(s, c->pipe, c->relayed, &c->remote)) {
            return c;
        }
    }
    c = first == NULL ? NULL : P2P__CONTAINER(first, struct p2p__conn, pending);
    return c != NULL && had_its_time(s, c, now) ? c : NULL;
}

/*
 * A handshake takes milliseconds; those that fill the host's patience and take
 * more make room for new ones, the first first. So connections that say
 * nothing keep nobody out; if they come again by the thousand it is a matter of
 * luck who gets in, but for who is familiar. 0, or which limit says no.
 */
static int make_room(struct p2p__swarm *s, bool familiar, p2p_ns now)
{
    struct p2p__conn *c;

    if (s->n_pending < s->limits.pending &&
        p2p__quota_room(&s->quota, P2P__Q_CONNS_IN) > 0 &&
        p2p__quota_room(&s->quota, P2P__Q_FDS) > 0) {
        return 0;
    }
    c = expendable(s, familiar, now);
    if (c == NULL) {
        return s->n_pending < s->limits.pending ? 0 : P2P_ELIMIT;
    }
    p2p__refused(s, P2P__REFUSED_HANDSHAKES, c);
    c->err = P2P_ELIMIT;
    p2p__conn_free(c, now);
    return 0;
}

/* Whether one more inbound handshake may begin. */
static bool may_accept(struct p2p__swarm *s, const struct p2p__via *via,
                       const struct p2p_multiaddr *at,
                       const struct p2p__pipe *pipe, p2p_ns now)
{
    struct p2p_multiaddr given = *at;
    struct p2p__addr from;
    const struct p2p__place place = {
        .via = via, .bytes = given.bytes, .len = given.len};
    const struct p2p__gate_case one = {
        .step = P2P__GATE_ACCEPT, .addr = &from, .place = &place};

    pipe->ops->remote(pipe, &from);
    if (!p2p__gate_may(s, &one)) {
        return false;
    }
    if (pending_from(s, &from) >= s->limits.pending_per_addr) {
        p2p__refused_at(s, P2P__REFUSED_HANDSHAKES_OF_ADDR, via, &from);
        return false;
    }
    if (make_room(s, is_familiar(s, pipe, via->ops->dial != NULL, &from),
                  now) != 0) {
        p2p__refused_at(s, P2P__REFUSED_HANDSHAKES, via, &from);
        return false;
    }
    return true;
}

void p2p__swarm_accept(struct p2p__swarm *s, const struct p2p__via *via,
                       const struct p2p_multiaddr *at, struct p2p__pipe *pipe,
                       p2p_ns now)
{
    struct p2p__conn *c = NULL;

    if (may_accept(s, via, at, pipe, now)) {
        c = p2p__conn_new(s, false, via, at);
    }
    if (c == NULL) {
        pipe->ops->close(pipe);
        return;
    }
    p2p__list_push(&s->pending, &c->pending);
    s->n_pending++;
    p2p__conn_set_pipe(c, pipe);
    p2p__conn_start(c, now);
}

static void on_accepted(void *user, struct p2p__pipe *pipe, p2p_ns now)
{
    struct p2p__swarm_listener *l = user;
    struct p2p_multiaddr at;

    p2p__listener_maddr(l, NULL, &at);
    p2p__swarm_accept(l->swarm, l->via, &at, pipe, now);
}

static const struct p2p__listener_cb listener_cb = {.accepted = on_accepted};

void p2p__listener_maddr(const struct p2p__swarm_listener *l,
                         const struct p2p__addr *ip, struct p2p_multiaddr *out)
{
    struct p2p__addr at = ip != NULL ? *ip : l->at;

    at.port = l->at.port;
    p2p__listener_outside(l, &at, out);
}

void p2p__listener_outside(const struct p2p__swarm_listener *l,
                           const struct p2p__addr *at,
                           struct p2p_multiaddr *out)
{
    p2p__maddr_from_addr(at, l->via->ops->port_code, out);
    assert(l->rest_len <= sizeof out->bytes - out->len);
    memcpy(out->bytes + out->len, l->rest, l->rest_len);
    out->len = (uint16_t)(out->len + l->rest_len);
}

/* A listener that does not listen yet; NULL: no memory. */
static struct p2p__swarm_listener *listener_new(
    struct p2p__swarm *s, const struct p2p_multiaddr *ma,
    const struct p2p__maddr_waist *waist)
{
    const size_t rest_len = ma->len - waist->rest;
    struct p2p__swarm_listener *l = p2p__zalloc(sizeof *l + rest_len);

    if (l != NULL) {
        l->swarm = s;
        l->rest_len = (uint16_t)rest_len;
        memcpy(l->rest, ma->bytes + waist->rest, rest_len);
    }
    return l;
}

static struct p2p__listener *bind_at(struct p2p__swarm_listener *l,
                                     const struct p2p__addr *at, int *err)
{
    const struct p2p__transport_own *own = l->via->ops->own;
    struct p2p__net *net = l->swarm->net;

    return own != NULL ? own->listen(l->via->host, at, &listener_cb, l, err)
                       : net->listen(net, at, &listener_cb, l, err);
}

int p2p__listener_open(struct p2p__swarm *s, const struct p2p_multiaddr *ma)
{
    struct p2p__maddr_waist waist;
    const struct p2p__via *via = NULL;
    struct p2p__swarm_listener *l;
    int rv = p2p__maddr_waist(ma, &waist);

    if (rv == 0 && waist.name[0] == '\0' && waist.zone[0] == '\0') {
        via = p2p__transports_find(&s->transports, ma, &waist);
    }
    if (via == NULL) {
        return P2P_ENOTSUP;
    }
    rv = via->ops->may_listen != NULL ? via->ops->may_listen(via->host) : 0;
    if (rv != 0) {
        return rv;
    }
    l = listener_new(s, ma, &waist);
    rv = l == NULL ? P2P_ENOMEM : p2p__quota_take(&s->quota, P2P__Q_FDS, 1);
    if (rv != 0) {
        p2p__free(l);
        return rv;
    }
    l->via = via;
    l->l = bind_at(l, &waist.addr, &rv);
    if (l->l == NULL) {
        p2p__quota_give(&s->quota, P2P__Q_FDS, 1);
        p2p__free(l);
        return rv;
    }
    l->at = l->l->addr;
    p2p__list_push(&s->listeners, &l->link);
    return 0;
}

struct p2p__swarm_listener *p2p__listener_towards(const struct p2p__swarm *s,
                                                  const struct p2p__via *via,
                                                  const struct p2p__addr *to)
{
    struct p2p__swarm_listener *any = NULL;
    struct p2p__addr source = {0};

    if (s->net->source != NULL) {
        (void)s->net->source(s->net, to, &source);
    }
    P2P__LIST_EACH (it, &s->listeners) {
        struct p2p__swarm_listener *l =
            P2P__CONTAINER(it, struct p2p__swarm_listener, link);

        if (l->via != via || l->at.family != to->family) {
            continue;
        }
        if (p2p__addr_same_ip(&l->at, &source)) {
            return l;
        }
        any = p2p__addr_is_any(&l->at) ? l : any;
    }
    return any;
}

bool p2p__listener_is_at(const struct p2p__conn *c)
{
    struct p2p__addr local = {0};

    if (c->pipe == NULL || c->relayed) {
        return false;
    }
    c->pipe->ops->local(c->pipe, &local);
    P2P__LIST_EACH (it, &c->swarm->listeners) {
        const struct p2p__swarm_listener *l =
            P2P__CONTAINER(it, struct p2p__swarm_listener, link);

        if (l->via == c->place.via && l->at.family == local.family &&
            l->at.port == local.port) {
            return true;
        }
    }
    return false;
}

void p2p__listeners_close(struct p2p__swarm *s)
{
    struct p2p__list *link = p2p__list_pop(&s->listeners);

    while (link != NULL) {
        struct p2p__swarm_listener *l =
            P2P__CONTAINER(link, struct p2p__swarm_listener, link);

        l->l->close(l->l);
        p2p__quota_give(&s->quota, P2P__Q_FDS, 1);
        p2p__free(l);
        link = p2p__list_pop(&s->listeners);
    }
}
