/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Regular expressions of a configuration, by PCRE2 as in Unit.
 */
#ifndef UM_STANDIN_REGEX_H
#define UM_STANDIN_REGEX_H

#include "mesh/base/buf.h"

/**
 * Compiles an expression to see whether it is one.
 * @param why "MESSAGE at offset N" is appended if the answer is false
 */
bool um_sregex_check(struct um_str pattern, struct um_buf *why);

/** True if an expression is found in a subject. */
bool um_sregex_match(struct um_str pattern, struct um_str subject);

#endif
