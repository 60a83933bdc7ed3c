/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Text of others: what of it is UTF-8, and what is safe to show. */
#ifndef UM_BASE_UTF8_H
#define UM_BASE_UTF8_H

#include <stddef.h>

/**
 * Bytes of the UTF-8 character at the front of a C string.
 * @param text borrows; not empty
 * @return 1 to 4, or 0: what is there is none
 */
size_t um_utf8_len(const char *text);

/**
 * Puts '?' for what would steer a terminal: the control characters of ASCII
 * and of Latin 1, and bytes that are no text.
 * @param text changed in place
 */
void um_utf8_harmless(char *text);

#endif
