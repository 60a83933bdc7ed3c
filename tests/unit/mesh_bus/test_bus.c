/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bus over a library whose host is the test's: peers that come and go,
 * and messages. */
#include "mesh/bus/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p2p/p2p.h>
#include <p2p/portmap.h>

#include "unit.h"

enum { CONNS_MAX = 4, RELAYS_MAX = 4, LOG_BYTES = 8192 };

/* A relay that the host listens by. */
struct relay {
    struct p2p_multiaddr at;
    struct p2p_peer_id id;
    int status;
};

/* The host is the world of the test. */
struct p2p_host {
    const struct p2p_host_events *events;
    void *user;
    struct p2p_conn_info conn[CONNS_MAX];
    size_t conns;
    struct relay relay[RELAYS_MAX];
    size_t relays;
    struct p2p_relay_config serves;
    struct p2p_peer_id dropped; /* the last one; len 0: nobody */
    struct p2p_autonat_config asks;
    struct p2p_autonat_server_config answers;
    unsigned rechecks;
    bool alone; /* nobody is a member */
    bool joins;
    p2p_on_message on_message;
    void *message_user;
    uint64_t now_ns;
    unsigned up, down, messages, learned;
    bool may;
    unsigned out;     /* the one who may not */
    unsigned guarded; /* a bit for each of the first peers */
    char log[LOG_BYTES];
};

int p2p_host_new(struct p2p_loop *loop, const struct p2p_host_config *cfg,
                 struct p2p_host **out)
{
    struct p2p_host *h = (struct p2p_host *)loop;

    h->events = cfg->events;
    h->user = cfg->user;
    h->asks = *cfg->autonat;
    h->answers = *cfg->autonat_server;
    *out = h;
    return 0;
}

int p2p_host_protect(struct p2p_host *host, const struct p2p_peer_id *peer,
                     bool protect)
{
    unsigned bit = peer->bytes[3] < 8 ? 1U << peer->bytes[3] : 0;

    host->guarded = protect ? host->guarded | bit : host->guarded & ~bit;
    return 0;
}

void p2p_host_free(struct p2p_host *host)
{
    (void)host;
}

int p2p_host_listen(struct p2p_host *host, const char *addr)
{
    struct relay *r = &host->relay[host->relays];
    const char *end = strstr(addr, "/p2p-circuit");

    if (end != NULL) {
        assert_true(++host->relays <= RELAYS_MAX);
        r->status = P2P_EAGAIN;
        assert_int_equal(
            p2p_multiaddr_from_text(addr, (size_t)(end - addr), &r->at), 0);
        assert_true(p2p_multiaddr_peer(&r->at, &r->id));
        assert_int_equal(p2p_multiaddr_from_text(addr, strlen(addr), &r->at),
                         0);
    }
    return 0;
}

size_t p2p_host_addrs(const struct p2p_host *host, struct p2p_multiaddr *out,
                      size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < host->relays && n < cap; i++) {
        if (host->relay[i].status == 0) {
            out[n++] = host->relay[i].at;
        }
    }
    return n;
}

/* The place of a relay that the host listens by; RELAYS_MAX: it does not. */
static size_t find_relay(const struct p2p_host *host,
                         const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < host->relays; i++) {
        if (p2p_peer_id_equal(&host->relay[i].id, id)) {
            return i;
        }
    }
    return RELAYS_MAX;
}

int p2p_relay_status(const struct p2p_host *host, const struct p2p_peer_id *id)
{
    size_t i = find_relay(host, id);

    return i < RELAYS_MAX ? host->relay[i].status : P2P_ESTATE;
}

int p2p_relay_serve(struct p2p_host *host, const struct p2p_relay_config *cfg)
{
    if (cfg != NULL) {
        host->serves = *cfg;
    }
    return 0;
}

int p2p_relay_drop(struct p2p_host *host, const struct p2p_peer_id *peer)
{
    host->dropped = *peer;
    return 0;
}

void p2p_autonat_recheck(struct p2p_host *host)
{
    host->rechecks++;
}

/* The host, which says nothing by itself, and one address. */
size_t p2p_host_reachability(const struct p2p_host *host,
                             struct p2p_reachability_info *out, size_t cap,
                             size_t size)
{
    assert_int_equal(size, sizeof *out);
    for (size_t i = 0; i < 2 && i < cap; i++) {
        out[i] = (struct p2p_reachability_info){.yes = host->up};
    }
    return 2;
}

int p2p_relay_forget(struct p2p_host *host, const struct p2p_peer_id *id)
{
    size_t i = find_relay(host, id);

    assert_true(i < RELAYS_MAX);
    host->relay[i] = host->relay[--host->relays];
    return 0;
}

size_t p2p_host_conns(const struct p2p_host *host, struct p2p_conn_info *out,
                      size_t cap, size_t size)
{
    assert_int_equal(size, sizeof *out);
    if (cap >= host->conns && host->conns > 0) {
        memcpy(out, host->conn, host->conns * sizeof *out);
    }
    return host->conns;
}

int p2p_host_handle(struct p2p_host *host, const char *protocol,
                    p2p_stream_handler handler, void *user)
{
    (void)host;
    (void)protocol;
    (void)handler;
    (void)user;
    return 0;
}

int p2p_pubsub_new(struct p2p_host *host, const struct p2p_pubsub_config *cfg,
                   struct p2p_pubsub **out)
{
    (void)cfg;
    *out = (struct p2p_pubsub *)host;
    return 0;
}

void p2p_pubsub_recheck(struct p2p_pubsub *ps)
{
    (void)ps;
}

int p2p_pubsub_subscribe(struct p2p_pubsub *ps, const char *topic,
                         p2p_on_message on_msg, void *user)
{
    struct p2p_host *h = (struct p2p_host *)ps;

    (void)topic;
    h->on_message = on_msg;
    h->message_user = user;
    return 0;
}

int p2p_portmap_new(struct p2p_loop *loop, struct p2p_host *host,
                    const struct p2p_portmap_config *cfg,
                    struct p2p_portmap **out)
{
    assert_ptr_equal(loop, host);
    assert_non_null(cfg->changed);
    *out = NULL;
    return P2P_ENOMEM;
}

uint64_t p2p_loop_now_ns(const struct p2p_loop *loop)
{
    return ((const struct p2p_host *)loop)->now_ns;
}

static void on_found(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
}

static void on_up(void *user, const struct p2p_peer_id *peer)
{
    struct p2p_host *h = user;

    (void)peer;
    h->up++;
}

static void on_down(void *user, const struct p2p_peer_id *peer)
{
    struct p2p_host *h = user;

    (void)peer;
    h->down++;
}

static void on_learned(void *user)
{
    struct p2p_host *h = user;

    h->learned++;
}

static const struct um_bus_cb callbacks = {.found = on_found,
                                           .peer_up = on_up,
                                           .peer_down = on_down,
                                           .learned = on_learned};

static bool may(void *user, const struct p2p_peer_id *peer)
{
    struct p2p_host *h = user;

    return h->may && peer->bytes[3] != h->out;
}

static bool member(void *user, const struct p2p_peer_id *peer)
{
    const struct p2p_host *h = user;

    (void)peer;
    return !h->alone;
}

static bool joining(void *user)
{
    return ((const struct p2p_host *)user)->joins;
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct p2p_host *h = user;
    size_t len = strlen(h->log);

    (void)level;
    (void)snprintf(h->log + len, sizeof h->log - len, "%s\n", line);
}

struct scene {
    struct p2p_host world;
    struct um_log log;
    struct um_bus *bus;
};

static struct scene *scene_with(enum p2p_reachability said, bool portmap)
{
    static const char *const listen[] = {"/ip4/127.0.0.1/tcp/0"};
    struct scene *s = calloc(1, sizeof *s);
    struct um_bus_cfg cfg = {.listen = listen,
                             .n_listen = 1,
                             .agent = "test",
                             .may = may,
                             .member = member,
                             .joining = joining,
                             .reach = said,
                             .portmap = portmap,
                             .cb = &callbacks};

    assert_non_null(s);
    s->log =
        (struct um_log){.level = UM_LOG_INFO, .user = &s->world, .sink = sink};
    cfg.loop = (struct p2p_loop *)&s->world;
    cfg.log = &s->log;
    cfg.user = &s->world;
    s->bus = um_bus_new(&cfg);
    assert_non_null(s->bus);
    return s;
}

static struct scene *scene_said(enum p2p_reachability said)
{
    return scene_with(said, false);
}

static struct scene *scene_new(void)
{
    return scene_said(P2P_REACHABILITY_UNKNOWN);
}

static void scene_free(struct scene *s)
{
    um_bus_free(s->bus);
    free(s);
}

static struct p2p_peer_id id_of(unsigned n)
{
    struct p2p_peer_id id = {.len = 34, .bytes = {0x12, 0x20}};

    id.bytes[2] = (uint8_t)(n >> 8);
    id.bytes[3] = (uint8_t)n;
    return id;
}

static void come(struct scene *s, unsigned n)
{
    struct p2p_peer_id id = id_of(n);

    s->world.now_ns++;
    s->world.events->peer_up(s->world.user, &id);
}

static void go(struct scene *s, unsigned n)
{
    struct p2p_peer_id id = id_of(n);

    s->world.now_ns++;
    s->world.events->peer_down(s->world.user, &id);
}

/* What a list of peers is asked for. */
struct look {
    size_t all, connected;
    bool first, second; /* whether peers 1 and 2 are in it */
};

static void each(void *user, const struct um_bus_peer *p)
{
    struct look *l = user;
    struct p2p_peer_id one = id_of(1), two = id_of(2);

    l->all++;
    l->connected += p->connected;
    l->first = l->first || p2p_peer_id_equal(&p->id, &one);
    l->second = l->second || p2p_peer_id_equal(&p->id, &two);
}

static struct look look(struct scene *s)
{
    struct look l = {0};

    um_bus_peers(s->bus, each, &l);
    return l;
}

/* UM__CAP_BUS_PEERS: of those that are gone, the oldest are forgotten. */
static void test_peers_beyond_the_cap_are_forgotten(void **state)
{
    struct scene *s = scene_new();
    struct look l;

    (void)state;
    come(s, 1); /* stays */
    for (unsigned n = 2; n <= UM__CAP_BUS_PEERS; n++) {
        come(s, n);
        go(s, n);
    }
    l = look(s);
    assert_int_equal(l.all, UM__CAP_BUS_PEERS);
    assert_true(l.first && l.second);
    come(s, UM__CAP_BUS_PEERS + 1);
    l = look(s);
    assert_int_equal(l.all, UM__CAP_BUS_PEERS);
    assert_int_equal(l.connected, 2);
    assert_true(l.first);   /* connected, though the oldest */
    assert_false(l.second); /* gone for longest */
    for (unsigned n = 0; n < 5000; n++) {
        come(s, 10000 + n);
        go(s, 10000 + n);
    }
    l = look(s);
    assert_int_equal(l.all, UM__CAP_BUS_PEERS);
    assert_int_equal(l.connected, 2);
    assert_int_equal(um_bus_connected(s->bus), 2);
    scene_free(s);
}

static enum um_bus_verdict on_message(void *user,
                                      const struct p2p_peer_id *from,
                                      const void *data, size_t len)
{
    struct p2p_host *h = user;

    (void)from;
    (void)data;
    (void)len;
    h->messages++;
    return UM_BUS_ACCEPT;
}

/* UM__CAP_BUS_MESSAGE_BYTES: longer ones are nobody's, and not passed on. */
static void test_messages_beyond_the_cap_are_rejected(void **state)
{
    struct scene *s = scene_new();
    struct p2p_message m = {.topic = "news", .len = UM__CAP_BUS_MESSAGE_BYTES};
    uint8_t *data = calloc(1, UM__CAP_BUS_MESSAGE_BYTES + 1);

    (void)state;
    assert_non_null(data);
    m.data = data;
    m.from = m.via = id_of(1);
    assert_int_equal(um_bus_subscribe(s->bus, "news", on_message, &s->world),
                     0);
    assert_int_equal(s->world.on_message(s->world.message_user, &m),
                     P2P_ACCEPT);
    assert_int_equal(s->world.messages, 1);
    m.len++;
    assert_int_equal(s->world.on_message(s->world.message_user, &m),
                     P2P_REJECT);
    assert_int_equal(s->world.messages, 1);
    free(data);
    scene_free(s);
}

static void connect_from(struct scene *s, unsigned n, const char *addr)
{
    struct p2p_conn_info *c = &s->world.conn[s->world.conns++];

    assert_true(s->world.conns <= CONNS_MAX);
    *c = (struct p2p_conn_info){.peer = id_of(n), .muxer = ""};
    assert_int_equal(p2p_multiaddr_from_text(addr, strlen(addr), &c->addr), 0);
    s->world.events->connected(s->world.user, c);
}

static void test_one_peer_at_two_addresses_is_told(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    connect_from(s, 1, "/ip4/192.0.2.1/tcp/1000");
    come(s, 1);
    connect_from(s, 1, "/ip4/192.0.2.1/tcp/2000"); /* a second connection */
    connect_from(s, 2, "/ip4/192.0.2.9/tcp/1000");
    come(s, 2);
    assert_string_equal(s->world.log, "");
    connect_from(s, 1, "/ip4/192.0.2.2/tcp/1000");
    assert_non_null(strstr(s->world.log,
                           "is at two addresses, "
                           "/ip4/192.0.2.1/tcp/1000 and "
                           "/ip4/192.0.2.2/tcp/1000"));
    /* Once, not with each connection. */
    s->world.log[0] = '\0';
    s->world.conns--;
    connect_from(s, 1, "/ip4/192.0.2.2/tcp/1001");
    assert_string_equal(s->world.log, "");
    s->world.now_ns += UINT64_C(700000000000);
    s->world.conns--;
    connect_from(s, 1, "/ip4/192.0.2.2/tcp/1002");
    assert_non_null(strstr(s->world.log, "is at two addresses"));
    scene_free(s);
}

static void test_loopback_addresses_are_one_host(void **state)
{
    struct scene *s = scene_new();
    struct p2p_peer_id one = id_of(1), two = id_of(2);
    const struct um_ip loop = {.len = 4, .bytes = {127, 0, 0, 9}};
    const struct um_ip far = {.len = 4, .bytes = {192, 0, 2, 1}};

    (void)state;
    connect_from(s, 1, "/ip4/127.0.0.1/tcp/1");
    come(s, 1);
    connect_from(s, 1, "/ip4/127.0.0.2/tcp/1");
    assert_string_equal(s->world.log, "");
    connect_from(s, 2, "/ip4/192.0.2.1/tcp/1");
    assert_true(um_bus_peer_at(s->bus, &one, &loop));
    assert_false(um_bus_peer_at(s->bus, &one, &far));
    assert_true(um_bus_peer_at(s->bus, &two, &far));
    assert_false(um_bus_peer_at(s->bus, &two, &loop));
    assert_true(um_bus_anybody_at(s->bus, &far));
    scene_free(s);
}

/* Where strangers are is nothing to note. */
static void test_where_members_are_is_news(void **state)
{
    struct scene *s = scene_new();
    struct p2p_peer_info info = {
        .peer = id_of(1), .agent = "", .addrs = NULL, .n_addrs = 1};
    struct p2p_multiaddr at;

    (void)state;
    assert_int_equal(p2p_multiaddr_from_text("/ip4/192.0.2.1/tcp/1", 20, &at),
                     0);
    info.addrs = &at;
    come(s, 1);
    s->world.events->identified(s->world.user, &info);
    assert_int_equal(s->world.learned, 0);
    s->world.may = true;
    s->world.events->identified(s->world.user, &info);
    assert_int_equal(s->world.learned, 1);
    s->world.may = false;
    scene_free(s);
}

/* A member that is a relay, connected at an address; it tells another one. */
static void meet_relay(struct scene *s, unsigned n, const char *addr,
                       const char *told)
{
    static const char *const hop[] = {"/libp2p/circuit/relay/0.2.0/hop"};
    struct p2p_multiaddr at;
    const struct p2p_peer_info info = {.peer = id_of(n),
                                       .agent = "",
                                       .protocols = hop,
                                       .n_protocols = 1,
                                       .addrs = &at,
                                       .n_addrs = 1};

    assert_int_equal(p2p_multiaddr_from_text(told, strlen(told), &at), 0);
    s->world.may = true;
    connect_from(s, n, addr);
    s->world.conn[s->world.conns - 1].outbound = true;
    come(s, n);
    s->world.events->identified(s->world.user, &info);
}

/* How it stands with a relay after it was looked for one; it grants if it was
 * asked. */
static int seek(struct scene *s, unsigned n)
{
    const struct p2p_peer_id id = id_of(n);
    int rv;

    um_bus_seek_relays(s->bus);
    rv = p2p_relay_status(&s->world, &id);
    for (size_t i = 0; i < s->world.relays; i++) {
        if (p2p_peer_id_equal(&s->world.relay[i].id, &id)) {
            s->world.relay[i].status = 0;
        }
    }
    return rv;
}

#define NEAR_1 "/ip4/10.1.0.1/tcp/4001"
#define NEAR_2 "/ip4/10.1.0.2/tcp/4001"
#define FAR_3  "/ip4/44.77.3.1/tcp/4001"
#define FAR_4  "/ip4/44.77.4.1/udp/4001/quic-v1"

/* Neighbours, whom nobody outside reaches, are relays until there is one whom
 * all reach. */
static void test_a_relay_for_all_goes_before_neighbours(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    meet_relay(s, 1, NEAR_1, NEAR_1);
    meet_relay(s, 2, NEAR_2, NEAR_2);
    assert_int_equal(seek(s, 1), P2P_EAGAIN);
    assert_int_equal(seek(s, 2), P2P_EAGAIN);
    assert_int_equal(um_bus_relays_held(s->bus), 2);
    meet_relay(s, 3, FAR_3, FAR_3);
    assert_int_equal(seek(s, 3), P2P_EAGAIN);
    assert_int_equal(seek(s, 1), P2P_ESTATE);
    assert_int_equal(seek(s, 2), P2P_ESTATE);
    meet_relay(s, 4, FAR_4, FAR_4);
    assert_int_equal(seek(s, 4), P2P_EAGAIN);
    assert_int_equal(seek(s, 3), 0);
    assert_int_equal(um_bus_relays_held(s->bus), 2);
    scene_free(s);
}

/* Nor are those whom this host has reached through a hole in a NAT. */
static void test_a_hole_in_a_nat_is_no_place_of_a_relay(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    meet_relay(s, 1, "/ip4/44.77.1.254/tcp/31000", NEAR_1);
    meet_relay(s, 2, "/ip4/44.77.2.254/tcp/31000", FAR_4);
    meet_relay(s, 3, FAR_3, FAR_3);
    assert_int_equal(seek(s, 3), P2P_EAGAIN);
    assert_int_equal(seek(s, 1), P2P_ESTATE);
    assert_int_equal(seek(s, 2), P2P_ESTATE);
    /* One that does not answer is no reason to have none. */
    s->world.relay[0].status = P2P_ELIMIT;
    assert_int_equal(seek(s, 1), P2P_EAGAIN);
    assert_int_equal(seek(s, 3), P2P_ELIMIT);
    scene_free(s);
}

static void test_who_is_thrown_out_is_no_relay_of_ours(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    meet_relay(s, 1, FAR_3, FAR_3);
    assert_int_equal(seek(s, 1), P2P_EAGAIN);
    s->world.out = 1;
    um_bus_recheck(s->bus);
    assert_int_equal(seek(s, 1), P2P_ESTATE);
    assert_int_equal(um_bus_relays_held(s->bus), 0);
    s->world.out = 0; /* he is let in again */
    um_bus_recheck(s->bus);
    assert_int_equal(seek(s, 1), P2P_EAGAIN);
    assert_int_equal(um_bus_relays_held(s->bus), 1);
    scene_free(s);
}

/* What it had of this host as a relay ends, too. */
static void test_who_is_thrown_out_has_no_relay_here(void **state)
{
    struct scene *s = scene_new();
    const struct p2p_peer_id one = id_of(1);

    (void)state;
    s->world.may = true;
    come(s, 1);
    um_bus_recheck(s->bus);
    assert_int_equal(s->world.dropped.len, 0);
    s->world.out = 1;
    um_bus_recheck(s->bus);
    assert_true(p2p_peer_id_equal(&s->world.dropped, &one));
    assert_int_equal(s->world.rechecks, 2);
    scene_free(s);
}

/* A member that is reached no more says so, and is no relay of ours then. */
static void test_who_ceases_to_be_a_relay_is_let_go(void **state)
{
    static const char *const none[] = {"/ipfs/ping/1.0.0"};
    const struct p2p_peer_info ceased = {.peer = id_of(1),
                                         .agent = "",
                                         .push = true,
                                         .protocols = none,
                                         .n_protocols = 1};
    const struct p2p_peer_info news = {
        .peer = id_of(1), .agent = "", .push = true};
    struct scene *s = scene_new();

    (void)state;
    meet_relay(s, 1, FAR_3, FAR_3);
    assert_int_equal(seek(s, 1), P2P_EAGAIN);
    s->world.events->identified(s->world.user, &news); /* of something else */
    assert_int_equal(um_bus_relays_held(s->bus), 1);
    s->world.events->identified(s->world.user, &ceased);
    assert_int_equal(um_bus_relays_held(s->bus), 0);
    assert_int_equal(seek(s, 1), P2P_ESTATE);
    scene_free(s);
}

/* Others found out whether they reach the host. */
static void find(struct scene *s, enum p2p_reachability verdict)
{
    const struct p2p_reachability_info info = {.verdict = verdict};

    s->world.asks.changed(s->world.asks.user, &info);
}

static void count_reach(void *user, const struct p2p_reachability_info *info)
{
    (void)info;
    ++*(size_t *)user;
}

/* Members ask members, tell all addresses, and one of them is enough. */
static void test_members_tell_whether_they_reach_it(void **state)
{
    struct scene *s = scene_new();
    const struct p2p_autonat_config *a = &s->world.asks;
    const struct p2p_autonat_server_config *b = &s->world.answers;
    const struct p2p_peer_id one = id_of(1);
    size_t n = 0;

    (void)state;
    assert_true(a->tell_all && !a->private_addrs && !b->private_addrs);
    assert_true(a->servers == 1 && a->witnesses == 1);
    assert_false(a->trust(a->user, &one) || b->allow(b->user, &one));
    s->world.may = true;
    assert_true(a->trust(a->user, &one) && b->allow(b->user, &one));
    s->world.alone = true; /* without a mesh all have a part */
    assert_false(a->trust(a->user, &one) || b->allow(b->user, &one));
    s->world.joins = true;
    assert_true(!a->trust(a->user, &one) && b->allow(b->user, &one));
    s->world.alone = s->world.joins = false;
    assert_int_equal(um_bus_reach(s->bus), P2P_REACHABILITY_UNKNOWN);
    find(s, P2P_UNREACHABLE);
    assert_non_null(strstr(s->world.log, "nobody reaches this node"));
    assert_int_equal(um_bus_reach(s->bus), P2P_UNREACHABLE);
    um_bus_reaches(s->bus, count_reach, &n);
    assert_int_equal(n, 1);
    scene_free(s);
}

/* For a while: what it is seen at goes with a connection, and comes again. */
static void test_a_verdict_outlives_a_connection(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    s->world.now_ns = 1;
    find(s, P2P_REACHABLE);
    find(s, P2P_REACHABILITY_UNKNOWN);
    s->world.log[0] = '\0';
    s->world.now_ns += 119 * UINT64_C(1000000000);
    assert_int_equal(um_bus_found(s->bus), P2P_REACHABLE);
    find(s, P2P_REACHABLE);
    assert_string_equal(s->world.log, ""); /* it is no news */
    s->world.now_ns += 1000 * UINT64_C(1000000000);
    assert_int_equal(um_bus_found(s->bus), P2P_REACHABLE);
    find(s, P2P_REACHABILITY_UNKNOWN);
    s->world.now_ns += 120 * UINT64_C(1000000000);
    assert_int_equal(um_bus_found(s->bus), P2P_REACHABILITY_UNKNOWN);
    scene_free(s);
}

static void test_what_the_owner_says_of_its_reach_holds(void **state)
{
    struct scene *s = scene_said(P2P_REACHABLE);

    (void)state;
    find(s, P2P_UNREACHABLE);
    assert_int_equal(um_bus_reach(s->bus), P2P_REACHABLE);
    assert_int_equal(um_bus_found(s->bus), P2P_UNREACHABLE);
    scene_free(s);
}

/* The bus did not choose it. */
static void test_a_relay_that_was_named_is_not_let_go(void **state)
{
    struct scene *s = scene_new();
    char text[P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];
    const struct p2p_peer_id one = id_of(1);

    (void)state;
    (void)snprintf(text, sizeof text, FAR_3 "/p2p/%s/p2p-circuit",
                   p2p_peer_id_text(&one, id));
    assert_int_equal(p2p_host_listen(&s->world, text), 0);
    meet_relay(s, 1, FAR_3, FAR_3);
    assert_int_equal(seek(s, 1), P2P_EAGAIN);
    assert_int_equal(s->world.relays, 1); /* it was not asked twice */
    s->world.out = 1;
    um_bus_recheck(s->bus);
    assert_int_equal(um_bus_relays_held(s->bus), 1);
    scene_free(s);
}

/* Nor does the bus keep a relay that it has forgotten. */
static void test_a_relay_beyond_the_cap_of_peers_is_let_go(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    meet_relay(s, 1, FAR_3, FAR_3);
    assert_int_equal(seek(s, 1), P2P_EAGAIN);
    s->world.may = false;
    go(s, 1);
    for (unsigned n = 2; n <= UM__CAP_BUS_PEERS + 1; n++) {
        come(s, n);
        go(s, n);
    }
    assert_int_equal(um_bus_relays_held(s->bus), 0);
    scene_free(s);
}

/* Strangers take nothing from a member, whoever of the two dialed; who is none
 * any more is a stranger. Without a mesh nobody is one. */
static void test_there_is_room_for_members(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    s->world.alone = true;
    s->world.may = true;
    come(s, 1);
    assert_int_equal(s->world.guarded, 0);
    s->world.alone = false;
    s->world.out = 3;
    um_bus_recheck(s->bus);
    come(s, 2);
    come(s, 3);
    assert_int_equal(s->world.guarded, 1U << 1 | 1U << 2);
    go(s, 1);
    s->world.out = 2;
    um_bus_recheck(s->bus);
    assert_int_equal(s->world.guarded, 1U << 1 | 1U << 3);
    s->world.alone = true; /* it left its mesh */
    um_bus_recheck(s->bus);
    assert_int_equal(s->world.guarded, 0);
    scene_free(s);
}

/* Somebody who asked just before is told no: without a mesh all have a part. */
static void test_a_relay_that_ceased_serves_nobody(void **state)
{
    struct scene *s = scene_new();
    const struct p2p_relay_config *c = &s->world.serves;
    const struct p2p_peer_id one = id_of(1), two = id_of(2);

    (void)state;
    s->world.may = true;
    assert_int_equal(um_bus_relay(s->bus, true), 0);
    assert_true(c->allow(c->user, &one));
    assert_true(c->allow_circuit(c->user, &one, &two));
    assert_int_equal(um_bus_relay(s->bus, false), 0);
    assert_false(c->allow(c->user, &one));
    assert_false(c->allow_circuit(c->user, &one, &two));
    scene_free(s);
}

static void say_way(void *user, const char *addr)
{
    struct p2p_host *h = user;

    sink(h, UM_LOG_INFO, addr);
}

/* Else a row would send all members to whatever address it names. */
static void test_rows_tell_ways_by_relays_alone(void **state)
{
    struct scene *s = scene_new();
    char text[P2P_MULTIADDR_TEXT_MAX];
    char one[P2P_PEER_ID_TEXT_MAX], two[P2P_PEER_ID_TEXT_MAX];
    const struct p2p_peer_id id = id_of(1), relay = id_of(2);

    (void)state;
    (void)p2p_peer_id_text(&id, one);
    (void)p2p_peer_id_text(&relay, two);
    come(s, 1);
    (void)snprintf(text, sizeof text, "/ip4/192.0.2.1/tcp/25/p2p/%s", one);
    um_bus_learn(s->bus, text);
    (void)snprintf(text, sizeof text, "/p2p-circuit/p2p/%s", one);
    um_bus_learn(s->bus, text);
    um_bus_ways(s->bus, &id, say_way, &s->world);
    assert_string_equal(s->world.log, "");
    (void)snprintf(text, sizeof text, FAR_3 "/p2p/%s/p2p-circuit/p2p/%s", two,
                   one);
    um_bus_learn(s->bus, text);
    um_bus_ways(s->bus, &id, say_way, &s->world);
    assert_int_equal(strncmp(s->world.log, text, strlen(text)), 0);
    scene_free(s);
}

/* What is wrong is told as it is. */
static void test_without_a_gateway_it_goes_on(void **state)
{
    struct scene *s = scene_with(P2P_REACHABILITY_UNKNOWN, true);
    bool lacks = strstr(s->world.log, "this build cannot") != NULL;

    (void)state;
    if (!lacks) {
        assert_string_equal(s->world.log, "--portmap: out of memory\n");
    }
    scene_free(s);
    if (lacks) {
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peers_beyond_the_cap_are_forgotten),
        cmocka_unit_test(test_messages_beyond_the_cap_are_rejected),
        cmocka_unit_test(test_one_peer_at_two_addresses_is_told),
        cmocka_unit_test(test_loopback_addresses_are_one_host),
        cmocka_unit_test(test_where_members_are_is_news),
        cmocka_unit_test(test_a_relay_for_all_goes_before_neighbours),
        cmocka_unit_test(test_a_hole_in_a_nat_is_no_place_of_a_relay),
        cmocka_unit_test(test_there_is_room_for_members),
        cmocka_unit_test(test_a_relay_that_ceased_serves_nobody),
        cmocka_unit_test(test_rows_tell_ways_by_relays_alone),
        cmocka_unit_test(test_who_is_thrown_out_is_no_relay_of_ours),
        cmocka_unit_test(test_who_is_thrown_out_has_no_relay_here),
        cmocka_unit_test(test_who_ceases_to_be_a_relay_is_let_go),
        cmocka_unit_test(test_members_tell_whether_they_reach_it),
        cmocka_unit_test(test_what_the_owner_says_of_its_reach_holds),
        cmocka_unit_test(test_a_verdict_outlives_a_connection),
        cmocka_unit_test(test_a_relay_that_was_named_is_not_let_go),
        cmocka_unit_test(test_a_relay_beyond_the_cap_of_peers_is_let_go),
        cmocka_unit_test(test_without_a_gateway_it_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
