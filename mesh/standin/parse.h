/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * JSON as Unit reads it: comments and trailing commas allowed, numbers of at
 * most fourteen characters, names unique, and for every mistake Unit's own
 * words at Unit's own place. Bytes that are not UTF-8 pass through.
 */
#ifndef UM_STANDIN_PARSE_H
#define UM_STANDIN_PARSE_H

#include "mesh/standin/value.h"

enum {
    UM_SJSON_NUMBER_MAX = 14, /**< characters in a number */
};

/** What the parser bears; 0 is no limit. */
struct um_sjson_limits {
    size_t depth;       /**< nested containers; more are an error */
    size_t elements;    /**< in one array or object; more are an error */
    size_t crash_depth; /**< where Unit's own stack would have ended */
};

/** What is wrong, and where: at is an offset into the text. */
struct um_sjson_error {
    const char *detail;
    size_t at;
};

/**
 * Parses one value.
 * @param text borrowed for the call only
 * @param arena where the value is made
 * @param err set when the answer is P2P_EFORMAT
 * @return 0, P2P_EFORMAT, P2P_ENOMEM, or P2P_ELIMIT past crash_depth
 */
int um_sjson_parse(struct um_str text, const struct um_sjson_limits *limits,
                   struct um_arena *arena, struct um_sval *out,
                   struct um_sjson_error *err);

/**
 * Line and column, from 1, of an offset; the column counts characters.
 * @return false if the line is not UTF-8 up to there: Unit names no line then
 */
bool um_sjson_position(struct um_str text, size_t at, size_t *line,
                       size_t *column);

#endif
