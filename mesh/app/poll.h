/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The loop of the applier's process: poll(2), alarms and libcurl's descriptors,
 * and nothing else that could be got wrong. One thread.
 */
#ifndef UM_APP_POLL_H
#define UM_APP_POLL_H

#include "mesh/base/alarm.h"
#include "mesh/fetch/fetch.h"

/** Descriptors that are watched at once. */
#define UM__CAP_POLL_FDS 128

/** Alarms that are set at once. They have their room from the beginning: what
 * waits for one does not wait for ever when memory is out. */
#define UM__CAP_POLL_ALARMS 64

struct um_poll;

/** A loop. Owned; NULL: no memory. */
struct um_poll *um_poll_new(void);

/** Frees it, and its requests; alarms that did not go off are forgotten. */
void um_poll_free(struct um_poll *p);

/** Its alarms, which are no more than the cap; valid as long as it is. */
const struct um_alarms *um_poll_alarms(const struct um_poll *p);

/** Its requests; valid as long as it is. */
struct um_fetch *um_poll_fetch(struct um_poll *p);

/** Calls back when a descriptor can be read, or written if `write`; NULL: no
 * more. Errors: P2P_ELIMIT. */
int um_poll_watch(struct um_poll *p, int fd, bool write,
                  void (*ready)(void *user), void *user);

/** Calls back when a descriptor can be written, and not for what there is to
 * read: who waits for room would be called again and again for that. Errors:
 * P2P_ELIMIT. */
int um_poll_watch_room(struct um_poll *p, int fd, void (*ready)(void *user),
                       void *user);

/** Runs until um_poll_stop(). Errors: P2P_EIO. */
int um_poll_run(struct um_poll *p);

/** Ends um_poll_run() after what is being done. */
void um_poll_stop(struct um_poll *p);

#endif
