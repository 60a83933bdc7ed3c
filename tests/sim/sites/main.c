/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * usage: sim_sites [OPTION…]; see `sim_sites --help`. Runs a fleet (fleet.h),
 * prints what it cost and what came of it, and exits with 1 when that is
 * outside of the bounds below. The last line is the same as JSON, of which
 * sites.py makes docs/reference/sites.md.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "bill.h"
#include "proto/relay/caps.h"

/* Of a million expected deliveries so many may be missing; in the storm. */
#define MISSING_PPM       20U
#define MISSING_STORM_PPM 2000U
/* 99 of 100 deliveries take at most so long. */
#define P99_MS 1000U
/* Nobody is alone for longer; of a thousand looks so many may find one. */
#define ALONE_S        60U
#define ALONE_PERMILLE 5U
/* So long after a site is healed all hear all again. */
#define HEAL_S 30U

#define SETTLE P2P__SEC(180)
#define TALK   P2P__SEC(75)
#define PROBES 100U

struct options {
    struct fleet_cfg cfg;
    bool idle_only;
    uint64_t maps;     /* the map seed of a second run; 0: none */
    char command[512]; /* that makes the same run again */
};

/* What a run measured. */
struct result {
    struct bill idle[2]; /* before and after */
    struct bill talk[2];
    uint64_t done[2];      /* searches, registrations of the idle span */
    double probe_bytes[2]; /* of a search, a registration */
    double probe_ms;       /* of a search */
    double probe_found;
};

static void usage(void)
{
    (void)puts(
        "usage: sim_sites [OPTION]\n"
        "  --nodes N       whole hosts (100)\n"
        "  --sites N       behind a NAT each (10)\n"
        "  --find HOW      how they find each other: told, rendezvous\n"
        "                  (default), dht\n"
        "  --without WHAT  leave out gossip, relay, dcutr, mdns; repeat\n"
        "  --with WHAT     autonat\n"
        "  --idle S        virtual seconds that are measured (600)\n"
        "  --idle-only     no messages, no storm\n"
        "  --churn N       percent of the nodes that go and come back (10)\n"
        "  --loss N        permille of the segments that are lost (10)\n"
        "  --seed N        of all that is random (1)\n"
        "  --map-seed N    of hash tables, on which nothing may depend (1)\n"
        "  --maps N        run again with this map seed: is the trace equal?\n"
        "  --trace         say which deliveries are missing");
}

enum what {
    NODES,
    SITES,
    IDLE,
    CHURN,
    LOSS,
    SEED,
    MAP_SEED,
    MAPS,
    N_NUMBERS,
    FIND = N_NUMBERS,
    WITHOUT,
    WITH,
    IDLE_ONLY,
    TRACE,
    HELP
};

static const struct option names[] = {
    [NODES] = {"nodes", required_argument, NULL, NODES},
    [SITES] = {"sites", required_argument, NULL, SITES},
    [IDLE] = {"idle", required_argument, NULL, IDLE},
    [CHURN] = {"churn", required_argument, NULL, CHURN},
    [LOSS] = {"loss", required_argument, NULL, LOSS},
    [SEED] = {"seed", required_argument, NULL, SEED},
    [MAP_SEED] = {"map-seed", required_argument, NULL, MAP_SEED},
    [MAPS] = {"maps", required_argument, NULL, MAPS},
    [FIND] = {"find", required_argument, NULL, FIND},
    [WITHOUT] = {"without", required_argument, NULL, WITHOUT},
    [WITH] = {"with", required_argument, NULL, WITH},
    [IDLE_ONLY] = {"idle-only", no_argument, NULL, IDLE_ONLY},
    [TRACE] = {"trace", no_argument, NULL, TRACE},
    [HELP] = {"help", no_argument, NULL, HELP},
    {0},
};

static const uint64_t limits[N_NUMBERS][2] = {
    [NODES] = {20, 60000},
    [SITES] = {2, 10000},
    [IDLE] = {60, 36000},
    [CHURN] = {0, 50},
    [LOSS] = {0, 500},
    [SEED] = {0, UINT64_MAX},
    [MAP_SEED] = {0, UINT64_MAX},
    [MAPS] = {0, UINT64_MAX},
};

static bool number(const char *text, int what, uint64_t *out)
{
    char *end;

    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' &&
           *out >= limits[what][0] && *out <= limits[what][1];
}

/* A word of --find, --without, --with. */
static bool word(struct fleet_cfg *cfg, int what, const char *text)
{
    const struct {
        const char *word;
        int what;
        bool *flag;
    } flags[] = {
        {"gossip", WITHOUT, &cfg->no_gossip},
        {"relay", WITHOUT, &cfg->no_relay},
        {"dcutr", WITHOUT, &cfg->no_dcutr},
        {"mdns", WITHOUT, &cfg->no_mdns},
        {"autonat", WITH, &cfg->autonat},
    };
    static const char *const hows[] = {"told", "rendezvous", "dht"};

    for (size_t i = 0; i < P2P__COUNT(flags); i++) {
        if (flags[i].what == what && strcmp(flags[i].word, text) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    for (size_t i = 0; what == FIND && i < P2P__COUNT(hows); i++) {
        if (strcmp(hows[i], text) == 0) {
            cfg->how = (enum fleet_how)i;
            return true;
        }
    }
    return false;
}

static void set_config(struct fleet_cfg *cfg, const uint64_t *n)
{
    cfg->net = (struct sim_cfg){.seed = n[SEED],
                                .map_seed = n[MAP_SEED],
                                .latency_min = P2P__MS(5),
                                .latency_max = P2P__MS(80),
                                .loss_permille = (uint32_t)n[LOSS]};
    cfg->nodes = n[NODES];
    cfg->sites = n[SITES];
    cfg->idle = P2P__SEC(n[IDLE]);
    cfg->renewal = P2P__SEC(600);
    cfg->churn_percent = (unsigned)n[CHURN];
    cfg->heal = P2P__SEC(HEAL_S);
}

/* Reads the options; 0, or how to exit with it. */
static int read_options(struct options *o, int argc, char **argv)
{
    uint64_t n[N_NUMBERS] = {100, 10, 600, 10, 10, 1, 1, 0};
    size_t len = 0;
    int what;

    *o = (struct options){.cfg = {.how = FLEET_RENDEZVOUS}};
    for (int i = 1; i < argc && len < sizeof o->command; i++) {
        len += (size_t)snprintf(o->command + len, sizeof o->command - len,
                                " %s", argv[i]);
    }
    while ((what = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (what == HELP) {
            usage();
            exit(0);
        } else if (what == TRACE) {
            o->cfg.trace = true;
        } else if (what == IDLE_ONLY) {
            o->idle_only = true;
        } else if (what < N_NUMBERS ? !number(optarg, what, &n[what])
                                    : !word(&o->cfg, what, optarg)) {
            return 2;
        }
    }
    if (optind != argc || n[NODES] < 2 * n[SITES]) {
        return 2;
    }
    set_config(&o->cfg, n);
    o->maps = n[MAPS];
    return 0;
}

static double seconds(p2p_ns t)
{
    return (double)t / 1e9;
}

/* Searches and registrations of an idle fleet. */
static void probe(struct fleet *f, struct result *r)
{
    for (int i = 0; i < 2; i++) {
        const struct fleet_times *t =
            i == 0 ? &f->searches[FLEET_ANY] : &f->registrations;
        const struct fleet_times before = *t;
        uint64_t done;

        fleet_probe(f, PROBES, i == 1);
        done = t->done - before.done;
        if (t->billed > before.billed) {
            r->probe_bytes[i] = (double)(t->bytes - before.bytes) /
                                (double)(t->billed - before.billed);
        }
        if (i == 0 && done > 0) {
            r->probe_ms = seconds(t->took - before.took) * 1000 / (double)done;
            r->probe_found = (double)(t->found - before.found) / (double)done;
        }
    }
}

/* Notes what was done before a span, and then what was done in it. */
static void note_done(const struct fleet *f, struct result *r, bool after)
{
    const uint64_t done[2] = {
        f->searches[FLEET_ANY].done + f->searches[FLEET_RELAY].done,
        f->registrations.done};

    for (int i = 0; i < 2; i++) {
        r->done[i] = after ? done[i] - r->done[i] : done[i];
    }
}

static void run(struct fleet *f, const struct options *o, struct result *r)
{
    *r = (struct result){0};
    fleet_init(f, &o->cfg);
    fleet_run(f, SETTLE);
    fleet_watch_start(f);
    bill_take(f, &r->idle[0]);
    note_done(f, r, false);
    fleet_run(f, o->cfg.idle);
    bill_take(f, &r->idle[1]);
    note_done(f, r, true);
    fleet_watch_idle(f);
    if (o->cfg.how != FLEET_TOLD) {
        probe(f, r);
    }
    if (o->idle_only) {
        return;
    }
    bill_take(f, &r->talk[0]);
    fleet_talk(f, TALK);
    bill_take(f, &r->talk[1]);
    fleet_storm(f);
    fleet_part(f);
}

/* Each number is printed for people, and once more in the last line. */
struct out {
    char json[4096];
    size_t len;
};

static void put(struct out *o, const char *name, double value)
{
    o->len += (size_t)snprintf(o->json + o->len, sizeof o->json - o->len,
                               "%s\"%s\": %.6g", o->len == 0 ? "{" : ", ", name,
                               value);
    assert(o->len < sizeof o->json);
}

static void print_idle(const struct result *r, struct out *o)
{
    const struct bill *a = &r->idle[0], *b = &r->idle[1];

    (void)puts("bytes that an idle node sends in a minute:");
    for (int i = 0; i <= BILL_ROWS; i++) {
        const enum bill_for what = (enum bill_for)i;
        char name[32];

        (void)printf("  %-12s%9.1f of all, %9.1f in sites, %9.1f public\n",
                     bill_name(what), bill_rate_all(a, b, what),
                     bill_rate(a, b, BILL_INSIDE, what),
                     bill_rate(a, b, BILL_PUBLIC, what));
        (void)snprintf(name, sizeof name, "idle_%s", bill_name(what));
        put(o, name, bill_rate_all(a, b, what));
        (void)snprintf(name, sizeof name, "inside_%s", bill_name(what));
        put(o, name, bill_rate(a, b, BILL_INSIDE, what));
        (void)snprintf(name, sizeof name, "public_%s", bill_name(what));
        put(o, name, bill_rate(a, b, BILL_PUBLIC, what));
    }
}

/* What a node on the internet brings and sends in a minute, and how many
 * connections nodes have. */
static void print_carried(const struct result *r, struct out *o)
{
    const struct bill *a = &r->idle[0], *b = &r->idle[1];
    const double nodes = (double)b->nodes[BILL_PUBLIC];
    const double carried =
        (double)(b->wire[BILL_PUBLIC] - a->wire[BILL_PUBLIC] +
                 b->got[BILL_PUBLIC] - a->got[BILL_PUBLIC]) /
        nodes / (seconds(b->at - a->at) / 60);
    const double inside =
        (double)b->conns[BILL_INSIDE] / (double)b->nodes[BILL_INSIDE];

    (void)printf(
        "connections %.1f of a node in a site, %.1f of a public one, "
        "which carries %.0f bytes a minute\n",
        inside, (double)b->conns[BILL_PUBLIC] / nodes, carried);
    put(o, "inside_conns", inside);
    put(o, "public_conns", (double)b->conns[BILL_PUBLIC] / nodes);
    put(o, "public_carried", carried);
}

/* Bytes that searches, or registrations, cost in a minute, for each node. */
static double done_each(const struct result *r, int what)
{
    const struct bill *a = &r->idle[0], *b = &r->idle[1];
    const double nodes =
        (double)(b->nodes[BILL_INSIDE] + b->nodes[BILL_PUBLIC]);

    return (double)r->done[what] * r->probe_bytes[what] / nodes /
           (seconds(b->at - a->at) / 60);
}

static void print_found(const struct fleet *f, const struct result *r,
                        struct out *o)
{
    const struct fleet_watch *w = &f->watch;

    (void)printf(
        "links       %zu direct, %zu relayed or awaited; %zu nodes "
        "without reservation; %" PRIu64 " mappings\n",
        w->direct, w->relayed, w->unreserved, w->mappings);
    (void)printf("punched     %" PRIu64 " holes, %" PRIu64 " in vain\n",
                 f->punched, f->not_punched);
    (void)printf("searches    %" PRIu64 " done, %" PRIu64
                 " failed; relays %" PRIu64 ", %" PRIu64 "\n",
                 f->searches[FLEET_ANY].done, f->searches[FLEET_ANY].failed,
                 f->searches[FLEET_RELAY].done,
                 f->searches[FLEET_RELAY].failed);
    (void)printf("registered  %" PRIu64 " times, %" PRIu64 " failed\n",
                 f->registrations.done, f->registrations.failed);
    (void)printf("a search    %.0f bytes, %.0f ms, %.1f found\n",
                 r->probe_bytes[0], r->probe_ms, r->probe_found);
    (void)printf("to register %.0f bytes\n", r->probe_bytes[1]);
    (void)printf("idle        %" PRIu64 " searches, %" PRIu64
                 " registrations\n",
                 r->done[0], r->done[1]);
    put(o, "search_each", done_each(r, 0));
    put(o, "register_each", done_each(r, 1));
    put(o, "search_bytes", r->probe_bytes[0]);
    put(o, "search_ms", r->probe_ms);
    put(o, "search_found", r->probe_found);
    put(o, "register_bytes", r->probe_bytes[1]);
}

static double share(const struct tally *t, enum tally_part part)
{
    return t->expected[part] == 0
               ? 0
               : 100.0 * (double)t->got[part] / (double)t->expected[part];
}

static void print_talk(const struct fleet *f, const struct result *r,
                       struct out *o)
{
    const struct bill *a = &r->talk[0], *b = &r->talk[1];
    const double delivered = (double)(b->delivered - a->delivered);
    const double copies = (double)(b->received - a->received) / delivered;
    const double bytes =
        bill_beyond(a, b, BILL_GOSSIP,
                    bill_rate_all(&r->idle[0], &r->idle[1], BILL_GOSSIP)) /
        delivered;
    const struct tally *t = &f->tally;

    (void)printf("messages    %" PRIu64 " of %" PRIu64
                 " expected (%.4f %%); in "
                 "the storm %" PRIu64 " of %" PRIu64 " (%.4f %%)\n",
                 t->got[TALLY_WHOLE], t->expected[TALLY_WHOLE],
                 share(t, TALLY_WHOLE), t->got[TALLY_APART],
                 t->expected[TALLY_APART], share(t, TALLY_APART));
    (void)printf("  and more  %" PRIu64 " not expected, %" PRIu64
                 " late, %" PRIu64 " twice\n",
                 t->extra, t->late, t->twice);
    (void)printf("latency     p50 %u ms, p99 %u ms, all %u ms\n",
                 tally_quantile(t, 500), tally_quantile(t, 990),
                 tally_quantile(t, 1000));
    (void)printf("a delivery  %.2f copies, %.0f bytes\n", copies, bytes);
    put(o, "copies", copies);
    put(o, "delivery_bytes", bytes);
    put(o, "p50_ms", tally_quantile(t, 500));
    put(o, "p99_ms", tally_quantile(t, 990));
    put(o, "all_ms", tally_quantile(t, 1000));
    put(o, "calm_percent", share(t, TALLY_WHOLE));
    put(o, "storm_percent", share(t, TALLY_APART));
}

static void print_watch(const struct fleet *f, struct out *o)
{
    const struct fleet_watch *w = &f->watch;

    (void)printf(
        "churn       %u went away, %u of them dark, %u came back with "
        "another key; %u relays gone\n",
        f->went, f->dark, f->fresh, f->relays_gone);
    (void)printf("alone       %.0f s at most (node %zu), %" PRIu64
                 " of %" PRIu64 " looks; %u parts at the end\n",
                 seconds(w->alone), w->alone_node, w->apart, w->samples,
                 w->islands);
    (void)printf(
        "a relay     %u reservations at most, %u of one address, %u "
        "circuits\n",
        w->reservations, w->per_addr, w->circuits);
    (void)printf("a node      %u connections at most, %" PRIu64 " bytes held\n",
                 w->conns, w->memory);
    (void)printf("ledger      %" PRIu64 " held when all had let go\n", w->held);
    put(o, "alone_s", seconds(w->alone));
    put(o, "reservations", w->reservations);
    put(o, "circuits", w->circuits);
    put(o, "conns", w->conns);
    put(o, "memory", (double)w->memory);
}

static void print(const struct fleet *f, const struct options *o,
                  const struct result *r, struct out *out)
{
    struct rusage use;

    print_idle(r, out);
    print_carried(r, out);
    print_found(f, r, out);
    if (!o->idle_only) {
        print_talk(f, r, out);
    }
    print_watch(f, out);
    (void)getrusage(RUSAGE_SELF, &use);
    (void)printf(
        "cost        %.1f s CPU, %ld MiB, %" PRIu64 " events\n",
        (double)use.ru_utime.tv_sec + (double)use.ru_utime.tv_usec / 1e6,
        use.ru_maxrss / 1024, f->sim.n_events);
    (void)printf("trace       %016" PRIx64 "\n", f->sim.trace);
}

static bool must(bool held, const char *what)
{
    if (!held) {
        (void)printf("RED         %s\n", what);
    }
    return held;
}

static bool few_missing(const struct tally *t, enum tally_part part,
                        uint64_t ppm)
{
    return (t->expected[part] - t->got[part]) * 1000000 <=
           t->expected[part] * ppm;
}

static bool judge_talk(const struct fleet *f)
{
    const struct tally *t = &f->tally;
    bool ok = must(t->expected[TALLY_WHOLE] > 0 && t->expected[TALLY_APART] > 0,
                   "nothing was expected");

    ok &= must(few_missing(t, TALLY_WHOLE, MISSING_PPM),
               "deliveries are missing");
    ok &= must(few_missing(t, TALLY_APART, MISSING_STORM_PPM),
               "deliveries are missing of the storm");
    ok &= must(t->twice == 0, "a message was handed out twice");
    ok &= must(tally_quantile(t, 990) <= P99_MS, "p99 is too long");
    ok &= must(f->watch.islands == 1, "the topic fell apart");
    /* Those who serve a DHT meet again, and keep what was put. */
    return must(f->cfg.how == FLEET_DHT || f->watch.held == 0,
                "something was not given back") &&
           ok;
}

static bool judge(const struct fleet *f, const struct options *o)
{
    const struct fleet_watch *w = &f->watch;
    bool ok = o->idle_only || judge_talk(f);

    ok &= must(w->alone <= P2P__SEC(ALONE_S), "a node was alone for too long");
    ok &= must(w->apart * 1000 <= w->samples * ALONE_PERMILLE,
               "nodes are alone too often");
    ok &= must(w->reservations <= P2P__CAP_RELAY_RESERVATIONS &&
                   w->per_addr <= P2P__CAP_RELAY_RESERVATIONS_PER_ADDR &&
                   w->circuits <= P2P__CAP_RELAY_CIRCUITS,
               "a relay has more than its limits");
    ok &= must(f->cfg.no_dcutr || w->relayed * 20 <= w->direct,
               "peers are not reached directly");
    return must(f->cfg.no_relay || w->unreserved * 50 <= f->cfg.nodes,
                "nodes have no reservation") &&
           ok;
}

/* One run, printed and judged; its trace. */
static uint64_t run_once(const struct options *o, struct out *out, bool *ok)
{
    struct result r;
    struct fleet f;
    uint64_t trace;

    run(&f, o, &r);
    print(&f, o, &r, out);
    *ok = judge(&f, o) && *ok;
    trace = f.sim.trace;
    fleet_fini(&f);
    return trace;
}

int main(int argc, char **argv)
{
    struct out out = {.len = 0}, again = {.len = 0};
    struct options o;
    bool ok = true;
    uint64_t trace;

    if (read_options(&o, argc, argv) != 0) {
        usage();
        return 2;
    }
    (void)printf("run        %s\n", o.command);
    (void)fflush(stdout);
    trace = run_once(&o, &out, &ok);
    if (o.maps != 0) {
        o.cfg.net.map_seed = o.maps;
        ok &= must(run_once(&o, &again, &ok) == trace,
                   "the order of hash tables changed what happened");
    }
    if (!ok) {
        (void)printf("to see it again: %s%s\n", argv[0], o.command);
    }
    (void)printf("%s}\n", out.json);
    return ok ? 0 : 1;
}
