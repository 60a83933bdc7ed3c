/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Statements on their way between a node and the machine where an owner's key
 * is, as a file: those to be signed, and those that were.
 * docs/reference/formats.md, "Statements that are carried".
 *
 *     um_carry_begin(&b, UM_CARRY_TO_SIGN); um_carry_add(&b, payload); …
 *     err = um_carry_read(bytes, &what, &list);
 *     while (um_pb_list_next(&list, &one)) …
 */
#ifndef UM_TRUST_CARRY_H
#define UM_TRUST_CARRY_H

#include "mesh/base/pb.h"

/** The most statements in one file; one with more is refused. */
#define UM__CAP_CARRY_STATEMENTS 64

/** The longest file: so many of the longest statements. */
#define UM__CAP_CARRY_BYTES (UM__CAP_CARRY_STATEMENTS * 16400)

/** What is in it, with the numbers that stand there. */
enum um_carry {
    UM_CARRY_TO_SIGN = 7, /**< payloads; who signs puts himself in */
    UM_CARRY_SIGNED = 8   /**< envelopes */
};

/** Begins a file. */
void um_carry_begin(struct um_buf *out, enum um_carry what);

/** Adds a payload or an envelope. */
void um_carry_add(struct um_buf *out, struct um_str one);

/**
 * Reads a file. What the statements are is not looked at.
 * @param in   borrows, and the list after it
 * @param list for um_pb_list_next()
 * @return 0, P2P_EFORMAT, P2P_ETOOBIG, P2P_ENOTSUP (a later version)
 */
int um_carry_read(struct um_str in, enum um_carry *what, struct um_str *list);

#endif
