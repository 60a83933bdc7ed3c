/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * "Did you mean": of the names that are offered, the one that is nearest to
 * what was written, if it is near enough and no other is as near.
 */
#ifndef UM_STANDIN_SUGGEST_H
#define UM_STANDIN_SUGGEST_H

#include "mesh/base/str.h"

enum { UM_SSUGGEST_MAX = 64 /**< bytes of a name that is compared */ };

/** The search so far. */
struct um_ssuggest {
    struct um_str written;
    struct um_str best;
    size_t distance;
    size_t second;
};

/** Begins a search for a name (borrowed). */
void um_ssuggest_init(struct um_ssuggest *s, struct um_str written);

/** Offers a name (borrowed). */
void um_ssuggest_offer(struct um_ssuggest *s, struct um_str name);

/** The name that may have been meant, empty if none. */
struct um_str um_ssuggest_best(const struct um_ssuggest *s);

#endif
