/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Those who ask to be let in, over REST. */
#ifndef UM_APP_PENDING_H
#define UM_APP_PENDING_H

#include "mesh/app/daemon.h"

/** POST /mesh/pending/MEMBER. */
void um_pending_approve(struct um_daemon *d, struct um_http_req *req);

/** DELETE /mesh/pending/MEMBER. */
void um_pending_reject(struct um_daemon *d, struct um_http_req *req);

#endif
