/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Each cap of the stack is driven to its limit; one more is refused, or the
 * one that matters least goes; and all is given back, which ending the hosts
 * asserts once more.
 */
#include <stdio.h>

#include "proto/gossip/caps.h"
#include "proto/identify/info.h"
#include "proto/mdns/dns.h"
#include "simhost.h"
#include "unit.h"
#include "wire/varint.h"

static void world(struct sim *sim, size_t n)
{
    const struct sim_cfg cfg = {
        .seed = 11, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};

    sim_init(sim, &cfg, n);
}

/* The n-th peer id: any 32 bytes are a digest. */
static struct p2p_peer_id nth_id(uint32_t n)
{
    struct p2p_peer_id id = {.len = 34, .bytes = {0x12, 0x20}};

    memcpy(id.bytes + 2, &n, sizeof n);
    return id;
}

static int add_addr(struct simhost *h, const struct p2p_peer_id *id, int port)
{
    char text[P2P_MULTIADDR_TEXT_MAX], name[P2P_PEER_ID_TEXT_MAX];

    (void)snprintf(text, sizeof text, "/ip4/10.9.9.9/tcp/%d/p2p/%s", port,
                   p2p_peer_id_text(id, name));
    return p2p_host_add_addr(h->host, text, 600);
}

static struct p2p_host_stats stats_of(const struct simhost *h)
{
    struct p2p_host_stats s;

    p2p_host_stats(h->host, &s, sizeof s);
    return s;
}

static void test_the_book_forgets_the_oldest(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    struct p2p_peer_id first = nth_id(0), last = {0};

    (void)state;
    world(&sim, 1);
    simhost_start(&a, &sim, 0, NULL);
    for (uint32_t i = 0; i < P2P__CAP_PEER_BOOK + 76; i++) {
        last = nth_id(i);
        assert_int_equal(add_addr(&a, &last, 1), 0);
    }
    assert_int_equal(stats_of(&a).peers_known, P2P__CAP_PEER_BOOK);
    assert_null(p2p__book_find(&a.host->swarm->book, &first));
    assert_non_null(p2p__book_find(&a.host->swarm->book, &last));
    simhost_stop(&a);
    sim_fini(&sim);
}

static void test_addresses_of_one_peer(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    struct p2p_peer_id id = nth_id(1);
    struct p2p__peer *peer;

    (void)state;
    world(&sim, 1);
    simhost_start(&a, &sim, 0, NULL);
    for (int i = 1; i <= P2P__CAP_PEER_ADDRS + 9; i++) {
        assert_int_equal(add_addr(&a, &id, i), 0);
    }
    peer = p2p__book_find(&a.host->swarm->book, &id);
    assert_int_equal(peer->n_addrs, P2P__CAP_PEER_ADDRS);
    /* What came by hand is not driven out by what mDNS says. */
    assert_int_equal(
        p2p__peer_add_addr(peer, "\x04\x0a\x00\x00\x01\x06\x00\x01", 8,
                           P2P__ADDR_MDNS, sim.now + P2P__SEC(9)),
        P2P_ELIMIT);
    sim_run(&sim, P2P__SEC(700));
    p2p__peer_prune(peer, sim.now);
    assert_int_equal(peer->n_addrs, 0);
    simhost_stop(&a);
    sim_fini(&sim);
}

/* Who says the same again and again drives nothing out with it. */
static void test_T17_an_address_said_again_takes_one_place(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    struct p2p_peer_id id = nth_id(1);
    struct p2p__peer *peer;

    (void)state;
    world(&sim, 1);
    simhost_start(&a, &sim, 0, NULL);
    for (int i = 0; i < 3 * P2P__CAP_PEER_ADDRS; i++) {
        assert_int_equal(add_addr(&a, &id, i % 2 + 1), 0);
    }
    peer = p2p__book_find(&a.host->swarm->book, &id);
    assert_int_equal(peer->n_addrs, 2);
    for (int i = 3; i <= P2P__CAP_PEER_ADDRS; i++) {
        assert_int_equal(add_addr(&a, &id, i), 0);
    }
    for (int i = 0; i < 3 * P2P__CAP_PEER_ADDRS; i++) {
        assert_int_equal(add_addr(&a, &id, 1), 0);
    }
    assert_int_equal(peer->n_addrs, P2P__CAP_PEER_ADDRS);
    simhost_stop(&a);
    sim_fini(&sim);
}

static void on_closed(void *user, struct p2p_stream *s, int status)
{
    (void)s;
    (void)status;
    ++*(unsigned *)user;
}

static const struct p2p_stream_events closed_events = {.closed = on_closed};
static const char *const nope[] = {"/nope/1"};

static void test_streams_that_wait_for_a_peer(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    struct p2p_peer_id id = nth_id(1);
    struct p2p_stream *s;
    unsigned closed = 0;

    (void)state;
    world(&sim, 1);
    simhost_start(&a, &sim, 0, NULL);
    assert_int_equal(add_addr(&a, &id, 1), 0);
    for (int i = 0; i < P2P__CAP_STREAM_WAITING; i++) {
        assert_int_equal(
            p2p_stream_open(a.host, &id, nope, 1, &closed_events, &closed, &s),
            0);
    }
    assert_int_equal(
        p2p_stream_open(a.host, &id, nope, 1, &closed_events, &closed, &s),
        P2P_ELIMIT);
    sim_run(&sim, P2P__SEC(60));
    assert_int_equal(closed, P2P__CAP_STREAM_WAITING);
    simhost_stop(&a);
    sim_fini(&sim);
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    (void)status;
    (void)peer;
    ++*(unsigned *)user;
}

static void test_dials_wait_in_a_queue_that_ends(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    unsigned done = 0, refused = 0;
    const struct p2p__swarm *swarm;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    swarm = a.host->swarm;
    for (int i = 0; i < P2P__CAP_DIAL_ACTIVE + P2P__CAP_DIAL_QUEUE + 5; i++) {
        int rv = p2p_host_dial(a.host, "/ip4/10.0.0.2/tcp/9", on_dialed, &done);

        refused += rv == P2P_ELIMIT ? 1 : 0;
    }
    assert_int_equal(refused, 5);
    assert_int_equal(swarm->n_dials, P2P__CAP_DIAL_ACTIVE);
    assert_int_equal(swarm->n_dial_queue, P2P__CAP_DIAL_QUEUE);
    sim_run(&sim, P2P__SEC(120));
    assert_int_equal(done, P2P__CAP_DIAL_ACTIVE + P2P__CAP_DIAL_QUEUE);
    assert_int_equal(swarm->n_dials, 0);
    simhost_stop(&a);
    sim_fini(&sim);
}

static void test_one_dial_tries_so_many_addresses(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    struct p2p_peer_id id = nth_id(3);
    struct p2p__peer *peer;

    (void)state;
    world(&sim, 1);
    simhost_start(&a, &sim, 0, NULL);
    for (int i = 1; i <= P2P__CAP_DIAL_ADDRS + 4; i++) {
        assert_int_equal(add_addr(&a, &id, i), 0);
    }
    peer = p2p__book_find(&a.host->swarm->book, &id);
    assert_int_equal(p2p__dial_peer(a.host->swarm, peer, sim.now), 0);
    assert_int_equal(peer->dial->n_targets, P2P__CAP_DIAL_ADDRS);
    sim_run(&sim, P2P__SEC(60));
    assert_null(peer->dial);
    simhost_stop(&a);
    sim_fini(&sim);
}

/* What anybody says of a peer keeps nothing else out of a dial. */
static void test_T32_hearsay_is_little_of_a_dial(void **state)
{
    const uint8_t ours[] = {4, 10, 0, 0, 7, 6, 0, 1};
    struct sim sim;
    struct simhost a = {0};
    struct p2p_peer_id id = nth_id(3);
    struct p2p__peer *peer;

    (void)state;
    assert_int_equal(P2P__CAP_DIAL_HEARSAY, 8);
    world(&sim, 1);
    simhost_start(&a, &sim, 0, NULL);
    peer = p2p__peer_get(a.host->swarm, &id);
    (void)p2p__peer_add_addr(peer, ours, sizeof ours, P2P__ADDR_USER,
                             P2P_NEVER);
    for (uint8_t i = 1; i <= P2P__CAP_DIAL_ADDRS; i++) {
        const uint8_t lie[] = {4, 10, 0, 0, 9, 6, 0, i};

        (void)p2p__peer_add_addr(peer, lie, sizeof lie, P2P__ADDR_HEARSAY,
                                 P2P__SEC(600));
    }
    assert_int_equal(p2p__dial_peer(a.host->swarm, peer, sim.now), 0);
    assert_int_equal(peer->dial->n_targets, 1 + P2P__CAP_DIAL_HEARSAY);
    assert_int_equal(peer->dial->targets[0].addr.ip[3], 7);
    p2p__peer_unref(peer);
    simhost_stop(&a);
    sim_fini(&sim);
}

static void no_stream(void *user, struct p2p_stream *s)
{
    (void)user;
    p2p_stream_reset(s);
}

static void test_handlers_and_listeners_are_counted(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    char name[32];
    int added = 0, rv = 0;

    (void)state;
    world(&sim, 1);
    simhost_start(&a, &sim, 0, NULL);
    while (rv == 0) {
        (void)snprintf(name, sizeof name, "/p/%d", added);
        rv = p2p_host_handle(a.host, name, no_stream, NULL);
        added += rv == 0 ? 1 : 0;
    }
    assert_int_equal(rv, P2P_ELIMIT);
    assert_int_equal(a.host->swarm->handlers.map.count, P2P__CAP_HANDLERS);
    /* One that is known is replaced, whatever the count. */
    assert_int_equal(p2p_host_handle(a.host, "/p/0", no_stream, NULL), 0);
    for (int i = 1; i < P2P__CAP_LISTEN_ADDRS; i++) {
        assert_int_equal(p2p_host_listen(a.host, "/ip4/0.0.0.0/tcp/0"), 0);
    }
    assert_int_equal(p2p_host_listen(a.host, "/ip4/0.0.0.0/tcp/0"), P2P_ELIMIT);
    sim_run(&sim, P2P__SEC(2));
    simhost_stop(&a);
    sim_fini(&sim);
}

static void test_connections_with_one_peer(void **state)
{
    struct sim sim;
    struct simhost a = {0}, twins[P2P__CAP_CONN_PER_PEER + 2] = {{0}};
    size_t n = P2P__CAP_CONN_PER_PEER + 2;

    (void)state;
    world(&sim, n + 1);
    simhost_start(&a, &sim, n, NULL);
    for (size_t i = 0; i < n; i++) {
        twins[i].key = i == 0 ? NULL : twins[0].key;
        simhost_start(&twins[i], &sim, i, NULL);
        assert_int_equal(simhost_dial(&twins[i], &a), 0);
    }
    sim_run(&sim, P2P__SEC(1) + P2P__MS(400));
    assert_true(simhost_conns(&a) <= P2P__CAP_CONN_PER_PEER);
    assert_true(stats_of(&a).refused_quota > 0);
    for (size_t i = n; i-- > 0;) {
        twins[i].key = i == 0 ? twins[i].key : NULL;
        simhost_stop(&twins[i]);
    }
    sim_run(&sim, P2P__SEC(20));
    assert_int_equal(stats_of(&a).conns_in, 0);
    simhost_stop(&a);
    sim_fini(&sim);
}

/* A peer that opens streams and never says what it wants on them. */
static void test_streams_that_do_not_negotiate(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct p2p__conn *c, *d;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(3));
    c = P2P__CONTAINER(p2p__list_first(&a.host->swarm->conns), struct p2p__conn,
                       link);
    d = P2P__CONTAINER(p2p__list_first(&b.host->swarm->conns), struct p2p__conn,
                       link);
    for (int i = 0; i < P2P__CAP_STREAM_NEGOTIATING + 20; i++) {
        struct p2p__slice nothing = {0};
        void *handle;

        assert_int_equal(c->sess_ops->open(c->sess, NULL, &handle, sim.now), 0);
        assert_int_equal(c->sess_ops->send(c->sess, handle, &nothing), 0);
    }
    p2p__mark(&c->job);
    sim_run(&sim, P2P__SEC(5));
    assert_int_equal(d->negotiating_in, P2P__CAP_STREAM_NEGOTIATING);
    assert_int_equal(stats_of(&b).refused_pending, 20);
    sim_run(&sim, P2P__SEC(16));
    assert_int_equal(d->negotiating_in, 0);
    assert_int_equal(stats_of(&b).streams_in, 0);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void pipe_connected(void *user, int status, p2p_ns now)
{
    (void)user;
    (void)status;
    (void)now;
}

static void pipe_data(void *user, struct p2p__slice in, p2p_ns now)
{
    (void)user;
    (void)in;
    (void)now;
}

static void pipe_writable(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static const struct p2p__pipe_cb pipe_cb = {
    .connected = pipe_connected,
    .data = pipe_data,
    .writable = pipe_writable,
    .ended = pipe_connected,
};

/* Silent connections from everywhere: each address may have eight, and all
 * together no more than the host has patience for. */
static void test_pending_handshakes_of_the_whole_host(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    const size_t machines =
        P2P__CAP_CONN_PENDING / P2P__CAP_CONN_PENDING_PER_ADDR + 3;
    int err;

    (void)state;
    world(&sim, machines + 1);
    simhost_start(&a, &sim, 0, NULL);
    for (size_t m = 1; m <= machines; m++) {
        for (int i = 0; i < P2P__CAP_CONN_PENDING_PER_ADDR; i++) {
            struct p2p__addr to = sim.hosts[0].addr;

            to.port = SIMHOST_PORT;
            assert_non_null(sim.hosts[m].net.dial(&sim.hosts[m].net, &to,
                                                  &pipe_cb, NULL, &err));
        }
    }
    sim_run(&sim, P2P__SEC(2));
    assert_int_equal(stats_of(&a).handshakes_pending, P2P__CAP_CONN_PENDING);
    assert_int_equal(stats_of(&a).refused_pending,
                     3 * P2P__CAP_CONN_PENDING_PER_ADDR);
    sim_run(&sim, P2P__SEC(13));
    assert_int_equal(stats_of(&a).handshakes_pending, 0);
    simhost_stop(&a);
    sim_fini(&sim);
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    (void)user;
    (void)m;
    return P2P_ACCEPT;
}

static void test_topics_of_the_application(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    struct p2p_pubsub *ps;
    char name[32];
    int added = 0, rv = 0;

    (void)state;
    world(&sim, 1);
    simhost_start(&a, &sim, 0, NULL);
    assert_int_equal(p2p_pubsub_new(a.host, NULL, &ps), 0);
    while (rv == 0) {
        (void)snprintf(name, sizeof name, "topic %d", added);
        rv = p2p_pubsub_subscribe(ps, name, on_message, NULL);
        added += rv == 0 ? 1 : 0;
    }
    assert_int_equal(rv, P2P_ELIMIT);
    assert_true(added <= P2P__CAP_PUBSUB_TOPICS);
    assert_int_equal(p2p_pubsub_unsubscribe(ps, "topic 0"), 0);
    assert_int_equal(p2p_pubsub_subscribe(ps, name, on_message, NULL), 0);
    simhost_stop(&a);
    sim_fini(&sim);
}

/* A peer that resets our pubsub stream each time we open it. */
static void test_pubsub_streams_are_not_opened_for_ever(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct p2p_pubsub *ps;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(p2p_pubsub_new(a.host, NULL, &ps), 0);
    b.ups = 0;
    assert_int_equal(
        p2p_host_handle(b.host, "/meshsub/1.2.0", simhost_count_and_reset, &b),
        0);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(60));
    assert_int_equal(b.counted, 1 + P2P__CAP_PUBSUB_REOPENS);
    assert_int_equal(simhost_conns(&a), 1);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void note_status(void *user, struct p2p_stream *s, int status)
{
    (void)s;
    *(int *)user = status;
}

/* Whether a stream ends on which an RPC of so many bytes is announced. */
static bool ends_of(struct simhost *from, const struct simhost *to,
                    uint64_t bytes)
{
    static const char *const gossip[] = {"/meshsub/1.2.0"};
    static const struct p2p_stream_events events = {.closed = note_status};
    static int status;
    uint8_t head[P2P__VARINT_PB_MAX];
    struct p2p_stream *s;
    bool ended;

    status = 1;
    assert_int_equal(p2p_stream_open(from->host, p2p_host_id(to->host), gossip,
                                     1, &events, &status, &s),
                     0);
    assert_int_equal(p2p_stream_send(s, head, p2p__varint_put(head, bytes)), 0);
    sim_run(from->sim, from->sim->now + P2P__SEC(1));
    ended = status != 1;
    if (!ended) {
        p2p_stream_reset(s);
        sim_run(from->sim, from->sim->now + P2P__SEC(1));
    }
    return ended;
}

/* No room is taken for an RPC that is longer than any may be. */
static void test_T21_rpcs_that_are_too_long(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct p2p_pubsub *ps;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(p2p_pubsub_new(a.host, NULL, &ps), 0);
    assert_int_equal(simhost_dial(&b, &a), 0);
    sim_run(&sim, sim.now + P2P__SEC(1));
    assert_false(ends_of(&b, &a, P2P__CAP_GOSSIP_FRAME));
    assert_true(ends_of(&b, &a, P2P__CAP_GOSSIP_FRAME + 1));
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

/* Many peers on one link, all with smaller ids: their dials are waited for. */
static void test_mdns_dials_that_wait(void **state)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct sim sim;
    struct simhost hosts[8] = {{0}};
    size_t links = 0;

    (void)state;
    cfg.mdns = cfg.mdns_dial = true;
    world(&sim, 8);
    for (size_t i = 0; i < 8; i++) {
        simhost_start(&hosts[i], &sim, i, &cfg);
    }
    sim_run(&sim, P2P__SEC(10));
    for (size_t i = 0; i < 8; i++) {
        links += simhost_conns(&hosts[i]);
    }
    assert_int_equal(links, 8 * 7);
    for (size_t i = 0; i < 8; i++) {
        simhost_stop(&hosts[i]);
    }
    sim_fini(&sim);
}

/* A machine of very many addresses. */
static int many_ifaces(struct p2p__ifaces *self, struct p2p__iface *at,
                       size_t cap)
{
    const size_t n = p2p__min(P2P__CAP_OWN_ADDRS + 9, cap);

    (void)self;
    for (size_t i = 0; i < n; i++) {
        at[i] = (struct p2p__iface){
            .index = (uint32_t)i + 1,
            .addr = {.family = 4, .ip = {10, 0, 7, (uint8_t)i}}};
    }
    return (int)n;
}

struct told {
    uint8_t bytes[8192];
    size_t len;
};

static void on_told(void *user, struct p2p_stream *s, const uint8_t *p,
                    size_t len)
{
    struct told *t = user;

    (void)s;
    assert_true(len <= sizeof t->bytes - t->len);
    memcpy(t->bytes + t->len, p, len);
    t->len += len;
}

/* The addresses in an identify message, behind its length. */
static size_t told_addrs(const struct told *t)
{
    struct p2p__pb_field f;
    struct p2p__pb r;
    uint64_t size;
    size_t n = 0;
    int head = p2p__varint_get(t->bytes, t->len, &size);

    assert_true(head > 0 && size == t->len - (size_t)head);
    p2p__pb_init(&r, p2p__slice_of(t->bytes + head, (size_t)size));
    while (p2p__pb_next(&r, &f)) {
        n += f.tag == P2P__PB_BYTES(P2P__IDENTIFY_ADDR) ? 1 : 0;
    }
    assert_int_equal(r.err, 0);
    return n;
}

static void test_addresses_that_we_tell(void **state)
{
    static const struct p2p_stream_events told_events = {.data = on_told};
    static const char *const identify[] = {"/ipfs/id/1.0.0"};
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct told told = {.len = 0};
    struct p2p_stream *s;

    (void)state;
    world(&sim, 2);
    sim.hosts[0].ifaces.list = many_ifaces;
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(p2p_host_addrs(a.host, NULL, 0), P2P__CAP_OWN_ADDRS + 9);
    assert_int_equal(simhost_dial(&b, &a), 0);
    sim_run(&sim, P2P__SEC(3));
    assert_int_equal(p2p_stream_open(b.host, p2p_host_id(a.host), identify, 1,
                                     &told_events, &told, &s),
                     0);
    sim_run(&sim, P2P__SEC(5));
    assert_int_equal(told_addrs(&told), P2P__CAP_OWN_ADDRS);
    simhost_stop(&b);
    sim_run(&sim, P2P__SEC(20));
    assert_true(simhost_is_idle(&a));
    simhost_stop(&a);
    sim_fini(&sim);
}

/* A packet of mDNS: the peer of that number, with a small id, is at a port. */
static size_t forge(uint8_t *buf, size_t cap, uint8_t number, unsigned port)
{
    struct p2p_peer_id id = {
        .len = 38, .bytes = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20, 0, number}};
    char text[200], name[P2P_PEER_ID_TEXT_MAX];
    struct p2p__dnsw w;
    size_t mark;

    (void)snprintf(text, sizeof text, "dnsaddr=/ip4/10.0.0.4/tcp/%u/p2p/%s",
                   port, p2p_peer_id_text(&id, name));
    p2p__dnsw_init(&w, buf, cap, 0, 0x8400);
    mark = p2p__dnsw_open(&w, P2P__DNS_ADDITIONAL, "x._p2p._udp.local",
                          P2P__DNS_TXT, 120);
    p2p__dnsw_text(&w, "", text);
    p2p__dnsw_close(&w, mark);
    return (size_t)p2p__dnsw_end(&w);
}

static void no_datagram(void *user, struct p2p__slice in,
                        const struct p2p__addr *from, uint32_t ifindex,
                        p2p_ns now)
{
    (void)user;
    (void)in;
    (void)from;
    (void)ifindex;
    (void)now;
}

/* Peers that never were, with ids that are smaller than ours, and that move:
 * two machines say so. Their dials wait up to the cap, others begin. */
static void test_mdns_forged_peers_that_wait(void **state)
{
    static const struct p2p__udp_cb cb = {.datagram = no_datagram};
    const struct p2p__addr group = {
        .family = 4, .ip = {224, 0, 0, 251}, .port = 5353};
    const struct p2p__addr any = {.family = 4, .port = 5353};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct p2p__udp *udp[2];
    struct sim sim;
    struct simhost a = {0};
    uint8_t buf[512];
    int err;

    (void)state;
    cfg.mdns = cfg.mdns_dial = true;
    world(&sim, 4);
    sim_set_group(&sim, 3, 7); /* no answer from there, not even a refusal */
    simhost_start(&a, &sim, 0, &cfg);
    for (size_t m = 0; m < 2; m++) {
        struct p2p__net *net = &sim.hosts[m + 1].net;

        udp[m] = net->udp(net, &any, true, &cb, NULL, &err);
        assert_non_null(udp[m]);
    }
    for (unsigned i = 0; i < 2 * 48; i++) {
        size_t len = forge(buf, sizeof buf, (uint8_t)(i % 48), 1 + i / 48);

        assert_int_equal(udp[i % 2]->send(udp[i % 2], buf, len, &group, 1), 0);
    }
    sim_run(&sim, sim.now + P2P__MS(500));
    assert_int_equal(stats_of(&a).peers_known, 48);
    assert_in_range(a.host->swarm->n_dials + a.host->swarm->n_dial_queue, 1,
                    2 * 48 - P2P__CAP_MDNS_WAITING);
    sim_run(&sim, sim.now + P2P__SEC(120));
    assert_true(simhost_is_idle(&a));
    for (size_t m = 0; m < 2; m++) {
        udp[m]->close(udp[m]);
    }
    simhost_stop(&a);
    sim_fini(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_book_forgets_the_oldest),
        cmocka_unit_test(test_addresses_of_one_peer),
        cmocka_unit_test(test_T17_an_address_said_again_takes_one_place),
        cmocka_unit_test(test_streams_that_wait_for_a_peer),
        cmocka_unit_test(test_dials_wait_in_a_queue_that_ends),
        cmocka_unit_test(test_one_dial_tries_so_many_addresses),
        cmocka_unit_test(test_T32_hearsay_is_little_of_a_dial),
        cmocka_unit_test(test_handlers_and_listeners_are_counted),
        cmocka_unit_test(test_connections_with_one_peer),
        cmocka_unit_test(test_streams_that_do_not_negotiate),
        cmocka_unit_test(test_pending_handshakes_of_the_whole_host),
        cmocka_unit_test(test_topics_of_the_application),
        cmocka_unit_test(test_pubsub_streams_are_not_opened_for_ever),
        cmocka_unit_test(test_T21_rpcs_that_are_too_long),
        cmocka_unit_test(test_mdns_dials_that_wait),
        cmocka_unit_test(test_addresses_that_we_tell),
        cmocka_unit_test(test_mdns_forged_peers_that_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
