/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Conditions of a request (RFC 9110, section 13; RFC 6585 for 428): nobody's
 * change is written over unseen. There is one entity tag, the revision's.
 */
#ifndef UM_CONTROL_PRECOND_H
#define UM_CONTROL_PRECOND_H

#include <stdbool.h>

#include "mesh/base/str.h"

/** A request's conditions and what they meet; all borrowed. */
struct um_precond {
    struct um_str if_match;      /**< p NULL: not there */
    struct um_str if_none_match; /**< p NULL: not there */
    struct um_str revision;      /**< what is in force, without quotes */
    bool exists;                 /**< the target of the request is there */
    bool reads;                  /**< GET */
    bool derived; /**< what is shown is not of the revision alone */
    bool require; /**< a change must have a condition */
};

/**
 * Judges.
 * @return 0: go on; 304; 400: a header that is no list of entity tags; 412;
 *         428
 */
unsigned um_precond_check(const struct um_precond *p);

#endif
