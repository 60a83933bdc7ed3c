/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The way to the store: writes wait in one row and go out in batches, in the
 * worker, all that wait in one transaction; the loop never waits for an fsync.
 * Reads are made on the loop, under the lock, and wait at most for the batch
 * that is under way.
 *
 *     um_disk_write(d, &job);      a batch begins when the loop comes round
 *     job.done(job.arg, 0)         on the loop: it is on the disk
 *
 * A batch that the disk has no room for, or that it cannot write, is tried
 * again until it can, and said once. After a failed sync nobody knows what is
 * on the disk: cfg.broken, and nothing is written or told any more.
 */
#ifndef UM_NODE_DISK_H
#define UM_NODE_DISK_H

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/base/worker.h"
#include "mesh/store/store.h"

/** The most jobs that wait, while the disk is full or slow; more are refused.
 */
#define UM__CAP_DISK_WAITING 65536U

/** How long until a batch that failed is tried again, in ms. */
#define UM_DISK_RETRY_MS 1000U

/** How long what nobody waits for is kept for company, in ms. */
#define UM_DISK_LAZY_MS 50U

/** How often a batch lets the loop come round once more, if its owner is about
 * to put more into the row. */
#define UM_DISK_TURNS 8U

struct um_disk;

/** A thing to be written. */
struct um_disk_job {
    /** Writes it, in the worker and inside of a batch; may be called again if
     * the batch has to be. 0 or an error. One that is not the disk's (P2P_EDUP,
     * P2P_EINVAL, a damaged row that it met) is for done; nothing of this job
     * stays then, and the rest of the batch does. */
    int (*write)(void *arg, struct um_store *s);
    /** Told on the loop, once, in the order of the row: 0: it is on the disk,
     * or what write said; P2P_ECLOSED: the disk was freed. Frees arg. */
    void (*done)(void *arg, int err);
    void *arg;
    bool lazy; /**< nobody waits for it: it goes with the next one that is not,
                    after UM_DISK_LAZY_MS, or at um_disk_hurry() */
};

/** What a disk is made of; borrows all until it is freed. */
struct um_disk_cfg {
    struct um_store *store; /**< open; nobody else uses it */
    const struct um_worker *worker;
    const struct um_alarms *alarms;
    const struct um_log *log;
    /** fsync failed: say so, and end the program. Told once; nothing is written
     * any more, and no job is told before um_disk_free(). */
    void (*broken)(void *user, const char *text);
    /** Whether more is about to come in this turn of the loop, or the next;
     * may be NULL. */
    bool (*expects)(void *user);
    void *user;
};

/** A way to a store. Owned; NULL: no memory. */
struct um_disk *um_disk_new(const struct um_disk_cfg *cfg);

/** Waits for the batch that is under way, writes what waits, on this thread,
 * and frees it; what cannot be written is told P2P_ECLOSED. Nothing of it
 * touches the store afterwards; the worker must go on until it told the last
 * done. Not from a job's done or from `broken`. NULL is fine. */
void um_disk_free(struct um_disk *d);

/**
 * Puts a job into the row. What is put there before the loop goes on is in one
 * batch.
 * @param job borrows; it is copied
 * @return 0; job.done is not called if: P2P_ENOMEM, P2P_ELIMIT, P2P_ECLOSED (it
 *         is being freed)
 */
int um_disk_write(struct um_disk *d, const struct um_disk_job *job);

/** Somebody waits for what is in the row, lazy or not. */
void um_disk_hurry(struct um_disk *d);

/** Whether the last batch could not be written: what is wrong; NULL: nothing.
 * For status pages. Valid until the loop goes on. */
const char *um_disk_trouble(const struct um_disk *d);

/** Whether a sync failed, so that nothing is written or told any more. */
bool um_disk_broken(const struct um_disk *d);

/** How many jobs were not told yet. */
size_t um_disk_waiting(const struct um_disk *d);

/** The store, for reads on the loop; give it back before returning to it. */
struct um_store *um_disk_lock(struct um_disk *d);
void um_disk_unlock(struct um_disk *d);

#endif
