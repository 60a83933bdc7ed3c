/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file How a node gets into a mesh over REST, and out of it. */
#ifndef UM_APP_ACTS_H
#define UM_APP_ACTS_H

#include "mesh/app/daemon.h"

/** POST /mesh/init, /mesh/join, /mesh/leave. */
void um_acts_init(struct um_daemon *d, struct um_http_req *req);
void um_acts_join(struct um_daemon *d, struct um_http_req *req);
void um_acts_leave(struct um_daemon *d, struct um_http_req *req);

/** POST /mesh/import/begin: a genesis, as an envelope. */
void um_acts_import(struct um_daemon *d, struct um_http_req *req);

/** POST /mesh/owner-key: a key to be made an owner's. */
void um_acts_owner_key(struct um_daemon *d, struct um_http_req *req);

#endif
