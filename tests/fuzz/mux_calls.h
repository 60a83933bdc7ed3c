/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The input of a fuzzed session is a program: each byte is a call of the
 * application, or bytes of the peer. The application keeps the contract of
 * port/sess.h; the peer keeps nothing. After each call what can be checked
 * from outside is checked; at the end the quota must be zero.
 */
#ifndef TESTS_FUZZ_MUX_CALLS_H
#define TESTS_FUZZ_MUX_CALLS_H

#include <stdlib.h>

#include "base/turn.h"
#include "port/sess.h"
#include "test_env.h"

#define CALLS_STREAMS 48U

struct calls_stream {
    void *h; /* NULL: this place is free */
    size_t owed;
    bool blocked;
    bool fin;
    bool reset;
};

struct calls {
    const struct p2p__sess_ops *ops;
    void *sess;
    struct p2p__quota quota;
    struct test_env env;
    struct p2p__runq runq;
    struct p2p__job job;
    p2p_ns now;
    const uint8_t *data;
    size_t len;
    int rv;
    struct calls_stream streams[CALLS_STREAMS];
    /* Makes a frame of the peer's out of the program; returns its length. */
    size_t (*frame)(struct calls *c, uint8_t *out);
};

static inline void calls_check(bool ok)
{
    if (!ok) {
        abort();
    }
}

static inline uint8_t calls_byte(struct calls *c)
{
    if (c->len == 0) {
        return 0;
    }
    c->len--;
    return *c->data++;
}

static inline uint32_t calls_u32(struct calls *c)
{
    uint32_t v = calls_byte(c);

    v = v << 8 | calls_byte(c);
    v = v << 8 | calls_byte(c);
    return v << 8 | calls_byte(c);
}

static inline void calls_run(struct p2p__job *job, p2p_ns now)
{
    (void)job;
    (void)now;
}

/* All but the session itself; the first bytes of the program set limits. */
static inline void calls_init(struct calls *c, const struct p2p__sess_ops *ops,
                              const uint8_t *data, size_t len)
{
    *c = (struct calls){.ops = ops, .data = data, .len = len};
    c->now = P2P__SEC(1);
    p2p__quota_init(&c->quota, NULL, "conn");
    test_env_init(&c->env, 1);
    p2p__runq_init(&c->runq, NULL);
    p2p__job_init(&c->job, &c->runq, calls_run);
}

static inline struct p2p__sess_cfg calls_cfg(struct calls *c)
{
    uint8_t b = calls_byte(c);

    c->quota.limit[P2P__Q_STREAMS_IN] = b & 2 ? 3 : CALLS_STREAMS / 2;
    c->quota.limit[P2P__Q_STREAMS_OUT] = b & 2 ? 3 : CALLS_STREAMS / 2;
    c->quota.limit[P2P__Q_MEMORY] = b & 4 ? 6000 : 2000000;
    return (struct p2p__sess_cfg){.dialer = b & 1,
                                  .quota = &c->quota,
                                  .env = &c->env.env,
                                  .owner = &c->job};
}

static inline struct calls_stream *calls_place(struct calls *c)
{
    for (size_t i = 0; i < CALLS_STREAMS; i++) {
        if (c->streams[i].h == NULL) {
            return &c->streams[i];
        }
    }
    abort();
}

/* The stream that the next byte of the program names, or NULL. */
static inline struct calls_stream *calls_pick(struct calls *c)
{
    struct calls_stream *s = &c->streams[calls_byte(c) % CALLS_STREAMS];

    return s->h != NULL ? s : NULL;
}

static inline void calls_on_opened(struct calls *c,
                                   const struct p2p__sess_ev *ev)
{
    struct calls_stream *s = calls_place(c);

    calls_check(ev->user == NULL);
    *s = (struct calls_stream){.h = ev->stream};
    c->ops->set_user(c->sess, ev->stream, s);
}

static inline void calls_on_event(struct calls *c,
                                  const struct p2p__sess_ev *ev)
{
    struct calls_stream *s = ev->user;
    volatile uint8_t sink;

    if (ev->type == P2P__SESS_PONG || ev->type == P2P__SESS_GOAWAY) {
        return;
    }
    if (ev->type == P2P__SESS_OPENED) {
        calls_on_opened(c, ev);
        return;
    }
    calls_check(s != NULL && s->h == ev->stream);
    calls_check(!s->reset || ev->type == P2P__SESS_CLOSED);
    if (ev->type == P2P__SESS_DATA) {
        calls_check(!s->fin && ev->data.len > 0);
        sink = ev->data.p[0];
        sink = ev->data.p[ev->data.len - 1];
        (void)sink;
        s->owed += ev->data.len;
    } else if (ev->type == P2P__SESS_WRITABLE) {
        calls_check(s->blocked);
        s->blocked = false;
    } else if (ev->type == P2P__SESS_FIN) {
        calls_check(!s->fin);
        s->fin = true;
    } else if (ev->type == P2P__SESS_RESET) {
        s->reset = true;
    } else {
        *s = (struct calls_stream){0};
    }
}

static inline void calls_events(struct calls *c)
{
    struct p2p__sess_ev ev;

    while (c->ops->next(c->sess, &ev)) {
        calls_on_event(c, &ev);
    }
}

/* Delivers a copy, so that its ends are seen. */
static inline void calls_rx(struct calls *c, const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n + 1);
    struct p2p__slice in = p2p__slice_of(copy, n);

    calls_check(copy != NULL);
    memcpy(copy, p, n);
    while (in.len > 0 && c->rv == 0) {
        size_t before = in.len;

        c->rv = c->ops->rx(c->sess, &in, c->now);
        calls_check(in.len < before || c->rv != 0);
        if (c->rv == 0) {
            calls_events(c);
        }
    }
    free(copy);
}

static inline void calls_tx(struct calls *c, size_t cap)
{
    uint8_t *room = malloc(cap + 1);
    struct p2p__outbuf out = {.p = room, .cap = cap};
    bool marked = c->job.queued;
    int rv;

    calls_check(room != NULL);
    p2p__job_fini(&c->job);
    rv = c->ops->tx(c->sess, &out, c->now);
    calls_check(rv == 0 && out.len <= cap && (out.len == 0 || marked));
    if (c->rv == 0) {
        calls_events(c);
    }
    free(room);
}

static inline void calls_open(struct calls *c)
{
    struct calls_stream *s = calls_place(c);
    int rv = c->ops->open(c->sess, s, &s->h, c->now);

    calls_check((rv == 0) == (s->h != NULL));
    calls_check(rv == 0 || rv == P2P_ELIMIT || rv == P2P_ECLOSED);
}

static inline void calls_send(struct calls *c, struct calls_stream *s)
{
    static const uint8_t zero[4096];
    size_t n = (size_t)calls_byte(c) << (calls_byte(c) % 5);
    const struct p2p__slice d = p2p__slice_of(zero, n);
    size_t before = c->ops->queued(c->sess, s->h);
    int rv = c->ops->send(c->sess, s->h, &d);

    calls_check(c->ops->queued(c->sess, s->h) == before + (rv == 0 ? n : 0));
    s->blocked |= rv == P2P_EAGAIN;
}

static inline void calls_consume(struct calls *c, struct calls_stream *s)
{
    size_t n = p2p__min(s->owed, calls_u32(c));

    s->owed -= n;
    c->ops->consume(c->sess, s->h, n);
}

/* A call upon a stream. */
static inline void calls_on_stream(struct calls *c, unsigned what)
{
    struct calls_stream *s = calls_pick(c);

    if (s == NULL) {
        return;
    }
    if (what == 0) {
        calls_send(c, s);
    } else if (what == 1) {
        calls_consume(c, s);
    } else if (what == 2) {
        c->ops->finish(c->sess, s->h);
        s->blocked = false;
    } else {
        s->reset = true;
        c->ops->reset(c->sess, s->h, calls_byte(c));
        calls_events(c);
    }
}

/* Time passes. */
static inline void calls_wait(struct calls *c)
{
    c->now += P2P__MS(1) << (calls_byte(c) % 18);
    c->rv = c->ops->expire(c->sess, c->now);
    if (c->rv == 0) {
        calls_check(c->ops->deadline(c->sess) > c->now ||
                    c->ops->deadline(c->sess) == P2P_NEVER);
    }
}

static inline void calls_bytes(struct calls *c)
{
    size_t n = calls_byte(c);

    n = p2p__min(n, c->len);
    calls_rx(c, c->data, n);
    c->data += n;
    c->len -= n;
}

static inline void calls_frame(struct calls *c)
{
    uint8_t frame[64];
    size_t n = c->frame(c, frame);

    calls_rx(c, frame, n);
}

static inline void calls_step(struct calls *c)
{
    uint8_t op = calls_byte(c);

    switch (op % 12) {
        case 0:
        case 1:
            calls_frame(c);
            break;
        case 2:
            calls_bytes(c);
            break;
        case 3:
            calls_tx(c, (size_t)calls_byte(c) << (calls_byte(c) % 10));
            break;
        case 4:
            calls_open(c);
            break;
        case 5:
            (void)c->ops->ping(c->sess, c->now);
            break;
        case 6:
            c->ops->goaway(c->sess, op / 12);
            break;
        case 7:
            calls_wait(c);
            break;
        default:
            calls_on_stream(c, op % 12 - 8);
    }
}

/* Runs the program upon c->sess, and ends it wherever it is. */
static inline void calls_play(struct calls *c)
{
    while (c->len > 0 && c->rv == 0) {
        calls_step(c);
    }
    calls_tx(c, 1 << 16);
    c->ops->fini(c->sess);
    p2p__quota_fini(&c->quota);
    p2p__job_fini(&c->job);
}

#endif
