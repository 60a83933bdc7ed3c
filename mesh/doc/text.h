/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * String literals: escapes decoded when they are read, and only those that
 * must be are written. Bytes that are not UTF-8 pass through both ways.
 */
#ifndef UM_DOC_TEXT_H
#define UM_DOC_TEXT_H

#include "mesh/base/buf.h"
#include "mesh/base/str.h"

/** Why a text is no string literal, in Unit's words, and where. */
struct um_text_error {
    const char *text;
    size_t at;
};

/**
 * Reads the literal whose opening quote is s.p[*at].
 * @param at moved behind the closing quote
 * @param to where the bytes go: as much room as the literal has; they may
 *        take the literal's own place
 * @param len how many they are
 * @return 0, or P2P_EFORMAT: err says why
 */
int um_text_read(struct um_str s, size_t *at, char *to, size_t *len,
                 struct um_text_error *err);

/** Appends s as a literal, with its quotes, as Unit writes it. */
void um_text_write(struct um_buf *out, struct um_str s);

#endif
