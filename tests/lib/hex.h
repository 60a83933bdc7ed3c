/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Test vectors as hex: blanks between the digits are ignored. */
#ifndef TESTS_LIB_HEX_H
#define TESTS_LIB_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Decodes `hex` to `out`; returns the bytes. Fails the test on anything that
 * is not hex or does not fit. */
size_t unhex(const char *hex, uint8_t *out, size_t cap);

/* Fails the test unless the bytes are those that `hex` says. */
void assert_hex(const void *p, size_t len, const char *hex);

#endif
