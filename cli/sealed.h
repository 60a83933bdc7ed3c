/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What was sealed anew for those who are members now, for people. */
#ifndef UM_CLI_SEALED_H
#define UM_CLI_SEALED_H

struct yyjson_val;

/**
 * Prints what of it stands in an answer; nothing if nothing was to be sealed.
 * @param sealed has "revision", "objects", "left", or "error" and "detail";
 *               NULL: nothing
 */
void um_cli_sealed(struct yyjson_val *sealed);

#endif
