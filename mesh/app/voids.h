/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The emergency brake over REST: revisions that an owner makes void. */
#ifndef UM_APP_VOIDS_H
#define UM_APP_VOIDS_H

#include "mesh/app/daemon.h"

/** POST /mesh/void. */
void um_voids_make(struct um_daemon *d, struct um_http_req *req);

#endif
