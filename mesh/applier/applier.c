/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One intent in hand, one that waits. Happy path: the client PUTs it and says
 * what Unit shows afterwards, which is kept: the same intent again, while Unit
 * still shows the same, changes nothing, which is looked at first. Failure: a
 * refusal is final; a failure is tried again with a growing pause, and so is a
 * Unit that took it and shows something else, because it began anew or somebody
 * else was there.
 */
#include "mesh/applier/applier.h"

#include <string.h>

#include "mesh/base/mem.h"
#include "mesh/doc/parse.h"
#include "mesh/unit/shown.h"
#include "p2p/err.h"

#define FIRST_PAUSE_MS 250U

struct order {
    char *config;
    size_t len;
    char *why;
    unsigned tries;      /* 0: UM__CAP_APPLIER_TRIES */
    struct um_arena mem; /* of the mask */
    struct um_mask mask;
    um_applier_done *done;
    um_applier_taken *taken; /* or NULL */
    um_applier_over *over;   /* or NULL */
    void *user;
};

struct um_applier {
    struct um_unit *unit;
    const struct um_alarms *alarms;
    const struct um_log *log;
    struct order now;  /* in hand; config NULL: none */
    struct order next; /* waits */
    char *last;        /* the bytes of the last intent that Unit took */
    size_t last_len;
    char *shown; /* what Unit showed after it */
    void *alarm;
    unsigned tries;
    long code; /* of Unit's last answer */
    struct um_applier_stats stats;
};

static void begin(struct um_applier *a);

static char *copy(const char *text)
{
    size_t n = strlen(text) + 1;
    char *to = um_mem_alloc(n);

    if (to != NULL) {
        memcpy(to, text, n);
    }
    return to;
}

static void order_free(struct order *o)
{
    um_mem_free(o->config);
    um_mem_free(o->why);
    um_arena_fini(&o->mem);
    *o = (struct order){0};
}

/* Tells an intent's owner that it will not be, and forgets it. */
static void drop(struct order *o, enum um_outcome outcome, const char *text)
{
    if (o->config != NULL) {
        o->done(o->user, outcome, text);
    }
    order_free(o);
}

struct um_applier *um_applier_new(struct um_unit *unit,
                                  const struct um_alarms *alarms,
                                  const struct um_log *log)
{
    struct um_applier *a = um_mem_zalloc(sizeof *a);

    if (a != NULL) {
        a->unit = unit;
        a->alarms = alarms;
        a->log = log;
    }
    return a;
}

void um_applier_free(struct um_applier *a)
{
    if (a == NULL) {
        return;
    }
    a->alarms->clear(a->alarms->user, a->alarm);
    drop(&a->now, UM_GAVE_UP, "the daemon is ending");
    drop(&a->next, UM_GAVE_UP, "the daemon is ending");
    um_mem_free(a->last);
    um_mem_free(a->shown);
    um_mem_free(a);
}

static void count(struct um_applier *a, enum um_outcome outcome)
{
    a->stats.applied += outcome == UM_APPLIED ? 1 : 0;
    a->stats.unchanged += outcome == UM_UNCHANGED ? 1 : 0;
    a->stats.refused += outcome == UM_REFUSED ? 1 : 0;
    a->stats.failed += outcome == UM_GAVE_UP ? 1 : 0;
}

/* Tells how the intent in hand ended, and takes the next. */
static void finish(struct um_applier *a, enum um_outcome outcome,
                   const char *text)
{
    struct order done = a->now;

    a->now = a->next;
    a->next = (struct order){0};
    a->tries = 0;
    a->stats.busy = a->now.config != NULL;
    count(a, outcome);
    done.done(done.user, outcome, text);
    order_free(&done);
    if (a->now.config != NULL) {
        begin(a);
    }
}

/* Remembers what Unit took and how it shows it. */
static void remember(struct um_applier *a, const char *shown)
{
    um_mem_free(a->last);
    um_mem_free(a->shown);
    a->shown = copy(shown);
    a->last = um_mem_alloc(a->now.len + 1);
    if (a->last != NULL) {
        memcpy(a->last, a->now.config, a->now.len);
        a->last_len = a->now.len;
    }
}

static void on_alarm(void *arg)
{
    struct um_applier *a = arg;

    a->alarm = NULL;
    begin(a);
}

/* How often the intent in hand is tried when it goes like this. */
static unsigned tries_of(const struct um_applier *a, bool failed)
{
    if (a->now.tries == 0) {
        return UM__CAP_APPLIER_TRIES;
    }
    return failed ? a->now.tries : 1;
}

/* Tries again, unless it was tried enough; failed: Unit said that it did. */
static void retry(struct um_applier *a, bool failed, const char *text)
{
    if (++a->tries >= tries_of(a, failed)) {
        um_log_line(a->log, UM_LOG_ERROR, "Unit at %s: gave up on %s: %s",
                    um_unit_target(a->unit), a->now.why, text);
        finish(a, UM_GAVE_UP, text);
        return;
    }
    um_log_line(a->log, UM_LOG_WARN, "Unit at %s: %s; trying again",
                um_unit_target(a->unit), text);
    a->alarm = a->alarms->set(a->alarms->user, FIRST_PAUSE_MS << a->tries,
                              on_alarm, a);
    if (a->alarm == NULL) {
        finish(a, UM_GAVE_UP, "out of memory");
    }
}

static void took(struct um_applier *a, const struct um_unit_answer *answer)
{
    if (um_shown_fits(um_str_n(answer->body, answer->len),
                      um_str_n(a->now.config, a->now.len))) {
        remember(a, answer->body);
        finish(a, UM_APPLIED, "");
    } else {
        retry(a, false, "it took a configuration and shows another one");
    }
}

static void on_put(void *user, const struct um_unit_answer *answer)
{
    struct um_applier *a = user;
    struct um_buf room = UM_BUF_INIT;
    const char *text = um_mask_say(&a->now.mask, um_str(answer->text), &room);

    a->code = answer->code;
    switch (answer->status) {
        case UM_UNIT_OK:
            took(a, answer);
            break;
        case UM_UNIT_REFUSED:
            um_log_line(a->log, UM_LOG_ERROR, "Unit at %s refused %s: %s",
                        um_unit_target(a->unit), a->now.why, text);
            finish(a, UM_REFUSED, text);
            break;
        default:
            retry(a, answer->status == UM_UNIT_FAILED, text);
    }
    um_buf_fini(&room);
}

/* Whether Unit shows what is in hand, without having been asked for it. */
static bool is_there(const struct um_applier *a,
                     const struct um_unit_answer *answer)
{
    struct um_str config = um_str_n(a->now.config, a->now.len);
    struct um_str body = um_str_n(answer->body, answer->len);
    struct um_buf compact = UM_BUF_INIT;
    bool there;

    if (um_str_eq(body, config)) {
        return true;
    }
    if (a->last != NULL && a->shown != NULL &&
        um_str_eq(um_str_n(a->last, a->last_len), config) &&
        um_shown_same(um_str(a->shown), body)) {
        return true;
    }
    um_shown_compact(body, &compact);
    there =
        !um_buf_failed(&compact) && um_str_eq(um_buf_view(&compact), config);
    um_buf_fini(&compact);
    return there;
}

static void on_taken(void *user)
{
    struct um_applier *a = user;

    if (a->now.taken != NULL) { /* nor was it forgotten meanwhile */
        a->now.taken(a->now.user);
    }
}

static bool may_go_over(const struct um_applier *a,
                        const struct um_unit_answer *answer)
{
    return a->now.over == NULL ||
           a->now.over(a->now.user, um_str_n(answer->body, answer->len));
}

/* What Unit shows now: if it is ours already, nothing is to be done. */
static void on_get(void *user, const struct um_unit_answer *answer)
{
    struct um_applier *a = user;

    a->code = answer->code;
    if (answer->status == UM_UNIT_OK && is_there(a, answer)) {
        remember(a, answer->body);
        finish(a, UM_UNCHANGED, "");
    } else if (answer->status == UM_UNIT_ABSENT) {
        retry(a, false, answer->text);
    } else if (answer->status == UM_UNIT_OK && !may_go_over(a, answer)) {
        finish(a, UM_NOT_OVER, "");
    } else {
        const struct um_unit_replacement r = {
            .before = answer->status == UM_UNIT_OK ? answer->body : NULL,
            .config = um_str_n(a->now.config, a->now.len),
            .taken = a->now.taken != NULL ? on_taken : NULL};

        um_unit_replace_config(a->unit, &r, on_put, a);
    }
}

/* Unit is looked at first: it may run that already, and one that does not
 * answer at all is found out by that in seconds, while a PUT is given minutes.
 */
static void begin(struct um_applier *a)
{
    um_unit_get(a->unit, "/config", on_get, a);
}

static bool order_fill(struct order *o, const struct um_intent *intent,
                       um_applier_done *done, void *user)
{
    *o = (struct order){.len = intent->len,
                        .tries = intent->tries,
                        .done = done,
                        .taken = intent->taken,
                        .over = intent->over,
                        .user = user};
    o->config = um_mem_alloc(intent->len + 1);
    o->why = copy(intent->why);
    if (o->config == NULL || o->why == NULL ||
        um_mask_copy(&o->mem, &intent->mask, &o->mask) != 0) {
        order_free(o);
        return false;
    }
    memcpy(o->config, intent->config, intent->len);
    return true;
}

/* Why a text cannot be a configuration, or NULL. Unit has the last word, but a
 * million brackets would kill it. */
static const char *objection_to(const struct um_intent *intent)
{
    const struct um_str text = {.p = intent->config, .len = intent->len};
    struct um_doc_error err = {0};
    enum um_val_kind kind = UM_VAL_NULL;
    int rv = um_doc_look(text, &kind, &err);

    if (rv == P2P_ENOMEM) {
        return "out of memory";
    }
    if (rv != 0) {
        return err.text;
    }
    return kind == UM_VAL_OBJECT ? NULL : "A configuration is an object.";
}

void um_applier_submit(struct um_applier *a, const struct um_intent *intent,
                       um_applier_done *done, void *user)
{
    const char *objection = objection_to(intent);
    struct order o;

    if (objection != NULL) {
        um_log_line(a->log, UM_LOG_ERROR, "refused %s: %s", intent->why,
                    objection);
        count(a, UM_REFUSED);
        done(user, UM_REFUSED, objection);
        return;
    }
    if (!order_fill(&o, intent, done, user)) {
        done(user, UM_GAVE_UP, "out of memory");
        return;
    }
    if (a->now.config == NULL) {
        a->now = o;
        a->stats.busy = true;
        begin(a);
        return;
    }
    drop(&a->next, UM_SUPERSEDED, "");
    a->next = o;
}

static void nobody(void *user, enum um_outcome outcome, const char *text)
{
    (void)user;
    (void)outcome;
    (void)text;
}

void um_applier_forget(struct um_applier *a, const void *user)
{
    struct order *const both[] = {&a->now, &a->next};

    for (size_t i = 0; i < 2; i++) {
        if (both[i]->user == user) {
            both[i]->done = nobody;
            both[i]->taken = NULL;
            both[i]->over = NULL;
        }
    }
}

struct um_str um_applier_shown(const struct um_applier *a)
{
    return um_str_n(a->shown, a->shown != NULL ? strlen(a->shown) : 0);
}

long um_applier_code(const struct um_applier *a)
{
    return a->code;
}

void um_applier_stats(const struct um_applier *a, struct um_applier_stats *out)
{
    *out = a->stats;
}
