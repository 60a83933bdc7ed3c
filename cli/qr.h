/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file A QR code on a terminal, for a camera. */
#ifndef UM_CLI_QR_H
#define UM_CLI_QR_H

#include <stdio.h>

struct yyjson_val;

/** Modules of a side at most: those of version 40. */
#define UM_CLI_QR_SIDE 177U

/** Draws one, two modules of a column in a character, with the four light ones
 * around it. Where there are colours it is black on white, whatever those of
 * the terminal are; elsewhere what is light is drawn, as most are dark.
 * @param rows of '0' and '1', which is dark; what is none, or has no room, is
 * said */
void um_cli_qr(FILE *out, struct yyjson_val *rows);

#endif
