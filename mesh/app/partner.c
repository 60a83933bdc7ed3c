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

#include "mesh/app/role.h"
#include "p2p/err.h"

/* How long an applier may not read. */
#define PATIENCE_MS 20000

/* How long one that has closed its sockets takes to end, which says more. */
#define END_MS 2000

struct um_partner {
    struct um_partner_cfg cfg;
    struct um_hands *hands;
    struct um_keys *keys;
    uv_poll_t poll;
    uv_timer_t timer; /* until its end is told of */
    bool polls;
    bool silent; /* it says nothing more */
    bool closed;
    int open; /* handles */
};

void um_partner_words(const struct um_partner_told *told,
                      struct um_partner_words *out)
{
    const struct um_settings *set = told->settings;
    const char *said[UM_ROLE_ARGS] = {NULL};

    *out = (struct um_partner_words){.argv = {NULL}};
    (void)snprintf(out->level, sizeof out->level, "%d", set->log_level);
    (void)snprintf(out->format, sizeof out->format, "%d", set->log_format);
    said[UM_ROLE_STATE] = set->state;
    said[UM_ROLE_UNIT] = told->unit;
    said[UM_ROLE_EMBEDDED_AT] =
        set->unit_listen != NULL ? set->unit_listen : UM_SETTINGS_UNIT_LISTEN;
    said[UM_ROLE_NAME] = told->name;
    said[UM_ROLE_POLICY] = set->policy;
    said[UM_ROLE_UNIT_LOG] = set->unit_log;
    said[UM_ROLE_LOG_LEVEL] = out->level;
    said[UM_ROLE_LOG_FORMAT] = out->format;
    said[UM_ROLE_APART] = told->apart ? "1" : "";
    said[UM_ROLE_CONFINE] = set->confine ? "1" : "";
    said[UM_ROLE_SCRATCH] = set->scratch_unit;
    out->argv[0] = (char *)(uintptr_t) "unitmesh";
    out->argv[1] = (char *)(uintptr_t)UM_ROLE_WORD;
    for (size_t i = 1; i < UM_ROLE_ARGS; i++) {
        out->argv[i + 1] = (char *)(uintptr_t)(said[i] != NULL ? said[i] : "");
    }
}

int um_partner_start(struct um_spawn *s, const struct um_partner_told *told,
                     const struct um_log *log)
{
    struct um_partner_words words;

    um_partner_words(told, &words);
    return um_spawn_start(s, words.argv, log);
}

/* Nothing comes or goes any more. */
static void lose(struct um_partner *p, const char *why)
{
    if (p->closed) {
        return;
    }
    p->closed = true;
    if (p->polls) {
        (void)uv_poll_stop(&p->poll);
    }
    um_log_line(p->cfg.log, UM_LOG_ERROR, "the applier: %s", why);
    p->cfg.gone(p->cfg.user);
}

static void on_silent(uv_timer_t *timer)
{
    lose(timer->data, "it says nothing more");
}

/* It has closed its socket: soon the loop is told how it ended. */
static void hush(struct um_partner *p)
{
    if (!p->silent && !p->closed) {
        p->silent = true;
        (void)uv_poll_stop(&p->poll);
        (void)uv_timer_start(&p->timer, on_silent, END_MS, 0);
    }
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
    int fd = p->cfg.spawn->fd;

    if (bytes.p == NULL) {
        lose(p, "out of memory");
    }
    while (bytes.len > 0 && !p->closed && !p->silent) {
        ssize_t n = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0) {
            bytes = um_str_skip(bytes, (size_t)n);
        } else if (errno == EPIPE || errno == ECONNRESET) {
            hush(p);
        } else if (errno != EINTR && (errno != EAGAIN || !has_room(fd))) {
            lose(p, "it does not read what it is told");
        }
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct um_partner *p = poll->data;
    char bytes[65536];
    ssize_t n = recv(p->cfg.spawn->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    int rv;

    (void)status;
    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        hush(p);
        return;
    }
    rv = um_hands_recv(p->hands, um_str_n(bytes, (size_t)n));
    if (rv != 0) {
        lose(p, p2p_err_text(rv));
    } else {
        p->cfg.heard(p->cfg.user);
    }
}

static void on_ended(void *user, const char *how)
{
    char why[UM_SPAWN_HOW + 32];

    (void)snprintf(why, sizeof why, "its process ended: %s", how);
    lose(user, why);
}

/* Listens to it. 0, or -1. */
static int listen_to(struct um_partner *p)
{
    const struct um_partner_cfg *cfg = &p->cfg;

    if (uv_poll_init(cfg->loop, &p->poll, cfg->spawn->fd) != 0) {
        return -1;
    }
    (void)uv_timer_init(cfg->loop, &p->timer);
    p->polls = true;
    p->poll.data = p->timer.data = p;
    return uv_poll_start(&p->poll, UV_READABLE, on_poll) == 0 &&
                   um_spawn_watch(cfg->spawn, cfg->loop, on_ended, p) == 0
               ? 0
               : -1;
}

/* Its other socket. If it has closed that, it may be about to end, and soon the
 * loop is told how. */
static void on_keys_lost(void *user, bool closed)
{
    struct um_partner *p = user;

    if (!closed) {
        lose(p, "it does not answer when it is asked for a key");
    } else if (!p->silent && !p->closed && p->polls) {
        (void)uv_timer_start(&p->timer, on_silent, END_MS, 0);
    }
}

struct um_partner *um_partner_new(const struct um_partner_cfg *cfg)
{
    struct um_partner *p = calloc(1, sizeof *p);
    struct um_hands_cfg hands = {
        .log = cfg->log, .send = on_say, .user = p, .alarms = cfg->alarms};
    const struct um_keys_cfg keys = {.fd = cfg->spawn->ask_fd,
                                     .log = cfg->log,
                                     .lost = on_keys_lost,
                                     .user = p};

    if (p == NULL) {
        return NULL;
    }
    p->cfg = *cfg;
    p->hands = um_hands_new(&hands);
    p->keys = um_keys_new(&keys);
    cfg->spawn->ask_fd = -1;
    if (p->hands == NULL || p->keys == NULL || listen_to(p) != 0) {
        um_partner_free(p);
        return NULL;
    }
    return p;
}

static void on_closed(uv_handle_t *h)
{
    struct um_partner *p = h->data;

    if (--p->open == 0) {
        free(p);
    }
}

void um_partner_free(struct um_partner *p)
{
    if (p == NULL) {
        return;
    }
    p->closed = true;
    um_spawn_unwatch(p->cfg.spawn);
    um_hands_free(p->hands);
    um_keys_free(p->keys);
    p->hands = NULL;
    p->keys = NULL;
    if (p->polls) {
        p->open = 2;
        uv_close((uv_handle_t *)&p->poll, on_closed);
        uv_close((uv_handle_t *)&p->timer, on_closed);
    } else {
        free(p);
    }
}

struct um_hands *um_partner_hands(struct um_partner *p)
{
    return p->hands;
}

struct um_keys *um_partner_keys(struct um_partner *p)
{
    return p->keys;
}
