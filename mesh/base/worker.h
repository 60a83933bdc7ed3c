/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A port: do it beside me. The one door through which what blocks (a disk that
 * syncs) leaves the loop's thread.
 */
#ifndef UM_BASE_WORKER_H
#define UM_BASE_WORKER_H

/** Runs what blocks in another thread, one thing after the other. */
struct um_worker {
    void *user;
    /**
     * Calls work(arg) in the other thread, then done(arg) in the loop's; both
     * once, done never inside of run.
     * @return 0, or a negative code of p2p: neither is called
     */
    int (*run)(void *user, void (*work)(void *arg), void (*done)(void *arg),
               void *arg);
};

#endif
