/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Revisions as people say them: r42.9f3c, the number and the beginning of the
 * id; r42 alone, or eight digits of the id and more, can be typed too.
 */
#ifndef UM_TRUST_REVNAME_H
#define UM_TRUST_REVNAME_H

#include "mesh/trust/name.h"

/** Digits of the id that are shown, unless more are needed. */
#define UM_REVNAME_DIGITS 4

/** Digits that an id without a number must have at least. */
#define UM_REVNAME_BARE_DIGITS 8

/** Room for a shown revision with all digits and its end. */
#define UM_REVNAME_TEXT_MAX 88

/** What was typed. */
struct um_revname {
    uint64_t number;   /**< 0: any */
    struct um_name id; /**< its first digits */
    unsigned digits;   /**< how many: 0 to 64 */
};

/**
 * Reads what a person typed.
 * @return 0, P2P_EFORMAT
 */
int um_revname_parse(struct um_str text, struct um_revname *out);

/**
 * Whether a revision fits. Who resolves a name asks this of all revisions: one
 * that fits is meant; several are ambiguous, and refused.
 */
bool um_revname_fits(const struct um_revname *n, uint64_t number,
                     const struct um_name *id);

/** How many digits tell two ids apart: UM_REVNAME_DIGITS to 64. */
unsigned um_revname_digits(const struct um_name *a, const struct um_name *b);

/** Writes a revision with some digits (at most 64) and an end; returns text. */
char *um_revname_text(uint64_t number, const struct um_name *id,
                      unsigned digits, char text[UM_REVNAME_TEXT_MAX]);

#endif
