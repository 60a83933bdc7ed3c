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
 * A batch that the disk has no room for, or that it cannot write, is tried again
 * until it can, and said once. After a failed sync nobody knows what is on the
 * disk: cfg.broken, and nothing is written or told any more.
 */
#ifndef UM_NODE_DISK_H
#define UM_NODE_DISK_H

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/base/worker.h"
#include "mesh/store/store.h"

/** How long until a batch that failed is tried again, in ms. */
#define UM_DISK_RETRY_MS 1000U

struct um_disk;

/** A thing to be written. */
struct um_disk_job {
    /** Writes it, in the worker and inside of a batch; may be called again if
     * the batch has to be. An error that is not the disk's (P2P_EDUP, P2P_EINVAL
     * and so on) is for done; nothing of this job stays then, and the rest of
     * the batch does. */
    int (*write)(void *arg, struct um_store *s);
    /** Told on the loop: 0: it is on the disk, or what write said;
     * P2P_ECLOSED: the disk was freed. Frees arg. */
    void (*done)(void *arg, int err);
    void *arg;
};

/** What a disk is made of; borrows all until it is freed. */
struct um_disk_cfg {
    struct um_store *store; /**< open; nobody else uses it */
    const struct um_worker *worker;
    const struct um_alarms *alarms;
    const struct um_log *log;
    /** fsync failed: say so, and end the program. */
    void (*broken)(void *user, const char *text);
    void *user;
};

/** A way to a store. Owned; NULL: no memory. */
struct um_disk *um_disk_new(const struct um_disk_cfg *cfg);

/** Writes what waits, on this thread, and frees it; what cannot be written is
 * told P2P_ECLOSED. No batch is under way when it returns. */
void um_disk_free(struct um_disk *d);

/** Puts a job into the row. Errors: P2P_ENOMEM (job.done is not called). */
int um_disk_write(struct um_disk *d, const struct um_disk_job *job);

/** Whether the last batch could not be written: what is wrong; NULL: nothing.
 * For status pages. */
const char *um_disk_trouble(const struct um_disk *d);

/** The store, for reads on the loop; give it back before returning to it. */
struct um_store *um_disk_lock(struct um_disk *d);
void um_disk_unlock(struct um_disk *d);

#endif
