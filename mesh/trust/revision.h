/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A revision's header: what it was made from, by whom, which document, and
 * under which policy it comes into force. docs/reference/formats.md.
 */
#ifndef UM_TRUST_REVISION_H
#define UM_TRUST_REVISION_H

#include "mesh/doc/value.h"
#include "mesh/trust/item.h"

/** The highest budget of a staged revision; a higher one is refused. */
#define UM__CAP_BUDGET 65536

/** How a revision comes into force. */
enum um_rev_policy {
    UM_IMMEDIATE, /**< at once */
    UM_STAGED,    /**< in batches; its driver confirms it */
    UM_TRIAL      /**< until its deadline, unless a person confirms it */
};

/** A revision. */
struct um_revision {
    struct um_name id;
    struct um_name mesh; /**< none in r1 */
    struct um_name by;
    struct um_name parents[2]; /**< the target, then what is merged in */
    struct um_name doc;        /**< SHA-256 of the document's bytes */
    uint64_t number;
    uint64_t wall_ms;
    uint64_t deadline_ms; /**< N; 0 if immediate */
    uint64_t soak_ms;
    uint32_t budget;
    uint32_t doc_bytes;
    enum um_rev_policy policy;
    uint8_t parents_n;        /**< 0 (r1 alone), 1 or 2 */
    bool by_machine;          /**< "auto": a re-base, nobody looked at it */
    struct um_namelist first; /**< the first batch, ascending; borrows */
    struct um_str message;    /**< borrows */
};

/**
 * Reads the content of an item; what depends on other items is for
 * um_accept_revision().
 * @param it borrows, and what it borrows, and `out` after it
 * @return 0 or P2P_EFORMAT
 */
int um_revision_decode(struct um_item *it, struct um_revision *out);

/** um_item_open() and um_revision_decode() in one; errors of both. */
int um_revision_open(struct um_str envelope, struct um_revision *out);

/**
 * Signs a revision and appends the envelope to out. `by` and `id` are set; the
 * lists must be ascending. What would be refused is not signed.
 * @param r   borrows; its texts and lists too
 * @param key borrows the author's
 * @return 0, P2P_EINVAL (would be refused), P2P_ETOOBIG, P2P_ECRYPTO,
 *         P2P_ENOMEM
 */
int um_revision_seal(struct um_revision *r, const struct p2p_key *key,
                     struct um_buf *out);

#endif
