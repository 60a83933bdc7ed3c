/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See world.h. Events are in a heap by moment, those of one moment in the order
 * in which they were made. Each has four below it, and what they are ordered by
 * stands in the heap itself: most of a large world's work is to wait. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

struct event {
    size_t place; /* in the heap, or HAPPENS */
    struct member *of;
    void (*fn)(void *arg);
    void *arg;
};

#define HAPPENS SIZE_MAX

/* So many below each. */
#define WIDE 4

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
        free(w->heap[i].e);
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

static bool before(const struct moment *a, const struct moment *b)
{
    return a->at != b->at ? a->at < b->at : a->no < b->no;
}

static void set(struct world *w, size_t i, struct moment m)
{
    w->heap[i] = m;
    m.e->place = i;
}

/* Puts one at a place that is free, or above. */
static void rise(struct world *w, size_t i, struct moment m)
{
    for (; i > 0 && before(&m, &w->heap[(i - 1) / WIDE]); i = (i - 1) / WIDE)
        set(w, i, w->heap[(i - 1) / WIDE]);
    set(w, i, m);
}

/* Or below. */
static void sink(struct world *w, size_t i, struct moment m)
{
    for (;;) {
        size_t first = WIDE * i + 1, least = first;

        for (size_t c = first + 1; c < first + WIDE && c < w->heap_n; c++)
            least = before(&w->heap[c], &w->heap[least]) ? c : least;
        if (first >= w->heap_n || !before(&w->heap[least], &m))
            break;
        set(w, i, w->heap[least]);
        i = least;
    }
    set(w, i, m);
}

static void push(struct world *w, struct moment m)
{
    size_t i = w->heap_n++;

    if (i == w->heap_cap) {
        w->heap_cap = 2 * w->heap_cap + 1024;
        w->heap = realloc(w->heap, w->heap_cap * sizeof *w->heap);
        must(w->heap != NULL, "memory");
    }
    rise(w, i, m);
}

/* Takes one out of the heap. */
static void take_out(struct world *w, size_t i)
{
    struct moment last = w->heap[--w->heap_n];

    w->heap[i].e->place = HAPPENS;
    if (i == w->heap_n)
        return;
    if (i > 0 && before(&last, &w->heap[(i - 1) / WIDE]))
        rise(w, i, last);
    else
        sink(w, i, last);
}

struct event *world_at(struct world *w, uint64_t ms, struct member *of,
                       void (*fn)(void *arg), void *arg)
{
    struct event *e = must_alloc(sizeof *e);

    *e = (struct event){0, of, fn, arg};
    push(w, (struct moment){w->now + ms, ++w->no, e});
    return e;
}

void world_cancel(struct world *w, struct event *e)
{
    if (e == NULL || e->place == HAPPENS)
        return;
    take_out(w, e->place);
    free(e);
}

/* An event happens, or has to wait. */
static void happen(struct world *w, struct moment m)
{
    struct event *e = m.e;
    struct member *of = e->of;

    if (of != NULL && of->stands_until > w->now) {
        m.at = of->stands_until;
        push(w, m);
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

    while (w->heap_n > 0 && w->heap[0].at <= until) {
        struct moment m = w->heap[0];

        take_out(w, 0);
        spin = m.at > w->now ? 0 : spin + 1;
        must(spin < SPIN, "it turns on the spot");
        w->now = m.at > w->now ? m.at : w->now;
        happen(w, m);
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
