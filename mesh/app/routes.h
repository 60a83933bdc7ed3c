/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What the daemon answers over REST: one table of routes. */
#ifndef UM_APP_ROUTES_H
#define UM_APP_ROUTES_H

#include "mesh/app/daemon.h"

/** A request on the unix socket; user is the daemon. */
void um_routes_local(void *user, struct um_http_req *req);

/** A request over TCP; user is the daemon. */
void um_routes_remote(void *user, struct um_http_req *req);

/** A request on the article's port: GET /config for connected peers. */
void um_routes_facade(void *user, struct um_http_req *req);

#endif
