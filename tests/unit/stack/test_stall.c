/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole hosts with a peer that takes nothing, or takes it slowly: the first is
 * cut off in time and gives all back, the second lives.
 */
#include "flow.h"
#include "unit.h"

#define STREAMS 8

/* Two hosts that are connected, with streams both ways. */
struct pair {
    struct sim sim;
    struct simhost a;
    struct simhost b;
    size_t at_a;
    size_t at_b;
    struct flow from[STREAMS]; /* a's, to b */
    struct flow back;
};

static void pair_start(struct pair *p, uint64_t bytes_per_s, bool mplex)
{
    const struct sim_cfg cfg = {.seed = 5,
                                .latency_min = P2P__MS(5),
                                .latency_max = P2P__MS(15),
                                .bytes_per_s = bytes_per_s};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    *p = (struct pair){0};
    hc.mplex = hc.no_yamux = mplex;
    sim_init(&p->sim, &cfg, 2);
    simhost_start(&p->a, &p->sim, 0, &hc);
    simhost_start(&p->b, &p->sim, 1, &hc);
    flow_serve(&p->a, &p->at_a);
    flow_serve(&p->b, &p->at_b);
    assert_int_equal(simhost_dial(&p->a, &p->b), 0);
    sim_run(&p->sim, P2P__SEC(3));
    assert_int_equal(simhost_conns(&p->a), 1);
    for (size_t i = 0; i < STREAMS; i++) {
        flow_open(&p->from[i], &p->a, &p->b);
    }
    flow_open(&p->back, &p->b, &p->a);
    sim_run(&p->sim, P2P__SEC(5));
}

static void pair_stop(struct pair *p)
{
    simhost_stop(&p->a);
    simhost_stop(&p->b);
    sim_fini(&p->sim);
}

/* a sends `each` bytes to b on every stream. */
static void send_on_all(struct pair *p, size_t each)
{
    for (size_t i = 0; i < STREAMS; i++) {
        flow_send(&p->from[i], each);
    }
}

static struct p2p__conn *conn_of(const struct simhost *h)
{
    return P2P__CONTAINER(p2p__list_first(&h->host->swarm->conns),
                          struct p2p__conn, link);
}

static p2p_ns no_deadline(const void *sess)
{
    (void)sess;
    return P2P_NEVER;
}

/* The host reads no byte from now on, and does not mind hearing nothing. */
static void stop_reading(const struct simhost *h, struct p2p__sess_ops *ops)
{
    struct p2p__conn *c = conn_of(h);

    *ops = *c->sess_ops;
    ops->deadline = no_deadline;
    c->sess_ops = ops;
    c->pipe->ops->read(c->pipe, false);
}

/* The peer that reads nothing says something every second. */
static void chatter(struct pair *p, p2p_ns until)
{
    while (p->sim.now < until && p->a.downs == 0) {
        assert_int_equal(p2p_stream_send(p->back.stream, "!", 1), 0);
        sim_run(&p->sim, p->sim.now + P2P__SEC(1));
    }
}

static void cut_off_who_never_reads(bool mplex)
{
    struct pair p;
    struct p2p__sess_ops ops;
    struct p2p_host_stats stats;
    p2p_ns start;

    assert_true(P2P__CAP_STALL_S <= 30);
    pair_start(&p, 0, mplex);
    stop_reading(&p.b, &ops);
    start = p.sim.now;
    send_on_all(&p, 256 << 10);
    chatter(&p, start + P2P__SEC(20));
    assert_int_equal(simhost_conns(&p.a), 1); /* a pause is not the end */
    assert_true(p.at_a > 10);
    chatter(&p, start + P2P__SEC(31));
    assert_int_equal(simhost_conns(&p.a), 0);
    assert_int_equal(p.a.last_why, P2P_ETIMEDOUT);
    assert_int_equal(p.at_b, STREAMS); /* from before */
    for (size_t i = 0; i < STREAMS; i++) {
        assert_true(p.from[i].closed);
        assert_int_equal(p.from[i].status, P2P_ETIMEDOUT);
    }
    p2p_host_stats(p.a.host, &stats, sizeof stats);
    assert_int_equal(stats.memory_bytes, 0);
    pair_stop(&p);
}

static void test_T4_who_sends_but_never_reads_is_cut_off(void **state)
{
    (void)state;
    cut_off_who_never_reads(false);
}

static void test_T7_who_never_reads_is_cut_off_with_mplex_too(void **state)
{
    (void)state;
    cut_off_who_never_reads(true);
}

/* Control: the same, but it reads again before the time is over. */
static void test_T4_control_who_pauses_and_goes_on_lives(void **state)
{
    struct pair p;
    struct p2p__sess_ops ops;
    struct p2p__conn *c;

    (void)state;
    pair_start(&p, 0, false);
    c = conn_of(&p.b);
    stop_reading(&p.b, &ops);
    send_on_all(&p, 256 << 10);
    for (int i = 0; i < 5; i++) {
        sim_run(&p.sim, p.sim.now + P2P__SEC(14));
        assert_int_equal(simhost_conns(&p.a), 1);
        c->pipe->ops->read(c->pipe, true);
        sim_run(&p.sim, p.sim.now + P2P__MS(i == 4 ? 10000 : 1));
        c->pipe->ops->read(c->pipe, i == 4);
    }
    assert_int_equal(p.at_b, STREAMS * (1 + (256 << 10)));
    assert_int_equal(p.a.downs, 0);
    pair_stop(&p);
}

/* Eight KiB a second, and nothing comes back for a minute and a half: our
 * pings stand behind the data all the while. */
static void test_T6_control_who_reads_slowly_lives(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 8 << 10, false);
    send_on_all(&p, 100 << 10);
    sim_run(&p.sim, p.sim.now + P2P__SEC(130));
    assert_int_equal(p.at_b, STREAMS * (1 + (100 << 10)));
    assert_int_equal(p.a.downs, 0);
    for (size_t i = 0; i < STREAMS; i++) {
        assert_true(p.from[i].closed);
        assert_int_equal(p.from[i].status, 0);
    }
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T4_who_sends_but_never_reads_is_cut_off),
        cmocka_unit_test(test_T7_who_never_reads_is_cut_off_with_mplex_too),
        cmocka_unit_test(test_T4_control_who_pauses_and_goes_on_lives),
        cmocka_unit_test(test_T6_control_who_reads_slowly_lives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
