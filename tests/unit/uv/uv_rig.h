/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A loop with a listener, and plain sockets that connect to it. */
#ifndef TESTS_UNIT_UV_RIG_H
#define TESTS_UNIT_UV_RIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"
#include "uv/loop.h"

#define RIG_PIPES 64

struct uv_rig {
    struct p2p_loop *loop;
    struct p2p__listener *listener;
    struct p2p__pipe *pipes[RIG_PIPES]; /* accepted */
    size_t n_pipes;
    size_t got; /* bytes that came, on any pipe */
    unsigned writables;
    unsigned ended;
};

static void rig_connected(void *user, int status, p2p_ns now)
{
    (void)user;
    (void)status;
    (void)now;
}

static void rig_data(void *user, struct p2p__slice in, p2p_ns now)
{
    struct uv_rig *r = user;

    (void)now;
    r->got += in.len;
}

static void rig_writable(void *user, p2p_ns now)
{
    struct uv_rig *r = user;

    (void)now;
    r->writables++;
}

static void rig_ended(void *user, int status, p2p_ns now)
{
    struct uv_rig *r = user;

    (void)status;
    (void)now;
    r->ended++;
}

static const struct p2p__pipe_cb rig_pipe_cb = {
    .connected = rig_connected,
    .data = rig_data,
    .writable = rig_writable,
    .ended = rig_ended,
};

static void rig_accepted(void *user, struct p2p__pipe *pipe, p2p_ns now)
{
    struct uv_rig *r = user;

    (void)now;
    assert_true(r->n_pipes < RIG_PIPES);
    pipe->cb = &rig_pipe_cb;
    pipe->user = r;
    pipe->ops->read(pipe, true);
    r->pipes[r->n_pipes++] = pipe;
}

static const struct p2p__listener_cb rig_listener_cb = {.accepted =
                                                            rig_accepted};

static inline void rig_start(struct uv_rig *r)
{
    const struct p2p__addr at = {.family = 4, .ip = {127, 0, 0, 1}};
    int err;

    *r = (struct uv_rig){0};
    assert_int_equal(p2p_loop_new(&r->loop), 0);
    r->listener = r->loop->net.net.listen(&r->loop->net.net, &at,
                                          &rig_listener_cb, r, &err);
    assert_non_null(r->listener);
}

static inline void rig_stop(struct uv_rig *r)
{
    for (size_t i = 0; i < r->n_pipes; i++) {
        r->pipes[i]->ops->close(r->pipes[i]);
    }
    r->listener->close(r->listener);
    p2p_loop_free(r->loop);
}

/* Runs the loop until n pipes were accepted in all. */
static inline void rig_until_pipes(struct uv_rig *r, size_t n)
{
    while (r->n_pipes < n) {
        (void)uv_run(r->loop->uv, UV_RUN_ONCE);
    }
}

/* A plain socket that connects; it does so in the kernel's backlog. */
static inline int rig_connect(const struct uv_rig *r)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(r->listener->addr.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

/* Whether the other end closed the socket; waits for nothing. */
static inline bool rig_closed(int fd)
{
    char c;

    return recv(fd, &c, 1, 0) >= 0 || (errno != EAGAIN && errno != EINTR);
}

#endif
