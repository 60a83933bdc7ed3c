/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See meeting.h. */
#include "meeting.h"

#include <stdio.h>

#include "host/bridge.h"
#include "unit.h"

static void on_echo_data(void *user, struct p2p_stream *s, const uint8_t *bytes,
                         size_t len)
{
    (void)user;
    (void)p2p_stream_send(s, bytes, len);
}

static const struct p2p_stream_events echo_events = {.data = on_echo_data};

static void on_echo(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &echo_events, user);
}

void meeting_start(struct meeting *w, const struct p2p_relay_config *limits)
{
    const struct p2p_relay_config defaults = P2P_RELAY_CONFIG_INIT;
    const struct sim_cfg cfg = {
        .seed = 7, .latency_min = P2P__MS(1), .latency_max = P2P__MS(20)};
    struct p2p_host_config relay = P2P_HOST_CONFIG_INIT;

    relay.relay = limits != NULL ? limits : &defaults;
    *w = (struct meeting){.dialed = 1, .closed = 1};
    sim_init(&w->sim, &cfg, HOSTS);
    simhost_start(&w->h[RELAY], &w->sim, RELAY, &relay);
    simhost_start(&w->h[OTHER], &w->sim, OTHER, &relay);
    simhost_make(&w->h[TARGET], &w->sim, TARGET, NULL);
    simhost_make(&w->h[DIALER], &w->sim, DIALER, NULL);
    for (size_t i = 0; i < HOSTS; i++) {
        assert_int_equal(p2p_host_handle(w->h[i].host, ECHO, on_echo, w), 0);
    }
}

void meeting_stop(struct meeting *w)
{
    for (size_t i = 0; i < HOSTS; i++) {
        simhost_stop(&w->h[i]);
    }
    sim_fini(&w->sim);
}

void meeting_run(struct meeting *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

const char *meeting_circuit(const struct simhost *relay,
                            const struct simhost *to, char *buf)
{
    char id[P2P_PEER_ID_TEXT_MAX];
    size_t len = strlen(simhost_addr(relay, buf));

    (void)snprintf(
        buf + len, P2P_MULTIADDR_TEXT_MAX - len, "/p2p-circuit%s%s",
        to != NULL ? "/p2p/" : "",
        to != NULL ? p2p_peer_id_text(p2p_host_id(to->host), id) : "");
    return buf;
}

void meeting_reserve(struct meeting *w, int at)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    assert_int_equal(p2p_host_listen(w->h[TARGET].host,
                                     meeting_circuit(&w->h[at], NULL, buf)),
                     0);
    meeting_run(w, P2P__SEC(2));
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct meeting *w = user;

    w->dialed = status;
    if (status == 0) {
        w->whom = *peer;
    }
}

int meeting_begin(struct meeting *w, int from, int relay, int to)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    w->dialed = 1;
    return p2p_host_dial(w->h[from].host,
                         meeting_circuit(&w->h[relay], &w->h[to], buf),
                         on_dialed, w);
}

int meeting_dial(struct meeting *w, int from, int relay, int to)
{
    int rv = meeting_begin(w, from, relay, to);

    if (rv != 0) {
        return rv;
    }
    meeting_run(w, P2P__SEC(15));
    assert_int_not_equal(w->dialed, 1);
    return w->dialed;
}

uint32_t meeting_circuits(const struct meeting *w, int relay)
{
    return w->h[relay].host->relay->ledger.n_circuits;
}

uint32_t meeting_reservations(const struct meeting *w, int relay)
{
    return w->h[relay].host->relay->ledger.n_reserved;
}

int meeting_standing(const struct meeting *w, int relay)
{
    return p2p_relay_status(w->h[TARGET].host, p2p_host_id(w->h[relay].host));
}

bool meeting_find_circuit(const struct simhost *h, struct p2p_conn_info *out)
{
    struct p2p_conn_info all[8];
    size_t n = p2p_host_conns(h->host, all, 8, sizeof *all);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].transport, "p2p-circuit") == 0) {
            *out = all[i];
            return true;
        }
    }
    return false;
}

static void on_echoed(void *user, struct p2p_stream *s, const uint8_t *bytes,
                      size_t len)
{
    struct meeting *w = user;

    (void)s;
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(bytes[i], (uint8_t)(w->echoed + i));
    }
    w->echoed += len;
}

static void on_echo_closed(void *user, struct p2p_stream *s, int status)
{
    struct meeting *w = user;

    (void)s;
    w->closed = status;
}

const struct p2p_stream_events meeting_client = {.data = on_echoed,
                                                 .closed = on_echo_closed};

void meeting_echo(struct meeting *w, int from, int to, size_t len)
{
    static const char *const names[] = {ECHO};
    static uint8_t bytes[300000];
    struct p2p_stream *s;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)i;
    }
    w->echoed = 0;
    w->closed = 1;
    assert_int_equal(
        p2p_stream_open_limited(w->h[from].host, p2p_host_id(w->h[to].host),
                                names, 1, &meeting_client, w, &s),
        0);
    assert_int_equal(p2p_stream_send(s, bytes, len), 0);
    meeting_run(w, P2P__SEC(5));
}

bool meeting_has_addr(const struct simhost *h, const char *text)
{
    struct p2p_multiaddr all[8], want;
    size_t n = p2p_host_addrs(h->host, all, 8);

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &want), 0);
    for (size_t i = 0; i < n; i++) {
        if (p2p_multiaddr_equal(&all[i], &want)) {
            return true;
        }
    }
    return false;
}
