/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Requests to a server of the test's own on a loopback port, both driven by
 * poll. */
#include "mesh/fetch/fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum { FDS_MAX = 128, BODY_MAX = 1 << 20 };

struct scene {
    struct um_fetch *fetch;
    struct pollfd fd[FDS_MAX]; /* what curl waits for */
    size_t fds;
    long timer_ms;
    int listener;
    char url[64];
    const char *says; /* what every request is answered with; NULL: nothing */
    bool closes;      /* behind the answer */
    unsigned accepted;
    unsigned served;
    int conn[FDS_MAX];
    unsigned told;
    struct um_fetch_answer last;
    char body[BODY_MAX];
    char server[256];
    char text[256];     /* what went wrong */
    const char *host;   /* the field Host of requests */
    char request[2048]; /* the last one */
};

static void watch(void *user, int fd, int events)
{
    struct scene *s = user;
    size_t i = 0;

    while (i < s->fds && s->fd[i].fd != fd) {
        i++;
    }
    if (events == 0) {
        assert_true(i < s->fds);
        s->fd[i] = s->fd[--s->fds];
        return;
    }
    assert_true(i < FDS_MAX);
    s->fds += i == s->fds;
    s->fd[i] = (struct pollfd){.fd = fd};
    s->fd[i].events |= (events & UM_FETCH_READ) != 0 ? POLLIN : 0;
    s->fd[i].events |= (events & UM_FETCH_WRITE) != 0 ? POLLOUT : 0;
}

static void timer(void *user, long ms)
{
    struct scene *s = user;

    s->timer_ms = ms;
}

static void on_done(void *user, const struct um_fetch_answer *a)
{
    struct scene *s = user;

    s->told++;
    s->last = *a;
    assert_true(a->len < BODY_MAX);
    memcpy(s->body, a->body, a->len + 1);
    (void)snprintf(s->server, sizeof s->server, "%s", a->server);
    (void)snprintf(s->text, sizeof s->text, "%s", a->text);
}

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    struct um_fetch_loop loop = {.watch = watch, .timer = timer};

    assert_non_null(s);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(s->listener, 128), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u/config",
                   ntohs(at.sin_port));
    s->timer_ms = -1;
    loop.user = s;
    s->fetch = um_fetch_new(&loop);
    assert_non_null(s->fetch);
    return s;
}

static void scene_free(struct scene *s)
{
    um_fetch_free(s->fetch);
    for (unsigned i = 0; i < s->accepted; i++) {
        (void)close(s->conn[i]);
    }
    (void)close(s->listener);
    free(s);
}

static struct um_fetch_job *get(struct scene *s, const char *url, size_t most,
                                long timeout_ms)
{
    const struct um_fetch_req req = {.method = "GET",
                                     .url = url,
                                     .host = s->host,
                                     .max_answer = most,
                                     .timeout_ms = timeout_ms,
                                     .connect_ms = timeout_ms};

    return um_fetch_start(s->fetch, &req, on_done, s);
}

/* The server answers a request. */
static void serve(struct scene *s, int fd)
{
    ssize_t n = recv(fd, s->request, sizeof s->request - 1, 0);

    assert_true(n > 0);
    s->request[n] = '\0';
    assert_true(send(fd, s->says, strlen(s->says), MSG_NOSIGNAL) > 0);
    if (s->closes) {
        (void)shutdown(fd, SHUT_RDWR);
    }
}

/* The server's part of a round. */
static void serve_all(struct scene *s)
{
    struct pollfd fd = {.fd = s->listener, .events = POLLIN};

    while (poll(&fd, 1, 0) == 1) {
        assert_true(s->accepted < FDS_MAX);
        s->conn[s->accepted] = accept(s->listener, NULL, NULL);
        assert_true(s->conn[s->accepted++] >= 0);
    }
    for (unsigned i = s->served; s->says != NULL && i < s->accepted; i++) {
        fd.fd = s->conn[i];
        if (i == s->served && poll(&fd, 1, 10) == 1) {
            serve(s, s->conn[i]);
            s->served++;
        }
    }
}

/* One round for both. */
static void step(struct scene *s)
{
    struct pollfd fd[FDS_MAX];
    size_t n = s->fds;

    serve_all(s);
    memcpy(fd, s->fd, n * sizeof *fd);
    if (poll(fd, n,
             s->timer_ms >= 0 && s->timer_ms < 10 ? (int)s->timer_ms : 10) ==
        0) {
        um_fetch_on_timer(s->fetch); /* early, perhaps: curl looks itself */
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int events = 0;

        events |= (fd[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0
                      ? UM_FETCH_READ
                      : 0;
        events |= (fd[i].revents & POLLOUT) != 0 ? UM_FETCH_WRITE : 0;
        if (events != 0) {
            um_fetch_on_fd(s->fetch, fd[i].fd, events);
        }
    }
}

/* How a GET ends that the server answers so. */
static enum um_fetch_status ask(struct scene *s, const char *says, bool closes,
                                size_t most)
{
    unsigned before = s->told;

    s->says = says;
    s->closes = closes;
    assert_non_null(get(s, s->url, most, 5000));
    while (s->told == before) {
        step(s);
    }
    return s->last.status;
}

static void test_an_answer(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    assert_int_equal(
        ask(s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true, 100),
        UM_FETCH_OK);
    assert_int_equal(s->last.code, 200);
    assert_string_equal(s->body, "hello");
    assert_int_equal(
        ask(s, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", true, 100),
        UM_FETCH_OK);
    assert_int_equal(s->last.code, 404);
    assert_int_equal(s->accepted, 2); /* no connection is used twice */
    scene_free(s);
}

/* What an answer says of who gave it; only as much as it may be. */
static void test_who_answers(void **state)
{
    static const struct {
        const char *field;
        const char *server;
    } rows[] = {
        {"Server: Unit/1.35.0\r\n", "Unit/1.35.0"},
        {"sERVER:\t a b \r\n", "a b"},
        {"Server:\r\n", ""},
        {"X-Server: x\r\n", ""},
        {"", ""},
        {"Server: 0123456789012345678901234567890123456789"
         "01234567890123456789012\r\n",
         "012345678901234567890123456789012345678901234567890123456789012"},
        {"Server: 0123456789012345678901234567890123456789"
         "012345678901234567890123\r\n",
         ""},
    };
    struct scene *s = scene_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char says[256];

        (void)snprintf(says, sizeof says,
                       "HTTP/1.1 200 OK\r\n%sContent-Length: 0\r\n\r\n",
                       rows[i].field);
        assert_int_equal(ask(s, says, true, 100), UM_FETCH_OK);
        assert_string_equal(s->server, rows[i].server);
    }
    scene_free(s);
}

static void test_an_answer_with_a_cap(void **state)
{
    static const char by_chunks[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n";
    const char *const says[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", by_chunks,
        "HTTP/1.1 200 OK\r\n\r\n0123456789"};
    struct scene *s = scene_new();

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ask(s, says[i], true, 10), UM_FETCH_OK);
        assert_string_equal(s->body, "0123456789");
        assert_int_equal(ask(s, says[i], true, 9), UM_FETCH_TOO_BIG);
        assert_true(s->last.len <= 9);
    }
    scene_free(s);
}

static void test_an_answer_that_is_cut_off(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    assert_int_equal(
        ask(s, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012", true, 100),
        UM_FETCH_CLOSED);
    assert_int_equal(ask(s,
                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
                         "\r\n\r\n5\r\n012",
                         true, 100),
                     UM_FETCH_CLOSED);
    scene_free(s);
}

static void test_no_redirect_is_followed(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    assert_int_equal(ask(s,
                         "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"
                         "Content-Length: 0\r\n\r\n",
                         true, 100),
                     UM_FETCH_OK);
    assert_int_equal(s->last.code, 302);
    assert_int_equal(s->accepted, 1);
    scene_free(s);
}

static void test_the_field_host(void **state)
{
    static const char says[] = "HTTP/1.1 204 No Content\r\n\r\n";
    struct scene *s = scene_new();

    (void)state;
    assert_int_equal(ask(s, says, true, 100), UM_FETCH_OK);
    assert_non_null(strstr(s->request, "\r\nHost: 127.0.0.1:"));
    s->host = "shop.example";
    assert_int_equal(ask(s, says, true, 100), UM_FETCH_OK);
    assert_non_null(strstr(s->request, "\r\nHost: shop.example\r\n"));
    assert_null(strstr(s->request, "Host: 127"));
    scene_free(s);
}

static void test_silence_has_an_end(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    assert_non_null(get(s, s->url, 100, 100));
    while (s->told == 0) {
        step(s);
    }
    assert_int_equal(s->last.status, UM_FETCH_TIMEOUT);
    scene_free(s);
}

static void test_nobody_there(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    (void)close(s->listener);
    s->listener = -1;
    assert_non_null(get(s, s->url, 100, 5000));
    while (s->told == 0) {
        step(s);
    }
    assert_int_equal(s->last.status, UM_FETCH_CONNECT);
    scene_free(s);
}

/* Of a socket the words are those of a socket: it has neither host nor port. */
static void test_no_such_socket(void **state)
{
    const struct um_fetch_req req = {.url = "http://localhost/config",
                                     .unix_path = "/none/control.sock",
                                     .method = "GET",
                                     .max_answer = 100,
                                     .connect_ms = 5000,
                                     .timeout_ms = 5000};
    struct scene *s = scene_new();

    (void)state;
    assert_non_null(um_fetch_start(s->fetch, &req, on_done, s));
    while (s->told == 0) {
        step(s);
    }
    assert_int_equal(s->last.status, UM_FETCH_CONNECT);
    assert_null(strstr(s->text, "localhost"));
    assert_null(strstr(s->text, "port"));
    scene_free(s);
}

static void test_plain_http_alone_and_no_proxy(void **state)
{
    static const char *const urls[] = {"file:///etc/passwd", "https://[::1]:1/",
                                       "ftp://[::1]/x", "gopher://[::1]/x"};
    struct scene *s = scene_new();

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_non_null(get(s, urls[i], 100, 5000));
        while (s->told <= i) {
            step(s);
        }
        assert_int_equal(s->last.status, UM_FETCH_FAILED);
        assert_int_equal(s->last.len, 0);
    }
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(
        ask(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true, 100),
        UM_FETCH_OK);
    scene_free(s);
}

static bool nowhere(const uint8_t *ip, size_t len)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};

    assert_int_equal(len, 4);
    assert_memory_equal(ip, loopback, 4);
    return false;
}

static bool anywhere(const uint8_t *ip, size_t len)
{
    return ip != NULL && len == 4;
}

/* As a webhook is sent. */
static enum um_fetch_status post(struct scene *s, um_fetch_may *may)
{
    static const char *const fields[] = {"X-One: 1", "X-Two: 2"};
    const struct um_fetch_req req = {.method = "POST",
                                     .url = s->url,
                                     .verified = true,
                                     .may = may,
                                     .fields = fields,
                                     .n_fields = 2,
                                     .body = "{}",
                                     .len = 2,
                                     .max_answer = 100,
                                     .timeout_ms = 5000,
                                     .connect_ms = 5000};
    unsigned before = s->told;

    s->says = "HTTP/1.1 204 No Content\r\n\r\n";
    s->closes = true;
    assert_non_null(um_fetch_start(s->fetch, &req, on_done, s));
    while (s->told == before) {
        step(s);
    }
    return s->last.status;
}

/* The address is looked at when it is connected to, not when a name is said. */
static void test_an_address_that_may_not_be_asked(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    assert_int_equal(post(s, nowhere), UM_FETCH_CONNECT);
    assert_string_equal(s->text, "its address is one that may not be asked");
    assert_int_equal(s->accepted, 0);
    assert_int_equal(post(s, anywhere), UM_FETCH_OK);
    assert_int_equal(s->last.code, 204);
    assert_non_null(strstr(s->request, "\r\nX-One: 1\r\n"));
    assert_non_null(strstr(s->request, "\r\nX-Two: 2\r\n"));
    scene_free(s);
}

static void test_what_is_no_url(void **state)
{
    static const char *const wrong[] = {"",
                                        "h",
                                        "//h/",
                                        "ftp://h/",
                                        "file:///etc/x",
                                        "unix:/x",
                                        "http://",

                                        "gopher://h",
                                        "https://u@h/",
                                        "http://h:99999/",
                                        "http://u:p@h/"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_non_null(um_fetch_url_wrong(wrong[i]));
    }
    assert_null(um_fetch_url_wrong("http://h"));
    assert_null(um_fetch_url_wrong("https://[::1]:8443/a/b?c=d"));
}

/* UM__CAP_FETCH_ACTIVE, and room for one more when one ends. */
static void test_requests_beyond_the_cap_are_refused(void **state)
{
    struct scene *s = scene_new();
    struct um_fetch_job *job = NULL;

    (void)state;
    for (unsigned i = 0; i < UM__CAP_FETCH_ACTIVE; i++) {
        job = get(s, s->url, 100, 5000);
        assert_non_null(job);
    }
    assert_null(get(s, s->url, 100, 5000));
    um_fetch_cancel(job);
    assert_non_null(get(s, s->url, 100, 5000));
    assert_null(get(s, s->url, 100, 5000));
    s->says = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    s->closes = true;
    while (s->told < UM__CAP_FETCH_ACTIVE) {
        step(s);
    }
    assert_non_null(get(s, s->url, 100, 5000));
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer),
        cmocka_unit_test(test_who_answers),
        cmocka_unit_test(test_an_answer_with_a_cap),
        cmocka_unit_test(test_an_answer_that_is_cut_off),
        cmocka_unit_test(test_no_redirect_is_followed),
        cmocka_unit_test(test_the_field_host),
        cmocka_unit_test(test_silence_has_an_end),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_no_such_socket),
        cmocka_unit_test(test_plain_http_alone_and_no_proxy),
        cmocka_unit_test(test_an_address_that_may_not_be_asked),
        cmocka_unit_test(test_what_is_no_url),
        cmocka_unit_test(test_requests_beyond_the_cap_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
