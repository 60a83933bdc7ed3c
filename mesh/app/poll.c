/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See poll.h. Alarms are a list, the next one first; there are a handful. */
#include "mesh/app/poll.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "p2p/err.h"

struct alarm {
    struct alarm *next;
    uint64_t at_ms;
    void (*fn)(void *arg);
    void *arg;
};

struct watch {
    int fd;
    short events;
    void (*ready)(void *user); /* NULL: it is libcurl's */
    void *user;
};

struct um_poll {
    struct um_alarms port;
    struct um_fetch *fetch;
    struct alarm *alarms;
    struct alarm *unset;
    struct alarm room[UM__CAP_POLL_ALARMS]; /* each is on one of the lists */
    void *fetch_alarm;
    struct watch watches[UM__CAP_POLL_FDS];
    size_t watches_n;
    bool stopped;
};

/* ---- alarms */

static uint64_t now_ms(void *user)
{
    struct timespec t;

    (void)user;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

static void put_back(struct um_poll *p, struct alarm *a)
{
    *a = (struct alarm){.next = p->unset};
    p->unset = a;
}

static void *alarm_set(void *user, uint64_t ms, void (*fn)(void *arg),
                       void *arg)
{
    struct um_poll *p = user;
    struct alarm **at = &p->alarms, *a = p->unset;

    if (a == NULL) {
        return NULL;
    }
    p->unset = a->next;
    *a = (struct alarm){NULL, now_ms(p) + ms, fn, arg};
    while (*at != NULL && (*at)->at_ms <= a->at_ms) {
        at = &(*at)->next;
    }
    a->next = *at;
    *at = a;
    return a;
}

static void alarm_clear(void *user, void *alarm)
{
    struct um_poll *p = user;
    struct alarm **at = &p->alarms;

    while (*at != NULL && *at != alarm) {
        at = &(*at)->next;
    }
    if (alarm != NULL && *at != NULL) {
        *at = (*at)->next;
        put_back(p, alarm);
    }
}

/* Those that are due now. */
static void go_off(struct um_poll *p)
{
    uint64_t now = now_ms(p);

    while (!p->stopped && p->alarms != NULL && p->alarms->at_ms <= now) {
        struct alarm a = *p->alarms;

        put_back(p, p->alarms);
        p->alarms = a.next;
        a.fn(a.arg);
    }
}

/* ---- descriptors */

static struct watch *find(struct um_poll *p, int fd)
{
    for (size_t i = 0; i < p->watches_n; i++) {
        if (p->watches[i].fd == fd) {
            return &p->watches[i];
        }
    }
    return NULL;
}

static int put(struct um_poll *p, const struct watch *w)
{
    struct watch *at = find(p, w->fd);

    if (w->events == 0) {
        if (at != NULL) {
            *at = p->watches[--p->watches_n];
        }
        return 0;
    }
    if (at == NULL && p->watches_n == UM__CAP_POLL_FDS) {
        return P2P_ELIMIT;
    }
    if (at == NULL) {
        at = &p->watches[p->watches_n++];
    }
    *at = *w;
    return 0;
}

int um_poll_watch(struct um_poll *p, int fd, bool write,
                  void (*ready)(void *user), void *user)
{
    const struct watch w = {.fd = fd,
                            .events = (short)(ready == NULL ? 0
                                              : write       ? POLLIN | POLLOUT
                                                            : POLLIN),
                            .ready = ready,
                            .user = user};

    return put(p, &w);
}

int um_poll_watch_room(struct um_poll *p, int fd, void (*ready)(void *user),
                       void *user)
{
    const struct watch w = {
        .fd = fd, .events = POLLOUT, .ready = ready, .user = user};

    return put(p, &w);
}

static void fetch_watch(void *user, int fd, int events)
{
    const struct watch w = {
        .fd = fd,
        .events = (short)(((events & UM_FETCH_READ) != 0 ? POLLIN : 0) |
                          ((events & UM_FETCH_WRITE) != 0 ? POLLOUT : 0))};

    (void)put(user, &w); /* beyond the cap its time-out ends it */
}

static void on_fetch_alarm(void *arg)
{
    struct um_poll *p = arg;

    p->fetch_alarm = NULL;
    um_fetch_on_timer(p->fetch);
}

static void fetch_timer(void *user, long ms)
{
    struct um_poll *p = user;

    alarm_clear(p, p->fetch_alarm);
    p->fetch_alarm = NULL;
    if (ms >= 0) {
        p->fetch_alarm = alarm_set(p, (uint64_t)ms, on_fetch_alarm, p);
    }
}

static void tell(struct um_poll *p, const struct watch *w, short events)
{
    int bits = 0;

    if (w->ready != NULL) {
        w->ready(w->user);
        return;
    }
    bits |= (events & POLLIN) != 0 ? UM_FETCH_READ : 0;
    bits |= (events & POLLOUT) != 0 ? UM_FETCH_WRITE : 0;
    if ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        bits = UM_FETCH_READ | UM_FETCH_WRITE;
    }
    um_fetch_on_fd(p->fetch, w->fd, bits);
}

/* ---- the loop */

static int wait_ms(const struct um_poll *p)
{
    uint64_t now = now_ms(NULL);

    if (p->alarms == NULL) {
        return -1;
    }
    if (p->alarms->at_ms <= now) {
        return 0;
    }
    return p->alarms->at_ms - now < 60000U ? (int)(p->alarms->at_ms - now)
                                           : 60000;
}

static int turn(struct um_poll *p)
{
    struct pollfd fds[UM__CAP_POLL_FDS];
    size_t n = p->watches_n;

    for (size_t i = 0; i < n; i++) {
        fds[i] = (struct pollfd){.fd = p->watches[i].fd,
                                 .events = p->watches[i].events};
    }
    if (poll(fds, n, wait_ms(p)) < 0) {
        return errno == EINTR ? 0 : P2P_EIO;
    }
    for (size_t i = 0; i < n && !p->stopped; i++) {
        const struct watch *w = fds[i].revents != 0 ? find(p, fds[i].fd) : NULL;

        if (w != NULL) {
            const struct watch copy = *w; /* telling may change the list */

            tell(p, &copy, fds[i].revents);
        }
    }
    go_off(p);
    return 0;
}

int um_poll_run(struct um_poll *p)
{
    int rv = 0;

    while (rv == 0 && !p->stopped) {
        rv = turn(p);
    }
    return rv;
}

void um_poll_stop(struct um_poll *p)
{
    p->stopped = true;
}

struct um_poll *um_poll_new(void)
{
    struct um_poll *p = calloc(1, sizeof *p);
    const struct um_fetch_loop loop = {
        .user = p, .watch = fetch_watch, .timer = fetch_timer};

    if (p == NULL) {
        return NULL;
    }
    for (size_t i = UM__CAP_POLL_ALARMS; i > 0; i--) {
        put_back(p, &p->room[i - 1]);
    }
    p->port = (struct um_alarms){p, alarm_set, alarm_clear, now_ms};
    p->fetch = um_fetch_new(&loop);
    if (p->fetch == NULL) {
        free(p);
        return NULL;
    }
    return p;
}

void um_poll_free(struct um_poll *p)
{
    if (p == NULL) {
        return;
    }
    um_fetch_free(p->fetch);
    free(p);
}

const struct um_alarms *um_poll_alarms(const struct um_poll *p)
{
    return &p->port;
}

struct um_fetch *um_poll_fetch(struct um_poll *p)
{
    return p->fetch;
}
