/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Real buses in one loop, on loopback: streams between them, and who has a
 * part in the bus and who has not. */
#include "mesh/bus/bus.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <p2p/p2p.h>

#include "unit.h"

enum { NODES = 3, PATIENCE_S = 10 };

#define TOPIC "/um/test"

static const char *const echo[] = {"/um/echo/1"};

struct node {
    struct p2p_key *key;
    struct um_bus *bus;
    struct p2p_peer_id id;
    struct p2p_peer_id members[NODES];
    size_t n_members;
    const struct p2p_peer_id *awaited; /* NULL: nobody awaits a stranger */
    unsigned up, down, heard;
    char last[16]; /* the last message */
    char addr[P2P_MULTIADDR_TEXT_MAX];
};

struct scene {
    struct p2p_loop *loop;
    struct node n[NODES];
};

static void on_found(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
}

static void on_up(void *user, const struct p2p_peer_id *peer)
{
    (void)peer;
    ((struct node *)user)->up++;
}

static void on_down(void *user, const struct p2p_peer_id *peer)
{
    (void)peer;
    ((struct node *)user)->down++;
}

static void on_twin(void *user, const char *addr)
{
    (void)user;
    (void)addr;
    fail();
}

static const struct um_bus_cb callbacks = {.found = on_found,
                                           .peer_up = on_up,
                                           .peer_down = on_down,
                                           .twin = on_twin};

static bool may(void *user, const struct p2p_peer_id *peer)
{
    const struct node *n = user;

    for (size_t i = 0; i < n->n_members; i++) {
        if (p2p_peer_id_equal(&n->members[i], peer)) {
            return true;
        }
    }
    return false;
}

static bool awaits(void *user, const struct p2p_peer_id *peer)
{
    const struct node *n = user;

    return n->awaited != NULL && p2p_peer_id_equal(n->awaited, peer);
}

static enum um_bus_verdict on_message(void *user,
                                      const struct p2p_peer_id *from,
                                      const void *data, size_t len)
{
    struct node *n = user;

    (void)from;
    assert_true(len < sizeof n->last);
    memcpy(n->last, data, len);
    n->last[len] = '\0';
    n->heard++;
    return UM_BUS_ACCEPT;
}

static void note_addr(void *user, const char *addr)
{
    struct node *n = user;

    (void)snprintf(n->addr, sizeof n->addr, "%s", addr);
}

/* Begins a node with its key, at an address. */
static void begin_at(struct scene *s, size_t i, bool gated, const char *at)
{
    const char *const listen[] = {at};
    static const struct um_log quiet = {.level = UM_LOG_ERROR};
    static const char *const agents[NODES] = {"a/1", "b/1", "c/1"};
    struct node *n = &s->n[i];
    struct um_bus_cfg cfg = {.loop = s->loop,
                             .listen = listen,
                             .n_listen = 1,
                             .agent = agents[i],
                             .log = &quiet,
                             .cb = &callbacks,
                             .may = gated ? may : NULL,
                             .awaits = awaits,
                             .user = n};

    cfg.key = n->key;
    n->bus = um_bus_new(&cfg);
    assert_non_null(n->bus);
    n->id = *um_bus_id(n->bus);
    um_bus_addrs(n->bus, note_addr, n);
    assert_int_equal(um_bus_subscribe(n->bus, TOPIC, on_message, n), 0);
}

static void begin(struct scene *s, size_t i, bool gated)
{
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &s->n[i].key), 0);
    begin_at(s, i, gated, "/ip4/127.0.0.1/tcp/0");
}

/* The first `gated` nodes ask who may. */
static struct scene *scene_new(size_t gated)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_int_equal(p2p_loop_new(&s->loop), 0);
    for (size_t i = 0; i < NODES; i++) {
        begin(s, i, i < gated);
    }
    return s;
}

static void leave(struct node *n)
{
    um_bus_free(n->bus);
    n->bus = NULL;
}

static void scene_free(struct scene *s)
{
    for (size_t i = 0; i < NODES; i++) {
        leave(&s->n[i]);
        p2p_key_free(s->n[i].key);
    }
    p2p_loop_free(s->loop);
    free(s);
}

/* Turns the loop until it is so; fails the test when it never is. */
static void until(struct scene *s, bool (*so)(void *arg), void *arg)
{
    time_t end = time(NULL) + PATIENCE_S;
    struct pollfd fd = {.fd = p2p_loop_fd(s->loop), .events = POLLIN};

    while (!so(arg)) {
        int ms = p2p_loop_timeout_ms(s->loop);

        assert_true(time(NULL) < end);
        assert_true(poll(&fd, 1, ms < 0 || ms > 1000 ? 1000 : ms) >= 0);
        p2p_loop_drive(s->loop);
    }
}

/* How a dial ended. */
struct dialed {
    bool done;
    int status;
};

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct dialed *d = user;

    (void)peer;
    d->done = true;
    d->status = status;
}

static bool is_dialed(void *arg)
{
    return ((const struct dialed *)arg)->done;
}

static bool both_up(void *arg)
{
    struct node *const *n = arg;

    return um_bus_is_up(n[0]->bus, &n[1]->id) &&
           um_bus_is_up(n[1]->bus, &n[0]->id);
}

static void connect_to(struct scene *s, size_t from, size_t to)
{
    struct node *both[] = {&s->n[from], &s->n[to]};
    struct dialed d = {0};

    assert_false(um_bus_is_up(both[0]->bus, &both[1]->id));
    assert_int_equal(um_bus_dial(both[0]->bus, both[1]->addr, on_dialed, &d),
                     0);
    until(s, is_dialed, &d);
    assert_int_equal(d.status, 0);
    until(s, both_up, both);
}

/* The server's end sends back what comes. */
static void serve_data(void *user, struct p2p_stream *st, const uint8_t *p,
                       size_t len)
{
    (void)user;
    assert_int_equal(p2p_stream_send(st, p, len), 0);
}

static void serve_finished(void *user, struct p2p_stream *st)
{
    (void)user;
    p2p_stream_finish(st);
}

static const struct p2p_stream_events server = {.data = serve_data,
                                                .finished = serve_finished};

static void on_stream(void *user, struct p2p_stream *st)
{
    p2p_stream_listen(st, &server, user);
}

/* The client's end. */
struct call {
    char got[16];
    size_t len;
    bool closed;
    int status;
};

static void call_data(void *user, struct p2p_stream *st, const uint8_t *p,
                      size_t len)
{
    struct call *c = user;

    (void)st;
    assert_true(c->len + len < sizeof c->got);
    memcpy(c->got + c->len, p, len);
    c->len += len;
}

static void call_closed(void *user, struct p2p_stream *st, int status)
{
    struct call *c = user;

    (void)st;
    c->closed = true;
    c->status = status;
}

static const struct p2p_stream_events client = {.data = call_data,
                                                .closed = call_closed};

static bool is_closed(void *arg)
{
    return ((const struct call *)arg)->closed;
}

static struct call call(struct scene *s, size_t from, size_t to,
                        const char *const *protocol)
{
    struct call c = {.len = 0};
    struct p2p_stream *st;

    assert_int_equal(
        um_bus_open(s->n[from].bus, &s->n[to].id, protocol, &client, &c, &st),
        0);
    assert_int_equal(p2p_stream_send(st, "hello", 5), 0);
    p2p_stream_finish(st);
    until(s, is_closed, &c);
    return c;
}

static void assert_served(struct scene *s, size_t from, size_t to)
{
    struct call c = call(s, from, to, echo);

    assert_int_equal(c.status, 0);
    assert_string_equal(c.got, "hello");
}

static bool is_alone(void *arg)
{
    const struct node *n = arg;

    return um_bus_connected(n->bus) == 0;
}

static void test_streams_go_both_ways(void **state)
{
    struct scene *s = scene_new(0);

    (void)state;
    assert_int_equal(um_bus_serve(s->n[0].bus, echo[0], on_stream, NULL), 0);
    assert_int_equal(um_bus_serve(s->n[1].bus, echo[0], on_stream, NULL), 0);
    connect_to(s, 1, 0);
    assert_false(um_bus_is_up(s->n[0].bus, &s->n[2].id));
    assert_served(s, 1, 0);
    assert_served(s, 0, 1);
    leave(&s->n[0]);
    until(s, is_alone, &s->n[1]);
    assert_false(um_bus_is_up(s->n[1].bus, &s->n[0].id));
    assert_int_equal(s->n[1].up, 1);
    assert_int_equal(s->n[1].down, 1);
    scene_free(s);
}

/* Whether a node knows what another one told of itself. */
struct look {
    const struct node *n;
    const struct node *of;
    bool told;
};

static void each(void *user, const struct um_bus_peer *p)
{
    struct look *l = user;

    l->told = l->told || (p2p_peer_id_equal(&p->id, &l->of->id) &&
                          strcmp(p->agent, "") != 0);
}

static bool is_told(void *arg)
{
    struct look *l = arg;

    l->told = false;
    um_bus_peers(l->n->bus, each, l);
    return l->told;
}

/* Ends a node and begins it again where it was. */
static void restart(struct scene *s, size_t i)
{
    char at[P2P_MULTIADDR_TEXT_MAX];

    leave(&s->n[i]);
    (void)snprintf(at, sizeof at, "%.*s",
                   (int)(strstr(s->n[i].addr, "/p2p/") - s->n[i].addr),
                   s->n[i].addr);
    begin_at(s, i, true, at);
}

/* Neither mDNS nor a flag says where the other one is: it is known from when
 * it was connected. */
static void test_a_member_that_is_gone_is_dialed_again(void **state)
{
    struct scene *s = scene_new(2);
    struct node *both[] = {&s->n[0], &s->n[1]};

    (void)state;
    s->n[0].members[s->n[0].n_members++] = s->n[1].id;
    s->n[1].members[s->n[1].n_members++] = s->n[0].id;
    for (size_t i = 0; i < 2; i++) {
        if (i == 0) {
            connect_to(s, 1, 0);
        }
        until(s, is_told, &(struct look){&s->n[1 - i], &s->n[i], false});
        restart(s, i);
        until(s, both_up, both);
    }
    scene_free(s);
}

static void test_what_is_not_served_ends(void **state)
{
    struct scene *s = scene_new(0);

    (void)state;
    connect_to(s, 1, 0);
    assert_int_equal(call(s, 1, 0, echo).status, P2P_ENOPROTO);
    assert_int_equal(um_bus_serve(s->n[0].bus, echo[0], on_stream, NULL), 0);
    assert_served(s, 1, 0);
    assert_int_equal(um_bus_serve(s->n[0].bus, echo[0], NULL, NULL), 0);
    assert_int_equal(call(s, 1, 0, echo).status, P2P_ENOPROTO);
    scene_free(s);
}

static void test_nobody_is_there(void **state)
{
    struct scene *s = scene_new(0);
    struct node *n = &s->n[0];
    struct dialed d = {0};
    struct p2p_stream *st;

    (void)state;
    assert_int_equal(um_bus_open(n->bus, &s->n[1].id, echo, &client, NULL, &st),
                     P2P_ENOADDR);
    assert_true(um_bus_dial(n->bus, "somewhere", on_dialed, &d) < 0);
    assert_true(um_bus_dial(n->bus, n->addr, on_dialed, &d) < 0);
    leave(&s->n[1]);
    assert_int_equal(um_bus_dial(n->bus, s->n[1].addr, on_dialed, &d), 0);
    until(s, is_dialed, &d);
    assert_true(d.status < 0);
    assert_false(um_bus_is_up(n->bus, &s->n[1].id));
    scene_free(s);
}

/* What a wait is for: so many who are subscribed, or messages. */
struct count {
    const struct node *n;
    size_t want;
};

static bool has_subscribers(void *arg)
{
    const struct count *c = arg;

    return um_bus_subscribers(c->n->bus, TOPIC) == c->want;
}

static bool has_heard(void *arg)
{
    const struct count *c = arg;

    return c->n->heard == c->want;
}

static void until_subscribers(struct scene *s, size_t i, size_t want)
{
    until(s, has_subscribers, &(struct count){&s->n[i], want});
}

static int publish(struct scene *s, size_t i, const char *text)
{
    return um_bus_publish(s->n[i].bus, TOPIC, text, strlen(text));
}

static void until_heard(struct scene *s, size_t i, size_t want,
                        const char *text)
{
    until(s, has_heard, &(struct count){&s->n[i], want});
    assert_string_equal(s->n[i].last, text);
}

static void test_without_a_word_everybody_has_a_part(void **state)
{
    struct scene *s = scene_new(0);

    (void)state;
    connect_to(s, 1, 0);
    connect_to(s, 2, 0);
    until_subscribers(s, 0, 2);
    until_subscribers(s, 1, 1);
    um_bus_recheck(s->n[0].bus);
    assert_int_equal(um_bus_subscribers(s->n[0].bus, TOPIC), 2);
    assert_int_equal(publish(s, 1, "all"), 1);
    until_heard(s, 0, 1, "all");
    until_heard(s, 2, 1, "all"); /* which only node 0 can have told it */
    scene_free(s);
}

/* Node 0 is in a mesh with node 2; node 1 is a stranger, connected before. */
static struct scene *mesh_new(void)
{
    struct scene *s = scene_new(1);

    s->n[0].members[0] = s->n[2].id;
    s->n[0].n_members = 1;
    assert_int_equal(um_bus_serve(s->n[0].bus, echo[0], on_stream, NULL), 0);
    connect_to(s, 1, 0);
    connect_to(s, 2, 0);
    until_subscribers(s, 0, 1);
    until_subscribers(s, 2, 1);
    return s;
}

/* It is identified and served, as joining needs it, and hears nothing. */
static void test_a_stranger_has_no_part(void **state)
{
    struct scene *s = mesh_new();

    (void)state;
    until(s, is_told, &(struct look){&s->n[0], &s->n[1], false});
    until(s, is_told, &(struct look){&s->n[1], &s->n[0], false});
    assert_served(s, 1, 0);
    assert_int_equal(um_bus_connected(s->n[0].bus), 2);
    assert_int_equal(um_bus_subscribers(s->n[0].bus, TOPIC), 1);
    assert_int_equal(um_bus_subscribers(s->n[1].bus, TOPIC), 0);
    assert_int_equal(publish(s, 1, "strange"), 0);
    assert_int_equal(publish(s, 0, "ours"), 1);
    until_heard(s, 2, 1, "ours");
    assert_int_equal(publish(s, 2, "yes"), 1);
    until_heard(s, 0, 1, "yes");
    /* What was on its way to the stranger would have come before this. */
    assert_served(s, 1, 0);
    assert_int_equal(s->n[1].heard, 0);
    scene_free(s);
}

/* It would be sent any number of bytes; where there is no roster, it may. */
static void test_a_stranger_measures_nothing(void **state)
{
    static const char *const perf[] = {"/perf/1.0.0"};
    struct scene *s = mesh_new();

    (void)state;
    assert_int_equal(call(s, 1, 0, perf).status, P2P_ENOPROTO);
    assert_int_not_equal(call(s, 0, 1, perf).status, P2P_ENOPROTO);
    scene_free(s);
}

static void test_who_comes_in_hears_what_was_just_said(void **state)
{
    struct scene *s = mesh_new();
    struct node *n = &s->n[0];

    (void)state;
    assert_int_equal(publish(s, 2, "before"), 1);
    until_heard(s, 0, 1, "before");
    n->members[n->n_members++] = s->n[1].id;
    um_bus_recheck(n->bus);
    until_heard(s, 1, 1, "before");
    until_subscribers(s, 1, 1);
    assert_int_equal(um_bus_subscribers(n->bus, TOPIC), 2);
    assert_int_equal(publish(s, 1, "mine"), 1);
    until_heard(s, 0, 2, "mine");
    until_heard(s, 2, 1, "mine");
    scene_free(s);
}

static void test_who_is_thrown_out_hears_no_more(void **state)
{
    struct scene *s = mesh_new();

    (void)state;
    s->n[0].n_members = 0;
    um_bus_recheck(s->n[0].bus);
    assert_int_equal(um_bus_subscribers(s->n[0].bus, TOPIC), 0);
    assert_int_equal(publish(s, 0, "secret"), 0);
    until_subscribers(s, 2, 0);
    assert_int_equal(publish(s, 2, "hello?"), 0);
    assert_served(s, 2, 0);
    assert_int_equal(s->n[0].heard, 0);
    assert_int_equal(s->n[2].heard, 0);
    scene_free(s);
}

/* By whom a node is connected with another one. */
struct route {
    const struct node *of;
    struct p2p_peer_id via;
    bool limited;
};

static void each_route(void *user, const struct um_bus_peer *p)
{
    struct route *r = user;

    if (p2p_peer_id_equal(&p->id, &r->of->id)) {
        r->via = p->via;
        r->limited = p->limited;
    }
}

static struct route route(struct scene *s, size_t from, size_t to)
{
    struct route r = {.of = &s->n[to]};

    um_bus_peers(s->n[from].bus, each_route, &r);
    return r;
}

static void know_all(struct scene *s)
{
    for (size_t i = 0; i < NODES; i++) {
        for (size_t j = 0; j < NODES; j++) {
            s->n[i].members[j] = s->n[j].id;
        }
        s->n[i].n_members = NODES;
    }
}

/* Until a node is one that the other could ask to be its relay. */
static bool can_seek(void *arg)
{
    const struct node *n = *(struct node *const *)arg;

    um_bus_seek_relays(n->bus);
    return um_bus_relays_held(n->bus) == 1;
}

/* 1 is reached by 0, and nothing else is known of it; 2 meets it there. */
static void test_two_meet_at_a_third(void **state)
{
    struct scene *s = scene_new(NODES);
    struct node *both[] = {&s->n[2], &s->n[1]};
    struct count heard = {&s->n[1], 1};
    struct route there;

    (void)state;
    know_all(s);
    assert_int_equal(um_bus_relay(s->n[0].bus, true), 0);
    assert_int_equal(um_bus_serve(s->n[1].bus, echo[0], on_stream, NULL), 0);
    connect_to(s, 1, 0);
    connect_to(s, 2, 0);
    until(s, can_seek, &both[1]);
    um_bus_addrs(s->n[1].bus, note_addr, &s->n[1]); /* the last is by 0 */
    assert_non_null(strstr(s->n[1].addr, "/p2p-circuit/p2p/"));
    um_bus_learn(s->n[2].bus, s->n[1].addr);
    until(s, both_up, both);
    there = route(s, 2, 1);
    assert_true(p2p_peer_id_equal(&there.via, &s->n[0].id));
    assert_true(route(s, 1, 2).limited);
    assert_int_equal(route(s, 2, 0).via.len, 0);
    assert_true(um_bus_sparing(s->n[2].bus, &s->n[1].id));
    assert_false(um_bus_sparing(s->n[2].bus, &s->n[0].id));
    assert_served(s, 2, 1);
    /* Messages go that way, too: 0 has none to do with them. */
    assert_int_equal(um_bus_unsubscribe(s->n[0].bus, TOPIC), 0);
    until(s, has_subscribers, &(struct count){&s->n[2], 1});
    assert_true(um_bus_publish(s->n[2].bus, TOPIC, "x", 1) >= 0);
    until(s, has_heard, &heard);
    scene_free(s);
}

static void connect_to_first(struct scene *s, size_t i)
{
    if (i > 0) {
        connect_to(s, i, 0);
    }
}

/* A node that asks a point whom it misses. */
struct searcher {
    struct node *n;
    struct node *both[2];
    const char *ns;
};

static bool has_met(void *arg)
{
    struct searcher *w = arg;

    um_bus_meet(w->both[1]->bus, "mesh", false);
    um_bus_meet(w->n->bus, w->ns, true);
    return both_up(w->both);
}

/* 1 tells 0 where it is; 2 asks there, and connects with it. */
static void test_two_find_each_other_at_a_point(void **state)
{
    struct scene *s = scene_new(NODES);
    struct searcher w = {&s->n[2], {&s->n[2], &s->n[1]}, "mesh"};

    (void)state;
    know_all(s);
    assert_int_equal(um_bus_point(s->n[0].bus, true), 0);
    assert_int_equal(um_bus_point(s->n[0].bus, true), 0);
    connect_to(s, 1, 0);
    connect_to(s, 2, 0);
    until(s, has_met, &w);
    assert_int_equal(route(s, 2, 1).via.len, 0);
    assert_int_equal(um_bus_point(s->n[0].bus, false), 0);
    um_bus_unmeet(s->n[1].bus, "mesh");
    scene_free(s);
}

static bool has_looked_up(void *arg)
{
    struct searcher *w = arg;

    (void)um_bus_look_up(w->n->bus, &w->both[1]->id);
    return both_up(w->both);
}

/* 2 knows 0 alone, which has met 1. */
static void test_two_find_each_other_by_the_dht(void **state)
{
    struct scene *s = scene_new(NODES);
    struct searcher w = {&s->n[2], {&s->n[2], &s->n[1]}, NULL};

    (void)state;
    know_all(s);
    assert_false(um_bus_look_up(s->n[2].bus, &s->n[1].id));
    for (size_t i = 0; i < NODES; i++) {
        connect_to_first(s, i);
        assert_int_equal(um_bus_dht(s->n[i].bus, "/unitmesh/test"), 0);
        assert_int_equal(um_bus_dht(s->n[i].bus, "/unitmesh/test"), 0);
    }
    until(s, has_looked_up, &w);
    assert_int_equal(route(s, 2, 1).via.len, 0);
    assert_int_equal(um_bus_dht(s->n[2].bus, NULL), 0);
    assert_false(um_bus_look_up(s->n[2].bus, &s->n[0].id));
    scene_free(s);
}

struct wait {
    struct scene *s;
    time_t end;
};

/* Several seconds of looks have passed. */
static bool has_waited(void *arg)
{
    const struct wait *w = arg;

    um_bus_meet(w->s->n[1].bus, "mesh", false);
    um_bus_meet(w->s->n[2].bus, "mesh", true);
    return time(NULL) > w->end;
}

/* Neither who tells nor who asks is served if he has no part. */
static void test_a_point_is_of_those_who_have_a_part(void **state)
{
    struct scene *s = scene_new(NODES);
    struct wait w = {s, time(NULL) + 1};

    (void)state;
    know_all(s);
    s->n[0].n_members = 2; /* itself, and 1 */
    assert_int_equal(um_bus_point(s->n[0].bus, true), 0);
    connect_to(s, 1, 0);
    connect_to(s, 2, 0);
    until(s, has_waited, &w);
    assert_false(um_bus_is_up(s->n[2].bus, &s->n[1].id));
    scene_free(s);
}

/* A relay has no room for who has no part in the bus, and brings him to nobody
 * but who awaits him. */
static void test_a_relay_is_of_those_who_have_a_part(void **state)
{
    struct scene *s = scene_new(NODES);
    struct node *one = &s->n[1];
    struct dialed d = {0};

    (void)state;
    know_all(s);
    s->n[0].n_members = 2; /* itself, and 1 */
    assert_int_equal(um_bus_relay(s->n[0].bus, true), 0);
    connect_to(s, 1, 0);
    until(s, can_seek, &one);
    um_bus_addrs(s->n[1].bus, note_addr, &s->n[1]);
    assert_int_equal(um_bus_dial(s->n[2].bus, s->n[1].addr, on_dialed, &d), 0);
    until(s, is_dialed, &d);
    assert_int_equal(d.status, P2P_EACCES);
    s->n[0].awaited = &s->n[1].id;
    d = (struct dialed){0};
    assert_int_equal(um_bus_dial(s->n[2].bus, s->n[1].addr, on_dialed, &d), 0);
    until(s, is_dialed, &d);
    assert_int_equal(d.status, 0);
    /* It takes back that it is a relay. */
    assert_int_equal(um_bus_relay(s->n[0].bus, false), 0);
    assert_int_equal(um_bus_relay(s->n[0].bus, false), 0);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_go_both_ways),
        cmocka_unit_test(test_a_member_that_is_gone_is_dialed_again),
        cmocka_unit_test(test_what_is_not_served_ends),
        cmocka_unit_test(test_nobody_is_there),
        cmocka_unit_test(test_without_a_word_everybody_has_a_part),
        cmocka_unit_test(test_a_stranger_has_no_part),
        cmocka_unit_test(test_a_stranger_measures_nothing),
        cmocka_unit_test(test_who_comes_in_hears_what_was_just_said),
        cmocka_unit_test(test_who_is_thrown_out_hears_no_more),
        cmocka_unit_test(test_two_meet_at_a_third),
        cmocka_unit_test(test_a_relay_is_of_those_who_have_a_part),
        cmocka_unit_test(test_two_find_each_other_at_a_point),
        cmocka_unit_test(test_a_point_is_of_those_who_have_a_part),
        cmocka_unit_test(test_two_find_each_other_by_the_dht),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
