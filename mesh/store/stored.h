/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What items and items aside have in common; private to this folder.
 */
#ifndef UM_STORE_STORED_H
#define UM_STORE_STORED_H

#include "mesh/store/items.h"
#include "mesh/store/query.h"

/** Whether an item is an envelope of its kind and id. */
bool um_stored_fits(const struct um_stored *item);

/** Inserts it: parameters kind, seen_ms, id, envelope. */
int um_stored_add(struct um_store *s, enum um_sql which,
                  const struct um_stored *item);

/** Reads the row of a query into s->bytes and out: columns from 1 place, kind,
 * seen_ms, overdue_ms, id, envelope. Returns um_query_fini()'s, or 1. */
int um_stored_read(struct um_query *q, struct um_stored *out);

#endif
