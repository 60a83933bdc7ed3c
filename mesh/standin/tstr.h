/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Template strings: text with $variables, or a JavaScript template literal
 * where Unit has njs.
 */
#ifndef UM_STANDIN_TSTR_H
#define UM_STANDIN_TSTR_H

#include "mesh/base/buf.h"

/** True if a string is a template: it has a dollar sign or a back-tick. */
bool um_ststr_is(struct um_str s);

/**
 * Checks a template.
 * @param njs does this Unit have njs
 * @param why Unit's words are appended if the answer is false
 */
bool um_ststr_check(struct um_str s, bool njs, struct um_buf *why);

/**
 * Takes the next part off a template with variables.
 * @param rest shortened by the part
 * @param text the part as it stands
 * @param name the variable's name, len 0 for plain text
 * @return false if a variable is malformed at the beginning of rest
 */
bool um_ststr_next(struct um_str *rest, struct um_str *text,
                   struct um_str *name);

#endif
