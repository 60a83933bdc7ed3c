/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What becomes of connections when the machine moves, sleeps, or wakes. */
#include "stack/wander.h"

#include "flow.h"
#include "unit.h"

/* A round trip, and the time until it is looked at addresses. */
#define SLACK (P2P__ROAM_SETTLE_NS + P2P__MS(100))

struct pair {
    struct sim sim;
    struct simhost h[2];
};

static void pair_start(struct pair *p, bool mplex)
{
    const struct sim_cfg cfg = {
        .seed = 5, .latency_min = P2P__MS(5), .latency_max = P2P__MS(20)};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    *p = (struct pair){0};
    hc.mplex = hc.no_yamux = mplex;
    sim_init(&p->sim, &cfg, 2);
    for (size_t i = 0; i < 2; i++) {
        sim_watch_ifaces(&p->sim, i);
        simhost_start(&p->h[i], &p->sim, i, &hc);
    }
    assert_int_equal(simhost_dial(&p->h[0], &p->h[1]), 0);
    sim_run(&p->sim, P2P__SEC(20));
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

static void test_an_address_that_is_gone_ends_its_connections(void **state)
{
    for (size_t side = 0; side < 2; side++) {
        struct pair p;

        (void)state;
        pair_start(&p, false);
        sim_move(&p.sim, side, 8);
        pass(&p, P2P__WANDER_GRACE_NS);
        assert_int_equal(p.h[side].downs, 0);
        pass(&p, SLACK);
        assert_int_equal(p.h[side].downs, 1);
        assert_int_equal(p.h[side].last_why, P2P_EADDRGONE);
        pair_stop(&p);
    }
}

static void test_one_that_comes_back_in_time_ends_nothing(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, false);
    sim_move(&p.sim, 0, 8);
    pass(&p, P2P__WANDER_GRACE_NS - SLACK);
    sim_move(&p.sim, 0, 10);
    pass(&p, P2P__SEC(60));
    assert_int_equal(p.h[0].downs, 0);
    assert_int_equal(p.h[1].downs, 0);
    sim_move(&p.sim, 0, 8); /* and its time begins anew */
    pass(&p, P2P__WANDER_GRACE_NS);
    assert_int_equal(p.h[0].downs, 0);
    pass(&p, SLACK);
    assert_int_equal(p.h[0].downs, 1);
    pair_stop(&p);
}

/* Who is kept is dialed from the new address, at once. */
static void test_who_is_wanted_is_met_again(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, false);
    assert_int_equal(p2p_host_keep(p.h[0].host, p2p_host_id(p.h[1].host), true),
                     0);
    sim_move(&p.sim, 0, 8);
    pass(&p, P2P__WANDER_GRACE_NS + SLACK + P2P__SEC(2));
    assert_int_equal(p.h[0].downs, 1);
    assert_int_equal(p.h[0].ups, 2);
    assert_int_equal(simhost_conns(&p.h[0]), 1);
    assert_int_equal(simhost_conns(&p.h[1]), 1);
    pair_stop(&p);
}

/* A peer that moved dials again; what it left behind, with a stream on it, is
 * asked, and ends long before its silence would tell. */
static void test_what_a_peer_left_behind_ends(void **state)
{
    struct flow f = {0};
    size_t at = 0;
    struct pair p;

    (void)state;
    pair_start(&p, false);
    flow_serve(&p.h[0], &at);
    flow_open(&f, &p.h[1], &p.h[0]);
    pass(&p, P2P__SEC(1));
    assert_int_equal(at, 1);
    sim_power_off(&p.sim, 0);
    simhost_end(&p.h[0]);
    sim_revive(&p.sim, 0);
    simhost_start(&p.h[0], &p.sim, 0, NULL);
    assert_false(f.closed);
    assert_int_equal(simhost_dial(&p.h[0], &p.h[1]), 0);
    pass(&p, P2P__SEC(6));
    assert_true(f.closed);
    assert_int_equal(simhost_conns(&p.h[1]), 1);
    assert_int_equal(p.h[1].downs, 0);
    pair_stop(&p);
}

/* That dials failed from elsewhere is no reason to wait. */
static void test_dials_begin_anew_elsewhere(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, false);
    assert_int_equal(p2p_host_keep(p.h[0].host, p2p_host_id(p.h[1].host), true),
                     0);
    sim_set_group(&p.sim, 1, 1);
    pass(&p, P2P__SEC(600));
    assert_int_equal(simhost_conns(&p.h[0]), 0);
    sim_set_group(&p.sim, 1, 0);
    sim_move(&p.sim, 0, 8);
    pass(&p, SLACK + P2P__SEC(1));
    assert_int_equal(simhost_conns(&p.h[0]), 1);
    pair_stop(&p);
}

/* Nor that a relay could not be reached. */
static void test_a_relay_is_asked_at_once(void **state)
{
    const struct p2p_relay_config relay = P2P_RELAY_CONFIG_INIT;
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    char text[P2P_MULTIADDR_TEXT_MAX + 16];
    struct pair p;

    (void)state;
    pair_start(&p, false);
    simhost_stop(&p.h[1]);
    hc.relay = &relay;
    simhost_start(&p.h[1], &p.sim, 1, &hc);
    sim_set_group(&p.sim, 1, 1);
    (void)simhost_addr(&p.h[1], text);
    strcat(text, "/p2p-circuit");
    assert_int_equal(p2p_host_listen(p.h[0].host, text), 0);
    pass(&p, P2P__SEC(900));
    sim_set_group(&p.sim, 1, 0);
    assert_true(p2p_relay_status(p.h[0].host, p2p_host_id(p.h[1].host)) != 0);
    sim_move(&p.sim, 0, 8);
    pass(&p, SLACK + P2P__SEC(1));
    assert_int_equal(p2p_relay_status(p.h[0].host, p2p_host_id(p.h[1].host)),
                     0);
    pair_stop(&p);
}

static void test_a_dead_peer_is_found_after_sleep(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, false);
    sim_set_group(&p.sim, 1, 1);
    p.sim.hosts[0].slept = 3600 * INT64_C(1000000000);
    pass(&p, P2P__ROAM_TICK_NS + P2P__SEC(5));
    assert_int_equal(p.h[0].downs, 1);
    assert_int_equal(p.h[0].last_why, P2P_ETIMEDOUT);
    assert_int_equal(p.h[1].downs, 0); /* which did not sleep */
    pair_stop(&p);
}

static void living_after_sleep(bool mplex)
{
    struct pair p;

    pair_start(&p, mplex);
    p.sim.hosts[0].slept = 3600 * INT64_C(1000000000);
    pass(&p, P2P__SEC(60));
    assert_int_equal(p.h[0].downs, 0);
    assert_int_equal(p.h[1].downs, 0);
    pair_stop(&p);
}

static void test_a_living_peer_is_kept_after_sleep(void **state)
{
    (void)state;
    living_after_sleep(false);
    living_after_sleep(true);
}

/* Nothing of our addresses changed, but nothing gets through any more. */
static void test_a_dead_peer_is_found_on_another_way(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, false);
    sim_set_group(&p.sim, 1, 1);
    sim_rerouted(&p.sim, 0);
    pass(&p, P2P__SEC(5) - P2P__MS(100));
    assert_int_equal(p.h[0].downs, 0);
    pass(&p, SLACK);
    assert_int_equal(p.h[0].downs, 1);
    assert_int_equal(p.h[0].last_why, P2P_ETIMEDOUT);
    pair_stop(&p);
}

static void test_a_living_peer_is_kept_on_another_way(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, false);
    for (int i = 0; i < 60; i++) {
        sim_rerouted(&p.sim, 0);
        pass(&p, P2P__SEC(1));
    }
    assert_int_equal(p.h[0].downs, 0);
    assert_int_equal(p.h[1].downs, 0);
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_that_is_gone_ends_its_connections),
        cmocka_unit_test(test_one_that_comes_back_in_time_ends_nothing),
        cmocka_unit_test(test_who_is_wanted_is_met_again),
        cmocka_unit_test(test_what_a_peer_left_behind_ends),
        cmocka_unit_test(test_dials_begin_anew_elsewhere),
        cmocka_unit_test(test_a_relay_is_asked_at_once),
        cmocka_unit_test(test_a_dead_peer_is_found_after_sleep),
        cmocka_unit_test(test_a_living_peer_is_kept_after_sleep),
        cmocka_unit_test(test_a_dead_peer_is_found_on_another_way),
        cmocka_unit_test(test_a_living_peer_is_kept_on_another_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
