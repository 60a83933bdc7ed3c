/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Effects that wait until what they rest on is on disk.
 *
 *     um_outbox_add(&o, &effect);          each that comes after something
 *     while ((e = um_outbox_next(&o, persisted)) != NULL) ...carry e out
 */
#ifndef UM_MODEL_OUTBOX_H
#define UM_MODEL_OUTBOX_H

#include "mesh/model/effects.h"

struct um_outbox_held;

/** All zero is empty. */
struct um_outbox {
    struct um_outbox_held *first;
    struct um_outbox_held *last;
    struct um_outbox_held *out; /* given away last */
    size_t n;
};

/** Frees it; what waits is forgotten. */
void um_outbox_fini(struct um_outbox *o);

/** Adds an effect of the last step behind all others; it and its bytes are
 * copied. Errors: P2P_ENOMEM. */
int um_outbox_add(struct um_outbox *o, const struct um_effect *e);

/**
 * Takes the first effect, if what it waits for is on disk.
 * @param persisted up to here all is
 * @return valid until the next call on o; NULL: none, or it waits
 */
const struct um_effect *um_outbox_next(struct um_outbox *o, uint64_t persisted);

#endif
