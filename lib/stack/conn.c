/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The life of a connection: see conn.h. */
#include "stack/conn.h"

#include "base/mem.h"
#include "stack/codes.h"
#include "stack/stream.h"
#include "stack/swarm.h"
#include "stack/upgrade.h"
#include "stack/wander.h"

/* How long a draining connection waits for its streams to end. */
#define DRAIN_NS P2P__MS(500)

/* How often a spare connection is looked at. The end that dialed it closes it;
 * the other one does if that end (not ours, then) does not. */
#define SPARE_DIALED_NS   P2P__MS(500)
#define SPARE_ACCEPTED_NS P2P__SEC(5)

/* A full pipe is looked at so often in limits.stall_ns, so that a peer that
 * stops reading is cut off after less than that. */
#define STALL_LOOKS 4U

/* Taking less than this is not progress. */
#define STALL_BYTES 1024U

/* A peer of whose machine nothing was heard for so long is gone. yamux asks it
 * and has its own time for that. */
#define SILENT_NS P2P__SEC(30)

/* How long a peer that is asked whether it is there may be silent, and when it
 * is asked for the second time. */
#define PROBE_NS     P2P__SEC(5)
#define ASK_AGAIN_NS P2P__SEC(1)

static void on_job(struct p2p__job *job, p2p_ns now);
static void on_due(struct p2p__timer *timer, p2p_ns now);

/* What a connection is, before it holds anything. */
static enum p2p__quota_kind kind_of(const struct p2p__conn *c)
{
    return c->dialer ? P2P__Q_CONNS_OUT : P2P__Q_CONNS_IN;
}

/* How many descriptors it has: those of a transport of its own share one, and
 * a circuit is on a connection that has one. */
static uint64_t fds_of(const struct p2p__conn *c)
{
    return c->place.via->ops->own == NULL && !c->relayed ? 1 : 0;
}

static int take_quota(struct p2p__conn *c)
{
    int rv = p2p__quota_take(&c->quota, P2P__Q_FDS, fds_of(c));

    if (rv != 0) {
        return rv;
    }
    rv = p2p__quota_take(&c->quota, kind_of(c), 1);
    if (rv != 0) {
        p2p__quota_give(&c->quota, P2P__Q_FDS, fds_of(c));
    }
    return rv;
}

struct p2p__conn *p2p__conn_new(struct p2p__swarm *swarm, bool dialer,
                                const struct p2p__via *via,
                                const struct p2p_multiaddr *at)
{
    struct p2p__conn *c = p2p__zalloc(sizeof *c);

    if (c == NULL || p2p__place_init(&c->place, via, at) != 0) {
        p2p__free(c);
        return NULL;
    }
    c->swarm = swarm;
    c->dialer = dialer;
    c->relayed = via->ops->dial != NULL;
    c->deadline = P2P_NEVER;
    c->stall_at = P2P_NEVER;
    c->spare_at = P2P_NEVER;
    c->starved_at = P2P_NEVER;
    c->listen_at = P2P_NEVER;
    c->adrift_at = P2P_NEVER;
    c->dead_at = P2P_NEVER;
    c->ask_at = P2P_NEVER;
    c->state = dialer ? P2P__CONN_DIALING : P2P__CONN_UPGRADING;
    p2p__list_init(&c->peer_link);
    p2p__list_init(&c->pending);
    p2p__list_init(&c->streams);
    p2p__list_init(&c->negotiating);
    p2p__job_init(&c->job, swarm->q, on_job);
    p2p__timer_init(&c->timer, swarm->q, on_due);
    p2p__quota_init(&c->quota, &swarm->transient, "conn");
    c->quota.level = P2P__SCOPE_CONN;
    p2p__limits_conn(&swarm->limits, &c->quota);
    if (take_quota(c) != 0) {
        p2p__place_fini(&c->place);
        p2p__free(c);
        return NULL;
    }
    p2p__list_init(&c->link);
    p2p__list_push(&swarm->conns, &c->link);
    swarm->n_conns++;
    return c;
}

void p2p__conn_set_pipe(struct p2p__conn *c, struct p2p__pipe *pipe)
{
    c->pipe = pipe;
    pipe->cb = &p2p__conn_pipe_cb;
    pipe->user = c;
}

void p2p__conn_start(struct p2p__conn *c, p2p_ns now)
{
    int rv;

    c->state = P2P__CONN_UPGRADING;
    c->pipe->ops->remote(c->pipe, &c->remote);
    c->deadline = p2p__ns_after(now, c->swarm->limits.upgrade_ns);
    p2p__conn_arm(c, c->deadline);
    rv = p2p__upgrade_start(c, now);
    if (rv != 0) {
        p2p__conn_fail(c, rv);
        return;
    }
    c->limited = c->pipe->limited;
    c->pipe->ops->read(c->pipe, true);
    p2p__mark(&c->job);
}

void p2p__conn_fail(struct p2p__conn *c, int err)
{
    assert(err < 0);
    if (c->err != 0) {
        return;
    }
    c->err = err;
    if (c->sess != NULL && p2p__code_of_conn(err) != P2P__CODE_NONE) {
        c->sess_ops->goaway(c->sess, p2p__code_of_conn(err));
    }
    p2p__mark(&c->job);
}

void p2p__conn_drain(struct p2p__conn *c, p2p_ns now)
{
    if (c->state != P2P__CONN_OPEN) {
        return;
    }
    c->state = P2P__CONN_DRAINING;
    c->sess_ops->goaway(c->sess, 0);
    c->deadline = p2p__ns_after(now, DRAIN_NS);
    p2p__conn_arm(c, c->deadline);
    p2p__mark(&c->job);
}

void p2p__conn_spare(struct p2p__conn *c, p2p_ns now)
{
    c->spare_at =
        p2p__ns_after(now, c->dialer ? SPARE_DIALED_NS : SPARE_ACCEPTED_NS);
    p2p__conn_arm(c, c->spare_at);
}

/* Whether the peer can be asked. */
static bool ask(struct p2p__conn *c, p2p_ns now)
{
    return (c->sess_ops->probe != NULL ? c->sess_ops->probe(c->sess, now)
                                       : c->sess_ops->ping(c->sess, now)) == 0;
}

void p2p__conn_probe(struct p2p__conn *c, p2p_ns now)
{
    if (c->state == P2P__CONN_OPEN && c->err == 0 && c->dead_at == P2P_NEVER &&
        ask(c, now)) {
        c->dead_at = p2p__ns_after(now, PROBE_NS);
        c->ask_at = p2p__ns_after(now, ASK_AGAIN_NS);
        p2p__conn_arm(c, c->ask_at);
    }
}

void p2p__conn_push(struct p2p__conn *c, const struct p2p__chan_ops *ops,
                    void *chan)
{
    assert(c->n_layers < P2P__CONN_LAYERS);
    c->layers[c->n_layers++] = (struct p2p__layer){.ops = ops, .chan = chan};
}

/* Ends the channel of a layer; the slot stays, so that nobody above moves. */
static void free_layer(struct p2p__layer *l)
{
    if (l->chan != NULL) {
        l->ops->fini(l->chan);
        p2p__free(l->chan);
        l->chan = NULL;
    }
}

void p2p__conn_drop(struct p2p__conn *c, const void *chan)
{
    for (unsigned i = 0; i < c->n_layers; i++) {
        if (c->layers[i].chan == chan) {
            free_layer(&c->layers[i]);
        }
    }
}

void p2p__conn_maddr(const struct p2p__conn *c, struct p2p_multiaddr *out)
{
    struct p2p__addr at = c->remote;

    if (c->pipe != NULL && c->place.via->ops->own != NULL) {
        c->pipe->ops->remote(c->pipe, &at); /* it may have moved */
    }
    p2p__place_at(&c->place, &at, out);
}

void p2p__conn_set_session(struct p2p__conn *c, const struct p2p__sess_ops *ops,
                           void *sess)
{
    assert(c->sess == NULL && c->state == P2P__CONN_UPGRADING);
    c->sess_ops = ops;
    c->sess = sess;
}

void p2p__conn_open(struct p2p__conn *c, p2p_ns now)
{
    assert(c->sess != NULL && c->state == P2P__CONN_UPGRADING);
    c->state = P2P__CONN_OPEN;
    c->deadline = P2P_NEVER;
    c->opened_at = now;
    if (c->sess_ops->alive == NULL) {
        c->listen_at = p2p__ns_after(now, SILENT_NS);
    }
    p2p__swarm_opened(c->swarm, c, now);
    p2p__mark(&c->job);
}

void p2p__conn_arm(struct p2p__conn *c, p2p_ns at)
{
    if (at != P2P_NEVER && (!c->timer.node.armed || at < c->timer.node.at)) {
        p2p__timer_set(&c->timer, at);
    }
}

/* The earliest moment that anything on the connection waits for. */
static p2p_ns next_deadline(const struct p2p__conn *c)
{
    p2p_ns at = p2p__ns_min(c->deadline, c->stall_at);

    at = p2p__ns_min(at, c->starved_at);
    at = p2p__ns_min(at, c->spare_at);
    at = p2p__ns_min(at, c->listen_at);
    at = p2p__ns_min(at, c->adrift_at);
    at = p2p__ns_min(at, c->dead_at);
    at = p2p__ns_min(at, c->ask_at);
    for (unsigned i = 0; i < c->n_layers; i++) {
        if (c->layers[i].chan != NULL) {
            at = p2p__ns_min(at, c->layers[i].ops->deadline(c->layers[i].chan));
        }
    }
    if (c->sess != NULL) {
        at = p2p__ns_min(at, c->sess_ops->deadline(c->sess));
    }
    return at;
}

/* The peer takes no streams any more; it may have said why. */
static void on_goaway(struct p2p__conn *c, uint64_t code, p2p_ns now)
{
    int why = p2p__code_conn_status(code, 0);

    if (why != 0) {
        p2p__conn_fail(c, why);
    } else if (c->state == P2P__CONN_OPEN) {
        c->state = P2P__CONN_DRAINING;
        c->deadline = p2p__ns_after(now, DRAIN_NS);
        p2p__conn_arm(c, c->deadline);
        p2p__swarm_moved(c->swarm, c, now);
    }
}

/* Hands the session's events to whom they concern. */
static void drain_events(struct p2p__conn *c, p2p_ns now)
{
    struct p2p__sess_ev ev;

    while (c->err == 0 && c->sess_ops->next(c->sess, &ev)) {
        switch (ev.type) {
            case P2P__SESS_GOAWAY:
                on_goaway(c, ev.code, now);
                break;
            case P2P__SESS_PONG:
                c->rtt_ns = ev.code;
                c->dead_at = c->ask_at = P2P_NEVER;
                c->swarm->cb->pong(c->swarm->user, c, now);
                break;
            default:
                p2p__stream_event(c, &ev, now);
        }
    }
}

static int deliver(struct p2p__conn *c, unsigned i, struct p2p__slice in,
                   p2p_ns now);

/* Gives bytes to the session, which stops at each event. */
static int deliver_session(struct p2p__conn *c, struct p2p__slice *in,
                           p2p_ns now)
{
    int rv = 0;

    if (c->sess == NULL) {
        return P2P_EPROTO;
    }
    while (in->len > 0 && c->err == 0 && rv >= 0) {
        rv = c->sess_ops->rx(c->sess, in, now);
        if (rv >= 0 && c->state == P2P__CONN_UPGRADING) {
            rv = p2p__upgrade_step(c, now);
            if (rv < 0) {
                break; /* refused: streams that came with it are nobody's */
            }
        }
        drain_events(c, now);
    }
    return rv;
}

/* Gives bytes to the channel of layer i, and what comes of them to those
 * above. It is asked once more after it gave some: it may hold a record that
 * it lets go of then. */
static int deliver_channel(struct p2p__conn *c, unsigned i,
                           struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice up;
    int rv;

    do {
        up = (struct p2p__slice){0};
        rv = c->layers[i].ops->rx(c->layers[i].chan, in, &up, now);
        if (rv >= 0) {
            rv = p2p__upgrade_step(c, now);
        }
        if (rv >= 0 && up.len > 0) {
            rv = deliver(c, i + 1, up, now);
        }
    } while (rv >= 0 && c->err == 0 && c->layers[i].chan != NULL &&
             (in->len > 0 || up.len > 0));
    return rv;
}

/* Lets bytes climb from layer i; 0 or a negative code. */
static int deliver(struct p2p__conn *c, unsigned i, struct p2p__slice in,
                   p2p_ns now)
{
    int rv = 0;

    while (in.len > 0 && c->err == 0 && rv >= 0) {
        while (i < c->n_layers && c->layers[i].chan == NULL) {
            i++;
        }
        rv = i < c->n_layers ? deliver_channel(c, i, &in, now)
                             : deliver_session(c, &in, now);
    }
    return rv < 0 ? rv : 0;
}

/* A channel's view of what is above it. */
struct above {
    struct p2p__src src;
    struct p2p__conn *conn;
    unsigned layer;
};

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now);

/* Bytes of layer i and above for the one below; a count or negative. */
static int pull_layer(struct p2p__conn *c, unsigned i, struct p2p__outbuf *out,
                      p2p_ns now)
{
    struct above above = {.src = {.pull = pull}, .conn = c};
    int rv = 0;

    while (i < c->n_layers && c->layers[i].chan == NULL) {
        i++;
    }
    above.layer = i + 1;
    if (i < c->n_layers) {
        rv = c->layers[i].ops->tx(c->layers[i].chan, &above.src, out, now);
    } else if (c->sess != NULL) {
        rv = c->sess_ops->tx(c->sess, out, now);
    }
    return rv < 0 ? rv : (int)out->len;
}

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    struct above *a = P2P__CONTAINER(src, struct above, src);
    struct p2p__outbuf out = {.p = dst, .cap = cap};

    return pull_layer(a->conn, a->layer, &out, now);
}

/* Looks at what the peer has taken; returns how much that is. */
static uint64_t look_at_pipe(struct p2p__conn *c, p2p_ns now)
{
    size_t left = c->pipe->ops->unsent(c->pipe);
    uint64_t taken = c->written - (left < c->written ? left : c->written);

    if (taken >= c->taken + STALL_BYTES) {
        c->taken = taken;
        c->took_at = now;
    }
    return taken;
}

/* The pipe is full: look at it again and again until it is not. */
static void watch_stall(struct p2p__conn *c, p2p_ns now)
{
    (void)look_at_pipe(c, now);
    c->full_at = now;
    c->stall_at = p2p__ns_after(now, c->swarm->limits.stall_ns / STALL_LOOKS);
}

/* It is still full; 0, or P2P_ETIMEDOUT for a peer that does not read. */
static int expire_stall(struct p2p__conn *c, p2p_ns now)
{
    const p2p_ns pause = c->swarm->limits.stall_ns / STALL_LOOKS;
    p2p_ns since;

    (void)look_at_pipe(c, now);
    c->stall_at = p2p__ns_after(now, pause);
    since = c->took_at > c->full_at ? c->took_at : c->full_at;
    return now - since < (STALL_LOOKS - 1) * pause ? 0 : P2P_ETIMEDOUT;
}

/* One pull and one write; what is left makes another turn. */
static void flush(struct p2p__conn *c, p2p_ns now)
{
    struct p2p__outbuf out = {.p = c->swarm->out, .cap = sizeof c->swarm->out};
    int rv;

    if (c->pipe == NULL || c->blocked || c->state == P2P__CONN_DIALING) {
        return;
    }
    rv = pull_layer(c, 0, &out, now);
    if (rv >= 0) {
        rv = p2p__upgrade_step(c, now);
    }
    if (out.len > 0) {
        int more = c->pipe->ops->write(c->pipe, out.p, out.len);

        if (more < 0) {
            rv = rv < 0 ? rv : more;
        } else {
            c->written += out.len;
            c->blocked = more == 0;
            if (c->blocked) {
                watch_stall(c, now);
            }
            p2p__mark(&c->job);
        }
    }
    if (rv < 0) {
        p2p__conn_fail(c, rv);
    }
}

/* Ends all streams of a connection that ends itself. */
static void end_streams(struct p2p__conn *c, p2p_ns now)
{
    struct p2p__list *link = p2p__list_first(&c->streams);

    while (link != NULL) {
        p2p__stream_end(P2P__CONTAINER(link, struct p2p_stream, link), c->err,
                        now);
        link = p2p__list_first(&c->streams);
    }
}

void p2p__conn_free(struct p2p__conn *c, p2p_ns now)
{
    if (c->err == 0) {
        c->err = P2P_ECLOSED;
    }
    if (c->pipe != NULL) {
        c->pipe->ops->close(c->pipe);
        c->pipe = NULL;
    }
    p2p__swarm_closed(c->swarm, c, now);
    end_streams(c, now);
    if (c->sess != NULL) {
        c->sess_ops->fini(c->sess);
    }
    for (unsigned i = c->n_layers; i > 0; i--) {
        free_layer(&c->layers[i - 1]);
    }
    p2p__list_remove(&c->link);
    c->swarm->n_conns--;
    p2p__quota_give(&c->quota, kind_of(c), 1);
    p2p__quota_give(&c->quota, P2P__Q_FDS, fds_of(c));
    p2p__quota_fini(&c->quota);
    if (c->peer != NULL) {
        p2p__peer_unref(c->peer);
    }
    p2p__timer_fini(&c->timer);
    p2p__job_fini(&c->job);
    p2p__place_fini(&c->place);
    p2p__free(c);
}

/* mplex has no windows: it says when it holds enough. */
static void pause_or_resume(struct p2p__conn *c)
{
    bool want = c->sess == NULL || c->sess_ops->want_read == NULL ||
                c->sess_ops->want_read(c->sess);

    if (c->pipe != NULL && want == c->paused) {
        c->paused = !want;
        c->pipe->ops->read(c->pipe, want);
    }
}

/* Whether a draining connection has nothing left to wait for. */
static bool drained(const struct p2p__conn *c)
{
    return c->state == P2P__CONN_DRAINING && c->stream_count == 0 &&
           !c->blocked;
}

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p__conn *c = P2P__CONTAINER(job, struct p2p__conn, job);

    if (c->sess != NULL) {
        drain_events(c, now);
    }
    flush(c, now); /* the last word, too */
    if (c->sess != NULL) {
        drain_events(c, now);
    }
    if (c->err != 0) {
        p2p__conn_free(c, now);
        return;
    }
    pause_or_resume(c);
    p2p__stream_feed(c, now);
    if (!c->job.queued && drained(c)) {
        p2p__conn_fail(c, P2P_ECLOSED);
    }
    p2p__conn_arm(c, next_deadline(c));
}

/* A spare connection that nobody uses is closed; one that became the peer's
 * best is spare no more. */
static void look_at_spare(struct p2p__conn *c, p2p_ns now)
{
    c->spare_at = P2P_NEVER;
    if (c->state != P2P__CONN_OPEN || p2p__peer_primary(c->peer) == c) {
        return;
    }
    if (c->stream_count > 0) {
        p2p__conn_spare(c, now);
    } else {
        p2p__conn_drain(c, now);
    }
}

/* The session heard nothing for a while; taking our bytes is life, too: those
 * since the last time that it heard nothing, or our ping alone, which a kernel
 * takes for a process that stands still, could be the last of many. */
static int expire_session(struct p2p__conn *c, p2p_ns now)
{
    if (c->sess_ops->alive != NULL) {
        c->taken = look_at_pipe(c, now);
        c->sess_ops->alive(c->sess, c->took_at);
    }
    return c->sess_ops->expire(c->sess, now);
}

/* A session without a ping relies on what the system heard; 0, or
 * P2P_ETIMEDOUT for a peer that is silent. */
static int expire_silence(struct p2p__conn *c, p2p_ns now)
{
    p2p_ns silence = c->pipe->ops->silence(c->pipe);

    if (silence >= SILENT_NS) {
        return P2P_ETIMEDOUT;
    }
    c->listen_at = p2p__ns_after(now, SILENT_NS - silence);
    return 0;
}

/* What is due about the pipe; 0, or why the connection ends. */
static int expire_pipe(struct p2p__conn *c, p2p_ns now)
{
    int rv = 0;

    if (now >= c->ask_at) { /* first: it may be us who stood still */
        c->ask_at = P2P_NEVER;
        c->dead_at = p2p__ns_after(now, PROBE_NS - ASK_AGAIN_NS);
        (void)ask(c, now);
    } else if (now >= c->dead_at) {
        return P2P_ETIMEDOUT;
    }
    if (now >= c->adrift_at) {
        rv = p2p__wander_due(c, now);
    }
    if (rv == 0 && now >= c->stall_at) {
        rv = expire_stall(c, now);
    }
    if (rv == 0 && now >= c->listen_at) {
        rv = expire_silence(c, now);
    }
    return rv;
}

/* What is due on a connection whose timer went off. */
static int expire(struct p2p__conn *c, p2p_ns now)
{
    int rv;

    if (now >= c->deadline) {
        return c->state == P2P__CONN_DRAINING ? P2P_ECLOSED : P2P_ETIMEDOUT;
    }
    if (now >= c->spare_at) {
        look_at_spare(c, now);
    }
    rv = expire_pipe(c, now);
    for (unsigned i = 0; i < c->n_layers && rv == 0; i++) {
        const struct p2p__layer *l = &c->layers[i];

        if (l->chan != NULL && l->ops->deadline(l->chan) <= now) {
            rv = l->ops->expire(l->chan, now);
        }
    }
    if (rv == 0 && c->sess != NULL && c->sess_ops->deadline(c->sess) <= now) {
        rv = expire_session(c, now);
    }
    return rv;
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__conn *c = P2P__CONTAINER(timer, struct p2p__conn, timer);
    int rv = expire(c, now);

    if (rv < 0) {
        p2p__conn_fail(c, rv);
    }
    p2p__stream_expire(c, now);
    p2p__mark(&c->job); /* which arms the timer again */
}

static void on_connected(void *user, int status, p2p_ns now)
{
    struct p2p__conn *c = user;

    if (c->err != 0) {
        return;
    }
    if (status < 0) {
        p2p__conn_fail(c, status);
    } else {
        p2p__conn_start(c, now);
    }
}

static void on_data(void *user, struct p2p__slice in, p2p_ns now)
{
    struct p2p__conn *c = user;
    int rv;

    if (c->err != 0) {
        return;
    }
    if (c->ask_at == P2P_NEVER) {
        c->dead_at = P2P_NEVER;
    }
    rv = deliver(c, 0, in, now);
    if (rv < 0) {
        p2p__conn_fail(c, p2p__upgrade_error(c, rv));
    }
    pause_or_resume(c);
    p2p__conn_arm(c, next_deadline(c));
}

static void on_writable(void *user, p2p_ns now)
{
    struct p2p__conn *c = user;

    (void)now;
    c->blocked = false;
    c->stall_at = P2P_NEVER;
    p2p__mark(&c->job);
}

static void on_ended(void *user, int status, p2p_ns now)
{
    struct p2p__conn *c = user;

    (void)now;
    p2p__conn_fail(c, p2p__upgrade_error(c, status < 0 ? status : P2P_ECLOSED));
}

const struct p2p__pipe_cb p2p__conn_pipe_cb = {
    .connected = on_connected,
    .data = on_data,
    .writable = on_writable,
    .ended = on_ended,
};
