/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The files of tests/golden: hex, with comments behind '#'. */
#ifndef TESTS_LIB_GOLDEN_H
#define TESTS_LIB_GOLDEN_H

#include <stddef.h>

/* Reads NAME.hex of a folder into `out`; returns how many bytes it has. Asserts
 * (cmocka) that it is there, is hex, and fits. */
size_t golden_read(const char *folder, const char *name, char *out,
                   size_t room);

#endif
