/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * JSON pointers (RFC 6901): "/routes/0/action", "~1" for a slash and "~0" for
 * a tilde inside of a name.
 */
#ifndef UM_DOC_POINTER_H
#define UM_DOC_POINTER_H

#include "mesh/base/buf.h"
#include "mesh/doc/value.h"

/** Appends a name to the pointer that a buffer holds. */
void um_pointer_add(struct um_buf *out, struct um_str name);

/** Appends an index. */
void um_pointer_add_index(struct um_buf *out, size_t index);

/**
 * True if s is a pointer: empty or with a slash in front, and a digit behind
 * each tilde.
 */
bool um_pointer_valid(struct um_str s);

/**
 * Takes the first name off a pointer that is valid and not empty.
 * @param rest what is left
 * @param name decoded; views rest, or the arena if it had a tilde
 * @return false if memory is out
 */
bool um_pointer_take(struct um_arena *a, struct um_str *rest,
                     struct um_str *name);

/**
 * The index that a name is in an array (RFC 6901, section 4): decimal, no
 * leading zeros; "-" is the one behind the last.
 * @return the index, at most count, or SIZE_MAX: it is none of these
 */
size_t um_pointer_index(struct um_str name, size_t count);

/**
 * Follows a pointer.
 * @param a for names with a tilde
 * @param out the value, valid as long as root; NULL: there is none
 * @return 0, P2P_ENOTFOUND, P2P_EINVAL (not a pointer) or P2P_ENOMEM
 */
int um_pointer_get(struct um_arena *a, const struct um_val *root,
                   struct um_str pointer, const struct um_val **out);

#endif
