/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A node's row: what it says of itself, replaced by its next one. Signed, since
 * others pass it on; in no set, and in no view. docs/reference/formats.md.
 */
#ifndef UM_TRUST_ROW_H
#define UM_TRUST_ROW_H

#include "mesh/trust/item.h"
#include "mesh/trust/tie.h"
#include "mesh/trust/way.h"

/** The longest row with its envelope; a longer one is refused unread. */
#define UM__CAP_ROW_BYTES 4096

/** The most revisions that a row names as bad, and the longest text of Unit's
 * version and of the node's name; a row with more is refused. */
#define UM__CAP_ROW_BAD        4
#define UM__CAP_ROW_UNIT_BYTES 64
#define UM__CAP_ROW_NAME_BYTES 63

/** The longest version of a daemon; one that is longer, or no text, is as one
 * that was not said, for rows of version 1 once had none. */
#define UM__CAP_ROW_DAEMON_BYTES 32

/** How what runs differs from what should. */
enum um_drift { UM_NO_DRIFT, UM_DIFFERS, UM_HEALING, UM_ADOPTED };

/** Whether others reach a node from outside of its network. */
enum um_reach { UM_REACH_UNKNOWN, UM_REACH_PUBLIC, UM_REACH_PRIVATE };

/** A row. */
struct um_row {
    struct um_name mesh;
    struct um_name by;
    struct um_name applied;   /**< the revision that runs; none: none does */
    struct um_name effective; /**< of the configuration that runs */
    uint64_t seq;             /**< um_row_seq() */
    uint64_t wall_ms;         /**< the node's clock */
    uint64_t healthy_ms;      /**< for how long; 0: it is not */
    enum um_drift drift;
    bool ready;             /**< an established revision ran here */
    struct um_namelist bad; /**< refused or unhealthy, newest first; borrows */
    struct um_str unit;     /**< Unit's version; borrows */
    struct um_str reason;   /**< why not in step, for people; borrows */
    struct um_str name;     /**< what the node calls itself; borrows */
    struct um_str daemon;   /**< the version of its daemon; borrows */
    struct um_str ties;     /**< whom it is connected with, for
                                 um_tie_take(); borrows */
    struct um_str ways;     /**< where relays bring others to it, for
                                 um_way_take(); borrows */
    bool awaits;            /**< an invitation is open there: strangers may be
                                 brought to it */
    enum um_reach reach;
};

/** um_item_open() and the reading of a row; errors of um_item_open(). */
int um_row_open(struct um_str envelope, struct um_row *out);

/** The reading of a row that was verified before, or that its member says
 * himself. Errors: P2P_ETOOBIG, P2P_EFORMAT, P2P_ENOTSUP. */
int um_row_read(struct um_str envelope, struct um_row *out);

/** Signs a row and appends the envelope; like um_revision_seal(). */
int um_row_seal(struct um_row *row, const struct p2p_key *key,
                struct um_buf *out);

/** The seq of the row after one with `last`, at a moment: a node whose disk
 * was restored does not fall behind itself. */
uint64_t um_row_seq(uint64_t last, uint64_t wall_ms);

#endif
