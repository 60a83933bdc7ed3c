/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The applier's own folder, applier/ in the state folder: whose applier it is,
 * and what it gave to Unit. The node has no business there.
 */
#ifndef UM_APP_SHELTER_H
#define UM_APP_SHELTER_H

#include "mesh/app/slots.h"
#include "mesh/applier/agent.h"
#include "mesh/base/log.h"

/** The longest file of it, which is a roster; longer ones are damaged. */
#define UM__CAP_SHELTER_BYTES (72U << 20)

/** An open folder; it stays locked until um_shelter_close(). */
struct um_shelter {
    int dir;
    int lock;
    struct um_slots record;
};

/** One that is not open. */
#define UM_SHELTER_NONE                              \
    {                                                \
        .dir = -1, .lock = -1, .record = {.fd = -1 } \
    }

/**
 * Opens or makes it (0700), and waits for its lock: an applier whose daemon was
 * killed may still have a change at Unit. What is wrong is in the log.
 * @return 0, P2P_EIO, P2P_EACCES (somebody else's, or others may go in)
 */
int um_shelter_open(struct um_shelter *s, const char *state,
                    const struct um_log *log);

/** Closes it. */
void um_shelter_close(struct um_shelter *s);

/** Its files; borrows s. */
struct um_agent_files um_shelter_files(struct um_shelter *s);

#endif
