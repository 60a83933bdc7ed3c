/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Numbered batches, for tests that stop a writer somewhere: batch n has three
 * items, a document, and says n in the node's own row.
 */
#ifndef TESTS_UNIT_MESH_STORE_BATCHES_H
#define TESTS_UNIT_MESH_STORE_BATCHES_H

#include "rig.h"

/* Writes batch n; 0: it is acknowledged. */
int batches_write(struct um_store *s, uint64_t n);

/* Whether the store is whole and has the batches 1 to *n, each of them all, and
 * nothing of another. Returns NULL, or what is wrong; valid until the next
 * call. */
const char *batches_look(struct um_store *s, uint64_t *n);

#endif
