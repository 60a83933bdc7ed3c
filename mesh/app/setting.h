/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Settings of a mesh over REST. */
#ifndef UM_APP_SETTING_H
#define UM_APP_SETTING_H

#include "mesh/app/daemon.h"

/** GET /mesh/settings: those that are set. */
void um_setting_list(struct um_daemon *d, struct um_http_req *req);

/** Whether who speaks may set this: brakes are for roots. Else it was answered.
 */
bool um_setting_may(struct um_node *n, struct um_http_req *req,
                    struct um_str name);

/** PUT /mesh/settings/NAME. */
void um_setting_put(struct um_daemon *d, struct um_http_req *req);

#endif
