/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host asks a server, by v2 and by v1, on a heap whose n-th allocation fails,
 * for every n: nothing crashes, and everything is given back.
 */
#include "failing_mem.h"
#include "p2p/autonat.h"
#include "proto/autonat/msg_v2.h"
#include "simhost.h"
#include "unit.h"

enum { SERVER, ASKER, HOSTS };

struct two {
    struct sim sim;
    struct p2p_host *hosts[HOSTS];
    struct p2p_key *keys[HOSTS];
    bool v2;
    bool reached;
};

static void on_changed(void *user, const struct p2p_reachability_info *what)
{
    struct two *t = user;

    t->reached = t->reached || what->verdict == P2P_REACHABLE;
}

static int start(struct two *t, size_t i)
{
    struct p2p_autonat_server_config server = P2P_AUTONAT_SERVER_CONFIG_INIT;
    struct p2p_autonat_config asker = P2P_AUTONAT_CONFIG_INIT;
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    int rv;

    server.private_addrs = asker.private_addrs = true;
    asker.servers = asker.witnesses = 1;
    asker.changed = on_changed;
    asker.user = t;
    cfg.key = t->keys[i];
    cfg.autonat = i == ASKER ? &asker : NULL;
    cfg.autonat_server = i == SERVER ? &server : NULL;
    rv = p2p__host_new(&t->sim.hosts[i].world, &cfg, &t->hosts[i]);
    if (rv == 0 && i == SERVER && !t->v2) {
        rv = p2p_host_handle(t->hosts[i], P2P__AUTONAT_V2_REQUEST_PROTOCOL,
                             NULL, NULL);
    }
    return rv != 0 ? rv : p2p_host_listen(t->hosts[i], "/ip4/0.0.0.0/tcp/4001");
}

static int body(void *arg)
{
    const struct sim_cfg cfg = {
        .seed = 31, .latency_min = P2P__MS(5), .latency_max = P2P__MS(9)};
    struct two *t = arg;
    int rv = 0;

    t->reached = false;
    memset(t->hosts, 0, sizeof t->hosts);
    sim_init(&t->sim, &cfg, HOSTS);
    for (size_t i = 0; i < HOSTS && rv == 0; i++) {
        rv = start(t, i);
    }
    if (rv == 0) {
        rv = p2p_host_dial(t->hosts[ASKER], "/ip4/10.0.0.1/tcp/4001", NULL,
                           NULL);
    }
    sim_run(&t->sim, t->sim.now + P2P__SEC(10));
    for (size_t i = 0; i < HOSTS; i++) {
        p2p_host_free(t->hosts[i]);
    }
    sim_run(&t->sim, t->sim.now + P2P__SEC(60));
    sim_fini(&t->sim);
    if (!failing_mem_hit()) {
        assert_int_equal(rv, 0);
        assert_true(t->reached);
    }
    return rv == 0 ? 0 : P2P_ENOMEM;
}

static void each(bool v2)
{
    struct two t = {.v2 = v2};
    uint8_t seed[32] = {1};

    for (size_t i = 0; i < HOSTS; i++) {
        seed[1] = (uint8_t)i;
        assert_int_equal(p2p_key_from_seed(seed, &t.keys[i]), 0);
    }
    assert_true(failing_mem_each(body, &t) > 100);
    for (size_t i = 0; i < HOSTS; i++) {
        p2p_key_free(t.keys[i]);
    }
}

static void test_v2_without_memory(void **state)
{
    (void)state;
    each(true);
}

static void test_v1_without_memory(void **state)
{
    (void)state;
    each(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v2_without_memory),
        cmocka_unit_test(test_v1_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
