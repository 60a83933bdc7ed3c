/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See bridge.h. Happy path of a circuit: the hop stream asks, the books agree,
 * a stop stream to the peer asks in turn; it says yes, so do we; then bytes go
 * both ways until both ends finish. Failure modes: each says its status; the
 * limits of a circuit reset both streams, and so does the end of either.
 *
 * What one side has no room for waits, charged to the other side's peer, whose
 * window stays shut for as much.
 */
#include "host/bridge.h"

#include "base/mem.h"

enum { HOP, STOP, SIDES };

struct bridge;

struct side {
    struct bridge *bridge;
    struct p2p__exchange x;
    struct p2p_stream *stream; /* once bytes flow; NULL: gone */
    struct p2p__peer *peer;    /* counted, then */
    struct p2p__sendq out;     /* from here, that the other has no room for */
    struct p2p__sendq_mark mark;
    bool begun;    /* there is a stream, or was */
    bool ended;    /* it has gone */
    bool finished; /* its peer sends no more */
};

struct bridge {
    struct p2p__list link; /* relay->bridges */
    struct p2p__host_relay *relay;
    struct p2p__timer timer; /* the circuit's last moment */
    struct p2p__relay_circuit circuit;
    struct side sides[SIDES];
    bool connected; /* "ok" is being said to who asked */
};

static struct side *other(const struct side *s)
{
    struct bridge *b = s->bridge;

    return &b->sides[s == &b->sides[HOP] ? STOP : HOP];
}

/* Frees it when all streams are gone. */
static void release(struct bridge *b)
{
    for (int i = 0; i < SIDES; i++) {
        if (b->sides[i].begun && !b->sides[i].ended) {
            return;
        }
    }
    p2p__relay_ledger_disconnect(&b->relay->ledger, &b->circuit);
    for (int i = 0; i < SIDES; i++) {
        struct side *s = &b->sides[i];

        p2p__exchange_fini(&s->x);
        p2p__sendq_fini(&s->out);
        if (s->peer != NULL) {
            p2p__peer_unref(s->peer);
        }
    }
    p2p__timer_fini(&b->timer);
    p2p__list_remove(&b->link);
    p2p__free(b);
}

static void reset(struct bridge *b, int status)
{
    for (int i = 0; i < SIDES; i++) {
        struct side *s = &b->sides[i];
        struct p2p_stream *stream = s->stream != NULL ? s->stream : s->x.stream;

        if (stream != NULL) {
            p2p__stream_reset(stream, status);
        }
    }
}

unsigned p2p__bridge_drop(struct p2p__host_relay *r,
                          const struct p2p_peer_id *peer)
{
    unsigned n = 0;

    P2P__LIST_EACH (it, &r->bridges) {
        struct bridge *b = P2P__CONTAINER(it, struct bridge, link);
        const struct p2p__relay_circuit *c = &b->circuit;

        if (c->from != NULL && (p2p_peer_id_equal(&c->from->id, peer) ||
                                p2p_peer_id_equal(&c->to->id, peer))) {
            reset(b, P2P_EACCES);
            n++;
        }
    }
    return n;
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    (void)now;
    reset(P2P__CONTAINER(timer, struct bridge, timer), P2P_ELIMIT);
}

/* Sends what waits from a side to the other; 0, P2P_EAGAIN or negative. */
static int pass_waiting(struct side *from)
{
    struct p2p_stream *to = other(from)->stream;
    struct p2p__slice piece;

    while (p2p__sendq_peek(&from->out, &from->mark, &piece, 1) > 0) {
        const size_t len = piece.len;
        int rv = p2p__stream_send(to, &piece);

        if (rv != 0) {
            return rv;
        }
        p2p__sendq_take(&from->out, &from->mark, len);
        p2p__sendq_drop(&from->out, &from->mark, len);
        if (from->stream != NULL) {
            p2p__stream_consume(from->stream, len);
        }
    }
    if (from->finished) {
        p2p__stream_finish(to);
    }
    return 0;
}

static void on_data(void *user, struct p2p_stream *stream, struct p2p__slice in,
                    p2p_ns now)
{
    struct side *s = user;
    struct p2p_stream *to = other(s)->stream;
    const size_t len = in.len;
    const enum p2p__relay_way way =
        s == &s->bridge->sides[HOP] ? P2P__RELAY_THERE : P2P__RELAY_BACK;
    int rv = p2p__relay_circuit_pass(&s->bridge->circuit, way, len);

    (void)now;
    if (rv == 0 && to == NULL) {
        rv = P2P_ECLOSED;
    }
    if (rv == 0) {
        rv = s->out.bytes > 0 ? P2P_EAGAIN : p2p__stream_send(to, &in);
    }
    if (rv == 0) {
        p2p__stream_consume(stream, len);
    } else if (rv == P2P_EAGAIN) {
        rv = p2p__sendq_push(&s->out, &in);
    }
    if (rv < 0) {
        reset(s->bridge, rv);
    }
}

static void on_writable(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct side *s = user;
    int rv = pass_waiting(other(s));

    (void)stream;
    (void)now;
    if (rv < 0 && rv != P2P_EAGAIN) {
        reset(s->bridge, rv);
    }
}

static void on_finished(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct side *s = user;

    (void)stream;
    (void)now;
    s->finished = true;
    if (s->out.bytes == 0 && other(s)->stream != NULL) {
        p2p__stream_finish(other(s)->stream);
    }
}

static void on_closed(void *user, struct p2p_stream *stream, int status,
                      p2p_ns now)
{
    struct side *s = user;

    (void)stream;
    (void)now;
    s->stream = NULL;
    s->ended = true;
    if (status != 0) {
        reset(s->bridge, status);
    }
    release(s->bridge);
}

static const struct p2p__stream_cb flow_cb = {
    .data = on_data,
    .writable = on_writable,
    .finished = on_finished,
    .closed = on_closed,
};

/* Both said yes: from now on bytes flow. */
static void flow(struct bridge *b, p2p_ns now)
{
    for (int i = 0; i < SIDES; i++) {
        struct side *s = &b->sides[i];

        s->stream = p2p__exchange_take(&s->x);
        s->peer = p2p__peer_ref(s->stream->peer);
        s->out.quota = &s->peer->quota;
        p2p__stream_listen(s->stream, &flow_cb, s);
    }
    for (int i = 0; i < SIDES; i++) {
        struct side *s = &b->sides[i];

        if (s->stream != NULL) {
            p2p__exchange_rest(&s->x, s->stream, now);
        }
    }
}

/* Says no to who asked. */
static void refuse(struct bridge *b, enum p2p__relay_status status)
{
    p2p__relay_ledger_disconnect(&b->relay->ledger, &b->circuit);
    if (b->sides[HOP].x.stream != NULL &&
        p2p__exchange_status(&b->sides[HOP].x, status) != 0) {
        reset(b, P2P_ENOMEM);
    }
}

/* Says yes to who asked, with what the circuit may do. */
static void agree(struct bridge *b)
{
    struct p2p__relay_msg ok = {.type = P2P__RELAY_STATUS,
                                .status = P2P__RELAY_OK};

    p2p__relay_ledger_limit(&b->relay->ledger, &ok.limit);
    b->connected = true;
    if (p2p__exchange_say(&b->sides[HOP].x, &ok) != 0) {
        reset(b, P2P_ENOMEM);
    }
}

/* Asks the peer at the other end. */
static enum p2p__relay_status call(struct bridge *b,
                                   const struct p2p_peer_id *from,
                                   const struct p2p_peer_id *to, p2p_ns now)
{
    static const char *const names[] = {P2P__RELAY_STOP_PROTOCOL};
    struct p2p__swarm *swarm = b->relay->host->swarm;
    struct p2p__relay_msg request = {.type = P2P__RELAY_CONNECT, .peer = *from};
    struct p2p__stream_want want = {.peer = p2p__book_find(&swarm->book, to),
                                    .protocols = names,
                                    .n = 1,
                                    .path = P2P__PATH_DIRECT};
    struct p2p_stream *stream;
    int err;

    if (want.peer == NULL || p2p__peer_conn(want.peer, want.path) == NULL) {
        return P2P__RELAY_NO_RESERVATION;
    }
    stream = p2p__stream_want(&want, now, &err);
    if (stream == NULL) {
        return P2P__RELAY_CONNECTION_FAILED;
    }
    p2p__relay_ledger_limit(&b->relay->ledger, &request.limit);
    b->sides[STOP].begun = true;
    p2p__exchange_ask(&b->sides[STOP].x, stream, P2P__RELAY_STOP, &request);
    return P2P__RELAY_OK;
}

static bool may_ask(const struct p2p__host_relay *r,
                    const struct p2p_peer_id *id,
                    const struct p2p__relay_msg *msg)
{
    return msg->type == P2P__RELAY_CONNECT && r->allow_circuit != NULL
               ? r->allow_circuit(r->user, id, &msg->peer)
               : r->allow == NULL || r->allow(r->user, id);
}

/* Whether a client may ask for a circuit alone, as the owner says. */
static bool is_guest(const struct p2p__host_relay *r,
                     const struct p2p_peer_id *id)
{
    return r->allow_circuit != NULL && r->allow != NULL &&
           !r->allow(r->user, id);
}

/* What comes of a request; UNUSED: it is answered later, or was. */
static enum p2p__relay_status decide(struct bridge *b,
                                     const struct p2p__relay_msg *msg,
                                     p2p_ns now)
{
    const struct p2p_stream *stream = b->sides[HOP].x.stream;
    const struct p2p_peer_id *from = &stream->peer->id;
    const struct p2p__fair_who who = {from, &stream->conn->remote};
    enum p2p__relay_status status;
    bool guest;

    if (stream->conn->relayed || !may_ask(b->relay, from, msg)) {
        return P2P__RELAY_PERMISSION_DENIED;
    }
    status = p2p__relay_ledger_asked(&b->relay->ledger, msg->type, &who, now);
    if (status != P2P__RELAY_OK) {
        return status;
    }
    if (msg->type == P2P__RELAY_RESERVE) {
        return p2p__relay_grant(b->relay, &b->sides[HOP].x, now) == 0
                   ? P2P__RELAY_UNUSED
                   : P2P__RELAY_RESOURCE_LIMIT_EXCEEDED;
    }
    guest = is_guest(b->relay, from);
    if (guest && !p2p__relay_ledger_admits(&b->relay->ledger, &msg->peer)) {
        return P2P__RELAY_RESOURCE_LIMIT_EXCEEDED;
    }
    status = p2p__relay_ledger_connect(&b->relay->ledger, from, &msg->peer,
                                       &b->circuit, now);
    if (status == P2P__RELAY_OK && guest) {
        p2p__relay_circuit_guest(&b->circuit);
    }
    if (status == P2P__RELAY_OK) {
        p2p__timer_set(&b->timer, b->circuit.ends);
        status = call(b, from, &msg->peer, now);
    }
    return status == P2P__RELAY_OK ? P2P__RELAY_UNUSED : status;
}

static void on_request(void *user, const struct p2p__relay_msg *msg, p2p_ns now)
{
    struct side *s = user;
    const enum p2p__relay_status status = decide(s->bridge, msg, now);

    if (status != P2P__RELAY_UNUSED) {
        refuse(s->bridge, status);
    }
}

static void on_said(void *user, p2p_ns now)
{
    struct side *s = user;

    if (!s->bridge->connected) {
        p2p__exchange_finish(&s->x);
        s->ended = true;
        release(s->bridge);
    } else if (s->bridge->sides[STOP].x.stream != NULL) {
        flow(s->bridge, now);
    } else {
        reset(s->bridge, P2P_ECLOSED);
    }
}

/* The peer at the other end said whether it wants to. */
static void on_status(void *user, const struct p2p__relay_msg *msg, p2p_ns now)
{
    struct side *s = user;

    (void)now;
    if (p2p__relay_error(msg->status) == 0) {
        agree(s->bridge);
        return;
    }
    p2p__exchange_drop(&s->x); /* it need not end its side in order */
    s->ended = true;
    refuse(s->bridge, P2P__RELAY_CONNECTION_FAILED);
}

static void on_nothing(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static void on_hop_ended(void *user, int status, p2p_ns now)
{
    struct side *s = user;

    (void)now;
    s->ended = true;
    reset(s->bridge, status);
    release(s->bridge);
}

static void on_stop_ended(void *user, int status, p2p_ns now)
{
    struct side *s = user;

    (void)now;
    s->ended = true;
    if (s->bridge->connected) {
        reset(s->bridge, status);
    } else {
        refuse(s->bridge, P2P__RELAY_CONNECTION_FAILED);
    }
    release(s->bridge);
}

static const struct p2p__exchange_cb hop_cb = {
    .heard = on_request,
    .said = on_said,
    .ended = on_hop_ended,
};

static const struct p2p__exchange_cb stop_cb = {
    .heard = on_status,
    .said = on_nothing,
    .ended = on_stop_ended,
};

void p2p__bridge_start(struct p2p__host_relay *r, struct p2p_stream *stream)
{
    struct bridge *b = p2p__zalloc(sizeof *b);

    if (b == NULL) {
        p2p__stream_reset(stream, P2P_ENOMEM);
        return;
    }
    b->relay = r;
    p2p__list_push(&r->bridges, &b->link);
    p2p__timer_init(&b->timer, r->host->world->q, on_due);
    for (int i = 0; i < SIDES; i++) {
        struct side *s = &b->sides[i];

        s->bridge = b;
        p2p__sendq_init(&s->out, NULL);
        p2p__exchange_init(&s->x, r->host, i == HOP ? &hop_cb : &stop_cb, s);
    }
    b->sides[HOP].begun = true;
    p2p__exchange_answer(&b->sides[HOP].x, stream, P2P__RELAY_HOP);
}
