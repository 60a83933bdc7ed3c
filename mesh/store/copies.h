/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Copies of configurations that were about to be overwritten: a drift (rule 9),
 * or what a Unit had before its node joined. The last few; whoever wants one
 * for longer takes it out.
 */
#ifndef UM_STORE_COPIES_H
#define UM_STORE_COPIES_H

#include "mesh/store/store.h"

/** The most copies that are kept; the oldest goes first. */
#define UM__CAP_STORE_COPIES 8

/** Why a copy was made. */
enum um_copy_why { UM_COPY_DRIFT = 1, UM_COPY_JOIN = 2 };

/** A copy, without its bytes. */
struct um_copy {
    uint64_t place; /**< in the order of writing; set when it is read */
    uint64_t at_ms;
    uint64_t size; /**< bytes; set when it is read */
    enum um_copy_why why;
    struct um_name revision; /**< what should have run; none: nothing */
    struct um_name hash;     /**< of the bytes; set when it is read */
};

/** Keeps a copy; bytes as a document's. Errors: P2P_ETOOBIG, P2P_EINVAL (a
 * moment that is none), s->trouble. */
int um_copies_add(struct um_store *s, const struct um_copy *copy,
                  struct um_str bytes);

/** The first after a place: 1, 0 (none), or P2P_EFORMAT, s->trouble. */
int um_copies_next(struct um_store *s, uint64_t after, struct um_copy *out);

/** Appends the bytes of the copy at a place. Errors: P2P_ENOTFOUND,
 * P2P_EFORMAT, s->trouble. */
int um_copies_get(struct um_store *s, uint64_t place, struct um_buf *out);

#endif
