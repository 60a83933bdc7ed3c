/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * How a part of a warden is written: whose it is, a list of entries, and the
 * SHA-256 of all before it. A message of mesh/base/pb.h.
 *
 *     um_saved_begin(&head, out)    at the end of out
 *     um_saved_entry(out, bytes)    for each
 *     um_saved_end(&head, out)
 */
#ifndef UM_APPLIER_SAVED_H
#define UM_APPLIER_SAVED_H

#include "mesh/trust/name.h"

/** What stands first. */
struct um_saved {
    unsigned part; /**< 1 and on */
    struct um_name mesh;
    struct um_name node;
    size_t from; /**< where in the buffer it begins; set by begin */
};

/** Begins it. */
void um_saved_begin(struct um_saved *head, struct um_buf *out);

/** Appends an entry, which has bytes. */
void um_saved_entry(struct um_buf *out, struct um_str entry);

/** Ends it. */
void um_saved_end(const struct um_saved *head, struct um_buf *out);

/**
 * Reads one.
 * @param head    what must stand first
 * @param entries set, for um_pb_list_next(); borrows `saved`
 * @return 0, P2P_EFORMAT, P2P_EPEER (of another mesh or node), P2P_ENOTSUP (of
 *         a later version)
 */
int um_saved_open(const struct um_saved *head, struct um_str saved,
                  struct um_str *entries);

#endif
