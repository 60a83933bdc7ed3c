/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who flushes: a core with output calls p2p__mark(owner), nothing else. The
 * job is linked once into the host's run queue, and p2p__turn() is the only
 * place that pulls. So there is no second way for output to leave, and none
 * for it to be forgotten.
 */
#ifndef P2P_BASE_TURN_H
#define P2P_BASE_TURN_H

#include "base/heap.h"
#include "base/list.h"

struct p2p__runq;

/*
 * Something that has work to do in the next turn. run() does a bounded piece
 * of it; it marks the job again if some is left.
 */
struct p2p__job {
    struct p2p__list link;
    struct p2p__runq *q;
    void (*run)(struct p2p__job *job, p2p_ns now);
    bool queued;
};

/*
 * A deadline of a connection or a protocol; due() may set it again. One that
 * moves later stays where it is in the heap, and is looked at when the earlier
 * moment comes: a deadline that every packet moves costs a store a packet.
 */
struct p2p__timer {
    struct p2p__heap_node node;
    p2p_ns at; /* wanted; node.at is this or earlier */
    struct p2p__runq *q;
    void (*due)(struct p2p__timer *timer, p2p_ns now);
};

struct p2p__runq {
    struct p2p__list jobs;
    struct p2p__heap timers;
    void (*wake)(struct p2p__runq *q); /* first job queued, or earlier timer */
    p2p_ns now;                        /* of the turn that runs */
    bool turning;
};

/* An empty queue. `wake` is told when a turn is wanted sooner than before. */
void p2p__runq_init(struct p2p__runq *q, void (*wake)(struct p2p__runq *q));

/* A job that belongs to `q` and is not queued. */
void p2p__job_init(struct p2p__job *job, struct p2p__runq *q,
                   void (*run)(struct p2p__job *job, p2p_ns now));

/* Takes the job off the queue: before its memory goes away. */
void p2p__job_fini(struct p2p__job *job);

/* Queues the job once. NULL is fine: a core in a unit test has no owner. */
void p2p__mark(struct p2p__job *job);

/* A timer that is not set. */
void p2p__timer_init(struct p2p__timer *timer, struct p2p__runq *q,
                     void (*due)(struct p2p__timer *timer, p2p_ns now));

/* Sets, moves or (P2P_NEVER) clears the timer. A moment that has passed is
 * now, so a timer that is always late cannot starve another. */
void p2p__timer_set(struct p2p__timer *timer, p2p_ns at);

/* Clears the timer: before its memory goes away. */
void p2p__timer_fini(struct p2p__timer *timer);

/*
 * Runs the timers that are due, each once, then jobs in order, at most
 * `max_jobs`; those that are marked meanwhile go to the back of the queue.
 * Returns the moment of the next turn: 0 if jobs are left, P2P_NEVER if there
 * is nothing to wait for. It may be early: a timer that moved later is lazy.
 */
p2p_ns p2p__turn(struct p2p__runq *q, p2p_ns now, size_t max_jobs);

#endif
