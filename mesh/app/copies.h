/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Over REST: configurations of this node's Unit that were overwritten.
 */
#ifndef UM_APP_COPIES_H
#define UM_APP_COPIES_H

#include "mesh/app/daemon.h"

/** GET /mesh/copies. */
void um_copies_list(struct um_daemon *d, struct um_http_req *req);

/** GET /mesh/copies/N. */
void um_copies_show(struct um_daemon *d, struct um_http_req *req);

#endif
