/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file docs/reference/openapi.yaml, put into the program when it is built:
 * tools/embed.py writes the file that defines this. */
#ifndef UM_APP_OPENAPI_H
#define UM_APP_OPENAPI_H

#include <stddef.h>

/** The file, and a zero byte. */
extern const char um_openapi_text[];

/** How long it is, without that. */
extern const size_t um_openapi_bytes;

#endif
