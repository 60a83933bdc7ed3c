/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Items of a version that this code does not know: signed by whom they name,
 * unjudged, kept for a newer daemon. docs/reference/formats.md.
 */
#ifndef UM_STORE_ASIDE_H
#define UM_STORE_ASIDE_H

#include "mesh/store/items.h"

/** The most items that are kept aside; others are refused, and can be had from
 * other nodes later. */
#define UM__CAP_STORE_ASIDE 1024

/** Keeps one. Errors: of um_items_add(), P2P_ELIMIT. */
int um_aside_add(struct um_store *s, const struct um_stored *item);

/** Like um_items_next(); places may have gaps. */
int um_aside_next(struct um_store *s, uint64_t after, struct um_stored *out);

/** Forgets one: it could be judged. Errors: P2P_ENOTFOUND, s->trouble. */
int um_aside_drop(struct um_store *s, const struct um_name *id);

#endif
