/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Documents and sealed objects, by the SHA-256 of their bytes. Nothing is kept
 * or lent as a whole that does not have its hash; parts are for who checks the
 * whole himself. One that is only partly here is not for the disk.
 */
#ifndef UM_STORE_DOCUMENTS_H
#define UM_STORE_DOCUMENTS_H

#include "mesh/store/store.h"

/** Keeps one. Errors: P2P_EDUP, P2P_EINVAL (not of this hash), P2P_ETOOBIG
 * (over UM__CAP_DOC_BYTES), s->trouble. */
int um_documents_add(struct um_store *s, const struct um_name *hash,
                     struct um_str bytes);

/** Appends one to out. Errors: P2P_ENOTFOUND, P2P_EFORMAT (damaged),
 * s->trouble; out is as it was then. */
int um_documents_get(struct um_store *s, const struct um_name *hash,
                     struct um_buf *out);

/**
 * Copies a part of one, without looking at the rest.
 * @param out room for *len bytes
 * @param len bytes that are wanted; set to how many there are from offset on
 * @return 0, P2P_ENOTFOUND, P2P_EFORMAT, s->trouble
 */
int um_documents_part(struct um_store *s, const struct um_name *hash,
                      uint64_t offset, void *out, size_t *len);

/** Bytes of one. Errors: P2P_ENOTFOUND, P2P_EFORMAT, s->trouble. */
int um_documents_size(struct um_store *s, const struct um_name *hash,
                      uint64_t *out);

/** Forgets one: rule 11, or it is damaged and can be fetched again. Errors:
 * P2P_ENOTFOUND, s->trouble. */
int um_documents_drop(struct um_store *s, const struct um_name *hash);

/**
 * The first document whose hash is above one; ascending by hash.
 * @param after no name: the first of all; may be `hash`
 * @param size  set to its bytes; may be NULL
 * @return 1, 0 (there is none), s->trouble
 */
int um_documents_next(struct um_store *s, const struct um_name *after,
                      struct um_name *hash, uint64_t *size);

#endif
