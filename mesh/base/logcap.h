/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A log that takes only so many lines in a while, for a part whose lines
 * somebody else can cause: a disk would be full of them. Of each level lines go
 * on that have room; the others are counted, and that is said.
 */
#ifndef UM_BASE_LOGCAP_H
#define UM_BASE_LOGCAP_H

#include <stdint.h>

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"

/** Lines of one level that are taken at once; one more each second. */
#define UM__CAP_LOGCAP_LINES 200U

/** How long lines are left out before that is said. */
#define UM_LOGCAP_TELL_MS 10000U

/** One of them; not to be moved. All members but `log` are private. */
struct um_logcap {
    struct um_log log;       /**< what is written to */
    const struct um_log *to; /* where it goes */
    const struct um_alarms *alarms;
    unsigned used[UM_LOG_TRACE + 1]; /* of the room of each level */
    uint64_t since_ms;               /* when that was so */
    uint64_t left_out;
    void *alarm; /* to tell that */
};

/** Begins one. @param to @param alarms borrowed */
void um_logcap_init(struct um_logcap *c, const struct um_log *to,
                    const struct um_alarms *alarms);

/** Ends it; says what was left out and not told of. */
void um_logcap_fini(struct um_logcap *c);

#endif
