/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See partner.h. Happy path: the process begins; what the hands say is written,
 * in order; what comes goes to them; at the end the socket is closed, which
 * ends the process. Failure mode: it ends before; then so do we.
 */
#include "mesh/app/partner.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mesh/app/role.h"
#include "mesh/app/spawn.h"
#include "p2p/err.h"

#define READ_BYTES 65536

/* How long a process is waited for that has ended, or has closed its end; and
 * one that may have a change at Unit, which waits 5 s for that itself. */
enum { ENDED_MS = 1000, DRAIN_MS = 7000, LOOK_MS = 5 };

struct um_partner {
    struct um_partner_cfg cfg;
    struct um_hands *hands;
    uv_pipe_t pipe;
    pid_t pid;
    int status;     /* how it ended */
    bool reaped;    /* it has */
    size_t waiting; /* bytes that are not written yet */
    bool closed;
    char bytes[READ_BYTES];
};

/* What is being written. */
struct write {
    uv_write_t req;
    struct um_partner *p;
    size_t len;
    char bytes[];
};

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

/* Waits until the process has ended; whether it did. */
static bool reap(struct um_partner *p, int ms)
{
    for (; !p->reaped && ms > 0; ms -= LOOK_MS) {
        if (waitpid(p->pid, &p->status, WNOHANG) != 0) {
            p->reaped = true;
        } else {
            (void)poll(NULL, 0, LOOK_MS);
        }
    }
    return p->reaped;
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

/* Its end of the socket is closed. */
static void lose_process(struct um_partner *p)
{
    char why[80] = "it closed its end of the socket";

    if (p->closed) {
        return;
    }
    if (!reap(p, ENDED_MS)) {
        lose(p, why);
        return;
    }
    if (WIFSIGNALED(p->status)) {
        (void)snprintf(why, sizeof why, "its process was ended by signal %d",
                       WTERMSIG(p->status));
    } else {
        (void)snprintf(why, sizeof why, "its process ended with exit code %d",
                       WEXITSTATUS(p->status));
    }
    lose(p, why);
}

static void on_written(uv_write_t *req, int status)
{
    struct write *w = req->data;

    w->p->waiting -= w->len;
    if (status == UV_EPIPE || status == UV_ECONNRESET) {
        lose_process(w->p);
    } else if (status < 0 && status != UV_ECANCELED) {
        lose(w->p, uv_strerror(status));
    }
    free(w);
}

/* struct um_hands_cfg.send. */
static void on_say(void *user, struct um_str bytes)
{
    struct um_partner *p = user;
    struct write *w =
        p->closed || p->waiting + bytes.len > UM__CAP_PARTNER_OUT_BYTES
            ? NULL
            : malloc(sizeof *w + bytes.len);
    uv_buf_t buf;

    if (w == NULL || bytes.p == NULL) {
        lose(p, bytes.p == NULL ? "out of memory"
                                : "it does not read what it is told");
        free(w);
        return;
    }
    w->req.data = w;
    w->p = p;
    w->len = bytes.len;
    memcpy(w->bytes, bytes.p, bytes.len);
    buf = uv_buf_init(w->bytes, (unsigned)w->len);
    p->waiting += w->len;
    if (uv_write(&w->req, (uv_stream_t *)&p->pipe, &buf, 1, on_written) != 0) {
        p->waiting -= w->len;
        free(w);
        lose(p, "it cannot be told anything");
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

    if (n == UV_EOF || n == UV_ECONNRESET) {
        lose_process(p);
        return;
    }
    if (n < 0) {
        lose(p, uv_strerror((int)n));
        return;
    }
    rv = um_hands_recv(p->hands, um_str_n(buf->base, (size_t)n));
    if (rv != 0) {
        lose(p, p2p_err_text(rv));
    } else {
        p->cfg.heard(p->cfg.user);
    }
}

/* Starts the process; its end of the socket, or -1. */
static int start(struct um_partner *p)
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
    return um_spawn_start(argv, UM_ROLE_FD, &p->pid, p->cfg.log);
}

struct um_partner *um_partner_new(const struct um_partner_cfg *cfg)
{
    struct um_partner *p = calloc(1, sizeof *p);
    struct um_hands_cfg hands = {.log = cfg->log, .send = on_say, .user = p};
    int fd;

    if (p == NULL) {
        return NULL;
    }
    p->cfg = *cfg;
    p->hands = um_hands_new(&hands);
    fd = p->hands != NULL ? start(p) : -1;
    if (fd < 0) {
        um_hands_free(p->hands);
        free(p);
        return NULL;
    }
    (void)uv_pipe_init(cfg->loop, &p->pipe, 0);
    p->pipe.data = p;
    if (uv_pipe_open(&p->pipe, fd) != 0) {
        (void)close(fd);
        um_partner_free(p);
        return NULL;
    }
    if (uv_read_start((uv_stream_t *)&p->pipe, on_alloc, on_read) != 0) {
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
    p->hands = NULL;
    /* What is queued is not written any more: it would be about a node that is
     * gone. The process hears of the end by our half of the socket. */
    (void)uv_read_stop((uv_stream_t *)&p->pipe);
    uv_close((uv_handle_t *)&p->pipe, on_closed);
    if (!reap(p, DRAIN_MS)) {
        um_log_line(p->cfg.log, UM_LOG_ERROR,
                    "the applier: its process does not end: it is killed");
        (void)kill(p->pid, SIGKILL);
        (void)reap(p, ENDED_MS);
    }
}

struct um_hands *um_partner_hands(struct um_partner *p)
{
    return p->hands;
}

pid_t um_partner_pid(const struct um_partner *p)
{
    return p->pid;
}
