/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See events.h. An event is kept as it is sent. Who comes back behind a number
 * gets what was kept since; if something is not kept any more, he is told that
 * he missed it, and looks at the whole again.
 */
#include "mesh/app/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/app/answer.h"

#define BEAT ":\n\n"

/* Who listens. */
struct listener {
    struct listener *next;
    struct um_events *e;
    struct um_http_stream *stream;
    bool gone; /* while it was written to */
};

struct um_events {
    const struct um_alarms *alarms;
    uint64_t first; /* the number of the first that is kept */
    uint64_t next;  /* of the next */
    struct um_buf kept[UM__CAP_EVENTS_KEPT]; /* by number */
    struct listener *listeners;
    size_t listeners_n;
    void *beat;
    um_events_heard *heard; /* or NULL */
    void *heard_user;
};

struct um_events *um_events_new(const struct um_alarms *alarms,
                                uint64_t wall_ms)
{
    struct um_events *e = calloc(1, sizeof *e);

    if (e != NULL) {
        e->alarms = alarms;
        e->first = e->next = wall_ms;
    }
    return e;
}

void um_events_tell(struct um_events *e, um_events_heard *heard, void *user)
{
    e->heard = heard;
    e->heard_user = user;
}

static struct um_buf *slot(struct um_events *e, uint64_t number)
{
    return &e->kept[number % UM__CAP_EVENTS_KEPT];
}

/* The server says that a reader is gone. */
static void on_gone(void *user)
{
    struct listener *l = user;

    l->stream = NULL;
    l->gone = true;
}

/* Forgets those who are gone. */
static void sweep(struct um_events *e)
{
    struct listener **at = &e->listeners;

    while (*at != NULL) {
        struct listener *l = *at;

        if (l->gone) {
            *at = l->next;
            e->listeners_n--;
            free(l);
        } else {
            at = &l->next;
        }
    }
}

static void say(struct listener *l, struct um_str text)
{
    if (!l->gone && text.len > 0) {
        um_http_stream_say(l->stream, text.p, text.len);
    }
}

static void on_beat(void *arg);

static void set_beat(struct um_events *e)
{
    if (e->beat == NULL && e->listeners != NULL) {
        e->beat =
            e->alarms->set(e->alarms->user, UM_EVENTS_BEAT_MS, on_beat, e);
    }
}

static void say_all(struct um_events *e, struct um_str text)
{
    for (struct listener *l = e->listeners; l != NULL; l = l->next) {
        say(l, text);
    }
    sweep(e);
    set_beat(e);
}

static void on_beat(void *arg)
{
    struct um_events *e = arg;

    e->beat = NULL;
    say_all(e, UM_STR(BEAT));
}

void um_events_free(struct um_events *e)
{
    if (e == NULL) {
        return;
    }
    e->alarms->clear(e->alarms->user, e->beat);
    for (struct listener *l = e->listeners; l != NULL; l = l->next) {
        if (!l->gone) {
            um_http_stream_end(l->stream);
            l->gone = true;
        }
    }
    sweep(e);
    for (size_t i = 0; i < UM__CAP_EVENTS_KEPT; i++) {
        um_buf_fini(&e->kept[i]);
    }
    free(e);
}

/* An event as it is told. */
static void write_json(struct um_json *j, uint64_t number, uint64_t wall_ms,
                       const struct um_happening *what)
{
    um_json_init(j);
    um_json_text(j, "event", what->name);
    um_json_uint(j, "number", number);
    um_json_uint(j, "wall_ms", wall_ms);
    if (what->about.len > 0) {
        um_json_str(j, "about", what->about);
    }
    um_json_str(j, "text", what->text);
}

void um_events_add(struct um_events *e, uint64_t wall_ms,
                   const struct um_happening *what)
{
    uint64_t number = e->next++;
    struct um_buf *out = slot(e, number);
    struct um_json j;
    struct um_str json;

    if (e->next - e->first > UM__CAP_EVENTS_KEPT) {
        e->first++;
    }
    write_json(&j, number, wall_ms, what);
    json.p = um_json_finish(&j, &json.len); /* one line, with its end */
    um_buf_clear(out);
    um_buf_fmt(out, "id: %" PRIu64 "\nevent: %s\ndata: ", number, what->name);
    um_buf_str(out, json);
    um_buf_byte(out, '\n');
    if (um_buf_failed(out) || um_buf_failed(&j.buf)) {
        um_buf_clear(out); /* a number that is missed */
    }
    say_all(e, um_buf_view(out));
    if (e->heard != NULL && !um_buf_failed(&j.buf)) {
        e->heard(e->heard_user, number, wall_ms, what, json);
    }
    um_json_fini(&j);
}

/* Sends what was kept since a number. */
static void catch_up(struct um_events *e, struct listener *l, uint64_t since)
{
    char missed[96];

    if (since + 1 < e->first || since >= e->next) {
        (void)snprintf(missed, sizeof missed,
                       "event: missed\ndata: {\"event\":\"missed\","
                       "\"first\":%" PRIu64 "}\n\n",
                       e->first);
        say(l, um_str(missed));
        since = e->first - 1;
    }
    for (uint64_t n = since + 1; n < e->next; n++) {
        say(l, um_buf_view(slot(e, n)));
    }
}

/* Behind which number it goes on; false: that is no number. */
static bool read_since(const struct um_events *e, struct um_http_req *req,
                       uint64_t *since)
{
    const char *texts[] = {um_http_query(req, "since"),
                           um_http_header(req, "Last-Event-ID")};

    *since = e->next - 1;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t n = texts[i] != NULL ? um_str_decimal(um_str(texts[i])) : 0;

        if (n < 0) {
            return false;
        }
        if (texts[i] != NULL) {
            *since = (uint64_t)n;
        }
    }
    return true;
}

void um_events_listen(struct um_events *e, struct um_http_req *req)
{
    struct listener *l;
    uint64_t since;

    if (!read_since(e, req, &since)) {
        um_answer_error(req, 400, "Invalid request.",
                        "Last-Event-ID is the number of an event.");
        return;
    }
    sweep(e);
    if (e->listeners_n == UM__CAP_EVENTS_LISTENERS) {
        um_http_reply_header(req, "Retry-After", "60");
        um_answer_error(req, 503, "Too many listen.", NULL);
        return;
    }
    l = calloc(1, sizeof *l);
    if (l == NULL) {
        um_answer_error(req, 500, "Out of memory.", NULL);
        return;
    }
    l->e = e;
    l->stream = um_http_stream(req, "text/event-stream", on_gone, l);
    if (l->stream == NULL) {
        free(l);
        return;
    }
    l->next = e->listeners;
    e->listeners = l;
    e->listeners_n++;
    say(l, UM_STR(BEAT)); /* the head goes out now */
    catch_up(e, l, since);
    set_beat(e);
}
