/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See exchange.h. Happy path: the job sends the message, data feeds the core,
 * its event goes to the owner. Failure modes: the peer ends or resets the
 * stream, breaks the protocol, or says nothing: the stream is reset, and
 * `ended` tells why.
 */
#include "host/exchange.h"

#include "base/mem.h"

/* Pieces that are handed over at once. */
#define PIECES 8

/* How long the peer has to end its side of a stream whose talk is over. */
#define LINGER_NS P2P__SEC(5)

/* A stream that nobody wants any more, until the peer has ended its side. */
struct leftover {
    struct p2p_stream *stream;
    struct p2p__timer timer;
};

static void fail(struct p2p__exchange *x, int status)
{
    if (x->stream != NULL) {
        p2p__stream_reset(x->stream, status);
    }
}

static p2p_ns deadline(const struct p2p__exchange *x)
{
    return x->asks ? p2p__relay_ask_deadline(&x->core.ask)
                   : p2p__relay_answer_deadline(&x->core.answer);
}

/* Draws what the core has to say into `pending`. 0 or P2P_ENOMEM. */
static int draw(struct p2p__exchange *x)
{
    struct p2p__slab *slab = p2p__slab_new(P2P__CAP_RELAY_MESSAGE_BYTES + 4);
    struct p2p__outbuf out = {0};

    if (slab == NULL) {
        return P2P_ENOMEM;
    }
    out = (struct p2p__outbuf){.p = slab->data, .cap = slab->cap};
    if (x->asks) {
        p2p__relay_ask_tx(&x->core.ask, &out);
        x->spoke = true;
    } else {
        p2p__relay_answer_tx(&x->core.answer, &out);
        x->spoke = p2p__relay_answer_is_said(&x->core.answer);
    }
    if (out.len == 0) {
        p2p__slab_unref(slab);
        return 0;
    }
    x->pending =
        (struct p2p__slice){.p = slab->data, .len = out.len, .slab = slab};
    return 0;
}

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p__exchange *x = P2P__CONTAINER(job, struct p2p__exchange, job);
    int rv = 0;

    if (x->stream == NULL || x->stream->reset) {
        return;
    }
    if (x->pending.len == 0 && !x->spoke) {
        rv = draw(x);
    }
    if (rv != 0 || x->pending.len == 0) {
        if (rv != 0) {
            fail(x, rv);
        }
        return;
    }
    rv = p2p__stream_send(x->stream, &x->pending);
    if (rv == P2P_EAGAIN) {
        return; /* writable comes */
    }
    p2p__slice_drop(&x->pending);
    if (rv != 0) {
        fail(x, rv);
    } else if (!x->asks) {
        x->cb->said(x->user, now);
    }
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__exchange *x =
        P2P__CONTAINER(timer, struct p2p__exchange, timer);
    int rv = x->asks ? p2p__relay_ask_expire(&x->core.ask, now)
                     : p2p__relay_answer_expire(&x->core.answer, now);

    if (rv < 0) {
        fail(x, rv);
    }
}

static void on_room(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct p2p__exchange *x = user;

    (void)s;
    (void)now;
    p2p__mark(&x->job);
}

/* The core's event; NULL: none. */
static const struct p2p__relay_msg *next(struct p2p__exchange *x)
{
    return x->asks ? p2p__relay_ask_next(&x->core.ask)
                   : p2p__relay_answer_next(&x->core.answer);
}

static void on_data(void *user, struct p2p_stream *s, struct p2p__slice in,
                    p2p_ns now)
{
    struct p2p__exchange *x = user;
    const size_t len = in.len;
    int rv = x->asks ? p2p__relay_ask_rx(&x->core.ask, &in)
                     : p2p__relay_answer_rx(&x->core.answer, &in);
    const struct p2p__relay_msg *msg;

    p2p__stream_consume(s, len - in.len);
    if (rv == 0 && in.len > 0) {
        rv = p2p__sendq_push(&x->rest, &in);
    }
    if (rv < 0) {
        fail(x, rv);
        return;
    }
    p2p__timer_set(&x->timer, deadline(x));
    msg = next(x);
    if (msg != NULL) {
        x->cb->heard(x->user, msg, now); /* which may end us */
    }
}

/* The peer's end is too early for all that we want of it. */
static void on_finished(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct p2p__exchange *x = user;

    (void)s;
    (void)now;
    x->finished = true;
    if (x->asks ? !p2p__relay_ask_is_answered(&x->core.ask)
                : !p2p__relay_answer_is_asked(&x->core.answer)) {
        fail(x, P2P_EPROTO);
    }
}

static void on_closed(void *user, struct p2p_stream *s, int status, p2p_ns now)
{
    struct p2p__exchange *x = user;

    (void)s;
    x->stream = NULL;
    p2p__timer_set(&x->timer, P2P_NEVER);
    x->cb->ended(x->user, status < 0 ? status : P2P_ECLOSED, now);
}

static const struct p2p__stream_cb stream_cb = {
    .opened = on_room,
    .data = on_data,
    .writable = on_room,
    .finished = on_finished,
    .closed = on_closed,
};

void p2p__exchange_init(struct p2p__exchange *x, struct p2p_host *h,
                        const struct p2p__exchange_cb *cb, void *user)
{
    *x = (struct p2p__exchange){.host = h, .cb = cb, .user = user};
    p2p__job_init(&x->job, h->world->q, on_job);
    p2p__timer_init(&x->timer, h->world->q, on_due);
    p2p__sendq_init(&x->rest, NULL);
}

/* From now on the stream feeds the core. */
static void start(struct p2p__exchange *x, struct p2p_stream *s)
{
    assert(x->peer == NULL);
    x->peer = p2p__peer_ref(s->peer);
    x->stream = s;
    x->rest.quota = &x->peer->quota;
    s->manual = true;
    p2p__stream_listen(s, &stream_cb, x);
    p2p__timer_set(&x->timer, deadline(x));
    p2p__mark(&x->job);
}

void p2p__exchange_ask(struct p2p__exchange *x, struct p2p_stream *s,
                       enum p2p__relay_kind kind,
                       const struct p2p__relay_msg *request)
{
    const struct p2p__relay_ask_cfg cfg = {.kind = kind,
                                           .request = request,
                                           .quota = &s->peer->quota,
                                           .owner = &x->job};

    x->asks = true;
    p2p__relay_ask_init(&x->core.ask, &cfg, p2p__host_now(x->host));
    start(x, s);
}

void p2p__exchange_answer(struct p2p__exchange *x, struct p2p_stream *s,
                          enum p2p__relay_kind kind)
{
    const struct p2p__relay_answer_cfg cfg = {
        .kind = kind, .quota = &s->peer->quota, .owner = &x->job};

    p2p__relay_answer_init(&x->core.answer, &cfg, p2p__host_now(x->host));
    start(x, s);
}

int p2p__exchange_say(struct p2p__exchange *x,
                      const struct p2p__relay_msg *status)
{
    assert(!x->asks);
    return p2p__relay_answer_say(&x->core.answer, status);
}

int p2p__exchange_status(struct p2p__exchange *x, enum p2p__relay_status status)
{
    const struct p2p__relay_msg msg = {.type = P2P__RELAY_STATUS,
                                       .status = (uint64_t)status};

    return p2p__exchange_say(x, &msg);
}

struct p2p_stream *p2p__exchange_take(struct p2p__exchange *x)
{
    struct p2p_stream *s = x->stream;

    assert(s != NULL);
    x->stream = NULL;
    p2p__timer_set(&x->timer, P2P_NEVER);
    return s;
}

void p2p__exchange_rest(struct p2p__exchange *x, struct p2p_stream *s,
                        p2p_ns now)
{
    struct p2p__sendq rest = x->rest;
    struct p2p__sendq_mark mark = {0};
    struct p2p__slice pieces[PIECES];
    size_t n;

    p2p__sendq_init(&x->rest, rest.quota);
    n = p2p__sendq_peek(&rest, &mark, pieces, PIECES);
    while (n > 0) {
        for (size_t i = 0; i < n && !s->reset && s->cb->data != NULL; i++) {
            s->cb->data(s->user, s, pieces[i], now);
        }
        for (size_t i = 0; i < n; i++) {
            p2p__sendq_take(&rest, &mark, pieces[i].len);
            p2p__sendq_drop(&rest, &mark, pieces[i].len);
        }
        n = p2p__sendq_peek(&rest, &mark, pieces, PIECES);
    }
    p2p__sendq_fini(&rest);
    if (x->finished && !s->reset && s->cb->finished != NULL) {
        s->cb->finished(s->user, s, now);
    }
}

static void on_left_too_long(struct p2p__timer *timer, p2p_ns now)
{
    (void)now;
    p2p__stream_reset(P2P__CONTAINER(timer, struct leftover, timer)->stream,
                      P2P_ETIMEDOUT);
}

static void on_left_closed(void *user, struct p2p_stream *s, int status,
                           p2p_ns now)
{
    struct leftover *l = user;

    (void)s;
    (void)status;
    (void)now;
    p2p__timer_fini(&l->timer);
    p2p__free(l);
}

static const struct p2p__stream_cb left_cb = {.closed = on_left_closed};

void p2p__exchange_finish(struct p2p__exchange *x)
{
    struct leftover *l = p2p__alloc(sizeof *l);

    if (l == NULL) {
        p2p__exchange_drop(x);
        return;
    }
    l->stream = p2p__exchange_take(x);
    p2p__timer_init(&l->timer, x->host->world->q, on_left_too_long);
    p2p__timer_set(&l->timer, p2p__ns_after(p2p__host_now(x->host), LINGER_NS));
    p2p__stream_listen(l->stream, &left_cb, l);
    p2p__stream_finish(l->stream);
}

void p2p__exchange_drop(struct p2p__exchange *x)
{
    struct p2p_stream *s = p2p__exchange_take(x);

    p2p__stream_listen(s, NULL, NULL);
    p2p__stream_reset(s, P2P_ECANCELED);
}

void p2p__exchange_fini(struct p2p__exchange *x)
{
    if (x->stream != NULL) {
        p2p__exchange_drop(x);
    }
    p2p__slice_drop(&x->pending);
    p2p__sendq_fini(&x->rest);
    if (x->peer != NULL) {
        if (x->asks) {
            p2p__relay_ask_fini(&x->core.ask);
        } else {
            p2p__relay_answer_fini(&x->core.answer);
        }
        p2p__peer_unref(x->peer);
        x->peer = NULL;
    }
    p2p__timer_fini(&x->timer);
    p2p__job_fini(&x->job);
}
