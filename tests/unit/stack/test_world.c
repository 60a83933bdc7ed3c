/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The simulated world itself, as hosts see it: machines that go dark, ways that
 * are cut and mended, many addresses, and seeds of hash tables that nothing may
 * depend on.
 */
#include "simhost.h"
#include "unit.h"

static void world(struct sim *sim, size_t n, uint32_t loss_permille)
{
    const struct sim_cfg cfg = {.seed = 5,
                                .latency_min = P2P__MS(5),
                                .latency_max = P2P__MS(15),
                                .loss_permille = loss_permille};

    sim_init(sim, &cfg, n);
}

/* Two hosts that are connected, and the moment. */
static p2p_ns pair(struct sim *sim, struct simhost *a, struct simhost *b)
{
    simhost_start(a, sim, 0, NULL);
    simhost_start(b, sim, 1, NULL);
    assert_int_equal(simhost_dial(a, b), 0);
    sim_run(sim, sim->now + P2P__SEC(5));
    assert_int_equal(simhost_conns(a), 1);
    assert_int_equal(simhost_conns(b), 1);
    return sim->now;
}

static bool lost_b(void *arg)
{
    return simhost_conns(arg) == 0;
}

static void test_a_dark_machine_is_noticed_by_its_silence(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    p2p_ns off;

    (void)state;
    world(&sim, 2, 0);
    off = pair(&sim, &a, &b);
    sim_power_off(&sim, 1);
    simhost_stop(&b);
    assert_true(sim_run_until(&sim, off + P2P__SEC(60), lost_b, &a));
    assert_true(sim.now - off > P2P__SEC(30));
    assert_int_equal(a.last_why, P2P_ETIMEDOUT);
    simhost_stop(&a);
    sim_fini(&sim);
}

static void test_a_machine_that_came_back_knows_nothing(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    p2p_ns off;

    (void)state;
    world(&sim, 2, 0);
    off = pair(&sim, &a, &b);
    sim_power_off(&sim, 1);
    simhost_stop(&b);
    sim_run(&sim, off + P2P__SEC(2));
    sim_revive(&sim, 1);
    simhost_start(&b, &sim, 1, NULL);
    /* The first that a sends is answered by a reset: before it times out. */
    assert_true(sim_run_until(&sim, off + P2P__SEC(60), lost_b, &a));
    assert_true(sim.now - off < P2P__SEC(35));
    sim_run(&sim, sim.now + P2P__MS(1));
    assert_int_equal(a.last_why, P2P_ERESET);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, sim.now + P2P__SEC(2));
    assert_int_equal(simhost_conns(&a), 1);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_a_process_that_ends_is_noticed_at_once(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    p2p_ns end;

    (void)state;
    world(&sim, 2, 0);
    end = pair(&sim, &a, &b);
    simhost_stop(&b);
    sim_run(&sim, end + P2P__MS(20));
    assert_int_equal(simhost_conns(&a), 0);
    simhost_stop(&a);
    sim_fini(&sim);
}

/* a pings b once; how it went. */
static void on_ping(void *user, int status, uint64_t rtt_us)
{
    *(uint64_t *)user = status == 0 ? rtt_us : UINT64_MAX;
}

static void test_what_a_cut_held_up_arrives_when_it_is_mended(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    uint64_t rtt = 0;
    p2p_ns off;

    (void)state;
    world(&sim, 2, 0);
    off = pair(&sim, &a, &b);
    assert_int_equal(
        p2p_host_ping(a.host, p2p_host_id(b.host), 1, on_ping, &rtt), 0);
    sim_set_group(&sim, 1, 1);
    sim_run(&sim, off + P2P__SEC(4));
    assert_int_equal(rtt, 0);
    sim_set_group(&sim, 1, 0);
    /* 0.2 + 0.4 + … s: the try after the cut is 6.2 s after the first. */
    sim_run(&sim, off + P2P__SEC(6));
    assert_int_equal(rtt, 0);
    sim_run(&sim, off + P2P__SEC(8));
    assert_true(rtt > 0 && rtt < UINT64_MAX);
    assert_int_equal(simhost_conns(&a), 1);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_every_machine_can_be_dialed(void **state)
{
    struct sim sim;

    (void)state;
    world(&sim, 66000, 0);
    for (size_t i = 254; i < 257; i++) {
        struct simhost a = {0}, b = {0};

        simhost_start(&a, &sim, i, NULL);
        simhost_start(&b, &sim, 65280 + i, NULL);
        assert_int_equal(simhost_dial(&a, &b), 0);
        assert_int_equal(simhost_dial(&b, &a), 0);
        sim_run(&sim, sim.now + P2P__SEC(2));
        assert_int_equal(simhost_conns(&a), 1);
        simhost_stop(&a);
        simhost_stop(&b);
    }
    sim_fini(&sim);
}

struct traced {
    uint64_t trace;
    uint64_t table; /* the seed of a hash table */
};

static struct traced run(uint64_t seed, uint64_t map_seed)
{
    const struct sim_cfg cfg = {.seed = seed,
                                .map_seed = map_seed,
                                .latency_min = P2P__MS(5),
                                .latency_max = P2P__MS(15),
                                .loss_permille = 50};
    struct sim sim;
    struct simhost a = {0}, b = {0};
    struct traced t;
    uint64_t rtt = 0;

    sim_init(&sim, &cfg, 2);
    (void)pair(&sim, &a, &b);
    assert_int_equal(
        p2p_host_ping(a.host, p2p_host_id(b.host), 5, on_ping, &rtt), 0);
    sim_run(&sim, P2P__SEC(20));
    t = (struct traced){sim.trace, a.host->swarm->book.map.seed[0]};
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
    return t;
}

static void test_nothing_depends_on_the_seeds_of_hash_tables(void **state)
{
    const struct traced first = run(1, 1), again = run(1, 1), maps = run(1, 2),
                        other = run(2, 1);

    (void)state;
    assert_true(first.trace == again.trace && first.table == again.table);
    assert_true(first.trace == maps.trace && first.table != maps.table);
    assert_true(first.trace != other.trace && first.table == other.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dark_machine_is_noticed_by_its_silence),
        cmocka_unit_test(test_a_machine_that_came_back_knows_nothing),
        cmocka_unit_test(test_a_process_that_ends_is_noticed_at_once),
        cmocka_unit_test(test_what_a_cut_held_up_arrives_when_it_is_mended),
        cmocka_unit_test(test_every_machine_can_be_dialed),
        cmocka_unit_test(test_nothing_depends_on_the_seeds_of_hash_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
