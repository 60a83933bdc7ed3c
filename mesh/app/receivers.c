/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See receivers.h. What a person says is checked here, once: what is kept is
 * what can be sent. */
#include "mesh/app/receivers.h"

#include <stdio.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/segment.h"
#include "mesh/base/pb.h"
#include "mesh/hook/sign.h"
#include "mesh/node/random.h"
#include "p2p/err.h"

/* The hooks; NULL: it was answered that there are none. */
static struct um_hooks *all(struct um_daemon *d, struct um_http_req *req)
{
    struct um_hooks *h = um_webhooks_all(d->webhooks);

    if (h == NULL) {
        um_answer_error(req, 500, "There are no webhooks.",
                        "The file webhooks in the state folder cannot be "
                        "read: the log says why.");
    }
    return h;
}

static const char *state_of(const struct um_hook *k, size_t queued)
{
    return k->off          ? "off"
           : queued == 0   ? "idle"
           : k->tries == 0 ? "sending"
                           : "retrying";
}

static void put_words(struct um_json *j, const struct um_hook *k)
{
    struct um_str left = um_str(k->events);

    um_json_open(j, "events", '[');
    while (left.len > 0) {
        size_t n = um_str_find(left, ',');

        um_json_str(j, NULL, um_str_head(left, n));
        left = um_str_skip(left, n + 1);
    }
    um_json_close(j, ']');
}

static void put_hook(struct um_json *j, const struct um_hooks *h,
                     const struct um_hook *k)
{
    size_t queued = um_hooks_queued(h, k);

    um_json_open(j, NULL, '{');
    um_json_text(j, "name", k->name);
    um_json_text(j, "url", k->url);
    put_words(j, k);
    um_json_bool(j, "link_local", k->link_local);
    um_json_text(j, "state", state_of(k, queued));
    um_json_uint(j, "queued", queued);
    um_json_uint(j, "delivered", k->delivered);
    um_json_uint(j, "failed", k->failed);
    um_json_uint(j, "dropped", k->dropped);
    um_json_uint(j, "tries", k->tries);
    um_json_uint(j, "made_ms", k->made_ms);
    if (k->last_ms > 0) {
        um_json_open(j, "last", '{');
        um_json_uint(j, "at_ms", k->last_ms);
        um_json_uint(j, "status", k->status);
        if (k->error[0] != '\0') {
            um_json_text(j, "error", k->error);
        }
        um_json_close(j, '}');
    }
    um_json_close(j, '}');
}

void um_receivers_list(struct um_daemon *d, struct um_http_req *req)
{
    const struct um_hooks *h = all(d, req);
    struct um_json j;

    if (h == NULL) {
        return;
    }
    um_json_init(&j);
    um_json_open(&j, "webhooks", '[');
    for (size_t i = 0; i < h->n; i++) {
        put_hook(&j, h, h->list[i]);
    }
    um_json_close(&j, ']');
    um_answer_json(req, 200, &j);
}

static const struct um_body_member add_body[] = {{"url", UM_VAL_STRING},
                                                 {"name", UM_VAL_STRING},
                                                 {"events", UM_VAL_ARRAY},
                                                 {"link_local", UM_VAL_BOOL},
                                                 {NULL, 0}};

static bool wrong(struct um_http_req *req, const char *member,
                  const char *detail)
{
    um_answer_located(req, "There can be no such webhook.", detail, "body",
                      um_str(member));
    return false;
}

/* Letters, digits and "-": in a path, in a label, on a line. */
static bool is_word(struct um_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') {
            return false;
        }
    }
    return s.len > 0;
}

/* A name that nobody has: hook-1, hook-2, … */
static void find_name(const struct um_hooks *h, struct um_hook *plan)
{
    unsigned i = 0;

    do {
        (void)snprintf(plan->name, sizeof plan->name, "hook-%u", ++i);
    } while (um_hooks_find(h, plan->name) != NULL);
}

static bool read_name(struct um_http_req *req, const struct um_hooks *h,
                      const struct um_val *body, struct um_hook *plan)
{
    struct um_str name = um_body_text(body, "name");

    if (name.p == NULL) {
        find_name(h, plan);
        return true;
    }
    if (name.len > UM__CAP_HOOK_NAME_BYTES || !is_word(name)) {
        return wrong(req, "/name",
                     "A name has letters, digits, \"-\", \"_\" and \".\", at "
                     "most 63.");
    }
    memcpy(plan->name, name.p, name.len);
    return true;
}

static bool read_url(struct um_http_req *req, const struct um_val *body,
                     struct um_hook *plan)
{
    struct um_str url = um_body_text(body, "url");
    const char *why = NULL;
    char text[160];

    if (url.p == NULL) {
        return wrong(req, "", "\"url\" is missing: where events are sent to.");
    }
    if (url.len > UM__CAP_HOOK_URL_BYTES) {
        return wrong(req, "/url", "A URL has at most 1024 bytes.");
    }
    memcpy(plan->url, url.p, url.len);
    why = um_str_has(url, ' ') || !um_pb_is_text(url)
              ? "it is no URL"
              : um_fetch_url_wrong(plan->url);
    (void)snprintf(text, sizeof text,
                   "A URL is such as https://HOST/PATH, but %s.",
                   why != NULL ? why : "");
    return why == NULL || wrong(req, "/url", text);
}

static bool read_words(struct um_http_req *req, const struct um_val *body,
                       struct um_hook *plan)
{
    const struct um_val *v = um_val_member(body, UM_STR("events"));
    size_t len = 0;

    for (size_t i = 0; v != NULL && i < v->count; i++) {
        const struct um_val *one = &v->items.p[i];

        if (one->kind != UM_VAL_STRING || !is_word(one->text) ||
            one->text.len >= UM_HOOK_WORD_BYTES) {
            return wrong(req, "/events",
                         "Events are words, such as \"applied\".");
        }
        if (len + one->text.len + 1 > UM__CAP_HOOK_EVENTS_BYTES) {
            return wrong(req, "/events",
                         "The words have at most 512 bytes, all together.");
        }
        len +=
            (size_t)snprintf(plan->events + len, sizeof plan->events - len,
                             "%s%.*s", i > 0 ? "," : "", UM_STR_ARG(one->text));
    }
    return true;
}

static int make_secret(struct um_hook *plan)
{
    uint8_t seed[UM_HOOK_SEED_BYTES];
    int rv = um_random_fill(seed, sizeof seed);

    if (rv == 0) {
        um_hook_secret(seed, plan->secret, sizeof plan->secret);
    }
    explicit_bzero(seed, sizeof seed);
    return rv;
}

static void answer_added(struct um_http_req *req, const struct um_hook *plan)
{
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "name", plan->name);
    um_json_text(&j, "url", plan->url);
    um_json_text(&j, "secret", plan->secret);
    um_answer_json(req, 200, &j);
}

static void add(struct um_daemon *d, struct um_http_req *req,
                struct um_hook *plan)
{
    struct um_hooks *h = um_webhooks_all(d->webhooks);
    int rv = make_secret(plan);

    plan->made_ms = um_mesh_wall_ms();
    rv = rv == 0 ? um_hooks_add(h, plan) : rv;
    if (rv == P2P_EEXIST) {
        um_answer_error(req, 409, "There is a webhook of this name.",
                        "Remove it first, or choose another name.");
    } else if (rv == P2P_ELIMIT) {
        um_answer_error(req, 409, "There are too many webhooks.",
                        "A node has at most 16.");
    } else if (rv != 0) {
        um_answer_error(req, 500, "The webhook cannot be kept.",
                        p2p_err_text(rv));
    } else {
        um_webhooks_changed(d->webhooks);
        answer_added(req, plan);
    }
    explicit_bzero(plan->secret, sizeof plan->secret);
}

void um_receivers_add(struct um_daemon *d, struct um_http_req *req)
{
    const struct um_hooks *h = all(d, req);
    struct um_arena a = UM_ARENA_INIT;
    struct um_hook plan;
    struct um_val body;

    memset(&plan, 0, sizeof plan);
    if (h != NULL && um_body_read(req, &a, add_body, &body) &&
        read_name(req, h, &body, &plan) && read_url(req, &body, &plan) &&
        read_words(req, &body, &plan)) {
        plan.link_local = um_body_true(&body, "link_local");
        add(d, req, &plan);
    }
    um_arena_fini(&a);
}

/* The hook that the path names; NULL: it was answered that there is none. */
static struct um_hook *named(struct um_daemon *d, struct um_http_req *req)
{
    struct um_hooks *h = all(d, req);
    struct um_arena a = UM_ARENA_INIT;
    char name[UM__CAP_HOOK_NAME_BYTES + 1] = "";
    struct um_hook *k = NULL;
    struct um_str text;

    if (h != NULL && um_body_none(req) && um_segment_get(req, &a, 2, &text)) {
        if (text.len < sizeof name) {
            memcpy(name, text.p, text.len);
            k = um_hooks_find(h, name);
        }
        if (k == NULL) {
            um_answer_error(req, 404, "There is no such webhook.", NULL);
        }
    }
    um_arena_fini(&a);
    return k;
}

static void answer_done(struct um_http_req *req, const char *text)
{
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "success", text);
    um_answer_json(req, 200, &j);
}

void um_receivers_remove(struct um_daemon *d, struct um_http_req *req)
{
    struct um_hook *k = named(d, req);

    if (k != NULL) {
        um_hooks_remove(um_webhooks_all(d->webhooks), k);
        um_webhooks_changed(d->webhooks);
        answer_done(req, "The webhook is removed.");
    }
}

void um_receivers_enable(struct um_daemon *d, struct um_http_req *req)
{
    struct um_hook *k = named(d, req);

    if (k != NULL) {
        um_hooks_turn_on(um_webhooks_all(d->webhooks), k);
        um_webhooks_changed(d->webhooks);
        answer_done(req, "The webhook is on.");
    }
}

static void on_tested(void *user, unsigned status, const char *why,
                      uint64_t took_ms)
{
    struct um_http_req *req = user;
    char text[64];
    struct um_json j;

    if (status == 0) {
        um_answer_error(req, 502, "The receiver does not answer.", why);
    } else if (status < 200 || status > 299) {
        (void)snprintf(text, sizeof text,
                       "It answered %u; 2xx is an event that is taken.",
                       status);
        um_answer_error(req, 502, "The receiver does not take it.", text);
    } else {
        um_json_init(&j);
        um_json_text(&j, "success", "The receiver took it.");
        um_json_uint(&j, "status", status);
        um_json_uint(&j, "took_ms", took_ms);
        um_answer_json(req, 200, &j);
    }
}

void um_receivers_test(struct um_daemon *d, struct um_http_req *req)
{
    const struct um_hook *k = named(d, req);

    if (k != NULL && um_webhooks_test(d->webhooks, k, on_tested, req) != 0) {
        um_answer_error(req, 503, "It cannot be tried now.",
                        "Too many requests are under way.");
    }
}
