/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Whether a client has left, of a connection that nobody reads. */
#ifndef UM_REST_LEFT_H
#define UM_REST_LEFT_H

#include <stdbool.h>

struct MHD_Connection;

/** Whether the other end has closed, at least its half: who still waits for an
 * answer without an end keeps his open. */
bool um_left_look(struct MHD_Connection *conn);

#endif
