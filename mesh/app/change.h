/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Requests that read or change the mesh's configuration, as one would that of a
 * Unit: docs/reference/rest-config.md.
 */
#ifndef UM_APP_CHANGE_H
#define UM_APP_CHANGE_H

#include "mesh/app/daemon.h"

/** Answers a request to /config, /certificates, /js_modules, /mesh/overlays or
 * /mesh/variables, now or later. */
void um_change_handle(struct um_daemon *d, struct um_http_req *req);

#endif
