/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A host and its gateway, which speaks PCP or lies, in a simulated world. */
#include <arpa/inet.h>
#include <stdio.h>

#include "portmap/internal.h"
#include "simhost.h"
#include "unit.h"

#define HOME    0
#define GATEWAY 1
#define LIAR    2

enum manner {
    HONEST,
    DEAF,        /* says nothing */
    FROM_AFAR,   /* answers from another machine */
    FROM_PORT,   /* answers from another port */
    OTHER_NONCE, /* answers somebody else's question */
    OTHER_PORT,  /* maps a port that was not asked for */
    OLD,         /* speaks NAT-PMP alone */
    REFUSES
};

struct world {
    struct sim sim;
    struct simhost host;
    struct p2p_portmap *pm;
    struct p2p__udp *at[3]; /* of the gateway, of another one, of a liar */
    enum manner manner;
    uint8_t outer[4];
    unsigned asked, removed;
    uint32_t epoch;
    bool closed;
    unsigned changes;
};

/* What it says to a request; bytes. */
static size_t reply(struct world *w, const uint8_t *request, uint8_t *out)
{
    static const uint8_t old[] = {0, 0x81, 0, 1, 0, 0, 0, 9};

    if (w->manner == OLD) {
        memcpy(out, old, sizeof old);
        return sizeof old;
    }
    memcpy(out, request, P2P__PCP_MAP_BYTES);
    out[1] |= 0x80;
    out[3] = w->manner == REFUSES ? 2 : 0;
    memset(out + 8, 0, 16);
    out[11] = (uint8_t)w->epoch;
    out[24] ^= w->manner == OTHER_NONCE ? 1 : 0;
    out[41] ^= w->manner == OTHER_PORT ? 1 : 0;
    memset(out + 44, 0, 10);
    memset(out + 54, 0xff, 2);
    memcpy(out + 56, w->outer, 4);
    return P2P__PCP_MAP_BYTES;
}

static void on_request(void *user, struct p2p__slice in,
                       const struct p2p__addr *from, uint32_t ifindex,
                       p2p_ns now)
{
    struct world *w = user;
    struct p2p__udp *udp = w->at[w->manner == FROM_AFAR   ? 2
                                 : w->manner == FROM_PORT ? 1
                                                          : 0];
    uint8_t out[P2P__PCP_MAP_BYTES];
    size_t len;

    (void)ifindex;
    (void)now;
    assert_int_equal(in.len, P2P__PCP_MAP_BYTES);
    w->asked++;
    w->removed += in.p[4] + in.p[5] + in.p[6] + in.p[7] == 0 ? 1 : 0;
    len = reply(w, in.p, out);
    if (w->manner != DEAF) {
        assert_int_equal(udp->send(udp, out, len, from, 0), 0);
    }
}

static struct p2p__udp *bind_at(struct world *w, size_t host, uint16_t port)
{
    static const struct p2p__udp_cb cb = {.datagram = on_request};
    struct p2p__net *net = &w->sim.hosts[host].net;
    const struct p2p__addr at = {.family = 4, .port = port};
    int err;
    struct p2p__udp *udp = net->udp(net, &at, false, &cb, w, &err);

    assert_non_null(udp);
    return udp;
}

static void on_changed(void *user)
{
    ((struct world *)user)->changes++;
}

/* A host that listens; its gateway may be asked by PCP alone, which is all that
 * there is in such a world. */
static void begin_with(struct world *w, enum manner manner,
                       const struct p2p_host_config *host)
{
    struct p2p_portmap_config cfg = P2P_PORTMAP_CONFIG_INIT;
    const struct sim_cfg calm = {
        .seed = 1, .latency_min = P2P__MS(1), .latency_max = P2P__MS(1)};
    char gateway[INET_ADDRSTRLEN];

    *w = (struct world){
        .manner = manner, .outer = {44, 77, 1, 254}, .epoch = 100};
    sim_init(&w->sim, &calm, 3);
    w->at[0] = bind_at(w, GATEWAY, P2P__PCP_PORT);
    w->at[1] = bind_at(w, GATEWAY, 9999);
    w->at[2] = bind_at(w, LIAR, P2P__PCP_PORT);
    simhost_start(&w->host, &w->sim, HOME, host);
    assert_non_null(inet_ntop(AF_INET, w->sim.hosts[GATEWAY].addr.ip, gateway,
                              sizeof gateway));
    cfg.gateway = gateway;
    cfg.no_natpmp = cfg.no_upnp = true;
    cfg.changed = on_changed;
    cfg.user = w;
    assert_int_equal(p2p__portmap_new(NULL, w->host.host, &cfg, &w->pm), 0);
}

static void begin(struct world *w, enum manner manner)
{
    begin_with(w, manner, NULL);
}

static void end(struct world *w)
{
    p2p_portmap_free(w->pm);
    simhost_stop(&w->host);
    for (size_t i = 0; i < P2P__COUNT(w->at); i++) {
        w->at[i]->close(w->at[i]);
    }
    sim_fini(&w->sim);
}

static void pass(struct world *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

/* Whether the host tells others of an address that begins so. */
static bool tells(const struct world *w, const char *prefix)
{
    struct p2p_multiaddr all[P2P__CAP_OWN_ADDRS];
    char text[P2P_MULTIADDR_TEXT_MAX];
    const size_t n = p2p_host_addrs(w->host.host, all, P2P__CAP_OWN_ADDRS);

    for (size_t i = 0; i < n; i++) {
        (void)p2p_multiaddr_text(&all[i], text);
        if (strncmp(text, prefix, strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

static struct p2p_portmap_status status(const struct world *w)
{
    struct p2p_portmap_status s;

    p2p_portmap_status(w->pm, &s, sizeof s);
    return s;
}

static void test_others_are_told_where_they_get_in(void **state)
{
    struct p2p_portmap_port port;
    struct world w;

    (void)state;
    begin(&w, HONEST);
    pass(&w, P2P__SEC(1));
    assert_true(tells(&w, "/ip4/44.77.1.254/tcp/4001/p2p/"));
    assert_string_equal(status(&w).method, "pcp");
    assert_int_equal(status(&w).told, 1);
    assert_string_equal(status(&w).why, "");
    assert_int_equal(p2p_portmap_ports(w.pm, &port, 1, sizeof port), 1);
    assert_int_equal(port.port, 4001);
    assert_true(port.told && port.left_s >= 7190);
    assert_int_equal(w.changes, 1);
    assert_int_equal(w.asked, 1);
    end(&w);
}

/* What it says is not heard: it is asked four times, and no more for long. */
static void assert_unheard(enum manner manner)
{
    struct world w;

    begin(&w, manner);
    pass(&w, P2P__SEC(50));
    assert_false(tells(&w, "/ip4/44."));
    assert_int_equal(w.asked, 4);
    assert_null(status(&w).method);
    assert_string_equal(status(&w).why, "PCP: it does not answer");
    assert_int_equal(w.changes, 1); /* now that is known */
    end(&w);
}

static void test_answers_come_from_the_gateway(void **state)
{
    (void)state;
    assert_unheard(FROM_AFAR);
    assert_unheard(FROM_PORT);
}

static void test_answers_are_to_what_was_asked(void **state)
{
    (void)state;
    assert_unheard(OTHER_NONCE);
    assert_unheard(OTHER_PORT);
}

static void test_who_says_nothing_is_asked_four_times(void **state)
{
    (void)state;
    assert_unheard(DEAF);
}

static void test_what_it_says_is_told_in_words(void **state)
{
    struct world w;

    (void)state;
    begin(&w, OLD);
    pass(&w, P2P__SEC(1));
    assert_string_equal(status(&w).why, "PCP: it does not speak it");
    assert_int_equal(w.asked, 1);
    end(&w);
    begin(&w, REFUSES);
    pass(&w, P2P__SEC(1));
    assert_string_equal(status(&w).why, "PCP: it does not allow it");
    assert_int_equal(status(&w).failed, 1);
    end(&w);
}

static void test_two_nats_are_seen(void **state)
{
    struct world w;

    (void)state;
    begin(&w, HONEST);
    memcpy(w.outer, (const uint8_t[]){100, 64, 3, 4}, 4);
    pass(&w, P2P__SEC(1));
    assert_true(status(&w).nat_behind);
    assert_int_equal(status(&w).mapped, 1);
    assert_int_equal(status(&w).told, 0);
    assert_string_equal(status(&w).why,
                        "TCP 4001: it is behind another NAT: its own address "
                        "is not public");
    assert_false(tells(&w, "/ip4/100.64."));
    end(&w);
}

static void test_autonat_has_the_last_word(void **state)
{
    const struct p2p_autonat_config autonat = P2P_AUTONAT_CONFIG_INIT;
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct p2p_reachability_info info[4];
    char text[P2P_MULTIADDR_TEXT_MAX];
    struct world w;

    (void)state;
    cfg.autonat = &autonat;
    begin_with(&w, HONEST, &cfg);
    pass(&w, P2P__SEC(1));
    assert_int_equal(status(&w).mapped, 1);
    assert_false(tells(&w, "/ip4/44."));
    /* It is asked about. */
    assert_int_equal(
        p2p_host_reachability(w.host.host, info, 4, sizeof info[0]), 2);
    assert_string_equal(p2p_multiaddr_text(&info[1].addr, text),
                        "/ip4/44.77.1.254/tcp/4001");
    assert_false(info[1].observed);
    end(&w);
}

static void announce(struct world *w, size_t from, uint32_t epoch)
{
    uint8_t msg[24] = {2, 0x80};
    struct p2p__addr to = w->sim.hosts[HOME].addr;

    msg[11] = (uint8_t)epoch;
    to.port = P2P__PCP_ANNOUNCE_PORT;
    assert_int_equal(w->at[from]->send(w->at[from], msg, sizeof msg, &to, 0),
                     0);
}

static void test_a_gateway_that_began_anew_is_asked_again(void **state)
{
    struct world w;

    (void)state;
    begin(&w, HONEST);
    pass(&w, P2P__SEC(10));
    assert_int_equal(w.asked, 1);
    announce(&w, 2, 1); /* a liar */
    announce(&w, 1, 1); /* from nowhere */
    pass(&w, P2P__SEC(10));
    assert_int_equal(w.asked, 1);
    w.epoch = 1;
    announce(&w, 0, 1);
    pass(&w, P2P__SEC(5));
    assert_int_equal(w.asked, 2);
    end(&w);
}

static void on_closed(void *user)
{
    ((struct world *)user)->closed = true;
}

static void test_it_is_taken_away_at_the_end(void **state)
{
    struct world w;

    (void)state;
    begin(&w, HONEST);
    pass(&w, P2P__SEC(1));
    p2p_portmap_close(w.pm, on_closed, &w);
    w.pm = NULL;
    pass(&w, P2P__SEC(1));
    assert_true(w.closed);
    assert_int_equal(w.removed, 1);
    assert_false(tells(&w, "/ip4/44."));
    end(&w);
}

static void test_the_end_does_not_wait_long(void **state)
{
    struct world w;

    (void)state;
    begin(&w, HONEST);
    assert_int_equal(p2p_host_listen(w.host.host, "/ip4/0.0.0.0/tcp/4002"), 0);
    pass(&w, P2P__SEC(1));
    w.manner = DEAF;
    p2p_portmap_close(w.pm, on_closed, &w);
    w.pm = NULL;
    pass(&w, P2P__MS(4900));
    assert_false(w.closed);
    assert_int_equal(w.removed, 4 + 3); /* the second one is under way */
    pass(&w, P2P__MS(200));
    assert_true(w.closed);
    end(&w);
}

static void test_what_is_listened_at_later_is_mapped(void **state)
{
    struct p2p_portmap *second;
    struct world w;

    (void)state;
    begin(&w, HONEST);
    pass(&w, P2P__SEC(1));
    assert_int_equal(p2p_host_listen(w.host.host, "/ip4/0.0.0.0/tcp/4002"), 0);
    assert_int_equal(p2p_host_listen(w.host.host, "/ip4/127.0.0.1/tcp/4003"),
                     0);
    pass(&w, P2P__SEC(1));
    assert_int_equal(w.asked, 2);
    assert_true(tells(&w, "/ip4/44.77.1.254/tcp/4002/p2p/"));
    /* A host has one. */
    assert_int_equal(p2p__portmap_new(NULL, w.host.host, NULL, &second),
                     P2P_EINVAL);
    end(&w);
}

static void test_who_has_a_public_address_needs_no_gateway(void **state)
{
    struct world w;

    (void)state;
    begin(&w, HONEST);
    w.sim.hosts[HOME].addr.ip[0] = 8;
    pass(&w, P2P__SEC(1));
    assert_int_equal(w.asked, 0);
    assert_true(status(&w).is_public);
    assert_string_equal(status(&w).why, "");
    end(&w);
}

static unsigned looks;

static bool no_way(struct p2p__net *net, const struct p2p__addr *to,
                   struct p2p__addr *from)
{
    (void)net;
    (void)to;
    (void)from;
    looks++;
    return false;
}

/* An interface that is not up yet, or no memory for a socket: that is no sign
 * that the gateway is gone. It is looked again soon, then less often. */
static void test_a_failure_of_ours_is_no_gateway_lost(void **state)
{
    bool (*source)(struct p2p__net * net, const struct p2p__addr *to,
                   struct p2p__addr *from);
    struct p2p__net *net;
    struct world w;

    (void)state;
    begin(&w, HONEST);
    pass(&w, P2P__SEC(1));
    assert_true(tells(&w, "/ip4/44.77.1.254/tcp/4001/p2p/"));
    net = &w.sim.hosts[HOME].net;
    source = net->source;
    net->source = no_way;
    looks = 0;
    pass(&w, P2P__SEC(45)); /* a look comes each half minute, then it is soon */
    assert_in_range(looks, 4, 5);
    assert_true(tells(&w, "/ip4/44.77.1.254/tcp/4001/p2p/"));
    assert_int_equal(status(&w).told, 1);
    assert_int_equal(w.asked, 1);
    assert_int_equal(w.changes, 1);
    net->source = source;
    pass(&w, P2P__SEC(600));
    assert_int_equal(w.asked, 1);
    end(&w);
}

static void test_a_way_that_comes_late_is_found_soon(void **state)
{
    bool (*source)(struct p2p__net * net, const struct p2p__addr *to,
                   struct p2p__addr *from);
    struct world w;

    (void)state;
    begin(&w, HONEST);
    source = w.sim.hosts[HOME].net.source;
    w.sim.hosts[HOME].net.source = no_way;
    looks = 0;
    pass(&w, P2P__MS(3500)); /* at once, after 1 and after 2 more */
    assert_int_equal(looks, 3);
    assert_string_equal(status(&w).why, "there is no gateway");
    w.sim.hosts[HOME].net.source = source;
    pass(&w, P2P__SEC(4));
    assert_true(tells(&w, "/ip4/44.77.1.254/tcp/4001/p2p/"));
    end(&w);
}

static void test_configs_that_make_no_sense(void **state)
{
    struct p2p_portmap_config cfg = P2P_PORTMAP_CONFIG_INIT;
    struct p2p_portmap *pm;
    struct world w;

    (void)state;
    begin(&w, DEAF);
    p2p_portmap_free(w.pm);
    cfg.gateway = "fe80::1";
    assert_int_equal(p2p__portmap_new(NULL, w.host.host, &cfg, &pm),
                     P2P_EINVAL);
    cfg.gateway = NULL;
    cfg.size = 0;
    assert_int_equal(p2p__portmap_new(NULL, w.host.host, &cfg, &w.pm),
                     P2P_EINVAL);
    assert_null(w.pm);
    end(&w);
}

static void test_the_gateway_is_that_of_the_default_route(void **state)
{
    static const char *const others[] = {
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n",
        "eth0\t00014D0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
        "eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n",
        "eth0\t00000000\tFE014D0A\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n",
        "eth0\t00000000\tFE014D0A\t0002\t0\t0\t0\t00000000\t0\t0\t0\n",
        "",
    };
    const uint32_t via = htonl(0x0a4d01fe); /* 10.77.1.254 */
    struct p2p__addr at;
    unsigned metric;
    char line[128];

    (void)state;
    (void)snprintf(line, sizeof line,
                   "eth0\t00000000\t%08X\t0003\t0\t0\t600\t00000000\t0\t0\t0\n",
                   via);
    assert_true(p2p__portmap_route_line(line, &at, &metric));
    assert_int_equal(metric, 600);
    assert_int_equal(at.family, 4);
    assert_memory_equal(at.ip, &via, 4);
    for (size_t i = 0; i < P2P__COUNT(others); i++) {
        assert_false(p2p__portmap_route_line(others[i], &at, &metric));
    }
}

static void test_metrics_are_openmetrics(void **state)
{
    char text[4096];
    struct world w;
    size_t len;

    (void)state;
    begin(&w, HONEST);
    pass(&w, P2P__SEC(1));
    len = p2p_portmap_metrics(w.pm, text, sizeof text);
    assert_int_equal(len, strlen(text));
    assert_non_null(strstr(text, "p2p_portmap_mapped{method=\"pcp\"} 1\n"));
    assert_non_null(strstr(text, "p2p_portmap_mapped{method=\"upnp\"} 0\n"));
    assert_non_null(strstr(text, "p2p_portmap_asked_total 1\n"));
    assert_int_equal(p2p_portmap_metrics(w.pm, NULL, 0), len);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_others_are_told_where_they_get_in),
        cmocka_unit_test(test_answers_come_from_the_gateway),
        cmocka_unit_test(test_answers_are_to_what_was_asked),
        cmocka_unit_test(test_who_says_nothing_is_asked_four_times),
        cmocka_unit_test(test_what_it_says_is_told_in_words),
        cmocka_unit_test(test_two_nats_are_seen),
        cmocka_unit_test(test_autonat_has_the_last_word),
        cmocka_unit_test(test_a_gateway_that_began_anew_is_asked_again),
        cmocka_unit_test(test_it_is_taken_away_at_the_end),
        cmocka_unit_test(test_the_end_does_not_wait_long),
        cmocka_unit_test(test_what_is_listened_at_later_is_mapped),
        cmocka_unit_test(test_who_has_a_public_address_needs_no_gateway),
        cmocka_unit_test(test_a_failure_of_ours_is_no_gateway_lost),
        cmocka_unit_test(test_a_way_that_comes_late_is_found_soon),
        cmocka_unit_test(test_configs_that_make_no_sense),
        cmocka_unit_test(test_the_gateway_is_that_of_the_default_route),
        cmocka_unit_test(test_metrics_are_openmetrics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
