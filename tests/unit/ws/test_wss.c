/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hosts that talk over secure WebSockets; whose certificate is believed, and
 * how it is renewed. */
#include "p2p/ws.h"

#include "simhost.h"
#include "unit.h"
#include "web_cert.h"

struct scene {
    struct sim sim;
    struct simhost a, b;
    struct web_cert cert;
    struct p2p_transport *dials;   /* a's */
    struct p2p_transport *listens; /* b's */
    int status;
    unsigned done;
};

static int wss_new(const struct web_cert *cert, const struct web_cert *ca,
                   struct p2p_transport **out)
{
    struct p2p_wss_config cfg = P2P_WSS_CONFIG_INIT;

    if (cert != NULL) {
        cfg.cert = cert->cert;
        cfg.cert_len = cert->cert_len;
        cfg.key = cert->key;
        cfg.key_len = cert->key_len;
    }
    if (ca != NULL) {
        cfg.ca = ca->cert;
        cfg.ca_len = ca->cert_len;
    }
    return p2p_transport_wss_new(&cfg, out);
}

static void start_host(struct simhost *h, struct sim *sim, size_t index,
                       const struct p2p_transport *wss)
{
    const struct p2p_transport *const transports[] = {
        p2p_transport_tcp(), p2p_transport_ws(), wss, NULL};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    hc.transports = transports;
    simhost_start(h, sim, index, &hc);
}

static void scene_start(struct scene *s)
{
    const struct sim_cfg cfg = {
        .seed = 5, .latency_min = P2P__MS(1), .latency_max = P2P__MS(9)};

    *s = (struct scene){0};
    web_cert_good(&s->cert, "localhost");
    assert_int_equal(wss_new(NULL, &s->cert, &s->dials), 0);
    assert_int_equal(wss_new(&s->cert, NULL, &s->listens), 0);
    sim_init(&s->sim, &cfg, 2);
    start_host(&s->a, &s->sim, 0, s->dials);
    start_host(&s->b, &s->sim, 1, s->listens);
    assert_int_equal(p2p_host_listen(s->b.host, "/ip4/0.0.0.0/tcp/443/tls/ws"),
                     0);
}

static void scene_stop(struct scene *s)
{
    simhost_stop(&s->a);
    simhost_stop(&s->b);
    p2p_transport_wss_free(s->dials);
    p2p_transport_wss_free(s->listens);
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

/* Dials b, whose port is followed by `tail`. */
static int dial(struct scene *s, const char *tail)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    s->done = 0;
    (void)simhost_addr(&s->b, buf);
    strcpy(strstr(buf, "/tcp/"), "/tcp/443");
    strcat(buf, tail);
    assert_int_equal(p2p_host_dial(s->a.host, buf, on_dialed, s), 0);
    assert_true(sim_run_until(&s->sim, P2P__SEC(60), is_done, s));
    return s->status;
}

static void test_hosts_talk(void **state)
{
    struct scene s;
    struct p2p_conn_info info;

    (void)state;
    scene_start(&s);
    assert_int_equal(dial(&s, "/tls/sni/localhost/ws"), 0);
    assert_int_equal(p2p_host_conns(s.a.host, &info, 1, sizeof info), 1);
    assert_string_equal(info.transport, "wss");
    assert_string_equal(info.security, "/noise");
    scene_stop(&s);
}

/* The address's IP is not that of the certificate, its names are others. */
static void test_the_name_counts(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s);
    assert_int_equal(dial(&s, "/tls/ws"), P2P_EAUTH);
    assert_int_equal(dial(&s, "/wss"), P2P_EAUTH);
    assert_int_equal(dial(&s, "/tls/sni/example.com/ws"), P2P_EAUTH);
    assert_int_equal(s.a.ups, 0);
    assert_true(dial(&s, "/ws") < 0); /* not in the clear */
    scene_stop(&s);
}

static void test_without_a_certificate_one_does_not_listen(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s);
    assert_int_equal(p2p_host_listen(s.a.host, "/ip4/0.0.0.0/tcp/443/tls/ws"),
                     P2P_ENOTSUP);
    assert_int_equal(p2p_host_listen(s.a.host, "/ip4/0.0.0.0/tcp/80/ws"), 0);
    scene_stop(&s);
}

/* Who is connected stays so; who comes now is shown the new one. */
static void test_a_certificate_is_renewed(void **state)
{
    struct scene s;
    struct web_cert fresh;
    struct p2p_wss_config cfg = P2P_WSS_CONFIG_INIT;

    (void)state;
    scene_start(&s);
    assert_int_equal(dial(&s, "/tls/sni/localhost/ws"), 0);
    web_cert_good(&fresh, "localhost");
    cfg.cert = fresh.cert;
    cfg.cert_len = fresh.cert_len;
    assert_int_equal(p2p_transport_wss_renew(s.listens, &cfg), P2P_EINVAL);
    cfg.key = fresh.key;
    cfg.key_len = fresh.key_len;
    assert_int_equal(p2p_transport_wss_renew(s.listens, &cfg), 0);
    assert_int_equal(dial(&s, "/tls/sni/localhost/ws"), P2P_EAUTH);
    assert_int_equal(simhost_conns(&s.a), 1);
    cfg = (struct p2p_wss_config)P2P_WSS_CONFIG_INIT;
    cfg.ca = fresh.cert;
    cfg.ca_len = fresh.cert_len;
    assert_int_equal(p2p_transport_wss_renew(s.dials, &cfg), 0);
    assert_int_equal(dial(&s, "/tls/sni/localhost/ws"), 0);
    scene_stop(&s);
}

static void test_a_host_outlives_the_applications_transport(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s);
    p2p_transport_wss_free(s.dials);
    p2p_transport_wss_free(s.listens);
    s.dials = s.listens = NULL;
    assert_int_equal(dial(&s, "/tls/sni/localhost/ws"), 0);
    scene_stop(&s);
}

static void test_configs_that_are_wrong(void **state)
{
    struct p2p_wss_config cfg = P2P_WSS_CONFIG_INIT;
    struct p2p_transport *out;

    (void)state;
    cfg.size++;
    assert_int_equal(p2p_transport_wss_new(&cfg, &out), P2P_EINVAL);
    cfg.size = 0;
    assert_int_equal(p2p_transport_wss_new(&cfg, &out), P2P_EINVAL);
    cfg = (struct p2p_wss_config)P2P_WSS_CONFIG_INIT;
    cfg.ca = "no PEM";
    cfg.ca_len = 6;
    assert_int_equal(p2p_transport_wss_new(&cfg, &out), P2P_EFORMAT);
    assert_null(out);
    p2p_transport_wss_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_talk),
        cmocka_unit_test(test_the_name_counts),
        cmocka_unit_test(test_without_a_certificate_one_does_not_listen),
        cmocka_unit_test(test_a_certificate_is_renewed),
        cmocka_unit_test(test_a_host_outlives_the_applications_transport),
        cmocka_unit_test(test_configs_that_are_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
