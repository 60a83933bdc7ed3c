/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole hosts in the simulated world: connections, streams, back-pressure,
 * limits, and what happens when the other end misbehaves or goes away. Ending
 * a host asserts that every quota is back at zero, so each test is a ledger.
 */
#include <stdlib.h>

#include "simhost.h"
#include "unit.h"

static const char *const echo_protocol[] = {"/echo/1.0.0"};

static void world(struct sim *sim, size_t n)
{
    const struct sim_cfg cfg = {
        .seed = 7, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};

    sim_init(sim, &cfg, n);
}

/* The server sends back what comes. */
static void server_data(void *user, struct p2p_stream *s, const uint8_t *p,
                        size_t len)
{
    (void)user;
    if (p2p_stream_send(s, p, len) != 0) {
        p2p_stream_reset(s);
    }
}

static void server_finished(void *user, struct p2p_stream *s)
{
    (void)user;
    p2p_stream_finish(s);
}

static const struct p2p_stream_events server_events = {
    .data = server_data,
    .finished = server_finished,
};

static void on_stream(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &server_events, user);
}

/* The client counts and checks what comes back. */
struct client {
    struct sim *sim;
    uint64_t sent;
    uint64_t got;
    uint64_t total;
    int status;
    bool closed;
    bool wrong;
};

static void client_send(struct client *c, struct p2p_stream *s)
{
    uint8_t chunk[4096];

    while (c->sent < c->total) {
        for (size_t i = 0; i < sizeof chunk; i++) {
            chunk[i] = (uint8_t)((c->sent + i) * 7);
        }
        if (p2p_stream_send(s, chunk, sizeof chunk) != 0) {
            return;
        }
        c->sent += sizeof chunk;
    }
    p2p_stream_finish(s);
}

static void client_writable(void *user, struct p2p_stream *s)
{
    client_send(user, s);
}

static void client_data(void *user, struct p2p_stream *s, const uint8_t *p,
                        size_t len)
{
    struct client *c = user;

    (void)s;
    for (size_t i = 0; i < len; i++) {
        c->wrong = c->wrong || p[i] != (uint8_t)((c->got + i) * 7);
    }
    c->got += len;
}

static void client_closed(void *user, struct p2p_stream *s, int status)
{
    struct client *c = user;

    (void)s;
    c->closed = true;
    c->status = status;
}

static const struct p2p_stream_events client_events = {
    .data = client_data,
    .writable = client_writable,
    .closed = client_closed,
};

static void test_echo_of_a_mebibyte_over_dialed_connection(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct client c = {.total = 1 << 20};
    struct p2p_stream *s;
    char addr[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(p2p_host_handle(b.host, echo_protocol[0], on_stream, NULL),
                     0);
    assert_int_equal(p2p_host_add_addr(a.host, simhost_addr(&b, addr), 0), 0);
    /* The stream is asked for before there is a connection. */
    assert_int_equal(p2p_stream_open(a.host, p2p_host_id(b.host), echo_protocol,
                                     1, &client_events, &c, &s),
                     0);
    client_send(&c, s);
    sim_run(&sim, P2P__SEC(60));
    assert_true(c.closed);
    assert_int_equal(c.status, 0);
    assert_false(c.wrong);
    assert_int_equal(c.got, c.total);
    assert_int_equal(simhost_conns(&a), 1);
    simhost_stop(&a);
    sim_run(&sim, P2P__SEC(61));
    assert_int_equal(simhost_conns(&b), 0);
    assert_int_equal(b.downs, 1);
    simhost_stop(&b);
    sim_fini(&sim);
}

/* What an end knows of a stream's connection. */
struct bound {
    uint8_t binding[P2P_BINDING_BYTES];
    unsigned count;
};

static void on_bound(void *user, struct p2p_stream *s)
{
    struct bound *b = user;

    assert_int_equal(p2p_stream_binding(s, b->binding), 0);
    b->count++;
    p2p_stream_listen(s, &server_events, user);
}

static void bound_opened(void *user, struct p2p_stream *s)
{
    on_bound(user, s);
    p2p_stream_finish(s);
}

static const struct p2p_stream_events bound_events = {.opened = bound_opened};

/* Opens a stream from a to b; both ends say what they are bound to. */
static void bind_once(struct simhost *a, struct simhost *b, struct bound *mine)
{
    struct p2p_stream *s;
    uint8_t none[P2P_BINDING_BYTES];
    bool waits = simhost_conns(a) == 0;

    assert_int_equal(p2p_stream_open(a->host, p2p_host_id(b->host),
                                     echo_protocol, 1, &bound_events, mine, &s),
                     0);
    if (waits) {
        assert_int_equal(p2p_stream_binding(s, none), P2P_ESTATE);
    }
}

static void test_both_ends_are_bound_to_one_connection(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct bound mine = {0}, theirs = {0};
    uint8_t first[P2P_BINDING_BYTES];
    char addr[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(
        p2p_host_handle(b.host, echo_protocol[0], on_bound, &theirs), 0);
    assert_int_equal(p2p_host_add_addr(a.host, simhost_addr(&b, addr), 0), 0);
    bind_once(&a, &b, &mine);
    sim_run(&sim, P2P__SEC(5));
    assert_int_equal(mine.count, 1);
    assert_int_equal(theirs.count, 1);
    assert_memory_equal(mine.binding, theirs.binding, P2P_BINDING_BYTES);
    memcpy(first, mine.binding, sizeof first);
    bind_once(&a, &b, &mine); /* the same connection */
    sim_run(&sim, P2P__SEC(10));
    assert_int_equal(theirs.count, 2);
    assert_memory_equal(first, theirs.binding, sizeof first);
    (void)p2p_host_disconnect(a.host, p2p_host_id(b.host));
    sim_run(&sim, P2P__SEC(15));
    assert_int_equal(simhost_conns(&a), 0);
    bind_once(&a, &b, &mine); /* another one */
    sim_run(&sim, P2P__SEC(20));
    assert_int_equal(theirs.count, 3);
    assert_memory_equal(mine.binding, theirs.binding, P2P_BINDING_BYTES);
    assert_memory_not_equal(first, mine.binding, sizeof first);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_protocol_that_nobody_serves_is_ENOPROTO(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct client c = {.total = 4096};
    static const char *const two[] = {"/nope/1", "/nope/2"};
    struct p2p_stream *s;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(2));
    for (size_t n = 1; n <= 2; n++) {
        c.closed = false;
        assert_int_equal(p2p_stream_open(a.host, p2p_host_id(b.host), two, n,
                                         &client_events, &c, &s),
                         0);
        sim_run(&sim, sim.now + P2P__SEC(2));
        assert_true(c.closed);
        assert_int_equal(c.status, P2P_ENOPROTO);
    }
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_simultaneous_dials_settle_on_one(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct sim_cfg cfg = {.seed = seed,
                                    .latency_min = P2P__MS(1),
                                    .latency_max = P2P__MS(40)};
        struct sim sim;
        struct simhost a = {0}, b = {0};

        sim_init(&sim, &cfg, 2);
        simhost_start(&a, &sim, 0, NULL);
        simhost_start(&b, &sim, 1, NULL);
        assert_int_equal(simhost_dial(&a, &b), 0);
        assert_int_equal(simhost_dial(&b, &a), 0);
        sim_run(&sim, P2P__SEC(5));
        assert_int_equal(simhost_conns(&a), 1);
        assert_int_equal(simhost_conns(&b), 1);
        assert_int_equal(a.ups, 1);
        assert_int_equal(a.downs, 0);
        simhost_stop(&a);
        simhost_stop(&b);
        sim_fini(&sim);
    }
}

struct dialed {
    int status;
    unsigned calls;
};

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct dialed *d = user;

    (void)peer;
    d->status = status;
    d->calls++;
}

static void test_dial_says_who_answered_and_why_not(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0}, c = {0};
    struct dialed d = {0};
    char to_b[P2P_MULTIADDR_TEXT_MAX], to_c[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    world(&sim, 4);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    simhost_start(&c, &sim, 2, NULL);
    /* b's address with c's id: the one that answers is not the one dialed. */
    (void)simhost_addr(&b, to_b);
    (void)simhost_addr(&c, to_c);
    *strstr(to_b, "/p2p/") = '\0';
    strcat(to_b, strstr(to_c, "/p2p/"));
    assert_int_equal(p2p_host_dial(a.host, to_b, on_dialed, &d), 0);
    sim_run(&sim, P2P__SEC(5));
    assert_int_equal(d.calls, 1);
    assert_int_equal(d.status, P2P_EPEER);
    assert_int_equal(
        p2p_host_dial(a.host, "/ip4/10.0.0.2/tcp/5", on_dialed, &d), 0);
    sim_run(&sim, P2P__SEC(10));
    assert_int_equal(d.calls, 2);
    assert_int_equal(d.status, P2P_EREFUSED);
    assert_int_equal(
        p2p_host_dial(a.host, "/ip4/10.0.0.9/tcp/5", on_dialed, &d), 0);
    sim_run(&sim, P2P__SEC(40));
    assert_int_equal(d.calls, 3);
    assert_int_equal(d.status, P2P_EUNREACH);
    assert_int_equal(p2p_host_dial(a.host, simhost_addr(&a, to_b), NULL, NULL),
                     P2P_ESELF);
    assert_int_equal(p2p_host_dial(a.host, "/ip4/1.2.3.4/udp/5", NULL, NULL),
                     P2P_ENOTSUP);
    simhost_stop(&a);
    simhost_stop(&b);
    simhost_stop(&c);
    sim_fini(&sim);
}

static void test_kept_peer_is_dialed_again(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    char addr[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_key *key;
    struct p2p_peer_id id;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    id = *p2p_host_id(b.host);
    assert_int_equal(p2p_host_add_addr(a.host, simhost_addr(&b, addr), 0), 0);
    assert_int_equal(p2p_host_keep(a.host, &id, true), 0);
    sim_run(&sim, P2P__SEC(5));
    assert_int_equal(simhost_conns(&a), 1);
    /* b goes away for a minute, and comes back with the same key. */
    key = b.key;
    b.key = NULL;
    p2p_host_free(b.host);
    sim_run(&sim, P2P__SEC(65));
    assert_int_equal(simhost_conns(&a), 0);
    b.key = key;
    simhost_start(&b, &sim, 1, NULL);
    sim_run(&sim, P2P__SEC(300));
    assert_int_equal(simhost_conns(&a), 1);
    assert_int_equal(p2p_host_keep(a.host, &id, false), 0);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_a_kept_peer_that_is_disconnected_is_let_go(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    char addr[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_peer_id id;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    id = *p2p_host_id(b.host);
    assert_int_equal(p2p_host_add_addr(a.host, simhost_addr(&b, addr), 0), 0);
    assert_int_equal(p2p_host_keep(a.host, &id, true), 0);
    sim_run(&sim, P2P__SEC(5));
    assert_int_equal(simhost_conns(&a), 1);
    assert_int_equal(p2p_host_disconnect(a.host, &id), 0);
    sim_run(&sim, P2P__SEC(60));
    assert_int_equal(simhost_conns(&a), 0);
    /* Nothing holds the peer any more. */
    assert_int_equal(p2p__book_find(&a.host->swarm->book, &id)->refs, 0);
    assert_int_equal(p2p_host_keep(a.host, &id, false), 0);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

/* While it is away, between two dials or in the midst of one. */
static void disconnect_who_is_away(p2p_ns after)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    char addr[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_peer_id id;

    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    id = *p2p_host_id(b.host);
    assert_int_equal(p2p_host_add_addr(a.host, simhost_addr(&b, addr), 0), 0);
    assert_int_equal(p2p_host_keep(a.host, &id, true), 0);
    if (after > P2P__SEC(1)) {
        sim_run(&sim, P2P__SEC(5));
        simhost_end(&b);
    }
    sim_run(&sim, after);
    assert_int_equal(simhost_conns(&a), 0);
    assert_int_equal(p2p_host_disconnect(a.host, &id), 0);
    assert_int_equal(p2p_host_disconnect(a.host, &id), P2P_ENOTFOUND);
    if (after > P2P__SEC(1)) {
        simhost_start(&b, &sim, 1, NULL);
    }
    sim_run(&sim, after + P2P__SEC(700));
    assert_int_equal(a.ups, after > P2P__SEC(1) ? 1 : 0);
    assert_int_equal(simhost_conns(&a), 0);
    assert_int_equal(p2p__book_find(&a.host->swarm->book, &id)->refs, 0);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_a_kept_peer_that_is_away_is_let_go(void **state)
{
    (void)state;
    disconnect_who_is_away(P2P__SEC(20));
    disconnect_who_is_away(P2P__MS(2)); /* TCP */
    for (p2p_ns at = P2P__MS(10); at <= P2P__MS(30); at += P2P__MS(5)) {
        disconnect_who_is_away(at); /* the handshake */
    }
}

/* A dial that was given up goes on for a stream that came then. */
static void test_a_stream_saves_the_dial_of_one_let_go(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    char addr[P2P_MULTIADDR_TEXT_MAX];
    struct client c = {.total = 1 << 12};
    struct p2p_stream *s;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(p2p_host_handle(b.host, echo_protocol[0], on_stream, NULL),
                     0);
    assert_int_equal(p2p_host_add_addr(a.host, simhost_addr(&b, addr), 0), 0);
    assert_int_equal(p2p_host_keep(a.host, p2p_host_id(b.host), true), 0);
    sim_run(&sim, P2P__MS(2));
    assert_int_equal(p2p_host_disconnect(a.host, p2p_host_id(b.host)), 0);
    assert_int_equal(p2p_stream_open(a.host, p2p_host_id(b.host), echo_protocol,
                                     1, &client_events, &c, &s),
                     0);
    client_send(&c, s);
    sim_run(&sim, P2P__SEC(5));
    assert_true(c.closed);
    assert_int_equal(c.status, 0);
    assert_int_equal(c.got, 1 << 12);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

/* A raw pipe that connects and says nothing. */
static void mute_connected(void *user, int status, p2p_ns now)
{
    (void)now;
    *(int *)user = status;
}

static void mute_data(void *user, struct p2p__slice in, p2p_ns now)
{
    (void)user;
    (void)in;
    (void)now;
}

static void mute_writable(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static void mute_ended(void *user, int status, p2p_ns now)
{
    (void)status;
    (void)now;
    *(int *)user = 99;
}

static const struct p2p__pipe_cb mute_cb = {
    .connected = mute_connected,
    .data = mute_data,
    .writable = mute_writable,
    .ended = mute_ended,
};

static void test_T36_silent_connections_are_few_and_end(void **state)
{
    struct sim sim;
    struct simhost a = {0};
    struct p2p_host_stats stats;
    struct p2p__pipe *pipes[20];
    int status[20] = {0};
    size_t ended = 0;
    int err;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    for (size_t i = 0; i < 20; i++) {
        struct p2p__addr to = sim.hosts[0].addr;

        to.port = SIMHOST_PORT;
        status[i] = -1;
        pipes[i] = sim.hosts[1].net.dial(&sim.hosts[1].net, &to, &mute_cb,
                                         &status[i], &err);
        assert_non_null(pipes[i]);
    }
    sim_run(&sim, P2P__SEC(2));
    for (size_t i = 0; i < 20; i++) {
        pipes[i]->ops->read(pipes[i], true);
    }
    p2p_host_stats(a.host, &stats, sizeof stats);
    assert_int_equal(stats.handshakes_pending, P2P__CAP_CONN_PENDING_PER_ADDR);
    assert_int_equal(stats.refused_pending,
                     20 - P2P__CAP_CONN_PENDING_PER_ADDR);
    sim_run(&sim, P2P__SEC(13));
    p2p_host_stats(a.host, &stats, sizeof stats);
    assert_int_equal(stats.handshakes_pending, 0);
    assert_int_equal(stats.conns_in, 0);
    assert_int_equal(stats.memory_bytes, 0);
    for (size_t i = 0; i < 20; i++) {
        ended += status[i] == 99 ? 1 : 0;
    }
    assert_int_equal(ended, 20);
    simhost_stop(&a);
    sim_fini(&sim);
}

/* A server that never consumes: the client must be stopped by the window. */
static void hoard_data(void *user, struct p2p_stream *s, const uint8_t *p,
                       size_t len)
{
    (void)s;
    (void)p;
    *(uint64_t *)user += len;
}

static const struct p2p_stream_events hoard_events = {.data = hoard_data};

static void on_hoard(void *user, struct p2p_stream *s)
{
    p2p_stream_manual(s);
    p2p_stream_listen(s, &hoard_events, user);
}

static void test_a_reader_that_does_not_consume_stops_the_writer(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct client c = {.total = 64 << 20};
    struct p2p_stream *s;
    struct p2p_host_stats stats;
    uint64_t taken = 0;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(
        p2p_host_handle(b.host, echo_protocol[0], on_hoard, &taken), 0);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(2));
    assert_int_equal(p2p_stream_open(a.host, p2p_host_id(b.host), echo_protocol,
                                     1, &client_events, &c, &s),
                     0);
    client_send(&c, s);
    sim_run(&sim, P2P__SEC(20));
    assert_true(taken > 0 && taken <= 256 * 1024);
    assert_true(c.sent < 1 << 20);
    p2p_host_stats(a.host, &stats, sizeof stats);
    assert_true(stats.memory_bytes < 1 << 20);
    assert_false(c.closed);
    p2p_stream_reset(s);
    sim_run(&sim, P2P__SEC(22));
    assert_true(c.closed);
    assert_int_equal(c.status, P2P_ECANCELED);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

/* A server that takes everything and answers with its end. */
static const struct p2p_stream_events sink_events = {
    .data = hoard_data,
    .finished = server_finished,
};

static void on_sink(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &sink_events, user);
}

#define SENDERS 16

/* More senders than the quota has room for: each gets its turn, and what the
 * connection itself needs is never taken by them. */
static void spend_the_quota(bool mplex)
{
    const struct p2p_host_config cfg = {.size = sizeof cfg,
                                        .max_memory = 1 << 20,
                                        .mplex = mplex,
                                        .no_yamux = mplex};
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct client c[SENDERS] = {0};
    struct p2p_stream *s;
    uint64_t taken = 0;

    world(&sim, 2);
    simhost_start(&a, &sim, 0, &cfg);
    simhost_start(&b, &sim, 1, &cfg);
    assert_int_equal(p2p_host_handle(b.host, echo_protocol[0], on_sink, &taken),
                     0);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(2));
    for (size_t i = 0; i < SENDERS; i++) {
        c[i].total = 1 << 20;
        assert_int_equal(
            p2p_stream_open(a.host, p2p_host_id(b.host), echo_protocol, 1,
                            &client_events, &c[i], &s),
            0);
        client_send(&c[i], s);
    }
    sim_run(&sim, P2P__SEC(120));
    assert_int_equal(taken, (uint64_t)SENDERS << 20);
    for (size_t i = 0; i < SENDERS; i++) {
        assert_true(c[i].closed);
        assert_int_equal(c[i].status, 0);
    }
    assert_int_equal(a.downs, 0);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_a_spent_quota_delays_senders_and_ends_nobody(void **state)
{
    (void)state;
    spend_the_quota(false);
    spend_the_quota(true);
}

static void test_more_than_the_quota_is_ELIMIT(void **state)
{
    const struct p2p_host_config cfg = {.size = sizeof cfg,
                                        .max_memory = 1 << 20};
    static uint8_t much[600 * 1024];
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct client c = {0};
    struct p2p_stream *s;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, &cfg);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(p2p_host_handle(b.host, echo_protocol[0], on_stream, NULL),
                     0);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(2));
    assert_int_equal(p2p_stream_open(a.host, p2p_host_id(b.host), echo_protocol,
                                     1, &client_events, &c, &s),
                     0);
    assert_int_equal(p2p_stream_send(s, much, sizeof much), P2P_ELIMIT);
    p2p_stream_finish(s);
    sim_run(&sim, P2P__SEC(4));
    assert_true(c.closed);
    assert_int_equal(c.status, 0);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo_of_a_mebibyte_over_dialed_connection),
        cmocka_unit_test(test_both_ends_are_bound_to_one_connection),
        cmocka_unit_test(test_protocol_that_nobody_serves_is_ENOPROTO),
        cmocka_unit_test(test_simultaneous_dials_settle_on_one),
        cmocka_unit_test(test_dial_says_who_answered_and_why_not),
        cmocka_unit_test(test_kept_peer_is_dialed_again),
        cmocka_unit_test(test_a_kept_peer_that_is_disconnected_is_let_go),
        cmocka_unit_test(test_a_kept_peer_that_is_away_is_let_go),
        cmocka_unit_test(test_a_stream_saves_the_dial_of_one_let_go),
        cmocka_unit_test(test_T36_silent_connections_are_few_and_end),
        cmocka_unit_test(test_a_reader_that_does_not_consume_stops_the_writer),
        cmocka_unit_test(test_a_spent_quota_delays_senders_and_ends_nobody),
        cmocka_unit_test(test_more_than_the_quota_is_ELIMIT),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
