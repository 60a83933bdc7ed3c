/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Alarms, names, a worker, libcurl's descriptors and libmicrohttpd's, all on
 * one libuv loop. Every handle frees itself when libuv has closed it. */
#include "mesh/app/loop.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "p2p/err.h"

#define MAX_NAMES 16

struct alarm {
    uv_timer_t timer;
    void (*fn)(void *arg);
    void *arg;
};

struct um_watch {
    uv_poll_t poll;
    struct um_watch *next;
    struct um_loop *loop;
    int fd;
};

struct um_serve {
    uv_poll_t poll;
    uv_timer_t timer;
    struct um_http *http;
    int closing;
};

struct um_task {
    uv_work_t req;
    struct um_task *next;
    struct um_loop *loop;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

struct name {
    uv_getaddrinfo_t req;
    struct um_loop *loop;
    void (*done)(void *arg, const struct um_ip *at, size_t n);
    void *arg;
};

static void free_handle(uv_handle_t *h)
{
    free(h->data);
}

static void on_alarm(uv_timer_t *timer)
{
    struct alarm *a = timer->data;
    void (*fn)(void *arg) = a->fn;
    void *arg = a->arg;

    uv_close((uv_handle_t *)timer, free_handle);
    fn(arg);
}

static void *alarm_set(void *user, uint64_t ms, void (*fn)(void *arg),
                       void *arg)
{
    struct um_loop *l = user;
    struct alarm *a = calloc(1, sizeof *a);

    if (a == NULL || uv_timer_init(&l->uv, &a->timer) != 0) {
        free(a);
        return NULL;
    }
    a->timer.data = a;
    a->fn = fn;
    a->arg = arg;
    (void)uv_timer_start(&a->timer, on_alarm, ms, 0);
    return a;
}

static void alarm_clear(void *user, void *alarm)
{
    struct alarm *a = alarm;

    (void)user;
    if (a != NULL) {
        uv_close((uv_handle_t *)&a->timer, free_handle);
    }
}

/* It counts while the machine sleeps, too: what was heard is old then. */
static uint64_t now_ms(void *user)
{
    (void)user;
#ifdef CLOCK_BOOTTIME
    struct timespec ts;

    if (clock_gettime(CLOCK_BOOTTIME, &ts) == 0) {
        return (uint64_t)ts.tv_sec * 1000U + (uint64_t)ts.tv_nsec / 1000000U;
    }
#endif
    return uv_hrtime() / 1000000U;
}

/* The addresses of an answer; how many. */
static size_t collect(const struct addrinfo *res, struct um_ip *at)
{
    size_t n = 0;

    for (const struct addrinfo *a = res; a != NULL && n < MAX_NAMES;
         a = a->ai_next) {
        if (a->ai_family == AF_INET) {
            struct sockaddr_in in;

            memcpy(&in, a->ai_addr, sizeof in);
            at[n].len = 4;
            memcpy(at[n++].bytes, &in.sin_addr, 4);
        } else if (a->ai_family == AF_INET6) {
            struct sockaddr_in6 in;

            memcpy(&in, a->ai_addr, sizeof in);
            at[n].len = 16;
            memcpy(at[n++].bytes, &in.sin6_addr, 16);
        }
    }
    return n;
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *res)
{
    struct name *q = req->data;
    struct um_ip at[MAX_NAMES];
    size_t n = status == 0 ? collect(res, at) : 0;

    uv_freeaddrinfo(res);
    if (!q->loop->ending) {
        q->done(q->arg, at, n);
    } else {
        free(q->arg);
    }
    free(q);
}

static int resolve(void *user, const char *name,
                   void (*done)(void *arg, const struct um_ip *at, size_t n),
                   void *arg)
{
    struct um_loop *l = user;
    struct name *q = calloc(1, sizeof *q);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

    if (q == NULL) {
        return -1;
    }
    q->req.data = q;
    q->loop = l;
    q->done = done;
    q->arg = arg;
    if (uv_getaddrinfo(&l->uv, &q->req, on_resolved, name, NULL, &hints) != 0) {
        free(q);
        return -1;
    }
    return 0;
}

static void on_task(uv_work_t *req)
{
    struct um_task *t = req->data;

    t->work(t->arg);
}

static void on_task_done(uv_work_t *req, int status);

/* libuv has several threads, and we want one thing after the other. */
static void begin_task(struct um_loop *l)
{
    if (l->tasks != NULL) {
        (void)uv_queue_work(&l->uv, &l->tasks->req, on_task, on_task_done);
    }
}

static void on_task_done(uv_work_t *req, int status)
{
    struct um_task *t = req->data;

    (void)status; /* nobody cancels one */
    t->loop->tasks = t->next;
    begin_task(t->loop);
    t->done(t->arg);
    free(t);
}

static int run_task(void *user, void (*work)(void *arg),
                    void (*done)(void *arg), void *arg)
{
    struct um_loop *l = user;
    struct um_task **at = &l->tasks;
    struct um_task *t = l->ending ? NULL : calloc(1, sizeof *t);

    if (t == NULL) {
        return l->ending ? P2P_ECLOSED : P2P_ENOMEM;
    }
    t->req.data = t;
    t->loop = l;
    t->work = work;
    t->done = done;
    t->arg = arg;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = t;
    if (l->tasks == t) {
        begin_task(l);
    }
    return 0;
}

static void on_fetch_fd(uv_poll_t *poll, int status, int events)
{
    const struct um_watch *w = poll->data;
    int bits = 0;

    bits |= (events & UV_READABLE) != 0 ? UM_FETCH_READ : 0;
    bits |= (events & UV_WRITABLE) != 0 ? UM_FETCH_WRITE : 0;
    if (status < 0) {
        bits = UM_FETCH_READ | UM_FETCH_WRITE;
    }
    um_fetch_on_fd(w->loop->fetch, w->fd, bits);
}

/* Stops watching: curl may close the descriptor at once. */
static void unwatch(struct um_loop *l, int fd)
{
    struct um_watch **at = &l->watches;

    while (*at != NULL && (*at)->fd != fd) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        struct um_watch *w = *at;

        *at = w->next;
        (void)uv_poll_stop(&w->poll);
        uv_close((uv_handle_t *)&w->poll, free_handle);
    }
}

static struct um_watch *find_watch(struct um_loop *l, int fd)
{
    struct um_watch *w = l->watches;

    while (w != NULL && w->fd != fd) {
        w = w->next;
    }
    if (w != NULL) {
        return w;
    }
    w = calloc(1, sizeof *w);
    if (w == NULL || uv_poll_init(&l->uv, &w->poll, fd) != 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    w->loop = l;
    w->fd = fd;
    w->next = l->watches;
    l->watches = w;
    return w;
}

static void fetch_watch(void *user, int fd, int events)
{
    struct um_loop *l = user;
    struct um_watch *w;
    int bits = 0;

    if (events == 0) {
        unwatch(l, fd);
        return;
    }
    w = find_watch(l, fd);
    bits |= (events & UM_FETCH_READ) != 0 ? UV_READABLE : 0;
    bits |= (events & UM_FETCH_WRITE) != 0 ? UV_WRITABLE : 0;
    if (w != NULL) {
        (void)uv_poll_start(&w->poll, bits, on_fetch_fd);
    }
}

static void on_fetch_timer(uv_timer_t *timer)
{
    struct um_loop *l = timer->data;

    um_fetch_on_timer(l->fetch);
}

static void fetch_timer(void *user, long ms)
{
    struct um_loop *l = user;

    if (ms < 0) {
        (void)uv_timer_stop(&l->fetch_timer);
    } else {
        (void)uv_timer_start(&l->fetch_timer, on_fetch_timer, (uint64_t)ms, 0);
    }
}

int um_loop_init(struct um_loop *l)
{
    const struct um_fetch_loop port = {
        .user = l, .watch = fetch_watch, .timer = fetch_timer};

    memset(l, 0, sizeof *l);
    if (uv_loop_init(&l->uv) != 0) {
        return -1;
    }
    (void)uv_timer_init(&l->uv, &l->fetch_timer);
    l->fetch_timer.data = l;
    l->alarms = (struct um_alarms){
        .user = l, .set = alarm_set, .clear = alarm_clear, .now_ms = now_ms};
    l->resolver = (struct um_resolver){.user = l, .resolve = resolve};
    l->worker = (struct um_worker){.user = l, .run = run_task};
    l->fetch = um_fetch_new(&port);
    return l->fetch != NULL ? 0 : -1;
}

void um_loop_fini(struct um_loop *l)
{
    l->ending = true;
    um_fetch_free(l->fetch);
    uv_close((uv_handle_t *)&l->fetch_timer, NULL);
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
    (void)uv_loop_close(&l->uv);
}

static void on_serve_timer(uv_timer_t *timer);

/* Runs the server and sets its timer anew. */
static void serve(struct um_serve *s)
{
    int ms;

    um_http_run(s->http);
    ms = um_http_timeout_ms(s->http);
    if (ms < 0) {
        (void)uv_timer_stop(&s->timer);
    } else {
        (void)uv_timer_start(&s->timer, on_serve_timer, (uint64_t)ms, 0);
    }
}

static void on_serve_timer(uv_timer_t *timer)
{
    serve(timer->data);
}

static void on_serve_fd(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    serve(poll->data);
}

/* After a reply that nobody waited for at the descriptor. */
static void on_serve_due(void *user)
{
    struct um_serve *s = user;

    (void)uv_timer_start(&s->timer, on_serve_timer, 0, 0);
}

struct um_serve *um_loop_serve(struct um_loop *l, struct um_http *http)
{
    struct um_serve *s = calloc(1, sizeof *s);

    if (s == NULL) {
        um_http_free(http);
        return NULL;
    }
    s->http = http;
    s->poll.data = s->timer.data = s;
    (void)uv_poll_init(&l->uv, &s->poll, um_http_fd(http));
    (void)uv_timer_init(&l->uv, &s->timer);
    (void)uv_poll_start(&s->poll, UV_READABLE, on_serve_fd);
    um_http_on_due(http, on_serve_due, s);
    return s;
}

static void on_serve_closed(uv_handle_t *h)
{
    struct um_serve *s = h->data;

    if (--s->closing == 0) {
        free(s);
    }
}

void um_loop_unserve(struct um_serve *s)
{
    if (s == NULL) {
        return;
    }
    (void)uv_poll_stop(&s->poll);
    um_http_free(s->http);
    s->closing = 2;
    uv_close((uv_handle_t *)&s->poll, on_serve_closed);
    uv_close((uv_handle_t *)&s->timer, on_serve_closed);
}
