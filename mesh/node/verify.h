/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The look at a store that no daemon has open: whether it is whole, whether
 * each item was signed by whom it names, and whether the mesh's history can be
 * made of them again, in their order, as a daemon does when it starts.
 */
#ifndef UM_NODE_VERIFY_H
#define UM_NODE_VERIFY_H

#include "mesh/store/store.h"

/** What was looked at, up to the first thing that does not hold. */
struct um_verified {
    struct um_name mesh; /**< none: the node is in none */
    uint64_t statements;
    uint64_t revisions;
    uint64_t facts;
    uint64_t aside;     /**< items of a later version */
    uint64_t documents; /**< of revisions, that are here */
    uint64_t rows;      /**< of members */
};

/**
 * Looks at everything: um_store_check() first, then signatures and order. Of
 * these the first thing that does not hold is said, with its place, kind and
 * id.
 * @param s   borrows; open, in whatever mode; nothing is written
 * @param ear borrows; hears a line about each thing that is wrong
 * @param out set; also when something is wrong
 * @return 0: all holds; P2P_EFORMAT: something was said; P2P_ENOMEM; or the
 *         code of s->trouble: it cannot be read
 */
int um_verify_store(struct um_store *s, const struct um_store_ear *ear,
                    struct um_verified *out);

#endif
