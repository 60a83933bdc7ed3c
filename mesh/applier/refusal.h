/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Why a configuration does not run, on one line for people.
 */
#ifndef UM_APPLIER_REFUSAL_H
#define UM_APPLIER_REFUSAL_H

#include "mesh/base/buf.h"
#include "mesh/doc/problems.h"

/** Appends Unit's words: the error, its detail, and where, of the JSON that it
 * answered; the text itself if it is none. */
void um_refusal_unit(struct um_buf *out, const char *text);

/** How the words of a policy begin. */
#define UM_REFUSAL_POLICY "policy: "

/** Appends the first error that the node's policy found, with its pointer, and
 * how many more there are. */
void um_refusal_policy(struct um_buf *out, const struct um_problems *found);

#endif
