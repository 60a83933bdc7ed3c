/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A file that is written often: two places in it, of which the older one is
 * overwritten and synced. No name changes and no length, so the disk has one
 * thing to do, not four. What a cut of the power leaves is what was there
 * before, or the new one, whole.
 *
 * A place is a mark, the SHA-256 of what follows, a number that counts up (64
 * bits, as the length), the length, and the bytes; the file is as long as two
 * places. What is damaged later is as if it had been torn: the other place
 * counts then.
 */
#ifndef UM_APP_SLOTS_H
#define UM_APP_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh/base/buf.h"

/** The longest text. The runs of a trail with all their confirmations, of items
 * as long as they may be, are 1.3 MiB. */
#define UM__CAP_SLOTS_BYTES (2U << 20)

/** An open one; {.fd = -1} is none. */
struct um_slots {
    int fd;
    uint64_t number; /**< of the newest */
    uint64_t room;   /**< bytes of a place */
};

/**
 * Opens a file of a folder, if it is not the one that is open, and reads the
 * newest.
 * @param out appended to
 * @return 0; P2P_ENOTFOUND: there is no file; P2P_EFORMAT: neither place holds;
 *         P2P_EIO, P2P_ENOMEM
 */
int um_slots_load(struct um_slots *s, int dir, const char *name,
                  struct um_buf *out);

/**
 * Writes a text, whole or not at all, and syncs it; after um_slots_load() or
 * without, in the place of what is not read.
 * @return 0, P2P_ETOOBIG, P2P_EIO, P2P_ENOMEM
 */
int um_slots_save(struct um_slots *s, int dir, const char *name,
                  struct um_str bytes);

/** Closes it. */
void um_slots_close(struct um_slots *s);

#endif
