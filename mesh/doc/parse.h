/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * JSON as people and Unit write it, to a value. Comments, trailing commas and
 * a byte order mark are taken and forgotten; names are unique, whatever
 * escapes they are written with; every mistake has Unit's own words at Unit's
 * own place. Three things are refused that Unit takes: a document over the
 * caps of value.h, and "-01".
 */
#ifndef UM_DOC_PARSE_H
#define UM_DOC_PARSE_H

#include "mesh/doc/error.h"
#include "mesh/doc/value.h"

/**
 * Reads one value.
 * @param text borrowed for the call only
 * @param arena where the value and err's pointer are made
 * @param out valid as long as the arena
 * @param err may be NULL; set when the answer is P2P_EFORMAT or P2P_ETOOBIG
 * @return 0, P2P_EFORMAT, P2P_ETOOBIG (bytes), or P2P_ENOMEM
 */
int um_doc_parse(struct um_str text, struct um_arena *arena, struct um_val *out,
                 struct um_doc_error *err);

#endif
