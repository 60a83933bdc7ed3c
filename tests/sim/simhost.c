/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See simhost.h. Keys come from the simulated random numbers. */
#include "simhost.h"

#include <stdio.h>

#include "ident/key.h"

static void on_up(void *user, const struct p2p_peer_id *peer)
{
    struct simhost *h = user;

    h->ups++;
    sim_trace(h->sim, peer->bytes, peer->len);
}

static void on_down(void *user, const struct p2p_peer_id *peer)
{
    struct simhost *h = user;

    h->downs++;
    sim_trace(h->sim, peer->bytes, peer->len);
}

static void on_disconnected(void *user, const struct p2p_conn_info *c,
                            int status)
{
    struct simhost *h = user;

    (void)c;
    h->last_why = status;
}

static const struct p2p_host_events events = {
    .peer_up = on_up,
    .peer_down = on_down,
    .disconnected = on_disconnected,
};

void simhost_make(struct simhost *h, struct sim *sim, size_t index,
                  const struct p2p_host_config *cfg)
{
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct sim_host *machine = &sim->hosts[index];
    int rv = 0;

    if (cfg != NULL) {
        hc = *cfg;
    }
    *h = (struct simhost){.sim = sim, .index = index, .key = h->key};
    if (h->key == NULL) {
        rv = p2p__key_generate_env(P2P_KEY_ED25519, &machine->env, &h->key);
    }
    assert(rv == 0);
    hc.key = h->key;
    hc.events = &events;
    hc.user = h;
    rv = p2p__host_new(&machine->world, &hc, &h->host);
    assert(rv == 0);
    (void)rv;
}

void simhost_start(struct simhost *h, struct sim *sim, size_t index,
                   const struct p2p_host_config *cfg)
{
    int rv;

    simhost_make(h, sim, index, cfg);
    rv = p2p_host_listen(h->host, "/ip4/0.0.0.0/tcp/4001");
    assert(rv == 0);
    (void)rv;
}

void simhost_end(struct simhost *h)
{
    p2p_host_free(h->host);
    h->host = NULL;
}

void simhost_stop(struct simhost *h)
{
    simhost_end(h);
    p2p_key_free(h->key);
    h->key = NULL;
}

const char *simhost_addr(const struct simhost *h, char *buf)
{
    const struct p2p__addr *a = &h->sim->hosts[h->index].addr;
    char id[P2P_PEER_ID_TEXT_MAX];

    (void)snprintf(buf, P2P_MULTIADDR_TEXT_MAX,
                   "/ip4/%d.%d.%d.%d/tcp/%d/p2p/%s", a->ip[0], a->ip[1],
                   a->ip[2], a->ip[3], SIMHOST_PORT,
                   p2p_peer_id_text(p2p_host_id(h->host), id));
    return buf;
}

int simhost_dial(struct simhost *from, const struct simhost *to)
{
    char addr[P2P_MULTIADDR_TEXT_MAX];

    return p2p_host_dial(from->host, simhost_addr(to, addr), NULL, NULL);
}

size_t simhost_conns(const struct simhost *h)
{
    return p2p_host_conns(h->host, NULL, 0, 0);
}

bool simhost_is_idle(const struct simhost *h)
{
    struct p2p_host_stats s;

    p2p_host_stats(h->host, &s, sizeof s);
    return s.conns_in == 0 && s.conns_out == 0 && s.streams_in == 0 &&
           s.streams_out == 0 && s.handshakes_pending == 0 &&
           s.memory_bytes == 0 && s.descriptors == 1;
}

void simhost_count_and_reset(void *user, struct p2p_stream *stream)
{
    struct simhost *h = user;

    h->counted++;
    p2p_stream_reset(stream);
}
