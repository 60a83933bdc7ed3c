/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See loglevel.h. It is this process's: an applier goes on as its settings say.
 * Failure mode: without memory for an alarm nothing is changed, for it would
 * not be changed back.
 */
#include "mesh/app/loglevel.h"

#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/settings.h"

/* The longest time: a week. */
#define MOST_MS (7U * 24U * 3600U * 1000U)

static void set(struct um_daemon *d, int level)
{
    d->log.level = (enum um_log_level)level;
    if (d->bus != NULL) {
        um_bus_log_level(d->bus, level);
    }
}

void um_loglevel_stop(struct um_daemon *d)
{
    d->loop.alarms.clear(d->loop.alarms.user, d->loud);
    d->loud = NULL;
}

static void on_over(void *arg)
{
    struct um_daemon *d = arg;

    d->loud = NULL;
    set(d, d->settings.log_level);
    um_log_line(&d->log, UM_LOG_INFO, "logged is again as the settings say: %s",
                um_settings_levels[d->settings.log_level]);
}

void um_loglevel_show(struct um_daemon *d, struct um_http_req *req)
{
    uint64_t now = d->loop.alarms.now_ms(d->loop.alarms.user);
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "level", um_settings_levels[d->log.level]);
    um_json_text(&j, "settings", um_settings_levels[d->settings.log_level]);
    if (d->loud != NULL) {
        um_json_uint(&j, "for_ms",
                     d->loud_until_ms > now ? d->loud_until_ms - now : 0);
    }
    um_answer_json(req, 200, &j);
}

/* Which level a body names; -1: none. */
static int level_of(struct um_str word)
{
    for (int i = 0; i < UM_SETTINGS_LEVELS; i++) {
        if (um_str_eq(word, um_str(um_settings_levels[i]))) {
            return i;
        }
    }
    return -1;
}

static void change(struct um_daemon *d, struct um_http_req *req, int level,
                   uint64_t for_ms)
{
    const struct um_alarms *a = &d->loop.alarms;
    void *alarm = for_ms > 0 ? a->set(a->user, for_ms, on_over, d) : NULL;

    if (for_ms > 0 && alarm == NULL) {
        um_answer_error(req, 500, "Out of memory.", NULL);
        return;
    }
    um_loglevel_stop(d);
    um_log_line(&d->log, UM_LOG_INFO, "logged is from now on: %s",
                um_settings_levels[level]);
    d->loud = alarm;
    d->loud_until_ms = a->now_ms(a->user) + for_ms;
    set(d, level);
    um_loglevel_show(d, req);
}

static const struct um_body_member put_body[] = {{"level", UM_VAL_STRING},
                                                 {"for_ms", UM_VAL_NUMBER},
                                                 {NULL, 0}};

void um_loglevel_put(struct um_daemon *d, struct um_http_req *req)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;
    uint64_t for_ms;
    int level;

    if (um_body_read(req, &a, put_body, &body)) {
        level = level_of(um_body_text(&body, "level"));
        for_ms = um_body_number(&body, "for_ms", UINT64_MAX);
        if (level < 0) {
            um_answer_error(req, 400, "There is no such level.",
                            "\"level\" is error, warn, info, debug or trace.");
        } else if (for_ms == 0 || (for_ms != UINT64_MAX && for_ms > MOST_MS)) {
            um_answer_error(req, 400, "This is no time.",
                            "\"for_ms\" is a number of ms, a week at most.");
        } else {
            change(d, req, level, for_ms != UINT64_MAX ? for_ms : 0);
        }
    }
    um_arena_fini(&a);
}
