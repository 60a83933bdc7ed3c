/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See holes.h. */
#include "holes.h"

#include <stdio.h>

#include "p2p/gate.h"
#include "unit.h"

static void on_done(void *user, const struct p2p_dcutr_result *result)
{
    const struct holes_end *e = user;

    e->w->done[e->index]++;
    e->w->last[e->index] = *result;
}

static const char *behind(const struct holes *w)
{
    return w->transport != NULL ? "udp/4001/quic-v1" : "tcp/4001";
}

static void make(struct holes *w, int i, bool punches)
{
    struct p2p_relay_config relay = P2P_RELAY_CONFIG_INIT;
    const struct p2p_transport *transports[] = {w->transport, NULL};
    struct p2p_dcutr_config dcutr = P2P_DCUTR_CONFIG_INIT;
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    char at[64];

    w->ends[i] = (struct holes_end){.w = w, .index = i};
    relay.max_circuits_per_peer = 100;
    dcutr.done = on_done;
    dcutr.user = &w->ends[i];
    dcutr.private_addrs = true;
    cfg.relay = i == HOLES_RELAY ? &relay : NULL;
    cfg.max_pending_per_addr = 100; /* a relay is one */
    cfg.dcutr = punches ? &dcutr : NULL;
    cfg.transports = w->transport != NULL ? transports : NULL;
    simhost_make(&w->h[i], &w->sim, (size_t)i, &cfg);
    (void)snprintf(at, sizeof at, "/ip4/0.0.0.0/%s", behind(w));
    assert_int_equal(p2p_host_listen(w->h[i].host, at), 0);
}

/* Where a host is, or its circuits. */
static void circuit(const struct holes *w, const char *more, char *buf)
{
    const uint8_t *ip = w->sim.hosts[HOLES_RELAY].addr.ip;
    char id[P2P_PEER_ID_TEXT_MAX];

    (void)snprintf(
        buf, P2P_MULTIADDR_TEXT_MAX, "/ip4/%d.%d.%d.%d/%s/p2p/%s/p2p-circuit%s",
        ip[0], ip[1], ip[2], ip[3], behind(w),
        p2p_peer_id_text(p2p_host_id(w->h[HOLES_RELAY].host), id), more);
}

void holes_start(struct holes *w, const struct p2p_transport *transport,
                 unsigned punches)
{
    holes_start_many(w, transport, punches, 0);
}

void holes_start_many(struct holes *w, const struct p2p_transport *transport,
                      unsigned punches, size_t more)
{
    const struct sim_cfg cfg = {
        .seed = 11, .latency_min = P2P__MS(5), .latency_max = P2P__MS(30)};
    char at[P2P_MULTIADDR_TEXT_MAX];

    memset(w, 0, sizeof *w);
    w->transport = transport;
    assert_true(more <= HOLES_MORE);
    w->n = HOLES_HOSTS + more;
    sim_init(&w->sim, &cfg, w->n);
    sim_wall(&w->sim, HOLES_A);
    sim_wall(&w->sim, HOLES_B);
    for (size_t i = 0; i < w->n; i++) {
        if (i >= HOLES_HOSTS) {
            sim_wall(&w->sim, i);
        }
        make(w, (int)i, i < HOLES_HOSTS && (punches >> i & 1U) != 0);
    }
    circuit(w, "", at);
    assert_int_equal(p2p_host_listen(w->h[HOLES_B].host, at), 0);
    holes_run(w, P2P__SEC(2));
}

static size_t announce_nothing(void *user, const struct p2p_multiaddr *addrs,
                               size_t n, struct p2p_multiaddr *out, size_t cap)
{
    (void)user;
    (void)addrs;
    (void)n;
    (void)out;
    (void)cap;
    return 0;
}

void holes_hide(struct holes *w, int i)
{
    p2p_host_set_announce(w->h[i].host, announce_nothing, NULL);
}

void holes_stop(struct holes *w)
{
    for (size_t i = 0; i < w->n; i++) {
        simhost_stop(&w->h[i]);
    }
    sim_run(&w->sim, w->sim.now + P2P__SEC(60));
    sim_fini(&w->sim);
}

void holes_run(struct holes *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

void holes_dial(struct holes *w)
{
    holes_dial_from(w, HOLES_A);
}

void holes_dial_from(struct holes *w, size_t from)
{
    char at[P2P_MULTIADDR_TEXT_MAX], more[P2P_PEER_ID_TEXT_MAX + 5];
    char id[P2P_PEER_ID_TEXT_MAX];

    (void)snprintf(more, sizeof more, "/p2p/%s",
                   p2p_peer_id_text(p2p_host_id(w->h[HOLES_B].host), id));
    circuit(w, more, at);
    assert_int_equal(p2p_host_dial(w->h[from].host, at, NULL, NULL), 0);
}

void holes_meet(struct holes *w)
{
    holes_dial(w);
    holes_run(w, P2P__SEC(40));
}

unsigned holes_conns(const struct holes *w, int from, int to, bool relayed)
{
    struct p2p_conn_info all[16];
    const size_t n = p2p_host_conns(w->h[from].host, all, 16, sizeof *all);
    unsigned count = 0;

    for (size_t i = 0; i < n; i++) {
        const bool circuit = strcmp(all[i].transport, "p2p-circuit") == 0;

        if (circuit == relayed &&
            p2p_peer_id_equal(&all[i].peer, p2p_host_id(w->h[to].host))) {
            count++;
        }
    }
    return count;
}

bool holes_dialed(const struct holes *w, int from, int to)
{
    struct p2p_conn_info all[16];
    const size_t n = p2p_host_conns(w->h[from].host, all, 16, sizeof *all);

    for (size_t i = 0; i < n; i++) {
        if (p2p_peer_id_equal(&all[i].peer, p2p_host_id(w->h[to].host)) &&
            all[i].outbound) {
            return true;
        }
    }
    return false;
}
