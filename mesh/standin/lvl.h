/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The order in which Unit walks its tables. Unit keeps the members of an
 * object that it parses, its certificates and its JS modules in a hash of
 * levels, and shows them in that table's order: as inserted up to ten, by the
 * hash of the name beyond. Whoever wants to answer like Unit needs the table
 * itself: ten slots a bucket, sixteen ways a level, a hole is filled first.
 */
#ifndef UM_STANDIN_LVL_H
#define UM_STANDIN_LVL_H

#include <stdint.h>

#include "mesh/base/str.h"

enum {
    UM_SLVL_BUCKET = 10, /**< slots a bucket: where reordering begins */
    UM_SLVL_WAYS = 16,   /**< children a level */
    UM_SLVL_DEPTH = 7,   /**< levels; below them buckets are chained */
};

struct um_slvl_node;

/** A table; all zero is an empty one. */
struct um_slvl {
    struct um_slvl_node *root;
    size_t count;
};

/** Makes t an empty table. */
void um_slvl_init(struct um_slvl *t);

/** Frees the table; the items are the caller's. */
void um_slvl_fini(struct um_slvl *t);

/**
 * Adds an item under a key.
 * @param key borrowed until the item is removed
 * @param item not NULL
 * @return 0, P2P_EEXIST (the table is unchanged) or P2P_ENOMEM
 */
int um_slvl_add(struct um_slvl *t, struct um_str key, void *item);

/** The item under key, or NULL. */
void *um_slvl_get(const struct um_slvl *t, struct um_str key);

/**
 * Takes an item out; its slot stays free for the next one that passes there.
 * @return the item, or NULL if there is none under key
 */
void *um_slvl_remove(struct um_slvl *t, struct um_str key);

/**
 * Writes all items into out, in the table's order.
 * @param out room for t->count pointers
 */
void um_slvl_items(const struct um_slvl *t, void **out);

#endif
