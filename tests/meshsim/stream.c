/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See net.h. A stream has two ends. What an end sends waits in its row until it
 * comes to the other, piece by piece; one event at a time carries the row on.
 * Each end is held by its bus until it was told `closed`, by the other end, and
 * by the events that concern it. A bus that goes tells `closed` at once, as the
 * library's host does: what belongs to a stream is freed in that event.
 */
#include "p2p/stream.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "member.h"
#include "p2p/err.h"

/* Bytes on their way, beyond which an end says P2P_EAGAIN. */
#define WINDOW (256U << 10)

enum what { OPEN, DATA, FINISH, RESET };

struct piece {
    struct piece *next;
    enum what what;
    uint64_t at;
    size_t len;
    uint8_t bytes[];
};

struct p2p_stream {
    struct p2p_stream *next; /* in the bus's list */
    unsigned refs;
    struct member *of;
    struct member *peer;
    struct um_bus *bus; /* NULL: not handed out yet, or the process is gone */
    struct p2p_stream *other;
    const char *protocol;
    unsigned conn;
    const struct p2p_stream_events *events;
    void *user;
    struct piece *first; /* on their way to the other end */
    struct piece **last;
    bool carrying;
    size_t in_flight;
    size_t step;   /* the longest piece */
    uint64_t late; /* when the last piece comes */
    bool waits;    /* for `writable` */
    bool finish;   /* nothing more comes from here */
    bool finished; /* nor from there */
    bool over;     /* `closed` was told, or is on its way */
    bool told;     /* it was */
    int status;
};

static const struct p2p_stream_events nothing;

static void release(struct p2p_stream *s)
{
    if (--s->refs > 0)
        return;
    while (s->first != NULL) {
        struct piece *p = s->first;

        s->first = p->next;
        free(p);
    }
    free(s);
}

static void drop(struct p2p_stream *s)
{
    while (s->first != NULL) {
        struct piece *p = s->first;

        s->first = p->next;
        free(p);
    }
    s->last = &s->first;
    s->in_flight = 0;
}

static struct p2p_stream *end_new(struct member *of, struct member *peer,
                                  const char *protocol)
{
    static const size_t steps[] = {1, 7, 100, 4096};
    struct p2p_stream *s = must_alloc(sizeof *s);
    struct world *w = of->w;

    s->refs = 1;
    s->of = of;
    s->peer = peer;
    s->protocol = protocol;
    s->conn = net_side(of, peer)->conn;
    s->events = &nothing;
    s->last = &s->first;
    s->step = world_chance(w, 100) ? steps[world_dice(w, 4)] : 64U << 10;
    return s;
}

static void unlink_it(struct p2p_stream *s)
{
    struct p2p_stream **at = s->bus != NULL ? &s->bus->streams : NULL;

    while (at != NULL && *at != NULL && *at != s)
        at = &(*at)->next;
    if (at != NULL && *at == s)
        *at = s->next;
    s->bus = NULL;
}

static void close_soon(struct p2p_stream *s, int status);

/* An end that was told of its end, and from which nothing is on its way. */
static void let_go(struct p2p_stream *s)
{
    struct p2p_stream *other = s->other;

    if (!s->told || s->first != NULL || other == NULL)
        return;
    s->other = NULL;
    if (other->bus == NULL)
        close_soon(other, P2P_ERESET); /* it was never handed out */
    release(other);
}

/* Tells the end of an end. */
static void on_closed(void *arg)
{
    struct p2p_stream *s = arg;
    const struct p2p_stream_events *events = s->events;

    s->events = &nothing;
    s->told = true;
    if (s->bus != NULL) {
        unlink_it(s);
        if (events->closed != NULL)
            events->closed(s->user, s, s->status);
    }
    let_go(s);
    release(s);
}

static void close_soon(struct p2p_stream *s, int status)
{
    if (s->over)
        return;
    s->over = true;
    s->status = status;
    (void)world_at(s->of->w, 0, s->of, on_closed, s);
}

static void carry(void *arg);

static void carry_in(struct p2p_stream *s, uint64_t ms)
{
    if (s->carrying)
        return;
    s->carrying = true;
    s->refs++;
    (void)world_at(s->of->w, ms, s->peer, carry, s);
}

static void add(struct p2p_stream *s, enum what what, const uint8_t *bytes,
                size_t len)
{
    struct world *w = s->of->w;
    struct piece *p = must_alloc(sizeof *p + len);
    uint64_t at = w->now + net_latency(w);

    p->what = what;
    p->len = len;
    if (len > 0)
        memcpy(p->bytes, bytes, len);
    p->at = at > s->late ? at : s->late;
    s->late = p->at;
    s->in_flight += len;
    *s->last = p;
    s->last = &p->next;
    carry_in(s, p->at - w->now);
}

/* The other end is taken into its bus. */
static void hand_out(struct p2p_stream *s)
{
    struct p2p_stream *to = s->other;
    struct um_bus *bus = s->peer->bus;
    const struct side *side = net_side(s->peer, s->of);

    for (size_t i = 0; bus != NULL && i < NET_SERVED; i++) {
        if (bus->served[i].on_stream == NULL || !side->up ||
            side->conn != s->conn ||
            strcmp(bus->served[i].protocol, s->protocol) != 0)
            continue;
        to->bus = bus;
        to->next = bus->streams;
        bus->streams = to;
        bus->served[i].on_stream(bus->served[i].user, to);
        return;
    }
    add(to, RESET, NULL, 0);
    close_soon(to, P2P_ENOPROTO);
}

static void on_writable(void *arg)
{
    struct p2p_stream *s = arg;

    if (!s->over && s->events->writable != NULL)
        s->events->writable(s->user, s);
    release(s);
}

static void bring(struct p2p_stream *s, const struct piece *p)
{
    struct p2p_stream *to = s->other;
    struct world *w = s->of->w;

    world_note_at(w, 's', to->of->index, p->len * 8 + p->what);
    w->tally.segments++;
    switch (p->what) {
        case OPEN:
            hand_out(s);
            break;
        case DATA:
            world_note(w, p->bytes, p->len < 32 ? p->len : 32);
            if (to->events->data != NULL)
                to->events->data(to->user, to, p->bytes, p->len);
            break;
        case FINISH:
            to->finished = true;
            if (to->events->finished != NULL)
                to->events->finished(to->user, to);
            if (to->finish)
                close_soon(to, 0);
            break;
        case RESET:
            drop(to);
            close_soon(to, P2P_ERESET);
            break;
    }
}

/* There is room again, which an end that waits is told. */
static void make_room(struct p2p_stream *s, size_t len)
{
    s->in_flight -= len;
    if (s->waits && s->in_flight < WINDOW / 2 && !s->over) {
        s->waits = false;
        s->refs++;
        (void)world_at(s->of->w, 1, s->of, on_writable, s);
    }
}

/* The first piece comes to the other end. */
static void carry(void *arg)
{
    struct p2p_stream *s = arg;
    struct piece *p = s->first;
    struct world *w = s->of->w;

    s->carrying = false;
    if (p == NULL || s->other == NULL || s->other->over) {
        drop(s);
        let_go(s);
        release(s);
        return;
    }
    if (!net_reach(w, s->of, s->peer)) {
        carry_in(s, 500);
        release(s);
        return;
    }
    s->first = p->next;
    if (s->first == NULL)
        s->last = &s->first;
    bring(s, p);
    if (p->what == DATA)
        make_room(s, p->len);
    free(p);
    if (s->first != NULL)
        carry_in(s, s->first->at > w->now ? s->first->at - w->now : 0);
    let_go(s);
    release(s);
}

void stream_lose(struct um_bus *bus, const struct member *peer)
{
    for (struct p2p_stream *s = bus->streams; s != NULL; s = s->next) {
        if (s->peer == peer) {
            drop(s);
            close_soon(s, P2P_ECLOSED);
        }
    }
}

void stream_orphan(struct um_bus *bus)
{
    while (bus->streams != NULL) {
        struct p2p_stream *s = bus->streams;
        const struct p2p_stream_events *events = s->events;

        bus->streams = s->next;
        s->bus = NULL;
        s->events = &nothing;
        if (!bus->of->dying && !s->over)
            add(s, RESET, NULL, 0);
        close_soon(s, P2P_ECLOSED);
        if (events->closed != NULL)
            events->closed(s->user, s, s->status);
    }
}

/* ---- in the place of the library's */

int um_bus_open(struct um_bus *bus, const struct p2p_peer_id *peer,
                const char *const *protocol,
                const struct p2p_stream_events *events, void *user,
                struct p2p_stream **out)
{
    struct member *of = bus->of;
    struct member *to = member_of(of->w, peer);
    struct p2p_stream *s;

    member_uses_port(of);
    if (to == NULL || !net_side(of, to)->up)
        return P2P_ENOADDR;
    s = end_new(of, to, *protocol);
    s->other = end_new(to, of, *protocol);
    s->other->other = s;
    s->refs++;
    s->other->refs++;
    s->bus = bus;
    s->next = bus->streams;
    bus->streams = s;
    p2p_stream_listen(s, events, user);
    add(s, OPEN, NULL, 0);
    *out = s;
    return 0;
}

void p2p_stream_listen(struct p2p_stream *stream,
                       const struct p2p_stream_events *events, void *user)
{
    stream->events = events != NULL ? events : &nothing;
    stream->user = user;
}

const struct p2p_peer_id *p2p_stream_peer(const struct p2p_stream *stream)
{
    return &stream->peer->id;
}

int p2p_stream_binding(const struct p2p_stream *stream,
                       uint8_t out[P2P_BINDING_BYTES])
{
    size_t a = stream->of->index, b = stream->peer->index;

    memset(out, 0, P2P_BINDING_BYTES);
    out[0] = (uint8_t)(a < b ? a : b);
    out[1] = (uint8_t)(a < b ? b : a);
    out[2] = (uint8_t)stream->conn;
    out[3] = (uint8_t)(stream->conn >> 8);
    return 0;
}

int p2p_stream_send(struct p2p_stream *stream, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    unsigned small = 0;

    member_uses_port(stream->of);
    must(!stream->finish, "sent behind the end");
    if (stream->over)
        return P2P_ERESET;
    if (stream->of->dying)
        return 0;
    if (stream->in_flight >= WINDOW) {
        stream->waits = true;
        return P2P_EAGAIN;
    }
    while (len > 0) { /* the first pieces are small, if any are */
        size_t step = small++ < 64 ? stream->step : 64U << 10;
        size_t n = len < step ? len : step;

        add(stream, DATA, p, n);
        p += n;
        len -= n;
    }
    return 0;
}

void p2p_stream_finish(struct p2p_stream *stream)
{
    if (stream->over || stream->finish)
        return;
    stream->finish = true;
    if (!stream->of->dying)
        add(stream, FINISH, NULL, 0);
    if (stream->finished)
        close_soon(stream, 0);
}

void p2p_stream_reset(struct p2p_stream *stream)
{
    if (stream->over)
        return;
    drop(stream);
    if (!stream->of->dying)
        add(stream, RESET, NULL, 0);
    close_soon(stream, P2P_ERESET);
}
