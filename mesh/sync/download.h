/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A document, or a sealed object, that is being fetched, part by part, from one
 * peer or from several behind each other. It outlives the sessions that carry
 * it: what came before a cut is not asked for again. Believed when the whole
 * was hashed.
 */
#ifndef UM_SYNC_DOWNLOAD_H
#define UM_SYNC_DOWNLOAD_H

#include "mesh/sync/message.h"

/** A download; bytes.len of it are here. */
struct um_download {
    struct um_name hash;
    uint64_t size;       /**< of the whole; 0: nobody said yet */
    uint64_t most;       /**< it may not be longer */
    bool size_known;     /**< a signed item says its size */
    bool mixed;          /**< parts of it came from an earlier session */
    bool whole;          /**< it is all here, and its hash is right */
    struct um_buf bytes; /**< what came so far */
};

/** A part of it. */
struct um_download_part {
    uint64_t offset;
    uint64_t size; /**< of the whole, as the peer says */
    uint64_t most; /**< how long it was to be, unless the whole ends before */
    struct um_str bytes;
};

/**
 * Begins a download.
 * @param size what a signed item says (doc_bytes of a revision); 0: no item
 *             does, as for sealed objects
 * @param most how long it may be at most
 */
void um_download_init(struct um_download *d, const struct um_name *hash,
                      uint64_t size, uint64_t most);

/** Frees what came. */
void um_download_fini(struct um_download *d);

/**
 * Takes the next part.
 * @return 0: go on (or, if nothing is left of it: what an earlier session
 *         brought was wrong, begin anew); 1: it is whole; P2P_EPROTO: the part
 *         does not fit; P2P_EAUTH: it was another document; P2P_ENOMEM. What
 *         came is dropped with an error of the peer's.
 */
int um_download_add(struct um_download *d, const struct um_download_part *part);

#endif
