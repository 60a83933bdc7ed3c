/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How members find each other at rendezvous points and by the DHT, and what is
 * said of the gateway, where all that goes to the network is the test's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p2p/p2p.h>
#include <p2p/portmap.h>

#include "mesh/bus/gateway.h"
#include "mesh/bus/inner.h"
#include "unit.h"

enum { ASKED_MAX = 8, LOG_BYTES = 2048 };

#define NS_PER_S UINT64_C(1000000000)

#define AT_1 "/ip4/44.77.1.1/tcp/4001"
#define AT_2 "/ip4/44.77.2.1/tcp/4001"
#define AT_3 "/ip4/44.77.3.1/tcp/4001"

/* What a rendezvous point was asked. */
struct asked {
    struct p2p_peer_id point;
    p2p_rendezvous_registered registered; /* NULL: who is there */
    const struct p2p_rendezvous_events *events;
    void *user;
    size_t from; /* bytes of the cookie */
};

/* The world of a bus, in place of its loop and its host. */
struct p2p_host {
    struct um_bus bus;
    struct um_log log;
    struct p2p_peer_id id;
    struct p2p_multiaddr addr;
    uint64_t now_ns;
    struct asked asked[ASKED_MAX]; /* what has no answer yet */
    size_t n_asked;
    unsigned taken_back;
    bool alone; /* nobody is a member */
    struct p2p_dht_config dht;
    unsigned joined, sought;
    struct p2p_portmap_config portmap;
    struct p2p_portmap_status gateway;
    struct p2p_portmap_port port[2];
    char said[LOG_BYTES];
};

uint64_t p2p_loop_now_ns(const struct p2p_loop *loop)
{
    return ((const struct p2p_host *)loop)->now_ns;
}

const struct p2p_peer_id *p2p_host_id(const struct p2p_host *host)
{
    return &host->id;
}

size_t p2p_host_addrs(const struct p2p_host *host, struct p2p_multiaddr *out,
                      size_t cap)
{
    assert_true(cap > 0);
    *out = host->addr;
    return 1;
}

static void say(struct p2p_host *w, const char *what, const char *text)
{
    size_t len = strlen(w->said);

    (void)snprintf(w->said + len, sizeof w->said - len, "%s%s\n", what, text);
}

int p2p_host_dial(struct p2p_host *host, const char *addr, p2p_dial_done done,
                  void *user)
{
    assert_null(done);
    assert_null(user);
    say(host, "dial ", addr);
    return 0;
}

int p2p_host_keep(struct p2p_host *host, const struct p2p_peer_id *peer,
                  bool keep)
{
    assert_true(keep && peer->len > 0 && host->id.len > 0);
    return 0;
}

int p2p_host_protect(struct p2p_host *host, const struct p2p_peer_id *peer,
                     bool protect)
{
    assert_true(protect && peer->len > 0 && host->id.len > 0);
    return 0;
}

int p2p_host_add_addr(struct p2p_host *host, const char *addr, uint32_t ttl_s)
{
    assert_int_equal(ttl_s, 0);
    say(host, "know ", addr);
    return 0;
}

static void note_asked(struct p2p_host *w, struct asked a)
{
    assert_true(w->n_asked < ASKED_MAX);
    w->asked[w->n_asked++] = a;
}

int p2p_rendezvous_register(struct p2p_host *host,
                            const struct p2p_peer_id *point, const char *ns,
                            uint32_t ttl_s, p2p_rendezvous_registered done,
                            void *user)
{
    assert_string_equal(ns, "mesh");
    assert_int_equal(ttl_s, 7200);
    note_asked(host, (struct asked){*point, done, NULL, user, 0});
    return 0;
}

int p2p_rendezvous_discover(struct p2p_host *host,
                            const struct p2p_peer_id *point,
                            const struct p2p_rendezvous_search *search,
                            const struct p2p_rendezvous_events *on, void *user)
{
    assert_string_equal(search->ns, "mesh");
    note_asked(host,
               (struct asked){*point, NULL, on, user, search->cookie->len});
    return 0;
}

int p2p_rendezvous_unregister(struct p2p_host *host,
                              const struct p2p_peer_id *point, const char *ns,
                              p2p_rendezvous_registered done, void *user)
{
    assert_string_equal(ns, "mesh");
    assert_true(point->len > 0 && done == NULL && user == NULL);
    host->taken_back++;
    return 0;
}

int p2p_dht_join(struct p2p_host *host, const struct p2p_dht_config *cfg)
{
    host->dht = *cfg;
    return host->joined++ == 0 ? 0 : P2P_ESTATE;
}

int p2p_dht_find_peer(struct p2p_host *host, const struct p2p_peer_id *peer,
                      const struct p2p_dht_want *want,
                      struct p2p_dht_query **out)
{
    static const struct p2p_dht_result nobody = {.status = P2P_ENOTFOUND};

    assert_true(peer->len > 0 && out == NULL);
    host->sought++;
    want->done(want->user, &nobody);
    return P2P_ENOTFOUND; /* it is not under way */
}

int p2p_portmap_new(struct p2p_loop *loop, struct p2p_host *host,
                    const struct p2p_portmap_config *cfg,
                    struct p2p_portmap **out)
{
    assert_ptr_equal(loop, host);
    host->portmap = *cfg;
    *out = (struct p2p_portmap *)host;
    return 0;
}

void p2p_portmap_status(const struct p2p_portmap *portmap,
                        struct p2p_portmap_status *out, size_t size)
{
    assert_int_equal(size, sizeof *out);
    *out = ((const struct p2p_host *)portmap)->gateway;
}

size_t p2p_portmap_ports(const struct p2p_portmap *portmap,
                         struct p2p_portmap_port *out, size_t cap, size_t size)
{
    const struct p2p_host *w = (const struct p2p_host *)portmap;

    assert_int_equal(size, sizeof *out);
    assert_true(cap >= w->gateway.ports);
    memcpy(out, w->port, w->gateway.ports * size);
    return w->gateway.ports;
}

/* The answer to all that was asked. */
static void answer(struct p2p_host *w, int status)
{
    const struct p2p_rendezvous_cookie cookie = {.len = status == 0};
    size_t n = w->n_asked;

    w->n_asked = 0;
    for (size_t i = 0; i < n; i++) {
        const struct asked *a = &w->asked[i];

        if (a->registered != NULL) {
            a->registered(a->user, status, status == 0 ? 7200 : 0);
        } else {
            a->events->done(a->user, status, &cookie);
        }
    }
}

static bool has_part(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    return peer->len > 0;
}

static bool is_member(void *user, const struct p2p_peer_id *peer)
{
    (void)peer;
    return !((const struct p2p_host *)user)->alone;
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    (void)level;
    say(user, "", line);
}

static struct p2p_peer_id id_of(unsigned n)
{
    struct p2p_peer_id id = {.len = 34, .bytes = {0x12, 0x20, 0, (uint8_t)n}};

    return id;
}

static struct p2p_multiaddr addr_of(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

static struct p2p_host *world_new(void)
{
    struct p2p_host *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->id = id_of(200);
    w->addr = addr_of(AT_1);
    w->log = (struct um_log){.level = UM_LOG_INFO, .user = w, .sink = sink};
    w->bus.host = w;
    w->bus.cfg = (struct um_bus_cfg){.loop = (struct p2p_loop *)w,
                                     .log = &w->log,
                                     .may = has_part,
                                     .member = is_member,
                                     .user = w};
    return w;
}

/* As at the end of a bus: what is asked ends before what is known goes. */
static void world_free(struct p2p_host *w)
{
    w->bus.closing = true;
    answer(w, P2P_ECLOSED);
    while (w->bus.peers != NULL) {
        struct um_bus_entry *e = w->bus.peers;

        w->bus.peers = e->next;
        free(e);
    }
    free(w);
}

/* A member that is connected and says that it is a point. */
static struct um_bus_entry *meet_point(struct p2p_host *w, unsigned n)
{
    static const char *const point[] = {"/rendezvous/1.0.0"};
    const struct p2p_peer_info info = {
        .peer = id_of(n), .protocols = point, .n_protocols = 1};
    struct um_bus_entry *e = calloc(1, sizeof *e);

    assert_non_null(e);
    e->id = info.peer;
    e->connected = true;
    e->next = w->bus.peers;
    w->bus.peers = e;
    um_meet_told(e, &info);
    return e;
}

/* How much is asked at one look, so many seconds after the last one. */
static size_t meet(struct p2p_host *w, unsigned seconds, bool missed)
{
    size_t before = w->n_asked;

    w->now_ns += seconds * NS_PER_S;
    um_bus_meet(&w->bus, "mesh", missed);
    return w->n_asked - before;
}

static void test_points_hear_that_a_host_moved(void **state)
{
    struct p2p_host *w = world_new();
    struct um_bus_entry *point = meet_point(w, 1);

    (void)state;
    assert_int_equal(meet(w, 5, false), 1);
    um_meet_moved(&w->bus);
    assert_int_equal(meet(w, 5, false), 0); /* it is under way */
    answer(w, 0);
    assert_int_equal(meet(w, 5, false), 1); /* as it is now */
    answer(w, 0);
    assert_int_equal(meet(w, 5, false), 0);
    point->connected = false;
    um_meet_moved(&w->bus);
    assert_int_equal(meet(w, 5, false), 0);
    point->connected = true;
    assert_int_equal(meet(w, 5, false), 1);
    world_free(w);
}

/* A point that is back may have begun anew: it is told and asked all. */
static void test_a_point_that_was_gone_is_told_again(void **state)
{
    struct p2p_host *w = world_new();
    struct um_bus_entry *point = meet_point(w, 1);

    (void)state;
    assert_int_equal(meet(w, 5, true), 2);
    answer(w, 0);
    assert_int_equal(meet(w, 5, true), 0);
    assert_int_equal(meet(w, 20, true), 1);
    assert_int_equal(w->asked[0].from, 1); /* for the news */
    um_meet_gone(point);
    answer(w, P2P_ECLOSED);
    assert_int_equal(meet(w, 5, true), 2);
    assert_int_equal(w->asked[1].from, 0);
    world_free(w);
}

static void test_what_ends_without_an_answer_is_asked_again(void **state)
{
    struct p2p_host *w = world_new();

    (void)state;
    (void)meet_point(w, 1);
    assert_int_equal(meet(w, 5, true), 2);
    answer(w, P2P_ECLOSED);
    assert_int_equal(meet(w, 5, true), 0);
    assert_int_equal(meet(w, 60, true), 2);
    world_free(w);
}

static void test_who_comes_back_to_a_mesh_registers_again(void **state)
{
    struct p2p_host *w = world_new();

    (void)state;
    (void)meet_point(w, 1);
    um_bus_unmeet(&w->bus, "mesh");
    assert_int_equal(w->taken_back, 0);
    assert_int_equal(meet(w, 5, true), 2);
    answer(w, 0);
    um_bus_unmeet(&w->bus, "mesh");
    assert_int_equal(w->taken_back, 1);
    assert_int_equal(meet(w, 5, true), 2);
    assert_int_equal(w->asked[1].from, 0);
    um_bus_unmeet(&w->bus, "mesh"); /* while it is under way */
    answer(w, 0);
    assert_int_equal(w->taken_back, 2);
    assert_int_equal(meet(w, 5, true), 2);
    assert_int_equal(w->asked[1].from, 0);
    world_free(w);
}

/* Or members would register at some and ask at others. */
static void test_all_prefer_the_same_points(void **state)
{
    enum { POINTS = 6, ASKED = UM_BUS_POINTS + UM_BUS_POINTS_ASKED };
    struct p2p_host *w[2] = {world_new(), world_new()};
    size_t told = 0;

    (void)state;
    for (unsigned i = 0; i < POINTS; i++) {
        (void)meet_point(w[0], i);
        (void)meet_point(w[1], POINTS - 1 - i);
    }
    assert_int_equal(meet(w[0], 5, true), ASKED);
    assert_int_equal(meet(w[1], 5, true), ASKED);
    for (size_t i = 0; i < ASKED; i++) {
        const struct asked *a = &w[0]->asked[i], *b = &w[1]->asked[i];

        assert_true(p2p_peer_id_equal(&a->point, &b->point));
        assert_int_equal(a->registered != NULL, b->registered != NULL);
        told += a->registered != NULL;
    }
    assert_int_equal(told, UM_BUS_POINTS);
    world_free(w[0]);
    world_free(w[1]);
}

/* A point, or somebody else, tells where member 9 is. */
static void tell(struct p2p_host *w, const char *addr, bool is_signed)
{
    const struct p2p_multiaddr at = addr_of(addr);
    const struct p2p_peer_info info = {
        .peer = id_of(9), .addrs = &at, .n_addrs = 1};

    w->said[0] = '\0';
    um_bus_moved(&w->bus, &info, "somebody", is_signed);
}

/* What a point tells is signed, but perhaps by who is no member any more. */
static void test_members_alone_are_dialed(void **state)
{
    struct p2p_host *w = world_new();
    const struct p2p_multiaddr at = addr_of(AT_2);
    const struct p2p_rendezvous_peer found = {
        .peer = id_of(9), .ns = "mesh", .addrs = &at, .n_addrs = 1};
    const struct asked *who = &w->asked[1];

    (void)state;
    (void)meet_point(w, 1);
    assert_int_equal(meet(w, 5, true), 2);
    w->alone = true;
    who->events->found(who->user, &found);
    assert_string_equal(w->said, "");
    w->alone = false;
    who->events->found(who->user, &found);
    assert_non_null(strstr(w->said, "dial " AT_2));
    assert_non_null(strstr(w->said, "a rendezvous point says that "));
    w->said[0] = '\0';
    who->events->found(who->user, &found); /* no news */
    assert_string_equal(w->said, "");
    world_free(w);
}

static void test_what_is_not_signed_stands_behind(void **state)
{
    struct p2p_host *w = world_new();
    const struct p2p_peer_id id = id_of(9);
    const struct um_kept *k;

    (void)state;
    tell(w, AT_1, true);
    k = &um_bus_find(&w->bus, &id)->kept;
    tell(w, AT_2, false);
    assert_non_null(strstr(w->said, "dial " AT_2));
    assert_null(strstr(w->said, "dial " AT_1)); /* the library's */
    tell(w, AT_3, false);
    assert_int_equal(k->n, 3);
    assert_true(p2p_multiaddr_equal(&k->ways[0], &w->addr)); /* AT_1 */
    /* There is no room: it is dialed once, which is not worth a line. */
    tell(w, "/ip4/44.77.4.1/tcp/4001", false);
    assert_int_equal(strncmp(w->said, "know ", 5), 0);
    assert_non_null(strstr(w->said, "dial /ip4/44.77.4.1/"));
    assert_int_equal(k->n, 3);
    tell(w, "/ip4/44.77.5.1/tcp/4001", true);
    assert_int_equal(k->n, 1);
    world_free(w);
}

static size_t times(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at++) {
        n++;
    }
    return n;
}

/* A host is in one DHT until its end, whatever mesh it comes to. */
static void test_who_comes_back_to_a_mesh_is_in_its_dht(void **state)
{
    struct p2p_host *w = world_new();
    const struct p2p_peer_id nine = id_of(9);

    (void)state;
    assert_int_equal(um_bus_dht(&w->bus, "/unitmesh/one"), 0);
    assert_int_equal(um_bus_dht(&w->bus, "/unitmesh/one"), 0);
    assert_true(w->dht.allow(w->dht.user, &nine));
    assert_int_equal(um_bus_dht(&w->bus, NULL), 0);
    assert_false(w->dht.allow(w->dht.user, &nine));
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(um_bus_dht(&w->bus, "/unitmesh/two"), 0);
        assert_false(w->dht.allow(w->dht.user, &nine));
        (void)um_bus_look_up(&w->bus, &nine);
    }
    assert_int_equal(w->sought, 0);
    assert_int_equal(times(w->said, "before this node is restarted"), 1);
    assert_int_equal(um_bus_dht(&w->bus, NULL), 0);
    w->said[0] = '\0';
    assert_int_equal(um_bus_dht(&w->bus, "/unitmesh/one"), 0);
    assert_true(w->dht.allow(w->dht.user, &nine));
    (void)um_bus_look_up(&w->bus, &nine);
    assert_int_equal(w->sought, 1);
    assert_string_equal(w->said, "");
    assert_int_equal(w->joined, 1);
    world_free(w);
}

/* What the log says of the gateway. */
static void test_the_gateway_is_put_in_words(void **state)
{
    struct p2p_host *w = world_new();
    struct p2p_portmap_status *g = &w->gateway;

    (void)state;
    if (um_gateway_begin(&w->bus) == P2P_ENOTSUP) {
        world_free(w);
        skip(); /* this build asks none */
    }
    (void)snprintf(g->why, sizeof g->why, "there is no gateway");
    w->portmap.changed(w->portmap.user);
    assert_string_equal(w->said,
                        "no gateway lets peers in: there is no gateway\n");
    w->said[0] = '\0';
    g->gateway = addr_of("/ip4/10.0.0.1");
    (void)snprintf(g->why, sizeof g->why, "PCP: refused");
    w->portmap.changed(w->portmap.user);
    assert_string_equal(
        w->said, "the gateway 10.0.0.1 lets no peers in: PCP: refused\n");
    w->said[0] = '\0';
    g->ports = 2;
    g->told = 1;
    g->method = "pcp";
    w->port[0] =
        (struct p2p_portmap_port){.told = true, .external = addr_of(AT_1)};
    (void)snprintf(g->why, sizeof g->why, "UDP 4001: refused");
    w->portmap.changed(w->portmap.user);
    assert_string_equal(w->said, "the gateway 10.0.0.1 lets peers in at " AT_1
                                 " (pcp), and nowhere else: UDP 4001: "
                                 "refused\n");
    w->said[0] = '\0';
    g->told = 2;
    g->why[0] = '\0';
    w->port[1] = w->port[0];
    w->portmap.changed(w->portmap.user);
    assert_string_equal(w->said, "the gateway 10.0.0.1 lets peers in at " AT_1
                                 ", " AT_1 " (pcp)\n");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points_hear_that_a_host_moved),
        cmocka_unit_test(test_a_point_that_was_gone_is_told_again),
        cmocka_unit_test(test_what_ends_without_an_answer_is_asked_again),
        cmocka_unit_test(test_who_comes_back_to_a_mesh_registers_again),
        cmocka_unit_test(test_all_prefer_the_same_points),
        cmocka_unit_test(test_members_alone_are_dialed),
        cmocka_unit_test(test_what_is_not_signed_stands_behind),
        cmocka_unit_test(test_who_comes_back_to_a_mesh_is_in_its_dht),
        cmocka_unit_test(test_the_gateway_is_put_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
