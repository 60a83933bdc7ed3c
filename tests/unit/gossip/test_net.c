/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Many cores together: every message reaches everybody though half of what
 * is sent is lost, meshes have the degree they should, a healed network is
 * whole again; and each of these is seen to fail when a part is cut out.
 */
#include "net.h"
#include "proto/gossip/rpc.h"
#include "unit.h"

static struct net_cfg base(void)
{
    return (struct net_cfg){.nodes = 60,
                            .links = 6,
                            .seed = 1,
                            .scoring = true,
                            .version = P2P__GOSSIP_V12};
}

/* Publishes `count` messages, one each 100 ms, then waits. Returns how many
 * deliveries are missing. */
static unsigned missing(struct net *n, unsigned count, size_t len)
{
    unsigned before = net_got(n);

    for (unsigned i = 0; i < count; i++) {
        net_publish(n, (unsigned)p2p__rng_below(&n->rng, n->cfg.nodes), len);
        net_run(n, 100);
    }
    net_run(n, 8000);
    return count * (n->cfg.nodes - 1) - (net_got(n) - before);
}

static void check_degrees(const struct net *n)
{
    size_t sum = 0;

    for (unsigned i = 0; i < n->cfg.nodes; i++) {
        assert_in_range(net_degree(n, i), 4, 11);
        sum += net_degree(n, i);
    }
    assert_in_range(sum / n->cfg.nodes, 5, 9);
}

static void check_nobody_is_bad(const struct net *n)
{
    for (unsigned i = 0; i < n->cfg.nodes; i++) {
        assert_int_equal(n->nodes[i].graylisted, 0);
    }
}

static void test_everybody_gets_everything(void **state)
{
    struct net_cfg cfg = base();
    struct net n;

    (void)state;
    net_init(&n, &cfg);
    net_run(&n, 5000);
    check_degrees(&n);
    assert_int_equal(net_lopsided(&n), 0);
    assert_int_equal(missing(&n, 60, 100), 0);
    check_nobody_is_bad(&n);
    net_fini(&n);
}

static void test_meshes_stay_as_they_are_in_quiet_times(void **state)
{
    struct net_cfg cfg = base();
    uint64_t prunes = 0;
    struct net n;

    (void)state;
    net_init(&n, &cfg);
    net_run(&n, 30000);
    for (unsigned i = 0; i < cfg.nodes; i++) {
        prunes += p2p__gossip_stats(n.nodes[i].g)->prunes;
    }
    net_run(&n, 120000);
    for (unsigned i = 0; i < cfg.nodes; i++) {
        prunes -= p2p__gossip_stats(n.nodes[i].g)->prunes;
    }
    assert_int_equal(prunes, 0);
    check_degrees(&n);
    net_fini(&n);
}

static void test_gossip_repairs_what_is_lost(void **state)
{
    struct net_cfg cfg = base();
    struct net n;

    (void)state;
    cfg.loss_percent = 50;
    net_init(&n, &cfg);
    net_run(&n, 5000);
    /* Half of the repairs are lost too: 99.9 % of 3540. */
    assert_in_range(missing(&n, 60, 100), 0, 3);
    check_nobody_is_bad(&n);
    net_fini(&n);
}

static void test_planted_no_iwant_loses_messages(void **state)
{
    struct net_cfg cfg = base();
    struct net n;

    (void)state;
    cfg.loss_percent = 50;
    cfg.strip = 1U << P2P__RPC_CTL_IWANT;
    net_init(&n, &cfg);
    net_run(&n, 5000);
    assert_true(missing(&n, 60, 100) > 100);
    net_fini(&n);
}

static void test_planted_no_graft_makes_lopsided_meshes(void **state)
{
    struct net_cfg cfg = base();
    struct net n;

    (void)state;
    cfg.strip = 1U << P2P__RPC_CTL_GRAFT;
    net_init(&n, &cfg);
    net_run(&n, 5000);
    assert_true(net_lopsided(&n) > 0);
    net_fini(&n);
}

/* Cuts the network in two, or mends it as it was. */
static void cut(struct net *n, bool links[NET_NODES][NET_NODES], bool heal)
{
    for (unsigned a = 0; a < n->cfg.nodes; a++) {
        for (unsigned b = 0; b < a; b++) {
            if (a % 2 == b % 2) {
                continue;
            }
            if (!heal) {
                links[a][b] = n->nodes[a].peers[b] != NULL;
                net_cut(n, a, b);
            } else if (links[a][b]) {
                net_link(n, a, b);
            }
        }
    }
}

/* Halves that are apart for 20 s publish in the last second of it. Returns
 * how many deliveries are missing in the end. */
static unsigned partition(struct net *n)
{
    static bool links[NET_NODES][NET_NODES];
    unsigned before;

    net_run(n, 5000);
    cut(n, links, false);
    net_run(n, 20000);
    before = net_got(n);
    for (unsigned i = 0; i < 10; i++) {
        net_publish(n, i, 100);
    }
    net_run(n, 500);
    /* Each half has heard its own. */
    assert_int_equal(net_got(n) - before, 10 * (n->cfg.nodes / 2 - 1));
    cut(n, links, true);
    net_run(n, 8000);
    return 10 * (n->cfg.nodes - 1) - (net_got(n) - before);
}

static void test_a_healed_network_is_whole(void **state)
{
    struct net_cfg cfg = base();
    struct net n;

    (void)state;
    cfg.links = 10;
    net_init(&n, &cfg);
    assert_int_equal(partition(&n), 0);
    net_run(&n, 10000);
    check_degrees(&n);
    assert_int_equal(net_lopsided(&n), 0);
    assert_int_equal(missing(&n, 20, 100), 0);
    net_fini(&n);
}

static void test_planted_no_iwant_leaves_a_healed_network_ignorant(void **state)
{
    struct net_cfg cfg = base();
    struct net n;

    (void)state;
    cfg.links = 10;
    cfg.strip = 1U << P2P__RPC_CTL_IWANT;
    net_init(&n, &cfg);
    assert_true(partition(&n) > 0);
    net_fini(&n);
}

static void test_churn_leaves_the_rest_whole(void **state)
{
    struct net_cfg cfg = base();
    struct net n;

    (void)state;
    cfg.links = 10;
    net_init(&n, &cfg);
    net_run(&n, 5000);
    for (unsigned round = 0; round < 10; round++) {
        unsigned gone = (unsigned)p2p__rng_below(&n.rng, cfg.nodes);

        for (unsigned i = 0; i < cfg.nodes; i++) {
            net_cut(&n, gone, i);
        }
        net_run(&n, 1000);
        for (unsigned k = 0; k < cfg.links; k++) {
            net_link(&n, gone, (unsigned)p2p__rng_below(&n.rng, cfg.nodes));
        }
        net_run(&n, 2000);
    }
    assert_int_equal(missing(&n, 20, 100), 0);
    check_nobody_is_bad(&n);
    assert_int_equal(net_lopsided(&n), 0);
    net_fini(&n);
}

/* Bytes that 20 messages of 8 KiB cost in all. */
static uint64_t cost(enum p2p__gossip_version version)
{
    struct net_cfg cfg = base();
    struct net n;
    uint64_t bytes;

    cfg.version = version;
    cfg.links = 8;
    net_init(&n, &cfg);
    net_run(&n, 5000);
    bytes = n.bytes;
    assert_int_equal(missing(&n, 20, 8192), 0);
    bytes = n.bytes - bytes;
    net_fini(&n);
    return bytes;
}

static void test_declining_saves_bytes(void **state)
{
    (void)state;
    assert_true(cost(P2P__GOSSIP_V12) < cost(P2P__GOSSIP_V11));
}

static void test_floodsub_alone_works_too(void **state)
{
    struct net_cfg cfg = base();
    struct net n;

    (void)state;
    cfg.nodes = 30;
    cfg.links = 3;
    cfg.version = P2P__GOSSIP_FLOODSUB;
    net_init(&n, &cfg);
    net_run(&n, 2000);
    assert_int_equal(missing(&n, 20, 100), 0);
    net_fini(&n);
}

/* Everybody is linked with everybody's strangers, but [0, members) alone know
 * each other. */
static void gated(struct net *n, unsigned members)
{
    struct net_cfg cfg = base();

    cfg.links = 10;
    cfg.gated = true;
    net_init(n, &cfg);
    for (unsigned a = 0; a < members; a++) {
        for (unsigned b = 0; b < members; b++) {
            net_know(n, a, b, true);
        }
    }
    net_run(n, 5000);
}

/* Each of [0, members) publishes. Returns how many deliveries are missing
 * among them. */
static unsigned missing_members(struct net *n, unsigned members)
{
    unsigned before = net_got(n);

    for (unsigned i = 0; i < members; i++) {
        net_publish(n, i, 100);
        net_run(n, 100);
    }
    net_run(n, 8000);
    return members * (members - 1) - (net_got(n) - before);
}

/* Nobody paid with its score for what the gates did. */
static void check_nobody_paid(struct net *n)
{
    for (unsigned a = 0; a < n->cfg.nodes; a++) {
        for (unsigned b = 0; b < n->cfg.nodes; b++) {
            struct p2p__gossip_score_view v;

            if (n->nodes[a].peers[b] != NULL) {
                p2p__gossip_score(n->nodes[a].g, n->nodes[a].peers[b], n->now,
                                  &v);
                assert_true(v.behaviour >= 0 && v.score >= 0);
            }
        }
    }
}

/* Also when a stranger takes everybody in: it is the others' word that counts.
 */
static void test_strangers_hear_nothing_and_are_not_heard(void **state)
{
    const unsigned members = 50;
    struct net n;

    (void)state;
    gated(&n, members);
    for (unsigned b = 0; b < n.cfg.nodes; b++) {
        net_know(&n, members, b, true);
    }
    net_run(&n, 1000);
    assert_int_equal(missing_members(&n, members), 0);
    net_publish(&n, members, 100);
    net_publish(&n, members + 1, 100);
    net_run(&n, 5000);
    for (unsigned i = 0; i < n.cfg.nodes; i++) {
        assert_int_equal(n.nodes[i].got, i < members ? members - 1 : 0);
        if (i >= members) {
            assert_int_equal(net_degree(&n, i), 0);
        }
    }
    check_nobody_paid(&n);
    net_fini(&n);
}

/* One after another comes in, and who is in learns of it at any time within a
 * second, in any order: with the next message all of them are there. */
static void test_who_is_admitted_is_there_at_once(void **state)
{
    const unsigned members = 54;
    struct net n;

    (void)state;
    gated(&n, members);
    for (unsigned i = members; i < n.cfg.nodes; i++) {
        for (unsigned b = 0; b <= i; b++) {
            net_run(&n, p2p__rng_below(&n.rng, 40));
            net_know(&n, i, b, true);
            net_run(&n, p2p__rng_below(&n.rng, 40));
            net_know(&n, b, i, true);
        }
        assert_in_range(net_degree(&n, i), 1, 11);
        assert_int_equal(missing_members(&n, i + 1), 0);
    }
    check_degrees(&n);
    assert_int_equal(net_lopsided(&n), 0);
    check_nobody_paid(&n);
    net_fini(&n);
}

static void test_who_is_thrown_out_hears_no_more(void **state)
{
    const unsigned members = 40;
    struct net n;
    unsigned got[NET_NODES];

    (void)state;
    gated(&n, 60);
    assert_int_equal(missing_members(&n, n.cfg.nodes), 0);
    for (unsigned a = 0; a < members; a++) {
        for (unsigned b = members; b < n.cfg.nodes; b++) {
            net_know(&n, a, b, false);
        }
    }
    net_run(&n, 100); /* what was sent before */
    for (unsigned i = members; i < n.cfg.nodes; i++) {
        got[i] = n.nodes[i].got;
        for (unsigned b = 0; b < members; b++) {
            assert_false(net_has(&n, i, b));
        }
    }
    assert_int_equal(missing_members(&n, members), 0);
    for (unsigned i = members; i < n.cfg.nodes; i++) {
        assert_int_equal(n.nodes[i].got, got[i]);
    }
    check_nobody_paid(&n);
    net_fini(&n);
}

static uint64_t trace(uint64_t seed)
{
    struct net_cfg cfg = base();
    struct net n;
    uint64_t hash;

    cfg.nodes = 30;
    cfg.seed = seed;
    cfg.loss_percent = 20;
    net_init(&n, &cfg);
    net_run(&n, 3000);
    (void)missing(&n, 10, 2000);
    hash = n.hash;
    net_fini(&n);
    return hash;
}

static void test_the_same_seed_gives_the_same_trace(void **state)
{
    uint64_t first = trace(1);

    (void)state;
    assert_true(first == trace(1));
    assert_true(first != trace(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_gets_everything),
        cmocka_unit_test(test_meshes_stay_as_they_are_in_quiet_times),
        cmocka_unit_test(test_gossip_repairs_what_is_lost),
        cmocka_unit_test(test_planted_no_iwant_loses_messages),
        cmocka_unit_test(test_planted_no_graft_makes_lopsided_meshes),
        cmocka_unit_test(test_a_healed_network_is_whole),
        cmocka_unit_test(
            test_planted_no_iwant_leaves_a_healed_network_ignorant),
        cmocka_unit_test(test_churn_leaves_the_rest_whole),
        cmocka_unit_test(test_declining_saves_bytes),
        cmocka_unit_test(test_floodsub_alone_works_too),
        cmocka_unit_test(test_strangers_hear_nothing_and_are_not_heard),
        cmocka_unit_test(test_who_is_admitted_is_there_at_once),
        cmocka_unit_test(test_who_is_thrown_out_hears_no_more),
        cmocka_unit_test(test_the_same_seed_gives_the_same_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
