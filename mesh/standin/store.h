/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Named things that were uploaded, in the order in which Unit lists them, each
 * with the value that a GET shows.
 */
#ifndef UM_STANDIN_STORE_H
#define UM_STANDIN_STORE_H

#include "mesh/standin/lvl.h"
#include "mesh/standin/value.h"

/** One thing. */
struct um_sitem {
    struct um_str name;
    struct um_sval shown;
    bool usable; /**< a certificate: the key belongs to it */
    struct um_arena arena;
};

/** A store; all zero is an empty one. */
struct um_sstore {
    struct um_slvl items;
};

/** Frees everything in the store. */
void um_sstore_fini(struct um_sstore *st);

/**
 * Makes an item that is not in a store yet; its value is to be made in its
 * arena.
 * @return owned, or NULL if memory is out
 */
struct um_sitem *um_sitem_new(struct um_str name);

/** Frees an item. */
void um_sitem_free(struct um_sitem *item);

/**
 * Puts an item into the store, which takes it.
 * @return 0, P2P_EEXIST or P2P_ENOMEM (the item is still the caller's then)
 */
int um_sstore_add(struct um_sstore *st, struct um_sitem *item);

/** The item of that name, or NULL. */
const struct um_sitem *um_sstore_get(const struct um_sstore *st,
                                     struct um_str name);

/** Removes and frees an item; false if there is none. */
bool um_sstore_remove(struct um_sstore *st, struct um_str name);

/**
 * An object with all items; their values are shared with the store.
 * @return false if memory is out
 */
bool um_sstore_show(const struct um_sstore *st, struct um_arena *a,
                    struct um_sval *out);

#endif
