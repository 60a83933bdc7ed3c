/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What people do to a mesh over REST, besides changing its configuration: begin
 * it, join it, invite, give roles and labels, decide about revisions.
 * docs/reference/rest-mesh.md.
 */
#ifndef UM_APP_ACTS_H
#define UM_APP_ACTS_H

#include "mesh/app/daemon.h"

/** Handlers of requests; each answers, now or later. */
void um_acts_init(struct um_daemon *d, struct um_http_req *req);
void um_acts_join(struct um_daemon *d, struct um_http_req *req);
void um_acts_invite(struct um_daemon *d, struct um_http_req *req);

/** Below /mesh/revisions/: REV, REV/document, REV/VERB. */
void um_acts_revision(struct um_daemon *d, struct um_http_req *req);

/** Below /mesh/members/: ID, ID/roles, ID/labels/KEY, ID/approve. */
void um_acts_member(struct um_daemon *d, struct um_http_req *req);

#endif
