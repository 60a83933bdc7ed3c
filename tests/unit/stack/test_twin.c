/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A copied key is noticed by both forms of mDNS and by a dial; a host that
 * meets itself is not taken for one. */
#include "simhost.h"
#include "unit.h"

struct seen {
    struct simhost host;
    unsigned twins;
    struct p2p_multiaddr at;
};

static void on_twin(void *user, const struct p2p_multiaddr *addr)
{
    struct seen *s = user;

    s->twins++;
    s->at = *addr;
}

static const struct p2p_host_events events = {.twin = on_twin};

static struct p2p_key *copy_of(const struct p2p_key *key)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    struct p2p_key *copy;
    int len = p2p_key_encode(key, pb, sizeof pb);

    assert_true(len > 0);
    assert_int_equal(p2p_key_decode(pb, (size_t)len, &copy), 0);
    return copy;
}

/* A host with its own events, unlike those of simhost_start(). */
static void start(struct seen *s, struct sim *sim, size_t index,
                  const struct p2p_host_config *cfg)
{
    struct p2p_host_config hc = *cfg;

    hc.key = s->host.key;
    hc.events = &events;
    hc.user = s;
    s->host.sim = sim;
    s->host.index = index;
    assert_int_equal(
        p2p__host_new(&sim->hosts[index].world, &hc, &s->host.host), 0);
    assert_int_equal(p2p_host_listen(s->host.host, "/ip4/0.0.0.0/tcp/4001"), 0);
}

static void run(const struct p2p_host_config *cfg, bool same, bool dial,
                struct seen seen[2])
{
    const struct sim_cfg sc = {
        .seed = 5, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};
    struct sim sim;
    char addr[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_multiaddr ma;

    sim_init(&sim, &sc, 2);
    memset(seen, 0, 2 * sizeof seen[0]);
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &seen[0].host.key), 0);
    if (same) {
        seen[1].host.key = copy_of(seen[0].host.key);
    } else {
        assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &seen[1].host.key),
                         0);
    }
    start(&seen[0], &sim, 0, cfg);
    start(&seen[1], &sim, 1, cfg);
    if (dial) { /* each dials the other and itself, whoever answers */
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(p2p_host_addrs(seen[i % 2].host.host, &ma, 1), 1);
            p2p_multiaddr_strip_peer(&ma);
            assert_int_equal(
                p2p_host_dial(seen[i / 2].host.host,
                              p2p_multiaddr_text(&ma, addr), NULL, NULL),
                0);
        }
    }
    sim_run(&sim, P2P__SEC(50));
    for (size_t i = 0; i < 2; i++) {
        p2p_host_free(seen[i].host.host);
        p2p_key_free(seen[i].host.key);
    }
    sim_fini(&sim);
}

static void assert_each_saw_the_other(const struct seen seen[2])
{
    char text[P2P_MULTIADDR_TEXT_MAX];

    assert_true(seen[0].twins + seen[1].twins >= 1);
    for (size_t i = 0; i < 2; i++) {
        assert_true(seen[i].twins <= 1); /* once a minute */
        if (seen[i].twins > 0) {
            assert_memory_equal(p2p_multiaddr_text(&seen[i].at, text), "/ip4/",
                                5);
        }
    }
}

static void test_a_copied_key_by_mdns(void **state)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct seen seen[2];

    (void)state;
    cfg.mdns = cfg.mdns_dial = true;
    run(&cfg, true, false, seen);
    assert_each_saw_the_other(seen);
    run(&cfg, false, false, seen);
    assert_int_equal(seen[0].twins + seen[1].twins, 0);
    cfg.mdns = false;
    cfg.mdns_2021 = true;
    run(&cfg, true, false, seen);
    assert_each_saw_the_other(seen);
}

static void test_a_copied_key_by_a_dial(void **state)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct seen seen[2];

    (void)state;
    run(&cfg, true, true, seen);
    assert_each_saw_the_other(seen);
}

static void test_oneself_is_no_copy(void **state)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct seen seen[2];

    (void)state;
    run(&cfg, false, true, seen);
    assert_int_equal(seen[0].twins + seen[1].twins, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copied_key_by_mdns),
        cmocka_unit_test(test_a_copied_key_by_a_dial),
        cmocka_unit_test(test_oneself_is_no_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
