/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hosts that talk over WebSockets, in a simulated world; which addresses are
 * WebSocket's, and what they say of their server. */
#include "p2p/ws.h"

#include "simhost.h"
#include "unit.h"
#include "ws/host_text.h"

static const uint8_t psk[P2P_PSK_BYTES] = {5};

struct scene {
    struct sim sim;
    struct simhost a, b;
    int status;
    unsigned done;
    struct p2p_perf_result perf;
};

static void scene_start(struct scene *s, const uint8_t *key)
{
    const struct sim_cfg cfg = {
        .seed = 3, .latency_min = P2P__MS(1), .latency_max = P2P__MS(9)};
    const struct p2p_transport *const transports[] = {p2p_transport_tcp(),
                                                      p2p_transport_ws(), NULL};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    *s = (struct scene){0};
    hc.transports = transports;
    hc.psk = key;
    sim_init(&s->sim, &cfg, 2);
    simhost_start(&s->a, &s->sim, 0, &hc);
    simhost_start(&s->b, &s->sim, 1, &hc);
    assert_int_equal(p2p_host_listen(s->b.host, "/ip4/0.0.0.0/tcp/80/ws"), 0);
}

static void scene_stop(struct scene *s)
{
    simhost_stop(&s->a);
    simhost_stop(&s->b);
    sim_fini(&s->sim);
}

/* The address of b that ends in /ws, with /p2p. */
static const char *ws_addr(const struct scene *s, char *buf)
{
    struct p2p_multiaddr all[4];
    size_t n = p2p_host_addrs(s->b.host, all, 4);

    for (size_t i = 0; i < n; i++) {
        if (strstr(p2p_multiaddr_text(&all[i], buf), "/tcp/80/ws/p2p/")) {
            return buf;
        }
    }
    fail_msg("no address of ws: %s", buf);
    return NULL;
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct scene *s = user;

    (void)peer;
    s->status = status;
    s->done++;
}

static void on_perf(void *user, int status, const struct p2p_perf_result *r)
{
    struct scene *s = user;

    assert_int_equal(status, 0);
    s->perf = *r;
    s->done++;
}

static bool is_done(void *arg)
{
    return ((const struct scene *)arg)->done > 0;
}

/* A dial, and a megabyte each way. */
static void talk(const uint8_t *key)
{
    struct scene s;
    struct p2p_conn_info info;
    char buf[P2P_MULTIADDR_TEXT_MAX];

    scene_start(&s, key);
    assert_int_equal(p2p_host_dial(s.a.host, ws_addr(&s, buf), on_dialed, &s),
                     0);
    assert_true(sim_run_until(&s.sim, P2P__SEC(30), is_done, &s));
    assert_int_equal(s.status, 0);
    assert_int_equal(p2p_host_conns(s.a.host, &info, 1, sizeof info), 1);
    assert_string_equal(info.transport, "ws");
    assert_string_equal(info.security, "/noise");
    assert_true(info.early_mux);
    s.done = 0;
    assert_int_equal(p2p_host_perf(s.a.host, p2p_host_id(s.b.host), 1000000,
                                   1000000, on_perf, &s),
                     0);
    assert_true(sim_run_until(&s.sim, P2P__SEC(60), is_done, &s));
    assert_int_equal(s.perf.down_bytes, 1000000);
    assert_int_equal(p2p_host_disconnect(s.a.host, p2p_host_id(s.b.host)), 0);
    sim_run(&s.sim, s.sim.now + P2P__SEC(2));
    assert_int_equal(simhost_conns(&s.b), 0);
    scene_stop(&s);
}

static void test_hosts_talk(void **state)
{
    (void)state;
    talk(NULL);
}

static void test_hosts_of_a_private_network_talk(void **state)
{
    (void)state;
    talk(psk);
}

/* TCP alone to a port of WebSocket, and the other way: neither is taken for
 * the other, and nothing is left behind. */
static void test_tcp_and_ws_do_not_mix(void **state)
{
    struct scene s;
    char buf[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    scene_start(&s, NULL);
    *strstr(ws_addr(&s, buf), "/ws") = '\0';
    assert_int_equal(p2p_host_dial(s.a.host, buf, on_dialed, &s), 0);
    assert_true(sim_run_until(&s.sim, P2P__SEC(30), is_done, &s));
    assert_true(s.status < 0);
    s.done = 0;
    strcpy(strstr(simhost_addr(&s.b, buf), "/p2p"), "/ws");
    assert_int_equal(p2p_host_dial(s.a.host, buf, on_dialed, &s), 0);
    assert_true(sim_run_until(&s.sim, P2P__SEC(60), is_done, &s));
    assert_true(s.status < 0);
    sim_run(&s.sim, s.sim.now + P2P__SEC(15));
    assert_int_equal(s.a.ups + s.b.ups, 0);
    scene_stop(&s);
}

static void test_addresses_that_are_not_ws(void **state)
{
    static const char *const others[] = {
        "/ip4/10.0.0.1/tcp/80/wss", "/ip4/10.0.0.1/tcp/80/tls/ws",
        "/ip4/10.0.0.1/tcp/80/ws/http", "/ip4/10.0.0.1/udp/80/ws"};
    struct scene s;

    (void)state;
    scene_start(&s, NULL);
    for (size_t i = 0; i < P2P__COUNT(others); i++) {
        assert_int_equal(p2p_host_dial(s.a.host, others[i], NULL, NULL),
                         P2P_ENOTSUP);
        assert_int_equal(p2p_host_listen(s.a.host, others[i]), P2P_ENOTSUP);
    }
    scene_stop(&s);
}

static void server_of(const char *addr, const char *name, const char *header)
{
    struct p2p_multiaddr ma;
    struct p2p__host_text host;

    assert_int_equal(p2p_multiaddr_from_text(addr, strlen(addr), &ma), 0);
    assert_int_equal(p2p__host_text_of(&ma, "80", &host), 0);
    assert_string_equal(host.name, name);
    assert_string_equal(host.header, header);
}

static void test_the_server_of_an_address(void **state)
{
    struct p2p_multiaddr ma;
    struct p2p__host_text host;

    (void)state;
    server_of("/ip4/10.0.0.1/tcp/4001/ws", "10.0.0.1", "10.0.0.1:4001");
    server_of("/ip4/10.0.0.1/tcp/80/ws", "10.0.0.1", "10.0.0.1");
    server_of("/ip6/::1/tcp/81/ws", "::1", "[::1]:81");
    server_of("/ip6zone/eth0/ip6/fe80::1/tcp/80/ws", "fe80::1", "[fe80::1]");
    server_of("/dns4/example.com/tcp/80/ws", "example.com", "example.com");
    server_of("/dns/tcp/tcp/8080/ws", "tcp", "tcp:8080");
    server_of("/dns6/a.example/tcp/443/wss", "a.example", "a.example:443");
    server_of("/ip4/10.0.0.1/tcp/443/tls/sni/b.example/ws", "b.example",
              "b.example:443");
    server_of("/ip6/::1/tcp/80/tls/sni/b.example/ws", "b.example", "b.example");
    assert_int_equal(p2p_multiaddr_from_text("/ws", 3, &ma), 0);
    assert_int_equal(p2p__host_text_of(&ma, "80", &host), P2P_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_talk),
        cmocka_unit_test(test_hosts_of_a_private_network_talk),
        cmocka_unit_test(test_tcp_and_ws_do_not_mix),
        cmocka_unit_test(test_addresses_that_are_not_ws),
        cmocka_unit_test(test_the_server_of_an_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
