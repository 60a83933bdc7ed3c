/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Where a walk through a value is: the way from the root, on the stack of who
 * walks, and written as a JSON pointer only when somebody has to be told.
 */
#ifndef UM_DOC_PLACE_H
#define UM_DOC_PLACE_H

#include "mesh/base/buf.h"

/** A step below another; NULL is the root. */
struct um_place {
    const struct um_place *up;
    struct um_str name; /**< of the member */
    size_t index;       /**< of the element, if it is one */
    bool element;
};

/** The place of a member. */
static inline struct um_place um_place_member(const struct um_place *up,
                                              struct um_str name)
{
    return (struct um_place){up, name, 0, false};
}

/** The place of an element. */
static inline struct um_place um_place_element(const struct um_place *up,
                                               size_t index)
{
    return (struct um_place){up, {NULL, 0}, index, true};
}

/** Appends the JSON pointer of a place; at may be NULL. */
void um_place_point(struct um_buf *out, const struct um_place *at);

#endif
