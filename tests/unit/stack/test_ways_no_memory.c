/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two hosts meet over each transport and security, ping, measure and part, on
 * a heap whose n-th allocation fails, for every n: nothing crashes, and
 * everything is given back. So do two with one key, who notice.
 */
#include <stdio.h>

#include "failing_mem.h"
#include "ident/key.h"
#include "p2p/quic.h"
#include "p2p/tls.h"
#include "p2p/ws.h"
#include "simhost.h"
#include "unit.h"
#include "web_cert.h"

#define PERF_BYTES 3000

/* How hosts meet; all begin at 10.0.0.2. */
struct way {
    const char *behind; /* the IP address */
    const struct p2p_security *security;
    const uint8_t *psk;
    const struct p2p_transport *transport;
    bool wss;
};

struct pair {
    const struct way *way;
    struct web_cert *cert;
    struct sim sim;
    struct p2p_key *keys[2];
    struct p2p_host *hosts[2];
    struct p2p_transport *wss[2]; /* the dialer's, the listener's */
    unsigned pongs;
    unsigned measured;
    unsigned twins;
};

static const uint8_t psk[P2P_PSK_BYTES] = {1};

static void on_twin(void *user, const struct p2p_multiaddr *addr)
{
    (void)addr;
    ((struct pair *)user)->twins++;
}

static const struct p2p_host_events events = {.twin = on_twin};

static int make_wss(struct pair *p)
{
    struct p2p_wss_config cfg = P2P_WSS_CONFIG_INIT;
    int rv;

    cfg.ca = p->cert->cert;
    cfg.ca_len = p->cert->cert_len;
    rv = p2p_transport_wss_new(&cfg, &p->wss[0]);
    if (rv == 0) {
        cfg = (struct p2p_wss_config)P2P_WSS_CONFIG_INIT;
        cfg.cert = p->cert->cert;
        cfg.cert_len = p->cert->cert_len;
        cfg.key = p->cert->key;
        cfg.key_len = p->cert->key_len;
        rv = p2p_transport_wss_new(&cfg, &p->wss[1]);
    }
    return rv;
}

static int start(struct pair *p, size_t i)
{
    const struct p2p_security *const security[] = {p->way->security, NULL};
    const struct p2p_transport *const transports[] = {
        p->way->wss ? p->wss[i] : p->way->transport, NULL};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    char at[64];
    int rv;

    cfg.key = p->keys[i];
    cfg.security = p->way->security != NULL ? security : NULL;
    cfg.transports = transports;
    cfg.psk = p->way->psk;
    cfg.events = &events;
    cfg.user = p;
    rv = p2p__host_new(&p->sim.hosts[i].world, &cfg, &p->hosts[i]);
    (void)snprintf(at, sizeof at, "/ip4/0.0.0.0/%s", p->way->behind);
    if (rv == 0 && i == 1) {
        rv = p2p_host_listen(p->hosts[i], at);
    }
    return rv;
}

static int dial(struct pair *p)
{
    char id[P2P_PEER_ID_TEXT_MAX], addr[P2P_MULTIADDR_TEXT_MAX];
    int rv;

    (void)snprintf(addr, sizeof addr, "/ip4/10.0.0.2/%s/p2p/%s", p->way->behind,
                   p2p_peer_id_text(p2p_host_id(p->hosts[1]), id));
    rv = p2p_host_dial(p->hosts[0], addr, NULL, NULL);
    sim_run(&p->sim, p->sim.now + P2P__SEC(3));
    return rv;
}

static void on_pong(void *user, int status, uint64_t rtt_us)
{
    (void)rtt_us;
    ((struct pair *)user)->pongs += status >= 0 ? 1 : 0;
}

static void on_measured(void *user, int status, const struct p2p_perf_result *r)
{
    (void)r;
    ((struct pair *)user)->measured += status >= 0 ? 1 : 0;
}

static int speak(struct pair *p)
{
    const struct p2p_peer_id *to = p2p_host_id(p->hosts[1]);
    int rv = p2p_host_ping(p->hosts[0], to, 1, on_pong, p);

    rv = rv != 0 ? rv
                 : p2p_host_perf(p->hosts[0], to, PERF_BYTES, PERF_BYTES,
                                 on_measured, p);
    sim_run(&p->sim, p->sim.now + P2P__SEC(3));
    return rv;
}

static void begin(struct pair *p)
{
    const struct sim_cfg cfg = {
        .seed = 31, .latency_min = P2P__MS(5), .latency_max = P2P__MS(9)};

    p->hosts[0] = p->hosts[1] = NULL;
    p->wss[0] = p->wss[1] = NULL;
    p->pongs = p->measured = p->twins = 0;
    sim_init(&p->sim, &cfg, 2);
}

static void end(struct pair *p)
{
    p2p_host_free(p->hosts[0]);
    p2p_host_free(p->hosts[1]);
    sim_run(&p->sim, p->sim.now + P2P__SEC(60));
    p2p_transport_wss_free(p->wss[0]);
    p2p_transport_wss_free(p->wss[1]);
    sim_fini(&p->sim);
}

/* 0, or P2P_ENOMEM when something could not be for want of memory. */
static int meet(void *arg)
{
    struct pair *p = arg;
    int rv;

    begin(p);
    rv = p->way->wss ? make_wss(p) : 0;
    rv = rv != 0 ? rv : start(p, 0);
    rv = rv != 0 ? rv : start(p, 1);
    rv = rv != 0 ? rv : dial(p);
    rv = rv != 0 ? rv : speak(p);
    end(p);
    if (!failing_mem_hit()) {
        assert_int_equal(rv, 0);
        assert_int_equal(p->pongs, 1);
        assert_int_equal(p->measured, 1);
    }
    return rv == 0 ? 0 : P2P_ENOMEM;
}

/* They have one key, and neither knows. */
static int meet_oneself(void *arg)
{
    struct pair *p = arg;
    int rv;

    begin(p);
    rv = start(p, 0);
    rv = rv != 0 ? rv : start(p, 1);
    rv = rv != 0 ? rv : dial(p);
    end(p);
    if (!failing_mem_hit()) {
        assert_true(rv == P2P_EINVAL || rv == P2P_ESELF || p->twins > 0);
    }
    return failing_mem_hit() ? P2P_ENOMEM : 0;
}

static size_t each(const struct way *way, int (*body)(void *), uint8_t other)
{
    struct pair p = {.way = way};
    struct web_cert cert;
    uint8_t seed[32] = {1};
    size_t n;

    web_cert_good(&cert, "localhost");
    p.cert = &cert;
    for (size_t i = 0; i < 2; i++) {
        seed[1] = (uint8_t)(i * other);
        assert_int_equal(p2p_key_from_seed(seed, &p.keys[i]), 0);
    }
    n = failing_mem_each(body, &p);
    p2p_key_free(p.keys[0]);
    p2p_key_free(p.keys[1]);
    return n;
}

static void test_over_tls(void **state)
{
    const struct way way = {.behind = "tcp/4001",
                            .security = p2p_security_tls(),
                            .transport = p2p_transport_tcp()};

    (void)state;
    assert_true(each(&way, meet, 1) > 60);
}

static void test_in_a_private_network(void **state)
{
    const struct way way = {
        .behind = "tcp/4001", .psk = psk, .transport = p2p_transport_tcp()};

    (void)state;
    assert_true(each(&way, meet, 1) > 60);
}

static void test_over_websocket(void **state)
{
    const struct way way = {.behind = "tcp/4001/ws",
                            .transport = p2p_transport_ws()};

    (void)state;
    assert_true(each(&way, meet, 1) > 60);
}

static void test_over_secure_websocket(void **state)
{
    const struct way way = {.behind = "tcp/443/tls/sni/localhost/ws",
                            .wss = true};

    (void)state;
    assert_true(each(&way, meet, 1) > 60);
}

static void test_over_quic(void **state)
{
    const struct way way = {.behind = "udp/4001/quic-v1",
                            .transport = p2p_transport_quic()};

    (void)state;
    assert_true(each(&way, meet, 1) > 60);
}

static void test_with_ones_own_key(void **state)
{
    const struct way way = {.behind = "tcp/4001",
                            .transport = p2p_transport_tcp()};

    (void)state;
    assert_true(each(&way, meet_oneself, 0) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_over_tls),
        cmocka_unit_test(test_in_a_private_network),
        cmocka_unit_test(test_over_websocket),
        cmocka_unit_test(test_over_secure_websocket),
        cmocka_unit_test(test_over_quic),
        cmocka_unit_test(test_with_ones_own_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
