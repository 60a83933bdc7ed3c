/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Loads for `make bench`: each command measures inside its own loop, so that
 * no pipe or script stands between two samples. Happy path: a crowd of hosts
 * (crowd.h) connects, does its rounds, prints one JSON object. What goes wrong
 * ends the command with exit code 1.
 */
#include "bench.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"

#define ECHO_PROTOCOL "/echo/1.0.0"
#define ECHO_BYTES    32U

static uint64_t us_since(uint64_t ns)
{
    return (crowd_now_ns() - ns) / 1000;
}

/* Dials again from a member while connections are wanted. */
static void next_conn(struct member *m)
{
    struct crowd *c = m->crowd;

    if (c->begun < c->want) {
        c->begun++;
        crowd_dial(m);
    } else if (c->done == c->want) {
        crowd_end(c, NULL, 0);
    }
}

static void conn_ready(struct member *m)
{
    crowd_sample(m->crowd, us_since(m->started_ns));
    (void)p2p_host_disconnect(m->host, &m->crowd->peer);
}

int bench_conn(int argc, char **argv)
{
    static const struct crowd_cb cb = {.ready = conn_ready, .gone = next_conn};
    struct crowd c = {.cb = &cb, .want = 200, .par = 1};
    uint64_t began;
    int rv = crowd_parse(&c, argc, argv,
                         "bench-conn MA [-n N] [--par P] [--security LIST]");

    if (rv != 0) {
        return rv;
    }
    if (crowd_start(&c, c.par) == 0) {
        began = crowd_now_ns();
        for (uint32_t i = 0; i < c.par; i++) {
            next_conn(&c.members[i]);
        }
        p2p_loop_run(c.loop);
        crowd_print(&c, "bench-conn", crowd_now_ns() - began);
    }
    return crowd_free(&c);
}

static void on_input_ended(void *arg)
{
    crowd_end(arg, NULL, 0);
}

static void *read_stdin(void *arg)
{
    struct crowd *c = arg;
    char ignored[256];

    while (read(STDIN_FILENO, ignored, sizeof ignored) > 0) {
    }
    (void)p2p_loop_post(c->loop, on_input_ended, c);
    return NULL;
}

/* The next host that has not dialed yet. */
static void idle_next(struct crowd *c)
{
    if (c->begun < c->want) {
        crowd_dial(&c->members[c->begun++]);
    }
}

static void idle_ready(struct member *m)
{
    struct crowd *c = m->crowd;

    crowd_sample(c, us_since(m->started_ns));
    idle_next(c);
    if (c->done == c->want) {
        crowd_print(c, "bench-idle", 0);
    }
}

int bench_idle(int argc, char **argv)
{
    static const struct crowd_cb cb = {.ready = idle_ready};
    struct crowd c = {.cb = &cb, .want = 100, .par = 16};
    pthread_t reader;
    int rv = crowd_parse(&c, argc, argv,
                         "bench-idle MA [-n N] [--par P] [--security LIST]");

    if (rv != 0) {
        return rv;
    }
    if (crowd_start(&c, c.want) == 0) {
        for (uint32_t i = 0; i < c.par; i++) {
            idle_next(&c);
        }
        if (pthread_create(&reader, NULL, read_stdin, &c) != 0) {
            abort();
        }
        p2p_loop_run(c.loop);
        if (c.code != 0) {
            (void)pthread_cancel(reader);
        }
        (void)pthread_join(reader, NULL);
    }
    return crowd_free(&c);
}

static void on_pong(void *user, int status, uint64_t rtt_us)
{
    struct member *m = user;
    struct crowd *c = m->crowd;

    if (status < 0) {
        crowd_end(c, "ping", status);
        return;
    }
    crowd_sample(c, rtt_us);
    if (c->done == c->want) {
        crowd_end(c, NULL, 0);
    }
}

static void ping_ready(struct member *m)
{
    struct crowd *c = m->crowd;
    int rv = p2p_host_ping(m->host, &c->peer, c->want, on_pong, m);

    if (rv != 0) {
        crowd_end(c, "ping", rv);
    }
}

/* One of the echoes that are under way at once. */
struct echo {
    struct member *member;
    uint64_t started_ns;
    size_t got;
};

static void next_echo(struct echo *e);

static void echo_data(void *user, struct p2p_stream *stream,
                      const uint8_t *bytes, size_t len)
{
    struct echo *e = user;

    (void)stream;
    (void)bytes;
    e->got += len;
}

static void echo_closed(void *user, struct p2p_stream *stream, int status)
{
    struct echo *e = user;
    struct crowd *c = e->member->crowd;

    (void)stream;
    if (c->ended) {
        return;
    }
    if (status < 0 || e->got != ECHO_BYTES) {
        crowd_end(c, "echo", status < 0 ? status : P2P_EPROTO);
        return;
    }
    crowd_sample(c, us_since(e->started_ns));
    if (c->done == c->want) {
        crowd_end(c, NULL, 0);
    } else {
        next_echo(e);
    }
}

/* Opens a stream, says something, ends; `closed` comes with the answer's
 * end. */
static void next_echo(struct echo *e)
{
    static const struct p2p_stream_events events = {.data = echo_data,
                                                    .closed = echo_closed};
    static const char *const protocols[] = {ECHO_PROTOCOL};
    static const uint8_t said[ECHO_BYTES] = {1};
    struct crowd *c = e->member->crowd;
    struct p2p_stream *s;
    int rv;

    if (c->begun == c->want) {
        return;
    }
    c->begun++;
    e->got = 0;
    e->started_ns = crowd_now_ns();
    rv = p2p_stream_open(e->member->host, &c->peer, protocols, 1, &events, e,
                         &s);
    if (rv == 0) {
        rv = p2p_stream_send(s, said, sizeof said);
    }
    if (rv != 0) {
        crowd_end(c, "echo", rv);
        return;
    }
    p2p_stream_finish(s);
}

static void echo_ready(struct member *m)
{
    struct crowd *c = m->crowd;

    m->echoes = calloc(c->par, sizeof *m->echoes);
    if (m->echoes == NULL) {
        abort();
    }
    for (uint32_t i = 0; i < c->par; i++) {
        m->echoes[i].member = m;
        next_echo(&m->echoes[i]);
    }
}

/* One member that does `want` rounds. */
static int rounds(int argc, char **argv, const struct crowd_cb *cb,
                  const char *usage)
{
    struct crowd c = {.cb = cb, .want = 1000, .par = 1};
    uint64_t began;
    int rv = crowd_parse(&c, argc, argv, usage);

    if (rv != 0) {
        return rv;
    }
    if (crowd_start(&c, 1) == 0) {
        began = crowd_now_ns();
        crowd_dial(&c.members[0]);
        p2p_loop_run(c.loop);
        crowd_print(&c, argv[0], crowd_now_ns() - began);
    }
    return crowd_free(&c);
}

int bench_ping(int argc, char **argv)
{
    static const struct crowd_cb cb = {.ready = ping_ready};

    return rounds(argc, argv, &cb, "bench-ping MA [-n N] [--security LIST]");
}

int bench_echo(int argc, char **argv)
{
    static const struct crowd_cb cb = {.ready = echo_ready};

    return rounds(argc, argv, &cb,
                  "bench-echo MA [-n N] [--par P] [--security LIST]");
}
