/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The streams of a peer that speaks pubsub: one that we opened, for what we
 * send, and one that it opened, for what it sends; while there are two
 * connections it may have one on each (rust does). Happy path: the peer comes
 * up and ours is opened; what it negotiates tells the core the version; the
 * core's frames are pumped into it as far as it takes them. Failure: a stream
 * that ends while the peer stays connected is opened again, a bounded number of
 * times; a peer that does not speak pubsub is left alone.
 */
#include "host/pubsub.h"

#include "base/mem.h"
#include "wire/addr_class.h"
#include "wire/frame.h"

/* So long the peer may take to end a stream that another one follows. (js never
 * ends it; what came too late then is told again by IHAVE.) */
#define MOVE_NS P2P__MS(500)
/* So long we do not dial a peer again whose score was too low. */
#define SHUN_NS P2P__SEC(120)

/* A connected peer, whether it speaks pubsub or not. */
struct p2p__pubsub_peer {
    struct p2p__list link;
    struct p2p_pubsub *ps;
    struct p2p__peer *peer;      /* counted; peer->user is this */
    struct p2p__gossip_peer *gp; /* NULL: no stream yet */
    struct p2p_stream *out;
    struct p2p__list inlets;
    struct p2p__timer moving; /* `out` is finished, another one follows */
    unsigned reopens;
    bool out_open;
    bool had_out; /* a stream before this one was open */
};

/* A stream that the peer opened: the newest one of its connection. */
struct inlet {
    struct p2p__list link; /* pubsub_peer->inlets */
    struct p2p__pubsub_peer *m;
    struct p2p_stream *s;
    struct p2p__frame frame;
};

static void open_out(struct p2p__pubsub_peer *m, p2p_ns now);

void p2p__pubsub_peer_pump(struct p2p__pubsub_peer *m, p2p_ns now)
{
    struct p2p__slice frame;

    while (m->gp != NULL && m->out_open &&
           p2p__gossip_tx(m->ps->g, m->gp, &frame, now)) {
        int rv = p2p__stream_send(m->out, &frame);

        if (rv == P2P_EAGAIN) {
            return;
        }
        if (rv == P2P_ELIMIT && p2p__gossip_tx_skip(m->ps->g, m->gp)) {
            continue; /* more than our quota will ever hold */
        }
        p2p__gossip_tx_done(m->ps->g, m->gp);
        if (rv != 0) {
            p2p__stream_reset(m->out, rv);
            return;
        }
    }
}

/* Where the peer is, for P6. Not told of this host's own: many nodes on one
 * machine are no reason for distrust. */
static void set_ip(struct p2p__gossip_peer_info *info,
                   const struct p2p__conn *c)
{
    struct p2p__addr local;

    c->pipe->ops->local(c->pipe, &local);
    if (c->remote.family == 0 ||
        p2p__addr_class(&c->remote) == P2P__ADDR_LOOPBACK ||
        memcmp(local.ip, c->remote.ip, sizeof local.ip) == 0) {
        return;
    }
    info->ip_len = c->remote.family == 4 ? 4 : 16;
    memcpy(info->ip, c->remote.ip, info->ip_len);
}

/* The core learns of the peer with its first open stream. */
static int join(struct p2p__pubsub_peer *m, enum p2p__gossip_version v,
                p2p_ns now)
{
    struct p2p__gossip_peer_info info = {
        .id = m->peer->id, .version = v, .quota = &m->peer->quota, .user = m};
    const struct p2p__conn *c = p2p__peer_primary(m->peer);

    if (m->gp != NULL) {
        p2p__gossip_peer_version(m->ps->g, m->gp, v);
        return 0;
    }
    if (c != NULL) {
        info.outbound = c->dialer;
        set_ip(&info, c);
    }
    return p2p__gossip_peer_add(m->ps->g, &info, now, &m->gp);
}

static void leave_if_alone(struct p2p__pubsub_peer *m, p2p_ns now)
{
    if (m->gp != NULL && p2p__list_empty(&m->inlets) && m->out == NULL) {
        p2p__gossip_peer_remove(m->ps->g, m->gp, now);
        m->gp = NULL;
    }
}

static enum p2p__gossip_version version_of(const char *protocol)
{
    int v = P2P__GOSSIP_NEWEST;

    while (v > P2P__GOSSIP_FLOODSUB &&
           strcmp(protocol,
                  p2p__gossip_protocol((enum p2p__gossip_version)v)) != 0) {
        v--;
    }
    return (enum p2p__gossip_version)v;
}

static void on_out_opened(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct p2p__pubsub_peer *m = user;

    m->out_open = true;
    if (m->gp != NULL && m->had_out) {
        p2p__gossip_peer_restart(m->ps->g, m->gp);
    }
    m->had_out = true;
    if (join(m, version_of(s->protocol), now) != 0) {
        p2p__stream_reset(s, P2P_ELIMIT);
        return;
    }
    p2p__pubsub_peer_pump(m, now);
}

static void on_out_writable(void *user, struct p2p_stream *s, p2p_ns now)
{
    (void)s;
    p2p__pubsub_peer_pump(user, now);
}

/* Lets go of a stream that goes on without us. */
static void disown(struct p2p_stream *s)
{
    if (s != NULL) {
        p2p__stream_listen(s, NULL, NULL);
        p2p__stream_reset(s, P2P_ECANCELED);
    }
}

/* The stream on the former connection is done with: the next one. */
static void move_on(struct p2p__pubsub_peer *m, p2p_ns now)
{
    p2p__timer_set(&m->moving, P2P_NEVER);
    disown(m->out);
    m->out = NULL;
    if (p2p__peer_primary(m->peer) != NULL) {
        open_out(m, now);
    } else {
        leave_if_alone(m, now);
    }
}

static void on_moving_due(struct p2p__timer *timer, p2p_ns now)
{
    move_on(P2P__CONTAINER(timer, struct p2p__pubsub_peer, moving), now);
}

/* Our stream once more, a bounded number of times. */
static void reopen(struct p2p__pubsub_peer *m, p2p_ns now)
{
    if (!m->ps->host->swarm->closing && m->reopens < P2P__CAP_PUBSUB_REOPENS &&
        p2p__peer_primary(m->peer) != NULL) {
        m->reopens++;
        open_out(m, now);
    }
}

static void on_out_closed(void *user, struct p2p_stream *s, int status,
                          p2p_ns now)
{
    struct p2p__pubsub_peer *m = user;

    if (m->out != s) {
        return; /* another one took its place */
    }
    m->out = NULL;
    m->out_open = false;
    if (m->moving.node.armed) {
        move_on(m, now);
        return;
    }
    leave_if_alone(m, now);
    if (status != P2P_ENOPROTO) {
        reopen(m, now);
    }
}

static const struct p2p__stream_cb out_cb = {
    .opened = on_out_opened,
    .writable = on_out_writable,
    .closed = on_out_closed,
};

static void open_out(struct p2p__pubsub_peer *m, p2p_ns now)
{
    const char *offer[] = {p2p__gossip_protocol(P2P__GOSSIP_V13),
                           p2p__gossip_protocol(P2P__GOSSIP_V12),
                           p2p__gossip_protocol(P2P__GOSSIP_V11),
                           p2p__gossip_protocol(P2P__GOSSIP_V10),
                           p2p__gossip_protocol(P2P__GOSSIP_FLOODSUB)};
    const struct p2p__stream_want want = {.peer = m->peer,
                                          .protocols = offer,
                                          .n = P2P__COUNT(offer),
                                          .path = m->ps->path};
    int err;

    m->out_open = false;
    m->out = p2p__stream_want(&want, now, &err);
    if (m->out != NULL) {
        p2p__stream_listen(m->out, &out_cb, m);
    }
}

void p2p__pubsub_peer_shun(struct p2p__pubsub_peer *m, p2p_ns now)
{
    struct p2p_host *h = m->ps->host;

    if (p2p__peer_is_protected(m->peer)) {
        return;
    }
    P2P__LOG(h->env.log, INFO,
             "a peer's pubsub score fell too low: disconnected");
    m->peer->backoff_until = p2p__ns_after(now, SHUN_NS);
    (void)p2p__swarm_disconnect(h->swarm, &m->peer->id);
}

static void drop_inlet(struct inlet *i)
{
    p2p__list_remove(&i->link);
    p2p__frame_fini(&i->frame);
    p2p__free(i);
}

static void on_in_data(void *user, struct p2p_stream *s, struct p2p__slice in,
                       p2p_ns now)
{
    struct inlet *i = user;
    struct p2p_pubsub *ps = i->m->ps;
    struct p2p__slice rpc;
    int rv = 0;

    while (rv >= 0 && (rv = p2p__frame_next(&i->frame, &in, &rpc)) == 1) {
        while (rpc.len > 0 && rv != P2P_EFORMAT) {
            rv = p2p__gossip_rx(ps->g, i->m->gp, &rpc, now);
            p2p__pubsub_drain(ps, now);
        }
        rv = rv == P2P_EFORMAT ? rv : 0;
    }
    if (rv < 0) {
        p2p__stream_reset(s, rv);
    }
}

static void on_in_finished(void *user, struct p2p_stream *s, p2p_ns now)
{
    (void)user;
    (void)now;
    p2p__stream_finish(s);
}

static void on_in_closed(void *user, struct p2p_stream *s, int status,
                         p2p_ns now)
{
    struct inlet *i = user;
    struct p2p__pubsub_peer *m = i->m;

    (void)s;
    (void)status;
    drop_inlet(i);
    leave_if_alone(m, now);
}

static const struct p2p__stream_cb in_cb = {
    .data = on_in_data,
    .finished = on_in_finished,
    .closed = on_in_closed,
};

/* Ends a stream of the peer's. */
static void end_inlet(struct inlet *i)
{
    disown(i->s);
    drop_inlet(i);
}

/* Takes a stream of the peer's; the former one of its connection ends. */
static int add_inlet(struct p2p__pubsub_peer *m, struct p2p_stream *s)
{
    struct inlet *i = p2p__zalloc(sizeof *i);

    if (i == NULL) {
        return P2P_ENOMEM;
    }
    P2P__LIST_EACH_SAFE (it, &m->inlets) {
        struct inlet *old = P2P__CONTAINER(it, struct inlet, link);

        if (old->s->conn == s->conn) {
            end_inlet(old);
        }
    }
    i->m = m;
    i->s = s;
    p2p__list_init(&i->link);
    p2p__list_push(&m->inlets, &i->link);
    p2p__frame_init(&i->frame, &m->peer->quota, P2P__CAP_GOSSIP_FRAME);
    p2p__stream_listen(s, &in_cb, i);
    return 0;
}

void p2p__pubsub_peer_inbound(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct p2p_pubsub *ps = user;
    struct p2p__pubsub_peer *m = s->peer->user;
    int rv;

    if (m == NULL || ps->host->swarm->closing) {
        p2p__stream_reset(s, P2P_ESTATE);
        return;
    }
    rv = m->gp == NULL ? join(m, version_of(s->protocol), now) : 0;
    rv = rv == 0 ? add_inlet(m, s) : rv;
    if (rv != 0) {
        p2p__stream_reset(s, P2P_ELIMIT);
        leave_if_alone(m, now);
    } else if (m->out == NULL) {
        reopen(m, now); /* it speaks pubsub now, and did not when we asked */
    }
}

void p2p__pubsub_peer_up(struct p2p_pubsub *ps, struct p2p__peer *peer)
{
    struct p2p__pubsub_peer *m;

    assert(peer->user == NULL);
    m = p2p__zalloc(sizeof *m);
    if (m == NULL) {
        return;
    }
    m->ps = ps;
    m->peer = p2p__peer_ref(peer);
    peer->user = m;
    p2p__list_init(&m->inlets);
    p2p__list_init(&m->link);
    p2p__list_push(&ps->members, &m->link);
    p2p__timer_init(&m->moving, ps->host->world->q, on_moving_due);
    open_out(m, p2p__host_now(ps->host));
}

/* Our stream follows to the peer's best connection. What it carries is not
 * lost: it ends, and the next one begins when the peer has seen that. */
void p2p__pubsub_peer_moved(struct p2p_pubsub *ps, struct p2p__peer *peer)
{
    struct p2p__pubsub_peer *m = peer->user;
    const struct p2p__conn *c = p2p__peer_primary(peer);
    p2p_ns now = p2p__host_now(ps->host);

    if (m == NULL || c == NULL || m->moving.node.armed ||
        (m->out != NULL && m->out->conn == c)) {
        return;
    }
    if (m->out == NULL || !m->out_open) {
        disown(m->out);
        open_out(m, now);
        return;
    }
    p2p__stream_finish(m->out);
    m->out_open = false;
    p2p__timer_set(&m->moving, p2p__ns_after(now, MOVE_NS));
}

void p2p__pubsub_peer_down(struct p2p_pubsub *ps, struct p2p__peer *peer)
{
    struct p2p__pubsub_peer *m = peer->user;
    p2p_ns now = p2p__host_now(ps->host);

    if (m == NULL) {
        return;
    }
    disown(m->out);
    m->out = NULL;
    P2P__LIST_EACH_SAFE (it, &m->inlets) {
        end_inlet(P2P__CONTAINER(it, struct inlet, link));
    }
    leave_if_alone(m, now);
    p2p__pubsub_drain(ps, now);
    peer->user = NULL;
    p2p__list_remove(&m->link);
    p2p__timer_fini(&m->moving);
    p2p__peer_unref(peer);
    p2p__free(m);
}
