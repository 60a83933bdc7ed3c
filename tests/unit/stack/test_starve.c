/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host that may hold little sends as much at once as it may, and nearly: it
 * goes through in the end, or is refused for good. No stream waits for ever.
 */
#include "flow.h"
#include "unit.h"

#define LOADS 6

/* One big send, and what became of it. */
struct big {
    struct p2p_stream *stream;
    size_t size;
    unsigned asked; /* how often it was tried */
    bool done;
    int rv; /* of the last try */
};

struct pair {
    struct sim sim;
    struct simhost a; /* the one with little memory */
    struct simhost b;
    size_t at_a;
    size_t at_b;
    struct flow load[LOADS];
    struct big big;
};

static void try_big(struct big *g)
{
    static uint8_t bytes[20 << 20];

    assert_true(g->size <= sizeof bytes);
    g->asked++;
    g->rv = p2p_stream_send(g->stream, bytes, g->size);
    g->done = g->rv != P2P_EAGAIN;
}

static void on_writable(void *user, struct p2p_stream *s)
{
    struct big *g = user;

    (void)s;
    if (!g->done) {
        try_big(g);
    }
}

static void on_closed(void *user, struct p2p_stream *s, int status)
{
    struct big *g = user;

    (void)s;
    if (!g->done) {
        g->rv = status;
        g->done = true;
    }
    g->stream = NULL;
}

static const struct p2p_stream_events big_events = {
    .writable = on_writable,
    .closed = on_closed,
};

static uint64_t refusals(const struct simhost *h)
{
    struct p2p_host_stats stats;

    p2p_host_stats(h->host, &stats, sizeof stats);
    return stats.refused_quota;
}

static void pair_start(struct pair *p, uint64_t max_memory, bool mplex)
{
    const struct sim_cfg cfg = {
        .seed = 7, .latency_min = P2P__MS(20), .latency_max = P2P__MS(30)};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    *p = (struct pair){0};
    hc.mplex = hc.no_yamux = mplex;
    sim_init(&p->sim, &cfg, 2);
    simhost_start(&p->b, &p->sim, 1, &hc);
    hc.max_memory = max_memory;
    simhost_start(&p->a, &p->sim, 0, &hc);
    flow_serve(&p->a, &p->at_a);
    flow_serve(&p->b, &p->at_b);
    assert_int_equal(simhost_dial(&p->a, &p->b), 0);
    sim_run(&p->sim, P2P__SEC(3));
    assert_int_equal(simhost_conns(&p->a), 1);
}

static void pair_stop(struct pair *p)
{
    simhost_stop(&p->a);
    simhost_stop(&p->b);
    sim_fini(&p->sim);
}

/* b sends much on streams that stay: a's windows grow as far as they may. */
static void load(struct pair *p)
{
    for (size_t i = 0; i < LOADS; i++) {
        flow_open(&p->load[i], &p->b, &p->a);
    }
    sim_run(&p->sim, p->sim.now + P2P__SEC(1));
    for (int round = 0; round < 400; round++) {
        static const uint8_t chunk[100000];

        for (size_t i = 0; i < LOADS; i++) {
            while (p->load[i].stream != NULL &&
                   p2p_stream_send(p->load[i].stream, chunk, sizeof chunk) ==
                       0) {
            }
        }
        sim_run(&p->sim, p->sim.now + P2P__MS(20));
    }
    sim_run(&p->sim, p->sim.now + P2P__SEC(5));
}

static bool is_done(void *arg)
{
    return ((const struct big *)arg)->done;
}

static void send_big(struct pair *p, size_t size)
{
    static const char *const protocol[] = {"/flow/1.0.0"};

    p->big = (struct big){.size = size};
    assert_int_equal(
        p2p_stream_open(p->a.host, p2p_host_id(p->b.host), protocol, 1,
                        &big_events, &p->big, &p->big.stream),
        0);
    try_big(&p->big);
    (void)sim_run_until(&p->sim, p->sim.now + P2P__SEC(120), is_done, &p->big);
}

/* A send of that many bytes ends, and is refused only when it is too big. */
static void size_ends(struct pair *p, uint64_t quota, size_t size)
{
    size_t before = p->at_b;

    send_big(p, size);
    assert_true(p->big.done);
    assert_int_equal(p->big.rv, size <= quota / 4 ? 0 : P2P_ELIMIT);
    sim_run(&p->sim, p->sim.now + P2P__SEC(5));
    assert_int_equal(p->at_b - before, size <= quota / 4 ? size : 0);
    p2p_stream_reset(p->big.stream);
    sim_run(&p->sim, p->sim.now + P2P__SEC(1));
}

static void sizes_end(uint64_t quota, bool mplex, bool loaded)
{
    struct pair p;

    pair_start(&p, quota, mplex);
    if (loaded) {
        load(&p);
    }
    for (unsigned i = 1; i <= 17; i++) {
        size_ends(&p, quota, quota * i / 32);
    }
    size_ends(&p, quota, quota / 4 - 1);
    size_ends(&p, quota, quota / 4 + 1);
    size_ends(&p, quota, quota / 2 - 1);
    pair_stop(&p);
}

static void test_every_size_goes_through_or_is_refused(void **state)
{
    (void)state;
    for (uint64_t quota = 64 << 10; quota <= 32 << 20; quota *= 2) {
        for (unsigned i = 0; i < 4; i++) {
            sizes_end(quota, i & 1, i & 2);
        }
    }
}

static void hoard_data(void *user, struct p2p_stream *s, const uint8_t *bytes,
                       size_t len)
{
    (void)user;
    (void)s;
    (void)bytes;
    (void)len;
}

static const struct p2p_stream_events hoard_events = {.data = hoard_data};

/* b takes what comes and never says so: what is queued stays. */
static void hoard(void *user, struct p2p_stream *s)
{
    (void)user;
    p2p_stream_manual(s);
    p2p_stream_listen(s, &hoard_events, NULL);
}

/* Fills a's quota with what b does not take, but answers all pings. */
static void fill(struct pair *p, struct p2p_stream **full, size_t n)
{
    static const char *const protocol[] = {"/hoard/1.0.0"};
    static const uint8_t bytes[64 << 10];

    assert_int_equal(p2p_host_handle(p->b.host, protocol[0], hoard, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(p2p_stream_open(p->a.host, p2p_host_id(p->b.host),
                                         protocol, 1, NULL, NULL, &full[i]),
                         0);
        for (int k = 0; k < 20; k++) {
            (void)p2p_stream_send(full[i], bytes, sizeof bytes);
            sim_run(&p->sim, p->sim.now + P2P__MS(100));
        }
    }
}

static void test_a_quota_that_stays_full_is_said_after_a_while(void **state)
{
    struct p2p_stream *full[8];
    struct pair p;
    uint64_t before;
    p2p_ns start;

    (void)state;
    pair_start(&p, 1 << 20, false);
    fill(&p, full, P2P__COUNT(full));
    sim_run(&p.sim, p.sim.now + P2P__SEC(60));
    before = refusals(&p.a);
    start = p.sim.now;
    send_big(&p, 200 << 10);
    assert_true(p.big.done);
    assert_int_equal(p.big.rv, P2P_ELIMIT);
    assert_in_range(p.sim.now - start, P2P__SEC(30), P2P__SEC(31));
    assert_true(p.big.asked > 1000); /* it was asked all the while */
    assert_int_equal(refusals(&p.a), before + 1);

    /* The stream lives: what is tried anew has as long, and gets its turn. */
    p.big.done = false;
    try_big(&p.big);
    assert_int_equal(p.big.rv, P2P_EAGAIN);
    sim_run(&p.sim, p.sim.now + P2P__SEC(20));
    assert_false(p.big.done);
    assert_int_equal(refusals(&p.a), before + 2);
    for (size_t i = 0; i < P2P__COUNT(full); i++) {
        p2p_stream_reset(full[i]);
    }
    sim_run(&p.sim, p.sim.now + P2P__SEC(1));
    assert_true(p.big.done);
    assert_int_equal(p.big.rv, 0);
    assert_int_equal(refusals(&p.a), before + 2);
    pair_stop(&p);
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    *(size_t *)user += m->len;
    return P2P_ACCEPT;
}

/* Its stream goes on, with what comes behind it. */
static void test_a_message_that_never_fits_is_dropped_alone(void **state)
{
    static const uint8_t data[900000]; /* more than a quarter of max_memory */
    struct p2p_pubsub_stats stats;
    size_t heard[2] = {0};
    struct pair p;

    (void)state;
    pair_start(&p, 3 << 20, false);
    assert_int_equal(p2p_pubsub_new(p.a.host, NULL, &p.a.pubsub), 0);
    assert_int_equal(p2p_pubsub_new(p.b.host, NULL, &p.b.pubsub), 0);
    assert_int_equal(
        p2p_pubsub_subscribe(p.a.pubsub, "news", on_message, &heard[0]), 0);
    assert_int_equal(
        p2p_pubsub_subscribe(p.b.pubsub, "news", on_message, &heard[1]), 0);
    sim_run(&p.sim, p.sim.now + P2P__SEC(2));
    assert_int_equal(p2p_pubsub_publish(p.a.pubsub, "news", data, sizeof data),
                     1);
    assert_int_equal(p2p_pubsub_publish(p.a.pubsub, "news", data, 5), 1);
    sim_run(&p.sim, p.sim.now + P2P__SEC(60));
    assert_int_equal(heard[1], 5);
    p2p_pubsub_stats(p.a.pubsub, &stats, sizeof stats);
    assert_int_equal(stats.dropped, 1);
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size_goes_through_or_is_refused),
        cmocka_unit_test(test_a_quota_that_stays_full_is_said_after_a_while),
        cmocka_unit_test(test_a_message_that_never_fits_is_dropped_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
