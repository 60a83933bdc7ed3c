/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Strings and numbers of Unit's JSON; the parser's lower half.
 */
#ifndef UM_STANDIN_SCALAR_H
#define UM_STANDIN_SCALAR_H

#include "mesh/standin/parse.h"

/**
 * Decodes the string whose opening quote is text.p[*at].
 * @param at moved behind the closing quote on success
 * @param out the bytes, in the arena
 * @return 0, P2P_EFORMAT (err is set) or P2P_ENOMEM
 */
int um_sjson_string(struct um_str text, size_t *at, struct um_arena *arena,
                    struct um_str *out, struct um_sjson_error *err);

/**
 * Reads the number that begins at text.p[*at] with a digit or a minus.
 * @param at moved behind the number on success
 * @return 0, P2P_EFORMAT (err is set) or P2P_ENOMEM
 */
int um_sjson_number(struct um_str text, size_t *at, struct um_arena *arena,
                    struct um_sval *out, struct um_sjson_error *err);

#endif
