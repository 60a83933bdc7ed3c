/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host on a machine whose interfaces come and go: what it tells of itself
 * follows, with mDNS and without, and those that it is connected to hear it.
 */
#include <stdio.h>

#include "simhost.h"
#include "unit.h"
#include "wire/maddr.h"

/* The interfaces of the machine under test, instead of the simulator's. */
struct machine {
    struct p2p__iface list[4];
    size_t n;
};

static struct machine machine;

static int list(struct p2p__ifaces *self, struct p2p__iface *at, size_t cap)
{
    (void)self;
    for (size_t i = 0; i < machine.n && i < cap; i++) {
        at[i] = machine.list[i];
    }
    return (int)machine.n;
}

static void plug(uint32_t index, const uint8_t ip[4], bool loopback)
{
    struct p2p__iface *i = &machine.list[machine.n++];

    *i = (struct p2p__iface){.index = index,
                             .loopback = loopback,
                             .multicast = !loopback,
                             .addr = {.family = 4}};
    memcpy(i->addr.ip, ip, 4);
}

/* Whether somebody at an address would be on a link of h's machine. */
static bool is_near(const struct simhost *h, const char *text)
{
    struct p2p__maddr_waist waist;
    struct p2p_multiaddr ma;
    char whole[64];

    (void)snprintf(whole, sizeof whole, "%s/tcp/1", text);
    assert_int_equal(p2p_multiaddr_from_text(whole, strlen(whole), &ma), 0);
    assert_int_equal(p2p__maddr_waist(&ma, &waist), 0);
    return p2p__host_is_on_link(h->host, &waist.addr);
}

/* An interface of the machine gets an address of IPv6. */
static void plug6(uint32_t index, const uint8_t ip[16], uint8_t prefix)
{
    struct p2p__iface *i = &machine.list[machine.n++];

    *i = (struct p2p__iface){
        .index = index, .addr = {.family = 6}, .prefix = prefix};
    memcpy(i->addr.ip, ip, 16);
}

static const uint8_t lo[] = {127, 0, 0, 1}, first[] = {10, 0, 0, 1},
                     second[] = {192, 168, 7, 9};

/* Whether h tells this address of itself. */
static bool tells(const struct simhost *h, const uint8_t ip[4])
{
    struct p2p_multiaddr addrs[P2P__CAP_OWN_ADDRS];
    size_t n = p2p_host_addrs(h->host, addrs, P2P__CAP_OWN_ADDRS);

    for (size_t i = 0; i < n; i++) {
        if (memcmp(addrs[i].bytes + 1, ip, 4) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether b heard from a that it is there. */
static bool heard(const struct simhost *b, const struct simhost *a,
                  const uint8_t ip[4])
{
    const struct p2p__peer *peer =
        p2p__book_find(&b->host->swarm->book, p2p_host_id(a->host));

    P2P__LIST_EACH (it, &peer->addrs) {
        const struct p2p__peer_addr *x =
            P2P__CONTAINER(it, struct p2p__peer_addr, link);

        if (memcmp(x->bytes + 1, ip, 4) == 0) {
            return true;
        }
    }
    return false;
}

/* What a machine's links are is what its interfaces' networks are. */
static void test_networks_of_the_interfaces_are_near(void **state)
{
    static const uint8_t public4[] = {203, 0, 113, 70},
                         alone4[] = {198, 51, 100, 7},
                         alone6[] = {0x2a, 1, 4, 0xf8, 0, 1, 0, 2, [15] = 9},
                         wide6[] = {0x2a, 2, 1, 2, 3, 4, [15] = 9};
    const struct sim_cfg cfg = {.seed = 37};
    struct sim sim;
    struct simhost a = {0};

    (void)state;
    sim_init(&sim, &cfg, 1);
    sim.hosts[0].world.ifaces->list = list;
    machine.n = 0;
    simhost_start(&a, &sim, 0, NULL);
    assert_false(is_near(&a, "/ip4/203.0.113.71"));
    plug(2, public4, false);
    assert_true(is_near(&a, "/ip4/203.0.113.70"));  /* itself */
    assert_false(is_near(&a, "/ip4/203.0.113.71")); /* nobody said */
    machine.list[0].prefix = 26;
    assert_true(is_near(&a, "/ip4/203.0.113.64"));
    assert_true(is_near(&a, "/ip4/203.0.113.127"));
    assert_false(is_near(&a, "/ip4/203.0.113.63"));
    assert_false(is_near(&a, "/ip4/203.0.113.128"));
    plug(3, alone4, false);
    machine.list[1].prefix = 32;
    assert_true(is_near(&a, "/ip4/198.51.100.7"));
    assert_false(is_near(&a, "/ip4/198.51.100.6"));
    plug6(4, alone6, 128); /* by DHCPv6: its link has /64, as nearly all */
    assert_true(is_near(&a, "/ip6/2a01:4f8:1:2:ffff::1"));
    assert_false(is_near(&a, "/ip6/2a01:4f8:1:3::9"));
    plug6(5, wide6, 48);
    assert_true(is_near(&a, "/ip6/2a02:102:304:ffff::1"));
    assert_false(is_near(&a, "/ip6/2a02:102:305::9"));
    machine.list[3].prefix = 80;
    assert_false(is_near(&a, "/ip6/2a02:102:304:0:1::9"));
    assert_true(is_near(&a, "/ip6/2a02:102:304::1"));
    simhost_stop(&a);
    sim_fini(&sim);
    machine.n = 0;
}

static void test_addresses_follow_the_interfaces(void **state)
{
    const struct sim_cfg cfg = {
        .seed = 37, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};
    struct sim sim;
    struct simhost a = {0};

    (void)state;
    sim_init(&sim, &cfg, 1);
    sim.hosts[0].ifaces.list = list;
    machine = (struct machine){0};
    simhost_start(&a, &sim, 0, NULL);
    assert_int_equal(p2p_host_addrs(a.host, NULL, 0), 0);
    plug(1, lo, true);
    assert_true(tells(&a, lo)); /* there is nothing else */
    plug(2, first, false);
    plug(3, second, false);
    assert_true(tells(&a, first) && tells(&a, second));
    assert_false(tells(&a, lo));
    machine.n = 2;
    assert_true(tells(&a, first));
    assert_false(tells(&a, second));
    simhost_stop(&a);
    sim_fini(&sim);
}

static void peers_hear_of_it(bool mdns)
{
    const struct sim_cfg cfg = {
        .seed = 37, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct sim sim;
    struct simhost a = {0}, b = {0};

    hc.mdns = mdns;
    sim_init(&sim, &cfg, 2);
    sim.hosts[0].ifaces.list = list;
    machine = (struct machine){0};
    plug(1, lo, true);
    plug(2, first, false);
    simhost_start(&a, &sim, 0, &hc);
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(5));
    assert_true(heard(&b, &a, first));
    plug(3, second, false);
    sim_run(&sim, sim.now + P2P__SEC(12));
    assert_true(heard(&b, &a, second));
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_peers_hear_of_a_new_interface(void **state)
{
    (void)state;
    peers_hear_of_it(false);
}

static void test_peers_hear_of_a_new_interface_with_mdns(void **state)
{
    (void)state;
    peers_hear_of_it(true);
}

/* Where the world tells of changes, they are heard of at once, once for many,
 * and nobody looks in between. */
static unsigned changes;

static void on_addrs_changed(void *user)
{
    (void)user;
    changes++;
}

static void test_a_change_that_is_told_is_heard_at_once(void **state)
{
    const struct sim_cfg cfg = {
        .seed = 37, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};
    struct p2p_host_events events;
    struct simhost a = {0}, b = {0};
    struct sim sim;

    (void)state;
    sim_init(&sim, &cfg, 2);
    sim.hosts[0].ifaces.list = list;
    sim_watch_ifaces(&sim, 0);
    machine = (struct machine){0};
    plug(1, lo, true);
    plug(2, first, false);
    simhost_start(&a, &sim, 0, NULL);
    events = *a.host->events;
    events.addrs_changed = on_addrs_changed;
    a.host->events = &events;
    p2p__host_roam_told(a.host);
    changes = 0;
    simhost_start(&b, &sim, 1, NULL);
    assert_int_equal(simhost_dial(&a, &b), 0);
    sim_run(&sim, P2P__SEC(5));
    plug(3, second, false);
    sim_run(&sim, sim.now + P2P__SEC(20));
    assert_false(heard(&b, &a, second)); /* looks are rare */
    for (int i = 0; i < 4; i++) {
        sim_ifaces_changed(&sim, 0);
        sim_run(&sim, sim.now + P2P__MS(100));
        assert_false(heard(&b, &a, second));
    }
    sim_run(&sim, sim.now + P2P__MS(200));
    assert_true(heard(&b, &a, second));
    assert_int_equal(changes, 1);
    sim_ifaces_changed(&sim, 0); /* nothing changed */
    sim_run(&sim, sim.now + P2P__SEC(5));
    assert_int_equal(changes, 1);
    machine.n = 2;
    sim_ifaces_changed(&sim, 0);
    sim_run(&sim, sim.now + P2P__SEC(1));
    assert_int_equal(changes, 2);
    simhost_stop(&a);
    simhost_stop(&b);
    assert_true(p2p__list_empty(&sim.hosts[0].watches));
    sim_fini(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_of_the_interfaces_are_near),
        cmocka_unit_test(test_addresses_follow_the_interfaces),
        cmocka_unit_test(test_peers_hear_of_a_new_interface),
        cmocka_unit_test(test_peers_hear_of_a_new_interface_with_mdns),
        cmocka_unit_test(test_a_change_that_is_told_is_heard_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
