/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Revisions over REST: all of them, those that changed a place, one. */
#ifndef UM_APP_REVISIONS_H
#define UM_APP_REVISIONS_H

#include "mesh/app/daemon.h"

/** GET /mesh/revisions. */
void um_revisions_list(struct um_daemon *d, struct um_http_req *req);

/** GET /mesh/revisions/REV. */
void um_revisions_show(struct um_daemon *d, struct um_http_req *req);

/** The revision that a segment of the path names; false: the request was
 * answered that there is none. */
bool um_revisions_named(struct um_node *n, struct um_http_req *req, size_t i,
                        const struct um_past **out);

#endif
