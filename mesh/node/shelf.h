/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a node has of the three sets, as other nodes want it: the envelopes as
 * received, the digests, and the last row of each member. In memory; the disk
 * has the same.
 */
#ifndef UM_NODE_SHELF_H
#define UM_NODE_SHELF_H

#include "mesh/sync/digest.h"
#include "mesh/trust/item.h"

/** The most rows that are kept, one a member; those of others are refused. */
#define UM__CAP_SHELF_ROWS 4096U

/** A member's last row. */
struct um_shelf_row {
    struct um_name member;
    uint64_t seq;
    uint64_t seen_ms;       /**< when it came, by the plain clock */
    struct um_str envelope; /**< valid until the member's next row */
    /** Its member said it itself, over a connection or in a message that proves
     * who speaks. Nobody looked at its own signature, which is for others. */
    bool believed;
};

struct um_shelf;

/** An empty shelf. Owned; NULL: no memory. */
struct um_shelf *um_shelf_new(void);

/** Frees it. */
void um_shelf_free(struct um_shelf *s);

/** The set of a kind of items (revision, fact, statement). */
enum um_sync_set um_shelf_set(enum um_kind kind);

/** Puts an accepted item there and into its digest. Errors: P2P_EDUP,
 * P2P_ENOMEM. */
int um_shelf_add(struct um_shelf *s, enum um_kind kind,
                 const struct um_name *id, struct um_str envelope);

/** The envelope of an item, of any set; p NULL: it is not here. Valid until
 * the shelf is freed. */
struct um_str um_shelf_get(const struct um_shelf *s, const struct um_name *id);

/** The digests, by set from 0, for struct um_sync_source. */
struct um_digest *um_shelf_digest(struct um_shelf *s, enum um_sync_set set);

/** The same, to be looked at. */
const struct um_digest *um_shelf_digest_of(const struct um_shelf *s,
                                           enum um_sync_set set);

/** Puts a row in the place of the member's older one. Errors: P2P_EDUP (not
 * newer), P2P_ELIMIT, P2P_ENOMEM. */
int um_shelf_row(struct um_shelf *s, const struct um_shelf_row *row);

/** The i-th row, ascending by member; NULL: there are no more. Valid until the
 * next um_shelf_row(). */
const struct um_shelf_row *um_shelf_row_at(const struct um_shelf *s, size_t i);

/** The row of a member, or NULL. */
const struct um_shelf_row *um_shelf_row_of(const struct um_shelf *s,
                                           const struct um_name *member);

/** The same, to be passed on or kept on disk: one that is believed is verified
 * now, and goes if it does not hold. */
const struct um_shelf_row *um_shelf_row_proven(struct um_shelf *s,
                                               const struct um_name *member);

#endif
