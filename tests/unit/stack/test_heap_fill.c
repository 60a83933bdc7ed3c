/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * No byte that goes out may be one that was left in memory (T25): the same
 * world is played on a heap full of 0x55 and on one full of 0xaa, and what its
 * hosts send one another must be the same, byte by byte. It is: the trace is
 * a hash of all of it.
 */
#include <malloc.h>

#include "flow.h"
#include "unit.h"

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    (void)user;
    (void)m;
    return P2P_ACCEPT;
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    (void)peer;
    *(int *)user = status;
}

/* Two hosts say all that they can; the hash of it. */
static uint64_t play(bool mplex)
{
    const struct sim_cfg cfg = {
        .seed = 29, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct p2p_pubsub_config pc = P2P_PUBSUB_CONFIG_INIT;
    struct sim sim;
    struct simhost h[2] = {{0}};
    struct flow flow = {0};
    char addr[P2P_MULTIADDR_TEXT_MAX];
    size_t at = 0;
    int status = 1;
    uint64_t trace;

    hc.mplex = hc.no_yamux = mplex;
    hc.mdns = hc.mdns_2021 = true;
    pc.scoring = true;
    sim_init(&sim, &cfg, 2);
    for (size_t i = 0; i < 2; i++) {
        simhost_start(&h[i], &sim, i, &hc);
        flow_serve(&h[i], &at);
        assert_int_equal(p2p_pubsub_new(h[i].host, &pc, &h[i].pubsub), 0);
        assert_int_equal(
            p2p_pubsub_subscribe(h[i].pubsub, "news", on_message, NULL), 0);
    }
    assert_int_equal(
        p2p_host_dial(h[0].host, simhost_addr(&h[1], addr), on_dialed, &status),
        0);
    sim_run(&sim, P2P__SEC(5));
    assert_int_equal(status, 0);
    flow_open(&flow, &h[0], &h[1]);
    flow_send(&flow, 700000);
    assert_int_equal(p2p_pubsub_publish(h[1].pubsub, "news", "0123", 4), 1);
    sim_run(&sim, P2P__SEC(90)); /* heartbeats, gossip, keep-alive, mDNS */
    assert_int_equal(at, 700001);
    simhost_stop(&h[0]);
    simhost_stop(&h[1]);
    trace = sim.trace;
    sim_fini(&sim);
    return trace;
}

static void same_on_any_heap(bool mplex)
{
    uint64_t traces[2];

    for (int i = 0; i < 2; i++) {
        if (mallopt(M_PERTURB, i == 0 ? 0x55 : 0xaa) != 1) {
            print_message("skipped: this heap cannot be filled\n");
            skip();
        }
        traces[i] = play(mplex);
    }
    (void)mallopt(M_PERTURB, 0);
    assert_int_equal(traces[0], traces[1]);
}

static void test_T25_no_old_memory_goes_out_by_yamux(void **state)
{
    (void)state;
    same_on_any_heap(false);
}

static void test_T25_no_old_memory_goes_out_by_mplex(void **state)
{
    (void)state;
    same_on_any_heap(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T25_no_old_memory_goes_out_by_yamux),
        cmocka_unit_test(test_T25_no_old_memory_goes_out_by_mplex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
