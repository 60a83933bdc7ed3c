/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Numbers, which are text: "1.0" and "1" are two, and stay so. Unit takes no
 * more than fourteen characters of one, and no value that an int64 or a double
 * does not hold.
 */
#ifndef UM_DOC_NUMBER_H
#define UM_DOC_NUMBER_H

#include "mesh/base/str.h"

/** Characters of a number; Unit refuses more. */
#define UM__CAP_DOC_NUMBER_CHARS 14U

/** Why a text is no number, in Unit's words, and where. */
struct um_number_error {
    const char *text;
    size_t at;
};

/**
 * Finds the end of the number at s.p[at], a digit or a minus before one.
 * @return the offset behind it, or 0: err says why it is none
 */
size_t um_number_scan(struct um_str s, size_t at, struct um_number_error *err);

/** True if two numbers, as um_number_scan takes them, have one value. */
bool um_number_equal(struct um_str a, struct um_str b);

/** Compares two such numbers by value: negative, 0 or positive. */
int um_number_compare(struct um_str a, struct um_str b);

#endif
