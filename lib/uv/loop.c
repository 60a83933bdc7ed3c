/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ties the run queue to libuv. Happy path: libuv reads sockets and calls the
 * stack, which marks jobs; the check handle then runs a turn, and the prepare
 * handle another just before libuv waits, for what timers and the application
 * marked. While jobs are left an idle handle keeps libuv from waiting.
 * Failure modes: only the making of a loop can fail.
 */
#include "uv/loop.h"

#include <signal.h>

#include "base/mem.h"
#include "uv/env.h"
#include "uv/errors.h"

/* Jobs run a turn before the kernel is asked again. */
#define TURN_JOBS 256

struct p2p_timer {
    uv_timer_t h;
    void (*fn)(void *user);
    void *user;
};

static void on_idle(uv_idle_t *h)
{
    (void)h;
}

static void on_timer(uv_timer_t *h)
{
    struct p2p_loop *l = h->data;

    l->armed = P2P_NEVER; /* the turn in check or prepare arms it again */
}

/* Sets the timer to the next deadline, in whole milliseconds, not early. */
static void arm(struct p2p_loop *l, p2p_ns at)
{
    p2p_ns now = uv_hrtime();
    uint64_t ms;

    if (at == l->armed) {
        return;
    }
    l->armed = at;
    if (at == P2P_NEVER) {
        (void)uv_timer_stop(&l->timer);
        return;
    }
    ms = at <= now ? 0 : (at - now + 999999) / 1000000;
    uv_update_time(l->uv);
    (void)uv_timer_start(&l->timer, on_timer, ms, 0);
}

static void turn(struct p2p_loop *l)
{
    p2p_ns next = p2p__turn(&l->q, uv_hrtime(), TURN_JOBS);

    if (next == 0 && !l->idling) {
        (void)uv_idle_start(&l->idle, on_idle);
    } else if (next != 0 && l->idling) {
        (void)uv_idle_stop(&l->idle);
    }
    l->idling = next == 0;
    if (next != 0) {
        arm(l, next);
    }
}

static void on_check(uv_check_t *h)
{
    turn(h->data);
}

static void on_prepare(uv_prepare_t *h)
{
    turn(h->data);
}

/* Something was marked outside a turn: do not wait before the next one. */
static void on_wake(struct p2p__runq *q)
{
    struct p2p_loop *l = P2P__CONTAINER(q, struct p2p_loop, q);

    if (!l->idling) {
        l->idling = true;
        (void)uv_idle_start(&l->idle, on_idle);
    }
}

static struct p2p__post *take_post(struct p2p_loop *l)
{
    struct p2p__list *link;

    uv_mutex_lock(&l->mutex);
    link = p2p__list_pop(&l->posts);
    uv_mutex_unlock(&l->mutex);
    return link == NULL ? NULL : P2P__CONTAINER(link, struct p2p__post, link);
}

static void run_posts(struct p2p_loop *l)
{
    struct p2p__post *p = take_post(l);

    while (p != NULL) {
        p->fn(p->arg);
        p2p__free(p);
        p = take_post(l);
    }
}

static void on_async(uv_async_t *h)
{
    run_posts(h->data);
}

int p2p_loop_post(struct p2p_loop *loop, void (*fn)(void *), void *arg)
{
    struct p2p__post *p = p2p__zalloc(sizeof *p);

    if (p == NULL) {
        return P2P_ENOMEM;
    }
    p->fn = fn;
    p->arg = arg;
    uv_mutex_lock(&loop->mutex);
    p2p__list_push(&loop->posts, &p->link);
    uv_mutex_unlock(&loop->mutex);
    (void)uv_async_send(&loop->async);
    return 0;
}

/* The handles that a loop needs for itself; none keeps the loop alive but
 * async, which stands for the hosts. */
static void init_handles(struct p2p_loop *l)
{
    (void)uv_check_init(l->uv, &l->check);
    (void)uv_prepare_init(l->uv, &l->prepare);
    (void)uv_idle_init(l->uv, &l->idle);
    (void)uv_timer_init(l->uv, &l->timer);
    l->check.data = l->prepare.data = l->idle.data = l;
    l->timer.data = l->async.data = l;
    (void)uv_check_start(&l->check, on_check);
    (void)uv_prepare_start(&l->prepare, on_prepare);
    l->armed = P2P_NEVER;
}

static p2p_ns world_now(const struct p2p__world *world)
{
    (void)world;
    return uv_hrtime();
}

/* libuv writes without MSG_NOSIGNAL: a peer that resets its connection would
 * end the process. A program's own handler stays. */
static void ignore_sigpipe(void)
{
    struct sigaction sa;

    if (sigaction(SIGPIPE, NULL, &sa) == 0 && !(sa.sa_flags & SA_SIGINFO) &&
        sa.sa_handler == SIG_DFL) {
        sa.sa_handler = SIG_IGN;
        (void)sigaction(SIGPIPE, &sa, NULL);
    }
}

static int init(struct p2p_loop *l)
{
    int rv = p2p__uv_err(uv_mutex_init(&l->mutex));

    if (rv != 0) {
        return rv;
    }
    rv = p2p__uv_err(uv_async_init(l->uv, &l->async, on_async));
    if (rv != 0) {
        uv_mutex_destroy(&l->mutex);
        return rv;
    }
    ignore_sigpipe();
    p2p__list_init(&l->posts);
    p2p__runq_init(&l->q, on_wake);
    p2p__uv_net_init(&l->net, l->uv);
    p2p__uv_dns_init(&l->dns, l->uv);
    p2p__uv_ifaces_init(&l->ifaces, l->uv);
    p2p__uv_env_init(&l->env);
    l->world = (struct p2p__world){.q = &l->q,
                                   .env = &l->env,
                                   .net = &l->net.net,
                                   .dns = &l->dns.dns,
                                   .ifaces = &l->ifaces.ifaces,
                                   .now = world_now};
    init_handles(l);
    ignore_sigpipe();
    return 0;
}

int p2p_loop_new(struct p2p_loop **out)
{
    struct p2p_loop *l = p2p__zalloc(sizeof *l);
    int rv;

    *out = NULL;
    if (l == NULL) {
        return P2P_ENOMEM;
    }
    rv = p2p__uv_err(uv_loop_init(&l->own));
    if (rv != 0) {
        p2p__free(l);
        return rv;
    }
    l->uv = &l->own;
    l->ours = true;
    rv = init(l);
    if (rv != 0) {
        (void)uv_loop_close(&l->own);
        p2p__free(l);
        return rv;
    }
    *out = l;
    return 0;
}

int p2p_loop_adopt(struct uv_loop_s *uv, struct p2p_loop **out)
{
    struct p2p_loop *l = p2p__zalloc(sizeof *l);
    int rv;

    *out = NULL;
    if (l == NULL) {
        return P2P_ENOMEM;
    }
    l->uv = uv;
    rv = init(l);
    if (rv != 0) {
        p2p__free(l);
        return rv;
    }
    *out = l;
    return 0;
}

static void on_handle_closed(uv_handle_t *h)
{
    struct p2p_loop *l = h->data;

    l->closing--;
}

static void close_handle(struct p2p_loop *l, void *h)
{
    l->closing++;
    uv_close(h, on_handle_closed);
}

static void on_ifaces_closed(uv_handle_t *h)
{
    struct p2p_loop *l =
        P2P__CONTAINER((uv_poll_t *)h, struct p2p_loop, ifaces.h);

    p2p__uv_ifaces_closed(&l->ifaces);
    l->closing--;
}

static void close_ifaces(struct p2p_loop *l)
{
    uv_handle_t *h = p2p__uv_ifaces_handle(&l->ifaces);

    if (h != NULL) {
        l->closing++;
        uv_close(h, on_ifaces_closed);
    }
}

void p2p_loop_free(struct p2p_loop *loop)
{
    if (loop == NULL) {
        return;
    }
    run_posts(loop);
    close_handle(loop, &loop->check);
    close_handle(loop, &loop->prepare);
    close_handle(loop, &loop->idle);
    close_handle(loop, &loop->timer);
    close_handle(loop, &loop->async);
    close_ifaces(loop);
    while (loop->closing > 0 || loop->net.handles > 0 ||
           loop->dns.pending > 0) {
        (void)uv_run(loop->uv, UV_RUN_ONCE);
    }
    p2p__uv_net_fini(&loop->net);
    uv_mutex_destroy(&loop->mutex);
    if (loop->ours) {
        (void)uv_run(loop->uv, UV_RUN_NOWAIT); /* freed timers close here */
        (void)uv_loop_close(&loop->own);
    }
    p2p__free(loop);
}

void p2p_loop_run(struct p2p_loop *loop)
{
    (void)uv_run(loop->uv, UV_RUN_DEFAULT);
}

void p2p_loop_stop(struct p2p_loop *loop)
{
    uv_stop(loop->uv);
}

int p2p_loop_fd(struct p2p_loop *loop)
{
    return uv_backend_fd(loop->uv);
}

int p2p_loop_timeout_ms(struct p2p_loop *loop)
{
    uv_update_time(loop->uv);
    return uv_backend_timeout(loop->uv);
}

void p2p_loop_drive(struct p2p_loop *loop)
{
    (void)uv_run(loop->uv, UV_RUN_NOWAIT);
}

struct uv_loop_s *p2p_loop_uv(struct p2p_loop *loop)
{
    return loop->uv;
}

uint64_t p2p_loop_now_ns(const struct p2p_loop *loop)
{
    (void)loop;
    return uv_hrtime();
}

static void on_app_timer(uv_timer_t *h)
{
    struct p2p_timer *t = h->data;

    t->fn(t->user);
}

int p2p_timer_new(struct p2p_loop *loop, uint64_t after_ms, uint64_t every_ms,
                  void (*fn)(void *user), void *user, struct p2p_timer **out)
{
    struct p2p_timer *t = p2p__zalloc(sizeof *t);

    *out = NULL;
    if (t == NULL) {
        return P2P_ENOMEM;
    }
    t->fn = fn;
    t->user = user;
    (void)uv_timer_init(loop->uv, &t->h);
    t->h.data = t;
    uv_update_time(loop->uv);
    (void)uv_timer_start(&t->h, on_app_timer, after_ms, every_ms);
    *out = t;
    return 0;
}

static void on_app_timer_closed(uv_handle_t *h)
{
    p2p__free(h->data);
}

void p2p_timer_free(struct p2p_timer *timer)
{
    if (timer != NULL) {
        uv_close((uv_handle_t *)&timer->h, on_app_timer_closed);
    }
}
