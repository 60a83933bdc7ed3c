/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See webhooks.h. Happy path: something happens, it is written to the disk by
 * the worker and sent by the loop at the same time; it is taken, and that is
 * written, too. Failure mode: a receiver that fails, which is asked again by an
 * alarm; a disk that fails, which is said once, and what waits is in memory
 * alone. What was taken and not yet written down when the daemon is killed
 * comes twice, under the same number.
 */
#include "mesh/app/webhooks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/app/json.h"
#include "mesh/app/prober.h"
#include "mesh/app/slots.h"
#include "mesh/hook/sign.h"
#include "mesh/node/random.h"
#include "p2p/err.h"
#include "p2p/p2p.h"

#define FILE_NAME "webhooks"

/* How soon a disk that failed is tried again. */
#define DISK_MS 10000U

/* Fields of the head that are ours, and room for one. */
#define FIELDS      6U
#define FIELD_BYTES 192

/* Something that is being sent. */
struct flight {
    struct flight *next;
    struct um_webhooks *w;
    struct um_fetch_job *job;
    uint32_t id;              /* of the hook */
    um_webhooks_tested *done; /* of a test; else NULL */
    void *user;
    uint64_t began_ms;
};

struct um_webhooks {
    struct um_webhooks_cfg cfg;
    struct um_hooks hooks;
    long timeout_ms;
    bool unread; /* the file is none that we know */
    struct flight *flights;
    void *alarm;
    /* Of the worker while it writes. */
    struct um_slots file;
    struct um_buf bytes;
    int wrote;
    bool writing;
    bool ill;  /* the disk failed, and that was said */
    bool over; /* it goes when the worker is done */
};

static uint64_t now_ms(const struct um_webhooks *w)
{
    return w->cfg.alarms->now_ms(w->cfg.alarms->user);
}

/* ---- the disk */

static void load(struct um_webhooks *w)
{
    struct um_buf b = UM_BUF_INIT;
    int rv = um_slots_load(&w->file, w->cfg.dir, FILE_NAME, &b);

    if (rv == 0) {
        rv = um_hooks_read(&w->hooks, um_buf_view(&b));
    }
    if (rv != 0 && rv != P2P_ENOTFOUND) {
        w->unread = true;
        um_hooks_fini(&w->hooks);
        um_log_line(w->cfg.log, UM_LOG_ERROR,
                    "no webhook is told anything: the file " FILE_NAME
                    " of the state folder %s; start without it to begin anew",
                    rv == P2P_ENOTSUP ? "was written by a newer unitmesh"
                                      : "is damaged, or cannot be read");
    }
    um_buf_fini(&b);
}

static void destroy(struct um_webhooks *w)
{
    um_slots_close(&w->file);
    um_buf_fini(&w->bytes);
    um_hooks_fini(&w->hooks);
    free(w);
}

/* In the worker's thread, or where nobody else is. */
static void write_now(void *arg)
{
    struct um_webhooks *w = arg;

    w->wrote =
        um_slots_save(&w->file, w->cfg.dir, FILE_NAME, um_buf_view(&w->bytes));
}

static bool prepare(struct um_webhooks *w)
{
    um_buf_clear(&w->bytes);
    um_hooks_write(&w->hooks, &w->bytes);
    w->hooks.dirty = um_buf_failed(&w->bytes);
    return !um_buf_failed(&w->bytes);
}

static void save(struct um_webhooks *w);

static void set_alarm(struct um_webhooks *w);

static void on_written(void *arg)
{
    struct um_webhooks *w = arg;

    w->writing = false;
    if (w->over) {
        if (w->hooks.dirty && prepare(w)) {
            write_now(w);
        }
        destroy(w);
        return;
    }
    if (w->wrote != 0) {
        w->hooks.dirty = true;
        if (!w->ill) {
            um_log_line(w->cfg.log, UM_LOG_ERROR,
                        "what waits for webhooks cannot be written: %s",
                        p2p_err_text(w->wrote));
        }
        w->ill = true;
        set_alarm(w);
        return;
    }
    w->ill = false;
    save(w);
}

static void save(struct um_webhooks *w)
{
    if (!w->hooks.dirty || w->writing || !prepare(w)) {
        return;
    }
    w->writing =
        w->cfg.worker->run(w->cfg.worker->user, write_now, on_written, w) == 0;
    w->hooks.dirty = !w->writing;
}

/* ---- sending */

static bool may_reach(const uint8_t *ip, size_t len)
{
    return um_hook_may_reach(ip, len, false);
}

static bool may_reach_link(const uint8_t *ip, size_t len)
{
    return um_hook_may_reach(ip, len, true);
}

static void unlink_flight(struct flight *f)
{
    struct flight **at = &f->w->flights;

    while (*at != f) {
        at = &(*at)->next;
    }
    *at = f->next;
}

/* An answer whose head came counts by its status, however long its body is. */
static unsigned status_of(const struct um_fetch_answer *a)
{
    bool answered = a->status == UM_FETCH_OK || a->status == UM_FETCH_TOO_BIG;

    return answered && a->code > 0 && a->code < 1000 ? (unsigned)a->code : 0;
}

/* What people are to know of a hook after an answer. */
static void tell(struct um_webhooks *w, const struct um_hook *hook,
                 bool was_off, uint64_t failed)
{
    char text[UM__CAP_HOOK_NAME_BYTES + UM_HOOK_ERROR_BYTES + 120];

    if (hook->off && !was_off) {
        (void)snprintf(text, sizeof text,
                       "webhook %s is turned off: its receiver answered 410",
                       hook->name);
        w->cfg.told(w->cfg.user, "webhook-off", hook->name, text);
    } else if (hook->failed > failed) {
        (void)snprintf(text, sizeof text,
                       "webhook %s: an event is given up, the last answer was: "
                       "%u %s",
                       hook->name, hook->status, hook->error);
        w->cfg.told(w->cfg.user, "webhook-failed", hook->name, text);
    }
}

static void on_answer(void *user, const struct um_fetch_answer *a)
{
    struct flight *f = user;
    struct um_webhooks *w = f->w;
    struct um_hooks_result r = {
        .id = f->id,
        .status = status_of(a),
        .error = a->status == UM_FETCH_TIMEOUT ? "no answer in time" : a->text,
        .now_ms = now_ms(w),
        .wall_ms = w->cfg.wall_ms()};
    struct um_hook *hook = NULL;

    unlink_flight(f);
    if (f->done != NULL) {
        f->done(f->user, r.status, r.error, r.now_ms - f->began_ms);
        free(f);
        return;
    }
    for (size_t i = 0; i < w->hooks.n; i++) {
        hook = w->hooks.list[i]->id == f->id ? w->hooks.list[i] : hook;
    }
    free(f);
    (void)um_random_fill(&r.random, sizeof r.random);
    if (hook != NULL) {
        bool was_off = hook->off;
        uint64_t failed = hook->failed;

        um_hooks_done(&w->hooks, &r);
        tell(w, hook, was_off, failed);
    }
    um_webhooks_changed(w);
}

/* What is sent, and the fields of its head. */
struct letter {
    const char *word;
    uint64_t number; /* 0: of a test */
    struct um_str body;
    char lines[FIELDS][FIELD_BYTES];
    const char *fields[FIELDS];
};

static void address(const struct um_webhooks *w, const struct um_hook *hook,
                    struct letter *l)
{
    char signature[UM_HOOK_SIGNATURE_BYTES], id[P2P_PEER_ID_TEXT_MAX];
    const char *const parts[FIELDS][2] = {
        {"Content-Type", "application/json"},
        {"User-Agent", "unitmesh/" P2P_VERSION},
        {"Unitmesh-Node", w->cfg.node(w->cfg.user, id)},
        {"Unitmesh-Event", l->word},
        {"Unitmesh-Signature", signature}};

    um_hook_sign(hook->secret, w->cfg.wall_ms() / 1000, l->body, signature);
    for (size_t i = 0; i < FIELDS; i++) {
        if (i < FIELDS - 1) {
            (void)snprintf(l->lines[i], FIELD_BYTES, "%s: %s", parts[i][0],
                           parts[i][1]);
        } else {
            (void)snprintf(l->lines[i], FIELD_BYTES,
                           "Unitmesh-Delivery: %" PRIu64, l->number);
        }
        l->fields[i] = l->lines[i];
    }
}

/* Sends it; NULL: there is no memory, or too much is under way. */
static struct flight *send_to(struct um_webhooks *w, const struct um_hook *hook,
                              struct letter *l)
{
    struct um_fetch_req req = {
        .method = "POST",
        .url = hook->url,
        .verified = true,
        .may = hook->link_local ? may_reach_link : may_reach,
        .fields = l->fields,
        .n_fields = FIELDS,
        .body = l->body.p,
        .len = l->body.len,
        .max_answer = UM__CAP_PROBER_ANSWER_BYTES, /* and forgotten */
        .timeout_ms = w->timeout_ms,
        .connect_ms = w->timeout_ms};
    struct flight *f = calloc(1, sizeof *f);

    if (f == NULL) {
        return NULL;
    }
    address(w, hook, l);
    *f = (struct flight){
        .w = w, .next = w->flights, .id = hook->id, .began_ms = now_ms(w)};
    f->job = um_fetch_start(w->cfg.fetch, &req, on_answer, f);
    if (f->job == NULL) {
        free(f);
        return NULL;
    }
    w->flights = f;
    return f;
}

static void pump(struct um_webhooks *w)
{
    struct um_hooks_send s;

    while (um_hooks_next(&w->hooks, now_ms(w), &s)) {
        struct letter l = {.word = s.event->word,
                           .number = s.event->number,
                           .body = um_str_n(s.event->body, s.event->len)};
        struct um_hooks_result r = {.id = s.hook->id,
                                    .error = "it cannot be sent now",
                                    .now_ms = now_ms(w),
                                    .wall_ms = w->cfg.wall_ms()};

        if (send_to(w, s.hook, &l) == NULL) {
            um_hooks_done(&w->hooks, &r);
        }
    }
}

static void on_alarm(void *arg)
{
    struct um_webhooks *w = arg;

    w->alarm = NULL;
    um_webhooks_changed(w);
}

static void set_alarm(struct um_webhooks *w)
{
    uint64_t due = um_hooks_due(&w->hooks), now = now_ms(w), ms;

    w->cfg.alarms->clear(w->cfg.alarms->user, w->alarm);
    w->alarm = NULL;
    ms = due == UINT64_MAX ? UINT64_MAX : due > now ? due - now : 0;
    if (w->ill && ms > DISK_MS) {
        ms = DISK_MS;
    }
    if (ms != UINT64_MAX) {
        w->alarm = w->cfg.alarms->set(w->cfg.alarms->user, ms, on_alarm, w);
    }
}

/* ---- from outside */

struct um_webhooks *um_webhooks_new(const struct um_webhooks_cfg *cfg)
{
    struct um_webhooks *w = calloc(1, sizeof *w);

    if (w == NULL) {
        return NULL;
    }
    w->cfg = *cfg;
    w->file = (struct um_slots){.fd = -1};
    w->timeout_ms =
        UM_WEBHOOKS_TIMEOUT_MS / (cfg->speed > 1 ? (long)cfg->speed : 1);
    um_hooks_init(&w->hooks, cfg->speed);
    load(w);
    set_alarm(w);
    return w;
}

void um_webhooks_free(struct um_webhooks *w)
{
    if (w == NULL) {
        return;
    }
    w->cfg.alarms->clear(w->cfg.alarms->user, w->alarm);
    while (w->flights != NULL) {
        struct flight *f = w->flights;

        w->flights = f->next;
        um_fetch_cancel(f->job);
        if (f->done != NULL) {
            f->done(f->user, 0, "the daemon is ending", 0);
        }
        free(f);
    }
    if (w->writing) {
        w->over = true;
        return;
    }
    if (w->hooks.dirty && prepare(w)) {
        write_now(w);
    }
    destroy(w);
}

struct um_hooks *um_webhooks_all(struct um_webhooks *w)
{
    return w->unread ? NULL : &w->hooks;
}

void um_webhooks_changed(struct um_webhooks *w)
{
    const struct um_hook *full;
    char text[UM__CAP_HOOK_NAME_BYTES + 100];

    pump(w);
    save(w);
    set_alarm(w);
    while ((full = um_hooks_untold(&w->hooks)) != NULL) {
        (void)snprintf(text, sizeof text,
                       "webhook %s is behind: its oldest events are dropped",
                       full->name);
        w->cfg.told(w->cfg.user, "webhook-dropped", full->name, text);
    }
}

uint64_t um_webhooks_last(const struct um_webhooks *w)
{
    return w->hooks.last;
}

void um_webhooks_happened(struct um_webhooks *w, uint64_t number,
                          uint64_t wall_ms, const char *word,
                          struct um_str body)
{
    if (!w->unread) {
        um_hooks_happened(&w->hooks, number, wall_ms, word, body);
        um_webhooks_changed(w);
    }
}

int um_webhooks_test(struct um_webhooks *w, const struct um_hook *hook,
                     um_webhooks_tested *done, void *user)
{
    uint64_t wall_ms = w->cfg.wall_ms();
    struct letter l = {.word = "test", .number = wall_ms};
    struct flight *f;
    struct um_json j;
    size_t len;

    um_json_init(&j);
    um_json_text(&j, "event", l.word);
    um_json_uint(&j, "number", l.number);
    um_json_uint(&j, "wall_ms", wall_ms);
    um_json_text(&j, "about", hook->name);
    um_json_text(&j, "text", "somebody tries this webhook");
    l.body.p = um_json_finish(&j, &len);
    l.body.len = len;
    f = l.body.p != NULL ? send_to(w, hook, &l) : NULL;
    um_json_fini(&j);
    if (f == NULL) {
        return P2P_ENOMEM;
    }
    f->done = done;
    f->user = user;
    return 0;
}
