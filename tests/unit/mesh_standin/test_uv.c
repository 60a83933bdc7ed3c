/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The stand-in on libuv, over sockets of a folder of its own. */
#include "mesh/standin/uv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "p2p/err.h"
#include "unit.h"

struct here {
    char dir[64];
    char control[80];
    char state[80];
    uv_loop_t loop;
    struct um_standin_uv *u;
    char answer[65536];
};

static int start_standin(struct here *h)
{
    struct um_standin_uv_cfg cfg = {
        .control = h->control, .state = h->state, .root = h->dir};

    return um_standin_uv_new(&h->loop, &cfg, &h->u);
}

static int setup(void **state)
{
    struct here *h = calloc(1, sizeof(*h));

    strcpy(h->dir, "/tmp/um-uv-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    snprintf(h->control, sizeof(h->control), "unix:%s/c", h->dir);
    snprintf(h->state, sizeof(h->state), "%s/state", h->dir);
    assert_int_equal(uv_loop_init(&h->loop), 0);
    assert_int_equal(start_standin(h), 0);
    *state = h;
    return 0;
}

static void on_end(void *arg)
{
    bool *ended = arg;

    *ended = true;
}

static void end_standin(struct here *h)
{
    bool ended = false;

    um_standin_uv_close(h->u, on_end, &ended);
    while (!ended)
        uv_run(&h->loop, UV_RUN_ONCE);
    h->u = NULL;
}

static int teardown(void **state)
{
    struct here *h = *state;
    char command[128];

    if (h->u != NULL)
        end_standin(h);
    uv_run(&h->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&h->loop), 0);
    snprintf(command, sizeof(command), "rm -r '%s'", h->dir);
    assert_int_equal(system(command), 0);
    free(h);
    return 0;
}

/* A connection to a socket in the folder; -1 if there is none. */
static int connect_to(const struct here *h, const char *name)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s", h->dir, name);
    if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Runs the loop until fd is at its end; what came is h->answer. */
static void read_to_end(struct here *h, int fd)
{
    size_t len = 0;

    for (;;) {
        ssize_t n = read(fd, h->answer + len, sizeof(h->answer) - 1 - len);

        if (n == 0 || (n < 0 && errno == ECONNRESET))
            break;
        if (n > 0)
            len += (size_t)n;
        else
            uv_run(&h->loop, UV_RUN_ONCE);
    }
    h->answer[len] = '\0';
    close(fd);
}

static const char *talk(struct here *h, const char *socket_name,
                        const char *request)
{
    int fd = connect_to(h, socket_name);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, request, strlen(request)),
                     (ssize_t)strlen(request));
    read_to_end(h, fd);
    return h->answer;
}

static void has(const char *answer, const char *what)
{
    if (strstr(answer, what) == NULL)
        fail_msg("no %s in\n%s", what, answer);
}

static void put_config(struct here *h)
{
    has(talk(h, "c",
             "PUT /config HTTP/1.1\r\n\r\n{\"listeners\": {\"unix:/l\": "
             "{\"pass\": \"routes\"}}, \"routes\": [{\"action\": {\"return\": "
             "201}}]}"),
        "Reconfiguration done.");
}

static void test_control_and_listener(void **state)
{
    struct here *h = *state;

    has(talk(h, "c", "GET /config HTTP/1.1\r\n\r\n"), "\"listeners\": {}");
    put_config(h);
    has(talk(h, "l", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
        "HTTP/1.1 201 Created\r\n");
    has(talk(h, "c", "GET /status/requests/total HTTP/1.1\r\n\r\n"),
        "\r\n\r\n1\r\n");
    has(talk(h, "c", "DELETE /config HTTP/1.1\r\n\r\n"), "done");
    assert_int_equal(connect_to(h, "l"), -1);
}

static void test_a_new_process_on_the_same_folder(void **state)
{
    struct here *h = *state;

    put_config(h);
    end_standin(h);
    assert_int_equal(connect_to(h, "c"), -1);
    assert_int_equal(connect_to(h, "l"), -1);
    assert_int_equal(start_standin(h), 0);
    has(talk(h, "l", "GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 201 Created\r\n");
}

static void test_an_apply_that_takes_time(void **state)
{
    struct here *h = *state;

    um_standin_faults(um_standin_uv_core(h->u))->apply_delay_ns = 3000000;
    put_config(h);
    has(talk(h, "l", "GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 201 Created\r\n");
}

static void test_a_restart_cuts_connections(void **state)
{
    struct here *h = *state;
    int fd[2];

    put_config(h);
    fd[0] = connect_to(h, "c");
    fd[1] = connect_to(h, "l");
    assert_int_equal(write(fd[1], "GET / HT", 8), 8);
    for (unsigned i = 0; i < 10; i++)
        uv_run(&h->loop, UV_RUN_NOWAIT);
    um_standin_uv_restart(h->u, UM_STANDIN_RESTART_PLAIN);
    read_to_end(h, fd[0]);
    assert_string_equal(h->answer, "");
    read_to_end(h, fd[1]);
    assert_string_equal(h->answer, "");
    has(talk(h, "l", "GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 201 Created\r\n");
}

/* A long answer to a peer that reads late is written all the same. */
static void test_a_long_answer(void **state)
{
    static const char begin[] =
        "{\"routes\": [{\"action\": {\"return\": 200, \"location\": \"";
    static char body[3 << 20];
    struct here *h = *state;
    size_t len, got = 0;
    int fd = connect_to(h, "c");
    char head[128];
    ssize_t n = 0;

    len = sizeof(body) - 100;
    memset(body, 'x', len);
    memcpy(body, begin, sizeof(begin) - 1);
    memcpy(body + len - 5, "\"}}]}", 5);
    n = snprintf(head, sizeof(head),
                 "PUT /config HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", len);
    assert_int_equal(write(fd, head, (size_t)n), n);
    for (size_t at = 0; at < len;) {
        n = write(fd, body + at, len - at);
        at += n > 0 ? (size_t)n : 0;
        uv_run(&h->loop, UV_RUN_NOWAIT);
    }
    read_to_end(h, fd);
    has(h->answer, "Reconfiguration done.");
    fd = connect_to(h, "c");
    assert_int_equal(write(fd, "GET /config HTTP/1.1\r\n\r\n", 24), 24);
    for (unsigned i = 0; i < 50; i++)
        uv_run(&h->loop, UV_RUN_NOWAIT);
    for (;;) {
        n = read(fd, body, sizeof(body));
        if (n == 0)
            break;
        got += n > 0 ? (size_t)n : 0;
        uv_run(&h->loop, UV_RUN_NOWAIT);
    }
    assert_true(got > len);
    close(fd);
}

static void test_addresses_that_cannot_be(void **state)
{
    struct here *h = *state;
    struct um_standin_uv_cfg cfg = {.control = "nowhere", .state = h->state};
    struct um_standin_uv *u = NULL;
    const char *tcp;

    assert_int_equal(um_standin_uv_new(&h->loop, &cfg, &u), P2P_EINVAL);
    cfg.control = "unix:/no/such/folder/c";
    assert_int_equal(um_standin_uv_new(&h->loop, &cfg, &u), P2P_ENOTFOUND);
    cfg.control = "127.0.0.1:0";
    cfg.state = "/no/such/folder/state";
    assert_int_equal(um_standin_uv_new(&h->loop, &cfg, &u), P2P_EIO);
    cfg.state = h->state;
    cfg.modules_json = "[]";
    assert_int_equal(um_standin_uv_new(&h->loop, &cfg, &u), P2P_EFORMAT);
    cfg.modules_json = NULL;
    assert_int_equal(um_standin_uv_new(&h->loop, &cfg, &u), 0);
    tcp = um_standin_uv_control(u);
    assert_memory_equal(tcp, "127.0.0.1:", 10);
    assert_true(atoi(tcp + 10) > 0);
    cfg.control = tcp;
    {
        struct um_standin_uv *second = NULL;

        assert_int_equal(um_standin_uv_new(&h->loop, &cfg, &second),
                         P2P_EADDRINUSE);
    }
    um_standin_uv_close(u, NULL, NULL);
}

/* Opens connections to the listener; how many are not closed at once. */
static size_t open_many(struct here *h, int *fd, size_t count)
{
    size_t open = 0;

    for (size_t i = 0; i < count; i++) {
        fd[i] = connect_to(h, "l");
        for (unsigned k = 0; fd[i] < 0 && k < 100; k++) {
            uv_run(&h->loop, UV_RUN_NOWAIT);
            fd[i] = connect_to(h, "l"); /* the backlog was full */
        }
        assert_true(fd[i] >= 0);
        uv_run(&h->loop, UV_RUN_NOWAIT);
    }
    for (unsigned i = 0; i < 100; i++)
        uv_run(&h->loop, UV_RUN_NOWAIT);
    for (size_t i = 0; i < count; i++) {
        char byte;

        open += read(fd[i], &byte, 1) < 0 && errno == EAGAIN;
    }
    return open;
}

static void test_cap_links(void **state)
{
    enum { MANY = UM__CAP_STANDIN_LINKS + 50 };
    static int fd[MANY];
    struct here *h = *state;
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 2 * MANY + 100;
    if (limit.rlim_max < limit.rlim_cur)
        skip();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    put_config(h);
    assert_int_equal(open_many(h, fd, MANY), UM__CAP_STANDIN_LINKS);
    for (size_t i = 0; i < MANY; i++)
        close(fd[i]);
    for (unsigned i = 0; i < 100; i++)
        uv_run(&h->loop, UV_RUN_NOWAIT);
    has(talk(h, "l", "GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 201 Created\r\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_control_and_listener),
        TEST(test_a_new_process_on_the_same_folder),
        TEST(test_an_apply_that_takes_time),
        TEST(test_a_restart_cuts_connections),
        TEST(test_a_long_answer),
        TEST(test_addresses_that_cannot_be),
        TEST(test_cap_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
