/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See perf_old.h. Happy path of a client: dial, upload, download, a line each
 * second, one at the end. The time includes the connection's set-up; the
 * server's id is not known before.
 */
#include "perf_old.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "side.h"

struct client {
    struct side side;
    struct run run;
    struct p2p_timer *tick;
    uint64_t started_ns;
    uint64_t line_ns; /* the last line, */
    uint64_t sent;    /* and how far it was */
    uint64_t received;
};

struct flags {
    bool server;
    const char *address;
    const char *transport;
    uint64_t up, down;
};

static void print_line(const char *type, uint64_t since_ns, uint64_t up,
                       uint64_t down)
{
    (void)printf(
        "{\"type\":\"%s\",\"timeSeconds\":%.6f,\"uploadBytes\":%llu,"
        "\"downloadBytes\":%llu}\n",
        type, side_ms(since_ns) / 1000.0, (unsigned long long)up,
        (unsigned long long)down);
    (void)fflush(stdout);
}

static void on_tick(void *user)
{
    struct client *c = user;

    print_line("intermediary", c->line_ns, c->run.sent - c->sent,
               c->run.received - c->received);
    c->line_ns = side_now();
    c->sent = c->run.sent;
    c->received = c->run.received;
}

static void on_run(struct run *run, int status)
{
    struct client *c = run->user;

    if (status != 0) {
        side_fail(&c->side, "perf", status);
        return;
    }
    print_line("final", c->started_ns, run->up, run->down);
    side_end(&c->side, 0);
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct client *c = user;

    if (status == 0) {
        status = run_start(&c->run, c->side.host, peer);
    }
    if (status < 0) {
        side_fail(&c->side, "server", status);
    }
}

static int dial(struct client *c, const char *addr)
{
    int rv;

    c->run.done = on_run;
    c->run.user = c;
    c->started_ns = side_now();
    c->line_ns = c->started_ns;
    rv = p2p_timer_new(c->side.loop, 1000, 1000, on_tick, c, &c->tick);
    return rv != 0 ? rv : p2p_host_dial(c->side.host, addr, on_dialed, c);
}

static bool number(const char *text, uint64_t *out)
{
    char *end;

    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static bool parse(int argc, char **argv, struct flags *f)
{
    static const struct option options[] = {
        {"run-server", no_argument, NULL, 's'},
        {"server-address", required_argument, NULL, 'a'},
        {"transport", required_argument, NULL, 't'},
        {"upload-bytes", required_argument, NULL, 'u'},
        {"download-bytes", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    bool ok = true;
    int o;

    while (ok && (o = getopt_long_only(argc, argv, "", options, NULL)) != -1) {
        switch (o) {
            case 's':
                f->server = true;
                break;
            case 'a':
                f->address = optarg;
                break;
            case 't':
                f->transport = optarg;
                break;
            case 'u':
                ok = number(optarg, &f->up);
                break;
            case 'd':
                ok = number(optarg, &f->down);
                break;
            default:
                ok = false;
                break;
        }
    }
    return ok && optind == argc && f->address != NULL;
}

/* The multiaddr of IP:PORT; false: it is none, or the transport is not known.
 */
static bool multiaddr(const struct flags *f, char *text, size_t cap)
{
    const char *colon = strrchr(f->address, ':');
    bool quic = strcmp(f->transport, "quic-v1") == 0;
    int n;

    if (colon == NULL || (!quic && strcmp(f->transport, "tcp") != 0)) {
        return false;
    }
    n = snprintf(text, cap, "/ip4/%.*s/%s/%s%s", (int)(colon - f->address),
                 f->address, quic ? "udp" : "tcp", colon + 1,
                 quic ? "/quic-v1" : "");
    return n > 0 && (size_t)n < cap;
}

int perf_old(int argc, char **argv)
{
    struct flags f = {.transport = "tcp"};
    struct harness_env env = {.seconds = 86400};
    struct client c = {0};
    char addr[256];
    int rv;

    if (!parse(argc, argv, &f) || !multiaddr(&f, addr, sizeof addr)) {
        (void)fprintf(stderr,
                      "usage: perf --run-server --server-address IP:PORT\n"
                      "       perf --server-address IP:PORT --transport tcp "
                      "--upload-bytes N --download-bytes N\n");
        return 2;
    }
    env.transport = f.transport;
    env.dialer = !f.server;
    rv = side_open(&c.side, &env);
    c.run.up = f.up;
    c.run.down = f.down;
    if (rv == 0) {
        rv = f.server ? p2p_host_listen(c.side.host, addr) : dial(&c, addr);
    }
    if (rv == 0) {
        p2p_loop_run(c.side.loop);
    } else {
        (void)fprintf(stderr, "%s: %s\n", addr, p2p_err_text(rv));
    }
    p2p_timer_free(c.tick);
    return side_close(&c.side);
}
