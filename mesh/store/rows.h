/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The last row of each member, so that a node which restarts alone can still
 * say what the others ran.
 */
#ifndef UM_STORE_ROWS_H
#define UM_STORE_ROWS_H

#include "mesh/store/store.h"

/** The most members whose row is kept; those of others are refused. */
#define UM__CAP_STORE_ROWS 4096

/** A member's row on disk. */
struct um_kept_row {
    struct um_name member;
    uint64_t seq;
    uint64_t seen_ms;       /**< when it came, by our clock */
    struct um_str envelope; /**< what is read is valid until the next call on
                                 the store */
};

/** Keeps a row in the place of the member's last. Errors: P2P_EDUP (seq is not
 * higher), P2P_ELIMIT, P2P_ETOOBIG, P2P_EINVAL (a number that is none),
 * P2P_EFORMAT, s->trouble. */
int um_rows_put(struct um_store *s, const struct um_kept_row *row);

/** The first row of a member above one, ascending by name: 1, 0 (none), or
 * P2P_EFORMAT, s->trouble. `after` may be of out; no name: the first of all. */
int um_rows_next(struct um_store *s, const struct um_name *after,
                 struct um_kept_row *out);

/** Forgets a member's row. Errors: P2P_ENOTFOUND, s->trouble. */
int um_rows_drop(struct um_store *s, const struct um_name *member);

#endif
