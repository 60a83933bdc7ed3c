/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See stranger.h. A code lets one in: some others come with the same one later,
 * and stay out. */
#include "stranger.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "mesh/node/founder.h"
#include "mesh/node/knock.h"
#include "mesh/trust/code.h"
#include "people.h"

/* When who was not let in tries once more, and how often with one code. */
enum { AGAIN_MS = 2000, TRIES = 2 };

/* What a knock came to. */
struct outcome {
    struct member *of;
    unsigned run;
    bool in;
};

static void begin(void *arg)
{
    member_start(arg);
}

/* ---- the code */

static void ask(void *arg);

static void on_code(void *user, int err, const char *text)
{
    struct member *m = user;
    struct world *w = m->w;
    struct um_bech32_error wrong;

    m->asked = false;
    if (err != 0) {
        (void)world_at(w, AGAIN_MS, NULL, ask, m);
        return;
    }
    m->code = must_alloc(sizeof *m->code);
    m->tries = 0;
    m->codes++;
    must(um_code_get(um_str(text), m->code, &wrong) == 0, "a code");
    world_say(w, "%s has a code", m->called);
    net_know(m, m->door); /* a code says where that is */
    (void)world_at(w, m->in_ms, NULL, begin, m);
}

/* Who is asked for a code: the founder's node, which lets in by itself, or one
 * without an owner's key, which puts down who comes. */
static struct member *choose_door(struct member *m)
{
    struct world *w = m->w;
    bool founders = w->plan.nodes > 50 || world_chance(w, 400);

    for (unsigned i = 0; i < 4 && !founders; i++) {
        struct member *at = w->members[world_dice(w, w->n)];

        if (at != m && at->node != NULL && at->let_in && !at->revoked)
            return at;
    }
    return w->members[0];
}

static void ask(void *arg)
{
    struct member *m = arg;
    struct world *w = m->w;
    struct member *at = choose_door(m);
    struct um_welcome_plan plan = {
        .owner = w->people->owner_name,
        .roles = m->writes ? UM_WRITER | UM_NODE : UM_NODE,
        .uses = 1};

    if (m->code != NULL || m->in || m->asked || m->rejected)
        return;
    m->door = at;
    m->door_sets = at->sets;
    if (world_chance(w, 500))
        plan.expires_ms = member_wall_ms(at) + 300000;
    m->until_ms = plan.expires_ms;
    m->asked = at->node != NULL && !at->dying && at->stands_until <= w->now;
    if (m->asked &&
        um_welcome_invite(um_node_welcome(at->node), &plan, on_code, m) != 0)
        m->asked = false;
    else if (m->asked)
        member_after(at);
    if (!m->asked && m->code == NULL)
        (void)world_at(w, AGAIN_MS, NULL, ask, m);
}

void stranger_invite(struct member *m, uint64_t in_ms)
{
    m->invited = true;
    m->in_ms = in_ms;
    /* Some only when there are others to ask. */
    (void)world_at(m->w, world_chance(m->w, 400) ? 0 : world_dice(m->w, 20000),
                   NULL, ask, m);
}

/* Somebody else read the code, and comes with it when it was used: the only
 * one, since who is in by one of which it did not hear needs no other. */
static void copy_code(struct member *of)
{
    struct world *w = of->w;
    struct member *m;

    if (of->codes > 1 || w->n + 1 >= WORLD_MEMBERS || w->plan.nodes > 50 ||
        !world_chance(w, 300))
        return;
    m = member_new(w);
    disk_init(&m->disk, m, w->people->store);
    m->too_late = true;
    m->code = must_alloc(sizeof *m->code);
    *m->code = *of->code;
    m->door = of->door;
    m->until_ms = of->until_ms;
    m->door_sets = of->door_sets;
    net_add(w, m);
    (void)world_at(w, world_between(w, 100, 20000), NULL, begin, m);
}

/* ---- the door */

static void on_over(void *arg)
{
    struct outcome o = *(struct outcome *)arg;
    struct member *m = o.of;

    free(arg);
    if (o.run != m->run || m->knock == NULL || m->dying)
        return;
    stranger_end(m);
    if (o.in) {
        copy_code(m);
        member_start(m);
        return;
    }
    m->tries++;
    if (m->tries < TRIES) {
        (void)world_at(m->w, AGAIN_MS, NULL, begin, m);
        return;
    }
    free(m->code);
    m->code = NULL;
    if (m->invited)
        (void)world_at(m->w, AGAIN_MS, NULL, ask, m);
}

/* Keeps its place; whether it is on its disk. Who waits has no role yet. */
static bool enter(struct member *m, const struct um_knock_result *r)
{
    struct world *w = m->w;
    const struct um_founder_place place = {.mesh = r->mesh,
                                           .statements = r->statements,
                                           .wall_ms = member_wall_ms(m)};

    if (m->too_late)
        world_fail(w, "%s is let in with a code that was used (I12)",
                   m->called);
    if (!r->sure || !um_name_eq(&r->mesh, &w->mesh) ||
        !um_name_eq(&r->inviter, &m->door->name) ||
        (r->roles & UM_OWNER) != 0 ||
        (r->welcome && (r->roles & UM_NODE) == 0) ||
        (!m->writes && (r->roles & UM_WRITER) != 0))
        world_fail(w, "%s is let in as what it is not (I12)", m->called);
    m->in = um_founder_join(&m->store, &place) == 0 && !m->dying;
    if (m->in || r->pending) /* its disk may have it when it dies of that */
        m->waits = r->pending;
    if (r->pending)
        m->told = m->door;
    return m->in;
}

/* Whether its time is not over yet, by a clock that nobody set since. */
static bool is_good(const struct member *m)
{
    return m->door_sets == m->door->sets &&
           member_wall_ms(m->door) < m->until_ms;
}

static void on_done(void *user, const struct um_knock_result *r)
{
    struct member *m = user;
    struct outcome *o = must_alloc(sizeof *o);

    world_say(m->w, "%s knocked: %s", m->called, r->text);
    *o = (struct outcome){.of = m, .run = m->run};
    if (is_good(m) && strstr(r->text, "expired") != NULL)
        world_fail(m->w, "%s has a code that is good until later (I12)",
                   m->called);
    if (m->too_late && r->pending)
        world_fail(m->w, "%s waits with a code that was used (I12)", m->called);
    if ((r->welcome || r->pending) && !m->dying)
        o->in = enter(m, r);
    (void)world_at(m->w, 0, m, on_over, o);
}

void stranger_begin(struct member *m)
{
    const struct um_knock_cfg cfg = {.bus = m->bus,
                                     .alarms = &m->alarms,
                                     .log = &m->log,
                                     .code = m->code,
                                     .me = m->name,
                                     .name = um_str(m->called),
                                     .done = on_done,
                                     .user = m};

    m->knock = um_knock_new(&cfg);
    must(m->knock != NULL, "memory");
    world_say(m->w, "%s knocks", m->called);
}

void stranger_end(struct member *m)
{
    um_knock_free(m->knock);
    m->knock = NULL;
    net_bus_free(m->bus);
    m->bus = NULL;
    um_store_close(&m->store);
    net_gone(m->w, m);
    m->alive = m->dying = false;
    m->fuse = 0;
}
