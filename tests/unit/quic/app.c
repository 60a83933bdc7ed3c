/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See app.h. */
#include "app.h"

#include <stdlib.h>

#define CHUNK 5000U

static uint8_t byte_at(uint32_t label, unsigned from, uint64_t at)
{
    return (uint8_t)(label * 31 + from * 101 + at * 7 + (at >> 8) * 13);
}

static struct app_stream *by_id(struct app *a, unsigned side, int64_t id)
{
    for (size_t i = 0; i < a->count; i++) {
        struct app_stream *s = &a->streams[i];

        if (s->used && s->opener != side && s->id == id) {
            return s;
        }
    }
    fail_msg("opened: an id that nobody has announced");
    return NULL;
}

/* Ids are learned before events may take the handles away. */
static void learn_ids(struct app *a)
{
    for (size_t i = 0; i < a->count; i++) {
        struct app_stream *s = &a->streams[i];

        if (s->id < 0 && s->view[s->opener].h != NULL) {
            s->id = p2p__quic_stream_id(s->view[s->opener].h);
        }
    }
}

static void on_opened(struct app *a, unsigned side,
                      const struct p2p__sess_ev *ev)
{
    struct app_stream *s;

    learn_ids(a);
    s = by_id(a, side, p2p__quic_stream_id(ev->stream));
    assert_null(s->view[side].h);
    s->view[side].h = ev->stream;
    a->opened++;
    p2p__quic_ops.set_user(a->p.end[side].sess, ev->stream, s);
}

static void on_data(struct app *a, struct app_stream *s, unsigned side,
                    const struct p2p__slice *d)
{
    struct app_view *v = &s->view[side];

    assert_true(!v->saw_fin && d->len > 0);
    for (size_t i = 0; i < d->len; i++) {
        if (d->p[i] != byte_at(s->label, !side, v->got + i)) {
            fail_msg("stream %u: byte %llu is wrong", s->label,
                     (unsigned long long)(v->got + i));
        }
    }
    v->got += d->len;
    v->owed += d->len;
    assert_true(v->got <= s->view[!side].sent);
    (void)a;
}

static void on_closed(struct app *a, struct app_view *v)
{
    assert_true(v->reset || v->saw_reset || (v->finished && v->saw_fin));
    v->closed = true;
    v->h = NULL;
    v->owed = 0;
    a->closed++;
}

static void on_event(struct quic_pair *p, unsigned side,
                     const struct p2p__sess_ev *ev)
{
    struct app *a = p->user;
    struct app_stream *s = ev->user;
    struct app_view *v = s == NULL ? NULL : &s->view[side];

    if (ev->type == P2P__SESS_PONG) {
        a->pong = ev->code;
        return;
    }
    if (ev->type == P2P__SESS_OPENED) {
        on_opened(a, side, ev);
        return;
    }
    assert_non_null(v);
    assert_ptr_equal(v->h, ev->stream);
    assert_true(!v->reset || ev->type == P2P__SESS_CLOSED);
    switch (ev->type) {
        case P2P__SESS_DATA:
            on_data(a, s, side, &ev->data);
            break;
        case P2P__SESS_WRITABLE:
            assert_true(v->blocked);
            v->blocked = false;
            break;
        case P2P__SESS_FIN:
            assert_int_equal(v->got, s->view[!side].sent);
            v->saw_fin = true;
            break;
        case P2P__SESS_RESET:
            v->saw_reset = true;
            v->code = ev->code;
            break;
        case P2P__SESS_CLOSED:
            on_closed(a, v);
            break;
        default:
            fail_msg("event %d", ev->type);
    }
}

struct app *app_new(uint64_t seed)
{
    struct app *a = calloc(1, sizeof *a);

    assert_non_null(a);
    assert_int_equal(quic_pair_init(&a->p, seed), 0);
    a->p.user = a;
    a->p.on = on_event;
    return a;
}

struct app *app_shaken(uint64_t seed)
{
    struct app *a = app_new(seed);

    assert_int_equal(quic_pair_shake(&a->p), 0);
    return a;
}

void app_free(struct app *a)
{
    quic_pair_fini(&a->p);
    free(a);
}

struct app_stream *app_open(struct app *a, unsigned side)
{
    struct app_stream *s = &a->streams[a->count++];

    assert_true(a->count <= APP_STREAMS);
    *s = (struct app_stream){
        .id = -1, .opener = side, .label = (uint32_t)a->count, .used = true};
    assert_int_equal(
        p2p__quic_ops.open(a->p.end[side].sess, s, &s->view[side].h, a->p.now),
        0);
    return s;
}

void app_queue(struct app *a, struct app_stream *s, unsigned side, size_t n)
{
    (void)a;
    s->view[side].want += n;
}

void app_finish(struct app *a, struct app_stream *s)
{
    (void)a;
    s->view[0].finish = s->view[1].finish = true;
}

void app_reset(struct app *a, struct app_stream *s, unsigned side,
               uint64_t code)
{
    s->view[side].reset = true;
    s->view[side].owed = 0;
    p2p__quic_ops.reset(a->p.end[side].sess, s->view[side].h, code);
}

/* Sends one chunk; false: there was no room, or nothing to send. */
static bool send_chunk(struct app *a, struct app_stream *s, unsigned side)
{
    struct app_view *v = &s->view[side];
    size_t n = (size_t)(v->want - v->sent < CHUNK ? v->want - v->sent : CHUNK);
    struct p2p__slab *slab;
    struct p2p__slice data;
    int rv;

    if (n == 0 || v->blocked || v->saw_reset || v->reset) {
        return false;
    }
    slab = p2p__slab_new(n);
    assert_non_null(slab);
    for (size_t i = 0; i < n; i++) {
        slab->data[i] = byte_at(s->label, side, v->sent + i);
    }
    data = (struct p2p__slice){slab->data, n, s->label % 2 ? slab : NULL};
    rv = p2p__quic_ops.send(a->p.end[side].sess, v->h, &data);
    p2p__slab_unref(slab);
    if (rv == P2P_EAGAIN) {
        v->blocked = v->blocked_ever = true;
        return false;
    }
    assert_int_equal(rv, 0);
    v->sent += n;
    return true;
}

/* What one application does with one stream. */
static void act(struct app *a, struct app_stream *s, unsigned side)
{
    struct app_view *v = &s->view[side];

    if (v->h == NULL || a->p.end[side].sess == NULL) {
        return;
    }
    if (v->owed > 0 && !v->keep) {
        p2p__quic_ops.consume(a->p.end[side].sess, v->h, (size_t)v->owed);
        v->owed = 0;
    }
    while (send_chunk(a, s, side)) {
    }
    if (v->finish && !v->finished && v->sent == v->want && !v->reset &&
        !v->saw_reset) {
        p2p__quic_ops.finish(a->p.end[side].sess, v->h);
        v->finished = true;
    }
}

static void act_all(struct app *a)
{
    for (size_t i = 0; i < a->count; i++) {
        act(a, &a->streams[i], 0);
        act(a, &a->streams[i], 1);
    }
}

void app_pass(struct app *a, p2p_ns span)
{
    const p2p_ns end = a->p.now + span;
    const p2p_ns step = span > P2P__SEC(100) ? P2P__SEC(1) : P2P__MS(2);

    while (a->p.now < end) {
        act_all(a);
        quic_pair_run(&a->p, p2p__ns_min(end, a->p.now + step));
    }
}

static bool settled(const struct app *a)
{
    for (size_t i = 0; i < a->count; i++) {
        if (a->streams[i].view[0].h != NULL ||
            a->streams[i].view[1].h != NULL) {
            return false;
        }
    }
    return true;
}

static void check(const struct app_stream *s)
{
    const struct app_view *a = &s->view[0], *b = &s->view[1];

    if (!a->reset && !b->reset && !a->saw_reset && !b->saw_reset) {
        assert_int_equal(a->got, b->want);
        assert_int_equal(b->got, a->want);
    }
}

void app_settle(struct app *a)
{
    for (int i = 0; i < 1200 && !settled(a); i++) {
        app_pass(a, P2P__MS(100));
        assert_int_equal(a->p.end[0].err, 0);
        assert_int_equal(a->p.end[1].err, 0);
    }
    assert_true(settled(a));
    for (size_t i = 0; i < a->count; i++) {
        check(&a->streams[i]);
    }
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(a->p.end[side].quota.used[P2P__Q_STREAMS_IN], 0);
        assert_int_equal(a->p.end[side].quota.used[P2P__Q_STREAMS_OUT], 0);
    }
}
