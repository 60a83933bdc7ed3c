/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Webhooks over REST: listed, added, tried, turned on, removed. */
#ifndef UM_APP_RECEIVERS_H
#define UM_APP_RECEIVERS_H

#include "mesh/app/daemon.h"

/** GET /mesh/webhooks. */
void um_receivers_list(struct um_daemon *d, struct um_http_req *req);

/** POST /mesh/webhooks: the only answer with the secret. */
void um_receivers_add(struct um_daemon *d, struct um_http_req *req);

/** DELETE /mesh/webhooks/NAME. */
void um_receivers_remove(struct um_daemon *d, struct um_http_req *req);

/** POST /mesh/webhooks/NAME/test: answered when the receiver has. */
void um_receivers_test(struct um_daemon *d, struct um_http_req *req);

/** POST /mesh/webhooks/NAME/enable. */
void um_receivers_enable(struct um_daemon *d, struct um_http_req *req);

#endif
