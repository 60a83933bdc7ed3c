/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two whole hosts meet, speak and part, on a heap whose n-th allocation fails,
 * for every n: nothing crashes, and everything is given back.
 */
#include <stdio.h>

#include "failing_mem.h"
#include "ident/key.h"
#include "simhost.h"
#include "unit.h"

static const char *const protocol[] = {"/x/1.0.0"};

struct pair {
    struct sim sim;
    struct p2p_host *hosts[2];
    struct p2p_pubsub *pubsubs[2];
    struct p2p_key *keys[2];
    bool mplex;
    size_t got;   /* bytes on streams */
    size_t heard; /* messages */
};

static void on_data(void *user, struct p2p_stream *s, const uint8_t *p,
                    size_t len)
{
    (void)s;
    (void)p;
    ((struct pair *)user)->got += len;
}

static void on_finished(void *user, struct p2p_stream *s)
{
    (void)user;
    p2p_stream_finish(s);
}

static const struct p2p_stream_events events = {
    .data = on_data,
    .finished = on_finished,
};

static void on_stream(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &events, user);
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    (void)m;
    ((struct pair *)user)->heard++;
    return P2P_ACCEPT;
}

static int start(struct pair *p, size_t i)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    int rv;

    cfg.key = p->keys[i];
    cfg.mplex = cfg.no_yamux = p->mplex;
    cfg.mdns = cfg.mdns_2021 = true;
    rv = p2p__host_new(&p->sim.hosts[i].world, &cfg, &p->hosts[i]);
    if (rv == 0) {
        rv = p2p_host_listen(p->hosts[i], "/ip4/0.0.0.0/tcp/4001");
    }
    if (rv == 0) {
        rv = p2p_host_handle(p->hosts[i], protocol[0], on_stream, p);
    }
    if (rv == 0) {
        rv = p2p_pubsub_new(p->hosts[i], NULL, &p->pubsubs[i]);
    }
    if (rv == 0) {
        rv = p2p_pubsub_subscribe(p->pubsubs[i], "news", on_message, p);
    }
    return rv;
}

static int dial(struct pair *p)
{
    char id[P2P_PEER_ID_TEXT_MAX], addr[P2P_MULTIADDR_TEXT_MAX];
    int rv;

    (void)snprintf(addr, sizeof addr, "/ip4/10.0.0.2/tcp/4001/p2p/%s",
                   p2p_peer_id_text(p2p_host_id(p->hosts[1]), id));
    rv = p2p_host_add_addr(p->hosts[0], addr, 60);
    if (rv == 0) {
        rv = p2p_host_dial(p->hosts[0], addr, NULL, NULL);
    }
    sim_run(&p->sim, p->sim.now + P2P__SEC(3));
    return rv;
}

static int speak(struct pair *p)
{
    static const uint8_t bytes[20000];
    struct p2p_stream *s;
    int rv = p2p_stream_open(p->hosts[0], p2p_host_id(p->hosts[1]), protocol, 1,
                             &events, p, &s);

    if (rv == 0) {
        rv = p2p_stream_send(s, bytes, sizeof bytes);
        p2p_stream_finish(s);
    }
    if (rv == 0 || rv == P2P_EAGAIN) {
        rv = p2p_pubsub_publish(p->pubsubs[1], "news", bytes, 1000);
    }
    sim_run(&p->sim, p->sim.now + P2P__SEC(3));
    return rv > 0 ? 0 : rv;
}

/* 0, or P2P_ENOMEM when something could not be for want of memory. */
static int body(void *arg)
{
    const struct sim_cfg cfg = {
        .seed = 31, .latency_min = P2P__MS(5), .latency_max = P2P__MS(9)};
    struct pair *p = arg;
    int rv;

    p->got = p->heard = 0;
    p->hosts[0] = p->hosts[1] = NULL;
    sim_init(&p->sim, &cfg, 2);
    rv = start(p, 0);
    rv = rv != 0 ? rv : start(p, 1);
    rv = rv != 0 ? rv : dial(p);
    rv = rv != 0 ? rv : speak(p);
    p2p_host_free(p->hosts[0]);
    p2p_host_free(p->hosts[1]);
    sim_run(&p->sim, p->sim.now + P2P__SEC(60));
    sim_fini(&p->sim);
    if (!failing_mem_hit()) {
        assert_int_equal(rv, 0);
        assert_int_equal(p->got, 20000);
        assert_int_equal(p->heard, 1);
    }
    return rv == 0 ? 0 : P2P_ENOMEM;
}

static void hosts_survive(bool mplex)
{
    struct pair p = {.mplex = mplex};
    uint8_t seed[32] = {1};

    for (size_t i = 0; i < 2; i++) {
        seed[1] = (uint8_t)i;
        assert_int_equal(p2p_key_from_seed(seed, &p.keys[i]), 0);
    }
    assert_true(failing_mem_each(body, &p) > 100);
    p2p_key_free(p.keys[0]);
    p2p_key_free(p.keys[1]);
}

static void test_hosts_without_memory(void **state)
{
    (void)state;
    hosts_survive(false);
}

static void test_hosts_without_memory_by_mplex(void **state)
{
    (void)state;
    hosts_survive(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_without_memory),
        cmocka_unit_test(test_hosts_without_memory_by_mplex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
