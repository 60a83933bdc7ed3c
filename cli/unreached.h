/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Why no daemon answers at a socket, and what to do about it. */
#ifndef UM_CLI_UNREACHED_H
#define UM_CLI_UNREACHED_H

/**
 * Says it, on standard error.
 * @param err why the socket could not be connected to: errno; 0: unknown
 */
void um_unreached_say(const char *socket, int err);

#endif
