/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The messages of /unitmesh/sync/1.0.0, one a frame: bytes to values and back.
 * docs/reference/formats.md, "Sync". What they mean is mesh/sync/session.h.
 */
#ifndef UM_SYNC_MESSAGE_H
#define UM_SYNC_MESSAGE_H

#include "mesh/sync/frame.h"
#include "mesh/trust/row.h"
#include "mesh/trust/seal.h"

/** The name of the protocol. */
#define UM_SYNC_PROTOCOL "/unitmesh/sync/1.0.0"

/** The longest frame; a longer one ends the session unread. */
#define UM__CAP_SYNC_FRAME_BYTES (320U << 10)

/** The most of a document in one frame; a frame with more is refused. */
#define UM__CAP_SYNC_PART_BYTES (256U << 10)

/** The most names in a Want; one with more is refused. */
#define UM__CAP_SYNC_WANT_NAMES 1024U

/** The most rows that a Hello says it has; one with more is refused. */
#define UM__CAP_SYNC_ROWS 4096U

/** The longest text of a Sorry; a longer one is refused. */
#define UM__CAP_SYNC_SORRY_BYTES 255U

/** The version that this code speaks. */
#define UM_SYNC_VERSION 1U

/** The three sets, with the numbers that stand in messages. */
enum um_sync_set {
    UM_SYNC_ROSTER = 1,
    UM_SYNC_REVISIONS = 2,
    UM_SYNC_FACTS = 3
};

/** How many there are. */
#define UM_SYNC_SETS 3

/** How many buckets a set has: by the first byte of the id. */
#define UM_SYNC_BUCKETS 256

/** Bytes of a row that a Hello says it has: member, and seq, big-endian. */
#define UM_SYNC_ROW_BYTES 40

/** Messages, with the numbers that stand in frames. */
enum um_sync_what {
    UM_SYNC_HELLO = 1,
    UM_SYNC_BUCKETS_WANT = 2,
    UM_SYNC_BUCKETS_ARE = 3,
    UM_SYNC_IDS_WANT = 4,
    UM_SYNC_IDS = 5,
    UM_SYNC_WANT = 6,
    UM_SYNC_ITEMS = 7,
    UM_SYNC_ROWS = 8,
    UM_SYNC_DOC_WANT = 9,
    UM_SYNC_DOC = 10,
    UM_SYNC_SLOT_WANT = 11,
    UM_SYNC_SLOT = 12,
    UM_SYNC_SORRY = 13
};

/** A message; members that its kind has not are zero. All borrow. */
struct um_sync_msg {
    enum um_sync_what what;
    enum um_sync_set set;
    uint64_t version;                   /**< Hello */
    struct um_name mesh;                /**< Hello */
    struct um_name roots[UM_SYNC_SETS]; /**< Hello: by set, from 0 */
    struct um_str rows;                 /**< Hello: um_sync_row_at() */
    struct um_namelist names; /**< Buckets: the digests; Ids, Want, Items (what
                                 it has not), as given */
    struct um_str buckets;    /**< IdsWant: numbers, ascending */
    bool more;                /**< Ids */
    struct um_str envelopes;  /**< Items, Rows: for um_pb_list_next() */
    struct um_name hash;      /**< DocWant, Doc, SlotWant, Slot */
    uint64_t offset;          /**< DocWant, Doc */
    uint64_t size;            /**< Doc: of the whole; 0: it has it not; DocWant:
                                   how long the part may be; 0: not said */
    struct um_str bytes;      /**< Doc: the part; Slot: empty: it cannot */
    uint64_t number;          /**< Sorry */
    struct um_str text;       /**< Sorry */
};

/**
 * Reads a frame.
 * @param frame borrows, and `out` after it
 * @return 0, P2P_EFORMAT, P2P_ENOTSUP (a message that is not known:
 *         out->number is its number)
 */
int um_sync_read(struct um_str frame, struct um_sync_msg *out);

/** Appends a message as a frame with its length. Lists have to be as the page
 * wants them. */
void um_sync_write(struct um_buf *out, const struct um_sync_msg *m);

/** The field of envelopes in Items and Rows, for um_pb_put_str(). */
unsigned um_sync_envelope_field(enum um_sync_what what);

/** How many rows a Hello names. */
static inline size_t um_sync_rows_n(struct um_str rows)
{
    return rows.len / UM_SYNC_ROW_BYTES;
}

/** The i-th row that a Hello names: returns its seq. */
uint64_t um_sync_row_at(struct um_str rows, size_t i, struct um_name *member);

/** Appends a row to those of a Hello. */
void um_sync_row_put(struct um_buf *rows, const struct um_name *member,
                     uint64_t seq);

#endif
