/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The loop of port/proto.h: bytes in, events, bytes out, deadlines. */
#include "host/attach.h"

/* Bytes that a core writes at once: a slab that streams keep by reference. */
#define CHUNK_BYTES (32U * 1024U)
/* Chunks a turn, so that others get theirs. */
#define CHUNKS_A_TURN 8

static void fail(struct p2p__attach *a, int status)
{
    if (a->stream != NULL) {
        p2p__stream_reset(a->stream, status);
    }
}

/* After a call on the core: its events, and its next deadline. */
static void after(struct p2p__attach *a, int rv, p2p_ns now)
{
    a->cb->events(a->user, now);
    if (rv < 0) {
        fail(a, rv);
    } else if (a->stream != NULL) {
        p2p__timer_set(&a->timer, a->ops->deadline(a->core));
    }
}

static void consume(struct p2p__attach *a)
{
    if (a->stream != NULL && a->ops->dealt != NULL) {
        p2p__stream_consume(a->stream, a->ops->dealt(a->core));
    }
}

/* Hands the waiting chunk to the stream: 0, P2P_EAGAIN, or why not. */
static int send_pending(struct p2p__attach *a)
{
    int rv = 0;

    if (a->pending.len > 0) {
        rv = p2p__stream_send(a->stream, &a->pending);
    }
    if (rv != P2P_EAGAIN) {
        p2p__slice_drop(&a->pending);
    }
    if (rv == 0 && a->finished) {
        p2p__stream_finish(a->stream);
    }
    return rv;
}

/* Lets the core write one chunk; 0, 1 if it wrote something, or negative. */
static int write_chunk(struct p2p__attach *a, p2p_ns now)
{
    struct p2p__slab *slab = p2p__slab_new(CHUNK_BYTES);
    struct p2p__outbuf out = {0};
    int rv;

    if (slab == NULL) {
        return P2P_ENOMEM;
    }
    out = (struct p2p__outbuf){.p = slab->data, .cap = CHUNK_BYTES};
    rv = a->ops->tx(a->core, &out, now);
    a->finished = rv == P2P__PROTO_FIN;
    if (rv < 0 || out.len == 0) {
        p2p__slab_unref(slab);
    } else {
        a->pending =
            (struct p2p__slice){.p = slab->data, .len = out.len, .slab = slab};
    }
    consume(a);
    return rv < 0 ? rv : out.len > 0 ? 1 : 0;
}

/* Sends one chunk; whether there may be more. */
static bool send_chunk(struct p2p__attach *a, p2p_ns now)
{
    int wrote = write_chunk(a, now);
    int rv = wrote < 0 ? wrote : send_pending(a);

    after(a, rv == P2P_EAGAIN ? 0 : rv, now);
    return wrote > 0 && rv == 0 && a->stream != NULL && !a->finished;
}

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p__attach *a = P2P__CONTAINER(job, struct p2p__attach, job);

    int rv = 0;

    if (!a->ready || a->stream == NULL || a->stream->reset) {
        return;
    }
    if (a->pending.len > 0) {
        rv = send_pending(a);
        if (rv < 0 && rv != P2P_EAGAIN) {
            fail(a, rv);
        }
    }
    for (int i = 0; i < CHUNKS_A_TURN; i++) {
        if (rv < 0 || a->finished || !send_chunk(a, now)) {
            return;
        }
    }
    p2p__mark(&a->job);
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__attach *a = P2P__CONTAINER(timer, struct p2p__attach, timer);

    after(a, a->ops->expire(a->core, now), now);
}

static void on_writable(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct p2p__attach *a = user;

    (void)s;
    (void)now;
    p2p__mark(&a->job);
}

/* The peer took the protocol, whatever was sent before that. */
static void on_agreed(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct p2p__attach *a = user;

    (void)s;
    a->agreed = true;
    p2p__mark(&a->job);
    after(a, 0, now);
}

static void on_data(void *user, struct p2p_stream *s, struct p2p__slice in,
                    p2p_ns now)
{
    struct p2p__attach *a = user;
    int rv = a->ops->rx(a->core, &in, now);

    (void)s;
    consume(a);
    after(a, rv, now);
}

static void on_finished(void *user, struct p2p_stream *s, p2p_ns now)
{
    struct p2p__attach *a = user;

    (void)s;
    after(a, a->ops->fin(a->core, now), now);
}

static void on_closed(void *user, struct p2p_stream *s, int status, p2p_ns now)
{
    struct p2p__attach *a = user;

    (void)s;
    a->stream = NULL;
    p2p__timer_set(&a->timer, P2P_NEVER);
    a->cb->done(a->user, status, now);
}

static const struct p2p__stream_cb stream_cb = {
    .opened = on_agreed,
    .data = on_data,
    .writable = on_writable,
    .finished = on_finished,
    .closed = on_closed,
};

void p2p__attach_init(struct p2p__attach *a, struct p2p_host *h,
                      const struct p2p__attach_cb *cb, void *user)
{
    *a = (struct p2p__attach){.cb = cb, .user = user};
    p2p__job_init(&a->job, h->world->q, on_job);
    p2p__timer_init(&a->timer, h->world->q, on_due);
}

void p2p__attach_start(struct p2p__attach *a, struct p2p_stream *s,
                       const struct p2p__proto_ops *ops, void *core)
{
    a->stream = s;
    a->ops = ops;
    a->core = core;
    a->ready = true;
    s->manual = ops->dealt != NULL;
    p2p__timer_set(&a->timer, ops->deadline(core));
    p2p__stream_listen(s, &stream_cb, a);
    p2p__mark(&a->job);
}

void p2p__attach_fini(struct p2p__attach *a)
{
    if (a->stream != NULL) {
        p2p__stream_listen(a->stream, NULL, NULL);
        p2p__stream_reset(a->stream, P2P_ECANCELED);
        a->stream = NULL;
    }
    p2p__slice_drop(&a->pending);
    p2p__timer_fini(&a->timer);
    p2p__job_fini(&a->job);
}
