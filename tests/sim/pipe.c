/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pipes of the simulated world. Bytes that are written to an end leave as
 * segments and arrive in order after the latency, a lost one by RTO later,
 * twice that when it is lost again. Where the way is cut, a NAT has forgotten
 * it, or the machine is dark, what is on its way waits at the far end, and the
 * first of it is tried again, less and less often, as TCP does: until the way
 * is free, the machine answers that it knows nothing of it, or the writer gives
 * up. A reader that stopped reading leaves segments in the pipe, and the writer
 * waits when more than SNDBUF is on its way.
 */
#include "pipe.h"

#include <stdlib.h>

#define SNDBUF (256U * 1024U)
#define RTO    P2P__MS(200)
/* A quarter of an hour until a pipe breaks. */
#define RTO_MAX   P2P__SEC(120)
#define MAX_TRIES 15

struct segment {
    struct sim_event ev;
    struct p2p__list link;
    struct end *to;   /* counted */
    struct end *from; /* counted */
    size_t len;       /* 0: the end */
    uint8_t bytes[];
};

/* The first of what is held at `to` is sent once more. */
struct retry {
    struct sim_event ev;
    struct end *to;   /* counted */
    struct end *from; /* counted */
    p2p_ns rto;
    int tries;
};

void sim_end_unref(struct end *e)
{
    assert(e->refs > 0);
    if (--e->refs == 0) {
        assert(e->closed && p2p__list_empty(&e->held));
        sim_mapping_unref(e->map);
        free(e);
    }
}

static struct end *of_pipe(const struct p2p__pipe *p)
{
    union {
        const struct p2p__pipe *c;
        struct p2p__pipe *m;
    } u = {.c = p};

    return P2P__CONTAINER(u.m, struct end, pipe);
}

/* Whether a segment gets to an end now. */
static bool reaches(const struct end *from, const struct end *to)
{
    return !to->dark && to->host->alive && !sim_apart(from->host, to->host) &&
           sim_mapping_holds(from->map) && sim_mapping_holds(to->map);
}

/* A segment is done with; the writer learns of it if the wire is whole. */
static void free_segment(struct segment *s)
{
    struct end *from = s->from;

    from->in_flight -= reaches(from, s->to) ? s->len : 0;
    if (from->waiting && !from->closed && from->in_flight <= SNDBUF / 2) {
        from->waiting = false;
        from->pipe.cb->writable(from->pipe.user, from->host->sim->now);
        sim_touch(from->host, from->host->sim->now);
    }
    sim_end_unref(s->to);
    sim_end_unref(from);
    free(s);
}

/* Hands one segment to the reader. */
static void hand_over(struct end *to, struct segment *s)
{
    struct sim *sim = to->host->sim;

    if (s->len == 0) {
        to->pipe.cb->ended(to->pipe.user, 0, sim->now);
    } else {
        sim->bytes += s->len;
        to->host->bytes_got += s->len;
        sim_trace(sim, s->bytes, s->len);
        to->pipe.cb->data(to->pipe.user, p2p__slice_of(s->bytes, s->len),
                          sim->now);
    }
    sim_touch(to->host, sim->now);
}

static void release_held(struct end *e)
{
    while (e->reading && !e->closed && !e->cut) {
        struct p2p__list *link = p2p__list_pop(&e->held);
        struct segment *s;

        if (link == NULL) {
            break;
        }
        s = P2P__CONTAINER(link, struct segment, link);
        hand_over(e, s);
        free_segment(s);
    }
}

static void drop_held(struct end *e)
{
    struct p2p__list *link = p2p__list_pop(&e->held);

    while (link != NULL) {
        free_segment(P2P__CONTAINER(link, struct segment, link));
        link = p2p__list_pop(&e->held);
    }
}

/* Nothing of what is held will arrive; the writer may hear why. */
static void give_up(struct retry *r, int status)
{
    struct sim *sim = r->from->host->sim;

    r->to->cut = false;
    drop_held(r->to);
    if (status < 0 && !r->from->closed) {
        r->from->pipe.cb->ended(r->from->pipe.user, status, sim->now);
        sim_touch(r->from->host, sim->now);
    }
}

static void on_retry(struct sim *sim, struct sim_event *ev)
{
    struct retry *r = P2P__CONTAINER(ev, struct retry, ev);
    struct end *to = r->to;

    if (!r->from->host->alive || r->from->dark || (to->closed && !to->dark)) {
        give_up(r, 0);
    } else if (to->dark && to->host->alive) {
        give_up(r, P2P_ERESET);
    } else if (reaches(r->from, to)) {
        to->cut = false;
        release_held(to);
    } else if (++r->tries == MAX_TRIES) {
        give_up(r, P2P_ETIMEDOUT);
    } else {
        r->rto = p2p__ns_min(2 * r->rto, RTO_MAX);
        sim_at(sim, &r->ev, sim->now + r->rto);
        return;
    }
    sim_end_unref(r->to);
    sim_end_unref(r->from);
    free(r);
}

/* The way to an end is cut. */
static void cut(struct end *from, struct end *to)
{
    struct retry *r = calloc(1, sizeof *r);

    assert(r != NULL && !to->cut);
    r->ev.run = on_retry;
    r->to = to;
    r->from = from;
    r->rto = RTO;
    to->refs++;
    from->refs++;
    to->cut = true;
    sim_at(to->host->sim, &r->ev, to->host->sim->now + RTO);
}

/* A segment arrives: it is taken, or held. */
static void on_segment(struct sim *sim, struct sim_event *ev)
{
    struct segment *s = P2P__CONTAINER(ev, struct segment, ev);
    struct end *to = s->to;

    (void)sim;
    if (to->closed && !to->dark) {
        free_segment(s);
        return;
    }
    if (!to->cut && !reaches(s->from, to)) {
        cut(s->from, to);
    }
    if (to->cut || !to->reading || !p2p__list_empty(&to->held)) {
        p2p__list_push(&to->held, &s->link);
        return;
    }
    hand_over(to, s);
    free_segment(s);
}

/* When what is sent now arrives: after all that was sent before. */
static p2p_ns arrival(struct end *e, size_t len)
{
    struct sim *sim = e->host->sim;
    p2p_ns at = sim->now;

    if (sim->cfg.bytes_per_s > 0) {
        at = e->line_free > at ? e->line_free : at;
        at += (p2p_ns)len * P2P__SEC(1) / sim->cfg.bytes_per_s;
        e->line_free = at;
    }
    at += sim_latency(sim, sim_is_near(e->host, &e->remote));
    for (p2p_ns rto = RTO; rto < RTO_MAX && sim_lost(sim); rto *= 2) {
        at += rto;
    }
    if (at <= e->last_arrival) {
        at = e->last_arrival + 1;
    }
    e->last_arrival = at;
    return at;
}

static void send_segment(struct end *e, const uint8_t *p, size_t len)
{
    struct segment *s = calloc(1, sizeof *s + len);

    assert(s != NULL && e->other != NULL);
    s->ev.run = on_segment;
    p2p__list_init(&s->link);
    s->from = e;
    s->to = e->other;
    e->refs++;
    e->other->refs++;
    s->len = len;
    if (len > 0) {
        memcpy(s->bytes, p, len);
    }
    e->in_flight += len;
    e->host->bytes_sent += len;
    e->host->segs_sent++;
    e->host->sim->segments++;
    sim_mapping_use(e->map, e->host->sim->now);
    sim_mapping_use(e->other->map, e->host->sim->now);
    sim_at(e->host->sim, &s->ev, arrival(e, len));
}

static int pipe_write(struct p2p__pipe *pipe, const uint8_t *buf, size_t len)
{
    struct end *e = of_pipe(pipe);

    assert(!e->closed && !e->waiting);
    if (e->other == NULL || (e->other->closed && reaches(e, e->other))) {
        return P2P_ERESET;
    }
    send_segment(e, buf, len);
    e->waiting = e->in_flight > SNDBUF;
    return e->waiting ? 0 : 1;
}

static size_t pipe_unsent(const struct p2p__pipe *pipe)
{
    return of_pipe(pipe)->in_flight;
}

static p2p_ns later(p2p_ns a, p2p_ns b)
{
    return a > b ? a : b;
}

/* Since when an end may be cut off. */
static p2p_ns cut_since(const struct end *e)
{
    return later(e->host->cut_at, sim_mapping_gone_at(e->map));
}

static p2p_ns pipe_silence(const struct p2p__pipe *pipe)
{
    const struct end *e = of_pipe(pipe);

    if (e->other == NULL || reaches(e, e->other)) {
        return 0;
    }
    return e->host->sim->now - later(cut_since(e), cut_since(e->other));
}

struct resume {
    struct sim_event ev;
    struct end *end;
};

static void on_resume(struct sim *sim, struct sim_event *ev)
{
    struct resume *r = P2P__CONTAINER(ev, struct resume, ev);

    (void)sim;
    release_held(r->end);
    sim_end_unref(r->end);
    free(r);
}

static void pipe_read(struct p2p__pipe *pipe, bool on)
{
    struct end *e = of_pipe(pipe);
    struct resume *r;

    e->reading = on;
    if (!on || p2p__list_empty(&e->held)) {
        return;
    }
    r = calloc(1, sizeof *r);
    assert(r != NULL);
    r->ev.run = on_resume;
    r->end = e;
    e->refs++;
    sim_at(e->host->sim, &r->ev, e->host->sim->now);
}

void sim_end_shut(struct end *e)
{
    if (e->closed) {
        return;
    }
    e->closed = true;
    e->dark = !e->host->alive;
    p2p__list_remove(&e->link);
    drop_held(e);
    if (e->other != NULL) {
        if (!e->dark && !e->other->closed) {
            send_segment(e, NULL, 0);
        }
        sim_end_unref(e->other);
        e->other = NULL;
    }
    sim_end_unref(e);
}

static void pipe_close(struct p2p__pipe *pipe)
{
    sim_end_shut(of_pipe(pipe));
}

static void pipe_local(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    *addr = of_pipe(pipe)->local;
}

static void pipe_remote(const struct p2p__pipe *pipe, struct p2p__addr *addr)
{
    *addr = of_pipe(pipe)->remote;
}

static const struct p2p__pipe_ops pipe_ops = {
    .write = pipe_write,
    .unsent = pipe_unsent,
    .silence = pipe_silence,
    .read = pipe_read,
    .close = pipe_close,
    .local = pipe_local,
    .remote = pipe_remote,
};

struct end *sim_end_new(struct sim_host *h)
{
    struct end *e = calloc(1, sizeof *e);

    assert(e != NULL);
    e->pipe.ops = &pipe_ops;
    e->host = h;
    e->refs = 1;
    e->local = h->addr;
    p2p__list_init(&e->held);
    p2p__list_init(&e->link);
    p2p__list_push(&h->pipes, &e->link);
    return e;
}
