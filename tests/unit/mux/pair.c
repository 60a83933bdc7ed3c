/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See pair.h. */
#include "pair.h"

#include <stdlib.h>

#define ROUNDS_TO_QUIET 2000000

static uint64_t dice(struct pair *p, uint64_t sides)
{
    return p2p__rng_below(&p->rng, sides);
}

/* The byte at a place of what `from` sends on a stream. */
static uint8_t byte_at(uint32_t label, unsigned from, uint64_t at)
{
    return (uint8_t)(label * 31 + from * 101 + at * 7 + (at >> 8) * 13);
}

static void run(struct p2p__job *job, p2p_ns now)
{
    (void)job;
    (void)now;
}

struct pair *pair_new(const struct pair_kind *kind, enum chunk_plan plan,
                      uint64_t seed, uint64_t memory)
{
    struct pair *p = calloc(1, sizeof *p);

    assert_non_null(p);
    p->kind = kind;
    p->now = P2P__SEC(100);
    p2p__rng_seed(&p->rng, seed);
    for (unsigned i = 0; i < 2; i++) {
        struct pair_end *e = &p->end[i];
        struct p2p__sess_cfg cfg = {.dialer = i == 0,
                                    .quota = &e->quota,
                                    .env = &e->env.env,
                                    .owner = &e->job};

        p2p__quota_init(&e->quota, NULL, "conn");
        if (memory > 0) {
            e->quota.limit[P2P__Q_MEMORY] = memory;
        }
        test_env_init(&e->env, seed + i);
        chunker_init(&e->chunker, plan, seed + i);
        p2p__runq_init(&e->runq, NULL);
        p2p__job_init(&e->job, &e->runq, run);
        assert_int_equal(kind->make(&cfg, &e->sess, p->now), 0);
    }
    return p;
}

void pair_free(struct pair *p)
{
    for (unsigned i = 0; i < 2; i++) {
        p->kind->ops->fini(p->end[i].sess);
        p2p__quota_fini(&p->end[i].quota);
        p2p__job_fini(&p->end[i].job);
    }
    free(p);
}

/* The stream that the peer has opened with this id. */
static struct pair_stream *by_id(struct pair *p, unsigned side, uint64_t id)
{
    for (size_t i = 0; i < PAIR_STREAMS; i++) {
        struct pair_stream *s = &p->streams[i];

        if (s->used && s->opener != side && s->id == id) {
            return s;
        }
    }
    fail_msg("opened: an id that nobody has announced");
    return NULL;
}

static void on_data(struct pair *p, struct pair_stream *s, unsigned side,
                    const struct p2p__slice *d)
{
    struct pair_view *v = &s->view[side];

    assert_true(!v->saw_fin && d->len > 0);
    for (size_t i = 0; i < d->len; i++) {
        if (d->p[i] != byte_at(s->label, !side, v->got + i)) {
            fail_msg("stream %u: byte %llu is wrong", s->label,
                     (unsigned long long)(v->got + i));
        }
    }
    v->got += d->len;
    v->owed += d->len;
    p->bytes += d->len;
    assert_true(v->got <= s->view[!side].sent);
}

static void on_closed(struct pair *p, struct pair_stream *s, unsigned side)
{
    struct pair_view *v = &s->view[side];
    const struct pair_view *w = &s->view[!side];

    assert_true(v->reset || v->saw_reset || (v->finished && v->saw_fin));
    v->closed = true;
    v->h = NULL;
    v->owed = 0;
    p->closed++;
    /* Over, unless the other end will hear of it yet. */
    if (w->closed || (!w->opened && (s->id == 0 || v->saw_reset))) {
        s->used = false;
    }
}

static void on_event(struct pair *p, unsigned side,
                     const struct p2p__sess_ev *ev)
{
    const struct p2p__sess_ops *ops = p->kind->ops;
    struct pair_stream *s = ev->user;
    struct pair_view *v;

    if (ev->type == P2P__SESS_PONG) {
        return;
    }
    if (ev->type == P2P__SESS_OPENED) {
        assert_null(s);
        s = by_id(p, side, p->kind->id_of(ev->stream));
        assert_false(s->view[side].opened);
        s->view[side].h = ev->stream;
        s->view[side].opened = true;
        ops->set_user(p->end[side].sess, ev->stream, s);
        return;
    }
    assert_non_null(s);
    v = &s->view[side];
    assert_true(s->used && v->opened && !v->closed && v->h == ev->stream);
    assert_true(!v->reset || ev->type == P2P__SESS_CLOSED);
    assert_true(!v->saw_reset || ev->type == P2P__SESS_CLOSED);
    switch (ev->type) {
        case P2P__SESS_DATA:
            on_data(p, s, side, &ev->data);
            break;
        case P2P__SESS_FIN:
            assert_true(s->view[!side].finished && !v->saw_fin);
            assert_int_equal(v->got, s->view[!side].sent);
            v->saw_fin = true;
            break;
        case P2P__SESS_RESET:
            assert_true(s->view[!side].reset || !s->view[!side].opened);
            v->saw_reset = true;
            break;
        case P2P__SESS_WRITABLE:
            assert_true(v->blocked);
            v->blocked = false;
            break;
        case P2P__SESS_CLOSED:
            on_closed(p, s, side);
            break;
        default:
            fail_msg("event %d", ev->type);
    }
}

static void pull_events(struct pair *p, unsigned side)
{
    struct p2p__sess_ev ev;

    while (p->kind->ops->next(p->end[side].sess, &ev)) {
        on_event(p, side, &ev);
    }
}

/* Ids are learned before events may take the handles away. */
static void learn_ids(struct pair *p, unsigned side)
{
    for (size_t i = 0; i < PAIR_STREAMS; i++) {
        struct pair_stream *s = &p->streams[i];

        if (s->used && s->opener == side && s->id == 0 &&
            s->view[side].h != NULL) {
            s->id = p->kind->id_of(s->view[side].h);
        }
    }
}

/* Draws from one end into the pipe to the other. Output without a mark would
 * never leave. Returns how many bytes. */
static size_t draw(struct pair *p, unsigned side, size_t room)
{
    struct pair_end *from = &p->end[side];
    struct pair_end *to = &p->end[!side];
    struct p2p__outbuf out = {.p = to->pipe + to->pipe_len};
    bool marked = from->job.queued;

    memmove(to->pipe, to->pipe + to->pipe_at, to->pipe_len);
    to->pipe_at = 0;
    out.cap = p2p__min(room, PAIR_PIPE - to->pipe_len);
    p2p__job_fini(&from->job);
    assert_int_equal(p->kind->ops->tx(from->sess, &out, p->now), 0);
    assert_true(out.len <= out.cap);
    assert_true(out.len == 0 || marked);
    if (out.len == 0 && marked && out.cap < 64) {
        p2p__mark(&from->job); /* there was no room */
    }
    to->pipe_len += out.len;
    learn_ids(p, side);
    pull_events(p, side);
    return out.len;
}

/* Delivers one chunk from the pipe. */
static size_t deliver(struct pair *p, unsigned side)
{
    const struct p2p__sess_ops *ops = p->kind->ops;
    struct pair_end *e = &p->end[side];
    struct p2p__slice in;
    size_t n;

    if (e->pipe_len == 0 ||
        (ops->want_read != NULL && !ops->want_read(e->sess))) {
        return 0;
    }
    n = chunker_next(&e->chunker, e->pipe_len);
    in = p2p__slice_of(e->pipe + e->pipe_at, n);
    while (in.len > 0) {
        assert_int_equal(ops->rx(e->sess, &in, p->now), 0);
        pull_events(p, side);
    }
    e->pipe_at += n;
    e->pipe_len -= n;
    return n;
}

static void do_open(struct pair *p)
{
    size_t i = 0;
    unsigned side = (unsigned)dice(p, 2);
    struct pair_stream *s;

    while (i < PAIR_STREAMS && p->streams[i].used) {
        i++;
    }
    if (i == PAIR_STREAMS) {
        return;
    }
    s = &p->streams[i];
    *s = (struct pair_stream){.opener = side, .label = p->labels};
    if (p->kind->ops->open(p->end[side].sess, s, &s->view[side].h, p->now) ==
        0) {
        s->used = true;
        s->view[side].opened = true;
        p->labels++;
    }
}

/* Sends `len` bytes; what is refused was refused altogether. */
static void do_send(struct pair *p, struct pair_stream *s, unsigned side,
                    size_t len)
{
    struct pair_view *v = &s->view[side];
    struct p2p__slab *slab = p2p__slab_new(len + 1);
    struct p2p__slice data;
    int rv;

    assert_non_null(slab);
    for (size_t i = 0; i < len; i++) {
        slab->data[i] = byte_at(s->label, side, v->sent + i);
    }
    data = p2p__slice_of(slab->data, len);
    data.slab = dice(p, 2) ? slab : NULL;
    rv = p->kind->ops->send(p->end[side].sess, v->h, &data);
    if (v->reset || v->saw_reset) {
        assert_int_equal(rv, P2P_ERESET);
    } else if (v->finished) {
        assert_int_equal(rv, P2P_ECLOSED);
    } else if (rv == 0) {
        v->sent += len;
    } else if (rv == P2P_EAGAIN) {
        v->blocked = true;
    } else {
        assert_int_equal(rv, P2P_ELIMIT);
        assert_true(p->end[side].quota.refused > 0);
    }
    p2p__slab_unref(slab);
}

static void do_consume(struct pair *p, struct pair_stream *s, unsigned side,
                       size_t n)
{
    struct pair_view *v = &s->view[side];

    p->kind->ops->consume(p->end[side].sess, v->h, n);
    v->owed -= n;
}

static void do_finish(struct pair *p, struct pair_stream *s, unsigned side)
{
    struct pair_view *v = &s->view[side];

    p->kind->ops->finish(p->end[side].sess, v->h);
    if (!v->reset && !v->saw_reset) {
        v->finished = true;
        v->blocked = false;
    }
}

static void do_reset(struct pair *p, struct pair_stream *s, unsigned side)
{
    struct pair_view *v = &s->view[side];

    p->kind->ops->reset(p->end[side].sess, v->h, 1);
    p->resets++;
    v->reset = true;
    v->owed = 0;
    pull_events(p, side);
}

/* One call upon a stream, if the dice hit one that is there. */
static void do_something(struct pair *p)
{
    struct pair_stream *s = &p->streams[dice(p, PAIR_STREAMS)];
    unsigned side = (unsigned)dice(p, 2);
    struct pair_view *v = &s->view[side];
    uint64_t what = dice(p, 200);

    if (!s->used || v->h == NULL) {
        return;
    }
    if (what < 90) {
        do_send(p, s, side, (size_t)dice(p, what < 10 ? 100000 : 3000));
    } else if (what < 190) {
        do_consume(p, s, side, (size_t)dice(p, v->owed + 1));
    } else if (what < 197) {
        do_finish(p, s, side);
    } else {
        do_reset(p, s, side);
    }
}

void pair_play(struct pair *p, size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        unsigned side = (unsigned)dice(p, 2);

        p->now += P2P__US(dice(p, 100));
        switch (dice(p, 8)) {
            case 0:
                do_open(p);
                break;
            case 1:
                (void)draw(p, side, dice(p, 4) ? PAIR_PIPE : dice(p, 100));
                break;
            case 2:
            case 3:
                for (uint64_t n = dice(p, 500); n > 0; n--) {
                    (void)deliver(p, side);
                }
                break;
            case 4:
                (void)p->kind->ops->ping(p->end[side].sess, p->now);
                break;
            default:
                do_something(p);
        }
    }
}

/* Makes both applications want the end. */
static void end_streams(struct pair *p)
{
    for (size_t i = 0; i < PAIR_STREAMS; i++) {
        for (unsigned side = 0; side < 2; side++) {
            struct pair_stream *s = &p->streams[i];
            struct pair_view *v = &s->view[side];

            if (s->used && v->h != NULL) {
                do_consume(p, s, side, (size_t)v->owed);
                do_finish(p, s, side);
            }
        }
    }
}

void pair_drain(struct pair *p)
{
    size_t moved = 1;

    for (size_t i = 0; moved > 0 && i < ROUNDS_TO_QUIET; i++) {
        moved = 0;
        p->now += P2P__US(50);
        end_streams(p);
        for (unsigned side = 0; side < 2; side++) {
            moved += draw(p, side, PAIR_PIPE);
            while (deliver(p, side) > 0) {
                moved++;
            }
        }
    }
    for (size_t i = 0; i < PAIR_STREAMS; i++) {
        const struct pair_stream *s = &p->streams[i];

        assert_true(!s->used || s->view[0].h == NULL);
        assert_true(!s->used || s->view[1].h == NULL);
    }
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(p->end[side].pipe_len, 0);
        assert_int_equal(p->end[side].quota.used[P2P__Q_STREAMS_IN], 0);
        assert_int_equal(p->end[side].quota.used[P2P__Q_STREAMS_OUT], 0);
    }
}
