/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See faults.h. Every step of the dice is a tenth of a second. */
#include "faults.h"

#include "member.h"
#include "people.h"
#include "rules.h"

#define STEP_MS 100

/* Whether what happens so often in a thousand seconds happens in this step. */
static bool now(struct world *w, unsigned often)
{
    return often > 0 && world_dice(w, 1000 * (1000 / STEP_MS)) < often;
}

static void crash(struct member *m)
{
    struct world *w = m->w;
    uint64_t how = world_dice(w, 10);

    if (!m->alive || m->dying)
        return;
    if (how < 1) {
        member_stop(m);
        member_start(m);
    } else if (how < 3) {
        member_crash(m, world_between(w, 50, 5000));
    } else if (m->fuse == 0) {
        m->fuse = (unsigned)world_between(w, 1, 60);
    }
}

static void pause(struct member *m)
{
    uint64_t ms = world_between(m->w, 100, 20000);

    if (m->stands_until > m->w->now)
        return;
    world_say(m->w, "%s stands still for %llu ms", m->called,
              (unsigned long long)ms);
    m->stands_until = m->late_until = m->w->now + ms;
}

static void mend_disk(void *arg)
{
    struct member *m = arg;

    m->disk.full = m->disk.readonly = false;
}

static void trouble_disk(struct member *m)
{
    struct world *w = m->w;
    uint64_t how = world_dice(w, 3);

    if (how == 0)
        m->disk.full = true;
    else if (how == 1)
        m->disk.readonly = true;
    else
        m->disk.unsynced = 1;
    world_say(w, "%s: trouble %d of the disk", m->called, (int)how);
    (void)world_at(w, world_between(w, 100, 15000), NULL, mend_disk, m);
}

/* A clock is set: days off, or right. */
static void set_clock(struct member *m)
{
    struct world *w = m->w;
    int64_t off = (int64_t)world_dice(w, 4000) - 2000;

    if (world_chance(w, 500))
        off = (int64_t)world_dice(w, 600000000) - 300000000;
    world_say(w, "the clock of %s is set by %lld ms", m->called,
              (long long)(off - m->skew_ms));
    m->skew_ms = off;
    m->sets++;
}

/* Clocks are right at last, and none goes back: what has ended somewhere has
 * ended. */
static void set_clocks(struct world *w)
{
    int64_t most = 0;

    for (size_t i = 0; i < w->n; i++) {
        if (w->members[i]->skew_ms > most)
            most = w->members[i]->skew_ms;
    }
    if (w->plan.skew)
        most = most > 300000000 ? most : 300000000;
    for (size_t i = 0; i < w->n; i++) {
        w->members[i]->skew_ms = most;
        w->members[i]->sets++;
    }
}

static void at_member(struct member *m)
{
    struct world *w = m->w;
    const struct plan *p = &w->plan;

    if (m->hostile)
        return;
    if (now(w, p->crashes))
        crash(m);
    if (now(w, p->pauses))
        pause(m);
    if (now(w, p->disk))
        trouble_disk(m);
    if (now(w, p->unit))
        unit_trouble(m->unit);
    if (now(w, p->clocks))
        set_clock(m);
    if (now(w, 20))
        rules_prune(m);
}

static void on_heal(void *arg)
{
    net_heal(arg);
}

static void on_step(void *arg)
{
    struct world *w = arg;
    const struct plan *p = &w->plan;
    size_t n = w->n;

    if (!w->storm)
        return;
    for (size_t i = 0; i < n; i++)
        at_member(w->members[i]);
    for (size_t i = 0; i < n; i++) {
        if (now(w, p->people))
            people_want(w);
        if (now(w, p->cuts))
            net_cut(w);
    }
    if (now(w, p->roster))
        people_rule(w);
    if (now(w, p->partitions) && !net_parted(w)) {
        net_partition(w);
        (void)world_at(w, world_between(w, 1000, 60000), NULL, on_heal, w);
    }
    (void)world_at(w, STEP_MS, NULL, on_step, w);
}

void faults_begin(struct world *w)
{
    w->storm = true;
    (void)world_at(w, STEP_MS, NULL, on_step, w);
}

void faults_end(struct world *w)
{
    w->storm = false;
    net_heal(w);
    for (size_t i = 0; i < w->n; i++) {
        struct member *m = w->members[i];

        m->fuse = 0;
        if (m->stands_until > w->now)
            m->stands_until = w->now; /* what it says now is of before */
        m->disk.unsynced = 0;
        mend_disk(m);
        unit_mend(m->unit);
        member_start(m);
    }
    set_clocks(w);
    people_end_harm(w);
    people_end_waiting(w);
}
