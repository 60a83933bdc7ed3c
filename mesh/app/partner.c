/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See partner.h. Happy path: the process begins; what the hands say is written
 * at once; what comes goes to them; at the end the socket is closed, which ends
 * the process. Failure mode: it ends before; then so do we.
 */
#include "mesh/app/partner.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mesh/app/role.h"
#include "mesh/app/spawn.h"
#include "p2p/err.h"

#define READ_BYTES 65536

/* How long an applier may not read. */
#define PATIENCE_MS 20000

struct um_partner {
    struct um_partner_cfg cfg;
    struct um_hands *hands;
    struct um_keys *keys;
    uv_pipe_t pipe;
    int fd; /* the pipe's */
    pid_t pid;
    bool closed;
    char bytes[READ_BYTES];
};

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

/* Nothing comes or goes any more. */
static void lose(struct um_partner *p, const char *why)
{
    if (p->closed) {
        return;
    }
    p->closed = true;
    (void)uv_read_stop((uv_stream_t *)&p->pipe);
    um_log_line(p->cfg.log, UM_LOG_ERROR, "the applier: %s", why);
    p->cfg.gone(p->cfg.user);
}

/* Whether there is room to write again, within our patience. */
static bool has_room(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, PATIENCE_MS) == 1 && (p.revents & POLLOUT) != 0;
}

/* struct um_hands_cfg.send: it is written when this returns. What its keys are
 * asked next comes behind it. The applier waits for nobody, so this does not
 * take long. */
static void on_say(void *user, struct um_str bytes)
{
    struct um_partner *p = user;

    while (bytes.len > 0 && !p->closed) {
        ssize_t n =
            send(p->fd, bytes.p, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0) {
            bytes = um_str_skip(bytes, (size_t)n);
        } else if (errno != EINTR && (errno != EAGAIN || !has_room(p->fd))) {
            lose(p, "it does not read what it is told");
        }
    }
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
    struct um_partner *p = h->data;

    (void)hint;
    *buf = uv_buf_init(p->bytes, sizeof p->bytes);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct um_partner *p = s->data;
    int rv;

    if (n < 0) {
        lose(p, n == UV_EOF ? "its process ended" : uv_strerror((int)n));
        return;
    }
    rv = um_hands_recv(p->hands, um_str_n(buf->base, (size_t)n));
    if (rv != 0) {
        lose(p, p2p_err_text(rv));
    } else {
        p->cfg.heard(p->cfg.user);
    }
}

/* Starts the process; our ends of the sockets to it. 0, or -1. */
static int start(struct um_partner *p, int ends[UM_ROLE_SOCKETS])
{
    const struct um_settings *s = p->cfg.settings;
    char level[4];
    char *argv[UM_ROLE_ARGS + 2] = {NULL};
    const char *said[UM_ROLE_ARGS] = {NULL};

    (void)snprintf(level, sizeof level, "%d", s->log_level);
    said[UM_ROLE_STATE] = s->state;
    said[UM_ROLE_UNIT] = p->cfg.unit;
    said[UM_ROLE_NAME] = p->cfg.name;
    said[UM_ROLE_POLICY] = s->policy;
    said[UM_ROLE_UNIT_LOG] = s->unit_log;
    said[UM_ROLE_LOG_LEVEL] = level;
    said[UM_ROLE_LOG_JSON] = s->log_json ? "1" : "";
    said[UM_ROLE_APART] = p->cfg.apart ? "1" : "";
    argv[0] = (char *)(uintptr_t) "unitmesh";
    argv[1] = (char *)(uintptr_t)UM_ROLE_WORD;
    for (size_t i = 1; i < UM_ROLE_ARGS; i++) {
        argv[i + 1] = (char *)(uintptr_t)(said[i] != NULL ? said[i] : "");
    }
    return um_spawn_start(argv, ends, UM_ROLE_SOCKETS, &p->pid, p->cfg.log);
}

struct um_partner *um_partner_new(const struct um_partner_cfg *cfg)
{
    struct um_partner *p = calloc(1, sizeof *p);
    struct um_hands_cfg hands = {.log = cfg->log, .send = on_say, .user = p};
    int ends[UM_ROLE_SOCKETS];

    if (p == NULL) {
        return NULL;
    }
    p->cfg = *cfg;
    p->hands = um_hands_new(&hands);
    if (p->hands == NULL || start(p, ends) != 0) {
        um_hands_free(p->hands);
        free(p);
        return NULL;
    }
    (void)uv_pipe_init(cfg->loop, &p->pipe, 0);
    p->pipe.data = p;
    p->fd = ends[0];
    p->keys = um_keys_new(ends[1], cfg->log);
    if (uv_pipe_open(&p->pipe, ends[0]) != 0 || p->keys == NULL ||
        uv_read_start((uv_stream_t *)&p->pipe, on_alloc, on_read) != 0) {
        um_partner_free(p);
        return NULL;
    }
    return p;
}

void um_partner_free(struct um_partner *p)
{
    if (p == NULL) {
        return;
    }
    p->closed = true;
    um_hands_free(p->hands);
    um_keys_free(p->keys);
    p->hands = NULL;
    p->keys = NULL;
    (void)uv_read_stop((uv_stream_t *)&p->pipe);
    uv_close((uv_handle_t *)&p->pipe, on_closed);
}

struct um_hands *um_partner_hands(struct um_partner *p)
{
    return p->hands;
}

struct um_keys *um_partner_keys(struct um_partner *p)
{
    return p->keys;
}

pid_t um_partner_pid(const struct um_partner *p)
{
    return p->pid;
}
