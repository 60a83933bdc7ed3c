/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See setting.h. Nodes read only those that are known here; others would be a
 * slip of the pen. */
#include "mesh/app/setting.h"

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/segment.h"
#include "mesh/app/word.h"
#include "mesh/model/brakes.h"
#include "mesh/node/owner.h"

enum { NAME = 2 };

/* Why a value cannot be; NULL: it can. */
static const char *number(struct um_str value)
{
    int64_t n = um_str_decimal(value);

    return n > 0 && (uint64_t)n <= UM__CAP_ITEM_SPAN_MS
               ? NULL
               : "It is a number of milliseconds, at most 366 days.";
}

static const char *yes(struct um_str value)
{
    return um_str_eq(value, UM_STR("true"))
               ? NULL
               : "It is \"true\"; \"\" takes the setting back.";
}

static const char *whose(struct um_str value)
{
    return um_str_eq(value, UM_STR(UM_DETOURS_MEMBERS))
               ? NULL
               : "It is \"members\"; \"\" takes the setting back.";
}

static const struct {
    const char *name;
    const char *(*check)(struct um_str value);
    bool brake; /* a root makes it, and what others say of it counts nothing */
} settings[] = {{"require-if-match", yes, false},
                {"max-deadline-ms", number, false},
                {UM_DETOURS_SETTING, whose, false},
                {UM_BRAKE_FOUR_EYES, yes, true},
                {UM_BRAKE_NO_IMMEDIATE, yes, true}};

#define SETTINGS (sizeof settings / sizeof *settings)

void um_setting_list(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_json j;

    if (n == NULL) {
        return;
    }
    um_json_init(&j);
    um_json_open(&j, "settings", '{');
    for (size_t i = 0; i < SETTINGS; i++) {
        struct um_roster *r = &um_node_model(n)->roster;
        struct um_str name = um_str(settings[i].name);
        const struct um_statement *s = settings[i].brake
                                           ? um_roster_root_value(r, NULL, name)
                                           : um_roster_value(r, NULL, name);

        if (s != NULL) {
            um_json_str(&j, settings[i].name, s->value);
        }
    }
    um_json_close(&j, '}');
    um_answer_json(req, 200, &j);
}

/* Whether it may be set so; else the request is answered why not. */
static bool check(struct um_http_req *req, struct um_str name,
                  struct um_str value)
{
    size_t i = 0;
    const char *why;

    while (i < SETTINGS && !um_str_eq(name, um_str(settings[i].name))) {
        i++;
    }
    if (i == SETTINGS) {
        um_answer_error(req, 404, "There is no such setting.",
                        "There are require-if-match, max-deadline-ms, "
                        "relay, four-eyes and no-immediate.");
        return false;
    }
    if (value.p == NULL) {
        um_answer_error(req, 400, "A setting has a value.",
                        "\"value\" is a text; \"\" takes the setting back.");
        return false;
    }
    why = value.len > 0 ? settings[i].check(value) : NULL;
    if (why != NULL) {
        um_answer_error(req, 400, "The setting cannot have this value.", why);
    }
    return why == NULL;
}

bool um_setting_may(struct um_node *n, struct um_http_req *req,
                    struct um_str name)
{
    struct um_roster *r = &um_node_model(n)->roster;
    const struct um_statement *g = um_roster_genesis(r);
    struct um_name by;

    um_word_speaker(n, req, &by);
    if ((!um_str_eq(name, UM_STR(UM_BRAKE_FOUR_EYES)) &&
         !um_str_eq(name, UM_STR(UM_BRAKE_NO_IMMEDIATE))) ||
        (um_roster_roles(r, &by) & UM_ROOT) != 0 ||
        (g != NULL && um_name_eq(&g->key, &by))) {
        return true;
    }
    um_answer_error(req, 403, "A root alone puts brakes on.",
                    "The key that is here is an owner's.");
    return false;
}

static const struct um_body_member put_body[] = {{"value", UM_VAL_STRING},
                                                 {NULL, 0}};

void um_setting_put(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;
    struct um_str name;
    struct um_statement s;
    struct um_json j;

    if (n != NULL && um_body_read(req, &a, put_body, &body) &&
        um_segment_get(req, &a, NAME, &name) &&
        check(req, name, um_body_text(&body, "value")) && um_word_may(n, req) &&
        um_setting_may(n, req, name)) {
        um_owner_set(um_node_model(n), NULL, name, um_body_text(&body, "value"),
                     &s);
        um_word_answer(&j,
                       um_body_text(&body, "value").len > 0
                           ? "The setting is made."
                           : "The setting is taken back.",
                       NULL);
        um_word_give(d, req, &s, &j);
    }
    um_arena_fini(&a);
}
