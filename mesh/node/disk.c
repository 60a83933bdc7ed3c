/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: um_disk_write() puts a job behind those that wait and sets an
 * alarm of 0 ms; when it goes off, all that wait are the batch, and the worker
 * has it: begin, each job's write, commit. Back on the loop each is told, and
 * what came meanwhile is the next batch, at once. So what is put there in one
 * go is in one batch, and a busy disk makes batches larger. A batch begins a
 * few turns of the loop later while its owner says that more is about to come:
 * one sync instead of two. What is lazy waits for what is not, for a while.
 *
 * Failure modes: a job that fails by itself is marked, and the batch made anew
 * without it; a damaged row that it met is its own affair, too, or one bad page
 * would hold all others up. What the whole disk cannot do puts the batch back
 * in front of the row, and an alarm tries again. After a failed sync nothing is
 * begun any more. Without memory for the worker or an alarm the next job tries
 * again.
 *
 * The lock is held by the worker during a batch and by the loop during reads;
 * `batch` and what is in it belong to the worker from run to done. Who frees a
 * disk cannot wait for the worker's done; he takes the lock, does what is left
 * to do, and leaves the empty shell to it.
 */
#include "mesh/node/disk.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

/* A job in the row. */
struct job {
    struct job *next;
    struct um_disk_job is;
    int err; /* its own, of this batch */
};

/* A row of jobs. */
struct row {
    struct job *first;
    struct job **end; /* where the next one goes */
};

struct um_disk {
    struct um_disk_cfg cfg;
    pthread_mutex_t lock; /* of the store */
    struct row waiting;
    size_t waiting_n; /* of the batch, too */
    void *alarm;      /* a batch begins when it goes off */
    bool idles;       /* it is that of lazy jobs alone */
    bool urgent;      /* somebody waits for what waits */
    unsigned turns;   /* that the batch has let pass */
    bool busy;        /* the worker has the batch */
    bool broken;
    bool closed;
    enum um_trouble trouble; /* that was said; fine: none */
    char text[UM_STORE_TEXT_MAX];

    struct row batch;
    bool worked; /* what follows is set */
    enum um_trouble outcome;
    char outcome_text[UM_STORE_TEXT_MAX];
};

static void row_clear(struct row *r)
{
    r->first = NULL;
    r->end = &r->first;
}

/* Moves all of one row behind another. */
static void row_append(struct row *r, struct row *more)
{
    if (more->first != NULL) {
        *r->end = more->first;
        r->end = more->end;
        row_clear(more);
    }
}

/* Whether a trouble is that of the disk, and not of one job's rows. */
static bool is_everyones(enum um_trouble trouble)
{
    return trouble == UM_STORE_FULL || trouble == UM_STORE_READONLY ||
           trouble == UM_STORE_BUSY || trouble == UM_STORE_UNSYNCED ||
           trouble == UM_STORE_DISK || trouble == UM_STORE_MEMORY;
}

/* Writes all jobs that are not marked. NULL: they are in the store's batch;
 * else the one that failed. */
static struct job *write_jobs(struct um_disk *d)
{
    struct um_store *s = d->cfg.store;

    for (struct job *j = d->batch.first; j != NULL; j = j->next) {
        int err;

        if (j->err != 0)
            continue;
        s->trouble = UM_STORE_FINE;
        err = j->is.write(j->is.arg, s);
        if (err == 0)
            err = um_store_spoilt(s);
        if (err != 0) {
            j->err = err;
            return j;
        }
    }
    return NULL;
}

/* Makes the batch once. True: it has to be made anew, without a job. */
static bool make_batch(struct um_disk *d)
{
    struct um_store *s = d->cfg.store;
    struct job *failed;
    int err;

    s->trouble = UM_STORE_FINE;
    err = um_store_begin(s);
    if (err == 0) {
        failed = write_jobs(d);
        if (failed != NULL && !is_everyones(s->trouble)) {
            um_store_rollback(s);
            return true;
        }
        if (failed != NULL)
            err = failed->err;
        else
            err = um_store_commit(s);
    }
    d->outcome = err == 0                      ? UM_STORE_FINE
                 : s->trouble != UM_STORE_FINE ? s->trouble
                                               : UM_STORE_ODD;
    (void)snprintf(d->outcome_text, sizeof d->outcome_text, "%s", s->text);
    um_store_rollback(s);
    return false;
}

/* In the worker, or while nothing is under way; under the lock. */
static void work_locked(struct um_disk *d)
{
    for (struct job *j = d->batch.first; j != NULL; j = j->next)
        j->err = 0;
    while (make_batch(d))
        ;
    d->worked = true;
}

static void work(void *arg)
{
    struct um_disk *d = arg;

    (void)pthread_mutex_lock(&d->lock);
    if (!d->closed)
        work_locked(d);
    (void)pthread_mutex_unlock(&d->lock);
}

/* Tells all jobs of a row, in order: their own error, or one for all. */
static void tell(struct um_disk *d, struct row *r, int err)
{
    struct row told = {NULL, &told.first};

    row_append(&told, r);
    while (told.first != NULL) {
        struct job *j = told.first;

        told.first = j->next;
        d->waiting_n--;
        j->is.done(j->is.arg, err != 0 ? err : j->err);
        um_mem_free(j);
    }
}

/* Says what is wrong, or that it is no longer; once each. */
static void say(struct um_disk *d)
{
    enum um_trouble was = d->trouble;

    d->trouble = d->outcome;
    (void)snprintf(d->text, sizeof d->text, "%s", d->outcome_text);
    if (was == d->trouble || d->broken)
        return;
    if (d->trouble != UM_STORE_FINE)
        um_log_line(d->cfg.log, UM_LOG_ERROR,
                    "%s; nothing is stored until it can be", d->text);
    else
        um_log_line(d->cfg.log, UM_LOG_INFO, "the disk can be written again");
}

/* What became of the batch: its jobs are told, or wait again. */
static void settle(struct um_disk *d)
{
    d->worked = false;
    d->broken = d->outcome == UM_STORE_UNSYNCED;
    say(d);
    if (d->outcome == UM_STORE_FINE) {
        tell(d, &d->batch, 0);
    } else {
        row_append(&d->batch, &d->waiting);
        row_append(&d->waiting, &d->batch);
    }
    if (d->broken)
        d->cfg.broken(d->cfg.user, d->text);
}

static void begin(struct um_disk *d);

static bool begin_in(struct um_disk *d, uint64_t ms);

static void on_alarm(void *arg)
{
    struct um_disk *d = arg;

    d->alarm = NULL;
    if (d->cfg.expects != NULL && d->turns < UM_DISK_TURNS &&
        d->cfg.expects(d->cfg.user)) {
        d->turns++;
        if (begin_in(d, 0))
            return;
    }
    begin(d);
}

/* A batch begins in a while. Whether it does. */
static bool begin_in(struct um_disk *d, uint64_t ms)
{
    d->idles = false;
    if (d->alarm == NULL)
        d->alarm = d->cfg.alarms->set(d->cfg.alarms->user, ms, on_alarm, d);
    return d->alarm != NULL;
}

/* What waits begins as soon as it has to. */
static void begin_soon(struct um_disk *d)
{
    const struct um_alarms *a = d->cfg.alarms;

    if (d->busy || d->broken || d->waiting.first == NULL)
        return;
    if (d->urgent && d->idles) {
        a->clear(a->user, d->alarm);
        d->alarm = NULL;
    }
    if (d->alarm != NULL)
        return;
    if (!begin_in(d, d->urgent ? 0 : UM_DISK_LAZY_MS))
        begin(d);
    else
        d->idles = !d->urgent;
}

static void shell_free(struct um_disk *d)
{
    (void)pthread_mutex_destroy(&d->lock);
    um_mem_free(d);
}

static void on_done(void *arg)
{
    struct um_disk *d = arg;

    if (d->closed) {
        shell_free(d);
        return;
    }
    settle(d);
    d->busy = false;
    if (d->trouble == UM_STORE_FINE && d->urgent)
        begin(d);
    else if (d->trouble == UM_STORE_FINE)
        begin_soon(d);
    else if (!d->broken && d->waiting.first != NULL)
        (void)begin_in(d, UM_DISK_RETRY_MS);
}

/* Gives all that wait to the worker. */
static void begin(struct um_disk *d)
{
    if (d->busy || d->broken || d->alarm != NULL || d->waiting.first == NULL)
        return;
    assert(d->batch.first == NULL && d->turns <= UM_DISK_TURNS);
    row_append(&d->batch, &d->waiting);
    d->busy = true;
    d->urgent = false;
    d->turns = 0;
    if (d->cfg.worker->run(d->cfg.worker->user, work, on_done, d) != 0) {
        d->busy = false;
        row_append(&d->waiting, &d->batch);
        (void)begin_in(d, UM_DISK_RETRY_MS);
    }
}

struct um_disk *um_disk_new(const struct um_disk_cfg *cfg)
{
    struct um_disk *d = um_mem_zalloc(sizeof *d);

    if (d == NULL)
        return NULL;
    d->cfg = *cfg;
    row_clear(&d->waiting);
    row_clear(&d->batch);
    if (pthread_mutex_init(&d->lock, NULL) != 0) {
        um_mem_free(d);
        return NULL;
    }
    return d;
}

void um_disk_free(struct um_disk *d)
{
    if (d == NULL)
        return;
    (void)pthread_mutex_lock(&d->lock);
    d->closed = true; /* from here on the worker leaves all as it is */
    (void)pthread_mutex_unlock(&d->lock);
    d->cfg.alarms->clear(d->cfg.alarms->user, d->alarm);
    d->alarm = NULL;
    if (d->worked)
        settle(d);
    row_append(&d->batch, &d->waiting);
    if (d->batch.first != NULL && !d->broken) {
        work_locked(d);
        settle(d);
    }
    row_append(&d->waiting, &d->batch);
    tell(d, &d->waiting, P2P_ECLOSED);
    if (!d->busy)
        shell_free(d);
}

int um_disk_write(struct um_disk *d, const struct um_disk_job *job)
{
    struct job *j;

    if (d->closed)
        return P2P_ECLOSED;
    if (d->waiting_n >= UM__CAP_DISK_WAITING)
        return P2P_ELIMIT;
    j = um_mem_zalloc(sizeof *j);
    if (j == NULL)
        return P2P_ENOMEM;
    j->is = *job;
    *d->waiting.end = j;
    d->waiting.end = &j->next;
    d->waiting_n++;
    d->urgent = d->urgent || !job->lazy;
    begin_soon(d);
    return 0;
}

void um_disk_hurry(struct um_disk *d)
{
    if (d->waiting.first != NULL) {
        d->urgent = true;
        begin_soon(d);
    }
}

const char *um_disk_trouble(const struct um_disk *d)
{
    return d->trouble != UM_STORE_FINE ? d->text : NULL;
}

bool um_disk_broken(const struct um_disk *d)
{
    return d->broken;
}

size_t um_disk_waiting(const struct um_disk *d)
{
    return d->waiting_n;
}

struct um_store *um_disk_lock(struct um_disk *d)
{
    (void)pthread_mutex_lock(&d->lock);
    return d->cfg.store;
}

void um_disk_unlock(struct um_disk *d)
{
    (void)pthread_mutex_unlock(&d->lock);
}
