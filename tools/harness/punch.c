/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The program of the hole punching tests, both styles: a relay, or a peer
 * behind a NAT. The listener has a reservation at the relay and says who it is;
 * the dialer comes to it by the relay, waits until there is a connection that
 * needs none, pings once over that, prints how long it took and exits with 0.
 * A way that is not found is exit code 1. Everything else is on stderr.
 */
#include <stdio.h>
#include <string.h>

#include <p2p/dcutr.h>
#include <p2p/relay.h>

#include "punch_env.h"
#include "side.h"

#define ADDR_MAX (2 * MEET_TEXT_MAX + 32)

static const struct meet_key listener_id = {
    "listener_peer_id", "LISTEN_CLIENT_PEER_ID", "who the listener is"};

struct test {
    struct side side;
    struct punch_env env;
    char relay[MEET_TEXT_MAX];
    char listener[MEET_TEXT_MAX]; /* its id */
    struct p2p_peer_id relay_id;
    struct p2p_peer_id peer;
    bool told;    /* of a listener: who it is */
    bool relayed; /* of a dialer: it was told to begin */
    bool direct;  /* there is a connection that needs no relay */
    uint64_t started_ns;
    double direct_ms;
};

static void on_ping(void *user, int status, uint64_t rtt_us)
{
    struct test *t = user;
    double rtt_ms = (double)rtt_us / 1000.0;

    if (status < 0) {
        side_fail(&t->side, "ping", status);
        return;
    }
    if (t->env.env.old_style) {
        (void)printf("{\"rtt_to_holepunched_peer_millis\": %.0f}\n",
                     rtt_ms < 1 ? 1 : rtt_ms);
    } else {
        (void)printf(
            "latency:\n  handshake_plus_one_rtt: %.3f\n"
            "  ping_rtt: %.3f\n  unit: ms\n",
            t->direct_ms + rtt_ms, rtt_ms);
    }
    side_end(&t->side, 0);
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct test *t = user;

    (void)peer;
    if (status < 0) {
        side_fail(&t->side, t->relayed ? t->listener : t->relay, status);
    }
}

/* The relay has said where it sees us: what is told to the listener. */
static void on_identified(void *user, const struct p2p_peer_info *info)
{
    struct test *t = user;
    char addr[ADDR_MAX];

    if (t->env.role != PUNCH_DIALER || t->relayed ||
        !p2p_peer_id_equal(&info->peer, &t->relay_id)) {
        return;
    }
    t->relayed = true;
    t->started_ns = side_now();
    (void)snprintf(addr, sizeof addr, "%s/p2p-circuit/p2p/%s", t->relay,
                   t->listener);
    on_dialed(t, p2p_host_dial(t->side.host, addr, on_dialed, t), NULL);
}

static void on_connected(void *user, const struct p2p_conn_info *conn)
{
    struct test *t = user;
    int rv;

    if (t->env.role != PUNCH_DIALER || conn->limited || t->direct ||
        !p2p_peer_id_equal(&conn->peer, &t->peer)) {
        return;
    }
    t->direct = true;
    t->direct_ms = side_ms(t->started_ns);
    rv = p2p_host_ping(t->side.host, &t->peer, 1, on_ping, t);
    if (rv != 0) {
        side_fail(&t->side, "ping", rv);
    }
}

/* An upgrade came to its end, with all its attempts. */
static void on_punched(void *user, const struct p2p_dcutr_result *result)
{
    struct test *t = user;

    (void)fprintf(stderr, "hole punching: %s, %u attempts, %u ms\n",
                  result->ok ? "a direct connection" : "no way through",
                  result->attempts, result->ms);
    if (t->env.role == PUNCH_DIALER && !result->ok && !t->direct) {
        side_fail(&t->side, "hole punching", P2P_ETIMEDOUT);
    }
}

/* The relay agreed: now others may come. */
static void on_addrs(void *user)
{
    struct test *t = user;
    char id[P2P_PEER_ID_TEXT_MAX];

    if (t->env.role != PUNCH_LISTENER || t->told ||
        p2p_relay_status(t->side.host, &t->relay_id) != 0) {
        return;
    }
    t->told = true;
    (void)p2p_peer_id_text(p2p_host_id(t->side.host), id);
    if (meet_tell(&t->env.env, &listener_id, id)) {
        (void)fprintf(stderr, "%s waits at %s\n", id, t->relay);
    } else {
        side_end(&t->side, 1);
    }
}

static int open_side(struct test *t)
{
    static const struct p2p_host_events events = {
        .connected = on_connected,
        .identified = on_identified,
        .addrs_changed = on_addrs,
    };
    struct p2p_relay_config relay = P2P_RELAY_CONFIG_INIT;
    struct p2p_dcutr_config dcutr = P2P_DCUTR_CONFIG_INIT;
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;

    dcutr.done = on_punched;
    dcutr.user = t;
    dcutr.private_addrs = true; /* networks of the harness are */
    cfg.relay = t->env.role == PUNCH_RELAY ? &relay : NULL;
    cfg.dcutr = t->env.role == PUNCH_RELAY ? NULL : &dcutr;
    cfg.events = &events;
    cfg.user = t;
    return side_open_as(&t->side, &t->env.env, &cfg);
}

static bool read_peer(const char *text, struct p2p_peer_id *out)
{
    bool ok = p2p_peer_id_from_text(text, strlen(text), out) == 0;

    if (!ok) {
        (void)fprintf(stderr, "%s: no peer id\n", text);
    }
    return ok;
}

/* Where the relay is, and its id. */
static bool find_relay(struct test *t)
{
    const char *id;

    if (!meet_ask(&t->env.env, &t->env.relay, t->relay)) {
        return false;
    }
    id = strstr(t->relay, "/p2p/");
    return read_peer(id != NULL ? id + strlen("/p2p/") : t->relay,
                     &t->relay_id);
}

/* A peer of either part, until the end of the test. */
static void run_peer(struct test *t)
{
    char addr[ADDR_MAX];
    int rv = side_listen(&t->side);

    if (rv != 0 || !find_relay(t)) {
        return;
    }
    if (t->env.role == PUNCH_LISTENER) {
        (void)snprintf(addr, sizeof addr, "%s/p2p-circuit", t->relay);
        rv = p2p_host_listen(t->side.host, addr);
    } else if (!meet_ask(&t->env.env, &listener_id, t->listener) ||
               !read_peer(t->listener, &t->peer)) {
        return;
    } else {
        rv = p2p_host_dial(t->side.host, t->relay, on_dialed, t);
    }
    if (rv != 0) {
        (void)fprintf(stderr, "%s: %s\n", t->relay, p2p_err_text(rv));
        return;
    }
    p2p_loop_run(t->side.loop);
}

int main(void)
{
    static struct test t;

    if (!punch_env_read(&t.env)) {
        return 2;
    }
    if (open_side(&t) == 0) {
        if (t.env.role == PUNCH_RELAY) {
            (void)side_serve(&t.side, &t.env.relay);
        } else {
            run_peer(&t);
        }
    }
    return side_close(&t.side);
}
