/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A look at JavaScript, no more: strings end, brackets match, a module
 * exports something. Real njs knows the whole language and finds more.
 */
#ifndef UM_STANDIN_JS_H
#define UM_STANDIN_JS_H

#include "mesh/base/buf.h"

/**
 * Checks the source of a module.
 * @param name for the message
 * @param why njs's message, in quotes, is appended if the answer is false
 */
bool um_sjs_check_module(struct um_str source, struct um_str name,
                         struct um_buf *why);

/** Checks a template literal of a configuration, back-ticks and all. */
bool um_sjs_check_expression(struct um_str source, struct um_buf *why);

#endif
