/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The program of the perf tests, new style: a listener that runs until it is
 * killed, or a dialer that repeats an upload, a download and an exchange of one
 * byte, and prints what came of each. With flags it is that of the old style:
 * see perf_old.h.
 */
#include <stdio.h>

#include "meet.h"
#include "perf_old.h"
#include "run.h"
#include "samples.h"
#include "side.h"

enum phase { UPLOAD, DOWNLOAD, LATENCY, N_PHASES };

struct test {
    struct side side;
    struct run run;
    char addr[MEET_TEXT_MAX];
    struct p2p_peer_id peer;
    enum phase phase;
    uint64_t started_ns;
    uint64_t up_bytes, down_bytes;
    uint64_t iterations[N_PHASES];
    struct samples samples[N_PHASES];
};

static void next(struct test *t);

static void print_results(struct test *t)
{
    samples_print(&t->samples[UPLOAD], "upload", "Gbps");
    samples_print(&t->samples[DOWNLOAD], "download", "Gbps");
    samples_print(&t->samples[LATENCY], "latency", "ms");
}

static void on_run(struct run *run, int status)
{
    struct test *t = run->user;
    struct samples *s = &t->samples[t->phase];
    double ms = side_ms(t->started_ns);

    if (status != 0) {
        side_fail(&t->side, "perf", status);
        return;
    }
    s->values[s->n++] = t->phase == LATENCY
                            ? ms
                            : (double)(run->up + run->down) * 8.0 / 1e6 / ms;
    next(t);
}

/* The next run, or the end. */
static void next(struct test *t)
{
    int rv;

    while (t->phase < N_PHASES &&
           t->samples[t->phase].n >= t->iterations[t->phase]) {
        t->phase++;
    }
    if (t->phase == N_PHASES) {
        print_results(t);
        side_end(&t->side, 0);
        return;
    }
    t->run.up = t->phase == UPLOAD ? t->up_bytes : t->phase == LATENCY ? 1 : 0;
    t->run.down = t->phase == DOWNLOAD  ? t->down_bytes
                  : t->phase == LATENCY ? 1
                                        : 0;
    t->started_ns = side_now();
    rv = run_start(&t->run, t->side.host, &t->peer);
    if (rv != 0) {
        side_fail(&t->side, "perf", rv);
    }
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct test *t = user;

    if (status < 0) {
        side_fail(&t->side, t->addr, status);
        return;
    }
    t->peer = *peer;
    next(t);
}

static bool read_sizes(struct test *t)
{
    static const char *const names[] = {
        "UPLOAD_ITERATIONS", "DOWNLOAD_ITERATIONS", "LATENCY_ITERATIONS"};
    static const uint64_t usual[] = {10, 10, 100};
    bool ok = harness_env_number("UPLOAD_BYTES", 1U << 30, &t->up_bytes) &&
              harness_env_number("DOWNLOAD_BYTES", 1U << 30, &t->down_bytes);

    for (size_t i = 0; ok && i < N_PHASES; i++) {
        ok = harness_env_number(names[i], usual[i], &t->iterations[i]);
        if (ok && t->iterations[i] > SAMPLES_MAX) {
            (void)fprintf(stderr, "%s: more than %d\n", names[i], SAMPLES_MAX);
            ok = false;
        }
    }
    return ok;
}

static void dial(struct test *t)
{
    int rv;

    t->run.done = on_run;
    t->run.user = t;
    if (!read_sizes(t) || !meet_ask(t->side.env, &meet_listener, t->addr)) {
        return;
    }
    rv = p2p_host_dial(t->side.host, t->addr, on_dialed, t);
    if (rv != 0) {
        (void)fprintf(stderr, "%s: %s\n", t->addr, p2p_err_text(rv));
        return;
    }
    p2p_loop_run(t->side.loop);
}

int main(int argc, char **argv)
{
    static struct test t;
    struct harness_env env;

    if (argc > 1) {
        return perf_old(argc, argv);
    }
    if (!harness_env_read(&env)) {
        return 2;
    }
    env.seconds = 86400; /* gigabytes take as long as they take */
    if (side_open(&t.side, &env) == 0) {
        if (env.dialer) {
            dial(&t);
        } else {
            (void)side_serve(&t.side, &meet_listener);
        }
    }
    return side_close(&t.side);
}
