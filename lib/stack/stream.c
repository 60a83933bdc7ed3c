/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The life of a stream: see stream.h. */
#include "stack/stream.h"

#include "base/mem.h"
#include "chan/multistream/multistream.h"
#include "stack/codes.h"
#include "stack/swarm.h"

/* The tokens of one negotiation fit in this many bytes a round. */
#define TOKEN_BYTES 2304U

/* How long a stream waits for a connection with its peer. */
#define WAIT_NS P2P__SEC(30)

/* What sending leaves of the quota for receiving, or it would end the
 * connection: a record that comes in parts, new streams. */
#define SPARE_BYTES (256U * 1024U)

/* When those try again whom the quota refused: who gives back is not told. */
#define STARVED_NS P2P__MS(20)

/* How long they do: what others hold may never be given back. */
#define HOPE_NS P2P__SEC(30)

static const struct p2p__stream_cb no_cb;

static void *sess(const struct p2p_stream *s)
{
    return s->conn->sess;
}

static const struct p2p__sess_ops *ops(const struct p2p_stream *s)
{
    return s->conn->sess_ops;
}

/* Frees the negotiator. */
static void end_negotiation(struct p2p_stream *s)
{
    if (s->ms == NULL) {
        return;
    }
    p2p__multistream_fini(s->ms);
    p2p__free(s->ms);
    s->ms = NULL;
    p2p__list_remove(&s->neg_link);
    if (s->inbound) {
        s->conn->negotiating_in--;
    }
}

static int start_negotiation(struct p2p_stream *s, p2p_ns now)
{
    struct p2p__multistream_cfg cfg = {
        .dialer = !s->inbound,
        .eager = s->n_offer == 1,
        .protocols = s->inbound ? NULL : s->offer,
        .count = s->n_offer,
        .quota = &s->conn->quota,
        .timeout = s->conn->swarm->limits.negotiate_ns};
    int rv;

    s->ms = p2p__zalloc(sizeof *s->ms);
    if (s->ms == NULL) {
        return P2P_ENOMEM;
    }
    rv = p2p__multistream_init(s->ms, &cfg, now);
    if (rv != 0) {
        p2p__free(s->ms);
        s->ms = NULL;
        return rv;
    }
    p2p__list_push(&s->conn->negotiating, &s->neg_link);
    if (s->inbound) {
        s->conn->negotiating_in++;
    }
    p2p__conn_arm(s->conn, p2p__multistream_deadline(s->ms));
    return 0;
}

static struct p2p_stream *stream_new(struct p2p__peer *peer, bool inbound)
{
    struct p2p_stream *s = p2p__zalloc(sizeof *s);

    if (s != NULL) {
        s->peer = p2p__peer_ref(peer);
        s->cb = &no_cb;
        s->inbound = inbound;
        s->deadline = P2P_NEVER;
        p2p__list_init(&s->link);
        p2p__list_init(&s->neg_link);
    }
    return s;
}

/* Takes a stream out of its lists. */
static void detach(struct p2p_stream *s)
{
    if (s->conn == NULL) {
        if (!p2p__list_empty(&s->link)) {
            p2p__list_remove(&s->link);
            s->peer->n_waiting--;
        }
        return;
    }
    end_negotiation(s);
    p2p__list_remove(&s->link);
    s->conn->stream_count--;
    if (s->counted) {
        s->handler->streams_in--;
    }
}

void p2p__stream_end(struct p2p_stream *s, int status, p2p_ns now)
{
    const struct p2p__stream_cb *cb = s->cb;

    detach(s);
    if (cb->closed != NULL) {
        cb->closed(s->user, s, s->status != 0 ? s->status : status, now);
    }
    p2p__peer_unref(s->peer);
    p2p__free(s);
}

void p2p__stream_reset(struct p2p_stream *s, int status)
{
    if (s->reset) {
        return;
    }
    s->reset = true;
    s->status = s->status != 0 ? s->status : status;
    if (s->conn == NULL) {
        s->deadline = 0; /* the peer's timer ends it, in a later turn */
        p2p__timer_set(&s->peer->waiter, 0);
        return;
    }
    end_negotiation(s);
    if (s->handle != NULL && s->conn->err == 0) {
        ops(s)->reset(sess(s), s->handle, p2p__code_of_stream(s->status));
        p2p__mark(&s->conn->job);
    }
}

/* Writes what the negotiator has to say. */
static int pump_negotiation(struct p2p_stream *s, p2p_ns now)
{
    uint8_t bytes[TOKEN_BYTES];
    struct p2p__outbuf out = {.p = bytes, .cap = sizeof bytes};
    struct p2p__slice tokens;
    int rv = p2p__multistream_tx(s->ms, NULL, &out, now);

    if (rv < 0 || out.len == 0) {
        return rv;
    }
    tokens = p2p__slice_of(bytes, out.len);
    return ops(s)->send(sess(s), s->handle, &tokens);
}

/*
 * Ends our direction, if that was asked for, once the peer has agreed on the
 * protocol: js loses data that came together with its end before that.
 */
static void send_finish(struct p2p_stream *s)
{
    if (s->finish && !s->reset && s->conn != NULL && s->conn->err == 0 &&
        s->state == P2P__STREAM_OPEN) {
        ops(s)->finish(sess(s), s->handle);
        p2p__mark(&s->conn->job);
    }
}

/* The protocol is known: what goes over it is counted from now on. */
static void count_it(struct p2p_stream *s)
{
    if (s->traffic == NULL) {
        s->traffic = p2p__traffic_row(s->conn->swarm->traffic, s->protocol);
        s->traffic->streams_in += s->inbound;
        s->traffic->streams_out += !s->inbound;
    }
}

/* The protocol is agreed on, or assumed. */
static void set_open(struct p2p_stream *s, p2p_ns now)
{
    s->state = P2P__STREAM_OPEN;
    if (s->cb->opened != NULL) {
        s->cb->opened(s->user, s, now);
    }
    if (s->want_writable && !s->reset) {
        s->want_writable = false;
        if (s->cb->writable != NULL) {
            s->cb->writable(s->user, s, now);
        }
    }
    send_finish(s);
}

/* The peer wants a protocol: if we serve it, its handler takes the stream. */
static void on_proposed(struct p2p_stream *s,
                        const struct p2p__multistream_ev *ev)
{
    struct p2p__handler *h =
        p2p__handlers_find(&s->conn->swarm->handlers, ev->name.p, ev->name.len);

    if (h == NULL) {
        p2p__multistream_refuse(s->ms);
        return;
    }
    s->protocol = h->name;
    s->handler = h;
    p2p__multistream_accept(s->ms);
}

static void on_agreed(struct p2p_stream *s,
                      const struct p2p__multistream_ev *ev, p2p_ns now)
{
    if (s->inbound) {
        struct p2p__handler *h = s->handler;

        s->state = P2P__STREAM_OPEN;
        count_it(s);
        s->counted = true;
        h->streams_in++;
        if (h->accept == NULL) {
            p2p__stream_reset(s, P2P_ENOPROTO);
        } else if (h->streams_in > s->conn->swarm->limits.protocol_streams_in) {
            p2p__refused(s->conn->swarm, P2P__REFUSED_PROTOCOL_STREAMS_IN,
                         s->conn);
            p2p__stream_reset(s, P2P_ELIMIT);
        } else {
            h->accept(h->user, s, now);
        }
        return;
    }
    s->protocol = s->offer[ev->index];
    count_it(s);
    set_open(s, now);
}

/* Looks at the negotiator's events and sends its tokens. */
static int step_negotiation(struct p2p_stream *s, p2p_ns now)
{
    struct p2p__multistream_ev ev;
    bool done = false;
    int rv = 0;

    while (s->ms != NULL && p2p__multistream_next(s->ms, &ev)) {
        switch (ev.type) {
            case P2P__MULTISTREAM_PROPOSED:
                on_proposed(s, &ev);
                break;
            case P2P__MULTISTREAM_AGREED:
                rv = pump_negotiation(s, now); /* the echo goes first */
                if (rv >= 0) {
                    on_agreed(s, &ev, now);
                }
                break;
            default:
                done = true;
        }
        if (rv < 0) {
            return rv;
        }
    }
    if (s->ms != NULL) {
        rv = pump_negotiation(s, now);
        while (rv >= 0 && p2p__multistream_next(s->ms, &ev)) {
            done = done || ev.type == P2P__MULTISTREAM_DONE;
        }
    }
    if (done) {
        end_negotiation(s);
    }
    return rv < 0 ? rv : 0;
}

/* Hands bytes to the owner and opens the window again. */
static void deliver(struct p2p_stream *s, struct p2p__slice in, p2p_ns now)
{
    const bool heard = s->cb->data != NULL; /* it may stop listening */
    size_t n = in.len;

    if (s->traffic != NULL) {
        s->traffic->bytes_in += n;
    }
    if (heard) {
        s->cb->data(s->user, s, in, now);
    }
    if (!s->reset && (!s->manual || !heard)) {
        ops(s)->consume(sess(s), s->handle, n);
    }
}

static void on_data(struct p2p_stream *s, struct p2p__slice in, p2p_ns now)
{
    while (in.len > 0 && !s->reset) {
        struct p2p__slice up = {0};
        size_t before = in.len;
        int rv;

        if (s->ms == NULL) {
            deliver(s, in, now);
            return;
        }
        rv = p2p__multistream_rx(s->ms, &in, &up, now);
        if (rv >= 0) {
            ops(s)->consume(sess(s), s->handle, before - in.len - up.len);
            rv = step_negotiation(s, now);
        }
        if (rv < 0) {
            p2p__stream_reset(s, rv);
            return;
        }
        if (up.len > 0 && !s->reset) {
            deliver(s, up, now);
        }
    }
}

/* The peer opened a stream. */
static void on_opened(struct p2p__conn *c, void *handle, p2p_ns now)
{
    struct p2p_stream *s = NULL;
    int rv;

    if (c->negotiating_in < P2P__CAP_STREAM_NEGOTIATING) {
        s = stream_new(c->peer, true);
    } else {
        p2p__refused(c->swarm, P2P__REFUSED_STREAMS_NEGOTIATING, c);
    }
    if (s == NULL) {
        c->sess_ops->reset(c->sess, handle, P2P__CODE_STREAM_LIMIT);
        return;
    }
    s->conn = c;
    s->handle = handle;
    s->state = P2P__STREAM_NEGOTIATING;
    p2p__list_push(&c->streams, &s->link);
    c->stream_count++;
    c->sess_ops->set_user(c->sess, handle, s);
    rv = start_negotiation(s, now);
    if (rv != 0) {
        p2p__stream_reset(s, rv);
    }
}

void p2p__stream_event(struct p2p__conn *c, const struct p2p__sess_ev *ev,
                       p2p_ns now)
{
    struct p2p_stream *s = ev->user;

    if (ev->type == P2P__SESS_OPENED) {
        on_opened(c, ev->stream, now);
        return;
    }
    if (s == NULL) {
        return; /* refused when it was opened */
    }
    switch (ev->type) {
        case P2P__SESS_DATA:
            on_data(s, ev->data, now);
            break;
        case P2P__SESS_WRITABLE:
            if (s->cb->writable != NULL && !s->reset) {
                s->cb->writable(s->user, s, now);
            }
            break;
        case P2P__SESS_FIN:
            if (s->ms != NULL && s->state == P2P__STREAM_NEGOTIATING) {
                p2p__stream_reset(s, P2P_ENOPROTO);
            } else if (s->cb->finished != NULL && !s->reset) {
                s->cb->finished(s->user, s, now);
            }
            break;
        case P2P__SESS_RESET:
            if (s->status == 0) {
                s->status = p2p__code_stream_status(ev->code, P2P_ERESET);
            }
            s->reset = true;
            break;
        default:
            s->handle = NULL;
            p2p__stream_end(s, 0, now);
    }
}

/* Begins on a connection: the last step before bytes flow. */
static int begin(struct p2p_stream *s, struct p2p__conn *c, p2p_ns now)
{
    int rv = c->sess_ops->open(c->sess, s, &s->handle, now);

    if (rv != 0) {
        return rv;
    }
    s->conn = c;
    s->state = s->n_offer == 1 ? P2P__STREAM_LAZY : P2P__STREAM_NEGOTIATING;
    p2p__list_push(&c->streams, &s->link);
    c->stream_count++;
    if (s->state == P2P__STREAM_LAZY) {
        count_it(s);
    }
    rv = start_negotiation(s, now);
    if (rv == 0) {
        rv = pump_negotiation(s, now);
    }
    if (rv < 0) {
        p2p__stream_reset(s, rv);
        return 0; /* `closed` tells */
    }
    p2p__mark(&c->job);
    return 0;
}

void p2p__stream_attach(struct p2p_stream *s, struct p2p__conn *c, p2p_ns now)
{
    int rv;

    p2p__list_remove(&s->link);
    s->peer->n_waiting--;
    s->deadline = P2P_NEVER;
    rv = s->reset ? P2P_ECANCELED : begin(s, c, now);
    if (rv != 0) {
        p2p__stream_end(s, rv, now);
        return;
    }
    if (s->state == P2P__STREAM_LAZY && !s->reset) {
        bool want = s->want_writable;

        s->want_writable = false;
        if (want && s->cb->writable != NULL) {
            s->cb->writable(s->user, s, now);
        }
    }
}

/* Files a stream with its peer until there is a connection. */
static int wait_for_conn(struct p2p_stream *s, p2p_ns now)
{
    struct p2p__peer *peer = s->peer;
    int rv;

    if (peer->n_waiting >= P2P__CAP_STREAM_WAITING) {
        p2p__refused(peer->swarm, P2P__REFUSED_STREAMS_WAITING, NULL);
        return P2P_ELIMIT;
    }
    rv = p2p__dial_for(peer, (enum p2p__path)s->path, now);
    if (rv != 0) {
        return rv;
    }
    s->deadline = p2p__ns_after(now, WAIT_NS);
    p2p__list_push(&peer->waiting, &s->link);
    peer->n_waiting++;
    if (!peer->waiter.node.armed) {
        p2p__timer_set(&peer->waiter, s->deadline);
    }
    return 0;
}

struct p2p_stream *p2p__stream_new(struct p2p__peer *peer,
                                   const char *const *protocols, size_t n,
                                   p2p_ns now, int *err)
{
    const struct p2p__stream_want want = {
        .peer = peer, .protocols = protocols, .n = n, .path = P2P__PATH_WHOLE};

    return p2p__stream_want(&want, now, err);
}

struct p2p_stream *p2p__stream_want(const struct p2p__stream_want *want,
                                    p2p_ns now, int *err)
{
    struct p2p__conn *c = p2p__peer_conn(want->peer, want->path);
    struct p2p_stream *s;

    if (want->n == 0 || want->n > P2P__COUNT(s->offer)) {
        *err = P2P_EINVAL;
        return NULL;
    }
    if (want->peer->swarm->closing) {
        *err = P2P_ECLOSED;
        return NULL;
    }
    s = stream_new(want->peer, false);
    if (s == NULL) {
        *err = P2P_ENOMEM;
        return NULL;
    }
    memcpy(s->offer, want->protocols, want->n * sizeof *want->protocols);
    s->n_offer = (uint8_t)want->n;
    s->path = (uint8_t)want->path;
    s->protocol = want->protocols[0];
    *err = c != NULL ? begin(s, c, now) : wait_for_conn(s, now);
    if (*err != 0) {
        p2p__peer_unref(s->peer);
        p2p__free(s);
        return NULL;
    }
    return s;
}

void p2p__stream_waiter_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__peer *peer = P2P__CONTAINER(timer, struct p2p__peer, waiter);
    p2p_ns next = P2P_NEVER;

    p2p__peer_ref(peer);
    P2P__LIST_EACH_SAFE (it, &peer->waiting) {
        struct p2p_stream *s = P2P__CONTAINER(it, struct p2p_stream, link);

        if (s->deadline <= now) {
            p2p__stream_end(s, P2P_ETIMEDOUT, now);
        } else {
            next = p2p__ns_min(next, s->deadline);
        }
    }
    p2p__timer_set(&peer->waiter, next);
    p2p__peer_unref(peer);
}

void p2p__stream_listen(struct p2p_stream *s, const struct p2p__stream_cb *cb,
                        void *user)
{
    s->cb = cb != NULL ? cb : &no_cb;
    s->user = user;
}

/*
 * What one send may charge. Receive windows leave half of the quota (see
 * mux/yamux/window.c), sending leaves up to 3/16 of it: a quarter fits into
 * the rest as soon as the queues are empty, and streams that are idle.
 */
static uint64_t most_at_once(uint64_t quota)
{
    return quota / 4;
}

static uint64_t spare(uint64_t quota)
{
    return p2p__min(SPARE_BYTES, quota / 16 * 3);
}

/* The quota has no room for `n` bytes now: P2P_EAGAIN, but for one who has
 * tried for long enough. */
static int starve(struct p2p_stream *s, uint64_t n)
{
    if (s->hopeless) {
        s->hopeless = false;
        s->deadline = P2P_NEVER;
        return P2P_ELIMIT;
    }
    if (!s->starved && s->deadline == P2P_NEVER) {
        /* Fails, and is counted among the refusals: once for all tries. */
        (void)p2p__quota_take(&s->conn->quota, P2P__Q_MEMORY, n);
    }
    s->starved = true;
    s->conn->starved = true;
    p2p__mark(&s->conn->job);
    return P2P_EAGAIN;
}

/* Sends if that leaves some of the quota. */
static int send_within(struct p2p_stream *s, const struct p2p__slice *data)
{
    uint64_t room = p2p__quota_room(&s->conn->quota, P2P__Q_MEMORY);
    uint64_t most = p2p__quota_most(&s->conn->quota, P2P__Q_MEMORY);
    uint64_t cost = p2p__slice_cost(data);
    size_t n = data->len;
    int rv;

    if (cost > most_at_once(most)) {
        return P2P_ELIMIT;
    }
    if (room < cost + spare(most)) {
        return starve(s, cost + spare(most));
    }
    rv = ops(s)->send(sess(s), s->handle, data);
    if (rv == P2P_ELIMIT) {
        return starve(s, cost + spare(most));
    }
    if (rv == 0 && s->traffic != NULL) {
        s->traffic->bytes_out += n;
    }
    s->hopeless = false;
    s->deadline = P2P_NEVER;
    return rv;
}

int p2p__stream_send(struct p2p_stream *s, const struct p2p__slice *data)
{
    if (s->reset) {
        return s->status != 0 ? s->status : P2P_ERESET;
    }
    if (s->finish) {
        return P2P_ECLOSED;
    }
    if (s->conn == NULL || s->state == P2P__STREAM_NEGOTIATING) {
        s->want_writable = true;
        return P2P_EAGAIN;
    }
    return s->conn->err != 0 ? s->conn->err : send_within(s, data);
}

void p2p__stream_consume(struct p2p_stream *s, size_t n)
{
    if (!s->reset && s->conn != NULL && s->conn->err == 0) {
        ops(s)->consume(sess(s), s->handle, n);
    }
}

void p2p__stream_finish(struct p2p_stream *s)
{
    if (s->finish || s->reset) {
        return;
    }
    s->finish = true;
    s->starved = false;
    send_finish(s);
}

void p2p__stream_expire(struct p2p__conn *c, p2p_ns now)
{
    P2P__LIST_EACH_SAFE (it, &c->negotiating) {
        struct p2p_stream *s = P2P__CONTAINER(it, struct p2p_stream, neg_link);
        p2p_ns at = p2p__multistream_deadline(s->ms);

        if (at <= now) {
            p2p__stream_reset(s, P2P_ETIMEDOUT);
        } else {
            p2p__conn_arm(c, at);
        }
    }
}

/* Lets a stream try again, for as long as there is hope. */
static void feed(struct p2p_stream *s, p2p_ns now)
{
    s->starved = false;
    if (s->deadline == P2P_NEVER) {
        s->deadline = p2p__ns_after(now, HOPE_NS);
    }
    s->hopeless = now >= s->deadline;
    if (s->cb->writable != NULL) {
        s->cb->writable(s->user, s, now);
    }
    if (!s->starved) { /* it went through, or nothing is to be sent any more */
        s->hopeless = false;
        s->deadline = P2P_NEVER;
    }
}

void p2p__stream_feed(struct p2p__conn *c, p2p_ns now)
{
    if (!c->starved) {
        return;
    }
    if (c->starved_at == P2P_NEVER) {
        c->starved_at = p2p__ns_after(now, STARVED_NS);
    }
    if (now < c->starved_at) {
        return;
    }
    c->starved_at = P2P_NEVER;
    c->starved = false;
    P2P__LIST_EACH_SAFE (it, &c->streams) {
        struct p2p_stream *s = P2P__CONTAINER(it, struct p2p_stream, link);

        if (s->starved && !s->reset) {
            feed(s, now);
        }
    }
}
