/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * All that a mesh agrees on as a file: what an export is, and what an import
 * reads. docs/reference/formats.md, "Export".
 *
 *     um_dump_begin(&w, &mesh, wall_ms, &out);
 *     err = um_dump_add(&w, UM_DUMP_REVISION, envelope, &out); …
 *     um_dump_end(&w, &out);
 *
 *     um_dump_open(&r);
 *     while ((got = um_dump_next(&r, &in, &record)) == 1) … record …
 *     um_dump_whole(&r)                        nothing of it was cut off
 *
 * A reader takes bytes in any pieces and holds one record. What a record says
 * is for who judges it.
 */
#ifndef UM_SYNC_DUMP_H
#define UM_SYNC_DUMP_H

#include "mesh/sync/frame.h"
#include "mesh/trust/name.h"

/** The longest record: the longest document, and what says that it is one. A
 * longer one is refused before it is read. */
#define UM__CAP_DUMP_RECORD_BYTES ((8U << 20) + 16)

/** What a record is; the number is that of its field. */
enum um_dump_what {
    UM_DUMP_BEGIN = 1,
    UM_DUMP_STATEMENT = 2, /**< an envelope, as the next two */
    UM_DUMP_REVISION = 3,
    UM_DUMP_FACT = 4,
    UM_DUMP_DOCUMENT = 5, /**< bytes, known by their hash */
    UM_DUMP_END = 6
};

/** A record; borrows. */
struct um_dump_record {
    enum um_dump_what what;
    struct um_name mesh; /**< BEGIN: of which */
    uint64_t wall_ms;    /**< BEGIN: when it was made */
    struct um_str bytes; /**< of the others, but END */
};

/** What both sides keep: the records so far. */
struct um_dump_sum {
    uint64_t n;
    struct um_name chain;
};

/** Begins a file. */
void um_dump_begin(struct um_dump_sum *w, const struct um_name *mesh,
                   uint64_t wall_ms, struct um_buf *out);

/** Appends a record. Errors: P2P_ETOOBIG, P2P_EINVAL (it is empty),
 * P2P_ENOMEM. */
int um_dump_add(struct um_dump_sum *w, enum um_dump_what what,
                struct um_str bytes, struct um_buf *out);

/** Ends it. */
void um_dump_end(struct um_dump_sum *w, struct um_buf *out);

/** A reader; members are private. */
struct um_dump {
    struct um_frames frames;
    struct um_dump_sum sum;
    bool begun;
    bool ended;
};

/** Begins to read. */
void um_dump_open(struct um_dump *r);

/**
 * Takes bytes off `in` until a record is whole.
 * @param out valid until the next call on r, and no longer than `in`
 * @return 1; 0: `in` is used up; or an error, after which only fini is left:
 *         P2P_EFORMAT (no export, or not as it was written), P2P_ETOOBIG,
 *         P2P_ENOTSUP (of a later version), P2P_ENOMEM
 */
int um_dump_next(struct um_dump *r, struct um_str *in,
                 struct um_dump_record *out);

/** Whether all of it came: END was the last. */
bool um_dump_whole(const struct um_dump *r);

/** Frees it. */
void um_dump_fini(struct um_dump *r);

#endif
