/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * POST /mesh/heal: a change by hand at this node's Unit is taken back.
 */
#ifndef UM_APP_HEAL_H
#define UM_APP_HEAL_H

#include "mesh/app/daemon.h"

/** Gives this node's Unit what it ran before it was changed by hand; answered
 * when that is under way. 409: nothing was changed by hand. */
void um_heal_handle(struct um_daemon *d, struct um_http_req *req);

#endif
