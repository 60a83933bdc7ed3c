/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs worlds of whole nodes, a seed each, and says what came of them. See
 * docs/internals/simulator.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"
#include "faults.h"
#include "member.h"
#include "people.h"
#include "rules.h"

/* How often it is looked whether all are the same. */
#define LOOK_MS 1000

/* In a world of more members most were let in before, but for so many; and what
 * happens to each is rarer. */
enum { SMALL = 50, LATE = 6 };

struct args {
    uint64_t seed;
    unsigned seeds;
    unsigned lo, hi; /* how many nodes */
    unsigned storm_s;
    bool calm; /* no faults */
    bool trace;
    bool twice;
    bool brief;
    bool stop;  /* at the first that fails */
    bool count; /* for .ci/run */
};

/* What all runs have in common. */
struct bench {
    char folder[256];
    char store[300]; /* an empty one */
    struct image empty;
    struct args args;
};

static void make_empty_store(struct bench *b)
{
    const char *tmp = getenv("TMPDIR");
    struct um_store s;
    char bytes[IMAGE_PAGE];
    size_t n;
    FILE *f;

    (void)snprintf(b->folder, sizeof b->folder, "%s/meshsim-XXXXXX",
                   tmp != NULL ? tmp : "/tmp");
    must(mkdtemp(b->folder) != NULL, "a folder");
    (void)snprintf(b->store, sizeof b->store, "%s/empty.db", b->folder);
    must(um_store_open(&s, b->store, UM_STORE_CREATE) == 0, "a store");
    um_store_close(&s);
    f = fopen(b->store, "rb");
    must(f != NULL, "a store");
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        image_write(&b->empty, b->empty.len, bytes, n);
    (void)fclose(f);
}

/* The store looks at its file before SQLite has it: so there is one for each
 * member, always the empty one. */
static void link_stores(const struct bench *b, bool there)
{
    char path[300];

    for (unsigned i = 0; i < WORLD_MEMBERS; i++) {
        (void)snprintf(path, sizeof path, "%s/n%u.db", b->folder, i);
        if (there)
            must(link(b->store, path) == 0, "a name for a store");
        else
            (void)unlink(path);
    }
}

static void fini(struct bench *b)
{
    link_stores(b, false);
    (void)unlink(b->store);
    (void)rmdir(b->folder);
    image_fini(&b->empty);
}

/* In a large world rows are as rare as at so many a second for each node, and
 * people are as many as in one of SMALL, faults some more. */
static void draw_large(struct plan *p)
{
    unsigned *const faults[] = {&p->crashes, &p->pauses, &p->cuts,
                                &p->disk,    &p->unit,   &p->clocks};
    unsigned n = p->nodes;

    p->deadline_ms = n > 200 ? 20000 : 60000;
    p->heartbeat_ms = n > 50 ? n * UINT64_C(100) : 5000;
    if (n <= SMALL)
        return;
    p->people = (p->people * SMALL + n - 1) / n;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        *faults[i] = (2 * *faults[i] * SMALL + n - 1) / n;
}

/* What a seed's world is like. */
static struct plan draw(const struct args *a, uint64_t seed)
{
    struct plan p = {.seed = seed,
                     .calm_ms = 15000,
                     .storm_ms = a->storm_s * UINT64_C(1000),
                     .rest_ms = 600000,
                     .people = 60,
                     .trace = a->trace};
    struct world w;

    world_init(&w, &p);
    p.nodes = (unsigned)world_between(&w, a->lo, a->hi);
    if (a->calm) {
        draw_large(&p);
        return p;
    }
    p.loss = (unsigned)world_dice(&w, 501);
    p.twice = (unsigned)world_dice(&w, 301);
    p.people = (unsigned)world_between(&w, 20, 150);
    p.crashes = (unsigned)world_dice(&w, 60);
    p.pauses = (unsigned)world_dice(&w, 30);
    p.cuts = (unsigned)world_dice(&w, 60);
    p.partitions = (unsigned)world_dice(&w, 30);
    p.disk = (unsigned)world_dice(&w, 20);
    p.unit = (unsigned)world_dice(&w, 30);
    p.roster = (unsigned)world_dice(&w, 100);
    p.skew = world_chance(&w, 600);
    p.clocks = p.skew ? (unsigned)world_dice(&w, 15) : 0;
    p.hostile = world_chance(&w, 300);
    draw_large(&p);
    return p;
}

static void populate(struct world *w, const struct bench *b)
{
    unsigned early = w->plan.nodes > SMALL ? w->plan.nodes - LATE : 1;

    people_begin(w, &b->empty, early - 1);
    for (unsigned i = early; i < w->plan.nodes; i++)
        people_add(w, i < 3 || world_chance(w, 600), world_dice(w, 3000));
    if (w->plan.hostile)
        people_add_harm(w, world_chance(w, 500), world_dice(w, 3000));
}

/* Lets time pass until all are the same, twice in a row. */
static void settle(struct world *w)
{
    uint64_t until = w->now + w->plan.rest_ms;
    unsigned same = 0;

    while (same < 2 && w->now < until) {
        world_pass(w, LOOK_MS);
        same = check_same(w, false) ? same + 1 : 0;
    }
}

static void end_all(struct world *w)
{
    w->over = true;
    for (size_t i = 0; i < w->n; i++)
        member_stop(w->members[i]);
    world_pass(w, 120000);
    for (size_t i = 0; i < w->n; i++)
        member_free(w->members[i]);
    people_fini(w);
    rules_fini(w);
    net_fini(w);
    world_fini(w);
}

/* One world, from its beginning to its end. */
static void run(const struct bench *b, const struct plan *plan, struct world *w)
{
    world_init(w, plan);
    w->folder = b->folder;
    disks_install(w);
    net_init(w);
    populate(w, b);
    world_pass(w, plan->calm_ms);
    faults_begin(w);
    world_pass(w, plan->storm_ms);
    faults_end(w);
    settle(w);
    check_end(w);
    end_all(w);
}

static void say(const struct world *w, const struct args *a)
{
    const struct tally *t = &w->tally;

    if (a->brief && !w->failed)
        return;
    printf(
        "seed %llu: %u nodes, %.0f s, %llu events, %llu revisions, %llu "
        "facts, %llu acked, %llu crashes, %llu puts (%llu refused), %llu "
        "messages, %llu segments, trace %016llx%s\n",
        (unsigned long long)w->plan.seed, w->plan.nodes, (double)w->now / 1000,
        (unsigned long long)t->events, (unsigned long long)t->revisions,
        (unsigned long long)t->facts, (unsigned long long)t->acked,
        (unsigned long long)t->crashes, (unsigned long long)t->puts,
        (unsigned long long)t->rejected_puts, (unsigned long long)t->messages,
        (unsigned long long)t->segments, (unsigned long long)w->trace,
        w->failed ? ", FAILED" : "");
}

static bool one(const struct bench *b, uint64_t seed, struct tally *sum)
{
    const struct plan plan = draw(&b->args, seed);
    struct world *w = must_alloc(sizeof *w);
    uint64_t trace;
    bool good;

    run(b, &plan, w);
    say(w, &b->args);
    good = !w->failed;
    trace = w->trace;
    sum->events += w->tally.events;
    sum->acked += w->tally.acked;
    sum->crashes += w->tally.crashes;
    sum->revisions += w->tally.revisions;
    sum->bad_rollouts += w->tally.bad_rollouts;
    sum->adopted += w->tally.adopted;
    sum->pruned += w->tally.pruned;
    sum->coded += w->tally.coded;
    sum->waited += w->tally.waited;
    sum->rejected += w->tally.rejected;
    sum->kept_out += w->tally.kept_out;
    if (b->args.twice) {
        run(b, &plan, w);
        if (w->trace != trace) {
            printf("seed %llu: the second run took another course\n",
                   (unsigned long long)seed);
            good = false;
        }
    }
    free(w);
    if (!good)
        printf("again: meshsim --seed %llu --nodes %u-%u --seconds %u%s\n",
               (unsigned long long)seed, b->args.lo, b->args.hi,
               b->args.storm_s, b->args.calm ? " --calm" : "");
    (void)fflush(stdout);
    return good;
}

static int usage(void)
{
    (void)fputs(
        "usage: meshsim [--seed N] [--seeds N] [--nodes N[-M]] "
        "[--seconds N] [--calm] [--twice] [--trace] [--brief] [--stop] "
        "[--count]\n",
        stderr);
    return 2;
}

static bool flag(struct args *a, const char *word)
{
    bool *at = strcmp(word, "--calm") == 0    ? &a->calm
               : strcmp(word, "--twice") == 0 ? &a->twice
               : strcmp(word, "--trace") == 0 ? &a->trace
               : strcmp(word, "--brief") == 0 ? &a->brief
               : strcmp(word, "--stop") == 0  ? &a->stop
               : strcmp(word, "--count") == 0 ? &a->count
                                              : NULL;

    if (at != NULL)
        *at = true;
    return at != NULL;
}

static bool option(struct args *a, const char *word, const char *value)
{
    if (strcmp(word, "--seed") == 0)
        a->seed = strtoull(value, NULL, 10);
    else if (strcmp(word, "--seeds") == 0)
        a->seeds = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(word, "--seconds") == 0)
        a->storm_s = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(word, "--nodes") == 0) {
        char *end;

        a->lo = a->hi = (unsigned)strtoul(value, &end, 10);
        if (*end == '-')
            a->hi = (unsigned)strtoul(end + 1, NULL, 10);
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct bench b = {
        .args = {.seed = 1, .seeds = 1, .lo = 5, .hi = 10, .storm_s = 120}};
    struct tally sum = {0};
    unsigned failed = 0;
    struct rusage used;

    for (int i = 1; i < argc; i++) {
        if (flag(&b.args, argv[i]))
            continue;
        if (i + 1 == argc || !option(&b.args, argv[i], argv[i + 1]))
            return usage();
        i++;
    }
    if (b.args.lo < 1 || b.args.hi < b.args.lo || b.args.hi > 1000)
        return usage();
    make_empty_store(&b);
    link_stores(&b, true);
    for (unsigned i = 0; i < b.args.seeds && (failed == 0 || !b.args.stop); i++)
        failed += !one(&b, b.args.seed + i, &sum);
    fini(&b);
    (void)getrusage(RUSAGE_SELF, &used);
    printf(
        "%u seeds, %u failed; %llu events, %llu revisions, %llu promises, "
        "%llu crashes, %llu bad rollouts, %llu adopted, %llu pruned, %llu in "
        "by a code, %llu waited, %llu rejected, %llu kept out; %.1f s CPU, "
        "%ld MiB\n",
        b.args.seeds, failed, (unsigned long long)sum.events,
        (unsigned long long)sum.revisions, (unsigned long long)sum.acked,
        (unsigned long long)sum.crashes, (unsigned long long)sum.bad_rollouts,
        (unsigned long long)sum.adopted, (unsigned long long)sum.pruned,
        (unsigned long long)sum.coded, (unsigned long long)sum.waited,
        (unsigned long long)sum.rejected, (unsigned long long)sum.kept_out,
        (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6,
        used.ru_maxrss / 1024);
    if (b.args.count)
        printf("counts: %u %u 0\n", b.args.seeds - failed, failed);
    return failed == 0 ? 0 : 1;
}
