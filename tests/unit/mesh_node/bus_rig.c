/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See bus_rig.h. A stream has two ends; each holds what it sent and the other
 * has not got. */
#include "bus_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/trust/peer.h"
#include "unit.h"

struct p2p_stream {
    struct p2p_stream *next;
    struct p2p_stream *other; /* NULL: it is gone */
    struct um_bus *bus;
    struct um_bus *peer;
    const struct p2p_stream_events *events;
    void *user;
    struct um_buf out; /* on the way to the other end */
    bool handed;       /* the other end was handed out */
    bool waits;        /* for `writable` */
    bool finish;       /* behind what is on the way */
    bool finished;     /* the other was told */
    bool reset;        /* by us: `closed` follows */
    bool reset_came;   /* by the other, or the connection */
};

struct rig_alarm {
    struct rig_alarm *next;
    uint64_t at;
    uint64_t no;
    void (*fn)(void *arg);
    void *arg;
};

static const struct p2p_stream_events nothing;

/* ---- alarms */

static void *alarm_set(void *user, uint64_t ms, void (*fn)(void *arg),
                       void *arg)
{
    struct world *w = user;
    struct rig_alarm *a;

    if (w->failing_alarms)
        return NULL;
    a = calloc(1, sizeof *a);
    assert_non_null(a);
    a->at = w->now + ms;
    a->no = ++w->alarm_no;
    a->fn = fn;
    a->arg = arg;
    a->next = w->alarms;
    w->alarms = a;
    return a;
}

/* Takes an alarm out of the list: it must be there. */
static void take(struct world *w, struct rig_alarm *a)
{
    struct rig_alarm **at = &w->alarms;

    while (*at != NULL && *at != a)
        at = &(*at)->next;
    assert_non_null(*at);
    *at = a->next;
}

static void alarm_clear(void *user, void *alarm)
{
    if (alarm == NULL)
        return;
    take(user, alarm);
    free(alarm);
}

static uint64_t now_ms(void *user)
{
    return ((struct world *)user)->now;
}

/* The next alarm, not after `end`, goes off. */
static bool ring(struct world *w, uint64_t end)
{
    struct rig_alarm *first = NULL;
    void (*fn)(void *arg);
    void *arg;

    for (struct rig_alarm *a = w->alarms; a != NULL; a = a->next) {
        if (first == NULL || a->at < first->at ||
            (a->at == first->at && a->no < first->no))
            first = a;
    }
    if (first == NULL || first->at > end)
        return false;
    w->rings = first->at > w->now ? 0 : w->rings + 1;
    assert_true(w->rings < 100000); /* or it turns on the spot */
    w->now = first->at > w->now ? first->at : w->now;
    take(w, first);
    fn = first->fn;
    arg = first->arg;
    free(first);
    fn(arg);
    return true;
}

/* ---- the world */

void world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->now = 1000;
    w->window = 256U << 10;
    w->piece = 64U << 10;
    w->cut_after = UINT64_MAX;
    w->port = (struct um_alarms){w, alarm_set, alarm_clear, now_ms};
}

struct um_bus *world_add(struct world *w, const struct um_name *name)
{
    struct um_bus *bus = &w->buses[w->n++];

    assert_true(w->n <= WORLD_BUSES);
    bus->w = w;
    bus->name = *name;
    um_peer_of(name, &bus->id);
    return bus;
}

static size_t number(const struct um_bus *bus)
{
    return (size_t)(bus - bus->w->buses);
}

void world_connect(struct world *w, struct um_bus *a, struct um_bus *b)
{
    (void)w;
    a->up[number(b)] = true;
    b->up[number(a)] = true;
    if (a->on_up != NULL)
        a->on_up(a->user, &b->id);
    if (b->on_up != NULL)
        b->on_up(b->user, &a->id);
}

void world_disconnect(struct world *w, struct um_bus *a, struct um_bus *b)
{
    a->up[number(b)] = false;
    b->up[number(a)] = false;
    for (struct p2p_stream *s = w->streams; s != NULL; s = s->next) {
        if ((s->bus == a && s->peer == b) || (s->bus == b && s->peer == a))
            s->reset_came = true;
    }
    if (a->on_down != NULL)
        a->on_down(a->user, &b->id);
    if (b->on_down != NULL)
        b->on_down(b->user, &a->id);
}

size_t world_streams(const struct world *w, const struct um_bus *bus)
{
    size_t n = 0;

    for (const struct p2p_stream *s = w->streams; s != NULL; s = s->next)
        n += s->bus == bus;
    return n;
}

static struct p2p_stream *stream_new(struct um_bus *bus, struct um_bus *peer)
{
    struct p2p_stream *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->bus = bus;
    s->peer = peer;
    s->events = &nothing;
    s->next = bus->w->streams;
    bus->w->streams = s;
    return s;
}

/* The end of one end. */
static void end(struct world *w, struct p2p_stream *s, int status)
{
    struct p2p_stream **at = &w->streams;

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    if (s->other != NULL) {
        s->other->other = NULL;
        if (status != 0)
            s->other->reset_came = true;
    }
    if (s->events->closed != NULL)
        s->events->closed(s->user, s, status);
    free(s->out.p);
    free(s);
}

/* Bytes of a stream come to its other end. */
static void deliver(struct world *w, struct p2p_stream *s)
{
    struct p2p_stream *to = s->other;
    size_t len = s->out.len < w->piece ? s->out.len : w->piece;
    char *copy = malloc(len); /* so that ASan sees who is late */

    assert_non_null(copy);
    memcpy(copy, s->out.p, len);
    s->out.len -= len;
    memmove(s->out.p, s->out.p + len, s->out.len);
    to->bus->heard += len;
    if (to->events->data != NULL)
        to->events->data(to->user, to, (const uint8_t *)copy, len);
    free(copy);
    if (to->bus == &w->buses[w->cut_at] && to->bus->heard >= w->cut_after) {
        w->cut_after = UINT64_MAX;
        world_disconnect(w, to->bus, s->bus);
    }
}

/* The handler of the other end's bus gets it. */
static void hand_out(struct p2p_stream *s)
{
    struct p2p_stream *to = s->other;

    s->handed = to->handed = true;
    if (to->bus->on_stream != NULL)
        to->bus->on_stream(to->bus->stream_user, to);
    else
        p2p_stream_reset(to);
}

/* Lets one end go on; false: it has nothing to do. */
static bool step(struct world *w, struct p2p_stream *s)
{
    if (s->reset || s->reset_came || s->other == NULL) {
        bool bad = s->reset || s->reset_came;

        end(w, s, bad ? P2P_ERESET : 0);
    } else if (!s->handed) {
        hand_out(s);
    } else if (s->out.len > 0) {
        if (s->other->bus->stopped)
            return false;
        deliver(w, s);
    } else if (s->waits) {
        s->waits = false;
        if (s->events->writable != NULL)
            s->events->writable(s->user, s);
    } else if (s->finish && !s->finished) {
        s->finished = true;
        if (s->other->events->finished != NULL)
            s->other->events->finished(s->other->user, s->other);
    } else if (s->finished && s->other->finished) {
        end(w, s, 0);
    } else {
        return false;
    }
    return true;
}

/* Lets each end go on once; false: none has anything to do. */
static bool move(struct world *w)
{
    struct p2p_stream *next;
    bool any = false;

    for (struct p2p_stream *s = w->streams; s != NULL; s = next) {
        next = s->next; /* a step frees its own end at most */
        any = step(w, s) || any;
    }
    return any;
}

bool world_run(struct world *w, uint64_t ms, bool (*done)(void *arg), void *arg)
{
    uint64_t until = w->now + ms;

    while (done == NULL || !done(arg)) {
        if (ring(w, w->now) || move(w) || ring(w, until))
            continue;
        w->now = until;
        return done != NULL && done(arg);
    }
    return true;
}

void world_pass(struct world *w, uint64_t ms)
{
    (void)world_run(w, ms, NULL, NULL);
}

void world_fini(struct world *w)
{
    while (move(w))
        ;
    while (w->streams != NULL) {
        w->streams->reset_came = true;
        (void)step(w, w->streams);
    }
    assert_null(w->alarms);
}

/* ---- in the place of the bus */

const struct p2p_peer_id *um_bus_id(const struct um_bus *bus)
{
    return &bus->id;
}

void um_bus_peers(struct um_bus *bus,
                  void (*each)(void *user, const struct um_bus_peer *peer),
                  void *user)
{
    for (size_t i = 0; i < bus->w->n; i++) {
        const struct um_bus_peer p = {
            .id = bus->w->buses[i].id, .addr = "", .connected = bus->up[i]};

        each(user, &p);
    }
}

void um_bus_addrs(const struct um_bus *bus,
                  void (*each)(void *user, const char *addr), void *user)
{
    (void)bus;
    (void)each;
    (void)user;
}

enum p2p_reachability um_bus_reach(const struct um_bus *bus)
{
    (void)bus;
    return P2P_REACHABILITY_UNKNOWN;
}

bool um_bus_sparing(const struct um_bus *bus, const struct p2p_peer_id *peer)
{
    (void)bus;
    (void)peer;
    return false;
}

void um_bus_measure(struct um_bus *bus, const struct p2p_peer_id *peer)
{
    (void)bus;
    (void)peer; /* all are near */
}

int um_bus_serve(struct um_bus *bus, const char *protocol,
                 p2p_stream_handler on_stream, void *user)
{
    if (strstr(protocol, "/join/") != NULL)
        return 0; /* nobody joins in this world */
    bus->on_stream = on_stream;
    bus->stream_user = user;
    return 0;
}

int um_bus_open(struct um_bus *bus, const struct p2p_peer_id *peer,
                const char *const *protocol,
                const struct p2p_stream_events *events, void *user,
                struct p2p_stream **out)
{
    struct p2p_stream *s;

    assert_true(strncmp(*protocol, "/unitmesh/", 10) == 0);
    if (bus->open_err != 0)
        return bus->open_err;
    for (size_t i = 0; i < bus->w->n; i++) {
        struct um_bus *to = &bus->w->buses[i];

        if (!bus->up[i] || !p2p_peer_id_equal(peer, &to->id))
            continue;
        s = stream_new(bus, to);
        s->other = stream_new(to, bus);
        s->other->other = s;
        s->other->handed = true; /* its bytes wait for nobody */
        p2p_stream_listen(s, events, user);
        bus->opened++;
        *out = s;
        return 0;
    }
    return P2P_ENOADDR;
}

int um_bus_subscribe(struct um_bus *bus, const char *topic,
                     um_bus_message *on_message, void *user)
{
    (void)snprintf(bus->topic, sizeof bus->topic, "%s", topic);
    bus->on_message = on_message;
    bus->message_user = user;
    return 0;
}

int um_bus_unsubscribe(struct um_bus *bus, const char *topic)
{
    assert_string_equal(bus->topic, topic);
    bus->on_message = NULL;
    return 0;
}

size_t um_bus_connected(const struct um_bus *bus)
{
    size_t n = 0;

    for (size_t i = 0; i < bus->w->n; i++)
        n += bus->up[i];
    return n;
}

int um_bus_publish(struct um_bus *bus, const char *topic, const void *data,
                   size_t len)
{
    int n = 0;

    bus->published++;
    bus->longest = len > bus->longest ? len : bus->longest;
    for (size_t i = 0; i < bus->w->n; i++) {
        struct um_bus *to = &bus->w->buses[i];

        if (!bus->up[i] || to->on_message == NULL ||
            strcmp(to->topic, topic) != 0)
            continue;
        to->verdict = to->on_message(to->message_user, &bus->id, data, len);
        n++;
    }
    return n;
}

/* ---- in the place of streams */

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

int p2p_stream_send(struct p2p_stream *stream, const void *bytes, size_t len)
{
    struct um_buf *out = &stream->out;

    assert_false(stream->finish);
    if (stream->reset || stream->reset_came || stream->other == NULL)
        return P2P_ERESET;
    if (out->len >= stream->bus->w->window) {
        stream->waits = true;
        return P2P_EAGAIN;
    }
    if (out->len + len > out->cap) {
        out->cap = 2 * (out->len + len);
        out->p = realloc(out->p, out->cap);
        assert_non_null(out->p);
    }
    memcpy(out->p + out->len, bytes, len);
    out->len += len;
    return 0;
}

void p2p_stream_finish(struct p2p_stream *stream)
{
    stream->finish = true;
}

void p2p_stream_reset(struct p2p_stream *stream)
{
    stream->reset = true;
    if (stream->other != NULL)
        stream->other->reset_came = true;
}
