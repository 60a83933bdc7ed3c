/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Invitations over REST. */
#ifndef UM_APP_INVITES_H
#define UM_APP_INVITES_H

#include "mesh/app/daemon.h"

/** POST /mesh/invites. */
void um_invites_make(struct um_daemon *d, struct um_http_req *req);

/** DELETE /mesh/invites/ID. */
void um_invites_take_back(struct um_daemon *d, struct um_http_req *req);

#endif
