/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The run queue: see turn.h. */
#include "base/turn.h"

void p2p__runq_init(struct p2p__runq *q, void (*wake)(struct p2p__runq *q))
{
    p2p__list_init(&q->jobs);
    p2p__heap_init(&q->timers);
    q->wake = wake;
    q->now = 0;
    q->turning = false;
}

static void wake(struct p2p__runq *q)
{
    if (!q->turning && q->wake != NULL) {
        q->wake(q);
    }
}

void p2p__job_init(struct p2p__job *job, struct p2p__runq *q,
                   void (*run)(struct p2p__job *job, p2p_ns now))
{
    p2p__list_init(&job->link);
    job->q = q;
    job->run = run;
    job->queued = false;
}

void p2p__job_fini(struct p2p__job *job)
{
    p2p__list_remove(&job->link);
    job->queued = false;
}

void p2p__mark(struct p2p__job *job)
{
    bool first;

    if (job == NULL || job->queued) {
        return;
    }
    first = p2p__list_empty(&job->q->jobs);
    job->queued = true;
    p2p__list_push(&job->q->jobs, &job->link);
    if (first) {
        wake(job->q);
    }
}

void p2p__timer_init(struct p2p__timer *timer, struct p2p__runq *q,
                     void (*due)(struct p2p__timer *timer, p2p_ns now))
{
    *timer = (struct p2p__timer){.q = q, .due = due};
}

void p2p__timer_set(struct p2p__timer *timer, p2p_ns at)
{
    struct p2p__runq *q = timer->q;
    const struct p2p__heap_node *first = p2p__heap_first(&q->timers);
    bool sooner;

    if (at == P2P_NEVER) {
        p2p__heap_remove(&q->timers, &timer->node);
        return;
    }
    at = q->turning && at < q->now ? q->now : at;
    timer->at = at;
    if (timer->node.armed && timer->node.at <= at) {
        return; /* run_timers() moves it when the earlier moment comes */
    }
    sooner = first == NULL || at < first->at;
    p2p__heap_set(&q->timers, &timer->node, at);
    if (sooner) {
        wake(q);
    }
}

void p2p__timer_fini(struct p2p__timer *timer)
{
    p2p__heap_remove(&timer->q->timers, &timer->node);
}

/* A timer that sets itself to a moment that has passed waits a turn. */
static void run_timers(struct p2p__runq *q, p2p_ns now)
{
    struct p2p__heap_node *first = p2p__heap_first(&q->timers);
    const uint64_t later = q->timers.seq;

    while (first != NULL && first->at <= now && first->seq < later) {
        struct p2p__timer *t = P2P__CONTAINER(first, struct p2p__timer, node);

        assert(t->at >= first->at);
        if (t->at > now) {
            p2p__heap_set(&q->timers, first, t->at);
        } else {
            p2p__heap_remove(&q->timers, first);
            t->due(t, now);
        }
        first = p2p__heap_first(&q->timers);
    }
}

p2p_ns p2p__turn(struct p2p__runq *q, p2p_ns now, size_t max_jobs)
{
    const struct p2p__heap_node *first;
    struct p2p__list *link;

    assert(!q->turning);
    q->turning = true;
    q->now = now;
    run_timers(q, now);
    while (max_jobs-- > 0 && (link = p2p__list_pop(&q->jobs)) != NULL) {
        struct p2p__job *job = P2P__CONTAINER(link, struct p2p__job, link);

        job->queued = false;
        job->run(job, now);
    }
    q->turning = false;
    if (!p2p__list_empty(&q->jobs)) {
        return 0;
    }
    first = p2p__heap_first(&q->timers);
    return first == NULL ? P2P_NEVER : first->at;
}
