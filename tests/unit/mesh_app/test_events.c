/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Events, with the server's part played by the test: who listens is a number,
 * and what he was sent a text. */
#include "mesh/app/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/base/buf.h"
#include "unit.h"

enum { FIRST = 1000000 };

struct um_http_req {
    const char *last;  /* Last-Event-ID */
    const char *since; /* the argument */
    unsigned status;   /* of an answer that is no stream */
    struct um_http_stream *stream;
};

struct um_http_stream {
    struct um_http_req *req;
    struct um_buf sent;
    void (*gone)(void *user);
    void *user;
    bool fails; /* the reader is gone, which the next write shows */
    bool ended;
};

struct um_http_stream *um_http_stream(struct um_http_req *req, const char *type,
                                      void (*gone)(void *user), void *user)
{
    struct um_http_stream *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_string_equal(type, "text/event-stream");
    *s = (struct um_http_stream){.req = req, .gone = gone, .user = user};
    req->stream = s;
    return s;
}

void um_http_stream_say(struct um_http_stream *s, const char *text, size_t len)
{
    assert_false(s->ended);
    if (s->fails) {
        s->ended = true;
        s->gone(s->user);
        return;
    }
    um_buf_add(&s->sent, text, len);
}

void um_http_stream_end(struct um_http_stream *s)
{
    assert_false(s->ended);
    s->ended = true;
}

const char *um_http_header(const struct um_http_req *req, const char *name)
{
    return strcmp(name, "Last-Event-ID") == 0 ? req->last : NULL;
}

const char *um_http_query(const struct um_http_req *req, const char *name)
{
    return strcmp(name, "since") == 0 ? req->since : NULL;
}

const char *um_http_client(const struct um_http_req *req)
{
    (void)req;
    return "";
}

void um_http_reply_header(struct um_http_req *req, const char *name,
                          const char *value)
{
    (void)req;
    (void)name;
    (void)value;
}

void um_http_reply(struct um_http_req *req, unsigned status, const char *type,
                   const void *body, size_t len)
{
    (void)type;
    (void)body;
    (void)len;
    req->status = status;
}

/* One alarm, that the test lets go off. */
struct clock {
    void (*fn)(void *arg);
    void *arg;
};

static void *set_alarm(void *user, uint64_t ms, void (*fn)(void *arg),
                       void *arg)
{
    struct clock *c = user;

    assert_int_equal(ms, UM_EVENTS_BEAT_MS);
    assert_null(c->fn);
    c->fn = fn;
    c->arg = arg;
    return c;
}

static void clear_alarm(void *user, void *alarm)
{
    struct clock *c = user;

    if (alarm != NULL) {
        c->fn = NULL;
    }
}

struct scene {
    struct clock clock;
    struct um_alarms alarms;
    struct um_events *e;
};

static void begin(struct scene *s)
{
    *s = (struct scene){.alarms = {.set = set_alarm, .clear = clear_alarm}};
    s->alarms.user = &s->clock;
    s->e = um_events_new(&s->alarms, FIRST);
    assert_non_null(s->e);
}

static void add(struct scene *s, const char *name)
{
    const struct um_happening what = {name, UM_STR("r2.9f3c"),
                                      UM_STR("it \"runs\"\n")};

    um_events_add(s->e, 77, &what);
}

/* What a listener was sent since the last time. */
static const char *sent(struct um_http_req *r)
{
    static char text[65536];
    struct um_buf *b = &r->stream->sent;

    (void)snprintf(text, sizeof text, "%.*s", (int)b->len,
                   b->p != NULL ? b->p : "");
    um_buf_clear(b);
    return text;
}

static void close_req(struct um_http_req *r)
{
    if (r->stream != NULL) {
        assert_true(r->stream->ended);
        um_buf_fini(&r->stream->sent);
        free(r->stream);
    }
}

static void test_one_listens(void **state)
{
    struct um_http_req r = {.status = 0};
    struct scene s;

    (void)state;
    begin(&s);
    add(&s, "before");
    um_events_listen(s.e, &r);
    assert_string_equal(sent(&r), ":\n\n");
    add(&s, "applied");
    assert_string_equal(sent(&r),
                        "id: 1000001\nevent: applied\ndata: {\"event\":"
                        "\"applied\",\"number\":1000001,\"wall_ms\":77,"
                        "\"about\":\"r2.9f3c\",\"text\":\"it \\\"runs"
                        "\\\"\\u000a\"}\n\n");
    /* A beat while nothing happens, again and again. */
    for (int i = 0; i < 2; i++) {
        void (*fn)(void *arg) = s.clock.fn;

        assert_non_null(fn);
        s.clock.fn = NULL;
        fn(s.clock.arg);
        assert_string_equal(sent(&r), ":\n\n");
    }
    um_events_free(s.e);
    assert_null(s.clock.fn);
    close_req(&r);
}

static void test_one_comes_back(void **state)
{
    struct um_http_req r = {.last = "1000000"}, q = {.since = "1000002"};
    struct scene s;
    const char *text;

    (void)state;
    begin(&s);
    add(&s, "a");
    add(&s, "b");
    add(&s, "c");
    um_events_listen(s.e, &r);
    text = sent(&r);
    assert_null(strstr(text, "missed"));
    assert_null(strstr(text, "id: 1000000"));
    assert_true(strstr(text, "id: 1000001") < strstr(text, "id: 1000002"));
    um_events_listen(s.e, &q);
    assert_string_equal(sent(&q), ":\n\n");
    um_events_free(s.e);
    close_req(&r);
    close_req(&q);
}

/* UM__CAP_EVENTS_KEPT: what is older is missed, and that is said; so is what a
 * number from elsewhere may stand for. */
static void test_old_events_are_missed(void **state)
{
    static const char *const lost[] = {"1000000", "5", "99999999"};
    struct um_http_req r = {.last = "1000001"};
    struct scene s;
    const char *text;

    (void)state;
    begin(&s);
    for (unsigned i = 0; i < UM__CAP_EVENTS_KEPT + 2; i++) {
        add(&s, "x");
    }
    um_events_listen(s.e, &r);
    text = sent(&r);
    assert_null(strstr(text, "missed"));
    assert_non_null(strstr(text, "id: 1000002\n"));
    assert_non_null(strstr(text, "id: 1000257\n"));
    for (size_t i = 0; i < 3; i++) {
        struct um_http_req q = {.last = lost[i]};

        um_events_listen(s.e, &q);
        text = sent(&q);
        assert_non_null(strstr(text,
                               "event: missed\ndata: {\"event\":"
                               "\"missed\",\"first\":1000002}"));
        assert_non_null(strstr(text, "id: 1000002\n"));
        q.stream->fails = true;
        add(&s, "seen"); /* one more goes, and the reader is gone */
        close_req(&q);
        um_events_free(s.e);
        close_req(&r);
        r = (struct um_http_req){.last = "1000001"};
        begin(&s);
        for (unsigned k = 0; k < UM__CAP_EVENTS_KEPT + 2; k++) {
            add(&s, "x");
        }
        um_events_listen(s.e, &r);
    }
    um_events_free(s.e);
    close_req(&r);
}

/* UM__CAP_EVENTS_LISTENERS: one more is told so, until one is gone. */
static void test_too_many_listen(void **state)
{
    struct um_http_req r[UM__CAP_EVENTS_LISTENERS] = {{.status = 0}};
    struct um_http_req more = {.status = 0}, late = {.status = 0};
    struct um_http_req odd = {.last = "12x"};
    struct scene s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < UM__CAP_EVENTS_LISTENERS; i++) {
        um_events_listen(s.e, &r[i]);
        assert_non_null(r[i].stream);
    }
    um_events_listen(s.e, &odd);
    assert_int_equal(odd.status, 400);
    um_events_listen(s.e, &more);
    assert_int_equal(more.status, 503);
    assert_null(more.stream);
    r[3].stream->fails = true;
    add(&s, "x");
    um_events_listen(s.e, &late);
    assert_non_null(late.stream);
    um_events_free(s.e);
    close_req(&late);
    for (size_t i = 0; i < UM__CAP_EVENTS_LISTENERS; i++) {
        close_req(&r[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_listens),
        cmocka_unit_test(test_one_comes_back),
        cmocka_unit_test(test_old_events_are_missed),
        cmocka_unit_test(test_too_many_listen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
