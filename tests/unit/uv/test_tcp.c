/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * TCP on libuv: what a pipe says of a peer that does not read, that the kernel
 * watches the peer, and what becomes of a listener without descriptors.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include "uv_rig.h"

#define CLIENTS 24

/* Writes until the pipe is full; how much. */
static size_t fill(struct p2p__pipe *pipe)
{
    static const uint8_t bytes[65536];
    size_t sum = 0;
    int rv = 1;

    while (rv == 1) {
        rv = pipe->ops->write(pipe, bytes, sizeof bytes);
        sum += sizeof bytes;
    }
    assert_int_equal(rv, 0);
    return sum;
}

static void test_unsent_falls_while_the_peer_reads(void **state)
{
    static uint8_t sink[65536];
    struct uv_rig r;
    struct p2p__pipe *pipe;
    size_t sum, full, left, got = 0;
    int fd;

    (void)state;
    rig_start(&r);
    fd = rig_connect(&r);
    rig_until_pipes(&r, 1);
    pipe = r.pipes[0];
    assert_int_equal(pipe->ops->unsent(pipe), 0);
    sum = fill(pipe);
    full = pipe->ops->unsent(pipe);
    assert_true(full >= 65536 / 2 && full <= sum);
    for (int i = 0; i < 10; i++) { /* the peer does nothing */
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
    }
    assert_int_equal(r.writables, 0);
    left = pipe->ops->unsent(pipe);
    assert_true(left <= full && left >= 65536 / 2);
    while (r.writables == 0) {
        ssize_t n = recv(fd, sink, sizeof sink, 0);

        got += n > 0 ? (size_t)n : 0;
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
    }
    assert_true(got > 0 && pipe->ops->unsent(pipe) < left);
    while (got < sum) {
        ssize_t n = recv(fd, sink, sizeof sink, 0);

        got += n > 0 ? (size_t)n : 0;
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
    }
    while (pipe->ops->unsent(pipe) > 0) { /* the last acknowledgement */
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
    }
    (void)close(fd);
    rig_stop(&r);
}

/* A peer that says nothing is silent, until its machine acknowledges. */
static void test_silence_ends_with_an_acknowledgement(void **state)
{
    struct uv_rig r;
    struct p2p__pipe *pipe;
    p2p_ns silence;
    int fd;

    (void)state;
    rig_start(&r);
    fd = rig_connect(&r);
    rig_until_pipes(&r, 1);
    pipe = r.pipes[0];
    assert_true(pipe->ops->silence(pipe) < P2P__SEC(15));
    do { /* the clock of the kernel goes on */
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
        silence = pipe->ops->silence(pipe);
    } while (silence < P2P__MS(50));
    assert_int_equal(pipe->ops->write(pipe, (const uint8_t *)"!", 1), 1);
    while (pipe->ops->unsent(pipe) > 0) {
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
    }
    assert_true(pipe->ops->silence(pipe) < silence);
    (void)close(fd);
    rig_stop(&r);
}

/* Linux 6.15; libc's headers may be older. */
#define RTO_MAX_MS 44

/* What the sockets of a loop are set to. */
static void check_options(uv_handle_t *h, void *arg)
{
    int *n = arg, fd, on = 0, ms = 0;
    socklen_t len = sizeof on;

    if (h->type != UV_TCP) {
        return;
    }
    assert_int_equal(uv_fileno(h, &fd), 0);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &len), 0);
    assert_int_equal(on, 1);
    len = sizeof ms;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &len),
                     0);
    assert_int_equal(ms, 30000);
    len = sizeof ms;
    if (getsockopt(fd, IPPROTO_TCP, RTO_MAX_MS, &ms, &len) == 0) {
        assert_int_equal(ms, 2000);
    } else {
        assert_int_equal(errno, ENOPROTOOPT); /* Linux before 6.15 */
    }
    ++*n;
}

static void test_T6_the_kernel_watches_every_connection(void **state)
{
    struct uv_rig r;
    struct p2p__pipe *dialed;
    int n = 0, err;

    (void)state;
    rig_start(&r);
    dialed = r.loop->net.net.dial(&r.loop->net.net, &r.listener->addr,
                                  &rig_pipe_cb, &r, &err);
    assert_non_null(dialed);
    rig_until_pipes(&r, 1);
    uv_walk(r.loop->uv, check_options, &n);
    assert_int_equal(n, 3); /* listener, accepted, dialed */
    dialed->ops->close(dialed);
    rig_stop(&r);
}

/* Lets so many more descriptors be opened; returns the limit before. */
static struct rlimit leave(rlim_t more)
{
    struct rlimit before, now;
    int next = dup(0);

    assert_true(next >= 0);
    (void)close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = before;
    now.rlim_cur = (rlim_t)next + more;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    return before;
}

/* Those that there is no descriptor for are closed, not left waiting: the loop
 * would find them in each round. The others work, and when there are
 * descriptors again newcomers are taken. */
static void test_without_descriptors_others_go_on(void **state)
{
    struct uv_rig r;
    struct rlimit before;
    struct pollfd idle;
    int fds[CLIENTS], late;
    size_t closed = 0;

    (void)state;
    rig_start(&r);
    for (size_t i = 0; i < CLIENTS; i++) {
        fds[i] = rig_connect(&r);
    }
    before = leave(8);
    while (r.n_pipes + closed < CLIENTS) {
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
        closed = 0;
        for (size_t i = 0; i < CLIENTS; i++) {
            closed += rig_closed(fds[i]) ? 1 : 0;
        }
    }
    assert_in_range(r.n_pipes, 1, 8);
    for (int i = 0; i < 4; i++) {
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
    }
    idle = (struct pollfd){.fd = p2p_loop_fd(r.loop), .events = POLLIN};
    assert_int_equal(poll(&idle, 1, 0), 0); /* nothing spins */
    for (size_t i = 0; i < CLIENTS; i++) {
        (void)send(fds[i], "x", 1, MSG_NOSIGNAL);
    }
    while (r.got < r.n_pipes) {
        (void)uv_run(r.loop->uv, UV_RUN_ONCE);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    late = rig_connect(&r);
    closed = r.n_pipes;
    rig_until_pipes(&r, closed + 1);
    for (size_t i = 0; i < CLIENTS; i++) {
        (void)close(fds[i]);
    }
    (void)close(late);
    rig_stop(&r);
}

static struct p2p__pipe *dial_from(const struct uv_rig *r,
                                   const struct uv_rig *to)
{
    const struct p2p__leg leg = {.from = r->listener,
                                 .to = &to->listener->addr};
    struct p2p__net *net = &r->loop->net.net;
    int err = 0;
    struct p2p__pipe *pipe =
        net->dial_from(net, &leg, &rig_pipe_cb, NULL, &err);

    assert_true((pipe == NULL) == (err < 0));
    return pipe;
}

/* Whether nobody else can listen where a rig does. */
static bool is_taken(const struct uv_rig *r)
{
    struct p2p__net *net = &r->loop->net.net;
    int err;
    struct p2p__listener *l =
        net->listen(net, &r->listener->addr, &rig_listener_cb, NULL, &err);

    assert_null(l);
    return err == P2P_EADDRINUSE;
}

/* Who is dialed sees the port that we listen at, which stays ours. */
static void test_dials_come_from_a_listener(void **state)
{
    struct uv_rig r, far;
    struct p2p__pipe *pipe;
    struct p2p__addr from;
    int fd;

    (void)state;
    rig_start(&r);
    rig_start(&far);
    assert_true(is_taken(&r));
    pipe = dial_from(&r, &far);
    assert_non_null(pipe);
    while (far.n_pipes == 0) {
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
        (void)uv_run(far.loop->uv, UV_RUN_NOWAIT);
    }
    far.pipes[0]->ops->remote(far.pipes[0], &from);
    assert_int_equal(from.port, r.listener->addr.port);
    assert_null(dial_from(&r, &far)); /* there is one */
    assert_true(is_taken(&r));
    fd = rig_connect(&r);
    rig_until_pipes(&r, 1);
    (void)close(fd);
    pipe->ops->close(pipe);
    rig_stop(&r);
    rig_stop(&far);
}

static void test_source_is_where_the_system_sends_from(void **state)
{
    const struct p2p__addr to = {.family = 4, .ip = {127, 0, 0, 9}, .port = 9};
    const struct p2p__addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
    struct p2p__addr nowhere = {.family = 9}, from;
    struct p2p__net *net;
    struct uv_rig r;

    (void)state;
    rig_start(&r);
    net = &r.loop->net.net;
    assert_true(net->source(net, &to, &from));
    assert_true(p2p__addr_same_ip(&from, &loopback) && from.port == 0);
    assert_false(net->source(net, &nowhere, &from));
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsent_falls_while_the_peer_reads),
        cmocka_unit_test(test_silence_ends_with_an_acknowledgement),
        cmocka_unit_test(test_T6_the_kernel_watches_every_connection),
        cmocka_unit_test(test_without_descriptors_others_go_on),
        cmocka_unit_test(test_dials_come_from_a_listener),
        cmocka_unit_test(test_source_is_where_the_system_sends_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
