/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a change changes, for people: one line for a revision's message, or all
 * of it for a dry run.
 */
#ifndef UM_CONTROL_SUMMARY_H
#define UM_CONTROL_SUMMARY_H

#include "mesh/doc/diff.h"

/**
 * One line: the first difference, and how many more there are. UTF-8 without
 * control characters, at most UM__CAP_CONTROL_MESSAGE_BYTES.
 * @param out in a
 * @return false if memory is out
 */
bool um_summary_line(struct um_arena *a, const struct um_diff *diff,
                     struct um_str *out);

/**
 * An array of lines, one for each difference; of more than
 * UM__CAP_CONTROL_CHANGES the last line counts the rest.
 * @param out in a
 * @return false if memory is out
 */
bool um_summary_list(struct um_arena *a, const struct um_diff *diff,
                     struct um_val *out);

#endif
