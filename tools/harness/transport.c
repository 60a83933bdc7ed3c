/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The program of the transport interoperability tests, both styles: a listener
 * that runs until it is killed, or a dialer that connects, pings twice, prints
 * how long that took and exits with 0. Everything else is on stderr.
 */
#include <stdio.h>

#include "meet.h"
#include "side.h"

struct test {
    struct side side;
    char addr[MEET_TEXT_MAX];
    struct p2p_peer_id peer;
    uint64_t started_ns;
    double first_ms; /* handshake and one round trip */
};

static void print_result(const struct test *t, double ping_ms)
{
    (void)printf(t->side.env->old_style
                     ? "{\"handshakePlusOneRTTMillis\": %.3f, "
                       "\"pingRTTMilllis\": %.3f}\n"
                     : "latency:\n"
                       "  handshake_plus_one_rtt: %.3f\n"
                       "  ping_rtt: %.3f\n"
                       "  unit: ms\n",
                 t->first_ms, ping_ms);
}

/* A stream for each: rust answers a second one on a stream over QUIC late. */
static void on_ping(void *user, int status, uint64_t rtt_us)
{
    struct test *t = user;

    if (status == 0 && t->first_ms == 0) {
        t->first_ms = side_ms(t->started_ns);
        status = p2p_host_ping(t->side.host, &t->peer, 1, on_ping, t);
        if (status == 0) {
            return;
        }
    }
    if (status < 0) {
        side_fail(&t->side, "ping", status);
    } else {
        print_result(t, (double)rtt_us / 1000.0);
        side_end(&t->side, 0);
    }
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct test *t = user;

    if (status == 0) {
        t->peer = *peer;
        status = p2p_host_ping(t->side.host, &t->peer, 1, on_ping, t);
    }
    if (status < 0) {
        side_fail(&t->side, t->addr, status);
    }
}

static void dial(struct test *t)
{
    int rv;

    if (!meet_ask(t->side.env, &meet_listener, t->addr)) {
        return;
    }
    t->started_ns = side_now();
    rv = p2p_host_dial(t->side.host, t->addr, on_dialed, t);
    if (rv != 0) {
        (void)fprintf(stderr, "%s: %s\n", t->addr, p2p_err_text(rv));
        return;
    }
    p2p_loop_run(t->side.loop);
}

int main(void)
{
    struct harness_env env;
    struct test t = {0};

    if (!harness_env_read(&env)) {
        return 2;
    }
    if (side_open(&t.side, &env) == 0) {
        if (env.dialer) {
            dial(&t);
        } else {
            (void)side_serve(&t.side, &meet_listener);
        }
    }
    return side_close(&t.side);
}
