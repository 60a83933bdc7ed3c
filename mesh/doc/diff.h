/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What is different between two values: net differences, each with its
 * pointer, and the order of members where it changed, because a Unit restarts
 * an application whose members come in another order.
 */
#ifndef UM_DOC_DIFF_H
#define UM_DOC_DIFF_H

#include "mesh/base/buf.h"
#include "mesh/doc/value.h"

/** Kinds of differences. */
enum um_diff_kind {
    UM_DIFF_ADDED,
    UM_DIFF_REMOVED,
    UM_DIFF_CHANGED,
    UM_DIFF_ORDER, /**< members that both have come in another order */
};

/** How arrays are compared. */
enum um_diff_arrays {
    UM_DIFF_ATOMIC,   /**< equal or not, as a re-base does */
    UM_DIFF_ELEMENTS, /**< element by element, for people */
};

/** A difference. */
struct um_diff_item {
    enum um_diff_kind kind;
    struct um_str pointer;    /**< REMOVED: where it was; else where it is */
    const struct um_val *old; /**< NULL: ADDED; ORDER: the object */
    const struct um_val *now; /**< NULL: REMOVED; ORDER: the object */
};

/** All differences, in the order of the new document. */
struct um_diff {
    struct um_diff_item *items;
    size_t count;
};

/**
 * Compares two values.
 * @param a where the list is made; it points into both values
 * @return false if memory is out
 */
bool um_diff_make(struct um_arena *a, const struct um_val *old,
                  const struct um_val *now, enum um_diff_arrays arrays,
                  struct um_diff *out);

/** Bytes of a value that are shown. */
#define UM__CAP_DOC_DIFF_SHOWN 200U

/**
 * Appends a line for each difference:
 *
 *     + /routes/1: {"action":{"return":404}}
 *     - /applications/old: {"type":"php"}
 *     ~ /settings/listen_threads: 2 -> 4
 *     % /applications: order "a", "b" -> "b", "a"
 *
 * A difference of the whole document has the pointer "/" here. Control bytes
 * are escaped, long values cut off.
 */
void um_diff_print(struct um_buf *out, const struct um_diff *diff);

#endif
