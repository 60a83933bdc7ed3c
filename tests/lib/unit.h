/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* cmocka with the headers that it wants in front of it. */
#ifndef TESTS_LIB_UNIT_H
#define TESTS_LIB_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
