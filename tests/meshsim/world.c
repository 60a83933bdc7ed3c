/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See world.h. Events are in a heap by moment, those of one moment in the order
 * in which they were made. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

struct event {
    uint64_t at;
    uint64_t no;
    struct member *of;
    void (*fn)(void *arg);
    void *arg;
    bool cancelled;
};

/* So many events at one moment, and it turns on the spot. */
#define SPIN 2000000U

void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fflush(stdout);
    (void)fprintf(stderr, "the simulator is broken: %s\n", what);
    abort();
}

void *must_alloc(size_t n)
{
    void *p = calloc(1, n);

    must(p != NULL, "memory");
    return p;
}

void world_init(struct world *w, const struct plan *plan)
{
    memset(w, 0, sizeof *w);
    w->plan = *plan;
    w->now = 1000;
    w->random = plan->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    w->trace = UINT64_C(14695981039346656037);
}

void world_fini(struct world *w)
{
    for (size_t i = 0; i < w->heap_n; i++)
        free(w->heap[i]);
    free(w->heap);
}

static uint64_t next(struct world *w)
{
    uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t world_dice(struct world *w, uint64_t n)
{
    must(n > 0, "dice without sides");
    return next(w) % n;
}

uint64_t world_between(struct world *w, uint64_t lo, uint64_t hi)
{
    return lo + world_dice(w, hi - lo + 1);
}

bool world_chance(struct world *w, unsigned in_thousand)
{
    return in_thousand > 0 && world_dice(w, 1000) < in_thousand;
}

static bool before(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at < b->at : a->no < b->no;
}

static void push(struct world *w, struct event *e)
{
    size_t i = w->heap_n++;

    if (i == w->heap_cap) {
        w->heap_cap = 2 * w->heap_cap + 1024;
        w->heap = realloc(w->heap, w->heap_cap * sizeof(struct event *));
        must(w->heap != NULL, "memory");
    }
    while (i > 0 && before(e, w->heap[(i - 1) / 2])) {
        w->heap[i] = w->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    w->heap[i] = e;
}

static struct event *pop(struct world *w)
{
    struct event *first = w->heap[0];
    struct event *last = w->heap[--w->heap_n];
    size_t i = 0;

    for (size_t c = 1; c < w->heap_n; c = 2 * i + 1) {
        c += c + 1 < w->heap_n && before(w->heap[c + 1], w->heap[c]);
        if (!before(w->heap[c], last))
            break;
        w->heap[i] = w->heap[c];
        i = c;
    }
    if (w->heap_n > 0)
        w->heap[i] = last;
    return first;
}

struct event *world_at(struct world *w, uint64_t ms, struct member *of,
                       void (*fn)(void *arg), void *arg)
{
    struct event *e = must_alloc(sizeof *e);

    *e = (struct event){w->now + ms, ++w->no, of, fn, arg, false};
    push(w, e);
    return e;
}

void world_cancel(struct world *w, struct event *e)
{
    (void)w;
    if (e != NULL)
        e->cancelled = true;
}

/* One event happens; false: it has to wait. */
static void happen(struct world *w, struct event *e)
{
    struct member *of = e->of;

    if (e->cancelled) {
        free(e);
        return;
    }
    if (of != NULL && of->stands_until > w->now) {
        e->at = of->stands_until;
        push(w, e);
        return;
    }
    w->tally.events++;
    world_note_at(w, 'e', of != NULL ? of->index : WORLD_MEMBERS, w->now);
    e->fn(e->arg);
    free(e);
    if (of != NULL)
        member_after(of);
}

void world_pass(struct world *w, uint64_t ms)
{
    uint64_t until = w->now + ms;
    unsigned spin = 0;

    while (w->heap_n > 0 && w->heap[0]->at <= until) {
        struct event *e = pop(w);

        spin = e->at > w->now ? 0 : spin + 1;
        must(spin < SPIN, "it turns on the spot");
        w->now = e->at > w->now ? e->at : w->now;
        happen(w, e);
    }
    w->now = until;
}

void world_note(struct world *w, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < len; i++)
        w->trace = (w->trace ^ p[i]) * UINT64_C(1099511628211);
}

void world_note_at(struct world *w, char what, size_t member, uint64_t value)
{
    uint64_t x = value * 4096 + member * 64 + (uint8_t)what;

    w->trace = (w->trace ^ x) * UINT64_C(1099511628211);
    w->trace ^= w->trace >> 29;
}

void world_say(struct world *w, const char *format, ...)
{
    va_list ap;

    if (!w->plan.trace)
        return;
    (void)printf("%9.3f ", (double)w->now / 1000);
    va_start(ap, format);
    (void)vprintf(format, ap);
    va_end(ap);
    (void)printf("\n");
}

void world_fail(struct world *w, const char *format, ...)
{
    va_list ap;

    w->failed = true;
    (void)printf("seed %llu, %.3f s: ", (unsigned long long)w->plan.seed,
                 (double)w->now / 1000);
    va_start(ap, format);
    (void)vprintf(format, ap);
    va_end(ap);
    (void)printf("\n");
}
