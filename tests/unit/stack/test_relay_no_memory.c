/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two hosts meet at a relay and part, or punch a hole, on a heap whose n-th
 * allocation fails, for every n: nothing crashes, and everything is given back.
 */
#include <stdio.h>

#include "failing_mem.h"
#include "p2p/dcutr.h"
#include "p2p/relay.h"
#include "simhost.h"
#include "unit.h"

enum { RELAY, TARGET, DIALER, HOSTS };

static const char *const protocol[] = {"/x/1.0.0"};

struct three {
    struct sim sim;
    struct p2p_host *hosts[HOSTS];
    struct p2p_key *keys[HOSTS];
    size_t got;
    bool punches; /* both behind the relay */
};

static void on_data(void *user, struct p2p_stream *s, const uint8_t *p,
                    size_t len)
{
    (void)s;
    (void)p;
    ((struct three *)user)->got += len;
}

static const struct p2p_stream_events events = {.data = on_data};

static void on_stream(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &events, user);
}

static int start(struct three *t, size_t i)
{
    const struct p2p_relay_config limits = P2P_RELAY_CONFIG_INIT;
    struct p2p_dcutr_config dcutr = P2P_DCUTR_CONFIG_INIT;
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    int rv;

    cfg.key = t->keys[i];
    cfg.relay = i == RELAY ? &limits : NULL;
    dcutr.private_addrs = true;
    cfg.dcutr = t->punches && i != RELAY ? &dcutr : NULL;
    rv = p2p__host_new(&t->sim.hosts[i].world, &cfg, &t->hosts[i]);
    if (rv == 0 && (i == RELAY || t->punches)) {
        rv = p2p_host_listen(t->hosts[i], "/ip4/0.0.0.0/tcp/4001");
    }
    if (rv == 0) {
        rv = p2p_host_handle(t->hosts[i], protocol[0], on_stream, t);
    }
    return rv;
}

/* The one behind the relay listens there, the other one comes. */
static int meet(struct three *t)
{
    char id[P2P_PEER_ID_TEXT_MAX], at[P2P_MULTIADDR_TEXT_MAX],
        to[P2P_MULTIADDR_TEXT_MAX];
    int rv;

    (void)snprintf(at, sizeof at, "/ip4/10.0.0.1/tcp/4001/p2p/%s/p2p-circuit",
                   p2p_peer_id_text(p2p_host_id(t->hosts[RELAY]), id));
    rv = p2p_host_listen(t->hosts[TARGET], at);
    sim_run(&t->sim, t->sim.now + P2P__SEC(2));
    if (rv == 0) {
        (void)snprintf(to, sizeof to, "%.800s/p2p/%s", at,
                       p2p_peer_id_text(p2p_host_id(t->hosts[TARGET]), id));
        rv = p2p_host_dial(t->hosts[DIALER], to, NULL, NULL);
    }
    sim_run(&t->sim, t->sim.now + P2P__SEC(2));
    return rv;
}

static int speak(struct three *t)
{
    static const uint8_t bytes[20000];
    struct p2p_stream *s;
    int rv =
        p2p_stream_open_limited(t->hosts[DIALER], p2p_host_id(t->hosts[TARGET]),
                                protocol, 1, &events, t, &s);

    if (rv == 0) {
        rv = p2p_stream_send(s, bytes, sizeof bytes);
    }
    sim_run(&t->sim, t->sim.now + P2P__SEC(2));
    return rv > 0 ? 0 : rv;
}

static int body(void *arg)
{
    const struct sim_cfg cfg = {
        .seed = 31, .latency_min = P2P__MS(5), .latency_max = P2P__MS(9)};
    struct three *t = arg;
    int rv = 0;

    t->got = 0;
    memset(t->hosts, 0, sizeof t->hosts);
    sim_init(&t->sim, &cfg, HOSTS);
    for (size_t i = 0; i < HOSTS && rv == 0; i++) {
        rv = start(t, i);
    }
    rv = rv != 0 ? rv : meet(t);
    rv = rv != 0 ? rv : speak(t);
    for (size_t i = 0; i < HOSTS; i++) {
        p2p_host_free(t->hosts[i]);
    }
    sim_run(&t->sim, t->sim.now + P2P__SEC(60));
    sim_fini(&t->sim);
    if (!failing_mem_hit()) {
        assert_int_equal(rv, 0);
        assert_int_equal(t->got, 20000);
    }
    return rv == 0 ? 0 : P2P_ENOMEM;
}

static void each(struct three *t, int (*run)(void *arg), size_t least)
{
    uint8_t seed[32] = {1};

    for (size_t i = 0; i < HOSTS; i++) {
        seed[1] = (uint8_t)i;
        assert_int_equal(p2p_key_from_seed(seed, &t->keys[i]), 0);
    }
    assert_true(failing_mem_each(run, t) > least);
    for (size_t i = 0; i < HOSTS; i++) {
        p2p_key_free(t->keys[i]);
    }
}

static void test_a_circuit_without_memory(void **state)
{
    struct three t = {.got = 0};

    (void)state;
    each(&t, body, 200);
}

/* Both are behind walls, and hear of each other by the relay. */
static int punch(void *arg)
{
    const struct sim_cfg cfg = {
        .seed = 32, .latency_min = P2P__MS(5), .latency_max = P2P__MS(9)};
    const struct p2p__peer *other;
    struct three *t = arg;
    bool direct = false;
    int rv = 0;

    memset(t->hosts, 0, sizeof t->hosts);
    sim_init(&t->sim, &cfg, HOSTS);
    sim_wall(&t->sim, TARGET);
    sim_wall(&t->sim, DIALER);
    for (size_t i = 0; i < HOSTS && rv == 0; i++) {
        rv = start(t, i);
    }
    rv = rv != 0 ? rv : meet(t);
    if (rv == 0) {
        sim_run(&t->sim, t->sim.now + P2P__SEC(10));
        other = p2p__book_find(&t->hosts[DIALER]->swarm->book,
                               p2p_host_id(t->hosts[TARGET]));
        direct =
            other != NULL && p2p__peer_conn(other, P2P__PATH_DIRECT) != NULL;
    }
    for (size_t i = 0; i < HOSTS; i++) {
        p2p_host_free(t->hosts[i]);
    }
    sim_run(&t->sim, t->sim.now + P2P__SEC(60));
    sim_fini(&t->sim);
    assert_true(direct || failing_mem_hit());
    return direct ? 0 : P2P_ENOMEM;
}

static void test_a_hole_without_memory(void **state)
{
    struct three t = {.punches = true};

    (void)state;
    each(&t, punch, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_circuit_without_memory),
        cmocka_unit_test(test_a_hole_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
