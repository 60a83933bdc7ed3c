/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See net.h: who is connected with whom, and messages on topics. Streams are in
 * stream.c. A connection has two sides, which see its end each for itself. */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "member.h"
#include "mesh/node/knock.h"
#include "p2p/err.h"

/* How often who is to be connected is looked at. */
#define LOOK_MS 400

/* Up to so many members all are connected with all; beyond, each with a few. */
#define SMALL 12
#define FEW   5

/* A message goes to so many neighbours at once; in a large world to fewer. */
#define FANOUT       6
#define FANOUT_LARGE 3

/* A message on a topic, on its way. */
struct message {
    unsigned refs;
    struct member *author;
    char topic[128];
    size_t len;
    uint8_t *bytes;
    uint8_t seen[WORLD_MEMBERS / 8];   /* by whom */
    uint8_t coming[WORLD_MEMBERS / 8]; /* to whom it is on its way */
};

/* Those with whom a member is to be connected. */
struct near {
    struct member **list;
    size_t n;
    size_t cap;
};

struct net {
    struct side *sides; /* of WORLD_MEMBERS * WORLD_MEMBERS */
    struct near near[WORLD_MEMBERS];
    bool parted;
    uint8_t group[WORLD_MEMBERS];
    struct um_buf last;
};

struct side *net_side(const struct member *a, const struct member *b)
{
    return &a->w->net->sides[a->index * WORLD_MEMBERS + b->index];
}

uint64_t net_latency(struct world *w)
{
    if (w->storm && world_dice(w, 50) == 0)
        return world_between(w, 200, 3000);
    return world_between(w, 1, 80);
}

bool net_reach(const struct world *w, const struct member *a,
               const struct member *b)
{
    return !w->net->parted ||
           w->net->group[a->index] == w->net->group[b->index];
}

bool net_up(const struct world *w, const struct member *a,
            const struct member *b)
{
    (void)w;
    return net_side(a, b)->up;
}

static const struct near *near_of(const struct member *m)
{
    return &m->w->net->near[m->index];
}

bool net_parted(const struct world *w)
{
    return w->net->parted;
}

/* ---- connections */

/* What a side of a connection is told. */
struct news {
    struct member *of;
    struct member *peer;
    unsigned conn;
    unsigned run;
    bool up;
    bool if_apart; /* only if they cannot reach each other */
};

static void on_news(void *arg);

static void tell(struct member *m, struct member *peer, uint64_t ms,
                 struct news like)
{
    struct news *n = must_alloc(sizeof *n);

    *n = like;
    n->of = m;
    n->peer = peer;
    n->run = m->run;
    n->conn = net_side(m, peer)->conn;
    (void)world_at(m->w, ms, m, on_news, n);
}

/* What was on its way to be told of the connection between two is of before. */
static void renumber(struct member *a, struct member *b)
{
    unsigned conn = net_side(a, b)->conn + 1;

    net_side(a, b)->conn = net_side(b, a)->conn = conn;
}

static void side_up(struct member *m, struct member *peer)
{
    net_side(m, peer)->up = true;
    if (m->node != NULL)
        um_node_up(m->node, &peer->id);
    if (m->knock != NULL)
        um_knock_up(m->knock, &peer->id);
}

static void side_down(struct member *m, struct member *peer)
{
    net_side(m, peer)->up = false;
    renumber(m, peer);
    if (m->bus != NULL)
        stream_lose(m->bus, peer);
    if (m->node != NULL)
        um_node_down(m->node, &peer->id);
    if (net_side(peer, m)->up) /* it hears of that, sooner or later */
        tell(peer, m, 5 + net_latency(m->w), (struct news){0});
}

static void on_news(void *arg)
{
    struct news *n = arg;
    struct side *s = net_side(n->of, n->peer);

    if (!n->of->alive || n->run != n->of->run || n->conn != s->conn) {
        free(n);
        return;
    }
    if (n->up && !s->up)
        side_up(n->of, n->peer);
    else if (!n->up && s->up &&
             (!n->if_apart || !net_reach(n->of->w, n->of, n->peer)))
        side_down(n->of, n->peer);
    free(n);
}

static void connect_two(struct member *a, struct member *b)
{
    renumber(a, b);
    tell(a, b, 0, (struct news){.up = true});
    tell(b, a, 0, (struct news){.up = true});
}

/* Both sides see the end, each some time. */
static void end_it(struct member *a, struct member *b, uint64_t ms, bool apart)
{
    struct world *w = a->w;

    tell(a, b, world_dice(w, ms + 1), (struct news){.if_apart = apart});
    tell(b, a, world_dice(w, ms + 1), (struct news){.if_apart = apart});
}

static void look_at(struct world *w, struct member *a, struct member *b)
{
    if (a->alive && b->alive && !net_side(a, b)->up && !net_side(b, a)->up &&
        net_reach(w, a, b) && world_chance(w, 700))
        connect_two(a, b);
}

static void on_look(void *arg)
{
    struct world *w = arg;

    for (size_t i = 0; i < w->n; i++) {
        const struct near *n = near_of(w->members[i]);

        for (size_t k = 0; k < n->n; k++) {
            if (n->list[k]->index < i)
                look_at(w, w->members[i], n->list[k]);
        }
    }
    (void)world_at(w, LOOK_MS, NULL, on_look, w);
}

static void add_near(struct member *m, struct member *peer)
{
    struct near *n = &m->w->net->near[m->index];

    if (n->n == n->cap) {
        n->cap = 2 * n->cap + 8;
        n->list = realloc(n->list, n->cap * sizeof(struct member *));
        must(n->list != NULL, "memory");
    }
    n->list[n->n++] = peer;
}

void net_know(struct member *m, struct member *peer)
{
    const struct near *n = near_of(m);

    for (size_t i = 0; i < n->n; i++) {
        if (n->list[i] == peer)
            return;
    }
    add_near(m, peer);
    add_near(peer, m);
}

void net_add(struct world *w, struct member *m)
{
    size_t n = m->index;

    for (size_t i = 0; i < n && n < SMALL; i++)
        net_know(m, w->members[i]);
    if (n < SMALL)
        return;
    net_know(m, w->members[0]); /* who let it in */
    for (size_t i = 0; i < FEW; i++)
        net_know(m, w->members[world_between(w, 1, n - 1)]);
}

void net_init(struct world *w)
{
    w->net = must_alloc(sizeof *w->net);
    w->net->sides = must_alloc((size_t)WORLD_MEMBERS * WORLD_MEMBERS *
                               sizeof *w->net->sides);
    (void)world_at(w, LOOK_MS, NULL, on_look, w);
}

void net_fini(struct world *w)
{
    um_buf_fini(&w->net->last);
    free(w->net->sides);
    for (size_t i = 0; i < WORLD_MEMBERS; i++)
        free(w->net->near[i].list);
    free(w->net);
}

void net_partition(struct world *w)
{
    struct net *net = w->net;
    uint64_t one = world_dice(w, w->n);

    net->parted = true;
    for (size_t i = 0; i < w->n; i++)
        net->group[i] = (uint8_t)world_dice(w, 2);
    net->group[one] = (uint8_t)!net->group[(one + 1) % w->n];
    for (size_t i = 0; i < w->n; i++) {
        const struct near *n = near_of(w->members[i]);

        for (size_t k = 0; k < n->n; k++) {
            struct member *peer = n->list[k];

            if (peer->index < i && net_side(w->members[i], peer)->up &&
                net->group[i] != net->group[peer->index])
                end_it(w->members[i], peer, 25000, true);
        }
    }
    world_say(w, "the world is cut in two");
}

void net_heal(struct world *w)
{
    if (w->net->parted)
        world_say(w, "the world is one again");
    w->net->parted = false;
}

void net_cut(struct world *w)
{
    struct member *a = w->members[world_dice(w, w->n)];
    const struct near *n = near_of(a);
    struct member *b = n->n > 0 ? n->list[world_dice(w, n->n)] : a;

    if (net_side(a, b)->up) {
        world_say(w, "%s and %s lose each other", a->called, b->called);
        end_it(a, b, world_chance(w, 500) ? 5 : 5000, false);
    }
}

void net_gone(struct world *w, struct member *m)
{
    uint64_t slow = world_chance(w, 500) ? 50 : 15000;

    for (size_t i = 0; i < near_of(m)->n; i++) {
        struct member *peer = near_of(m)->list[i];

        net_side(m, peer)->up = false;
        net_side(m, peer)->statements = 0;
        renumber(m, peer);
        if (net_side(peer, m)->up)
            tell(peer, m, 5 + world_dice(w, slow), (struct news){0});
    }
}

/* ---- topics */

struct hop {
    struct message *message;
    struct member *from;
    struct member *to;
    unsigned run;
    bool again; /* it comes although it was there */
};

static void message_free(struct message *m)
{
    if (--m->refs > 0)
        return;
    free(m->bytes);
    free(m);
}

static bool has(const uint8_t *bits, const struct member *m)
{
    return (bits[m->index / 8] >> m->index % 8 & 1) != 0;
}

static void mark(uint8_t *bits, const struct member *m, bool on)
{
    unsigned bit = 1U << m->index % 8;
    uint8_t *at = &bits[m->index / 8];

    *at = (uint8_t)(on ? *at | bit : *at & ~bit);
}

static void spread(struct message *msg, struct member *from);

/* Whether one hears what the other says on topics: the roster says so, which
 * only grows. */
static bool hears(struct member *m, const struct member *from)
{
    struct side *s = net_side(m, from);
    unsigned n;

    if (m->node == NULL)
        return true;
    n = (unsigned)um_roster_count(&um_node_model(m->node)->roster) + 1;
    if (s->statements != n) {
        s->statements = n;
        s->hears = um_node_may(m->node, &from->id);
    }
    return s->hears;
}

static void on_hop(void *arg)
{
    struct hop *h = arg;
    struct message *msg = h->message;
    struct member *to = h->to;
    const struct topic_of *t = to->bus != NULL ? &to->bus->topic : NULL;

    if (!h->again)
        mark(msg->coming, to, false);
    if (t != NULL && h->run == to->run && net_side(to, h->from)->up &&
        t->on_message != NULL && strcmp(t->name, msg->topic) == 0 &&
        hears(to, h->from) && (h->again || !has(msg->seen, to))) {
        uint8_t *copy = must_alloc(msg->len + 1);

        mark(msg->seen, to, true);
        to->w->tally.messages++;
        memcpy(copy, msg->bytes, msg->len);
        world_note_at(to->w, 'm', to->index, msg->len);
        if (t->on_message(t->user, &msg->author->id, copy, msg->len) ==
            UM_BUS_ACCEPT)
            spread(msg, to);
        free(copy);
    }
    message_free(msg);
    free(h);
}

static void hop(struct message *msg, struct member *from, struct member *to,
                bool again)
{
    struct hop *h = must_alloc(sizeof *h);
    struct world *w = from->w;
    uint64_t ms = net_latency(w);

    *h = (struct hop){msg, from, to, to->run, again};
    msg->refs++;
    if (again)
        ms += world_dice(w, 30000);
    else
        mark(msg->coming, to, true);
    (void)world_at(w, ms, to, on_hop, h);
}

/* One neighbour, if it is not there already, gets lost, or twice. */
static bool send_one(struct message *msg, struct member *from,
                     struct member *to)
{
    struct world *w = from->w;

    if (!net_side(from, to)->up || has(msg->seen, to) || has(msg->coming, to) ||
        !net_reach(w, from, to) || !hears(from, to))
        return false;
    if (w->storm && world_chance(w, w->plan.loss))
        return true;
    hop(msg, from, to, false);
    if (w->storm && world_chance(w, w->plan.twice))
        hop(msg, from, to, true);
    return true;
}

static void spread(struct message *msg, struct member *from)
{
    struct world *w = from->w;
    const struct near *n = near_of(from);
    size_t first = n->n > 0 ? (size_t)world_dice(w, n->n) : 0;
    unsigned most = w->n > 2 * SMALL ? FANOUT_LARGE : FANOUT;
    unsigned sent = 0;

    for (size_t i = 0; i < n->n && sent < most; i++)
        sent += send_one(msg, from, n->list[(first + i) % n->n]);
}

void net_publish(struct member *m, const char *topic, const void *data,
                 size_t len)
{
    struct message *msg = must_alloc(sizeof *msg);
    struct um_buf *last = &m->w->net->last;

    msg->refs = 1;
    msg->author = m;
    msg->len = len;
    msg->bytes = must_alloc(len + 1);
    memcpy(msg->bytes, data, len);
    (void)snprintf(msg->topic, sizeof msg->topic, "%s", topic);
    world_note(m->w, data, len);
    um_buf_clear(last);
    um_buf_add(last, data, len);
    mark(msg->seen, m, true);
    spread(msg, m);
    message_free(msg);
}

struct um_str net_last_message(const struct world *w)
{
    return um_buf_view(&w->net->last);
}

/* ---- in the place of the bus */

struct um_bus *net_bus_new(struct member *m)
{
    struct um_bus *bus = must_alloc(sizeof *bus);

    bus->of = m;
    bus->run = m->run;
    return bus;
}

void net_bus_free(struct um_bus *bus)
{
    stream_orphan(bus);
    free(bus);
}

const struct p2p_peer_id *um_bus_id(const struct um_bus *bus)
{
    return &bus->of->id;
}

void um_bus_peers(struct um_bus *bus,
                  void (*each)(void *user, const struct um_bus_peer *peer),
                  void *user)
{
    const struct near *n = near_of(bus->of);

    for (size_t i = 0; i < n->n; i++) {
        const struct member *m = n->list[i];
        const struct um_bus_peer p = {.id = m->id,
                                      .agent = "",
                                      .addr = "",
                                      .muxer = "",
                                      .connected = net_side(bus->of, m)->up};

        if (p.connected)
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
    (void)peer;
}

size_t um_bus_connected(const struct um_bus *bus)
{
    const struct near *n = near_of(bus->of);
    size_t up = 0;

    for (size_t i = 0; i < n->n; i++)
        up += net_side(bus->of, n->list[i])->up;
    return up;
}

bool um_bus_is_up(const struct um_bus *bus, const struct p2p_peer_id *peer)
{
    const struct member *m = member_of(bus->of->w, peer);

    return m != NULL && net_side(bus->of, m)->up;
}

void um_bus_recheck(struct um_bus *bus)
{
    (void)bus;
}

int um_bus_dial(struct um_bus *bus, const char *addr, p2p_dial_done done,
                void *user)
{
    (void)bus;
    (void)addr;
    (void)done;
    (void)user;
    return P2P_ENOADDR;
}

int um_bus_serve(struct um_bus *bus, const char *protocol,
                 p2p_stream_handler on_stream, void *user)
{
    for (size_t i = 0; i < NET_SERVED; i++) {
        if (bus->served[i].protocol == NULL ||
            strcmp(bus->served[i].protocol, protocol) == 0) {
            bus->served[i].protocol = protocol;
            bus->served[i].on_stream = on_stream;
            bus->served[i].user = user;
            return 0;
        }
    }
    return P2P_ELIMIT;
}

int um_bus_subscribe(struct um_bus *bus, const char *topic,
                     um_bus_message *on_message, void *user)
{
    (void)snprintf(bus->topic.name, sizeof bus->topic.name, "%s", topic);
    bus->topic.on_message = on_message;
    bus->topic.user = user;
    return 0;
}

int um_bus_unsubscribe(struct um_bus *bus, const char *topic)
{
    (void)topic;
    bus->topic.on_message = NULL;
    return 0;
}

int um_bus_publish(struct um_bus *bus, const char *topic, const void *data,
                   size_t len)
{
    member_uses_port(bus->of);
    if (!bus->of->dying)
        net_publish(bus->of, topic, data, len);
    return 1;
}
