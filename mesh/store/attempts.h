/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What this node's Unit refused: one attempt a revision and effective
 * configuration (rule 6), over restarts too.
 */
#ifndef UM_STORE_ATTEMPTS_H
#define UM_STORE_ATTEMPTS_H

#include "mesh/store/store.h"

/** The most refused attempts that are kept; the oldest goes first, and may be
 * tried once more then. */
#define UM__CAP_STORE_ATTEMPTS 256

/** The longest text of a refusal that is kept; the rest is cut off. */
#define UM__CAP_STORE_ATTEMPT_BYTES 4096

/** A refused attempt. */
struct um_attempt {
    uint64_t place; /**< in the order of writing; set when it is read */
    uint64_t at_ms;
    struct um_name revision;
    struct um_name effective;
    uint32_t status;    /**< Unit's answer */
    struct um_str text; /**< its words; what is read is valid until the next
                             call on the store */
};

/** Keeps one, in the place of an older one of the same. Errors: P2P_EINVAL (a
 * moment that is none), s->trouble. */
int um_attempts_put(struct um_store *s, const struct um_attempt *attempt);

/** The first after a place: 1, 0 (none), or P2P_EFORMAT, s->trouble. */
int um_attempts_next(struct um_store *s, uint64_t after,
                     struct um_attempt *out);

/** Forgets all: Unit is another than it was. Errors: s->trouble. */
int um_attempts_clear(struct um_store *s);

#endif
