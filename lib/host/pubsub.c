/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * gossipsub on streams. Each peer has one stream that we opened, for what we
 * send, and one that it opened, for what it sends; while there are two
 * connections it may have one on each (rust does). Happy path: peer_up opens
 * ours; what it negotiates tells the core the version; the core's frames are
 * pumped into it as far as it takes them. Failure: a stream that ends while the
 * peer stays connected is opened again, a bounded number of times; a peer
 * that does not speak pubsub is left alone; one whose score fell so low that
 * nothing is heard of it is disconnected, unless it is protected.
 */
#include "p2p/pubsub.h"

#include "base/mem.h"
#include "base/config.h"
#include "host/internal.h"
#include "wire/frame.h"
#include "proto/gossip/gossip.h"
#include "wire/addr_class.h"

/* So long the peer may take to end a stream that another one follows. (js never
 * ends it; what came too late then is told again by IHAVE.) */
#define MOVE_NS P2P__MS(500)
/* So long we do not dial a peer again whose score was too low. */
#define SHUN_NS P2P__SEC(120)

struct topic {
    struct p2p__list link;
    p2p_on_message on_msg;
    void *user;
    size_t len;
    char name[];
};

struct p2p_pubsub {
    struct p2p_host *host;
    struct p2p__gossip *g;
    struct p2p__job job;
    struct p2p__timer timer;
    struct p2p__list topics;
    struct p2p__list members;
    p2p_msgid_fn msgid_fn; /* NULL: one of the core's */
    void *msgid_user;
    p2p_peer_may_fn peer_may; /* NULL: everybody */
    void *may_user;
    size_t n_topics;
    enum p2p__path path; /* of the connections that its streams go over */
    bool closing;
};

/* A connected peer, whether it speaks pubsub or not. */
struct member {
    struct p2p__list link;
    struct p2p_pubsub *ps;
    struct p2p__peer *peer;      /* counted; peer->user is this member */
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
    struct p2p__list link; /* member->inlets */
    struct member *m;
    struct p2p_stream *s;
    struct p2p__frame frame;
};

static void open_out(struct member *m, p2p_ns now);

/* Sends the core's frames as far as the stream takes them. */
static void pump(struct member *m, p2p_ns now)
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
static int join(struct member *m, enum p2p__gossip_version v, p2p_ns now)
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

static void leave_if_alone(struct member *m, p2p_ns now)
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
    struct member *m = user;

    m->out_open = true;
    if (m->gp != NULL && m->had_out) {
        p2p__gossip_peer_restart(m->ps->g, m->gp);
    }
    m->had_out = true;
    if (join(m, version_of(s->protocol), now) != 0) {
        p2p__stream_reset(s, P2P_ELIMIT);
        return;
    }
    pump(m, now);
}

static void on_out_writable(void *user, struct p2p_stream *s, p2p_ns now)
{
    (void)s;
    pump(user, now);
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
static void move_on(struct member *m, p2p_ns now)
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
    move_on(P2P__CONTAINER(timer, struct member, moving), now);
}

/* Our stream once more, a bounded number of times. */
static void reopen(struct member *m, p2p_ns now)
{
    if (!m->ps->closing && m->reopens < P2P__CAP_PUBSUB_REOPENS &&
        p2p__peer_primary(m->peer) != NULL) {
        m->reopens++;
        open_out(m, now);
    }
}

static void on_out_closed(void *user, struct p2p_stream *s, int status,
                          p2p_ns now)
{
    struct member *m = user;

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

static void open_out(struct member *m, p2p_ns now)
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

static struct topic *find_topic(const struct p2p_pubsub *ps, const void *name,
                                size_t len)
{
    P2P__LIST_EACH (it, &ps->topics) {
        struct topic *t = P2P__CONTAINER(it, struct topic, link);

        if (t->len == len && memcmp(t->name, name, len) == 0) {
            return t;
        }
    }
    return NULL;
}

static void on_message(struct p2p_pubsub *ps, const struct p2p__gossip_ev *ev,
                       p2p_ns now)
{
    static const enum p2p__gossip_verdict verdicts[] = {
        [P2P_ACCEPT] = P2P__GOSSIP_ACCEPT,
        [P2P_IGNORE] = P2P__GOSSIP_IGNORE,
        [P2P_REJECT] = P2P__GOSSIP_REJECT};
    const struct topic *t = find_topic(ps, ev->topic.p, ev->topic.len);
    enum p2p_verdict verdict = P2P_IGNORE;
    uint64_t handle = ev->handle;

    /* The one before it may have been the last word on who brought it. */
    if (t != NULL && (ps->peer_may == NULL ||
                      ps->peer_may(ps->may_user, &ev->peer, t->name))) {
        struct p2p_message msg = {.topic = t->name,
                                  .from = ev->from,
                                  .via = ev->peer,
                                  .seqno = ev->seqno,
                                  .data = ev->data.p,
                                  .len = ev->data.len};

        verdict = t->on_msg(t->user, &msg);
    }
    if (handle != 0) {
        (void)p2p__gossip_validate(ps->g, handle, verdicts[verdict], now);
    }
}

/* Nothing is heard of the peer any more: why keep the connection? */
static void on_graylisted(struct p2p_pubsub *ps,
                          const struct p2p__gossip_ev *ev, p2p_ns now)
{
    const struct member *m = ev->user;

    if (m == NULL || p2p__peer_is_protected(m->peer)) {
        return;
    }
    P2P__LOG(ps->host->env.log, INFO,
             "a peer's pubsub score fell too low: disconnected");
    m->peer->backoff_until = p2p__ns_after(now, SHUN_NS);
    (void)p2p__swarm_disconnect(ps->host->swarm, &m->peer->id);
}

static void drain(struct p2p_pubsub *ps, p2p_ns now)
{
    struct p2p__gossip_ev ev;

    while (p2p__gossip_next(ps->g, &ev)) {
        if (ev.type == P2P__GOSSIP_MESSAGE) {
            on_message(ps, &ev, now);
        } else if (ev.type == P2P__GOSSIP_GRAYLISTED) {
            on_graylisted(ps, &ev, now);
        }
    }
}

static void pump_all(struct p2p_pubsub *ps, p2p_ns now)
{
    struct p2p__gossip_peer *gp = p2p__gossip_tx_peer(ps->g);

    while (gp != NULL) {
        pump(p2p__gossip_peer_user(gp), now);
        gp = p2p__gossip_tx_peer(ps->g);
    }
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
            drain(ps, now);
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
    struct member *m = i->m;

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
static int add_inlet(struct member *m, struct p2p_stream *s)
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

/* The peer opened its stream to us. */
static void on_inbound(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct p2p_pubsub *ps = user;
    struct member *m = s->peer->user;
    int rv;

    if (m == NULL || ps->closing) {
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
    struct member *m;

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
    struct member *m = peer->user;
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
    struct member *m = peer->user;
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
    drain(ps, now);
    peer->user = NULL;
    p2p__list_remove(&m->link);
    p2p__timer_fini(&m->moving);
    p2p__peer_unref(peer);
    p2p__free(m);
}

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p_pubsub *ps = P2P__CONTAINER(job, struct p2p_pubsub, job);

    drain(ps, now);
    pump_all(ps, now);
    p2p__timer_set(&ps->timer, p2p__gossip_deadline(ps->g));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p_pubsub *ps = P2P__CONTAINER(timer, struct p2p_pubsub, timer);

    p2p__gossip_expire(ps->g, now);
    p2p__mark(&ps->job); /* which sets the timer again */
}

/* The application's id of a message. */
static int app_id(void *user, const struct p2p__gossip_view *v, uint8_t *out)
{
    const struct p2p_pubsub *ps = user;
    char topic[P2P__CAP_GOSSIP_TOPIC + 1];
    struct p2p_message msg = {
        .topic = topic, .data = v->data.p, .len = v->data.len};
    size_t n;

    if (v->topic.len > P2P__CAP_GOSSIP_TOPIC) {
        return P2P_EFORMAT;
    }
    if (v->topic.len > 0) {
        memcpy(topic, v->topic.p, v->topic.len);
    }
    topic[v->topic.len] = '\0';
    for (size_t i = 0; i < v->seqno.len; i++) {
        msg.seqno = msg.seqno << 8 | v->seqno.p[i];
    }
    if (v->from.len > 0 &&
        p2p_peer_id_from_bytes(v->from.p, v->from.len, &msg.from) != 0) {
        return P2P_EFORMAT;
    }
    n = ps->msgid_fn(ps->msgid_user, &msg, out);
    return n >= 1 && n <= P2P_MSGID_MAX ? (int)n : P2P_EFORMAT;
}

/* The application's word on a peer in a topic. No name of its own has a zero
 * byte inside. */
static bool app_may(void *user, const struct p2p_peer_id *peer,
                    const struct p2p__slice *name)
{
    const struct p2p_pubsub *ps = user;
    char topic[P2P__CAP_GOSSIP_TOPIC + 1];

    assert(name->len > 0 && name->len <= P2P__CAP_GOSSIP_TOPIC);
    if (memchr(name->p, '\0', name->len) != NULL) {
        return false;
    }
    memcpy(topic, name->p, name->len);
    topic[name->len] = '\0';
    return ps->peer_may(ps->may_user, peer, topic);
}

static int make_core(struct p2p_pubsub *ps, const struct p2p_pubsub_config *cfg)
{
    struct p2p_host *h = ps->host;
    struct p2p__gossip_score_params score;
    struct p2p__gossip_cfg gc;

    p2p__gossip_cfg_defaults(&gc);
    gc.key = h->key;
    gc.self = h->swarm->self;
    gc.quota = &h->swarm->quota;
    if (cfg->no_sign) {
        gc.policy = P2P__GOSSIP_STRICT_NO_SIGN;
        gc.key = NULL;
    }
    if (cfg->msgid == P2P_MSGID_APP) {
        ps->msgid_fn = cfg->msgid_fn;
        ps->msgid_user = cfg->msgid_user;
        gc.id_fn = app_id;
        gc.id_user = ps;
    } else if (cfg->no_sign) {
        gc.id_fn = p2p__gossip_id_content;
    } else if (cfg->msgid == P2P_MSGID_KEY_SEQNO) {
        gc.id_fn = p2p__gossip_id_key_seqno;
        gc.alias_fn = p2p__gossip_id_from_seqno;
    } else {
        gc.id_fn = p2p__gossip_id_from_seqno;
        gc.alias_fn = p2p__gossip_id_key_seqno;
    }
    if (cfg->peer_may != NULL) {
        ps->peer_may = cfg->peer_may;
        ps->may_user = cfg->may_user;
        gc.may_fn = app_may;
        gc.may_user = ps;
    }
    if (cfg->scoring) {
        p2p__gossip_score_defaults(&score);
        gc.score = &score;
    }
    return p2p__gossip_new(&gc, &h->env, &ps->job, p2p__host_now(h), &ps->g);
}

static int serve(struct p2p_pubsub *ps)
{
    int rv = 0;

    for (int v = P2P__GOSSIP_NEWEST; v >= P2P__GOSSIP_FLOODSUB && rv == 0;
         v--) {
        rv = p2p__handlers_set(
            &ps->host->swarm->handlers,
            p2p__gossip_protocol((enum p2p__gossip_version)v), on_inbound, ps);
    }
    return rv;
}

/* Those who are connected already. */
static void take_in(struct p2p_pubsub *ps)
{
    P2P__LIST_EACH (it, &ps->host->swarm->conns) {
        struct p2p__conn *c = P2P__CONTAINER(it, struct p2p__conn, link);

        if (c->state == P2P__CONN_OPEN && c->peer->user == NULL) {
            p2p__pubsub_peer_up(ps, c->peer);
        }
    }
}

int p2p_pubsub_new(struct p2p_host *host, const struct p2p_pubsub_config *cfg,
                   struct p2p_pubsub **out)
{
    static const struct p2p_pubsub_config defaults = P2P_PUBSUB_CONFIG_INIT;
    struct p2p_pubsub_config own;
    struct p2p_pubsub *ps;
    int rv = p2p__config_read(&own, sizeof own, cfg != NULL ? cfg : &defaults);

    *out = NULL;
    if (rv != 0 || (own.msgid == P2P_MSGID_APP) != (own.msgid_fn != NULL)) {
        return P2P_EINVAL;
    }
    if (host->pubsub != NULL) {
        return P2P_EEXIST;
    }
    ps = p2p__zalloc(sizeof *ps);
    if (ps == NULL) {
        return P2P_ENOMEM;
    }
    ps->host = host;
    ps->path = own.limited ? P2P__PATH_ANY : P2P__PATH_WHOLE;
    p2p__list_init(&ps->topics);
    p2p__list_init(&ps->members);
    p2p__job_init(&ps->job, host->world->q, on_job);
    p2p__timer_init(&ps->timer, host->world->q, on_due);
    rv = make_core(ps, &own);
    if (rv == 0) {
        rv = serve(ps);
    }
    if (rv != 0) {
        p2p__pubsub_free(ps);
        return rv;
    }
    host->pubsub = ps;
    take_in(ps);
    p2p__host_identify_push(host);
    p2p__mark(&ps->job);
    *out = ps;
    return 0;
}

void p2p__pubsub_free(struct p2p_pubsub *ps)
{
    struct p2p__list *link;

    if (ps == NULL) {
        return;
    }
    assert(p2p__list_empty(&ps->members));
    link = p2p__list_pop(&ps->topics);
    while (link != NULL) {
        p2p__free(P2P__CONTAINER(link, struct topic, link));
        link = p2p__list_pop(&ps->topics);
    }
    p2p__gossip_free(ps->g);
    p2p__timer_fini(&ps->timer);
    p2p__job_fini(&ps->job);
    p2p__free(ps);
}

int p2p_pubsub_subscribe(struct p2p_pubsub *ps, const char *topic,
                         p2p_on_message on_msg, void *user)
{
    static const struct p2p__gossip_topic_cfg tc = {.validate = true};
    size_t len = strlen(topic);
    struct topic *t;
    int rv;

    if (on_msg == NULL) {
        return P2P_EINVAL;
    }
    if (ps->n_topics >= P2P__CAP_PUBSUB_TOPICS) {
        return P2P_ELIMIT;
    }
    t = p2p__zalloc(sizeof *t + len + 1);
    if (t == NULL) {
        return P2P_ENOMEM;
    }
    rv = p2p__gossip_subscribe(ps->g, topic, len, &tc, p2p__host_now(ps->host));
    if (rv != 0) {
        p2p__free(t);
        return rv;
    }
    t->on_msg = on_msg;
    t->user = user;
    t->len = len;
    memcpy(t->name, topic, len);
    p2p__list_init(&t->link);
    p2p__list_push(&ps->topics, &t->link);
    ps->n_topics++;
    return 0;
}

int p2p_pubsub_unsubscribe(struct p2p_pubsub *ps, const char *topic)
{
    struct topic *t = find_topic(ps, topic, strlen(topic));

    if (t == NULL) {
        return P2P_ENOTFOUND;
    }
    (void)p2p__gossip_unsubscribe(ps->g, topic, t->len,
                                  p2p__host_now(ps->host));
    p2p__list_remove(&t->link);
    ps->n_topics--;
    p2p__free(t);
    return 0;
}

int p2p_pubsub_publish(struct p2p_pubsub *ps, const char *topic,
                       const void *data, size_t len)
{
    struct p2p__slice s = p2p__slice_of(data, len);

    return p2p__gossip_publish(ps->g, topic, strlen(topic), &s,
                               p2p__host_now(ps->host), NULL);
}

void p2p_pubsub_recheck(struct p2p_pubsub *ps)
{
    p2p__gossip_recheck(ps->g, p2p__host_now(ps->host));
}

size_t p2p_pubsub_peers(const struct p2p_pubsub *ps, const char *topic,
                        bool mesh, struct p2p_peer_id *out, size_t cap)
{
    return p2p__gossip_topic_peers(ps->g, topic, strlen(topic), mesh, out, cap);
}

void p2p_pubsub_stats(const struct p2p_pubsub *ps, struct p2p_pubsub_stats *out,
                      size_t size)
{
    const struct p2p__gossip_stats *s = p2p__gossip_stats(ps->g);
    const struct p2p_pubsub_stats own = {
        .published = s->published,
        .received = s->received,
        .delivered = s->delivered,
        .duplicates = s->duplicates,
        .invalid = s->invalid,
        .forwarded = s->forwarded,
        .dropped = s->dropped,
        .asked_for = s->iwant_served,
    };

    p2p__out_write(out, size, &own, sizeof own);
}
