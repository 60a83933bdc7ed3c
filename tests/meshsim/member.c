/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See member.h. */
#include "member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "internal.h"
#include "mesh/node/random.h"
#include "mesh/store/self.h"
#include "mesh/trust/item.h"
#include "mesh/trust/peer.h"
#include "p2p/key.h"
#include "stranger.h"

static struct world *the_world; /* whose chance is that of all nodes */

/* In the place of the system's random numbers. */
int um_random_fill(void *out, size_t n)
{
    uint8_t *p = out;

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)world_dice(the_world, 256);
    return 0;
}

/* Spans that are in hours otherwise end within a run. */
void __real_um_model_defaults(struct um_model_cfg *cfg);
void __wrap_um_model_defaults(struct um_model_cfg *cfg);

void __wrap_um_model_defaults(struct um_model_cfg *cfg)
{
    __real_um_model_defaults(cfg);
    cfg->soak_ms = 5000;
    cfg->deadline_ms = the_world->plan.deadline_ms;
    cfg->retry_max_ms = the_world->plan.deadline_ms;
    cfg->heartbeat_ms = the_world->plan.heartbeat_ms;
    cfg->row_lag_ms *= cfg->heartbeat_ms / 20000 + 1;
    cfg->fresh_ms = 3 * cfg->heartbeat_ms;
}

/* ---- ports */

struct ring {
    struct member *of;
    unsigned run;
    struct event *event;
    void (*fn)(void *arg);
    void *arg;
};

static void on_ring(void *arg)
{
    struct ring r = *(struct ring *)arg;

    free(arg);
    if (!r.of->dying && r.run == r.of->run)
        r.fn(r.arg);
}

static void *alarm_set(void *user, uint64_t ms, void (*fn)(void *arg),
                       void *arg)
{
    struct member *m = user;
    struct ring *r = must_alloc(sizeof *r);

    *r = (struct ring){m, m->run, NULL, fn, arg};
    r->event = world_at(m->w, ms, m, on_ring, r);
    return r;
}

static void alarm_clear(void *user, void *alarm)
{
    struct member *m = user;
    struct ring *r = alarm;

    if (r == NULL)
        return;
    world_cancel(m->w, r->event);
    free(r);
}

static uint64_t now_ms(void *user)
{
    return ((const struct member *)user)->w->now;
}

uint64_t member_wall_ms(const struct member *m)
{
    return (uint64_t)((int64_t)(WORLD_T0 + m->w->now) + m->skew_ms);
}

static uint64_t wall_ms(void *user)
{
    return member_wall_ms(user);
}

static void errand_done(void *arg)
{
    struct member *m = arg;
    struct errand e = m->errand;

    m->errand = (struct errand){0};
    e.done(e.arg);
}

static void errand_work(void *arg)
{
    struct member *m = arg;

    m->errand.work(m->errand.arg);
    m->errand.worked = true;
    m->errand.event =
        world_at(m->w, world_between(m->w, 0, 30), m, errand_done, m);
}

static int worker_run(void *user, void (*work)(void *arg),
                      void (*done)(void *arg), void *arg)
{
    struct member *m = user;
    uint64_t ms = m->w->storm && world_chance(m->w, 20)
                      ? world_between(m->w, 200, 4000)
                      : world_between(m->w, 0, 20);

    must(m->errand.work == NULL, "two errands at a time");
    m->errand = (struct errand){work, done, arg, NULL, false};
    m->errand.event = world_at(m->w, ms, m, errand_work, m);
    member_uses_port(m);
    return 0;
}

/* Whether its node has a statement from its applier that rests on revisions
 * which it lost in a crash: it is behind until it has them again. */
static bool is_behind(const struct member *m)
{
    struct um_keyring_place place;
    bool behind = false, stands;

    um_agent_place(m->pair.agent, &place);
    for (size_t i = 0; place.roster != NULL && m->node != NULL && !behind &&
                       i < um_roster_count(place.roster);
         i++)
        behind = um_unmet_has(&um_node_model(m->node)->waiting,
                              &um_roster_at(place.roster, i, &stands)->id);
    return behind;
}

/* Its node is an honest one. What it ordered may have ended on the way to the
 * applier, or be void by what came meanwhile; then the node sees that too, and
 * does not order it again. */
static void check_refused_order(struct member *m, const char *line)
{
    if (strcmp(m->refused_order, line) == 0 && !is_behind(m))
        world_fail(m->w, "%s: twice: %s", m->called, line);
    (void)snprintf(m->refused_order, sizeof m->refused_order, "%s", line);
}

static void log_line(void *user, enum um_log_level level, const char *line)
{
    struct member *m = user;
    static const char *const words[] = {"ERROR", "WARN", "INFO", "DEBUG", ""};

    world_note_at(m->w, 'l', m->index, strlen(line));
    world_say(m->w, "%s %s %s", m->called, words[level], line);
    check_line(m, level, line);
    if (strstr(line, "the applier does not run") != NULL)
        check_refused_order(m, line);
}

static void broken(void *user, const char *text)
{
    struct member *m = user;

    (void)text;
    m->dying = true;
}

void member_uses_port(struct member *m)
{
    if (m->fuse == 0 || m->dying || !m->alive || --m->fuse > 0)
        return;
    m->dying = true;
    m->disk.dead = true;
    m->pair.save_fails = P2P_EIO;
}

/* ---- life */

struct member *member_of(const struct world *w, const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < w->n; i++) {
        if (p2p_peer_id_equal(&w->members[i]->id, id))
            return w->members[i];
    }
    return NULL;
}

static void make_key(struct world *w, struct p2p_key **out)
{
    uint8_t seed[32];

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)world_dice(w, 256);
    must(p2p_key_from_seed(seed, out) == 0, "a key");
}

static enum um_drift_policy draw_drift(struct world *w)
{
    static const enum um_drift_policy all[] = {UM_REPORT, UM_HEAL, UM_ADOPT};

    return all[world_dice(w, 3)];
}

struct member *member_new(struct world *w)
{
    struct member *m = must_alloc(sizeof *m);

    must(w->n < WORLD_MEMBERS, "too many members");
    the_world = w;
    m->w = w;
    m->index = w->n;
    w->members[w->n++] = m;
    make_key(w, &m->key);
    must(um_item_signer(m->key, &m->name) == 0, "a name");
    um_peer_of(&m->name, &m->id);
    (void)snprintf(m->called, sizeof m->called, "n%zu", m->index);
    (void)snprintf(m->path, sizeof m->path, "%s/n%zu.db", w->folder, m->index);
    m->unit = unit_new(m, world_chance(w, 750));
    m->drift = draw_drift(w);
    m->alarms = (struct um_alarms){m, alarm_set, alarm_clear, now_ms};
    m->worker = (struct um_worker){m, worker_run};
    m->log =
        (struct um_log){.level = w->plan.trace ? UM_LOG_DEBUG : UM_LOG_INFO,
                        .user = m,
                        .sink = log_line};
    um_policy_default(&m->policy);
    return m;
}

void member_free(struct member *m)
{
    unit_free(m->unit);
    pair_fini(&m->pair);
    disk_fini(&m->disk);
    free(m->ended);
    free(m->code);
    p2p_key_free(m->key);
    free(m);
}

static void make_client(struct member *m)
{
    const struct um_unit_cfg cfg = {.target = "http://127.0.0.1:8888",
                                    .fetch = unit_fetch(m->unit),
                                    .alarms = &m->alarms,
                                    .log = &m->log};

    m->client = um_unit_new(&cfg);
    m->applier = um_applier_new(m->client, &m->alarms, &m->log);
    must(m->client != NULL && m->applier != NULL, "memory");
    m->pair.cfg = (struct um_agent_cfg){.unit = m->client,
                                        .applier = m->applier,
                                        .alarms = &m->alarms,
                                        .log = &m->log,
                                        .policy = &m->policy,
                                        .key = m->key,
                                        .name = m->called,
                                        .wall_ms = wall_ms,
                                        .clock = m};
    m->pair.save_fails = 0;
    pair_open(&m->pair);
}

static int make_node(struct member *m)
{
    const struct um_node_cfg cfg = {.key = m->key,
                                    .owner = m->owner,
                                    .store = &m->store,
                                    .bus = m->bus,
                                    .hands = m->pair.hands,
                                    .alarms = &m->alarms,
                                    .worker = &m->worker,
                                    .wall_ms = wall_ms,
                                    .log = &m->log,
                                    .name = m->called,
                                    .drift = m->drift,
                                    .broken = broken,
                                    .user = m};

    return um_node_new(&cfg, &m->node);
}

/* All but the node and its store. */
static void free_parts(struct member *m)
{
    pair_close(&m->pair);
    um_unit_free(m->client);
    um_applier_free(m->applier);
    net_bus_free(m->bus);
    m->client = NULL;
    m->applier = NULL;
    m->bus = NULL;
}

static void start_again(void *arg)
{
    member_start(arg);
}

/* Whether its store is of no mesh yet. */
static bool outside(struct member *m)
{
    struct um_self self;

    return um_self_get(&m->store, &self) == 0 && um_name_none(&self.mesh);
}

void member_start(struct member *m)
{
    struct world *w = m->w;
    int rv;

    if (m->alive || m->hostile || w->over ||
        (m->invited && !m->in && m->code == NULL) ||
        (!m->let_in && !m->invited && m->code == NULL))
        return;
    m->run++;
    m->disk.failed = false;
    rv = um_store_open(&m->store, m->path, UM_STORE_EXISTING);
    if (rv != 0) {
        world_fail(w, "%s cannot open its store: %s", m->called, m->store.text);
        return;
    }
    m->alive = true;
    m->bus = net_bus_new(m);
    if (outside(m)) {
        stranger_begin(m);
        return;
    }
    m->let_in = m->let_in || !m->waits;
    make_client(m);
    rv = make_node(m);
    if (rv != 0) {
        world_fail(w, "%s does not begin: %d", m->called, rv);
        m->alive = false;
        free_parts(m);
        um_store_close(&m->store);
        return;
    }
    world_say(w, "%s begins", m->called);
    check_begin(m);
}

/* What the worker has is told, late, to whoever is left of the node. */
static void end_errand(struct member *m)
{
    struct errand e = m->errand;

    if (e.work == NULL)
        return;
    world_cancel(m->w, e.event);
    m->errand = (struct errand){0};
    if (!e.worked)
        e.work(e.arg);
    e.done(e.arg);
}

static void end(struct member *m)
{
    if (m->knock != NULL) {
        stranger_end(m);
        return;
    }
    check_end_of(m);
    um_node_free(m->node);
    m->node = NULL;
    end_errand(m);
    free_parts(m);
    um_store_close(&m->store);
    net_gone(m->w, m);
    m->alive = false;
    m->dying = false;
    m->fuse = 0;
}

void member_stop(struct member *m)
{
    if (m->node == NULL && m->knock == NULL)
        return;
    world_say(m->w, "%s ends", m->called);
    m->fuse = 0;
    end(m);
}

void member_crash(struct member *m, uint64_t back_in_ms)
{
    if (!m->alive)
        return;
    world_say(m->w, "%s crashes", m->called);
    m->dying = true;
    m->disk.dead = true;
    m->pair.save_fails = P2P_EIO;
    m->w->tally.crashes++;
    m->crashes++;
    end(m);
    disk_cut(&m->disk);
    (void)world_at(m->w, back_in_ms, NULL, start_again, m);
}

void member_after(struct member *m)
{
    if (m->alive && m->dying)
        member_crash(m, world_between(m->w, 50, 5000));
}

bool member_counts(const struct member *m)
{
    return !m->hostile && m->node != NULL && !m->revoked;
}
