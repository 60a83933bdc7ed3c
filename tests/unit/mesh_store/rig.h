/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A folder of its own for a store, and things to keep in it.
 */
#ifndef TESTS_UNIT_MESH_STORE_RIG_H
#define TESTS_UNIT_MESH_STORE_RIG_H

#include "mesh/store/answers.h"
#include "mesh/store/aside.h"
#include "mesh/store/copies.h"
#include "mesh/store/documents.h"
#include "mesh/store/invites.h"
#include "mesh/store/items.h"
#include "mesh/store/pending.h"
#include "mesh/store/rows.h"
#include "mesh/store/self.h"
#include "mesh/trust/revision.h"

/* A moment: milliseconds since 1970. */
#define T0 UINT64_C(1764000000000)

/* A store in a folder that only it is in. */
struct rig {
    char folder[64];
    char path[96];
    struct um_store s;
};

/* Makes the folder, and opens a new store in it. */
void rig_init(struct rig *g);

/* Makes the folder alone. */
void rig_folder(struct rig *g);

/* Closes the store if it is open, and removes the folder. */
void rig_fini(struct rig *g);

/* Closes it and opens it again. */
void rig_again(struct rig *g);

/* The path of the store with a suffix; valid until the next call. */
const char *rig_file(struct rig *g, const char *suffix);

/* A whole file; frees nothing of b. Asserts that it can be read. */
void rig_read(const char *path, struct um_buf *b);

/* Writes a whole file, 0600. */
void rig_write(const char *path, const void *p, size_t len);

/* A name of a number. */
struct um_name rig_name(uint64_t n);

/* An item of its own for each n: a revision by a key of the rig. The envelope
 * is in `b`, which is cleared first. */
struct um_stored rig_item(uint64_t n, struct um_buf *b);

/* The document of n with len bytes, in `b`; returns its hash. */
struct um_name rig_doc(uint64_t n, size_t len, struct um_buf *b);

/* Adds items first to last, each in a batch of all of them; asserts. */
void rig_add(struct um_store *s, uint64_t first, uint64_t last);

/* Keeps a number as the node's own record; the first error. */
int rig_count_put(struct um_store *s, uint64_t n);

/* What it put last; 0: nothing. The first error. */
int rig_count_get(struct um_store *s, uint64_t *n);

/* Asserts that the store has just the items 1 to n, whole and in order. */
void rig_has(struct um_store *s, uint64_t n);

#endif
