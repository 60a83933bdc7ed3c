/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A queue of jobs, one in flight. A GET is a transfer, retried when it was cut
 * off. A PUT of the configuration is: a GET, the transfer, then a GET to learn
 * Unit's own form of it; and when the transfer got no answer, a GET to see
 * whether it changed. Any other change is one transfer.
 * Failure modes: see enum um_unit_status; every job ends in exactly one call.
 */
#include "mesh/unit/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/unit/pieces.h"
#include "mesh/unit/shown.h"

/* Tries of one transfer that gets no whole answer. */
#define MAX_TRIES 4
/* Between tries; doubles. */
#define RETRY_MS 50
/* GET /config answers at once in a Unit that lives; a PUT may start
 * applications, and Unit itself waits 300 s. */
#define GET_MS     3000
#define PUT_MS     300000
#define CONNECT_MS 2000
#define TEXT_BYTES 2048
#define TOO_BIG    "the configuration is too big"

/* What a job is; what it does just now is in the job. */
enum kind { A_GET, A_CONFIG, A_CHANGE };

struct job {
    struct job *next;
    enum kind kind;
    const char *method; /* of a change */
    char *path;
    char *body;
    size_t len;
    um_unit_done *done;
    void (*taken)(void *user); /* PUT; or NULL */
    void *user;
    struct um_pieces *pieces; /* a GET that goes piece by piece */
    char *before;             /* PUT: what Unit showed when we looked first */
    int tries;                /* of the transfer */
    int puts;                 /* PUT: how often it was done in vain */
    bool put_answered; /* PUT: 200 came; the GET of its form is under way */
    bool looking;      /* PUT: no answer came; the GET tells */
};

struct um_unit {
    struct um_unit_cfg cfg;
    char *target;
    const char *unix_path; /* inside target, or NULL */
    struct job *head;      /* in flight */
    struct job *tail;
    size_t waiting;
    struct um_fetch_job *transfer;
    void *alarm;
    char version[32];
};

static void start(struct um_unit *u);
static void run(struct um_unit *u);

struct um_unit *um_unit_new(const struct um_unit_cfg *cfg)
{
    struct um_unit *u = calloc(1, sizeof *u);

    if (u == NULL) {
        return NULL;
    }
    u->cfg = *cfg;
    u->target = strdup(cfg->target);
    if (u->target == NULL || (strncmp(u->target, "unix:", 5) != 0 &&
                              strncmp(u->target, "http://", 7) != 0)) {
        free(u->target);
        free(u);
        return NULL;
    }
    if (strncmp(u->target, "unix:", 5) == 0) {
        u->unix_path = u->target + 5;
    }
    return u;
}

static void job_free(struct job *j)
{
    um_pieces_free(j->pieces);
    free(j->before);
    free(j->path);
    free(j->body);
    free(j);
}

void um_unit_free(struct um_unit *u)
{
    if (u == NULL) {
        return;
    }
    if (u->transfer != NULL) {
        um_fetch_cancel(u->transfer);
    }
    u->cfg.alarms->clear(u->cfg.alarms->user, u->alarm);
    while (u->head != NULL) {
        struct job *j = u->head;

        u->head = j->next;
        job_free(j);
    }
    free(u->target);
    free(u);
}

const char *um_unit_target(const struct um_unit *u)
{
    return u->target;
}

const char *um_unit_version(const struct um_unit *u)
{
    return u->version;
}

static void nobody(void *user, const struct um_unit_answer *a)
{
    (void)user;
    (void)a;
}

void um_unit_forget(struct um_unit *u, const void *user)
{
    struct job **at = &u->head, *last = NULL;

    while (*at != NULL) {
        struct job *j = *at;
        bool mine = j->user == user;

        if (mine && j != u->head && j->kind == A_GET) {
            *at = j->next;
            u->waiting--;
            job_free(j);
            continue;
        }
        if (mine) {
            j->done = nobody;
            j->taken = NULL;
        }
        last = j;
        at = &j->next;
    }
    u->tail = last;
}

/* Takes the job off the queue, tells its owner, starts the next. */
static void finish(struct um_unit *u, const struct um_unit_answer *a)
{
    struct job *j = u->head;

    u->head = j->next;
    if (u->head == NULL) {
        u->tail = NULL;
    }
    u->waiting--;
    j->done(j->user, a);
    job_free(j);
    start(u);
}

static void fail(struct um_unit *u, enum um_unit_status status,
                 const char *text)
{
    const struct um_unit_answer a = {
        .status = status, .body = "", .text = text};

    finish(u, &a);
}

static enum um_unit_status status_of(long code)
{
    if (code >= 200 && code < 300) {
        return UM_UNIT_OK;
    }
    return code >= 400 && code <= 405 ? UM_UNIT_REFUSED : UM_UNIT_FAILED;
}

/* Unit's words on one line, for people: its white space is for the eye. */
static const char *on_a_line(const char *body, char *out, size_t cap)
{
    size_t len = 0;

    for (; *body != '\0' && len + 1 < cap; body++) {
        if (strchr(" \t\r\n", *body) == NULL) {
            out[len++] = *body;
        } else if (len > 0 && out[len - 1] != ' ') {
            out[len++] = ' ';
        }
    }
    len -= len > 0 && out[len - 1] == ' ' ? 1 : 0;
    out[len] = '\0';
    return out;
}

/* Unit answered: the job ends with its words. */
static void finish_answer(struct um_unit *u, const struct um_fetch_answer *f)
{
    char text[TEXT_BYTES] = "";
    const struct um_unit_answer a = {
        .status = status_of(f->code),
        .code = f->code,
        .body = f->body,
        .len = f->len,
        .text = f->code < 300 ? text : on_a_line(f->body, text, sizeof text)};

    finish(u, &a);
}

static void on_alarm(void *arg)
{
    struct um_unit *u = arg;

    u->alarm = NULL;
    run(u);
}

/* Goes on with the job after a pause, which is longer each time. */
static void pause_for(struct um_unit *u, int tries)
{
    u->alarm = u->cfg.alarms->set(u->cfg.alarms->user,
                                  (uint64_t)RETRY_MS << tries, on_alarm, u);
    if (u->alarm == NULL) {
        fail(u, UM_UNIT_UNKNOWN, "out of memory");
    }
}

/* Tries the job's transfer again, later; false: it was tried enough. */
static bool try_again(struct um_unit *u)
{
    struct job *j = u->head;

    if (++j->tries >= MAX_TRIES) {
        return false;
    }
    pause_for(u, j->tries);
    return true;
}

/* A GET that is cut off again and again: piece by piece, where that works. */
static bool go_piecewise(struct um_unit *u)
{
    struct job *j = u->head;

    if (j->pieces != NULL || strcmp(j->path, "/config") != 0) {
        return false;
    }
    j->pieces = um_pieces_new(j->path);
    j->tries = 0;
    if (j->pieces != NULL) {
        run(u);
    }
    return j->pieces != NULL;
}

/* The look after a PUT without an answer: did Unit change? A Unit that crashed
 * and began anew changed too, but not to what was asked. */
static void on_look(struct um_unit *u, const struct um_fetch_answer *f)
{
    struct job *j = u->head;
    struct um_str shows = um_str_n(f->body, f->len);

    j->looking = false;
    j->tries = 0;
    if (f->code == 200 && !um_shown_same(um_str(j->before), shows) &&
        !um_shown_blank(shows)) {
        finish_answer(u, f); /* it did: what it shows now is the answer */
    } else if (++j->puts >= MAX_TRIES) {
        fail(u, UM_UNIT_UNKNOWN, "Unit closed the connection without a word");
    } else {
        pause_for(u, j->puts);
    }
}

/* The whole answer to what the job does just now. */
static void on_whole(struct um_unit *u, const struct um_fetch_answer *f)
{
    struct job *j = u->head;

    if (j->kind != A_CONFIG || j->put_answered) {
        finish_answer(u, f);
    } else if (j->before == NULL) {
        j->before = strdup(f->body); /* we looked first: now PUT */
        j->tries = 0;
        run(u);
    } else if (j->looking) {
        on_look(u, f);
    } else if (f->code == 200) {
        j->put_answered = true;
        j->tries = 0;
        if (j->taken != NULL) {
            j->taken(j->user);
        }
        run(u);
    } else {
        finish_answer(u, f);
    }
}

/* A piece arrived; when it was the last one, the whole is there. */
static void on_piece(struct um_unit *u, const struct um_fetch_answer *f)
{
    struct job *j = u->head;
    struct um_pieces *pieces = j->pieces;
    struct um_fetch_answer whole = {.code = 200};

    if ((f->code != 200 && f->code != 404) ||
        !um_pieces_add(pieces, f->body, f->code == 200 ? f->len : 0)) {
        fail(u, UM_UNIT_UNKNOWN, "the configuration changed while it was read");
        return;
    }
    j->tries = 0;
    if (um_pieces_next(pieces) != NULL) {
        run(u);
        return;
    }
    whole.body = um_pieces_whole(pieces, &whole.len);
    j->pieces = NULL;
    on_whole(u, &whole);
    um_pieces_free(pieces);
}

/* Whether what the job does just now changes Unit. */
static bool mutates(const struct job *j)
{
    return j->kind == A_CHANGE || (j->kind == A_CONFIG && j->before != NULL &&
                                   !j->looking && !j->put_answered);
}

/* A transfer ended without one. */
static void on_no_answer(struct um_unit *u, const struct um_fetch_answer *f)
{
    struct job *j = u->head;

    if (f->status == UM_FETCH_CONNECT) {
        fail(u, UM_UNIT_ABSENT, f->text);
    } else if (f->status == UM_FETCH_TOO_BIG) {
        fail(u, UM_UNIT_REFUSED, TOO_BIG);
    } else if (j->kind == A_CHANGE) {
        fail(u, UM_UNIT_UNKNOWN, f->text);
    } else if (mutates(j)) {
        j->looking = true;
        j->tries = 0;
        run(u);
    } else if (!try_again(u) &&
               (f->status != UM_FETCH_CLOSED || !go_piecewise(u))) {
        fail(u, UM_UNIT_UNKNOWN, f->text);
    }
}

/* Unit says who it is: "Unit/1.35.0". */
static void keep_version(struct um_unit *u, const char *server)
{
    bool known = strncmp(server, "Unit/", 5) == 0;

    (void)snprintf(u->version, sizeof u->version, "%s",
                   known ? server + 5 : "");
}

static void on_transfer(void *user, const struct um_fetch_answer *f)
{
    struct um_unit *u = user;

    u->transfer = NULL;
    if (f->status == UM_FETCH_OK) {
        keep_version(u, f->server);
    }
    if (f->status == UM_FETCH_OK && u->head->pieces != NULL) {
        on_piece(u, f);
    } else if (f->status == UM_FETCH_OK) {
        on_whole(u, f);
    } else {
        on_no_answer(u, f);
    }
}

/* Starts the transfer that the job at the head needs next. */
static void run(struct um_unit *u)
{
    struct job *j = u->head;
    bool change = mutates(j);
    const char *path = j->pieces != NULL ? um_pieces_next(j->pieces) : j->path;
    char url[2048];
    struct um_fetch_req req = {.method = change ? j->method : "GET",
                               .url = url,
                               .unix_path = u->unix_path,
                               .max_answer = UM__CAP_UNIT_ANSWER_BYTES,
                               .timeout_ms = change ? PUT_MS : GET_MS,
                               .connect_ms = CONNECT_MS};

    (void)snprintf(url, sizeof url, "%s%s",
                   u->unix_path != NULL ? "http://localhost" : u->target, path);
    if (change && j->body != NULL) {
        req.body = j->body;
        req.len = j->len;
    }
    u->transfer = um_fetch_start(u->cfg.fetch, &req, on_transfer, u);
    if (u->transfer == NULL) {
        fail(u, UM_UNIT_UNKNOWN, "out of memory");
    }
}

/* Starts the job at the head unless one is in flight. */
static void start(struct um_unit *u)
{
    if (u->head != NULL && u->transfer == NULL && u->alarm == NULL) {
        run(u);
    }
}

static void enqueue(struct um_unit *u, struct job *j)
{
    bool idle = u->head == NULL;

    if (u->tail != NULL) {
        u->tail->next = j;
    } else {
        u->head = j;
    }
    u->tail = j;
    u->waiting++;
    if (idle) {
        start(u);
    }
}

static void submit(struct um_unit *u, struct job job)
{
    struct job *j = u->waiting < UM__CAP_UNIT_QUEUE ? malloc(sizeof *j) : NULL;
    const struct um_unit_answer busy = {
        .status = UM_UNIT_BUSY, .body = "", .text = "too many requests wait"};

    if (j == NULL || job.path == NULL) {
        free(job.before);
        free(job.path);
        free(job.body);
        free(j);
        job.done(job.user, &busy);
        return;
    }
    *j = job;
    enqueue(u, j);
}

void um_unit_get(struct um_unit *u, const char *path, um_unit_done *done,
                 void *user)
{
    submit(
        u,
        (struct job){
            .kind = A_GET, .path = strdup(path), .done = done, .user = user});
}

/* A job that has a body; no path: memory was out. */
static struct job with_body(struct job job, const char *path, const void *body)
{
    job.body = body != NULL ? malloc(job.len + 1) : NULL;
    if (job.body != NULL) {
        memcpy(job.body, body, job.len);
    }
    if (job.body != NULL || body == NULL) {
        job.path = strdup(path);
    }
    return job;
}

void um_unit_put_config(struct um_unit *u, const void *body, size_t len,
                        um_unit_done *done, void *user)
{
    const struct um_unit_replacement r = {.config = um_str_n(body, len)};

    um_unit_replace_config(u, &r, done, user);
}

void um_unit_replace_config(struct um_unit *u,
                            const struct um_unit_replacement *r,
                            um_unit_done *done, void *user)
{
    struct job job = {.kind = A_CONFIG,
                      .method = "PUT",
                      .len = r->config.len,
                      .done = done,
                      .taken = r->taken,
                      .user = user};
    const struct um_unit_answer too_big = {
        .status = UM_UNIT_REFUSED, .body = "", .text = TOO_BIG};

    if (r->config.len > UM__CAP_UNIT_CONFIG_BYTES) {
        done(user, &too_big);
        return;
    }
    if (r->before != NULL) {
        job.before = strdup(r->before); /* without memory it is looked, then */
    }
    submit(u, with_body(job, "/config", r->config.p));
}

void um_unit_change(struct um_unit *u, const struct um_unit_change *change,
                    um_unit_done *done, void *user)
{
    const struct job job = {.kind = A_CHANGE,
                            .method = change->method,
                            .len = change->len,
                            .done = done,
                            .user = user};

    submit(u, with_body(job, change->path, change->body));
}

const char *um_unit_find(bool *there)
{
    static const char *const places[] = {
        "unix:/run/control.unit.sock", "unix:/var/run/control.unit.sock",
        "unix:/run/unit/control.sock", "unix:/var/run/unit/control.sock",
        "unix:/usr/local/unit/control.unit.sock"};

    *there = true;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (access(places[i] + 5, F_OK) == 0) {
            return places[i];
        }
    }
    *there = false;
    return places[0];
}
