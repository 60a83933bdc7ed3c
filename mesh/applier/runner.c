/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See runner.h. One thing is done at a time: a look, or one configuration from
 * its certificates to the last DELETE of an old one. What comes meanwhile waits
 * and begins from an alarm, so that nobody is called back from inside of a
 * call. A look is GET /config, then GET /status. Whoever tries one waits for
 * Unit's answer to the PUT; how Unit shows it is learnt after that. Failure
 * modes: Unit is absent or silent, which is told once; a configuration ends in
 * one of three ways.
 */
#include "mesh/applier/runner.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "mesh/doc/parse.h"
#include "mesh/applier/health.h"
#include "mesh/applier/refusal.h"
#include "mesh/applier/stock.h"
#include "mesh/applier/unitlog.h"
#include "mesh/base/mem.h"
#include "mesh/unit/shown.h"
#include "p2p/err.h"
#include "p2p/hash.h"

enum doing { IDLE, LOOKING, FILLING, APPLYING, CLEARING };

enum health { UNTOLD, WELL, ILL };

/* A configuration that is to run. */
struct order {
    struct um_arena mem;
    bool lost; /* memory was out when it came */
    struct um_name revision;
    struct um_name effective;
    struct um_str config;
    struct um_str why;
    struct um_stock_list bundles;
    struct um_mask mask;
    um_runner_tried *tried; /* of a trial; else NULL */
    void *user;
    bool told; /* of a trial: that Unit took it */
};

struct um_runner {
    struct um_runner_cfg cfg;
    struct um_stock *stock;
    void *alarm;
    enum doing doing;
    struct order now;  /* in hand, unless IDLE or LOOKING */
    struct order next; /* waits, if has_next */
    bool has_next;
    struct order trial; /* waits, if has_trial; `next` comes first */
    bool has_trial;
    bool asked; /* somebody wants to be told what Unit shows */
    bool tells; /* the look under way is for them */
    bool took;  /* effective and shown are of something */
    struct um_name effective;
    struct um_buf shown;   /* what Unit showed for effective */
    struct um_buf before;  /* the same of the one before; while CLEARING */
    struct um_buf listed;  /* what effective has beside it, by its stock */
    struct um_buf brought; /* the same of the one before; while CLEARING */
    bool seen;
    struct um_buf config;  /* what it showed last */
    struct um_buf fresh;   /* what it shows, during a look */
    bool heard;            /* of modules, or that there is no list of them */
    struct um_buf modules; /* ends with a zero byte; empty: no list */
    char version[32];
    bool absent;         /* and that was told */
    unsigned misses;     /* looks in a row without Unit */
    unsigned idle_looks; /* the same with an application without a process */
    enum health health;
    uint64_t log_bytes; /* of Unit's log, before it was asked */
};

static void begin(void *arg);

static void set(struct um_buf *b, struct um_str s)
{
    um_buf_clear(b);
    um_buf_str(b, s);
}

/* Goes on in so many ms. */
static void wake(struct um_runner *r, uint32_t ms)
{
    const struct um_alarms *alarms = r->cfg.alarms;

    alarms->clear(alarms->user, r->alarm);
    r->alarm = alarms->set(alarms->user, ms, begin, r);
    if (r->alarm == NULL) {
        um_log_line(r->cfg.log, UM_LOG_ERROR,
                    "out of memory: Unit is not looked at");
    }
}

/* What was done is done; what waits comes at once, a look later. */
static void rest(struct um_runner *r, uint32_t look_ms)
{
    r->doing = IDLE;
    wake(r, r->has_next || r->has_trial || r->asked ? 0 : look_ms);
}

static void tell_health(struct um_runner *r, enum health health)
{
    if (r->health != health) {
        r->health = health;
        r->cfg.cb->health(r->cfg.user, health == WELL);
    }
}

/* Without Unit. */
static void missed(struct um_runner *r, const char *text)
{
    if (!r->absent) {
        r->absent = true;
        r->cfg.cb->absent(r->cfg.user, text);
    }
    if (r->seen && ++r->misses >= UM_RUNNER_ILL_LOOKS) {
        tell_health(r, ILL);
    }
    rest(r, UM_RUNNER_LOOK_MS);
}

struct um_name um_runner_hash(struct um_str text)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name name;

    um_shown_compact(text, &b);
    if (um_buf_failed(&b)) {
        p2p_sha256(text.p, text.len, name.b);
    } else {
        p2p_sha256(b.p, b.len, name.b);
    }
    um_buf_fini(&b);
    return name;
}

/* What Unit shows is what it shows for that. */
static void know(struct um_runner *r, const struct um_name *effective)
{
    struct um_str config = um_buf_view(&r->config);

    r->effective = *effective;
    set(&r->shown, config);
    r->took = !um_buf_failed(&r->shown);
    r->cfg.cb->shown(r->cfg.user, effective, config);
}

/* Whether Unit shows for a configuration what it showed when it took it. A node
 * that ended before it could store that knows it by the hash. */
static bool is_ours(struct um_runner *r, struct um_name *effective)
{
    struct um_str config = um_buf_view(&r->config);

    *effective = r->effective;
    if (r->took && um_shown_same(um_buf_view(&r->shown), config)) {
        return true;
    }
    *effective = um_runner_hash(config);
    if (um_name_none(&r->effective) || !um_name_eq(effective, &r->effective)) {
        return false;
    }
    know(r, effective);
    return true;
}

static void tell_live(struct um_runner *r, bool other_unit)
{
    struct um_runner_live live = {
        .other_unit = other_unit,
        .version = um_str(r->version),
        .config = um_buf_view(&r->config),
    };

    live.ours = is_ours(r, &live.effective);
    live.blank = um_shown_blank(live.config);
    r->cfg.cb->live(r->cfg.user, &live);
}

/* Takes Unit's version; whether it is another one than before. */
static bool is_other_version(struct um_runner *r)
{
    const char *version = um_unit_version(r->cfg.unit);
    bool known = r->version[0] != '\0';

    if (*version == '\0' || strcmp(version, r->version) == 0) {
        return false;
    }
    (void)snprintf(r->version, sizeof r->version, "%s", version);
    return known;
}

/* The same of its modules; NULL: it lists none. */
static bool is_other_modules(struct um_runner *r, const struct um_buf *modules)
{
    bool known = r->heard;
    struct um_str now = modules != NULL ? um_buf_view(modules) : UM_STR("");

    r->heard = true;
    if (um_str_eq(now, um_buf_view(&r->modules))) {
        return false;
    }
    set(&r->modules, now);
    return known;
}

/* Takes what Unit says of itself; whether it is another one than before. What
 * it does not say this time is as it was. */
static bool take_status(struct um_runner *r, const struct um_unit_answer *a,
                        bool *idle)
{
    struct um_buf modules = UM_BUF_INIT;
    struct um_health h = {0};
    bool other = is_other_version(r);

    if (a->status == UM_UNIT_OK) {
        h = um_health_judge(um_str_n(a->body, a->len), um_buf_view(&r->fresh),
                            &modules);
        um_buf_byte(&modules, '\0');
    }
    if (a->status == UM_UNIT_OK || a->code == 404) {
        other = is_other_modules(r, h.modules ? &modules : NULL) || other;
    }
    um_buf_fini(&modules);
    *idle = h.idle;
    return other;
}

/* A look is over: what is new is told. */
static void on_status(void *user, const struct um_unit_answer *a)
{
    struct um_runner *r = user;
    bool idle, tell = r->tells || r->absent || !r->seen;
    bool other = take_status(r, a, &idle);

    if (!r->seen ||
        !um_shown_same(um_buf_view(&r->config), um_buf_view(&r->fresh))) {
        set(&r->config, um_buf_view(&r->fresh));
        tell = true;
    }
    r->seen = true;
    r->absent = false;
    r->misses = 0;
    if (tell || other) {
        tell_live(r, other);
    }
    r->idle_looks = idle ? r->idle_looks + 1 : 0;
    if (!idle || r->idle_looks >= UM_RUNNER_ILL_LOOKS) {
        tell_health(r, idle ? ILL : WELL);
    }
    if (a->status == UM_UNIT_OK && r->cfg.cb->status != NULL) {
        r->cfg.cb->status(r->cfg.user, um_str_n(a->body, a->len));
    }
    rest(r, UM_RUNNER_LOOK_MS);
}

static void on_config(void *user, const struct um_unit_answer *a)
{
    struct um_runner *r = user;

    if (a->status == UM_UNIT_OK) {
        set(&r->fresh, um_str_n(a->body, a->len));
    }
    if (a->status == UM_UNIT_BUSY || um_buf_failed(&r->fresh)) {
        um_buf_clear(&r->fresh);
        r->asked = r->asked || r->tells;
        r->doing = IDLE;
        wake(r, UM_RUNNER_LOOK_MS);
    } else if (a->status == UM_UNIT_OK) {
        um_unit_get(r->cfg.unit, "/status", on_status, r);
    } else {
        missed(r, a->text);
    }
}

/* Tells who wanted it what became of what is in hand. */
static void tell_outcome(struct um_runner *r, enum um_result outcome,
                         struct um_str text)
{
    if (r->now.tried != NULL && !r->now.told) {
        r->now.tried(r->now.user, outcome, text);
    } else if (r->now.tried == NULL) {
        r->cfg.cb->applied(r->cfg.user, outcome, &r->now.revision,
                           &r->now.effective, text);
    }
}

/* What was to run has ended in some way: tells it, and goes on. */
static void ended(struct um_runner *r, enum um_result outcome,
                  struct um_str text)
{
    struct um_buf room = UM_BUF_INIT;

    tell_outcome(r, outcome, um_str(um_mask_say(&r->now.mask, text, &room)));
    um_buf_fini(&room);
    um_arena_fini(&r->now.mem);
    rest(r, outcome == UM_RESULT_NO_ANSWER ? 0 : UM_RUNNER_LOOK_MS);
}

/* The same with words that were put together. */
static void ended_with(struct um_runner *r, enum um_result outcome,
                       struct um_buf *words)
{
    ended(r, outcome,
          um_buf_failed(words) ? UM_STR("out of memory") : um_buf_view(words));
    um_buf_fini(words);
}

/* Unit runs what is in hand: what that replaced goes. */
static void took(struct um_runner *r)
{
    struct um_str shown = um_applier_shown(r->cfg.applier);
    struct um_buf before = r->before, brought = r->brought;
    struct um_stock_sweep sweep = {.list = r->now.bundles,
                                   .now = r->now.config};
    /* What Unit showed for the one before may be the node's word. */
    bool so = r->took &&
              um_shown_same(um_buf_view(&r->shown), um_buf_view(&r->config));

    r->before = r->shown;
    r->shown = before;
    r->brought = r->listed;
    r->listed = brought;
    um_buf_clear(&r->listed);
    um_stock_write(r->now.bundles, &r->listed);
    set(&r->shown, shown);
    set(&r->config, shown);
    r->took = shown.p != NULL && !um_buf_failed(&r->shown);
    r->effective = r->now.effective;
    r->health = WELL;
    r->idle_looks = 0;
    um_log_line(r->cfg.log, UM_LOG_DEBUG, "Unit at %s runs %.*s",
                um_unit_target(r->cfg.unit), UM_STR_ARG(r->now.why));
    r->cfg.cb->shown(r->cfg.user, &r->now.effective, shown);
    tell_outcome(r, UM_RESULT_DONE, UM_STR(""));
    r->doing = CLEARING;
    sweep.before = so ? um_buf_view(&r->before) : UM_STR("");
    sweep.brought = um_buf_view(&r->brought);
    um_stock_clear(r->stock, &sweep);
}

static void on_outcome(void *user, enum um_outcome outcome, const char *text)
{
    struct um_runner *r = user;
    bool failed =
        outcome == UM_GAVE_UP && um_applier_code(r->cfg.applier) == 500;
    struct um_buf words = UM_BUF_INIT;

    if (outcome == UM_APPLIED || outcome == UM_UNCHANGED) {
        took(r);
        return;
    }
    if (outcome == UM_SUPERSEDED) {
        text = "another configuration came in between";
    } else if (outcome == UM_NOT_OVER) {
        text = "it runs another configuration than a moment ago";
    }
    um_refusal_unit(&words, text);
    if (failed) {
        um_unitlog_tail(r->cfg.unit_log, r->log_bytes, &words);
        if (r->cfg.unit_log == NULL) {
            um_buf_text(&words,
                        "; why is in Unit's log: `--unit-log FILE` has it "
                        "shown here");
        }
    }
    ended_with(r,
               outcome == UM_REFUSED || failed ? UM_RESULT_REFUSED
                                               : UM_RESULT_NO_ANSWER,
               &words);
}

/* Whether it is on trial, and nothing that ran before. */
static bool is_new(const struct order *o)
{
    return o->tried != NULL && um_name_none(&o->revision);
}

/* A trial's question is answered. */
static void on_taken(void *user)
{
    struct um_runner *r = user;

    tell_outcome(r, UM_RESULT_DONE, UM_STR(""));
    r->now.told = true;
}

/* What was changed by hand since the last look is told first: whoever has it
 * overwritten keeps a copy. */
static bool on_over(void *user, struct um_str shown)
{
    struct um_runner *r = user;

    if (!r->seen || um_shown_same(um_buf_view(&r->config), shown)) {
        return true;
    }
    r->asked = true;
    return false;
}

static void submit(struct um_runner *r)
{
    const struct um_intent intent = {.config = r->now.config.p,
                                     .len = r->now.config.len,
                                     .why = r->now.why.p,
                                     .tries = UM_RUNNER_TRIES,
                                     .mask = r->now.mask,
                                     .taken = is_new(&r->now) ? on_taken : NULL,
                                     .over = r->cfg.alone ? NULL : on_over};

    r->doing = APPLYING;
    um_applier_submit(r->cfg.applier, &intent, on_outcome, r);
}

static void on_stock(void *user, enum um_result outcome, struct um_str text)
{
    struct um_runner *r = user;
    struct um_buf words = UM_BUF_INIT;

    if (r->doing == CLEARING) {
        um_arena_fini(&r->now.mem);
        rest(r, UM_RUNNER_LOOK_MS);
    } else if (outcome == UM_RESULT_DONE) {
        submit(r);
    } else {
        um_buf_str(&words, text);
        ended_with(r, outcome, &words);
    }
}

enum um_result um_runner_judge(const struct um_policy *policy,
                               struct um_str config, struct um_buf *words)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_problems found;
    struct um_doc_error err = {.text = ""};
    struct um_val v;
    int rc = um_doc_parse(config, &a, &v, &err);

    um_problems_init(&found, &a);
    if (rc == P2P_EFORMAT || rc == P2P_ETOOBIG) {
        um_buf_text(words, err.text);
    } else if (rc == 0) {
        rc = um_policy_judge(policy, &v, &found);
        if (rc == P2P_EACCES) {
            um_refusal_policy(words, &found);
        }
    }
    um_arena_fini(&a);
    if (rc == 0) {
        return UM_RESULT_DONE;
    }
    if (rc == P2P_ENOMEM) {
        um_buf_text(words, "out of memory");
    }
    return rc == P2P_ENOMEM ? UM_RESULT_NO_ANSWER : UM_RESULT_REFUSED;
}

static void begin_order(struct um_runner *r)
{
    struct um_buf words = UM_BUF_INIT;
    enum um_result rv;

    if (r->has_next) {
        r->now = r->next;
        r->next = (struct order){0};
        r->has_next = false;
    } else {
        r->now = r->trial;
        r->trial = (struct order){0};
        r->has_trial = false;
    }
    r->doing = FILLING;
    r->log_bytes = um_unitlog_size(r->cfg.unit_log);
    if (r->now.lost) {
        ended(r, UM_RESULT_NO_ANSWER, UM_STR("out of memory"));
        return;
    }
    rv = r->cfg.policy != NULL
             ? um_runner_judge(r->cfg.policy, r->now.config, &words)
             : UM_RESULT_DONE;
    if (rv != UM_RESULT_DONE) {
        struct um_buf room = UM_BUF_INIT;

        um_log_line(r->cfg.log, UM_LOG_WARN, "%.*s does not run: %s",
                    UM_STR_ARG(r->now.why),
                    um_mask_say(&r->now.mask, um_buf_view(&words), &room));
        um_buf_fini(&room);
        ended_with(r, rv, &words);
        return;
    }
    um_stock_fill(r->stock, r->now.bundles);
}

static void begin(void *arg)
{
    struct um_runner *r = arg;

    assert(r->doing == IDLE);
    r->alarm = NULL;
    if (r->has_next || r->has_trial) {
        begin_order(r);
        return;
    }
    r->doing = LOOKING;
    r->tells = r->asked;
    r->asked = false;
    um_unit_get(r->cfg.unit, "/config", on_config, r);
}

static bool keep_bundles(struct order *o, const struct um_runner_config *c)
{
    struct um_runner_bundle *list =
        um_arena_zalloc(&o->mem, c->bundles_n, sizeof *list);
    bool ok = list != NULL;

    for (size_t i = 0; ok && i < c->bundles_n; i++) {
        list[i].kind = c->bundles[i].kind;
        ok = um_arena_dup(&o->mem, c->bundles[i].called, &list[i].called) &&
             um_arena_dup(&o->mem, c->bundles[i].bytes, &list[i].bytes);
    }
    o->bundles = (struct um_stock_list){list, ok ? c->bundles_n : 0};
    return ok;
}

/* Copies what shall run; it begins soon. */
static void put(struct um_runner *r, struct order *o,
                const struct um_runner_config *c)
{
    const struct um_str why = {c->why, strlen(c->why) + 1};

    *o = (struct order){.revision = c->revision, .effective = c->effective};
    o->lost = !um_arena_dup(&o->mem, c->config, &o->config) ||
              !um_arena_dup(&o->mem, why, &o->why) || !keep_bundles(o, c) ||
              um_mask_copy(&o->mem, &c->mask, &o->mask) != 0;
    o->why.len -= o->lost ? 0 : 1;
    if (r->doing == IDLE) {
        wake(r, 0);
    }
}

/* A trial that waits was made for what ran before: given to Unit behind what is
 * to run now, it would undo that. */
static void drop_trial(struct um_runner *r)
{
    um_runner_tried *tried = r->trial.tried;
    void *user = r->trial.user;

    if (!r->has_trial) {
        return;
    }
    r->has_trial = false;
    um_arena_fini(&r->trial.mem);
    tried(user, UM_RESULT_NO_ANSWER, UM_STR("another one is to run by now"));
}

void um_runner_apply(struct um_runner *r, const struct um_runner_config *c)
{
    assert(!r->has_next);
    r->has_next = true;
    put(r, &r->next, c);
    drop_trial(r);
}

int um_runner_try(struct um_runner *r, const struct um_runner_config *c,
                  um_runner_tried *tried, void *user)
{
    bool tries = (r->doing == FILLING || r->doing == APPLYING) &&
                 r->now.tried != NULL && !r->now.told;

    if (r->has_trial || tries) {
        return P2P_EAGAIN;
    }
    r->has_trial = true;
    put(r, &r->trial, c);
    r->trial.tried = tried;
    r->trial.user = user;
    return 0;
}

void um_runner_look(struct um_runner *r)
{
    r->asked = true;
    if (r->doing == IDLE) {
        wake(r, 0);
    }
}

struct um_runner *um_runner_new(const struct um_runner_cfg *cfg)
{
    struct um_stock_cfg stock = {
        .unit = cfg->unit, .log = cfg->log, .done = on_stock};
    struct um_runner *r = um_mem_zalloc(sizeof *r);

    if (r == NULL) {
        return NULL;
    }
    r->cfg = *cfg;
    r->effective = cfg->effective;
    um_buf_str(&r->shown, cfg->shown);
    r->took = !um_name_none(&cfg->effective) && cfg->shown.len > 0;
    stock.user = r;
    r->stock = um_stock_new(&stock);
    if (r->stock != NULL && !um_buf_failed(&r->shown)) {
        wake(r, 0);
    }
    if (r->alarm == NULL) {
        um_runner_free(r);
        return NULL;
    }
    return r;
}

void um_runner_free(struct um_runner *r)
{
    if (r == NULL) {
        return;
    }
    r->cfg.alarms->clear(r->cfg.alarms->user, r->alarm);
    um_unit_forget(r->cfg.unit, r);
    um_applier_forget(r->cfg.applier, r);
    um_stock_free(r->stock);
    um_arena_fini(&r->now.mem);
    um_arena_fini(&r->next.mem);
    um_arena_fini(&r->trial.mem);
    um_buf_fini(&r->shown);
    um_buf_fini(&r->before);
    um_buf_fini(&r->listed);
    um_buf_fini(&r->brought);
    um_buf_fini(&r->config);
    um_buf_fini(&r->fresh);
    um_buf_fini(&r->modules);
    um_mem_free(r);
}

const char *um_runner_modules(const struct um_runner *r)
{
    return r->modules.len > 0 ? r->modules.p : NULL;
}

struct um_str um_runner_config(const struct um_runner *r)
{
    return um_buf_view(&r->config);
}

void um_runner_listed(struct um_runner *r,
                      const struct um_runner_bundle *bundles, size_t count)
{
    um_buf_clear(&r->listed);
    um_stock_write((struct um_stock_list){bundles, count}, &r->listed);
}

void um_runner_adopted(struct um_runner *r, const struct um_name *effective)
{
    struct um_name seen;

    if (!r->seen || um_name_eq(effective, &r->effective)) {
        return;
    }
    seen = um_runner_hash(um_buf_view(&r->config));
    if (um_name_eq(&seen, effective)) {
        know(r, effective);
    }
}

bool um_runner_runs(const struct um_runner *r, const struct um_runner_config *c)
{
    struct um_str config = um_buf_view(&r->config);

    if (r->doing == APPLYING && r->now.told) {
        return um_name_eq(&c->effective, &r->now.effective);
    }
    if (!r->seen || r->absent || r->doing >= FILLING) {
        return false;
    }
    return um_name_eq(&c->effective, &r->effective) && r->took
               ? um_shown_same(um_buf_view(&r->shown), config)
               : um_shown_fits(config, c->config);
}
