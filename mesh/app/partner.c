/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See partner.h. Happy path: the process begins; what the hands say is written,
 * in order; what comes goes to them; at the end the socket is closed, which
 * ends the process. Failure mode: it ends before; then so do we.
 */
#include "mesh/app/partner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mesh/app/role.h"
#include "mesh/app/spawn.h"
#include "p2p/err.h"

#define READ_BYTES 65536

/* Bytes that wait for an applier that does not read. */
#define UM__CAP_PARTNER_OUT_BYTES (128U << 20)

struct um_partner {
    struct um_partner_cfg cfg;
    struct um_hands *hands;
    uv_pipe_t pipe;
    pid_t pid;
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

static void on_written(uv_write_t *req, int status)
{
    struct write *w = req->data;

    w->p->waiting -= w->len;
    if (status < 0 && status != UV_ECANCELED) {
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

    if (w == NULL) {
        lose(p, "it does not read what it is told");
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
    if (uv_pipe_open(&p->pipe, fd) != 0 ||
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
    p->hands = NULL;
    /* What is queued is not written any more: it would be about a node that is
     * gone. The process hears of the end by our half of the socket. */
    (void)uv_read_stop((uv_stream_t *)&p->pipe);
    uv_close((uv_handle_t *)&p->pipe, on_closed);
}

struct um_hands *um_partner_hands(struct um_partner *p)
{
    return p->hands;
}

pid_t um_partner_pid(const struct um_partner *p)
{
    return p->pid;
}
