/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * usage: sim_mesh [OPTION…]; see `sim_mesh --help`. Runs a mesh (mesh.h),
 * prints what came of it, and exits with 1 when that is outside of the bounds
 * below: then the last lines say what was wrong and how to see it again.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "mesh.h"

/* Of a million expected deliveries so many may be missing; and of those of the
 * time when the network is cut, and most links of the mesh lead nowhere. */
#define MISSING_PPM       20U
#define MISSING_APART_PPM 4000U
/* 99 of 100 deliveries take at most so long. */
#define P99_MS 600U
/* So long after the network is healed all hear all again. */
#define HEAL_S 30U
/* Links that one end has alone: of those that were just made, a permille. */
#define LOPSIDED_PERMILLE 2U
/* Links of a thousand that may lead to who is gone: silence tells it after 30
 * s, so a cut must be longer for this to hold before it is healed. */
#define NOWHERE_PERMILLE 20U
#define SILENCE          P2P__SEC(45)
/* Hosts of a thousand that may have fewer links than D_LO. */
#define THIN_PERMILLE 5U

struct options {
    struct mesh_cfg cfg;
    uint64_t maps;     /* the map seed of a second run; 0: none */
    char command[512]; /* that makes the same run again */
};

static void usage(void)
{
    (void)puts(
        "usage: sim_mesh [OPTION]\n"
        "  --hosts N       whole hosts (100)\n"
        "  --minutes N     of virtual time (4)\n"
        "  --degree N      neighbours that each dials (10)\n"
        "  --every MS      between two messages (1000)\n"
        "  --churn N       percent of the hosts that go and come back (10)\n"
        "  --loss N        permille of the segments that are lost (50)\n"
        "  --partition S   seconds that two halves are apart (a tenth)\n"
        "  --seed N        of all that is random (1)\n"
        "  --map-seed N    of hash tables, on which nothing may depend (1)\n"
        "  --maps N        run again with this map seed: is the trace equal?\n"
        "  --trace         print the trace hash each second");
}

/* An option of getopt_long() is an index into these. */
enum what {
    HOSTS,
    MINUTES,
    DEGREE,
    EVERY,
    CHURN,
    LOSS,
    PARTITION,
    SEED,
    MAP_SEED,
    MAPS,
    N_NUMBERS,
    TRACE = N_NUMBERS,
    HELP
};

static const struct option names[] = {
    [HOSTS] = {"hosts", required_argument, NULL, HOSTS},
    [MINUTES] = {"minutes", required_argument, NULL, MINUTES},
    [DEGREE] = {"degree", required_argument, NULL, DEGREE},
    [EVERY] = {"every", required_argument, NULL, EVERY},
    [CHURN] = {"churn", required_argument, NULL, CHURN},
    [LOSS] = {"loss", required_argument, NULL, LOSS},
    [PARTITION] = {"partition", required_argument, NULL, PARTITION},
    [SEED] = {"seed", required_argument, NULL, SEED},
    [MAP_SEED] = {"map-seed", required_argument, NULL, MAP_SEED},
    [MAPS] = {"maps", required_argument, NULL, MAPS},
    [TRACE] = {"trace", no_argument, NULL, TRACE},
    [HELP] = {"help", no_argument, NULL, HELP},
    {0},
};

/* What a number may be. */
static const uint64_t limits[N_NUMBERS][2] = {
    [HOSTS] = {20, 100000},       [MINUTES] = {3, 600},
    [DEGREE] = {1, 19},           [EVERY] = {1, 60000},
    [CHURN] = {0, 100},           [LOSS] = {0, 500},
    [PARTITION] = {0, 600},       [SEED] = {0, UINT64_MAX},
    [MAP_SEED] = {0, UINT64_MAX}, [MAPS] = {0, UINT64_MAX},
};

static bool number(const char *text, int what, uint64_t *out)
{
    char *end;

    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' &&
           *out >= limits[what][0] && *out <= limits[what][1];
}

static void set_config(struct options *o, const uint64_t *n, bool trace)
{
    o->cfg = (struct mesh_cfg){
        .net = {.seed = n[SEED],
                .map_seed = n[MAP_SEED],
                .latency_min = P2P__MS(5),
                .latency_max = P2P__MS(80),
                .loss_permille = (uint32_t)n[LOSS]},
        .hosts = n[HOSTS],
        .degree = (unsigned)n[DEGREE],
        .length = P2P__SEC(60 * n[MINUTES]),
        .every = P2P__MS(n[EVERY]),
        .churn_percent = (unsigned)n[CHURN],
        .cut_for = P2P__SEC(n[PARTITION]),
        .heal = P2P__SEC(HEAL_S),
        .trace = trace,
    };
}

/* Reads the options; 0, or how to exit with it. */
static int read_options(struct options *o, int argc, char **argv)
{
    uint64_t n[N_NUMBERS] = {100, 4, 10, 1000, 10, 50, UINT64_MAX, 1, 1, 0};
    bool trace = false;
    size_t len = 0;
    int what;

    while ((what = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (what == TRACE) {
            trace = true;
        } else if (what == HELP) {
            usage();
            exit(0);
        } else if (what >= N_NUMBERS || !number(optarg, what, &n[what])) {
            return 2;
        }
    }
    n[PARTITION] = n[PARTITION] == UINT64_MAX ? 6 * n[MINUTES] : n[PARTITION];
    /* The cut begins at two fifths; after it there must be time to heal. */
    if (optind != argc || n[DEGREE] >= n[HOSTS] ||
        24 * n[MINUTES] + n[PARTITION] + HEAL_S + 15 > 60 * n[MINUTES]) {
        return 2;
    }
    set_config(o, n, trace);
    o->maps = n[MAPS];
    for (int i = 0; i < N_NUMBERS && len < sizeof o->command; i++) {
        len += (size_t)snprintf(o->command + len, sizeof o->command - len,
                                " --%s %" PRIu64, names[i].name, n[i]);
    }
    return 0;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double permille(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : 1000.0 * (double)part / (double)whole;
}

static void print_links(const char *when, const struct mesh_links *l)
{
    double each = l->hosts == 0 ? 0 : (double)l->links / (double)l->hosts;

    (void)printf("mesh %s  %zu hosts, %.1f links each; %zu thin, ", when,
                 l->hosts, each, l->thin);
    (void)printf("%zu links have one end, %zu lead nowhere\n", l->lopsided,
                 l->nowhere);
}

/* The moment since which all hear all, in seconds after the cut was healed. */
static double whole_after(const struct mesh *m)
{
    return m->last_torn == 0
               ? 0
               : (double)(m->last_torn - m->healed_at) / (double)P2P__SEC(1);
}

static void print_part(const char *name, const struct tally *t,
                       enum tally_part part)
{
    (void)printf("%s  %" PRIu64 " of %" PRIu64 " expected (%.4f %%)\n", name,
                 t->got[part], t->expected[part],
                 permille(t->got[part], t->expected[part]) / 10);
}

static void print(const struct mesh *m)
{
    const struct tally *t = &m->tally;
    struct rusage use;

    (void)getrusage(RUSAGE_SELF, &use);
    print_part("deliveries", t, TALLY_WHOLE);
    print_part("  when cut", t, TALLY_APART);
    (void)printf("  and more  %" PRIu64 " not expected, %" PRIu64
                 " late, %" PRIu64 " twice; no path led to %" PRIu64 "\n",
                 t->extra, t->late, t->twice, m->far);
    (void)printf("latency     p50 %u ms, p99 %u ms, p99.9 %u ms, all %u ms\n",
                 tally_quantile(t, 500), tally_quantile(t, 990),
                 tally_quantile(t, 999), tally_quantile(t, 1000));
    (void)printf(
        "churn       %u went away, %u of them dark, %u came back with "
        "another key\n",
        m->went, m->dark, m->fresh);
    if (m->cut_at != 0) {
        print_links("apart", &m->apart);
        (void)printf("healed      all hear all %.0f s after\n", whole_after(m));
    }
    print_links("ended", &m->end);
    (void)printf("ledger      %" PRIu64 " held when all had let go\n", m->held);
    (void)printf("carried     %" PRIu64 " bytes, %" PRIu64 " segments, %" PRIu64
                 " datagrams, %" PRIu64 " events\n",
                 m->sim.bytes, m->sim.segments, m->sim.datagrams,
                 m->sim.n_events);
    (void)printf("cost        %.1f s CPU, %ld MiB\n",
                 seconds(use.ru_utime) + seconds(use.ru_stime),
                 use.ru_maxrss / 1024);
    (void)printf("trace       %016" PRIx64 "\n", m->sim.trace);
}

static bool must(bool held, const char *what)
{
    if (!held) {
        (void)printf("RED         %s\n", what);
    }
    return held;
}

static bool links_ok(const struct mesh_links *l)
{
    bool ok = must(permille(l->thin, l->hosts) <= THIN_PERMILLE,
                   "hosts have too few links in the mesh");

    ok &= must(permille(l->nowhere, l->links) <= NOWHERE_PERMILLE,
               "links of the mesh lead nowhere");
    return must(permille(l->lopsided, l->links) <= LOPSIDED_PERMILLE,
                "links have one end") &&
           ok;
}

static bool few_missing(const struct tally *t, enum tally_part part,
                        uint64_t ppm)
{
    uint64_t expected = t->expected[part];

    return (expected - t->got[part]) * 1000000 <= expected * ppm;
}

/* Whether all is within the bounds; says what is not. */
static bool judge(const struct mesh *m)
{
    const struct tally *t = &m->tally;
    bool ok = must(t->expected[TALLY_WHOLE] > 0, "nothing was expected");

    ok &= must(few_missing(t, TALLY_WHOLE, MISSING_PPM),
               "deliveries are missing");
    ok &= must(few_missing(t, TALLY_APART, MISSING_APART_PPM),
               "deliveries are missing of the time of the cut");
    ok &= must(t->twice == 0, "a message was handed out twice");
    ok &= must(tally_quantile(t, 990) <= P99_MS, "p99 is too long");
    if (m->cfg.cut_for >= SILENCE) {
        ok &= links_ok(&m->apart);
    }
    ok &= links_ok(&m->end);
    ok &= must(m->held == 0, "something was not given back");
    return ok;
}

/* One run, printed and judged; its trace. */
static uint64_t run(const struct mesh_cfg *cfg, bool *ok)
{
    struct mesh m;

    mesh_init(&m, cfg);
    mesh_run(&m);
    mesh_part(&m);
    mesh_fini(&m);
    print(&m);
    (void)fflush(stdout);
    *ok = judge(&m) && *ok;
    return m.sim.trace;
}

int main(int argc, char **argv)
{
    struct options o;
    bool ok = true;
    uint64_t trace, again;

    if (read_options(&o, argc, argv) != 0) {
        usage();
        return 2;
    }
    (void)printf("run        %s\n", o.command);
    (void)fflush(stdout);
    trace = run(&o.cfg, &ok);
    if (o.maps != 0) {
        o.cfg.net.map_seed = o.maps;
        again = run(&o.cfg, &ok);
        ok &= must(again == trace,
                   "the order of hash tables changed what happened");
    }
    if (!ok) {
        (void)printf("to see it again: %s%s\n", argv[0], o.command);
    }
    return ok ? 0 : 1;
}
