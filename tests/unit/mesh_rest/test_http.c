/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The HTTP server on a loopback port, with clients of the test's own. Time is
 * the kernel's and what the test adds to it: libmicrohttpd asks the
 * clock_gettime() of this program. */
#include "mesh/rest/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

enum { CLIENTS_MAX = 128, HELD_MAX = 4, MAX_BODY = 1000 };

static time_t ahead_s; /* what the test adds to the time */

int clock_gettime(clockid_t clock, struct timespec *ts)
{
    int rv = (int)syscall(SYS_clock_gettime, clock, ts);

    ts->tv_sec += ahead_s;
    return rv;
}

struct scene {
    struct um_http *http;
    struct sockaddr_in at;
    int client[CLIENTS_MAX];
    size_t clients;
    struct um_http_req *held[HELD_MAX]; /* not answered yet */
    size_t n_held;
    bool holds;
    bool streams; /* a request is answered with a stream */
    bool heads;   /* likewise, but none is made */
    struct um_http_stream *stream;
    unsigned gone;
    unsigned asked;
    unsigned due;  /* how often it was said that something is */
    char path[64]; /* of the last request, and its argument x */
    char x[16];
    char other[16]; /* the first that is neither x nor z */
    char answer[4096];
};

static void on_gone(void *user)
{
    struct scene *s = user;

    s->gone++;
    s->stream = NULL;
}

static void handle(void *user, struct um_http_req *req)
{
    struct scene *s = user;
    static const char *const names[] = {"x", "z"};
    const char *x = um_http_query(req, "x");
    const char *other = um_http_query_other(req, names, 2);

    s->asked++;
    (void)snprintf(s->path, sizeof s->path, "%s", um_http_path(req));
    (void)snprintf(s->x, sizeof s->x, "%s", x != NULL ? x : "none");
    (void)snprintf(s->other, sizeof s->other, "%s",
                   other != NULL ? other : "none");
    if (s->heads) {
        assert_null(um_http_stream(req, "text/x", on_gone, s));
        return;
    }
    if (s->streams) {
        s->stream = um_http_stream(req, "text/x", on_gone, s);
        assert_non_null(s->stream);
        return;
    }
    if (s->holds) {
        assert_true(s->n_held < HELD_MAX);
        s->held[s->n_held++] = req;
        return;
    }
    um_http_reply(req, 200, NULL, "fine", 4);
}

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    struct um_http_cfg cfg = {.max_body = MAX_BODY, .handle = handle};
    socklen_t len = sizeof s->at;

    assert_non_null(s);
    ahead_s = 0;
    s->at.sin_family = AF_INET;
    s->at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cfg.user = s;
    cfg.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(cfg.fd, (struct sockaddr *)&s->at, len), 0);
    assert_int_equal(listen(cfg.fd, 128), 0);
    assert_int_equal(getsockname(cfg.fd, (struct sockaddr *)&s->at, &len), 0);
    s->http = um_http_new(&cfg);
    assert_non_null(s->http);
    return s;
}

static void scene_free(struct scene *s)
{
    um_http_free(s->http);
    for (size_t i = 0; i < s->clients; i++) {
        if (s->client[i] >= 0) {
            (void)close(s->client[i]);
        }
    }
    free(s);
}

/* The server does what is to be done now. */
static void run(struct scene *s)
{
    struct pollfd fd = {.fd = um_http_fd(s->http), .events = POLLIN};
    int idle = 0;

    while (idle < 3) { /* what it writes comes back as something to read */
        bool more = poll(&fd, 1, 10) > 0 || um_http_timeout_ms(s->http) == 0;

        idle = more ? 0 : idle + 1;
        um_http_run(s->http);
    }
}

/* A client at 127.0.0.n; its number. */
static size_t join(struct scene *s, unsigned n)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0 && s->clients < CLIENTS_MAX);
    from.sin_addr.s_addr = htonl(0x7f000000U + n);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&s->at, sizeof s->at), 0);
    s->client[s->clients] = fd;
    return s->clients++;
}

static void say(struct scene *s, size_t client, const char *text)
{
    (void)send(s->client[client], text, strlen(text), MSG_NOSIGNAL);
}

/* What a client has got: "" for nothing yet, "end" for an end without a
 * word. */
static const char *got(struct scene *s, size_t client)
{
    ssize_t n =
        recv(s->client[client], s->answer, sizeof s->answer - 1, MSG_DONTWAIT);

    s->answer[n > 0 ? n : 0] = '\0';
    if (n < 0) {
        struct pollfd fd = {.fd = s->client[client], .events = POLLIN};

        return poll(&fd, 1, 0) == 0 ? "" : "end"; /* a reset is one too */
    }
    return n == 0 ? "end" : s->answer;
}

static unsigned status(struct scene *s, size_t client)
{
    const char *text = got(s, client);

    return strncmp(text, "HTTP/1.1 ", 9) == 0
               ? (unsigned)strtoul(text + 9, NULL, 10)
               : 0;
}

static const char request[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

/* UM__CAP_HTTP_CONNS_PER_ADDR: one more from there gets an end, others are
 * served. */
static void test_connections_of_one_address(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    for (unsigned i = 0; i < UM__CAP_HTTP_CONNS_PER_ADDR; i++) {
        (void)join(s, 7);
    }
    run(s);
    say(s, join(s, 7), request);
    say(s, join(s, 8), request);
    say(s, 0, request);
    run(s);
    assert_string_equal(got(s, UM__CAP_HTTP_CONNS_PER_ADDR), "end");
    assert_int_equal(status(s, UM__CAP_HTTP_CONNS_PER_ADDR + 1), 200);
    assert_int_equal(status(s, 0), 200);
    /* One goes, one may come. */
    (void)close(s->client[1]);
    s->client[1] = -1;
    run(s);
    say(s, join(s, 7), request);
    run(s);
    assert_int_equal(status(s, s->clients - 1), 200);
    scene_free(s);
}

/* UM__CAP_HTTP_CONNS: one more waits or gets an end, and is not served. */
static void test_connections_of_all(void **state)
{
    struct scene *s = scene_new();
    size_t late;

    (void)state;
    for (unsigned i = 0; i < UM__CAP_HTTP_CONNS; i++) {
        (void)join(s, 10 + i / 8);
    }
    run(s);
    late = join(s, 99);
    say(s, late, request);
    say(s, 5, request);
    run(s);
    assert_int_equal(status(s, 5), 200);
    assert_int_not_equal(status(s, late), 200);
    assert_int_equal(s->asked, 1);
    for (size_t i = 0; i < 8; i++) {
        (void)close(s->client[i]);
        s->client[i] = -1;
    }
    run(s);
    say(s, join(s, 98), request);
    run(s);
    assert_int_equal(status(s, s->clients - 1), 200);
    scene_free(s);
}

/* UM__CAP_HTTP_HEAD_BYTES: what does not fit is 431 or 414, and not asked. */
static void test_a_long_head(void **state)
{
    static const char *const forms[] = {
        "GET / HTTP/1.1\r\nHost: a\r\nX: %0*d\r\n\r\n",
        "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n"};
    struct scene *s = scene_new();
    char *text = calloc(1, 3 * UM__CAP_HTTP_HEAD_BYTES);
    size_t c = join(s, 1);

    (void)state;
    assert_non_null(text);
    (void)sprintf(text, forms[0], UM__CAP_HTTP_HEAD_BYTES / 2, 0);
    say(s, c, text);
    run(s);
    assert_int_equal(status(s, c), 200);
    for (size_t i = 0; i < 2; i++) {
        c = join(s, 1);
        (void)sprintf(text, forms[i], UM__CAP_HTTP_HEAD_BYTES, 0);
        say(s, c, text);
        run(s);
        assert_int_equal(status(s, c), i == 0 ? 431 : 414);
    }
    assert_int_equal(s->asked, 1);
    free(text);
    scene_free(s);
}

/* UM__CAP_HTTP_IDLE_S of silence, before a request and inside one. */
static void test_silent_connections_end(void **state)
{
    struct scene *s = scene_new();
    size_t mute = join(s, 1), half = join(s, 1), slow = join(s, 1);

    (void)state;
    say(s, half, "GET /healthz HTTP/1.1\r\nHo");
    say(s, slow, "GET /healthz HTTP/1.1\r\n");
    run(s);
    ahead_s += UM__CAP_HTTP_SILENT_S - 1;
    say(s, slow, "Host: a\r\n");
    run(s);
    assert_string_equal(got(s, mute), "");
    assert_string_equal(got(s, half), "");
    ahead_s += 2;
    run(s);
    assert_string_equal(got(s, mute), "end");
    assert_string_equal(got(s, half), "end");
    assert_string_equal(got(s, slow), "");
    say(s, slow, "\r\n");
    run(s);
    assert_int_equal(status(s, slow), 200);
    /* Between two requests there is more time, and that has an end, too. */
    ahead_s += UM__CAP_HTTP_IDLE_S - 1;
    run(s);
    assert_string_equal(got(s, slow), "");
    ahead_s += 2;
    run(s);
    assert_string_equal(got(s, slow), "end");
    scene_free(s);
}

/* Says a letter each two seconds for so long; what came of it. */
static const char *drip(struct scene *s, size_t client, unsigned for_s)
{
    for (unsigned i = 0; i < for_s / 2; i++) {
        ahead_s += 2;
        say(s, client, "x");
        run(s);
    }
    return got(s, client);
}

/* UM__CAP_HTTP_HEAD_S, UM__CAP_HTTP_BODY_S: letters are no life without end. */
static void test_heads_and_bodies_that_drip(void **state)
{
    struct scene *s = scene_new();
    size_t head = join(s, 1), body, kept;

    (void)state;
    say(s, head, "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
    run(s);
    assert_string_equal(drip(s, head, 8), "");
    assert_string_equal(drip(s, head, 4), "end");
    body = join(s, 1);
    say(s, body, "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n");
    run(s);
    assert_string_equal(drip(s, body, 58), "");
    assert_string_equal(drip(s, body, 4), "end");
    kept = join(s, 1); /* the second head of a connection likewise */
    say(s, kept, request);
    run(s);
    assert_int_equal(status(s, kept), 200);
    say(s, kept, "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
    run(s);
    assert_string_equal(drip(s, kept, 38), "");
    assert_string_equal(drip(s, kept, 4), "end");
    assert_int_equal(s->asked, 1);
    scene_free(s);
}

/* Who waits for a late answer, or listens, is not late himself. */
static void test_waiting_is_not_dripping(void **state)
{
    struct scene *s = scene_new();
    size_t c = join(s, 1);

    (void)state;
    s->holds = true;
    say(s, c, request);
    run(s);
    ahead_s += 1000;
    run(s);
    assert_string_equal(got(s, c), "");
    um_http_reply(s->held[0], 200, NULL, "late", 4);
    run(s);
    assert_int_equal(status(s, c), 200);
    scene_free(s);
}

/* HEAD is a GET whose body is not sent. */
static void test_head(void **state)
{
    struct scene *s = scene_new();
    size_t c = join(s, 1);
    const char *text;

    (void)state;
    say(s, c, "HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    run(s);
    text = got(s, c);
    assert_memory_equal(text, "HTTP/1.1 200", 12);
    assert_non_null(strstr(text, "Content-Length: 4\r\n"));
    assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    s->heads = true;
    say(s, c, "HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n");
    run(s);
    text = got(s, c);
    assert_memory_equal(text, "HTTP/1.1 200", 12);
    assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    say(s, c, request); /* and nothing of it is left */
    s->heads = false;
    run(s);
    assert_int_equal(status(s, c), 200);
    scene_free(s);
}

static void test_a_body_above_its_cap(void **state)
{
    struct scene *s = scene_new();
    char text[MAX_BODY + 200];

    (void)state;
    for (int more = 0; more <= 1; more++) {
        size_t c = join(s, 1);

        (void)snprintf(text, sizeof text,
                       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n"
                       "\r\n%0*d",
                       MAX_BODY + more, MAX_BODY + more, 0);
        say(s, c, text);
        run(s);
        assert_int_equal(status(s, c), more == 0 ? 200 : 413);
    }
    assert_int_equal(s->asked, 1);
    scene_free(s);
}

/* One that is too big is told so before it is sent, or cut off if nobody said
 * how big it is. */
static void test_a_body_is_judged_early(void **state)
{
    struct scene *s = scene_new();
    size_t c = join(s, 1);
    char text[4 * MAX_BODY];

    (void)state;
    say(s, c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
    run(s);
    assert_int_equal(status(s, c), 413);
    c = join(s, 1);
    say(s, c,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
        "99999999999999999999\r\n\r\n");
    run(s);
    assert_int_not_equal(status(s, c), 200);
    c = join(s, 1);
    (void)snprintf(text, sizeof text,
                   "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                   "\r\n\r\n%x\r\n%0*d\r\n",
                   2 * MAX_BODY, 2 * MAX_BODY, 0);
    say(s, c, text);
    run(s);
    assert_string_equal(got(s, c), "end");
    assert_int_equal(s->asked, 0);
    scene_free(s);
}

/* UM__CAP_HTTP_FIELDS and UM__CAP_HTTP_PATH_BYTES: one more is refused. */
static void test_many_fields_and_a_long_path(void **state)
{
    struct scene *s = scene_new();
    char text[4096];

    (void)state;
    for (unsigned more = 0; more <= 1; more++) {
        size_t c = join(s, 1);
        int n = sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\n");

        for (unsigned i = 1; i < UM__CAP_HTTP_FIELDS + more; i++) {
            n += sprintf(text + n, "X%u: y\r\n", i);
        }
        (void)sprintf(text + n, "\r\n");
        say(s, c, text);
        run(s);
        assert_int_equal(status(s, c), more == 0 ? 200 : 431);
        c = join(s, 1);
        (void)snprintf(text, sizeof text,
                       "GET /%0*u HTTP/1.1\r\nHost: a\r\n\r\n",
                       (int)(UM__CAP_HTTP_PATH_BYTES - 1 + more), 0);
        say(s, c, text);
        run(s);
        assert_int_equal(status(s, c), more == 0 ? 200 : 414);
    }
    assert_int_equal(s->asked, 2);
    scene_free(s);
}

static void test_a_field_that_stands_twice(void **state)
{
    static const char *const heads[] = {
        "Host: a\r\nHost: b\r\n", "Host: a\r\nhost: a\r\n",
        "Host: a\r\nAuthorization: x\r\nAuthorization: y\r\n",
        "Host: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n"};
    struct scene *s = scene_new();
    char text[200];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t c = join(s, 1);

        (void)snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n", heads[i]);
        say(s, c, text);
        run(s);
        assert_int_equal(status(s, c), 400);
    }
    assert_int_equal(s->asked, 0);
    scene_free(s);
}

static void test_a_late_answer_and_one_to_nobody(void **state)
{
    struct scene *s = scene_new();
    size_t stays = join(s, 1), leaves;

    (void)state;
    s->holds = true;
    say(s, stays, request);
    run(s);
    leaves = join(s, 1);
    say(s, leaves, request);
    run(s);
    assert_int_equal(s->n_held, 2);
    (void)close(s->client[leaves]);
    s->client[leaves] = -1;
    run(s);
    um_http_reply(s->held[1], 200, NULL, "x", 1);
    um_http_reply(s->held[0], 201, "text/x", "late", 4);
    run(s);
    assert_int_equal(status(s, stays), 201);
    assert_non_null(strstr(s->answer, "late"));
    scene_free(s);
}

static void on_due(void *user)
{
    struct scene *s = user;

    s->due++;
}

/* A late answer leaves the connection to be closed, of which the descriptor
 * says nothing: the owner is told, who else would find out much later. */
static void test_an_end_after_a_late_answer(void **state)
{
    struct scene *s = scene_new();
    size_t c = join(s, 1);

    (void)state;
    um_http_on_due(s->http, on_due, s);
    s->holds = true;
    say(s, c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    run(s);
    assert_int_equal(s->n_held, 1);
    assert_int_equal(s->due, 0);
    um_http_reply(s->held[0], 200, NULL, "x", 1);
    assert_int_equal(s->due, 1);
    do {
        um_http_run(s->http);
    } while (um_http_timeout_ms(s->http) == 0);
    assert_int_equal(status(s, c), 200);
    assert_string_equal(got(s, c), "end");
    scene_free(s);
}

static void test_the_end_while_requests_wait(void **state)
{
    struct scene *s = scene_new();
    size_t stays = join(s, 1), leaves = join(s, 1);

    (void)state;
    s->holds = true;
    say(s, stays, request);
    say(s, leaves, request);
    run(s);
    assert_int_equal(s->n_held, 2);
    (void)close(s->client[leaves]);
    s->client[leaves] = -1;
    um_http_free(s->http);
    s->http = NULL;
    assert_int_equal(status(s, stays), 503);
    scene_free(s);
}

/* The path is as it was sent, an argument without a value is there. */
static void test_paths_and_arguments(void **state)
{
    struct scene *s = scene_new();
    static const struct {
        const char *target;
        const char *path;
        const char *x;
        const char *other;
    } all[] = {{"/a%2Fb/%zz?x=%41+b", "/a%2Fb/%zz", "A b", "none"},
               {"/a?x", "/a", "", "none"},
               {"/a?y&x&z=1", "/a", "", "y"},
               {"/a?z&x&%79%3d&y", "/a", "", "y="},
               {"/?x=", "/", "", "none"},
               {"/a?xx=1", "/a", "none", "xx"},
               {"/a?X", "/a", "", "none"},
               {"/a", "/a", "none", "none"}};
    size_t c = join(s, 1); /* one connection for all */
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
                       all[i].target);
        say(s, c, text);
        run(s);
        assert_int_equal(status(s, c), 200);
        assert_string_equal(s->path, all[i].path);
        assert_string_equal(s->x, all[i].x);
        assert_string_equal(s->other, all[i].other);
    }
    scene_free(s);
}

static void more(struct scene *s, const char *text)
{
    um_http_stream_say(s->stream, text, strlen(text));
    run(s);
}

static void test_a_stream(void **state)
{
    struct scene *s = scene_new();
    size_t c = join(s, 1), other = join(s, 1);

    (void)state;
    s->streams = true;
    say(s, c, request);
    run(s);
    more(s, "one");
    assert_int_equal(status(s, c), 200);
    assert_non_null(strstr(s->answer, "text/x"));
    assert_non_null(strstr(s->answer, "3\r\none\r\n"));
    more(s, "two");
    assert_string_equal(got(s, c), "3\r\ntwo\r\n");
    /* Silence ends no stream, and others are served meanwhile. */
    ahead_s += 2 * UM__CAP_HTTP_IDLE_S;
    s->streams = false;
    run(s);
    say(s, other, request);
    run(s);
    assert_string_equal(got(s, c), "");
    more(s, "three");
    assert_string_equal(got(s, c), "5\r\nthree\r\n");
    um_http_stream_end(s->stream);
    run(s);
    assert_string_equal(got(s, c), "0\r\n\r\n");
    assert_int_equal(s->gone, 0);
    scene_free(s);
}

static void test_a_reader_that_goes(void **state)
{
    struct scene *s = scene_new();
    size_t c = join(s, 1);

    (void)state;
    s->streams = true;
    say(s, c, request);
    run(s);
    (void)close(s->client[c]);
    s->client[c] = -1;
    for (int i = 0; i < 3 && s->stream != NULL; i++) {
        more(s, "x"); /* the kernel takes the first, perhaps */
    }
    assert_int_equal(s->gone, 1);
    scene_free(s);
}

/* UM__CAP_HTTP_STREAM_BYTES wait for a reader; with more it is cut off. */
static void test_a_slow_reader(void **state)
{
    struct scene *s = scene_new();
    size_t c = join(s, 1), held = 0;
    static char block[4096];

    (void)state;
    memset(block, 'x', sizeof block);
    s->streams = true;
    say(s, c, request);
    run(s);
    /* The kernel's buffers first, then ours. */
    while (s->stream != NULL && held < (64U << 20)) {
        um_http_stream_say(s->stream, block, sizeof block);
        um_http_run(s->http);
        held += sizeof block;
    }
    assert_true(held > UM__CAP_HTTP_STREAM_BYTES && held < (64U << 20));
    assert_int_equal(s->gone, 1);
    run(s);
    scene_free(s);
}

/* Who speaks from outside stands on a list that handlers, and the ends of
 * readers, change: neither is called before the next run. */
static void test_a_word_from_outside_runs_nothing(void **state)
{
    struct scene *s = scene_new();
    size_t leaves = join(s, 1), comes = join(s, 1);

    (void)state;
    um_http_on_due(s->http, on_due, s);
    s->streams = true;
    say(s, leaves, request);
    say(s, comes, "GET / HTTP/1.1\r\n");
    run(s);
    assert_int_equal(s->asked, 1);
    (void)close(s->client[leaves]);
    s->client[leaves] = -1;
    say(s, comes, "Host: a\r\n\r\n");
    um_http_stream_say(s->stream, "x", 1);
    assert_int_equal(s->asked, 1);
    assert_int_equal(s->gone, 0);
    assert_int_equal(s->due, 1);
    s->streams = false;
    run(s);
    assert_int_equal(s->gone, 1);
    assert_int_equal(status(s, comes), 200);
    scene_free(s);
}

/* What was answered before the end, and not yet sent, is sent. */
static void test_the_end_behind_an_answer(void **state)
{
    struct scene *s = scene_new();
    size_t c = join(s, 1);

    (void)state;
    s->holds = true;
    say(s, c, request);
    run(s);
    um_http_reply(s->held[0], 201, NULL, "x", 1);
    um_http_free(s->http);
    s->http = NULL;
    assert_int_equal(status(s, c), 201);
    scene_free(s);
}

static void test_the_end_while_streams_flow(void **state)
{
    struct scene *s = scene_new();
    size_t c = join(s, 1);

    (void)state;
    s->streams = true;
    say(s, c, request);
    run(s);
    more(s, "one");
    um_http_free(s->http);
    s->http = NULL;
    assert_int_equal(s->gone, 1);
    assert_int_equal(status(s, c), 200);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connections_of_one_address),
        cmocka_unit_test(test_connections_of_all),
        cmocka_unit_test(test_a_long_head),
        cmocka_unit_test(test_silent_connections_end),
        cmocka_unit_test(test_heads_and_bodies_that_drip),
        cmocka_unit_test(test_waiting_is_not_dripping),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_a_body_above_its_cap),
        cmocka_unit_test(test_a_body_is_judged_early),
        cmocka_unit_test(test_many_fields_and_a_long_path),
        cmocka_unit_test(test_a_field_that_stands_twice),
        cmocka_unit_test(test_a_late_answer_and_one_to_nobody),
        cmocka_unit_test(test_an_end_after_a_late_answer),
        cmocka_unit_test(test_the_end_while_requests_wait),
        cmocka_unit_test(test_paths_and_arguments),
        cmocka_unit_test(test_a_stream),
        cmocka_unit_test(test_a_reader_that_goes),
        cmocka_unit_test(test_a_slow_reader),
        cmocka_unit_test(test_a_word_from_outside_runs_nothing),
        cmocka_unit_test(test_the_end_behind_an_answer),
        cmocka_unit_test(test_the_end_while_streams_flow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
