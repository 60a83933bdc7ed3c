/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hosts of private networks: who has the key talks, nobody else does. */
#include <stdio.h>
#include <stdlib.h>

#include "simhost.h"
#include "unit.h"

static const uint8_t ours[P2P_PSK_BYTES] = {1};
static const uint8_t theirs[P2P_PSK_BYTES] = {2};

struct scene {
    struct sim sim;
    struct simhost a, b;
    int status;
    unsigned done;
};

static void scene_start(struct scene *s, const uint8_t *psk_a,
                        const uint8_t *psk_b)
{
    const struct sim_cfg cfg = {
        .seed = 7, .latency_min = P2P__MS(1), .latency_max = P2P__MS(9)};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    *s = (struct scene){0};
    sim_init(&s->sim, &cfg, 2);
    hc.psk = psk_a;
    simhost_start(&s->a, &s->sim, 0, &hc);
    hc.psk = psk_b;
    simhost_start(&s->b, &s->sim, 1, &hc);
}

static void scene_stop(struct scene *s)
{
    simhost_stop(&s->a);
    simhost_stop(&s->b);
    sim_fini(&s->sim);
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct scene *s = user;

    (void)peer;
    s->status = status;
    s->done++;
}

static bool is_done(void *arg)
{
    return ((const struct scene *)arg)->done > 0;
}

static int dial(struct scene *s, const struct simhost *from,
                const struct simhost *to)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    s->done = 0;
    assert_int_equal(
        p2p_host_dial(from->host, simhost_addr(to, buf), on_dialed, s), 0);
    assert_true(sim_run_until(&s->sim, P2P__SEC(60), is_done, s));
    return s->status;
}

static void on_ping(void *user, int status, uint64_t rtt_us)
{
    struct scene *s = user;

    assert_true(status == 0 && rtt_us > 0);
    s->done++;
}

static void test_hosts_with_one_key_talk(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, ours, ours);
    assert_int_equal(dial(&s, &s.a, &s.b), 0);
    s.done = 0;
    assert_int_equal(
        p2p_host_ping(s.a.host, p2p_host_id(s.b.host), 1, on_ping, &s), 0);
    assert_true(sim_run_until(&s.sim, P2P__SEC(10), is_done, &s));
    scene_stop(&s);
}

/* Neither end learns who the other is, and both hear why, at once. */
static void foreign(const uint8_t *psk_a, const uint8_t *psk_b)
{
    struct scene s;
    p2p_ns began;

    scene_start(&s, psk_a, psk_b);
    began = s.sim.now;
    assert_int_equal(dial(&s, &s.a, &s.b), P2P_EAUTH);
    assert_true(s.sim.now - began < P2P__SEC(1));
    assert_int_equal(dial(&s, &s.b, &s.a), P2P_EAUTH);
    assert_int_equal(s.a.ups + s.b.ups, 0);
    sim_run(&s.sim, s.sim.now + P2P__SEC(1));
    assert_int_equal(simhost_conns(&s.a), 0);
    assert_int_equal(simhost_conns(&s.b), 0);
    assert_true(simhost_is_idle(&s.a) && simhost_is_idle(&s.b));
    scene_stop(&s);
}

static void test_another_key_is_refused(void **state)
{
    (void)state;
    foreign(ours, theirs);
}

static void test_no_key_is_refused(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, ours, NULL);
    assert_true(dial(&s, &s.a, &s.b) < 0);
    assert_true(dial(&s, &s.b, &s.a) < 0);
    assert_int_equal(s.a.ups + s.b.ups, 0);
    scene_stop(&s);
}

/* A transport with sessions of its own, which is never used. */
static const struct p2p__transport_own own;

static bool speaks(const struct p2p_multiaddr *ma, size_t at)
{
    (void)ma;
    (void)at;
    return false;
}

static const struct p2p_transport quick = {.name = "quick",
                                           .port_code = P2P_MULTIADDR_UDP,
                                           .speaks = speaks,
                                           .own = &own};

static void on_log(void *user, int level, const char *text)
{
    char *last = user;

    (void)level;
    (void)snprintf(last, 128, "%s", text);
}

static void test_a_transport_that_cannot_be_private(void **state)
{
    static const struct p2p_transport *const list[] = {&p2p__tcp_transport,
                                                       &quick, NULL};
    static const struct p2p_host_events events = {.log = on_log};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct p2p_host *host;
    char last[128] = "";
    struct scene s;

    (void)state;
    scene_start(&s, NULL, NULL);
    hc.key = s.a.key;
    hc.transports = list;
    hc.events = &events;
    hc.user = last;
    assert_int_equal(p2p__host_new(s.a.host->world, &hc, &host), 0);
    p2p_host_free(host);
    hc.psk = ours;
    assert_int_equal(p2p__host_new(s.a.host->world, &hc, &host), P2P_ENOTSUP);
    assert_null(host);
    assert_string_equal(last,
                        "pnet.refused transport=quick: it cannot be used in a "
                        "private network");
    scene_stop(&s);
}

static void test_the_safeguard(void **state)
{
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct p2p_host *host;
    struct scene s;

    (void)state;
    scene_start(&s, NULL, NULL);
    hc.key = s.a.key;
    assert_int_equal(setenv("LIBP2P_FORCE_PNET", "1", 1), 0);
    assert_int_equal(p2p__host_new(s.a.host->world, &hc, &host), P2P_EACCES);
    assert_null(host);
    hc.psk = ours;
    assert_int_equal(p2p__host_new(s.a.host->world, &hc, &host), 0);
    p2p_host_free(host);
    assert_int_equal(setenv("LIBP2P_FORCE_PNET", "0", 1), 0);
    hc.psk = NULL;
    assert_int_equal(p2p__host_new(s.a.host->world, &hc, &host), 0);
    p2p_host_free(host);
    assert_int_equal(unsetenv("LIBP2P_FORCE_PNET"), 0);
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_with_one_key_talk),
        cmocka_unit_test(test_another_key_is_refused),
        cmocka_unit_test(test_no_key_is_refused),
        cmocka_unit_test(test_a_transport_that_cannot_be_private),
        cmocka_unit_test(test_the_safeguard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
