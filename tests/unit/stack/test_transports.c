/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Transports beside TCP: one over TCP with two channels that turn bits, one
 * that is never there. What an address says beside IP and port reaches the
 * channels, the events and the other end.
 */
#include <stdio.h>

#include "base/mem.h"
#include "port/transport.h"
#include "simhost.h"
#include "unit.h"
#include "wire/maddr.h"

/* A channel that turns the bits of `mask`. */
struct turner {
    uint8_t mask;
};

static void turn(struct turner *t, uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        p[i] ^= t->mask;
    }
}

static int turner_rx(void *chan, struct p2p__slice *in, struct p2p__slice *up,
                     p2p_ns now)
{
    (void)now;
    *up = *in;
    turn(chan, (uint8_t *)up->p, up->len);
    in->p += in->len;
    in->len = 0;
    return 0;
}

static int turner_tx(void *chan, struct p2p__src *above,
                     struct p2p__outbuf *out, p2p_ns now)
{
    int n = above->pull(above, out->p + out->len, out->cap - out->len, now);

    if (n > 0) {
        turn(chan, out->p + out->len, (size_t)n);
        out->len += (size_t)n;
    }
    return n < 0 ? n : 0;
}

static p2p_ns turner_deadline(const void *chan)
{
    (void)chan;
    return P2P_NEVER;
}

static int turner_expire(void *chan, p2p_ns now)
{
    (void)chan;
    (void)now;
    return 0;
}

static void turner_fini(void *chan)
{
    (void)chan;
}

static const struct p2p__chan_ops turner_ops = {.protocol = "/turner",
                                                .rx = turner_rx,
                                                .tx = turner_tx,
                                                .deadline = turner_deadline,
                                                .expire = turner_expire,
                                                .fini = turner_fini};

/* Both ends make their masks of what the address says behind the port. */
static int turner_channel(const struct p2p__transport_conn *conn,
                          unsigned index, const struct p2p__chan_ops **ops,
                          void **chan, p2p_ns now)
{
    struct turner *t;

    (void)now;
    if (index == 2) {
        return 0;
    }
    assert_string_equal(conn->host, "a host's");
    assert_true(p2p__maddr_has(conn->addr, P2P_MULTIADDR_WS));
    t = p2p__alloc(sizeof *t);
    assert_non_null(t);
    t->mask = (uint8_t)(conn->addr->bytes[conn->addr->len - 1] + 2U * index);
    *ops = &turner_ops;
    *chan = t;
    return 1;
}

static bool ends_with(const struct p2p_multiaddr *ma, size_t at, uint32_t code)
{
    struct p2p_multiaddr_part part;

    return p2p_multiaddr_next(ma, &at, &part) && part.code == code &&
           at == ma->len;
}

static bool ws_speaks(const struct p2p_multiaddr *ma, size_t at)
{
    return ends_with(ma, at, P2P_MULTIADDR_WS);
}

static bool http_speaks(const struct p2p_multiaddr *ma, size_t at)
{
    return ends_with(ma, at, P2P_MULTIADDR_HTTP);
}

static int turner_host_new(const struct p2p__transport_cfg *cfg, void **host)
{
    assert_non_null(cfg->key);
    *host = p2p__strdup("a host's");
    return *host == NULL ? P2P_ENOMEM : 0;
}

static const struct p2p_transport turning = {.name = "turning",
                                             .port_code = P2P_MULTIADDR_TCP,
                                             .rank = 20,
                                             .speaks = ws_speaks,
                                             .host_new = turner_host_new,
                                             .host_free = p2p__free,
                                             .channel = turner_channel};

/* Ends each connection at once. */
static int broken_channel(const struct p2p__transport_conn *conn,
                          unsigned index, const struct p2p__chan_ops **ops,
                          void **chan, p2p_ns now)
{
    (void)conn;
    (void)index;
    (void)ops;
    (void)chan;
    (void)now;
    return P2P_ECRYPTO;
}

static const struct p2p_transport broken = {.name = "broken",
                                            .port_code = P2P_MULTIADDR_TCP,
                                            .rank = 1,
                                            .speaks = http_speaks,
                                            .channel = broken_channel};

static const struct p2p_transport *transports[] = {&p2p__tcp_transport,
                                                   &turning, &broken, NULL};

struct scene {
    struct sim sim;
    struct simhost a, b;
    struct p2p_conn_info info;
    int status;
    unsigned done;
};

static void scene_start(struct scene *s)
{
    const struct sim_cfg cfg = {
        .seed = 1, .latency_min = P2P__MS(1), .latency_max = P2P__MS(2)};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    *s = (struct scene){0};
    hc.transports = transports;
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

/* The address of b that a transport's name ends. */
static const char *addr_of(const struct simhost *b, const char *tail, char *buf)
{
    struct p2p_multiaddr all[4];
    size_t n = p2p_host_addrs(b->host, all, 4);

    assert_in_range(n, 1, 4);
    for (size_t i = 0; i < n; i++) {
        p2p_multiaddr_strip_peer(&all[i]);
        (void)p2p_multiaddr_text(&all[i], buf);
        if (strstr(buf, tail) != NULL) {
            return buf;
        }
    }
    fail_msg("no address with %s", tail);
    return NULL;
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

static void dial(struct scene *s, const char *text)
{
    s->done = 0;
    assert_int_equal(p2p_host_dial(s->a.host, text, on_dialed, s), 0);
    assert_true(sim_run_until(&s->sim, P2P__SEC(60), is_done, s));
}

static void info_of(const struct simhost *h, struct p2p_conn_info *info)
{
    assert_int_equal(p2p_host_conns(h->host, info, 1, sizeof *info), 1);
}

static void test_channels_are_below_security(void **state)
{
    struct scene s;
    char buf[P2P_MULTIADDR_TEXT_MAX], at[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    scene_start(&s);
    dial(&s, addr_of(&s.b, "/ws", buf));
    assert_int_equal(s.status, 0);
    info_of(&s.a, &s.info);
    assert_string_equal(s.info.transport, "turning");
    assert_string_equal(p2p_multiaddr_text(&s.info.addr, at), buf);
    sim_run(&s.sim, s.sim.now + P2P__SEC(1));
    info_of(&s.b, &s.info);
    assert_string_equal(s.info.transport, "turning");
    assert_non_null(strstr(p2p_multiaddr_text(&s.info.addr, at), "/ws"));
    scene_stop(&s);
}

/* The port is of WebSocket: TCP alone is not understood there. */
static void test_one_transport_is_not_another(void **state)
{
    struct scene s;
    char buf[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    scene_start(&s);
    *strstr(addr_of(&s.b, "/ws", buf), "/ws") = '\0';
    dial(&s, buf);
    assert_true(s.status < 0);
    assert_int_equal(simhost_conns(&s.b), 0);
    scene_stop(&s);
}

static void test_addresses_of_no_transport(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s);
    assert_int_equal(p2p_host_listen(s.a.host, "/ip4/0.0.0.0/udp/1/quic-v1"),
                     P2P_ENOTSUP);
    assert_int_equal(p2p_host_listen(s.a.host, "/ip4/0.0.0.0/tcp/1/wss"),
                     P2P_ENOTSUP);
    assert_int_equal(p2p_host_dial(s.a.host, "/ip4/10.0.0.2/udp/1", NULL, NULL),
                     P2P_ENOTSUP);
    assert_int_equal(
        p2p_host_dial(s.a.host, "/ip4/10.0.0.2/tcp/1/ws/http", NULL, NULL),
        P2P_ENOTSUP);
    scene_stop(&s);
}

/* The better rank goes first, whatever was noted first; when it fails the
 * other has its turn without waiting. */
static void test_the_better_rank_goes_first(void **state)
{
    struct scene s;
    char buf[P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];
    char text[P2P_MULTIADDR_TEXT_MAX + P2P_PEER_ID_TEXT_MAX + 16];
    struct p2p__peer *peer;
    const struct p2p__dial_target *t;
    p2p_ns began;

    (void)state;
    scene_start(&s);
    (void)p2p_peer_id_text(p2p_host_id(s.b.host), id);
    (void)addr_of(&s.b, "/ws", buf);
    (void)snprintf(text, sizeof text, "%s/p2p/%s", buf, id);
    assert_int_equal(p2p_host_add_addr(s.a.host, text, 0), 0);
    strcpy(strstr(buf, "/ws"), "/http");
    (void)snprintf(text, sizeof text, "%s/p2p/%s", buf, id);
    assert_int_equal(p2p_host_add_addr(s.a.host, text, 0), 0);
    *strstr(buf, "/http") = '\0';
    (void)snprintf(text, sizeof text, "%s/p2p/%s", buf, id);
    assert_int_equal(p2p_host_add_addr(s.a.host, text, 0), 0);
    peer = p2p__book_find(&s.a.host->swarm->book, p2p_host_id(s.b.host));
    began = s.sim.now;
    assert_int_equal(p2p__dial_peer(s.a.host->swarm, peer, s.sim.now), 0);
    t = peer->dial->targets;
    assert_int_equal(peer->dial->n_targets, 3);
    assert_string_equal(t[0].place.via->ops->name, "broken");
    assert_string_equal(t[1].place.via->ops->name, "tcp");
    assert_string_equal(t[2].place.via->ops->name, "turning");
    while (s.a.ups == 0 && s.sim.now < began + P2P__SEC(20)) {
        sim_run(&s.sim, s.sim.now + P2P__MS(10));
    }
    info_of(&s.a, &s.info);
    assert_string_equal(s.info.transport, "turning");
    assert_true(s.sim.now - began < P2P__SEC(1));
    scene_stop(&s);
}

static void test_lists_of_transports(void **state)
{
    static const struct p2p_transport *const none[] = {NULL};
    static const struct p2p_transport *const many[] = {
        &turning, &turning, &turning, &turning, &turning,
        &turning, &turning, &turning, &turning, NULL};
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct scene s;
    struct p2p_host *host;

    (void)state;
    scene_start(&s);
    hc.key = s.a.key;
    hc.transports = none;
    assert_int_equal(p2p__host_new(s.a.host->world, &hc, &host), P2P_EINVAL);
    hc.transports = many;
    assert_int_equal(p2p__host_new(s.a.host->world, &hc, &host), P2P_EINVAL);
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channels_are_below_security),
        cmocka_unit_test(test_one_transport_is_not_another),
        cmocka_unit_test(test_addresses_of_no_transport),
        cmocka_unit_test(test_the_better_rank_goes_first),
        cmocka_unit_test(test_lists_of_transports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
