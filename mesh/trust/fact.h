/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Control facts: a writer's word about a revision that is not immediate: which
 * members run it next, that it holds, or that it is over.
 * docs/reference/formats.md.
 */
#ifndef UM_TRUST_FACT_H
#define UM_TRUST_FACT_H

#include "mesh/trust/item.h"

/** What a fact says. */
enum um_fact_what { UM_OPEN = 1, UM_CONFIRM = 2, UM_ABORT = 3 };

/** A control fact. */
struct um_fact {
    struct um_name id;
    struct um_name mesh;
    struct um_name by;
    struct um_name revision; /**< about which */
    uint64_t wall_ms;        /**< a CONFIRM is measured by it */
    enum um_fact_what what;
    struct um_namelist nodes; /**< OPEN: for whom, ascending; borrows */
    struct um_str message;    /**< borrows */
};

/** Reads the content of an item; like um_revision_decode(). */
int um_fact_decode(struct um_item *it, struct um_fact *out);

/** um_item_open() and um_fact_decode() in one; errors of both. */
int um_fact_open(struct um_str envelope, struct um_fact *out);

/** Signs a fact and appends the envelope; like um_revision_seal(). */
int um_fact_seal(struct um_fact *f, const struct p2p_key *key,
                 struct um_buf *out);

#endif
