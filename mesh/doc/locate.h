/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * From a JSON pointer back to the text: where what it names stands in a file
 * that a person wrote.
 */
#ifndef UM_DOC_LOCATE_H
#define UM_DOC_LOCATE_H

#include "mesh/doc/error.h"

/**
 * Adds the place to an error that has a pointer: of the member's name, or of
 * the element.
 * @param text what um_doc_parse took; borrowed for the call
 * @param a scratch memory
 * @param err unchanged if its pointer leads nowhere in text
 * @return 0 or P2P_ENOMEM
 */
int um_doc_locate(struct um_str text, struct um_arena *a,
                  struct um_doc_error *err);

#endif
