/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See ways.h. */
#include "ways.h"

#include <stdio.h>

#include "p2p/quic.h"
#include "p2p/tls.h"
#include "p2p/ws.h"
#include "unit.h"

#define PERF_BYTES 3000

static const uint8_t psk[P2P_PSK_BYTES] = {1};

struct way way_of(unsigned which)
{
    const struct way ways[WAYS] = {
        [WAY_TLS] = {.name = "TLS",
                     .behind = "tcp/4001",
                     .security = p2p_security_tls(),
                     .transport = p2p_transport_tcp()},
        [WAY_PNET] = {.name = "a private network",
                      .behind = "tcp/4001",
                      .psk = psk,
                      .transport = p2p_transport_tcp()},
        [WAY_WS] = {.name = "WebSocket",
                    .behind = "tcp/4001/ws",
                    .transport = p2p_transport_ws()},
        [WAY_WSS] = {.name = "wss", .behind = "tcp/4001/tls/sni/localhost/ws"},
        [WAY_QUIC] = {.name = "QUIC",
                      .behind = "udp/4001/quic-v1",
                      .transport = p2p_transport_quic()},
    };

    assert(which < WAYS);
    return ways[which];
}

void ways_init(struct ways_pair *p, unsigned which, bool same)
{
    uint8_t seed[32] = {1};

    memset(p, 0, sizeof *p);
    p->way = way_of(which);
    web_cert_good(&p->cert, "localhost");
    for (size_t i = 0; i < 2; i++) {
        seed[1] = same ? 0 : (uint8_t)i;
        assert_int_equal(p2p_key_from_seed(seed, &p->keys[i]), 0);
    }
}

void ways_fini(struct ways_pair *p)
{
    p2p_key_free(p->keys[0]);
    p2p_key_free(p->keys[1]);
}

void ways_begin(struct ways_pair *p, uint64_t seed)
{
    const struct sim_cfg cfg = {
        .seed = seed, .latency_min = P2P__MS(5), .latency_max = P2P__MS(9)};

    p->hosts[0] = p->hosts[1] = NULL;
    p->wss[0] = p->wss[1] = NULL;
    p->pongs = p->measured = p->twins = 0;
    sim_init(&p->sim, &cfg, 2);
}

void ways_end(struct ways_pair *p)
{
    p2p_host_free(p->hosts[0]);
    p2p_host_free(p->hosts[1]);
    sim_run(&p->sim, p->sim.now + P2P__SEC(60));
    p2p_transport_wss_free(p->wss[0]);
    p2p_transport_wss_free(p->wss[1]);
    sim_fini(&p->sim);
}

static void on_twin(void *user, const struct p2p_multiaddr *addr)
{
    (void)addr;
    ((struct ways_pair *)user)->twins++;
}

static const struct p2p_host_events events = {.twin = on_twin};

/* The dialer believes the listener's certificate. */
static int make_wss(struct ways_pair *p, size_t i)
{
    struct p2p_wss_config cfg = P2P_WSS_CONFIG_INIT;

    if (i == 0) {
        cfg.ca = p->cert.cert;
        cfg.ca_len = p->cert.cert_len;
    } else {
        cfg.cert = p->cert.cert;
        cfg.cert_len = p->cert.cert_len;
        cfg.key = p->cert.key;
        cfg.key_len = p->cert.key_len;
    }
    return p2p_transport_wss_new(&cfg, &p->wss[i]);
}

int ways_start(struct ways_pair *p, size_t i)
{
    const struct p2p_security *const security[] = {p->way.security, NULL};
    const struct p2p_transport *transports[2] = {p->way.transport};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    char at[64];
    int rv = 0;

    if (transports[0] == NULL) {
        rv = make_wss(p, i);
        transports[0] = p->wss[i];
    }
    cfg.key = p->keys[i];
    cfg.security = p->way.security != NULL ? security : NULL;
    cfg.transports = transports;
    cfg.psk = p->way.psk;
    cfg.events = &events;
    cfg.user = p;
    rv = rv != 0 ? rv
                 : p2p__host_new(&p->sim.hosts[i].world, &cfg, &p->hosts[i]);
    (void)snprintf(at, sizeof at, "/ip4/0.0.0.0/%s", p->way.behind);
    return rv != 0 || i == 0 ? rv : p2p_host_listen(p->hosts[i], at);
}

int ways_dial(struct ways_pair *p, bool named)
{
    char id[P2P_PEER_ID_TEXT_MAX], addr[P2P_MULTIADDR_TEXT_MAX];
    int rv;

    (void)snprintf(addr, sizeof addr, "/ip4/10.0.0.2/%s%s%s", p->way.behind,
                   named ? "/p2p/" : "",
                   named ? p2p_peer_id_text(p2p_host_id(p->hosts[1]), id) : "");
    rv = p2p_host_dial(p->hosts[0], addr, NULL, NULL);
    sim_run(&p->sim, p->sim.now + P2P__SEC(3));
    return rv;
}

int ways_meet(struct ways_pair *p)
{
    int rv = ways_start(p, 0);

    rv = rv != 0 ? rv : ways_start(p, 1);
    return rv != 0 ? rv : ways_dial(p, true);
}

static void on_pong(void *user, int status, uint64_t rtt_us)
{
    (void)rtt_us;
    ((struct ways_pair *)user)->pongs += status >= 0 ? 1 : 0;
}

static void on_measured(void *user, int status, const struct p2p_perf_result *r)
{
    (void)r;
    ((struct ways_pair *)user)->measured += status >= 0 ? 1 : 0;
}

int ways_speak(struct ways_pair *p)
{
    const struct p2p_peer_id *to = p2p_host_id(p->hosts[1]);
    int rv = p2p_host_ping(p->hosts[0], to, 1, on_pong, p);

    rv = rv != 0 ? rv
                 : p2p_host_perf(p->hosts[0], to, PERF_BYTES, PERF_BYTES,
                                 on_measured, p);
    sim_run(&p->sim, p->sim.now + P2P__SEC(3));
    return rv;
}
