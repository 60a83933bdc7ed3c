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

/** Members and elements of a text that is only looked at: ten times what a
 * document may have. Who passes it on has others build them, at a hundred bytes
 * each; 8 MiB of what a Unit runs, addresses say, have fewer. */
#define UM__CAP_DOC_LOOK_MEMBERS 1000000U

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

/**
 * Looks whether a text is one value that can be read without harm, and makes
 * nothing of it: for who passes the text on unchanged. Bytes and depth are
 * capped as above, members by UM__CAP_DOC_LOOK_MEMBERS, because none is kept;
 * and whether a name comes twice is not looked at.
 * @param text borrowed for the call only
 * @param kind of the value
 * @param err as above, without a pointer
 * @return as above
 */
int um_doc_look(struct um_str text, enum um_val_kind *kind,
                struct um_doc_error *err);

#endif
