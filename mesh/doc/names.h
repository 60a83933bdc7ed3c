/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The names of an object, sorted once if they are many, for who looks a lot
 * of them up.
 */
#ifndef UM_DOC_NAMES_H
#define UM_DOC_NAMES_H

#include "mesh/doc/value.h"

/** A look-up table of an object's members. */
struct um_names {
    const struct um_val *object;
    const struct um_member **sorted; /**< NULL: few, looked at in turn */
};

/**
 * Makes the table of v, which may be anything: what is no object has no
 * names.
 * @param v borrows
 * @return false if memory is out
 */
bool um_names_init(struct um_names *n, struct um_arena *a,
                   const struct um_val *v);

/** The member called name, or NULL. */
const struct um_member *um_names_find(const struct um_names *n,
                                      struct um_str name);

/** True if the members that both objects have come in one order. */
bool um_names_in_order(const struct um_names *a, const struct um_names *b);

/** Orders names by bytes, a beginning before what it begins. */
int um_names_compare(struct um_str a, struct um_str b);

/** How alike two values have to be, beside the order of members. */
enum um_alike {
    UM_ALIKE_TEXT,   /**< numbers by their text: 1 is not 1.0 */
    UM_ALIKE_NUMBER, /**< numbers by their value (RFC 6902, section 4.6) */
};

/**
 * Compares two values without regard to the order of members.
 * @param a scratch memory
 * @param same set to the answer
 * @return false if memory is out
 */
bool um_names_alike(struct um_arena *a, const struct um_val *x,
                    const struct um_val *y, enum um_alike how, bool *same);

#endif
