/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The accepted items of the three sets that only grow: statements, revisions,
 * facts. They are kept as they came and in the order in which they were
 * accepted, so that adding them again in that order finds every dependency:
 *
 *     for (item.place = 0; (rv = um_items_next(s, item.place, &item)) == 1;)
 *         add it to the roster or the history
 *
 * `place` counts from 1 without a gap: one that is missing is damage.
 */
#ifndef UM_STORE_ITEMS_H
#define UM_STORE_ITEMS_H

#include "mesh/store/store.h"
#include "mesh/trust/item.h"

/** An item on disk. */
struct um_stored {
    uint64_t place;      /**< in the order of acceptance */
    uint64_t seen_ms;    /**< when it was first here, by our clock */
    uint64_t overdue_ms; /**< when its deadline was judged passed; 0: not */
    struct um_name id;
    enum um_kind kind;      /**< statement, revision or fact */
    struct um_str envelope; /**< as received; what is read is valid until the
                                 next call on the store */
};

/**
 * Keeps an item that was accepted.
 * @param item borrows id, kind, envelope and seen_ms
 * @return 0, P2P_EDUP, P2P_EINVAL (not an envelope of this kind and id, or a
 *         moment that is none), s->trouble
 */
int um_items_add(struct um_store *s, const struct um_stored *item);

/**
 * The first item after a place.
 * @param out set; its place also if the item is damaged: one may go on
 * @return 1, 0 (there is none), P2P_EFORMAT (damaged), s->trouble
 */
int um_items_next(struct um_store *s, uint64_t after, struct um_stored *out);

/** The item with an id. Errors: P2P_ENOTFOUND, P2P_EFORMAT, s->trouble. */
int um_items_get(struct um_store *s, const struct um_name *id,
                 struct um_stored *out);

/** Whether an item is here: 1, 0, or s->trouble. */
int um_items_has(struct um_store *s, const struct um_name *id);

/** How many there are. Errors: s->trouble. */
int um_items_count(struct um_store *s, uint64_t *out);

/**
 * Keeps that a revision's deadline was judged passed, once for all: a moment
 * that is there already stays.
 * @param when_ms not 0
 * @return 0, P2P_ENOTFOUND, P2P_EDUP (was judged before), P2P_EINVAL,
 *         P2P_EFORMAT, s->trouble
 */
int um_items_overdue(struct um_store *s, const struct um_name *id,
                     uint64_t when_ms);

#endif
