/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A long value that is read where it lies, in parts; private to this folder.
 */
#ifndef UM_STORE_BLOB_H
#define UM_STORE_BLOB_H

#include "mesh/store/query.h"

/** The `bytes` of a row, and how many there must be. */
struct um_blob {
    const char *table;
    uint64_t place;
    uint64_t size;
};

/** Copies len bytes from offset on, which must be there. Errors: P2P_EFORMAT,
 * s->trouble. */
int um_blob_read(struct um_store *s, const struct um_blob *b, uint64_t offset,
                 void *out, size_t len);

/** Appends all of it, if it has its hash. Errors: as above, and out is as it
 * was. */
int um_blob_whole(struct um_store *s, const struct um_blob *b,
                  const struct um_name *hash, struct um_buf *out);

#endif
