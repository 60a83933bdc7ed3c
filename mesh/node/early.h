/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Rows that came before what says that their key is a member: a member tells
 * of a newcomer before it tells of the roster. They are kept for a moment, so
 * that nobody has to wait for the newcomer's next one.
 */
#ifndef UM_NODE_EARLY_H
#define UM_NODE_EARLY_H

#include "mesh/trust/row.h"

/** The most rows that are kept so, one a key; the oldest goes. */
#define UM__CAP_NODE_EARLY 256U

/** All zero is empty. */
struct um_early {
    struct um_early_row {
        struct um_name by;
        uint64_t seq;
        struct um_str envelope; /**< owned */
    } list[UM__CAP_NODE_EARLY]; /**< the oldest first */
    size_t n;
};

/** Keeps a row whose signature was verified, unless a newer one of its key is
 * there. Without memory it is not kept. */
void um_early_keep(struct um_early *e, const struct um_row *row,
                   struct um_str envelope);

/** Takes out the row of a key: owned (um_mem_free() its bytes); p NULL: none is
 * there. */
struct um_str um_early_take(struct um_early *e, const struct um_name *by);

/** Frees it. */
void um_early_fini(struct um_early *e);

#endif
