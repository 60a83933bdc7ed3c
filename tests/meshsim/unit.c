/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See unit.h. A request comes to Unit, which does what it does, and some time
 * later its answer comes, if it does; a node that is gone gets none, and Unit
 * has done it all the same. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"
#include "mesh/unit/shown.h"
#include "member.h"
#include "rules.h"
#include "text.h"
#include "unit_rig.h"

/* Configurations that were refused, and how often each. */
enum { REFUSED_KEPT = 64 };

struct um_fetch {
    struct unit *unit;
};

struct um_fetch_job {
    struct um_fetch_job *next;
    struct unit *unit;
    struct um_fetch_req req; /* its numbers; the pointers are stale */
    char method[8];
    char path[256];
    char *body;
    size_t len;
    um_fetch_done *done; /* NULL: nobody waits for it */
    void *user;
    unsigned run;
    bool lost_before; /* it never comes to Unit */
    bool lost_after;  /* its answer never comes */
    struct um_buf answer;
    bool answered;
};

struct refused {
    uint64_t hash;
    unsigned times;
};

struct unit {
    struct member *of;
    struct rig *rig;
    struct um_fetch fetch;
    bool python;
    bool gone;
    unsigned losing; /* so many of the next requests get lost */
    unsigned starts;
    uint64_t touched_ms; /* when something happened to it last */
    unsigned stubborn;
    struct refused refused[REFUSED_KEPT];
    size_t refused_n;
    struct um_buf shown;
};

static const char python[] =
    "{\"python\":{\"version\":\"3.11\",\"lib\":\"p.so\"}}";

static const char nothing[] =
    "{\"perl\":{\"version\":\"5.36\",\"lib\":"
    "\"l.so\"}}";

static void begin(struct unit *u)
{
    u->rig->cfg.njs = true;
    u->rig->cfg.modules_json = u->python ? python : nothing;
    rig_start(u->rig);
    u->starts++;
    u->refused_n = 0;
}

struct unit *unit_new(struct member *m, bool has_python)
{
    struct unit *u = must_alloc(sizeof *u);

    u->of = m;
    u->fetch.unit = u;
    u->python = has_python;
    u->rig = must_alloc(sizeof *u->rig);
    rig_init(u->rig);
    begin(u);
    return u;
}

void unit_free(struct unit *u)
{
    rig_fini(u->rig);
    free(u->rig);
    um_buf_fini(&u->shown);
    free(u);
}

struct um_fetch *unit_fetch(struct unit *u)
{
    return &u->fetch;
}

bool unit_takes_python(const struct unit *u)
{
    return u->python;
}

bool unit_touched(const struct unit *u, uint64_t ms)
{
    return u->touched_ms != 0 && u->touched_ms + ms > u->of->w->now;
}

unsigned unit_starts(const struct unit *u)
{
    return u->starts;
}

unsigned unit_stubborn(const struct unit *u)
{
    return u->stubborn;
}

struct um_str unit_config(struct unit *u)
{
    um_buf_clear(&u->shown);
    um_shown_compact(um_str(rig_body(u->rig, "GET", "/config", NULL)),
                     &u->shown);
    return um_buf_view(&u->shown);
}

/* ---- what happens to it */

void unit_mend(struct unit *u)
{
    u->gone = false;
    u->losing = 0;
}

static void come_back(void *arg)
{
    struct unit *u = arg;

    u->gone = false;
}

/* It starts anew: with what it ran, or with nothing. */
static void restart(struct unit *u, bool blank)
{
    world_say(u->of->w, "%s: Unit restarts%s", u->of->called,
              blank ? " blank" : "");
    um_standin_free(u->rig->s);
    for (size_t i = 0; i < RIG_FILES && blank; i++)
        u->rig->file[i].there = false;
    begin(u);
}

static void by_hand(struct unit *u)
{
    bool empty = world_chance(u->of->w, 200);
    char body[128];

    (void)snprintf(body, sizeof body,
                   "{\"listeners\":{},\"routes\":{\"hand\":[{\"action\":{"
                   "\"return\":%llu}}]}}",
                   (unsigned long long)world_between(u->of->w, 200, 599));
    world_say(u->of->w, "%s: Unit is changed by hand", u->of->called);
    (void)rig_status(u->rig, "PUT", "/config",
                     empty ? "{\"listeners\":{},\"routes\":{}}" : body);
}

void unit_trouble(struct unit *u)
{
    struct world *w = u->of->w;

    u->touched_ms = w->now;
    switch (world_dice(w, 6)) {
        case 0:
            restart(u, true);
            break;
        case 1:
            restart(u, false);
            break;
        case 2:
            world_say(w, "%s: Unit is gone", u->of->called);
            u->gone = true;
            (void)world_at(w, world_between(w, 500, 20000), NULL, come_back, u);
            break;
        case 3:
            u->losing = (unsigned)world_between(w, 1, 8);
            break;
        case 4:
            by_hand(u);
            break;
        default: /* other modules */
            u->python = !u->python;
            restart(u, false);
            break;
    }
}

/* ---- in the place of mesh/fetch */

static uint64_t hash_of(const char *p, size_t n)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)p[i]) * UINT64_C(1099511628211);
    return h;
}

/* A configuration was refused with a plain no: once more than before? */
static void note_refusal(struct unit *u, const struct um_fetch_job *j)
{
    uint64_t hash = hash_of(j->body, j->len);
    size_t i = 0;

    if (u->of->node != NULL && !u->of->dying) /* which revision it is */
        hash ^= hash_of((const char *)um_node_model(u->of->node)->own.trying.b,
                        UM_NAME_BYTES);
    if (u->of->node != NULL && !u->of->dying && text_is_bad(j->body))
        rules_touched(u->of);
    u->of->w->tally.rejected_puts++;
    while (i < u->refused_n && u->refused[i].hash != hash)
        i++;
    if (i == REFUSED_KEPT)
        return;
    if (i == u->refused_n)
        u->refused[u->refused_n++] = (struct refused){hash, 0};
    u->refused[i].times++;
    if (u->refused[i].times > u->stubborn)
        u->stubborn = u->refused[i].times;
}

static void let_go(struct um_fetch_job *j)
{
    free(j->body);
    um_buf_fini(&j->answer);
    free(j);
}

static void answer(struct um_fetch_job *j)
{
    const char *text = j->answer.p;
    const char *at = j->answered ? strstr(text, "\r\n\r\n") : NULL;
    struct um_fetch_answer a = {.status = UM_FETCH_CLOSED,
                                .text = "no answer",
                                .body = "",
                                .server = ""};

    if (j->unit->gone && !j->answered) {
        a.status = UM_FETCH_CONNECT;
    } else if (at != NULL && !j->lost_after) {
        a = (struct um_fetch_answer){.status = UM_FETCH_OK,
                                     .text = "",
                                     .code = atol(text + 9),
                                     .body = at + 4,
                                     .len = strlen(at + 4),
                                     .server = "Unit/1.35.0"};
    }
    j->done(j->user, &a);
}

static void on_answer(void *arg)
{
    struct um_fetch_job *j = arg;

    if (j->done != NULL && j->run == j->unit->of->run && !j->unit->of->dying)
        answer(j);
    let_go(j);
}

/* It comes to Unit. */
static void on_request(void *arg)
{
    struct um_fetch_job *j = arg;
    struct unit *u = j->unit;
    struct world *w = u->of->w;
    bool put = strcmp(j->method, "PUT") == 0 && strcmp(j->path, "/config") == 0;
    const char *text;

    if (!u->gone && !j->lost_before) {
        text = rig_ask(u->rig, j->method, j->path, j->body);
        um_buf_text(&j->answer, text);
        um_buf_byte(&j->answer, '\0');
        j->answered = true;
        w->tally.puts += put;
        if (put && strncmp(text, "HTTP/1.1 4", 10) == 0)
            note_refusal(u, j);
    }
    (void)world_at(w, world_between(w, 1, 30), u->of, on_answer, j);
}

struct um_fetch_job *um_fetch_start(struct um_fetch *f,
                                    const struct um_fetch_req *req,
                                    um_fetch_done *done, void *user)
{
    struct um_fetch_job *j = must_alloc(sizeof *j);
    struct unit *u = f->unit;
    struct world *w = u->of->w;
    const char *path = strchr(req->url + 7, '/');

    member_uses_port(u->of);
    j->unit = u;
    j->req = *req;
    j->done = done;
    j->user = user;
    j->run = u->of->run;
    (void)snprintf(j->method, sizeof j->method, "%s", req->method);
    (void)snprintf(j->path, sizeof j->path, "%s", path != NULL ? path : "/");
    if (req->body != NULL) {
        j->body = must_alloc(req->len + 1);
        memcpy(j->body, req->body, req->len);
        j->len = req->len;
    }
    j->lost_before = u->of->dying;
    if (u->losing > 0) {
        u->losing--;
        j->lost_before = world_chance(w, 500);
        j->lost_after = !j->lost_before;
    }
    (void)world_at(w, world_between(w, 1, 30), NULL, on_request, j);
    return j;
}

void um_fetch_cancel(struct um_fetch_job *job)
{
    job->done = NULL;
}
