/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Peers that asked to be let in and wait for an owner's word.
 */
#ifndef UM_STORE_PENDING_H
#define UM_STORE_PENDING_H

#include "mesh/store/store.h"

/** The most peers that wait; others are told that too many ask. */
#define UM__CAP_STORE_PENDING 64

/** A peer that waits. */
struct um_pending {
    uint64_t place; /**< in the order of asking; set when it is read */
    uint64_t at_ms; /**< when it asked last */
    struct um_name key;
    struct um_str name; /**< what it calls itself, at most
                             UM__CAP_ROW_NAME_BYTES; what is read is valid until
                             the next call on the store */
};

/** Keeps one, in the place of what the same key said before. Errors:
 * P2P_ELIMIT, P2P_ETOOBIG (the name), P2P_EINVAL, s->trouble. */
int um_pending_put(struct um_store *s, const struct um_pending *pending);

/** The first after a place: 1, 0 (none), or P2P_EFORMAT, s->trouble. */
int um_pending_next(struct um_store *s, uint64_t after, struct um_pending *out);

/** Forgets one: it was let in, or not. Errors: P2P_ENOTFOUND, s->trouble. */
int um_pending_drop(struct um_store *s, const struct um_name *key);

#endif
