/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The guard against a configuration that goes missing: a Unit that came up
 * empty, a file that was cut, a wrong path in a request. It asks nobody; who
 * asks it refuses, unless a person insists.
 */
#ifndef UM_DOC_GUARD_H
#define UM_DOC_GUARD_H

#include "mesh/doc/value.h"

/** What becomes of a configuration. */
enum um_shrink {
    UM_SHRINK_NOT,
    UM_SHRINK_EMPTIES, /**< nothing would be left, or nobody listens */
    UM_SHRINK_HALVES,  /**< half of it, or more, would go */
};

/**
 * The parts of a configuration: listeners, applications, upstreams and the
 * steps of all routes.
 */
size_t um_guard_parts(const struct um_val *config);

/**
 * Compares a configuration with the one that it would replace. Of a document
 * of a mesh, the base and what comes of it on this node are asked about, each
 * for itself: an overlay can empty what the base has.
 * @param before and after: what is no object has no parts
 */
enum um_shrink um_guard_shrink(const struct um_val *before,
                               const struct um_val *after);

/** What a person is told; NULL for UM_SHRINK_NOT. */
const char *um_guard_words(enum um_shrink what);

#endif
