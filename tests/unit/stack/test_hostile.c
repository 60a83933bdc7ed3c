/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Hosts whose peers take all that they can get: connections, descriptors,
 * streams and memory of a connection, a peer, and the whole host. Each limit
 * is seen in the host's numbers while it holds, and once the peers are gone,
 * those numbers are back at nothing.
 *
 * Limits of thousands are reached in little time by charging a scope with
 * most of it, as if others held that.
 */
#include <stdlib.h>

#include "p2p/limit.h"
#include "simhost.h"
#include "stack/connmgr.h"
#include "unit.h"

#define LEFT 10

static const char *const protocol[] = {"/hostile/1"};

static void world(struct sim *sim, size_t n)
{
    const struct sim_cfg cfg = {
        .seed = 23, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};

    sim_init(sim, &cfg, n);
}

static void run(struct sim *sim, uint64_t ms)
{
    sim_run(sim, sim->now + P2P__MS(ms));
}

static struct p2p_host_stats stats_of(const struct simhost *h)
{
    struct p2p_host_stats s;

    p2p_host_stats(h->host, &s, sizeof s);
    return s;
}

/* The victim, and those who are after it. */
struct ring {
    struct sim sim;
    struct simhost a;
    struct simhost b[12];
    size_t n;
};

static struct ring *ring_new(size_t n, const struct p2p_host_config *cfg)
{
    struct ring *r = test_calloc(1, sizeof *r);

    r->n = n;
    world(&r->sim, n + 1);
    simhost_start(&r->a, &r->sim, 0, cfg);
    for (size_t i = 0; i < n; i++) {
        simhost_start(&r->b[i], &r->sim, i + 1, NULL);
    }
    return r;
}

/* The peers go away, and nothing is left of them. */
static void ring_free(struct ring *r)
{
    for (size_t i = 0; i < r->n; i++) {
        simhost_stop(&r->b[i]);
    }
    run(&r->sim, 20000);
    assert_true(simhost_is_idle(&r->a));
    simhost_stop(&r->a);
    sim_fini(&r->sim);
    test_free(r);
}

/* Everybody dials the victim. */
static void ring_close_in(struct ring *r)
{
    for (size_t i = 0; i < r->n; i++) {
        assert_int_equal(simhost_dial(&r->b[i], &r->a), 0);
    }
    run(&r->sim, 2000);
}

static struct p2p__conn *first_conn(const struct simhost *h)
{
    struct p2p__list *link = p2p__list_first(&h->host->swarm->conns);

    assert_non_null(link);
    return P2P__CONTAINER(link, struct p2p__conn, link);
}

/* What others hold of a limit: all but `left`. */
struct share {
    struct p2p__quota *q;
    enum p2p__quota_kind kind;
    uint64_t n;
};

static struct share share_take(struct p2p__quota *q, enum p2p__quota_kind kind,
                               uint64_t cap, uint64_t left)
{
    struct share s = {q, kind, cap - left - q->used[kind]};

    assert_int_equal(p2p__quota_take(q, kind, s.n), 0);
    return s;
}

static void share_give(const struct share *s)
{
    p2p__quota_give(s->q, s->kind, s->n);
}

static void test_inbound_connections(void **state)
{
    struct ring *r = ring_new(LEFT + 2, NULL);
    struct share s = share_take(&r->a.host->swarm->quota, P2P__Q_CONNS_IN,
                                P2P__CAP_HOST_CONNS_IN, LEFT);

    (void)state;
    for (size_t i = 0; i < r->n; i++) { /* strangers have fewer */
        assert_int_equal(
            p2p_host_protect(r->a.host, p2p_host_id(r->b[i].host), true), 0);
    }
    ring_close_in(r);
    assert_int_equal(stats_of(&r->a).conns_in, P2P__CAP_HOST_CONNS_IN);
    assert_int_equal(simhost_conns(&r->a), LEFT);
    assert_int_equal(stats_of(&r->a).refused_quota, 2);
    share_give(&s);
    ring_free(r);
}

static void test_descriptors(void **state)
{
    struct ring *r = ring_new(LEFT + 2, NULL);
    struct share s = share_take(&r->a.host->swarm->quota, P2P__Q_FDS,
                                P2P__CAP_HOST_FDS, LEFT);

    (void)state;
    ring_close_in(r);
    assert_int_equal(stats_of(&r->a).descriptors, P2P__CAP_HOST_FDS);
    assert_int_equal(simhost_conns(&r->a), LEFT);
    assert_int_equal(stats_of(&r->a).refused_quota, 2);
    /* A listener is one too. */
    assert_int_equal(p2p_host_listen(r->a.host, "/ip4/0.0.0.0/tcp/5"),
                     P2P_ELIMIT);
    share_give(&s);
    ring_free(r);
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    (void)peer;
    *(int *)user = status;
}

static void test_outbound_connections(void **state)
{
    struct ring *r = ring_new(2, NULL);
    char addr[P2P_MULTIADDR_TEXT_MAX];
    int status[2] = {1, 1};
    struct share s = share_take(&r->a.host->swarm->quota, P2P__Q_CONNS_OUT,
                                P2P__CAP_HOST_CONNS_OUT, 1);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(p2p_host_dial(r->a.host, simhost_addr(&r->b[i], addr),
                                       on_dialed, &status[i]),
                         0);
    }
    run(&r->sim, 2000);
    assert_int_equal(stats_of(&r->a).conns_out, P2P__CAP_HOST_CONNS_OUT);
    assert_int_equal(status[0], 0);
    assert_int_equal(status[1], P2P_ELIMIT);
    share_give(&s);
    ring_free(r);
}

static void on_closed(void *user, struct p2p_stream *s, int status)
{
    (void)s;
    if (status == P2P_ELIMIT || status == P2P_ERESET) {
        ++*(unsigned *)user;
    }
}

static const struct p2p_stream_events closed_events = {.closed = on_closed};

static void keep_stream(void *user, struct p2p_stream *s)
{
    (void)user;
    p2p_stream_listen(s, NULL, NULL);
}

/* `from` opens LEFT + 5 streams; how many of them end. */
static unsigned open_streams(struct ring *r, struct simhost *from,
                             const struct simhost *to, unsigned *ended)
{
    struct p2p_stream *s;

    *ended = 0;
    for (int i = 0; i < LEFT + 5; i++) {
        int rv = p2p_stream_open(from->host, p2p_host_id(to->host), protocol, 1,
                                 &closed_events, ended, &s);

        *ended += rv == P2P_ELIMIT ? 1 : 0;
    }
    run(&r->sim, 3000);
    return *ended;
}

/* One peer opens streams when there is room for LEFT of them in a scope: its
 * connection, itself, or the host. */
static void streams_in(unsigned level, uint64_t cap)
{
    struct ring *r = ring_new(1, NULL);
    struct p2p__quota *q;
    unsigned ended;
    struct share s;

    assert_int_equal(p2p_host_handle(r->a.host, protocol[0], keep_stream, NULL),
                     0);
    ring_close_in(r);
    for (q = &first_conn(&r->a)->quota; level > 0; level--) {
        q = q->parent;
    }
    s = share_take(q, P2P__Q_STREAMS_IN, cap, LEFT);
    assert_int_equal(open_streams(r, &r->b[0], &r->a, &ended), 5);
    assert_int_equal(q->used[P2P__Q_STREAMS_IN], cap);
    assert_true(stats_of(&r->a).streams_in >= cap);
    assert_int_equal(stats_of(&r->a).refused_quota, 5);
    assert_int_equal(simhost_conns(&r->a), 1);
    share_give(&s);
    ring_free(r);
}

static void test_inbound_streams(void **state)
{
    (void)state;
    streams_in(0, P2P__CAP_CONN_STREAMS_IN);
    streams_in(1, P2P__CAP_PEER_STREAMS_IN);
    streams_in(2, P2P__CAP_HOST_STREAMS_IN);
}

static void streams_out(unsigned level, uint64_t cap)
{
    struct ring *r = ring_new(1, NULL);
    struct p2p__quota *q;
    unsigned ended;
    struct share s;

    assert_int_equal(
        p2p_host_handle(r->b[0].host, protocol[0], keep_stream, NULL), 0);
    ring_close_in(r);
    for (q = &first_conn(&r->a)->quota; level > 0; level--) {
        q = q->parent;
    }
    s = share_take(q, P2P__Q_STREAMS_OUT, cap, LEFT);
    assert_int_equal(open_streams(r, &r->a, &r->b[0], &ended), 5);
    assert_true(stats_of(&r->a).streams_out >= cap);
    share_give(&s);
    ring_free(r);
}

static void test_outbound_streams(void **state)
{
    (void)state;
    streams_out(0, P2P__CAP_CONN_STREAMS_OUT);
    streams_out(1, P2P__CAP_PEER_STREAMS_OUT);
    streams_out(2, P2P__CAP_HOST_STREAMS_OUT);
}

/* The victim sends to whoever opens a stream, as much as it may. */
static void pour_on(void *user, struct p2p_stream *s)
{
    static const uint8_t chunk[16384];
    int *why = user, rv = 0;

    while (rv == 0) {
        rv = p2p_stream_send(s, chunk, sizeof chunk);
    }
    *why = rv;
}

static const struct p2p_stream_events pour_events = {.writable = pour_on};

static void pour(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &pour_events, user);
    pour_on(user, s);
}

/* The other end never says that it dealt with anything. */
static struct p2p_stream *never_read(struct simhost *from,
                                     const struct simhost *to)
{
    struct p2p_stream *s;

    assert_int_equal(p2p_stream_open(from->host, p2p_host_id(to->host),
                                     protocol, 1, NULL, NULL, &s),
                     0);
    p2p_stream_manual(s);
    return s;
}

/* A peer that never reads, when 300 KiB are left in a scope: sending leaves
 * 256 of them. */
static void memory(unsigned level, uint64_t cap)
{
    struct ring *r = ring_new(1, NULL);
    struct p2p__quota *q;
    struct share s;
    int why = 0;

    assert_int_equal(p2p_host_handle(r->a.host, protocol[0], pour, &why), 0);
    ring_close_in(r);
    for (q = &first_conn(&r->a)->quota; level > 0; level--) {
        q = q->parent;
    }
    s = share_take(q, P2P__Q_MEMORY, cap, 300 * 1024);
    (void)never_read(&r->b[0], &r->a);
    run(&r->sim, 1000);
    assert_int_equal(why, P2P_EAGAIN);
    assert_true(stats_of(&r->a).memory_bytes - s.n <= 128 * 1024);
    assert_true(q->used[P2P__Q_MEMORY] <= cap);
    assert_true(stats_of(&r->a).refused_quota > 0);
    assert_true(stats_of(&r->a).memory_bytes >= s.n);
    share_give(&s);
    ring_free(r);
}

static void test_memory(void **state)
{
    (void)state;
    memory(0, P2P__CAP_CONN_MEMORY_BYTES);
    memory(1, P2P__CAP_PEER_MEMORY_BYTES);
    memory(2, P2P__CAP_HOST_MEMORY_BYTES);
}

/* Nobody of many reads, and none of them alone holds much. */
static void test_many_peers_share_max_memory(void **state)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct ring *r;
    uint64_t most = 0;
    int why = 0;

    (void)state;
    cfg.max_memory = 4 << 20;
    r = ring_new(8, &cfg);
    assert_int_equal(p2p_host_handle(r->a.host, protocol[0], pour, &why), 0);
    ring_close_in(r);
    for (int i = 0; i < 8 * 8; i++) {
        (void)never_read(&r->b[i % 8], &r->a);
        for (int k = 0; k < 5; k++) {
            run(&r->sim, 20);
            most = p2p__max(most, stats_of(&r->a).memory_bytes);
        }
    }
    assert_in_range(most, (4 << 20) - 320 * 1024, 4 << 20);
    assert_true(stats_of(&r->a).refused_quota > 0);
    ring_free(r);
}

/* Takes the gossip stream that is opened to it, and reads nothing of it. */
static void read_nothing(void *user, struct p2p_stream *s)
{
    ++*(unsigned *)user;
    p2p_stream_manual(s);
    p2p_stream_listen(s, NULL, NULL);
}

/* A peer that wants all messages of a topic, and reads none of them. */
static void test_a_subscriber_that_never_reads(void **state)
{
    static const char *const gossip[] = {"/meshsub/1.2.0"};
    static const uint8_t subscribe[] = "\x07\x0a\x05\x08\x01\x12\x01t";
    static uint8_t data[100000];
    struct ring *r = ring_new(1, NULL);
    struct p2p_pubsub *ps;
    struct p2p_stream *s;
    uint64_t before, most = 0;
    unsigned streams = 0;

    (void)state;
    assert_int_equal(p2p_pubsub_new(r->a.host, NULL, &ps), 0);
    before = stats_of(&r->a).memory_bytes;
    assert_int_equal(
        p2p_host_handle(r->b[0].host, gossip[0], read_nothing, &streams), 0);
    ring_close_in(r);
    assert_int_equal(streams, 1);
    assert_int_equal(p2p_stream_open(r->b[0].host, p2p_host_id(r->a.host),
                                     gossip, 1, NULL, NULL, &s),
                     0);
    assert_int_equal(p2p_stream_send(s, subscribe, sizeof subscribe - 1), 0);
    run(&r->sim, 1000);
    assert_int_equal(p2p_pubsub_peers(ps, "t", false, NULL, 0), 1);
    for (unsigned i = 0; i < 1000; i++) {
        memcpy(data, &i, sizeof i);
        (void)p2p_pubsub_publish(ps, "t", data, sizeof data);
        run(&r->sim, 100);
        most = p2p__max(most, stats_of(&r->a).memory_bytes);
    }
    /* Its queue, and the history that is kept for everybody. */
    assert_in_range(most, 4 << 20, 2 * (4 << 20) + (6 << 20));
    assert_int_equal(p2p_host_disconnect(r->a.host, p2p_host_id(r->b[0].host)),
                     0);
    run(&r->sim, 180000);
    assert_int_equal(simhost_conns(&r->a), 0);
    assert_int_equal(stats_of(&r->a).memory_bytes, before);
    simhost_stop(&r->b[0]);
    simhost_stop(&r->a);
    sim_fini(&r->sim);
    test_free(r);
}

/* More open connections than are kept: the old ones go. */
static void test_high_water(void **state)
{
    struct ring *r = ring_new(LEFT, NULL);

    (void)state;
    r->a.host->swarm->n_open += P2P__CAP_CONN_HIGH_WATER - LEFT;
    ring_close_in(r);
    run(&r->sim, 60000);
    assert_int_equal(simhost_conns(&r->a), LEFT);
    r->a.host->swarm->n_open++; /* one of the others' */
    p2p__connmgr_check(r->a.host->swarm, r->sim.now);
    run(&r->sim, 60000);
    assert_int_equal(simhost_conns(&r->a), 0);
    assert_int_equal(stats_of(&r->a).trimmed, LEFT);
    r->a.host->swarm->n_open -= P2P__CAP_CONN_HIGH_WATER - LEFT + 1;
    ring_free(r);
}

static void silent(void *user, int status, p2p_ns now)
{
    (void)user;
    (void)status;
    (void)now;
}

static void silent_data(void *user, struct p2p__slice in, p2p_ns now)
{
    (void)user;
    (void)in;
    (void)now;
}

static void silent_writable(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static const struct p2p__pipe_cb silent_cb = {
    .connected = silent,
    .data = silent_data,
    .writable = silent_writable,
    .ended = silent,
};

static void test_handshakes_that_stall_end_in_time(void **state)
{
    static const char hello[] = "\x13/multistream/1.0.0\n\x07/noise\n";
    struct ring *r = ring_new(1, NULL);
    struct sim_host *machine = &r->sim.hosts[1];
    struct p2p__addr to = r->sim.hosts[0].addr;
    struct p2p__pipe *pipe;
    int err;

    (void)state;
    to.port = SIMHOST_PORT;
    pipe = machine->net.dial(&machine->net, &to, &silent_cb, NULL, &err);
    assert_non_null(pipe);
    /* Each step has a time of its own: late with each is too late in all. */
    run(&r->sim, P2P__CAP_UPGRADE_S * 1000 - 1000);
    assert_int_equal(
        pipe->ops->write(pipe, (const uint8_t *)hello, strlen(hello)), 1);
    run(&r->sim, 500);
    assert_int_equal(stats_of(&r->a).handshakes_pending, 1);
    assert_int_equal(stats_of(&r->a).descriptors, 2);
    run(&r->sim, 1000);
    assert_true(simhost_is_idle(&r->a));
    ring_free(r);
}

static void test_streams_that_stall_end_in_time(void **state)
{
    struct ring *r = ring_new(1, NULL);
    struct p2p__slice nothing = {0};
    struct p2p__conn *c;
    uint64_t memory;
    void *handle;

    (void)state;
    ring_close_in(r);
    memory = stats_of(&r->a).memory_bytes;
    c = first_conn(&r->b[0]);
    assert_int_equal(c->sess_ops->open(c->sess, NULL, &handle, r->sim.now), 0);
    assert_int_equal(c->sess_ops->send(c->sess, handle, &nothing), 0);
    p2p__mark(&c->job);
    run(&r->sim, P2P__CAP_NEGOTIATE_S * 1000 - 500);
    assert_int_equal(stats_of(&r->a).streams_in, 1);
    run(&r->sim, 1000);
    assert_int_equal(stats_of(&r->a).streams_in, 0);
    assert_int_equal(stats_of(&r->a).memory_bytes, memory);
    ring_free(r);
}

static void test_dials_that_stall_end_in_time(void **state)
{
    struct ring *r = ring_new(1, NULL);
    char addr[P2P_MULTIADDR_TEXT_MAX];
    int status = 1;

    (void)state;
    sim_set_group(&r->sim, 1, 7);
    assert_int_equal(p2p_host_dial(r->a.host, simhost_addr(&r->b[0], addr),
                                   on_dialed, &status),
                     0);
    run(&r->sim, P2P__CAP_DIAL_S * 1000 - 500);
    assert_int_equal(stats_of(&r->a).conns_out, 1);
    assert_int_equal(status, 1);
    run(&r->sim, 1000);
    assert_true(status < 0);
    assert_true(simhost_is_idle(&r->a));
    sim_set_group(&r->sim, 1, 0);
    ring_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inbound_connections),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_outbound_connections),
        cmocka_unit_test(test_inbound_streams),
        cmocka_unit_test(test_outbound_streams),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_many_peers_share_max_memory),
        cmocka_unit_test(test_a_subscriber_that_never_reads),
        cmocka_unit_test(test_high_water),
        cmocka_unit_test(test_handshakes_that_stall_end_in_time),
        cmocka_unit_test(test_streams_that_stall_end_in_time),
        cmocka_unit_test(test_dials_that_stall_end_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
