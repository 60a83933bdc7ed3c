/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole hosts that talk by QUIC while one of them moves: who dialed goes on
 * from elsewhere on the same connection, and no byte is lost.
 */
#include "p2p/quic.h"
#include "simhost.h"
#include "stack/wander.h"
#include "unit.h"

#define MANY (8U << 20)

struct pair {
    struct sim sim;
    struct simhost h[2]; /* the first dials */
    bool (*source)(struct p2p__net *net, const struct p2p__addr *to,
                   struct p2p__addr *from);
    struct p2p_perf_result perf;
    int status;
    bool done;
};

static void pair_start(struct pair *p, uint32_t loss_permille)
{
    static const struct p2p_transport *transports[2];
    const struct sim_cfg cfg = {.seed = 3,
                                .latency_min = P2P__MS(5),
                                .latency_max = P2P__MS(10),
                                .loss_permille = loss_permille};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    *p = (struct pair){0};
    transports[0] = p2p_transport_quic();
    hc.transports = transports;
    sim_init(&p->sim, &cfg, 2);
    for (size_t i = 0; i < 2; i++) {
        sim_watch_ifaces(&p->sim, i);
        simhost_make(&p->h[i], &p->sim, i, &hc);
    }
    assert_int_equal(
        p2p_host_listen(p->h[1].host, "/ip4/0.0.0.0/udp/4001/quic-v1"), 0);
    assert_int_equal(
        p2p_host_dial(p->h[0].host, "/ip4/10.0.0.2/udp/4001/quic-v1", NULL,
                      NULL),
        0);
    sim_run(&p->sim, P2P__SEC(3));
    assert_int_equal(simhost_conns(&p->h[0]), 1);
}

static void pair_stop(struct pair *p)
{
    simhost_stop(&p->h[0]);
    simhost_stop(&p->h[1]);
    sim_fini(&p->sim);
}

static void pass(struct pair *p, p2p_ns span)
{
    sim_run(&p->sim, p->sim.now + span);
}

static void on_perf(void *user, int status, const struct p2p_perf_result *r)
{
    struct pair *p = user;

    p->status = status;
    p->perf = r != NULL ? *r : (struct p2p_perf_result){0};
    p->done = true;
}

static bool is_done(void *arg)
{
    return ((const struct pair *)arg)->done;
}

static void perf(struct pair *p, uint64_t up, uint64_t down)
{
    p->done = false;
    assert_int_equal(p2p_host_perf(p->h[0].host, p2p_host_id(p->h[1].host), up,
                                   down, on_perf, p),
                     0);
}

/* The first byte of where the second one says that the first one is. */
static uint8_t seen_at(const struct pair *p)
{
    struct p2p_conn_info info;

    assert_int_equal(p2p_host_conns(p->h[1].host, &info, 1, sizeof info), 1);
    return info.addr.bytes[1];
}

/* All of it came, on the connection that there was. */
static void is_whole(struct pair *p, uint64_t up, uint64_t down)
{
    assert_true(sim_run_until(&p->sim, p->sim.now + P2P__SEC(60), is_done, p));
    assert_int_equal(p->status, 0);
    assert_int_equal(p->perf.up_bytes, up);
    assert_int_equal(p->perf.down_bytes, down);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(p->h[i].downs, 0);
        assert_int_equal(p->h[i].ups, 1);
        assert_int_equal(simhost_conns(&p->h[i]), 1);
    }
}

static void move_in_the_middle(uint64_t up, uint64_t down, uint32_t loss)
{
    struct pair p;

    pair_start(&p, loss);
    perf(&p, up, down);
    pass(&p, P2P__MS(60));
    assert_false(p.done);
    sim_move(&p.sim, 0, 8);
    pass(&p, P2P__MS(150));
    assert_false(p.done);
    is_whole(&p, up, down);
    assert_int_equal(seen_at(&p), 8);
    pair_stop(&p);
}

static void test_what_is_sent_goes_on(void **state)
{
    (void)state;
    move_in_the_middle(MANY, 0, 0);
    move_in_the_middle(MANY, 0, 20);
}

static void test_what_is_received_goes_on(void **state)
{
    (void)state;
    move_in_the_middle(0, MANY, 0);
    move_in_the_middle(0, MANY, 20);
}

static uint8_t observed;

static void on_identified(void *user, const struct p2p_peer_info *info)
{
    (void)user;
    if (info->observed.len > 0) {
        observed = info->observed.bytes[1];
    }
}

/* Where the other end sees us is asked again. */
static void test_who_moved_asks_where_it_is_seen(void **state)
{
    struct p2p_host_events events;
    struct pair p;

    (void)state;
    pair_start(&p, 0);
    events = *p.h[0].host->events;
    events.identified = on_identified;
    p.h[0].host->events = &events;
    sim_move(&p.sim, 0, 8);
    pass(&p, P2P__SEC(1));
    assert_int_equal(observed, 8);
    pair_stop(&p);
}

/* Each move takes an id of the peer's, which gives others. */
static void test_many_moves(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 0);
    for (uint8_t i = 0; i < 20; i++) {
        perf(&p, 1 << 20, 1 << 20);
        sim_move(&p.sim, 0, 20 + i);
        is_whole(&p, 1 << 20, 1 << 20);
        pass(&p, P2P__SEC(1));
    }
    pair_stop(&p);
}

/* One that says nothing at the moment is found at the new address, too. */
static void test_an_idle_connection_moves(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 0);
    sim_move(&p.sim, 0, 8);
    pass(&p, P2P__SEC(90));
    perf(&p, 1000, 1000);
    is_whole(&p, 1000, 1000);
    pair_stop(&p);
}

static bool no_way(struct p2p__net *net, const struct p2p__addr *to,
                   struct p2p__addr *from)
{
    (void)net;
    (void)to;
    (void)from;
    return false;
}

/* The address is there before the way is. */
static void test_a_way_that_comes_later(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 0);
    p.source = p.sim.hosts[0].net.source;
    p.sim.hosts[0].net.source = no_way;
    perf(&p, MANY, 0);
    sim_set_group(&p.sim, 0, 1);
    sim_move(&p.sim, 0, 8);
    pass(&p, P2P__SEC(8));
    assert_int_equal(p.h[0].downs, 0);
    p.sim.hosts[0].net.source = p.source;
    sim_set_group(&p.sim, 0, 0);
    is_whole(&p, MANY, 0);
    pair_stop(&p);
}

/* Nobody follows who was dialed. */
static void test_who_was_dialed_ends_it(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 0);
    sim_move(&p.sim, 1, 8);
    pass(&p, P2P__WANDER_GRACE_NS);
    assert_int_equal(p.h[1].downs, 0);
    pass(&p, P2P__SEC(1));
    assert_int_equal(p.h[1].downs, 1);
    assert_int_equal(p.h[1].last_why, P2P_EADDRGONE);
    pair_stop(&p);
}

static void test_a_dead_peer_is_found_after_sleep(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 0);
    sim_set_group(&p.sim, 1, 1);
    p.sim.hosts[0].slept = 3600 * INT64_C(1000000000);
    pass(&p, P2P__ROAM_TICK_NS + P2P__SEC(5));
    assert_int_equal(p.h[0].downs, 1);
    assert_int_equal(p.h[0].last_why, P2P_ETIMEDOUT);
    pair_stop(&p);
}

static void test_a_living_peer_is_kept_after_sleep(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 0);
    for (unsigned i = 1; i <= 5; i++) {
        p.sim.hosts[0].slept = i * 3600 * INT64_C(1000000000);
        pass(&p, P2P__SEC(12));
    }
    perf(&p, 1000, 1000);
    is_whole(&p, 1000, 1000);
    pair_stop(&p);
}

/* Who sends in vain has nothing to ask with; when the way is back, it goes on
 * by itself. */
static void test_what_is_under_way_waits_for_its_address(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 0);
    for (unsigned i = 2; i <= 8; i += 2) {
        perf(&p, MANY, 0);
        pass(&p, P2P__MS(60));
        p.source = p.sim.hosts[0].net.source;
        p.sim.hosts[0].net.source = no_way;
        sim_set_group(&p.sim, 0, 1);
        sim_move(&p.sim, 0, 8);
        pass(&p, P2P__SEC(i));
        p.sim.hosts[0].net.source = p.source;
        sim_set_group(&p.sim, 0, 0);
        sim_move(&p.sim, 0, 10);
        is_whole(&p, MANY, 0);
    }
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sent_goes_on),
        cmocka_unit_test(test_what_is_received_goes_on),
        cmocka_unit_test(test_who_moved_asks_where_it_is_seen),
        cmocka_unit_test(test_many_moves),
        cmocka_unit_test(test_an_idle_connection_moves),
        cmocka_unit_test(test_a_way_that_comes_later),
        cmocka_unit_test(test_what_is_under_way_waits_for_its_address),
        cmocka_unit_test(test_who_was_dialed_ends_it),
        cmocka_unit_test(test_a_dead_peer_is_found_after_sleep),
        cmocka_unit_test(test_a_living_peer_is_kept_after_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
